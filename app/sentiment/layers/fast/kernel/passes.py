"""The LSTM over a batch of sequences, forward and backward, on a CPU.

The equations are those of `sentiment.layers.reference`. What makes this fast:

- **Packed.** No time goes into padding, see `sentiment.layers.fast.kernel.packing`.
- **Compiled.** The gates of a step are one loop, with the numbers in registers from the product to the new states.
- **One product for each step**, [x, h] @ [kernel; recurrent_kernel], and one backward. The gradients of the weights are
  one product over the tokens of many steps, while these are still in the cache.
- **Products for the machine**, see `sentiment.layers.fast.kernel.products`.
- **Streams.** The rows are divided among the cores; each computes its rows from the first step to the last.

Needs neither Keras nor a back end.
"""

from typing import NamedTuple

import numpy as np

from sentiment.layers.fast.kernel import streams
from sentiment.layers.fast.kernel.buffers import empty
from sentiment.layers.fast.kernel.packing import Packing, pack
from sentiment.layers.fast.kernel.products import matrices
from sentiment.layers.fast.kernel.products.matrices import SPARE_ROWS, Backend, padded
from sentiment.layers.fast.kernel.workers import run_parallel, worker_count
from sentiment.layers.fast.options import Options
from sentiment.layers.reference import Gradients, Weights

CHUNK = 512  # tokens whose dz waits for the product with their step inputs


class Result(NamedTuple):
    """What a layer returns; or the gradients with respect to it."""

    outputs: np.ndarray  # float32[batch, time, units], or [batch, 1, units] for the last step only
    hidden: np.ndarray  # float32[batch, units], after the last step
    cell: np.ndarray  # float32[batch, units], after the last step


class Activations(NamedTuple):
    """What the backward pass needs of the forward pass, the parts of the streams one below the other.

    The tanh of the cell is computed again: that costs less than storing it.
    """

    step_inputs: np.ndarray  # float32 or bfloat16's bits[tokens + spare rows, padded input + padded units]
    gates: np.ndarray  # float32[tokens, 4, padded units], after their activation functions
    cell: np.ndarray  # float32[batch + tokens, padded units], in blocks


def forward(
    backend: Backend,
    inputs: np.ndarray,
    mask: np.ndarray,
    hidden: np.ndarray,
    cell: np.ndarray,
    weights: Weights,
    options: Options,
    is_stored: bool,
) -> tuple[Result, Activations | None]:
    """All steps: what the layer returns, and what `backward` needs.

    Args:
        backend: that multiplies.
        inputs: float32[batch, time, input].
        mask: bool[batch, time], False at tokens that are skipped.
        hidden, cell: the initial states, float32[batch, units] each.
        weights, options: of the layer.
        is_stored: whether what `backward` needs is wanted.

    Raises:
        TypeError: the mask is not bool.
        ValueError: shapes do not fit each other, or there is no step.
    """
    _check(inputs, mask, hidden, cell, weights)
    (batch, time, features), units = inputs.shape, weights.units
    flat, wide, high = np.ascontiguousarray(inputs).reshape(-1, features), padded(features), padded(units)
    packed = matrices.pack(backend, _joined(weights, wide, high))
    bias = _gates(weights.bias, high)
    width = 1 if options.last_only else time
    result = Result(*(empty(shape, np.dtype("float32")) for shape in ((batch, width, units), *[(batch, units)] * 2)))
    parts = _parts(mask, options)
    tokens = sum(len(packing.tokens) for packing in parts)
    stored = None
    if is_stored:
        stored = Activations(
            empty((tokens + SPARE_ROWS, wide + high), np.dtype(backend.dtype)),
            empty((tokens, 4, high), np.dtype("float32")),
            empty((batch + tokens, high), np.dtype("float32")),
        )
    shares = _shares(parts, stored) if stored else [None] * len(parts)
    outputs = result.outputs.reshape(-1, units)
    if options.zero_before or options.zero_masked:
        _clear(outputs, mask, options)

    def run(part: tuple[Packing, Activations | None]) -> None:
        packing, share = part
        rows = packing.rows
        count = len(rows)
        if share is None:
            share = Activations(
                np.empty((2 * count + SPARE_ROWS, wide + high), backend.dtype),
                np.empty((1, 4, high), np.float32),
                np.empty((2 * count, high), np.float32),
            )
        states, z = np.zeros((count, high), np.float32), np.empty((count + SPARE_ROWS, 4, high), np.float32)
        states[:, :units] = hidden[rows]
        share.cell[:count, :units], share.cell[:count, units:] = cell[rows], 0
        streams.forward(
            int(backend), flat, packing.starts, packing.tokens, packing.shown, packing.shown_before, packed, bias,
            stored is not None, share.step_inputs, z, share.gates, states, share.cell, outputs,
        )  # fmt: skip
        result.hidden[rows] = states[:, :units]
        result.cell[rows] = share.cell[_last(packing, stored is not None), :units]

    run_parallel(run, list(zip(parts, shares, strict=True)))
    return result, stored


def backward(
    backend: Backend, mask: np.ndarray, stored: Activations, gradients: Result, weights: Weights, options: Options
) -> Gradients:
    """Backpropagation through time.

    Args:
        backend, mask, weights, options: as in `forward`.
        stored: from `forward`.
        gradients: of the loss with respect to what the layer returned.
    """
    (batch, time), (features, units) = mask.shape, (len(weights.kernel), weights.units)
    wide, high = padded(features), padded(units)
    float32 = np.dtype("float32")
    joined = _joined(weights, wide, high)
    kernel, recurrent_kernel = (
        matrices.pack(backend, np.ascontiguousarray(part.T)) for part in (joined[:wide], joined[wide:])
    )
    d_inputs = empty((batch * time, features), float32)
    if not mask.all():
        d_inputs[~mask.ravel()] = 0
    d_outputs = np.ascontiguousarray(gradients.outputs).reshape(-1, units)
    d_hidden, d_cell = (np.empty((batch, units), np.float32) for _ in range(2))

    def run(part: tuple[Packing, Activations]) -> tuple[np.ndarray, np.ndarray]:
        packing, share = part
        rows, count = packing.rows, len(packing.rows)
        waiting = max(CHUNK, count)
        states = [np.zeros((count + SPARE_ROWS, high), np.float32) for _ in range(3)]
        d_last, dh, dc = states
        d_last[:count, :units], dc[:count, :units] = gradients.hidden[rows], gradients.cell[rows]
        d_weights, d_bias = np.zeros((wide + high, 4 * high), np.float32), np.zeros((4, high), np.float32)
        streams.backward(
            int(backend), d_outputs, packing.starts, packing.tokens, packing.shown, packing.shown_before,
            kernel, recurrent_kernel, share.step_inputs, share.gates, share.cell, CHUNK,
            np.empty((waiting + SPARE_ROWS, 4 * high), backend.dtype),
            *matrices.packing_memory(backend, waiting, wide + high, 4 * high),
            np.empty((waiting + SPARE_ROWS, wide), np.float32),
            d_last[:count], dh, dc, d_inputs, d_weights, d_bias,
        )  # fmt: skip
        d_hidden[rows], d_cell[rows] = dh[:count, :units], dc[:count, :units]
        return d_weights, d_bias

    parts = _parts(mask, options)
    sums = [sum(values[1:], values[0]) for values in zip(*run_parallel(run, _zipped(parts, stored)), strict=True)]
    d_joined = sums[0].reshape(wide + high, 4, high)[:, :, :units]
    return Gradients(
        d_inputs.reshape(batch, time, features),
        d_hidden,
        d_cell,
        np.ascontiguousarray(d_joined[:features]).reshape(features, 4 * units),
        np.ascontiguousarray(d_joined[wide : wide + units]).reshape(units, 4 * units),
        np.ascontiguousarray(sums[1][:, :units]).ravel(),
    )


def _zipped(parts: list[Packing], stored: Activations) -> list[tuple[Packing, Activations]]:
    return list(zip(parts, _shares(parts, stored), strict=True))


def _check(inputs: np.ndarray, mask: np.ndarray, hidden: np.ndarray, cell: np.ndarray, weights: Weights) -> None:
    """Refuses what would leave parts of the results unwritten, with whatever the memory held before."""
    if mask.dtype != bool:
        raise TypeError(f"expected a mask of bool; found {mask.dtype}")
    (batch, time, features), units = inputs.shape, weights.units
    if time == 0:
        raise ValueError(f"expected sequences of at least one step; found shape {inputs.shape}")
    for name, array, shape in (
        ("a mask", mask, (batch, time)),
        ("an initial hidden state", hidden, (batch, units)),
        ("an initial cell state", cell, (batch, units)),
        ("a kernel", weights.kernel, (features, 4 * units)),
    ):
        if array.shape != shape:
            raise ValueError(
                f"expected {name} of shape {shape}; found {array.shape}, for sequences {inputs.shape} and {units} units"
            )


def _joined(weights: Weights, wide: int, high: int) -> np.ndarray:
    """float32[padded input + padded units, 4 padded units], the factor of [x, h]; zeros in the padding."""
    (features, _), units = weights.kernel.shape, weights.units
    joined = np.zeros((wide + high, 4, high), np.float32)
    joined[:features, :, :units] = weights.kernel.reshape(features, 4, units)
    joined[wide : wide + units, :, :units] = weights.recurrent_kernel.reshape(units, 4, units)
    return joined.reshape(wide + high, 4 * high)


def _gates(values: np.ndarray, high: int) -> np.ndarray:
    """float32[4, padded units] of float32[4 units]."""
    gates = np.zeros((4, high), np.float32)
    gates[:, : values.size // 4] = values.reshape(4, -1)
    return gates


def _clear(outputs: np.ndarray, mask: np.ndarray, options: Options) -> None:
    """Sets outputs that may show no state to zero."""
    if options.last_only:
        outputs[:] = 0
    elif not mask.all():
        outputs[~(mask[:, ::-1] if options.reverse else mask).ravel()] = 0


def _last(packing: Packing, is_stored: bool) -> np.ndarray:
    """int64[rows], the place of each row's last cell state, in blocks or in two blocks that take turns."""
    rows = np.arange(len(packing.rows))
    lengths = np.searchsorted(-np.diff(packing.starts), -rows, side="left")
    if not is_stored:
        return lengths % 2 * len(rows) + rows
    return np.where(lengths > 0, len(rows) + packing.starts[np.maximum(lengths - 1, 0)], 0) + rows


def _parts(mask: np.ndarray, options: Options) -> list[Packing]:
    """The batch in parts of about equal length, one for each stream."""
    longest_first = np.argsort(-np.count_nonzero(mask, axis=1), kind="stable")
    count = worker_count(len(mask))
    return [pack(mask, longest_first[first::count], options) for first in range(count)]


def _shares(parts: list[Packing], stored: Activations) -> list[Activations]:
    """The share of each part in the arrays."""
    shares, token, state = [], 0, 0
    for packing in parts:
        tokens, states = len(packing.tokens), len(packing.tokens) + len(packing.rows)
        shares.append(
            Activations(
                stored.step_inputs[token : token + tokens + SPARE_ROWS],
                stored.gates[token : token + tokens],
                stored.cell[state : state + states],
            )
        )
        token, state = token + tokens, state + states
    return shares
