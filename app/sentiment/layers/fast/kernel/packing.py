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

from sentiment.layers.fast.kernel.compiling import compiled
from sentiment.layers.fast.options import Options


class Packing(NamedTuple):
    """The places of the tokens of some rows of a batch, and of the outputs that show the state after each.

    Token `starts[step] + row` is what row number `row` of the packing reads at that step. Outputs are numbered through
    the batch, [batch * outputs of a row].
    """

    rows: np.ndarray  # int64[rows], indices into the batch, longer rows first
    starts: np.ndarray  # int64[steps + 1], of the blocks; the last is the number of tokens
    tokens: np.ndarray  # int64[tokens], indices into the batch * time inputs
    shown: np.ndarray  # int64[tokens, 2], the first output that shows a state, and the end (exclusive)
    shown_before: np.ndarray  # int64[rows, 2], the same for the initial state


def pack(mask: np.ndarray, rows: np.ndarray, options: Options) -> Packing:
    """The places for some rows, int[rows], of a batch with the mask bool[batch, time]."""
    lengths = np.count_nonzero(mask[rows], axis=1)
    longest_first = np.argsort(-lengths, kind="stable")
    rows, lengths = rows[longest_first], lengths[longest_first]
    steps = int(lengths[0]) if len(lengths) else 0
    sizes = np.searchsorted(-lengths, -np.arange(steps), side="left")  # rows with a token at each step
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    tokens, shown = np.empty(starts[-1], np.int64), np.zeros((starts[-1], 2), np.int64)
    shown_before = np.zeros((len(rows), 2), np.int64)
    _fill(mask, rows, starts, options.reverse, options.last_only, options.zero_masked, tokens, shown, shown_before)
    if options.zero_before:
        shown_before[:, 1] = shown_before[:, 0]
    return Packing(rows, starts, tokens, shown, shown_before)


@compiled
def _fill(mask, rows, starts, reverse, last_only, zero_masked, tokens, shown, shown_before):
    time = mask.shape[1]
    for index in range(len(rows)):
        row, step, place = rows[index], 0, shown_before[index]
        place[:] = row * time
        for read in range(time):
            position = time - 1 - read if reverse else read
            output = row * time + read
            if mask[row, position]:
                token = starts[step] + index
                tokens[token] = row * time + position
                place = shown[token]
                place[0], place[1] = output, output + 1
                step += 1
            elif not zero_masked:
                place[1] = output + 1
        if last_only:
            is_shown = place[1] == (row + 1) * time
            shown_before[index] = 0
            for earlier in range(step):
                shown[starts[earlier] + index] = 0
            place[0], place[1] = row, row + is_shown
