"""Where the tokens of a batch lie when the padding is left out.

The first token of every row comes first, then the second of every row that has one, and so on, longer rows above
shorter ones. Rows of 3, 1 and 2 tokens become

    step 1   a0 c0 b0        rows in the order a, c, b
    step 2   a1 c1
    step 3   a2

so every step works on the first rows of a block, and no time goes into padding.
"""

from typing import NamedTuple

import numpy as np

from sentiment.layers.fast.buffers import empty


class Options(NamedTuple):
    """How a layer reads its rows, and what its outputs are."""

    reverse: bool = False  # read the last token first; outputs are in the order of reading
    last_only: bool = False  # one output per row, after its last token
    zero_before: bool = True  # outputs before the first real token are zero; otherwise the initial state
    zero_masked: bool = False  # outputs at masked tokens are zero; otherwise the state before them


class Packing(NamedTuple):
    """The places of tokens and states, for some rows of a batch.

    States lie in blocks: the initial ones of all rows, then one block per step. Step `t` reads the first rows of block
    `t - 1` and writes block `t`.
    """

    rows: np.ndarray  # int[rows], indices into the batch, longer rows first
    tokens: np.ndarray  # int[tokens], indices into the batch * time inputs
    final: np.ndarray  # int[rows], the place of each row's last state
    shown: np.ndarray  # int[rows, outputs], the place of the state that each output shows; -1: the output is zero
    starts: list[int]  # of the blocks
    sizes: list[int]  # of the blocks, in rows

    def steps(self) -> list[tuple[slice, slice, slice]]:
        """For each step the places of its tokens, of the states it reads, and of the states it writes."""
        rows = len(self.rows)
        blocks = zip(self.starts, self.starts[1:], self.sizes[1:], strict=False)
        return [
            (slice(new - rows, new - rows + size), slice(old, old + size), slice(new, new + size))
            for old, new, size in blocks
        ]


def pack(mask: np.ndarray, rows: np.ndarray, options: Options) -> Packing:
    """The places for some rows, int[rows], of a batch with the mask bool[batch, time]."""
    time = mask.shape[1]
    real = mask[rows, ::-1] if options.reverse else mask[rows]
    longest_first = np.argsort(-real.sum(axis=1), kind="stable")
    rows, real = rows[longest_first], real[longest_first]
    count = real.cumsum(axis=1)
    row, position = np.nonzero(real)
    step = count[row, position]  # 1 for the first token of a row
    sizes = np.bincount(step, minlength=1)
    sizes[0] = len(rows)
    starts = np.concatenate([[0], sizes[:-1].cumsum()])
    tokens = np.empty(len(row), np.intp)
    tokens[starts[step] - len(rows) + row] = rows[row] * time + (time - 1 - position if options.reverse else position)
    shown = starts[count] + np.arange(len(rows))[:, None]
    final = shown[:, -1].copy()
    if options.zero_before:
        shown[count == 0] = -1
    if options.zero_masked:
        shown[~real] = -1
    if options.last_only:
        shown = shown[:, -1:]
    return Packing(rows, tokens, final, shown, starts.tolist(), sizes.tolist())


def state_gradients(packing: Packing, by_outputs: np.ndarray) -> np.ndarray:
    """The gradients of states that come from the outputs showing them, float[rows + tokens, units].

    `by_outputs` has the gradients of the outputs of the whole batch, float[batch, outputs, units].
    """
    gradients = empty((len(packing.rows) + len(packing.tokens), by_outputs.shape[2]), by_outputs.dtype)
    gradients[:] = 0
    for row, shown in zip(packing.rows.tolist(), packing.shown, strict=True):
        first = np.diff(shown, prepend=-1) > 0
        gradients[shown[first]] = by_outputs[row, first]
        repeated = ~first & (shown >= 0)  # at masked tokens, which show the state before them once more
        if repeated.any():
            repeated &= by_outputs[row].any(axis=1)  # mostly zero there
            np.add.at(gradients, shown[repeated], by_outputs[row, repeated])
    return gradients
