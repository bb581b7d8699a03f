"""How much each token adds to the verdict, in logits; above zero it speaks for "positive", below for "negative".

occlusion               The logit less the one that the net gives with this token replaced by the unknown word (Zeiler
                        and Fergus 2014; Li et al. 2016, for words). The net has learned to do without a word, because
                        training replaced some by the unknown one at random. A word that stands twice, or that says
                        what another says, gets less than it deserves: the other is still there. In a long
                        review some neighbours are replaced together and share what that changes.
integrated-gradients    The gradient of the logit by the embedding of the token, integrated along the straight way from
                        a review of unknown words to this one (Sundararajan et al. 2017). The contributions add up to
                        the difference of the two logits; what the numbers miss of it is the completeness error.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sentiment.errors import ConfigError
from sentiment.explain.network import BACKWARD, OpenedNetwork, pooled_gradients, read
from sentiment.layers.reference import sequence_gradients
from sentiment.text.tokenizer import UNKNOWN_ID

OCCLUSION, INTEGRATED_GRADIENTS = "occlusion", "integrated-gradients"
_REPLACEMENTS = 250  # at most: one by one, 1,000 tokens take a network of 512 units half a minute
_POINTS = 32  # at which the gradient is taken, as Gauss and Legendre place them
_POINTS_AT_ONCE = 8  # bounds the memory: 8 x 400 tokens x 2,048 gates of 512 units are 26 MB


@dataclass(frozen=True)
class Attribution:
    """What a method says of one review."""

    contributions: np.ndarray  # float64[time], in logits
    completeness_error: float | None  # logit - logit without words - sum of contributions; None: none is promised


def occlusion(network: OpenedNetwork, token_ids: np.ndarray) -> Attribution:
    """Replaces one token after the other by the unknown word: `time` reviews, computed in batches.

    Args:
        network: the opened network.
        token_ids: int32[time]; of more than 250, as many neighbours at a time as make 250 reviews at most.
    """
    together = math.ceil(len(token_ids) / _REPLACEMENTS)
    group = np.arange(len(token_ids)) // together
    variants = np.where(group == np.arange(group[-1] + 1)[:, None], UNKNOWN_ID, token_ids)
    logits = network.logits([token_ids, *variants])
    return Attribution(((logits[0] - logits[1:]) / np.bincount(group))[group], None)


def integrated_gradients(network: OpenedNetwork, token_ids: np.ndarray) -> Attribution:
    """Integrates gradients in NumPy, by backpropagation through time.

    Args:
        network: the opened network, with one LSTM layer.
        token_ids: int32[time].

    Raises:
        ConfigError: the network has another layer.
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
    for first in range(0, _POINTS, _POINTS_AT_ONCE):
        some = slice(first, first + _POINTS_AT_ONCE)
        along = ((points[some] + 1) / 2).astype(words.dtype)[:, None, None]  # from [-1, 1] to [0, 1]
        inputs = start + along * (words - start)
        by_hidden = pooled_gradients(lstm, read(lstm, inputs))
        for name, by_state in by_hidden.items():
            axes = (1,) if name == BACKWARD else ()
            turned = np.flip(inputs, axes), np.flip(by_state, axes)
            by_input = np.flip(sequence_gradients(lstm.directions[name], *turned).inputs, axes)
            mean_gradient += np.tensordot(weights[some] / 2, by_input.astype(np.float64), axes=1)
    contributions = ((words - start) * mean_gradient).sum(axis=1)
    whole, none = network.logits([token_ids, np.full_like(token_ids, UNKNOWN_ID)])
    return Attribution(contributions, float(whole - none - contributions.sum()))


METHODS: dict[str, Callable[[OpenedNetwork, np.ndarray], Attribution]] = {
    OCCLUSION: occlusion,
    INTEGRATED_GRADIENTS: integrated_gradients,
}
DEFAULT_METHOD = OCCLUSION


def attribute(method: str, network: OpenedNetwork, token_ids: np.ndarray) -> Attribution:
    """By the named method.

    Raises:
        ConfigError: there is no such method, or the network is none that it can explain.
    """
    if method not in METHODS:
        raise ConfigError(f"expected a method, one of {', '.join(METHODS)}; found {method!r}")
    return METHODS[method](network, token_ids)
