"""The loop that trains document vectors, compiled; see `sentiment.training.baselines.document_vectors`."""

import math

import numpy as np

from sentiment.layers.fast.kernel.compiling import compiled, inlined

_LEFT, _RIGHT, _AGAIN, _SHIFT = np.uint64(13), np.uint64(7), np.uint64(17), np.uint64(40)
_FRACTION = np.float32(2.0**-24)
_ONE = np.float32(1)


@inlined
def _next(state):
    """Marsaglia's xorshift64 (2003)."""
    state ^= state << _LEFT
    state ^= state >> _RIGHT
    return state ^ (state << _AGAIN)


@compiled
def _move(text, ngram, pull, slope, sign, fixed):
    """One step of a text and an n-gram towards each other (sign 1) or apart (-1), by the gradient of the cosine.

    d cos / d text = ngram / (|text| |ngram|) - cos text / |text|^2
    """
    dot, tt, nn = np.float32(0), np.float32(0), np.float32(0)
    for j in range(len(text)):
        x, z = text[j], ngram[j]
        dot += x * z
        tt += x * x
        nn += z * z
    scale = _ONE / np.float32(math.sqrt(tt * nn))
    cosine = dot * scale
    step = sign * pull * slope / (_ONE + np.float32(math.exp(sign * slope * cosine)))
    across, shrink_text, shrink_ngram = step * scale, _ONE - step * cosine / tt, _ONE - step * cosine / nn
    if fixed:
        for j in range(len(text)):
            text[j] = shrink_text * text[j] + across * ngram[j]
    else:
        for j in range(len(text)):
            x, z = text[j], ngram[j]
            text[j] = shrink_text * x + across * z
            ngram[j] = shrink_ngram * z + across * x


@compiled
def draw_and_move(
    order, texts, vectors, ngrams, starts, cumulative, negatives, first_rate, last_rate, slope, weight, ratio, draws,
    fixed, state,
):  # fmt: skip
    """One pass over the texts.

    Args:
        order: int64[n], the texts in the order of this pass.
        texts: float32[texts, size], moved.
        vectors: float32[vocabulary, size], moved unless `fixed`.
        ngrams: int32[occurrences], the n-grams of all texts.
        starts: int64[texts + 1], where those of each text begin.
        cumulative: float32[occurrences], cumulative weights within each text.
        negatives: int32[m], a table of n-grams to push away.
        first_rate, last_rate: float32, of learning, at the first and behind the last text.
        slope, weight: float32, of the sigmoid, and of each negative.
        ratio, draws: negatives for each draw, and draws for each text.
        fixed: whether `vectors` stay.
        state: uint64, of the random numbers, not 0.
    """
    for place in range(len(order)):
        text = order[place]
        low, high = starts[text], starts[text + 1]
        if high <= low:
            continue
        rate = first_rate + (last_rate - first_rate) * np.float32(place / len(order))
        for _ in range(draws):
            state = _next(state)
            target = np.float32(state >> _SHIFT) * _FRACTION * cumulative[high - 1]
            left, right = low, high - 1
            while left < right:
                middle = (left + right) >> 1
                if cumulative[middle] > target:
                    right = middle
                else:
                    left = middle + 1
            _move(texts[text], vectors[ngrams[left]], rate, slope, _ONE, fixed)
            for _ in range(ratio):
                state = _next(state)
                other = negatives[(state >> np.uint64(11)) % np.uint64(len(negatives))]
                _move(texts[text], vectors[other], rate * weight, slope, -_ONE, fixed)
