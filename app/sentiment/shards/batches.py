"""The batches of an epoch of shards, shuffled in windows.

An epoch reads the shards in an order of its own, and of them one window of reviews after the other: within it, batches
are made as of a dataset in memory. A text has its place by its hash, so a window is a random draw of all reviews. What
a full shuffle does and this does not: reviews of one shard meet in the same window, in each epoch.
"""

from collections.abc import Callable

import numpy as np

from sentiment.shards.folder import Reading
from sentiment.text.batches import Batches

WINDOW = 1 << 16  # reviews, rounded down to whole batches


class ShardBatches:
    """Batches like those of `sentiment.text.batches.Batches`: `(int32[batch, time], float32[batch, k])`.

    Args:
        reading: the shards.
        batch_size: of all batches but the last of an epoch.
        seed: decides all orders.
        crop: most tokens of a review.
        dropped: as for `Batches`.
        targets: from labels int8[n] to what a loss compares reviews with, float32[n, k].
        backward: reviews are read from their end.
        window: reviews that are shuffled together, and that may be in memory together.
    """

    def __init__(
        self,
        reading: Reading,
        batch_size: int,
        seed: int,
        crop: int,
        dropped: np.ndarray | None = None,
        targets: Callable[[np.ndarray], np.ndarray] = np.zeros_like,
        *,
        backward: bool = False,
        window: int = WINDOW,
    ) -> None:
        self._shards = reading.shards
        self._rows = np.array([shard.rows for shard in reading.shards])
        self._batch_size = batch_size
        self._seed = seed
        self._crop = crop
        self._dropped = dropped
        self._targets = targets
        self._direction = -1 if backward else 1
        self._steps = max(1, window // batch_size)  # of a window
        self._buckets = reading.buckets(crop)
        self._loaded: tuple[tuple[int, int], Batches] | None = None
        self._epoch = 0
        self.tokens = reading.tokens(crop)  # of an epoch, without padding

    def start_epoch(self, epoch: int) -> None:
        """Puts the reviews in the order of that epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return int(-(-self._rows.sum() // self._batch_size))

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        window, step = divmod(index, self._steps)
        place = self._epoch, window
        if self._loaded is None or self._loaded[0] != place:
            self._loaded = None  # its maps are closed before the next ones are opened
            self._loaded = place, self._window(*place)
        return self._loaded[1][step]

    def _window(self, epoch: int, window: int) -> Batches:
        order = np.random.default_rng((self._seed, epoch, len(self._rows))).permutation(len(self._rows))
        ends = np.cumsum(self._rows[order])
        size = self._steps * self._batch_size
        start, end = window * size, min((window + 1) * size, int(ends[-1]))
        token_ids: list[np.ndarray] = []
        labels: list[np.ndarray] = []
        for shard, last in zip(order, ends, strict=True):
            first = int(last - self._rows[shard])
            rows = slice(max(start - first, 0), max(min(end, int(last)) - first, 0))
            if rows.start >= rows.stop:
                continue
            ids, limits = np.asarray(self._shards[shard].array("ids")), self._shards[shard].array("ends")
            stops = np.asarray(limits[rows])
            starts = np.concatenate([[limits[rows.start - 1] if rows.start else 0], stops[:-1]])
            token_ids += [ids[a:b][:: self._direction] for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
            labels.append(np.asarray(self._shards[shard].array("labels")[rows]))
        windows = -(-len(self) // self._steps)
        batches = Batches(
            token_ids,
            self._targets(np.concatenate(labels)),
            self._batch_size,
            self._seed,
            self._crop,
            self._dropped,
            self._buckets,
        )
        batches.start_epoch(epoch * windows + window)
        return batches
