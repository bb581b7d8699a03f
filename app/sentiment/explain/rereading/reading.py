"""A review as a network reads it, and variants of it, which share what comes before the first difference.

A network of one direction that has read up to a word needs to read on from there alone when that word changes. So the
variants without the first word, without the second, ... take half of the steps, and all that are still being read are
the rows of one product at each step:

    step           1  2  3  4
    without 1      x  .  .  .        x  the word is replaced by the unknown one
    without 2         x  .  .        .  read again, in the state of this row
    without 3            x  .           before that, the states of the review itself
    without 4               x

A backward direction does the same from the end. Pooled features are those of the review up to there, with what follows.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sentiment.explain.rereading.cells import Cell
from sentiment.text.tokenizer import UNKNOWN_ID

FORWARD, BACKWARD = "forward", "backward"
_WORTH_A_THREAD = 20_000_000  # multiplications, some milliseconds


@dataclass(frozen=True)
class Network:
    """A network with one recurrent layer that reads in one or both directions."""

    embeddings: np.ndarray  # float32[vocabulary, input]
    cells: dict[str, Cell]  # FORWARD, and BACKWARD if the network is bidirectional
    pooling: tuple[str, ...]  # of "max", "mean", "last"
    kernel: np.ndarray  # float32[outputs, len(pooling), directions, units], from pooled features to logits
    bias: np.ndarray  # float32[outputs]

    def logits(self, features: np.ndarray) -> np.ndarray:
        """The logits, float64[..., outputs], of pooled features [..., len(pooling), directions, units]."""
        wide = features.astype(np.float64)
        return np.stack([(wide * kernel).sum(axis=(-3, -2, -1)) for kernel in self.kernel], axis=-1) + self.bias


@dataclass
class _Rows:
    """Variants in one direction after some of their tokens."""

    state: np.ndarray  # float32[parts, rows, units]
    highest: np.ndarray  # float32[rows, units], of the hidden states so far; -inf before the first
    total: np.ndarray  # float32[rows, units], their sum

    @classmethod
    def new(cls, cell: Cell, rows: int) -> "_Rows":
        zeros = np.zeros((rows, cell.units), np.float32)
        state = np.zeros((cell.parts, rows, cell.units), np.float32)
        return cls(state, np.full_like(zeros, -np.inf), zeros)

    def __getitem__(self, rows: "slice | np.ndarray") -> "_Rows":
        return _Rows(self.state[:, rows], self.highest[rows], self.total[rows])

    def __setitem__(self, rows: "slice | np.ndarray", values: "_Rows") -> None:
        self.state[:, rows], self.highest[rows], self.total[rows] = values.state, values.highest, values.total

    def read(self, cell: Cell, projected: np.ndarray) -> None:
        """One more token of each row; `projected` as in `Cell.step`."""
        self.state[:] = cell.step(projected, self.state)
        np.maximum(self.highest, self.state[0], out=self.highest)
        self.total += self.state[0]

    def pooled(self, pooling: tuple[str, ...], lengths: np.ndarray) -> np.ndarray:
        """Features, float32[rows, len(pooling), units]; `lengths`, int[rows], are the numbers of tokens read."""
        by_mode = {"last": self.state[0], "max": self.highest, "mean": self.total / lengths[:, None]}
        return np.stack([by_mode[mode] for mode in pooling], axis=1).astype(np.float32)


class Reading:
    """One review, read once, and its variants.

    Args:
        network: that reads.
        token_ids: int32[time], time >= 1.
        threads: that share the rows.
    """

    def __init__(self, network: Network, token_ids: np.ndarray, threads: int = 1) -> None:
        self.network = network
        self.length = len(token_ids)
        self._threads = threads
        # Is told after each step of some rows how many multiplications it took; from several threads.
        self.done: Callable[[int], None] = lambda _: None
        self._directions = {
            name: _Direction(cell, network, token_ids if name == FORWARD else token_ids[::-1])
            for name, cell in network.cells.items()
        }

    @cached_property
    def logits(self) -> np.ndarray:
        """The logits of the review itself, float64[outputs]."""
        lengths = np.array([self.length])
        ends = [direction.after[-1:].pooled(self.network.pooling, lengths) for direction in self._directions.values()]
        logits: np.ndarray = self.network.logits(np.stack(ends, axis=2))[0]
        return logits

    def logits_without(self, groups: Sequence[Sequence[int]]) -> np.ndarray:
        """The logits without each group of tokens, float64[groups, outputs]: with the unknown word in their places.

        Args:
            groups: positions of tokens, from 0; at least one each.
        """
        if not groups:
            return np.empty((0, len(self.network.bias)))
        replaced = np.zeros((len(groups), self.length), bool)
        for row, group in zip(replaced, groups, strict=True):
            row[list(group)] = True
        features = []
        for name, direction in self._directions.items():
            in_order = replaced if name == FORWARD else replaced[:, ::-1]
            first = in_order.argmax(axis=1)
            rows = self._read_on(direction, first, direction.after[first], in_order)
            features.append(rows.pooled(self.network.pooling, np.full(len(groups), self.length)))
        return self.network.logits(np.stack(features, axis=2))

    def multiplications(self, groups: Sequence[Sequence[int]]) -> int:
        """How many `logits_without` takes."""
        first, last = sum(map(min, groups)), sum(map(max, groups))
        steps = {FORWARD: len(groups) * self.length - first, BACKWARD: len(groups) + last}
        return sum(steps[name] * cell.units**2 * cell.gates for name, cell in self.network.cells.items())

    def logits_as_read(self, complete: np.ndarray, stop: int | None) -> np.ndarray:
        """The logits after each token, had the review ended there, float64[time, outputs].

        Args:
            complete: bool[time], whether a review may end with this token as it is.
            stop: the token that is read after any other one; None: none is.
        """
        stopped = np.zeros_like(complete) if stop is None else ~complete
        lengths = np.arange(1, self.length + 1) + stopped
        features = []
        for name, direction in self._directions.items():
            if name == FORWARD:
                rows = direction.after[np.arange(1, self.length + 1)]
                rows = self._stopped(direction, rows, stopped, stop)
            else:  # this direction begins with the full stop
                rows = self._stopped(direction, _Rows.new(direction.cell, self.length), stopped, stop)
                rows = self._read_on(direction, np.arange(self.length)[::-1], rows)
            features.append(rows.pooled(self.network.pooling, lengths))
        return self.network.logits(np.stack(features, axis=2))

    def _stopped(self, direction: "_Direction", rows: _Rows, stopped: np.ndarray, stop: int | None) -> _Rows:
        """The rows, those that are to be stopped with one more token."""
        if stop is not None and stopped.any():
            some = rows[stopped]
            projected = direction.cell.project(self.network.embeddings[[stop]])
            some.read(direction.cell, np.repeat(projected, stopped.sum(), axis=0))
            rows[stopped] = some
        return rows

    def _read_on(
        self, direction: "_Direction", first: np.ndarray, rows: _Rows, replaced: np.ndarray | None = None
    ) -> _Rows:
        """The rows after the last token; the rows are changed.

        Args:
            direction: of the reading.
            first: int[rows], the position of the token that each row reads first.
            rows: before that token.
            replaced: bool[rows, time], where the unknown word is read; None: nowhere.
        """
        order = np.argsort(first, kind="stable")
        steps = int((self.length - first).sum())
        cell = direction.cell
        threads = min(self._threads, 1 + steps * cell.units**2 * cell.gates // _WORTH_A_THREAD, len(first))
        shares = [order[start::threads] for start in range(threads)]  # each with long and short rows

        def read(share: np.ndarray) -> _Rows:
            return direction.read_on(
                first[share], rows[share], None if replaced is None else replaced[share], self.done
            )

        if threads == 1:
            rows[order] = read(order)
            return rows
        with ThreadPoolExecutor(threads, thread_name_prefix="reading") as pool:
            for share, result in zip(shares, pool.map(read, shares), strict=True):
                rows[share] = result
        return rows


class _Direction:
    """The review itself, read in one direction; tokens stand in the order in which they are read."""

    def __init__(self, cell: Cell, network: Network, token_ids: np.ndarray) -> None:
        self.cell = cell
        self._projected = cell.project(network.embeddings[token_ids])
        self._unknown = cell.project(network.embeddings[UNKNOWN_ID])
        self.after = _Rows.new(cell, len(token_ids) + 1)  # a row for each number of tokens read
        row = _Rows.new(cell, 1)
        for position, projected in enumerate(self._projected, start=1):
            row.read(cell, projected[None].copy())
            self.after[position : position + 1] = row

    def read_on(
        self, first: np.ndarray, rows: _Rows, replaced: np.ndarray | None, done: Callable[[int], None]
    ) -> _Rows:
        """As `Reading._read_on`, for rows sorted by `first`."""
        for position in range(first[0], len(self._projected)):
            active = int(np.searchsorted(first, position, side="right"))
            projected = np.repeat(self._projected[position : position + 1], active, axis=0)
            if replaced is not None:
                projected[replaced[:active, position]] = self._unknown
            rows[:active].read(self.cell, projected)
            done(active * self.cell.units**2 * self.cell.gates)
        return rows
