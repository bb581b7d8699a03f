"""The mean loss of a sampled softmax and its gradients in compiled code on a CPU.

The gradients are known as soon as the loss is:

    p = softmax([r, z])
    dr, dz = p_r - 1, p_z

So one pass over the tokens computes both, some tokens at a time, and the logits never leave the cache. Padding is left
out. Products are those of the LSTM's fast path, in bfloat16 where the back end says so; all other numbers and all sums
are float32. Needs neither Keras nor a back end.
"""

from typing import Any

import numpy as np

from sentiment.layers.fast.kernel.buffers import empty
from sentiment.layers.fast.kernel.products.matrices import SPARE_ROWS, Backend, pack, packing_memory, padded
from sentiment.layers.fast.kernel.workers import run_parallel, worker_count
from sentiment.networks.sampled.kernel import CHUNK, stream
from sentiment.networks.sampled.logits import IMPOSSIBLE, Logits
from sentiment.text.tokenizer import PADDING_ID


def loss_and_gradients(
    backend: Backend, inputs: Logits, following: np.ndarray, sample: np.ndarray
) -> tuple[np.float32, Logits]:
    """The mean loss of all tokens that are followed by a word, and its gradients.

    Args:
        backend: that multiplies.
        inputs: of the logits.
        following: int32[tokens], the right words; `PADDING_ID` where none follows.
        sample: int32[sample].
    """
    (units, features), tokens, size = inputs.kernel.shape, len(following), len(sample)
    high, wide, many = padded(units), padded(features), padded(size)
    kernel, vectors = _padded(inputs.kernel, high, wide), _padded(inputs.sample_vectors, many, wide)
    packed = [pack(backend, np.ascontiguousarray(matrix)) for matrix in (kernel, kernel.T, vectors.T, vectors)]
    sample_bias, words = np.full(many, IMPOSSIBLE, np.float32), np.full(many, PADDING_ID, np.int32)
    sample_bias[:size], words[:size] = inputs.sample_bias, sample
    bias = np.zeros(wide, np.float32)
    bias[:features] = inputs.bias
    real = np.flatnonzero(following != PADDING_ID)
    scale = np.float32(1 / max(len(real), 1))

    float32 = np.dtype("float32")
    d_states, d_right_vectors = empty((tokens, units), float32), empty((tokens, features), float32)
    d_right_bias = np.zeros(tokens, np.float32)
    missing = np.flatnonzero(following == PADDING_ID)
    d_states[missing] = d_right_vectors[missing] = 0

    def run(places: np.ndarray) -> tuple[Any, ...]:
        rows = CHUNK + SPARE_ROWS
        memory = [np.zeros((rows, columns), backend.dtype) for columns in (high, wide, many, wide)]
        memory += [np.empty((rows, columns), np.float32) for columns in (wide, many, wide, high)]
        memory += packing_memory(backend, CHUNK, max(many, high), wide)
        sums = [np.zeros(shape, np.float32) for shape in ((high, wide), (wide,), (many, wide), (many,))]
        arguments = [
            int(backend), places, inputs.states, following, inputs.right_vectors, inputs.right_bias, *packed, bias,
            sample_bias, words, scale, *memory, d_states, d_right_vectors, d_right_bias, *sums,
        ]  # fmt: skip
        return stream(*arguments), *sums

    parts = np.array_split(real, worker_count(len(real)))
    loss, d_kernel, d_bias, d_vectors, d_sample_bias = (
        sum(values[1:], values[0]) for values in zip(*run_parallel(run, parts), strict=True)
    )
    gradients = Logits(
        d_states,
        np.ascontiguousarray(d_kernel[:units, :features]),
        d_bias[:features],
        d_right_vectors,
        d_right_bias,
        np.ascontiguousarray(d_vectors[:size, :features]) * scale,
        d_sample_bias[:size] * scale,
    )
    return np.float32(loss * scale), gradients


def _padded(matrix: np.ndarray, rows: int, columns: int) -> np.ndarray:
    result = np.zeros((rows, columns), np.float32)
    result[: len(matrix), : matrix.shape[1]] = matrix
    return result
