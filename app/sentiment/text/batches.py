"""Batches of reviews of similar length, padded on the right.

Reviews are grouped by length, so that little of a batch is padding, and padded to one of at most eight lengths, so that
a compiling back end compiles each shape once.
"""

from collections.abc import Sequence

import numpy as np

from sentiment.text.padding import pad
from sentiment.text.tokenizer import PADDING_ID, UNKNOWN_ID

BUCKETS = 8


def bucket_lengths(lengths: np.ndarray, buckets: int = BUCKETS) -> np.ndarray:
    """Lengths to pad to: quantiles of the reviews' lengths, rounded up to a multiple of 8.

    Args:
        lengths: int[n], tokens of each review, at least one review.
        buckets: how many lengths at most.

    Returns:
        int[buckets or fewer], rising; the last is at least the longest review.
    """
    quantiles = np.quantile(lengths, np.arange(1, buckets + 1) / buckets, method="higher")
    return np.unique(-(-quantiles.astype(int) // 8) * 8)


def bucket_lengths_of(counts: np.ndarray, buckets: int = BUCKETS) -> np.ndarray:
    """As `bucket_lengths`, of int[longest + 1]: how many reviews have each length."""
    ends = np.cumsum(counts)
    places = np.ceil(np.arange(1, buckets + 1) / buckets * (ends[-1] - 1)).astype(int)
    return np.unique(-(-np.searchsorted(ends, places, side="right") // 8) * 8)


def dropout_of_words(token_ids: Sequence[np.ndarray], vocabulary_size: int, share: float, rare: float) -> np.ndarray:
    """The probability of each token id to be dropped while training.

    All words are dropped alike (Dai and Le 2015), and a word that occurs `n` times also with the probability
    `rare / (rare + n)` (Kiperwasser and Goldberg 2016): rare words are mostly names, which help to memorise training
    reviews and not to judge others.

    Args:
        token_ids: int32[time] of each training review.
        vocabulary_size: number of token ids.
        share: of any word, at least 0 and less than 1.
        rare: the number of occurrences at which half of the words that are left are dropped, too.

    Returns:
        float64[vocabulary_size]; 0 for padding and the unknown word.
    """
    counts = np.bincount(np.concatenate(token_ids), minlength=vocabulary_size)
    return dropout_by_counts(counts, share, rare)


def dropout_by_counts(counts: np.ndarray, share: float, rare: float) -> np.ndarray:
    """As `dropout_of_words`, of int[vocabulary_size]: how often each token id occurs."""
    dropped = 1 - (1 - share) * counts / np.maximum(counts + rare, 1)
    dropped[[PADDING_ID, UNKNOWN_ID]] = 0
    return dropped


class Batches:
    """Token ids and targets in batches of similar length. Item `i` is `(int32[batch, time], float32[batch, k])`.

    Args:
        token_ids: int32[time] of each review.
        targets: float32[n, k], or [n] where k is 1, what a loss compares each review with.
        batch_size: of all batches but the last.
        seed: for training: each epoch mixes the reviews anew, in an order that depends on the seed and the epoch alone.
            None: by length, for scoring; `order` tells which review is in which row.
        crop: most tokens of a review. A longer one gives another stretch in every epoch; the first and the last stretch
            come more often, because the verdict is more often there.
        dropped: float64[vocabulary_size], the probability of each token id to become the unknown one, drawn anew in
            every epoch; None: no token does.
        buckets: rising lengths to pad to; None: those of `bucket_lengths` for these reviews.
    """

    def __init__(
        self,
        token_ids: Sequence[np.ndarray],
        targets: np.ndarray,
        batch_size: int,
        seed: int | None = None,
        crop: int | None = None,
        dropped: np.ndarray | None = None,
        buckets: np.ndarray | None = None,
    ) -> None:
        self._token_ids = token_ids
        self._targets = np.asarray(targets, np.float32).reshape(len(token_ids), -1)
        self._batch_size = batch_size
        self._seed = seed
        self._dropped = dropped
        whole = np.array([len(ids) for ids in token_ids])
        self._lengths = whole if crop is None else np.minimum(whole, crop)
        self._surplus = whole - self._lengths
        self._buckets = bucket_lengths(self._lengths) if buckets is None else buckets
        self.tokens = int(self._lengths.sum())  # of an epoch, without padding
        self._epoch = -1
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Puts the reviews in the order of that epoch."""
        if epoch == self._epoch:
            return
        self._epoch = epoch
        ends = range(self._batch_size, len(self._lengths), self._batch_size)
        if self._seed is None:
            rows = np.split(np.argsort(self._lengths, kind="stable"), ends)
            self._starts = np.zeros_like(self._lengths)
        else:
            random = np.random.default_rng((self._seed, epoch))
            # Sorting by length with some noise keeps batches narrow and still mixes which reviews meet.
            noise = random.uniform(0.9, 1.1, len(self._lengths)), random.uniform(0, 1, len(self._lengths))
            groups = np.split(np.argsort(self._lengths * noise[0] + noise[1]), ends)
            rows = [groups[i] for i in random.permutation(len(groups))]
            margin = self._lengths // 4
            starts = random.integers(-margin, self._surplus + margin + 1)
            self._starts = np.clip(starts, 0, self._surplus)
        widths = [self._buckets[np.searchsorted(self._buckets, self._lengths[group].max())] for group in rows]
        # Keras infers from the first two batches which dimensions vary: it must see two widths, or it refuses a third.
        if len(rows) > 1 and widths[1] == widths[0]:
            other = next((i for i, width in enumerate(widths) if width != widths[0]), None)
            if other is None:
                widths[1] += 8
            else:
                rows[1], rows[other] = rows[other], rows[1]
                widths[1], widths[other] = widths[other], widths[1]
        self._rows, self._widths = rows, widths
        self.order = np.concatenate(rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows, starts = self._rows[index], self._starts
        stretches = [self._token_ids[row][starts[row] : starts[row] + self._lengths[row]] for row in rows]
        token_ids = pad(stretches, int(self._widths[index]))
        if self._dropped is not None:
            chance = np.random.default_rng((self._seed or 0, self._epoch, index)).random(token_ids.shape)
            token_ids[chance < self._dropped[token_ids]] = UNKNOWN_ID
        return token_ids, self._targets[rows]
