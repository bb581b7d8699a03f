"""How much each token adds to the score of a class: above zero for this class, below zero against it.

The score is the log-odds of the class, see `sentiment.explain.scores`. Its unit is the logit.

occlusion               How much the score drops without the token, see `sentiment.explain.occlusion`. In a long review
                        and a large network, the tokens of weaker parts are replaced together and share the change.
integrated-gradients    The gradient of the score with respect to the token's embedding, integrated along the straight
                        line from a review of unknown words to this one (Sundararajan et al. 2017). The contributions
                        add up to the difference of the two scores, but for the completeness error of the integration.

Which words make a phrase is found by occlusion in either case. With integrated gradients a phrase adds what its words
add together.
"""

from dataclasses import dataclass

import numpy as np

from sentiment.errors import ConfigError
from sentiment.explain.network import OpenedNetwork
from sentiment.explain.occlusion import Occlusion, Span
from sentiment.explain.rereading import Reading
from sentiment.explain.scores import score, score_gradient
from sentiment.text.tokenizer import UNKNOWN_ID

OCCLUSION, INTEGRATED_GRADIENTS = "occlusion", "integrated-gradients"
_POINTS = 32  # of the Gauss-Legendre quadrature
_POINTS_PER_BATCH = 8  # bounds the memory: 8 x 400 tokens x 2,048 gates of 512 units are 26 MB


@dataclass(frozen=True)
class Attribution:
    """The result of a method for one review."""

    contributions: np.ndarray  # float64[time], in logits
    completeness_error: float | None  # score - score of unknown words - sum of contributions; None for occlusion
    phrases: tuple[tuple[Span, float], ...]  # the review in parts, without a gap, and what each adds
    shared: int  # number of tokens that were replaced together with others


def integrated_gradients(network: OpenedNetwork, token_ids: np.ndarray, target: int) -> tuple[np.ndarray, float]:
    """Contributions, float64[time], and their completeness error, by backpropagation through time in NumPy.

    Raises:
        ConfigError: the network has another layer than one LSTM.
    """
    lstm = network.lstm
    if lstm is None:
        raise ConfigError(
            f"expected a network with one LSTM layer for {INTEGRATED_GRADIENTS}; found {network.kind}; "
            f"use the method {OCCLUSION}"
        )
    words = lstm.embeddings[token_ids]
    start = np.broadcast_to(lstm.embeddings[UNKNOWN_ID], words.shape)
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    mean_gradient = np.zeros(words.shape)

    def d_logits(logits: np.ndarray) -> np.ndarray:
        return score_gradient(logits, network.classes, target)

    for first in range(0, _POINTS, _POINTS_PER_BATCH):
        batch = slice(first, first + _POINTS_PER_BATCH)
        along = ((points[batch] + 1) / 2).astype(words.dtype)[:, None, None]  # from [-1, 1] to [0, 1]
        gradients = lstm.gradients(start + along * (words - start), d_logits)
        mean_gradient += np.tensordot(weights[batch] / 2, gradients, axes=1)
    contributions = ((words - start) * mean_gradient).sum(axis=1)
    whole, without_words = network.scores([token_ids, np.full_like(token_ids, UNKNOWN_ID)], target)
    return contributions, float(whole - without_words - contributions.sum())


METHODS = (OCCLUSION, INTEGRATED_GRADIENTS)
DEFAULT_METHOD = OCCLUSION


def require_method(method: str) -> None:
    """Raises ConfigError if there is no such method."""
    if method not in METHODS:
        raise ConfigError(f"expected a method, one of {', '.join(METHODS)}; found {method!r}")


def attribute(
    method: str, network: OpenedNetwork, reading: Reading, token_ids: np.ndarray, segments: np.ndarray, target: int
) -> Attribution:
    """The result of the named method.

    Args:
        method: a name in `METHODS`.
        network: that is explained.
        reading: of the review by this network.
        token_ids: of the review, int32[time].
        segments: int[time], equal for neighbours that may make a phrase.
        target: the index of the class.

    Raises:
        ConfigError: there is no such method, or it cannot explain this network.
    """
    require_method(method)
    integrated = integrated_gradients(network, token_ids, target) if method == INTEGRATED_GRADIENTS else None
    occlusion = Occlusion(reading, lambda logits: score(logits, network.classes, target))
    words = occlusion.words(segments)
    phrases = occlusion.phrases(words, segments)
    lengths = np.array([end - first for first, end in words.spans])
    if integrated is None:
        shared = int(lengths[lengths > 1].sum())
        contributions = np.repeat(words.effects / lengths, lengths)
        return Attribution(contributions, None, _with_effects(phrases.spans, phrases.effects), shared)
    contributions, error = integrated
    sums = np.add.reduceat(contributions, [first for first, _ in phrases.spans])
    return Attribution(contributions, error, _with_effects(phrases.spans, sums), 0)


def _with_effects(spans: tuple[Span, ...], effects: np.ndarray) -> tuple[tuple[Span, float], ...]:
    return tuple(zip(spans, effects.tolist(), strict=True))
