"""How much each token adds to the score of a class: above zero for this class, below zero against it.

The score is the log-odds of the class, see `sentiment.explain.scores`. Its unit is the logit.

occlusion               The score minus the score with this token replaced by the unknown word (Zeiler and Fergus 2014;
                        Li et al. 2016, for words). The network knows how to read without a word, because training
                        replaced some at random. A word that stands twice, or repeats another, gets less than its due,
                        because the other is still there. In a long review, neighbouring tokens are replaced together
                        and share the change.
integrated-gradients    The gradient of the score with respect to the token's embedding, integrated along the straight
                        line from a review of unknown words to this one (Sundararajan et al. 2017). The contributions
                        add up to the difference of the two scores, but for the completeness error of the integration.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sentiment.errors import ConfigError
from sentiment.explain.network import OpenedNetwork
from sentiment.explain.scores import score_gradient
from sentiment.text.tokenizer import UNKNOWN_ID

OCCLUSION, INTEGRATED_GRADIENTS = "occlusion", "integrated-gradients"
_REPLACEMENTS = 250  # at most; 1,000 would take a network of 512 units half a minute
_POINTS = 32  # of the Gauss-Legendre quadrature
_POINTS_PER_BATCH = 8  # bounds the memory: 8 x 400 tokens x 2,048 gates of 512 units are 26 MB


@dataclass(frozen=True)
class Attribution:
    """The result of a method for one review."""

    contributions: np.ndarray  # float64[time], in logits
    completeness_error: float | None  # score - score of unknown words - sum of contributions; None for occlusion


def occlusion(network: OpenedNetwork, token_ids: np.ndarray, target: int) -> Attribution:
    """Replaces one token after the other by the unknown word; of more than 250, some neighbours together."""
    size = math.ceil(len(token_ids) / _REPLACEMENTS)
    group = np.arange(len(token_ids)) // size
    variants = np.where(group == np.arange(group[-1] + 1)[:, None], UNKNOWN_ID, token_ids)
    scores = network.scores([token_ids, *variants], target)
    return Attribution(((scores[0] - scores[1:]) / np.bincount(group))[group], None)


def integrated_gradients(network: OpenedNetwork, token_ids: np.ndarray, target: int) -> Attribution:
    """Integrates gradients, by backpropagation through time in NumPy.

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
    score, score_of_unknown = network.scores([token_ids, np.full_like(token_ids, UNKNOWN_ID)], target)
    return Attribution(contributions, float(score - score_of_unknown - contributions.sum()))


METHODS: dict[str, Callable[[OpenedNetwork, np.ndarray, int], Attribution]] = {
    OCCLUSION: occlusion,
    INTEGRATED_GRADIENTS: integrated_gradients,
}
DEFAULT_METHOD = OCCLUSION


def attribute(method: str, network: OpenedNetwork, token_ids: np.ndarray, target: int) -> Attribution:
    """The result of the named method for one review, int32[time], and the class with the index `target`.

    Raises:
        ConfigError: there is no such method, or it cannot explain this network.
    """
    if method not in METHODS:
        raise ConfigError(f"expected a method, one of {', '.join(METHODS)}; found {method!r}")
    return METHODS[method](network, token_ids, target)
