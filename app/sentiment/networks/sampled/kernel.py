"""The loops of the compiled loss: one call for the tokens of a stream, which needs nothing of another."""

import numpy as np

from sentiment.layers.fast.kernel.compiling import compiled, inlined
from sentiment.layers.fast.kernel.products.matrices import accumulate, multiply, start, stop
from sentiment.layers.fast.kernel.scalars import widen
from sentiment.layers.fast.kernel.streams import put
from sentiment.networks.sampled.logits import IMPOSSIBLE

CHUNK = 96  # tokens whose logits are in the cache at once
_IMPOSSIBLE = np.float32(IMPOSSIBLE)
_LOWEST_RANK, _SIGN, _MAGNITUDE = np.int32(-(2**31)), np.int32(31), np.int32(2**31 - 1)
_F = np.float32
# exp(x) = 2^k exp(r), |r| <= ln(2) / 2; ln(2) in two parts, the first with few bits (Cody and Waite 1980).
_LOG2_E, _LN2_HIGH, _LN2_LOW, _LOWEST = _F(1.44269504), _F(0.693359375), _F(-2.12194440e-4), _F(-87.0)
_E2, _E3, _E4, _E5, _E6 = _F(0.5), _F(1 / 6), _F(1 / 24), _F(1 / 120), _F(1 / 720)
_HALF, _ONE = _F(0.5), _F(1)


@inlined
def _exp(x):
    """Of a float32 that is at most 0, without branches, so that loops over it are vectorised."""
    x = _LOWEST if x < _LOWEST else x  # NaN is not smaller, so it stays
    k = np.int32(x * _LOG2_E - _HALF)  # rounds to the nearest: x is negative
    r = (x - _F(k) * _LN2_HIGH) - _F(k) * _LN2_LOW
    power = widen(np.uint16((k + 127) << 7))  # 2^k
    return power * (_ONE + r * (_ONE + r * (_E2 + r * (_E3 + r * (_E4 + r * (_E5 + r * _E6))))))


@compiled
def _mask(z, bias, words, right_word):
    """Adds the bias to the logits of the sample, and makes the right word impossible."""
    for j in range(len(z)):
        z[j] = _IMPOSSIBLE if words[j] == right_word else z[j] + bias[j]


@compiled
def _highest(z, number):
    """The highest of the logits. Their bits are compared as integers, because loops over those are vectorised."""
    bits, highest = z.view(np.int32), _LOWEST_RANK
    for j in range(len(bits)):
        rank = np.int32(bits[j] ^ (np.int32(bits[j] >> _SIGN) & _MAGNITUDE))  # of negative numbers all other bits flip
        highest = rank if rank > highest else highest
    number.view(np.int32)[0] = highest ^ (np.int32(highest >> _SIGN) & _MAGNITUDE)
    return number[0]


@compiled
def _exponentials(z, highest):
    """Changes logits to their exponentials, divided by that of the highest logit, and returns the sum."""
    total = _F(0)
    for j in range(len(z)):
        value = _exp(z[j] - highest)
        z[j] = value
        total += value
    return total


@compiled
def _divide(z, factor, d_bias):
    """Changes exponentials to probabilities, and adds these to the gradient of the bias."""
    for j in range(len(z)):
        value = z[j] * factor
        z[j] = value
        d_bias[j] += value


@compiled
def _dot(a, b):
    total = _F(0)
    for j in range(len(b)):
        total += a[j] * b[j]
    return total


@compiled
def stream(
    backend, places, states, following, right_vectors, right_bias, kernel, kernel_back, vectors_across, vectors, bias,
    sample_bias, words, scale, h, x, p, dx, expected, z, d_expected, d_h, packed_left, packed_right, d_states,
    d_right_vectors, d_right_bias, d_kernel, d_bias, d_vectors, d_sample_bias,
):  # fmt: skip
    """The sum of the losses of the tokens at these places; fills their gradients, and adds to the other gradients.

    Args:
        backend: a value of `Backend`.
        places: int64[tokens of the stream], indices into the tokens.
        states, following, right_vectors, right_bias: as in `Logits` and `loss_and_gradients`.
        kernel, kernel_back, vectors_across, vectors: packed, of float32[padded units, padded features], its transpose,
            the transpose of [padded sample, padded features], and that itself.
        bias, sample_bias, words: float32[padded features], float32 and int32[padded sample].
        scale: of the gradients of a token.
        h, x, p, dx: [CHUNK, ...], memory for what is multiplied, with the type that the back end multiplies; zeros.
        expected, z, d_expected, d_h: float32[CHUNK, ...], memory for products.
        packed_left, packed_right: memory for packing.
        d_states, d_right_vectors, d_right_bias: to be filled.
        d_kernel, d_bias, d_vectors, d_sample_bias: to be added to; the last two without the scale.
    """
    units, features = states.shape[1], right_vectors.shape[1]
    total, number = 0.0, np.empty(1, np.float32)
    start(backend)
    for first in range(0, len(places), CHUNK):
        count = min(CHUNK, len(places) - first)
        for row in range(count):
            put(h[row], states[places[first + row]], units)
        multiply(backend, h[:count], kernel, expected[:count])
        for row in range(count):
            for j in range(len(bias)):
                expected[row, j] += bias[j]
            put(x[row], expected[row], len(bias))
        multiply(backend, x[:count], vectors_across, z[:count])
        for row in range(count):
            place = places[first + row]
            right = _dot(expected[row], right_vectors[place]) + right_bias[place]
            _mask(z[row], sample_bias, words, following[place])
            most = max(_highest(z[row], number), right)
            of_right = np.exp(right - most)
            exponentials = of_right + _exponentials(z[row], most)
            _divide(z[row], _ONE / exponentials, d_sample_bias)
            put(p[row], z[row], len(words))
            total += most + np.log(exponentials) - right
            d_right_bias[place] = (of_right / exponentials - _ONE) * scale
        multiply(backend, p[:count], vectors, d_expected[:count])
        for row in range(count):
            place = places[first + row]
            d_right = d_right_bias[place]
            for j in range(features):
                d_expected[row, j] = d_expected[row, j] * scale + d_right * right_vectors[place, j]
                d_right_vectors[place, j] = d_right * expected[row, j]
                d_bias[j] += d_expected[row, j]
            put(dx[row], d_expected[row], features)
        multiply(backend, dx[:count], kernel_back, d_h[:count])
        for row in range(count):
            put(d_states[places[first + row]], d_h[row], units)
        accumulate(backend, p[:count], x[:count], d_vectors, packed_left, packed_right)
        accumulate(backend, h[:count], dx[:count], d_kernel, packed_left, packed_right)
    stop(backend)
    return total
