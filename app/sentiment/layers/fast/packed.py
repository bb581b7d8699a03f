"""The LSTM over packed sequences, forward and backward, in NumPy.

The equations are those of `sentiment.layers.reference`. What makes this faster:

- **Packed.** No time goes into padding, see `sentiment.layers.fast.packing`.
- **One matrix product per step**, [x, h, 1] @ [kernel; recurrent_kernel; bias], and one backward. The gradients of all
  three weights are one product over the tokens of many steps, while these are still in the cache.
- **NumPy's own products.** On AMD EPYC with AVX2 its OpenBLAS multiplies matrices of these sizes 1.4 to 2 times as fast
  as TensorFlow. With wider instructions it may not: docs/experiments.md has figures per kind of CPU.
- **Workers.** The rows are split among one thread per core; NumPy releases Python's lock while it computes.
- **One tanh for all gates**, because sigmoid(x) = (1 + tanh(x / 2)) / 2.

Arrays are float32 or float64. Needs neither Keras nor a back end.
"""

from typing import NamedTuple

import numpy as np

from sentiment.layers.fast.buffers import empty
from sentiment.layers.fast.packing import Options, Packing, pack, state_gradients
from sentiment.layers.fast.workers import run_parallel, worker_count
from sentiment.layers.reference import Gradients, Weights

CHUNK = 2**20  # values of dz that wait for the product with their step inputs; 4 MB stay in the cache


class Result(NamedTuple):
    """What a layer returns; or the gradients with respect to it."""

    outputs: np.ndarray  # float[batch, time, units], or [batch, 1, units] for the last step only
    hidden: np.ndarray  # float[batch, units], after the last step
    cell: np.ndarray  # float[batch, units], after the last step


class Activations(NamedTuple):
    """What the backward pass needs of the forward pass, the parts of the workers one below the other.

    The tanh of the cell is computed again: that costs less than storing it.
    """

    step_inputs: np.ndarray  # float[tokens, input + units + 1], [x, h, 1] of each token
    gates: np.ndarray  # float[tokens, 4 units], after their activation functions
    cell: np.ndarray  # float[batch + tokens, units], in blocks


def forward(
    inputs: np.ndarray, mask: np.ndarray, hidden: np.ndarray, cell: np.ndarray, weights: Weights, options: Options
) -> tuple[Result, Activations]:
    """All steps: what the layer returns, and what `backward` needs.

    Args:
        inputs: float[batch, time, input].
        mask: bool[batch, time], False at tokens that are skipped.
        hidden, cell: the initial states, float[batch, units] each.
        weights, options: of the layer.

    Raises:
        TypeError: the mask is not bool.
        ValueError: shapes do not fit each other, or there is no step.
    """
    _check(inputs, mask, hidden, cell, weights)
    (batch, time, features), units, tokens = inputs.shape, hidden.shape[1], int(mask.sum())
    flat, dtype, width = inputs.reshape(batch * time, features), hidden.dtype, 1 if options.last_only else time
    joined = _join(weights) * _tanh_scale(units, dtype)
    activations = Activations(
        empty((tokens, features + units + 1), dtype),
        empty((tokens, 4 * units), dtype),
        empty((batch + tokens, units), dtype),
    )
    result = Result(*(empty(shape, dtype) for shape in ((batch, width, units), (batch, units), (batch, units))))

    def run(part: tuple[Packing, Activations]) -> None:
        packing, saved = part
        rows = packing.rows
        states = _forward_part(packing, flat, hidden[rows], cell[rows], joined, saved)
        for row, shown in zip(rows.tolist(), packing.shown, strict=True):
            result.outputs[row] = states[shown]
        result.hidden[rows], result.cell[rows] = states[packing.final], saved.cell[packing.final]
        if (packing.shown < 0).any():
            row, output = np.nonzero(packing.shown < 0)
            result.outputs[rows[row], output] = 0

    run_parallel(run, _parts(mask, activations, options))
    return result, activations


def backward(
    mask: np.ndarray, activations: Activations, gradients: Result, weights: Weights, options: Options
) -> Gradients:
    """Backpropagation through time.

    Args:
        mask, weights, options: as in `forward`.
        activations: from `forward`.
        gradients: of the loss with respect to what the layer returned.
    """
    (batch, time), features, dtype = mask.shape, len(weights.kernel), gradients.hidden.dtype
    d_inputs = empty((batch * time, features), dtype)
    d_inputs[~mask.ravel()] = 0
    d_hidden, d_cell = (empty(gradients.hidden.shape, dtype) for _ in range(2))
    transposed = np.ascontiguousarray(_join(weights)[:-1].T)

    def run(part: tuple[Packing, Activations]) -> np.ndarray:
        packing, saved = part
        d_joined, d_hidden[packing.rows], d_cell[packing.rows] = _backward_part(
            packing, saved, gradients, transposed, d_inputs
        )
        return d_joined

    d_joined = np.sum(run_parallel(run, _parts(mask, activations, options)), axis=0)
    d_weights = d_joined[:features], d_joined[features:-1], d_joined[-1]
    return Gradients(d_inputs.reshape(batch, time, features), d_hidden, d_cell, *d_weights)


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


def _forward_part(
    packing: Packing, inputs: np.ndarray, hidden: np.ndarray, cell: np.ndarray, joined: np.ndarray, saved: Activations
) -> np.ndarray:
    """Fills in `saved`; returns the hidden states, float[rows + tokens, units], in blocks."""
    (rows, units), features = hidden.shape, inputs.shape[1]
    states, scratch = empty(saved.cell.shape, cell.dtype), np.empty_like(cell)
    states[:rows], saved.cell[:rows] = hidden, cell
    saved.step_inputs[:, -1] = 1
    scale = _tanh_scale(units, cell.dtype)
    shift = 1 - scale
    for token, before, after in packing.steps():
        step_input, c, z = saved.step_inputs[token], saved.cell[after], saved.gates[token]
        step_input[:, :features], step_input[:, features:-1] = inputs[packing.tokens[token]], states[before]
        np.tanh(np.matmul(step_input, joined, out=z), out=z)
        z *= scale
        z += shift
        i, f, g, o = _split(z)
        np.multiply(f, saved.cell[before], out=c)
        temporary = scratch[: len(z)]
        c += np.multiply(i, g, out=temporary)
        np.multiply(o, np.tanh(c, out=temporary), out=states[after])
    return states


def _backward_part(
    packing: Packing, saved: Activations, gradients: Result, transposed: np.ndarray, d_inputs: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fills in the gradients of the inputs that are read, float[batch * time, input].

    Returns those of the joined weights, float[input + units + 1, 4 units], and of the initial hidden and cell states.
    """
    dh, dc = gradients.hidden[packing.rows], gradients.cell[packing.rows]
    from_outputs = None
    if gradients.outputs.shape[1] > 1:
        from_outputs = state_gradients(packing, gradients.outputs)
    else:  # the only output of a row shows its last state
        is_shown = packing.shown[:, 0] >= 0
        dh[is_shown] += gradients.outputs[packing.rows[is_shown], 0]
    d_joined = np.zeros((saved.step_inputs.shape[1], saved.gates.shape[1]), dh.dtype)
    scratch, tanh_scratch = np.empty_like(dh), np.empty_like(dh)
    d_step_inputs = np.empty((len(dh), transposed.shape[1]), dh.dtype)
    chunks = _chunks(packing.steps(), CHUNK // saved.gates.shape[1])
    chunk_dz = empty((max((last - first for first, last, _ in chunks), default=0), saved.gates.shape[1]), dh.dtype)
    for first, last, steps in reversed(chunks):
        dz_of_chunk = chunk_dz[: last - first]
        for token, before, after in reversed(steps):
            z, dz = saved.gates[token], dz_of_chunk[token.start - first : token.stop - first]
            i, f, g, o = _split(z)
            di, df, dg, do = _split(dz)
            # Rows that end at this step join here; dh and dc hold the gradients of their final states.
            d_hidden, d_cell, temporary = dh[: len(z)], dc[: len(z)], scratch[: len(z)]
            if from_outputs is not None:
                d_hidden += from_outputs[after]
            tanh_c = np.tanh(saved.cell[after], out=tanh_scratch[: len(z)])
            np.multiply(d_hidden, o, out=temporary)  # dc' = dc' + dh' * o * (1 - tanh(c')^2)
            d_cell += temporary
            temporary *= tanh_c
            temporary *= tanh_c
            d_cell -= temporary
            np.subtract(1, z, out=dz)  # the slopes i * (1 - i), and so for f and o; 1 - g^2
            dz *= z
            np.multiply(g, g, out=dg)
            np.subtract(1, dg, out=dg)
            di *= np.multiply(d_cell, g, out=temporary)
            df *= np.multiply(d_cell, saved.cell[before], out=temporary)
            dg *= np.multiply(d_cell, i, out=temporary)
            do *= np.multiply(d_hidden, tanh_c, out=temporary)
            d_cell *= f
            np.matmul(dz, transposed, out=d_step_inputs[: len(z)])
            d_inputs[packing.tokens[token]] = d_step_inputs[: len(z), : d_inputs.shape[1]]
            d_hidden[:] = d_step_inputs[: len(z), d_inputs.shape[1] :]
        d_joined += saved.step_inputs[first:last].T @ dz_of_chunk
    if from_outputs is not None:
        dh += from_outputs[: len(dh)]
    return d_joined, dh, dc


def _chunks(
    steps: list[tuple[slice, slice, slice]], tokens: int
) -> list[tuple[int, int, list[tuple[slice, slice, slice]]]]:
    """Runs of steps with at most so many tokens, or of one step: first token, end (exclusive), steps."""
    chunks: list[tuple[int, int, list[tuple[slice, slice, slice]]]] = []
    for step in steps:
        first, last = step[0].start, step[0].stop
        if chunks and last - chunks[-1][0] <= tokens:
            first, _, earlier = chunks.pop()
            chunks.append((first, last, [*earlier, step]))
        else:
            chunks.append((first, last, [step]))
    return chunks


def _split(z: np.ndarray) -> list[np.ndarray]:
    """The columns of i, f, g and o, as views."""
    units = z.shape[1] // 4
    return [z[:, gate * units : (gate + 1) * units] for gate in range(4)]


def _join(weights: Weights) -> np.ndarray:
    """float[input + units + 1, 4 units], the factor of [x, h, 1]."""
    return np.concatenate([weights.kernel, weights.recurrent_kernel, weights.bias[None]])


def _tanh_scale(units: int, dtype: np.dtype) -> np.ndarray:
    """float[4 units]: a half for i, f and o, whose sigmoid is computed by tanh(x / 2), and one for g."""
    scale = np.full(4 * units, 0.5, dtype)
    scale[2 * units : 3 * units] = 1
    return scale


def _parts(mask: np.ndarray, activations: Activations, options: Options) -> list[tuple[Packing, Activations]]:
    """The batch in parts of about equal length, one per worker, each with its share of the arrays."""
    longest_first = np.argsort(-mask.sum(axis=1), kind="stable")
    count = worker_count(len(mask))
    parts, token, state = [], 0, 0
    for first in range(count):
        packing = pack(mask, longest_first[first::count], options)
        tokens, states = len(packing.tokens), len(packing.tokens) + len(packing.rows)
        share = Activations(
            activations.step_inputs[token : token + tokens],
            activations.gates[token : token + tokens],
            activations.cell[state : state + states],
        )
        parts.append((packing, share))
        token, state = token + tokens, state + states
    return parts
