"""The LSTM over packed sequences, in NumPy: what `fast_path` runs.

The equations are those at the head of `sentiment.layers.lstm`, and backwards those of `sentiment.layers.reference`.
What is different:

- **Packed.** Only the tokens that are read are kept: the first token of every row, then the second of every row that
  has one, and so on, rows with more tokens above rows with fewer. Every step then works on the first rows of a block,
  and nothing is spent on padding. Three rows of 3, 1 and 2 tokens become

      step 1   a0 c0 b0        rows in the order a, c, b
      step 2   a1 c1
      step 3   a2

- **One product a step**, [x, h, 1] @ [kernel; recurrent_kernel; bias], and one on the way back. The gradients of all
  three are one product over the tokens of many steps, while these are still in the cache.
- **NumPy's own products.** On AMD EPYC with AVX2 its OpenBLAS multiplies matrices of these sizes 1.4 to 2 times as fast
  as TensorFlow. On a CPU with wider instructions it need not: docs/experiments.md has figures by kind of CPU.
- **Streams.** The rows of a batch are dealt out to one thread a core; NumPy lets go of Python's lock in products and in
  functions of arrays.
- **One tanh for all gates**, because sigmoid(x) = (1 + tanh(x / 2)) / 2.

Arrays are float32 or float64. Imports neither Keras nor a back end.
"""

from typing import NamedTuple

import numpy as np

from sentiment.layers.fast.buffers import empty
from sentiment.layers.fast.workers import side_by_side, streams_for

AT_ONCE = 2**20  # gradients by the gates that wait for the product with what their tokens met; 4 MB stay in the cache


class Weights(NamedTuple):
    """As in `keras.layers.LSTM`: gates in the order i, f, c, o."""

    kernel: np.ndarray  # float[input, 4 units]
    recurrent_kernel: np.ndarray  # float[units, 4 units]
    bias: np.ndarray  # float[4 units]


class Reading(NamedTuple):
    """How a row is read, and what its outputs show."""

    reverse: bool = False  # the last token is read first; outputs are in the order of reading
    last_only: bool = False  # one output a row, after its last token
    zero_unread: bool = True  # an output before the first token that is read is zero; otherwise the initial state
    zero_masked: bool = False  # an output at a token that is not read is zero; otherwise the state before it


class Result(NamedTuple):
    """What a layer gives; or the gradients of a loss by it."""

    outputs: np.ndarray  # float[batch, time, units], or [batch, 1, units] of the last step only
    hidden: np.ndarray  # float[batch, units], after the last step
    cell: np.ndarray  # float[batch, units], after the last step


class Steps(NamedTuple):
    """What the way forward leaves for the way back, each stream's part below the last's.

    The tanh of the cell is taken again: that costs less than to keep it.
    """

    met: np.ndarray  # float[tokens, input + units + 1], [x, h, 1]: what each token meets
    gates: np.ndarray  # float[tokens, 4 units], after their activations
    cell: np.ndarray  # float[batch + tokens, units], in blocks


class Gradients(NamedTuple):
    """Of a loss, by everything the layer was given."""

    inputs: np.ndarray  # float[batch, time, input]
    hidden: np.ndarray  # float[batch, units], the initial one
    cell: np.ndarray  # float[batch, units], the initial one
    kernel: np.ndarray
    recurrent_kernel: np.ndarray
    bias: np.ndarray


class Packing(NamedTuple):
    """Where the tokens and the states of some rows of a batch lie.

    States lie in blocks: the initial ones of all rows, then a block for each step. The first rows of block `t` are the
    states that step `t + 1` meets, and its own are block `t + 1`.
    """

    rows: np.ndarray  # int[rows], rows of the batch, those with more tokens first
    tokens: np.ndarray  # int[tokens], which of the batch * time inputs each packed token is
    final: np.ndarray  # int[rows], where the state lies that a row ends with
    shown: np.ndarray  # int[rows, outputs], where the state lies that an output shows; -1: it shows zero
    starts: list[int]  # of the blocks
    sizes: list[int]  # of the blocks, in rows

    def steps(self) -> list[tuple[slice, slice, slice]]:
        """For each step: the tokens it reads, the states it meets, the states it makes."""
        rows = len(self.rows)
        blocks = zip(self.starts, self.starts[1:], self.sizes[1:], strict=False)
        return [
            (slice(new - rows, new - rows + size), slice(old, old + size), slice(new, new + size))
            for old, new, size in blocks
        ]


def forward(
    inputs: np.ndarray, mask: np.ndarray, hidden: np.ndarray, cell: np.ndarray, weights: Weights, reading: Reading
) -> tuple[Result, Steps]:
    """All steps.

    Args:
        inputs: float[batch, time, input].
        mask: bool[batch, time], False where nothing is read.
        hidden: the initial one, float[batch, units].
        cell: the initial one, float[batch, units].
        weights: of the layer.
        reading: how.

    Returns:
        What the layer gives, and what `backward` needs.

    Raises:
        TypeError: the mask is not of bool.
        ValueError: shapes do not fit each other, or there is no step.
    """
    _check(inputs, mask, hidden, cell, weights)
    (batch, time, features), units, tokens = inputs.shape, hidden.shape[1], int(mask.sum())
    flat, of, width = inputs.reshape(batch * time, features), hidden.dtype, 1 if reading.last_only else time
    joined = _join(weights) * _before_tanh(units, of)
    steps = Steps(
        empty((tokens, features + units + 1), of),
        empty((tokens, 4 * units), of),
        empty((batch + tokens, units), of),
    )
    result = Result(empty((batch, width, units), of), empty((batch, units), of), empty((batch, units), of))

    def stream(part: tuple[Packing, Steps]) -> None:
        packing, own = part
        rows = packing.rows
        states = _walk(packing, flat, hidden[rows], cell[rows], joined, own)
        for row, shown in zip(rows.tolist(), packing.shown, strict=True):
            result.outputs[row] = states[shown]
        result.hidden[rows], result.cell[rows] = states[packing.final], own.cell[packing.final]
        if (packing.shown < 0).any():
            row, place = np.nonzero(packing.shown < 0)
            result.outputs[rows[row], place] = 0

    side_by_side(stream, _streams(mask, steps, reading))
    return result, steps


def for_each_row(mask: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """The mask as bool[batch, time], also where it has a single row, which stands for all."""
    return np.broadcast_to(mask, (len(inputs), *mask.shape[1:])) if len(mask) == 1 else mask


def backward(mask: np.ndarray, steps: Steps, gradients: Result, weights: Weights, reading: Reading) -> Gradients:
    """Backpropagation through time: all steps, from the last to the first.

    Args:
        mask: as in `forward`.
        steps: from `forward`.
        gradients: of the loss by what the layer gave.
        weights: as in `forward`.
        reading: as in `forward`.
    """
    (batch, time), features, of = mask.shape, len(weights.kernel), gradients.hidden.dtype
    inputs, hidden, cell = (empty((n, m), of) for n, m in ((batch * time, features), *[gradients.hidden.shape] * 2))
    inputs[~mask.ravel()] = 0
    transposed = np.ascontiguousarray(_join(weights)[:-1].T)

    def stream(part: tuple[Packing, Steps]) -> np.ndarray:
        packing, own = part
        joined, hidden[packing.rows], cell[packing.rows] = _walk_back(packing, own, gradients, transposed, inputs)
        return joined

    joined = np.sum(side_by_side(stream, _streams(mask, steps, reading)), axis=0)
    by_weights = joined[:features], joined[features:-1], joined[-1]
    return Gradients(inputs.reshape(batch, time, features), hidden, cell, *by_weights)


def _check(inputs: np.ndarray, mask: np.ndarray, hidden: np.ndarray, cell: np.ndarray, weights: Weights) -> None:
    """Raises where the rest would leave results unwritten, which are whatever the memory held before."""
    if mask.dtype != bool:
        raise TypeError(f"expected a mask of bool; found {mask.dtype}")
    (batch, time, features), units = inputs.shape, len(weights.recurrent_kernel)
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


def pack(mask: np.ndarray, rows: np.ndarray, reading: Reading) -> Packing:
    """Where the tokens and states of `rows` go.

    Args:
        mask: bool[batch, time], of the whole batch.
        rows: int[rows], which rows of it.
        reading: how they are read.
    """
    time = mask.shape[1]
    read = mask[rows, ::-1] if reading.reverse else mask[rows]
    longest_first = np.argsort(-read.sum(axis=1), kind="stable")
    rows, read = rows[longest_first], read[longest_first]
    rank, count = np.arange(len(rows)), read.cumsum(axis=1)
    row, place = np.nonzero(read)
    step = count[row, place]  # 1 for the first token that a row reads
    sizes = np.bincount(step, minlength=1)
    sizes[0] = len(rows)
    starts = np.concatenate([[0], sizes[:-1].cumsum()])
    packed = starts[step] - len(rows) + row
    tokens = np.empty(len(row), np.intp)
    tokens[packed] = rows[row] * time + (time - 1 - place if reading.reverse else place)
    shown = starts[count] + rank[:, None]
    final = shown[:, -1].copy()
    if reading.zero_unread:
        shown[count == 0] = -1
    if reading.zero_masked:
        shown[~read] = -1
    if reading.last_only:
        shown = shown[:, -1:]
    return Packing(rows, tokens, final, shown, starts.tolist(), sizes.tolist())


def _walk(
    packing: Packing, inputs: np.ndarray, hidden: np.ndarray, cell: np.ndarray, joined: np.ndarray, own: Steps
) -> np.ndarray:
    """Fills in all steps; gives the hidden states, float[rows + tokens, units], in blocks."""
    (rows, units), features = hidden.shape, inputs.shape[1]
    states, room = empty(own.cell.shape, cell.dtype), np.empty_like(cell)
    states[:rows], own.cell[:rows] = hidden, cell
    own.met[:, -1] = 1
    scale = _before_tanh(units, cell.dtype)
    shift = 1 - scale
    for token, before, after in packing.steps():
        met, c, z = own.met[token], own.cell[after], own.gates[token]
        met[:, :features], met[:, features:-1] = inputs[packing.tokens[token]], states[before]
        np.tanh(np.matmul(met, joined, out=z), out=z)
        z *= scale
        z += shift
        i, f, g, o = _gates(z)
        np.multiply(f, own.cell[before], out=c)
        one = room[: len(z)]
        c += np.multiply(i, g, out=one)
        np.multiply(o, np.tanh(c, out=one), out=states[after])
    return states


def _walk_back(
    packing: Packing, own: Steps, gradients: Result, transposed: np.ndarray, inputs: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fills in the gradient by the inputs that are read, float[batch * time, input]; gives those by the joined weights,
    float[input + units + 1, 4 units], and by hidden and cell before all steps, float[rows, units] each.
    """
    arriving = _arriving(packing, gradients.outputs)
    dh, dc = gradients.hidden[packing.rows], gradients.cell[packing.rows]
    joined = np.zeros((own.met.shape[1], own.gates.shape[1]), dh.dtype)
    buffer, squashed, by_met = np.empty_like(dh), np.empty_like(dh), np.empty((len(dh), transposed.shape[1]), dh.dtype)
    chunks = _chunks(packing.steps(), AT_ONCE // own.gates.shape[1])
    room = empty((max((last - first for first, last, _ in chunks), default=0), own.gates.shape[1]), dh.dtype)
    for first, last, steps in reversed(chunks):
        dz = room[: last - first]
        for token, before, after in reversed(steps):
            z, d = own.gates[token], dz[token.start - first : token.stop - first]
            i, f, g, o = _gates(z)
            di, df, dg, do = _gates(d)
            # Rows that end at this step come in here, with the gradients of the final states that dh and dc start from.
            by_hidden, by_cell, one = dh[: len(z)], dc[: len(z)], buffer[: len(z)]
            arriving.add_to(by_hidden, after, one)
            shown = np.tanh(own.cell[after], out=squashed[: len(z)])
            np.multiply(by_hidden, o, out=one)  # dc' = dc' + dh' * o * (1 - tanh(c')^2)
            by_cell += one
            one *= shown
            one *= shown
            by_cell -= one
            np.subtract(1, z, out=d)  # the slopes: i * (1 - i), and so for f and o, but 1 - g^2
            d *= z
            np.multiply(g, g, out=dg)
            np.subtract(1, dg, out=dg)
            di *= np.multiply(by_cell, g, out=one)
            df *= np.multiply(by_cell, own.cell[before], out=one)
            dg *= np.multiply(by_cell, i, out=one)
            do *= np.multiply(by_hidden, shown, out=one)
            by_cell *= f
            np.matmul(d, transposed, out=by_met[: len(z)])
            inputs[packing.tokens[token]] = by_met[: len(z), : inputs.shape[1]]
            by_hidden[:] = by_met[: len(z), inputs.shape[1] :]
        joined += own.met[first:last].T @ dz
    arriving.add_to(dh, slice(0, len(dh)), buffer)
    return joined, dh, dc


def _chunks(
    steps: list[tuple[slice, slice, slice]], tokens: int
) -> list[tuple[int, int, list[tuple[slice, slice, slice]]]]:
    """Steps in lots of at most so many tokens, or of one step: the first token, the one after the last, the steps."""
    chunks: list[tuple[int, int, list[tuple[slice, slice, slice]]]] = []
    for step in steps:
        first, last = step[0].start, step[0].stop
        if chunks and last - chunks[-1][0] <= tokens:
            first, _, earlier = chunks.pop()
            chunks.append((first, last, [*earlier, step]))
        else:
            chunks.append((first, last, [step]))
    return chunks


class _Arriving(NamedTuple):
    """Where the gradients by states come from that do not come from the next step: the outputs that show them."""

    by_outputs: np.ndarray  # float[batch * outputs, units]
    first: np.ndarray  # int[rows + tokens], of each state the first output that shows it; -1: none does
    again: np.ndarray  # int[n], in order: states that are shown once more
    shown_again: np.ndarray  # int[n], by which outputs

    def add_to(self, gradients: np.ndarray, states: slice, room: np.ndarray) -> None:
        """Adds those by some states to float[states, units]; `room` has that shape, too."""
        first = self.first[states]
        if (first >= 0).any():
            np.take(self.by_outputs, first, axis=0, out=room, mode="clip")
            room[first < 0] = 0
            gradients += room
        begin, end = np.searchsorted(self.again, (states.start, states.stop))
        if begin < end:
            np.add.at(gradients, self.again[begin:end] - states.start, self.by_outputs[self.shown_again[begin:end]])


def _arriving(packing: Packing, by_outputs: np.ndarray) -> _Arriving:
    (rows, width), shown = packing.shown.shape, packing.shown
    flat = by_outputs.reshape(-1, by_outputs.shape[2])
    output = packing.rows[:, None] * width + np.arange(width)
    is_first = np.diff(shown, axis=1, prepend=-1) > 0
    first = np.full(rows + len(packing.tokens), -1)
    first[shown[is_first]] = output[is_first]
    # A token that is not read shows the state before it once more. There the gradient is mostly zero.
    again = ~is_first & (shown >= 0)
    for row in np.flatnonzero(again.any(axis=1)):
        again[row] &= by_outputs[packing.rows[row]].any(axis=1)
    order = np.argsort(shown[again], kind="stable")
    return _Arriving(flat, first, shown[again][order], output[again][order])


def _gates(z: np.ndarray) -> list[np.ndarray]:
    """The columns of i, f, g and o, as views."""
    units = z.shape[1] // 4
    return [z[:, gate * units : (gate + 1) * units] for gate in range(4)]


def _join(weights: Weights) -> np.ndarray:
    """float[input + units + 1, 4 units], what [x, h, 1] is multiplied by."""
    return np.concatenate([weights.kernel, weights.recurrent_kernel, weights.bias[None]])


def _before_tanh(units: int, dtype: np.dtype) -> np.ndarray:
    """float[4 units], by what sums are multiplied so that the tanh of i, f and o gives their sigmoid's."""
    scale = np.full(4 * units, 0.5, dtype)
    scale[2 * units : 3 * units] = 1
    return scale


def _streams(mask: np.ndarray, steps: Steps, reading: Reading) -> list[tuple[Packing, Steps]]:
    """The batch in one part a core, equally long, each with its share of the arrays."""
    longest_first = np.argsort(-mask.sum(axis=1), kind="stable")
    count = streams_for(len(mask))
    parts, token, state = [], 0, 0
    for first in range(count):
        packing = pack(mask, longest_first[first::count], reading)
        tokens, states = len(packing.tokens), len(packing.tokens) + len(packing.rows)
        own = [array[token : token + tokens] for array in (steps.met, steps.gates)]
        own.append(steps.cell[state : state + states])
        parts.append((packing, Steps(*own)))
        token, state = token + tokens, state + states
    return parts
