"""Batches of reviews of similar length, padded on the right.

Reviews are grouped by length so that little of a batch is padding, and padded to one of at most eight
lengths so that a compiling back end compiles each shape once.
"""

from collections.abc import Sequence

import keras
import numpy as np

from sentiment.text.padding import pad
from sentiment.text.tokenizer import PADDING_ID, UNKNOWN_ID

BUCKETS = 8


def bucket_lengths(lengths: np.ndarray, buckets: int = BUCKETS) -> np.ndarray:
    """At most `buckets` lengths to pad to: quantiles of the reviews' lengths, rounded up to a multiple of 8.

    Args:
        lengths: int[n], tokens in each review, at least one review.
        buckets: how many lengths at most.

    Returns:
        int[buckets or fewer], rising; the last is at least the longest review.
    """
    quantiles = np.quantile(lengths, np.arange(1, buckets + 1) / buckets, method="higher")
    return np.unique(-(-quantiles.astype(int) // 8) * 8)


def dropout_of_words(token_ids: Sequence[np.ndarray], vocabulary_size: int, share: float, rare: float) -> np.ndarray:
    """How likely each word is not to be read while training, so that others are learned, too.

    All words are dropped alike (Dai and Le 2015), and a word that comes up `n` times also with the probability
    `rare / (rare + n)` (Kiperwasser and Goldberg 2016): rare words are mostly names, by which a net learns the reviews
    it has seen and nothing about others.

    Args:
        token_ids: of the training split, int32[time] each.
        vocabulary_size: number of token ids.
        share: of any word, at least 0 and less than 1.
        rare: how often a word comes up that is dropped every other time, beside that.

    Returns:
        float64[vocabulary_size]. Padding and the unknown word stay what they are.
    """
    counts = np.bincount(np.concatenate(token_ids), minlength=vocabulary_size)
    dropped = 1 - (1 - share) * counts / np.maximum(counts + rare, 1)
    dropped[[PADDING_ID, UNKNOWN_ID]] = 0
    return dropped


class Batches:
    """Token ids and labels, in batches of similar length.

    For training, give a seed: every epoch mixes the reviews anew, in an order that depends on the seed and
    the epoch alone. Without a seed the order is by length, for scoring; `order` says which review is which row.

    With a crop, a review that is longer gives another stretch of that many tokens in every epoch. Its first and
    last stretch come up more often than others, because there the verdict is more often found. With `dropped`, the
    probability of each token id to become the unknown one, other tokens of it are replaced in every epoch.

    Item `i` is `(int32[batch, time], float32[batch, 1])`.
    """

    def __init__(
        self,
        token_ids: Sequence[np.ndarray],
        labels: np.ndarray,
        batch_size: int,
        seed: int | None = None,
        crop: int | None = None,
        dropped: np.ndarray | None = None,
    ) -> None:
        self._token_ids = token_ids
        self._labels = np.asarray(labels, np.float32).reshape(-1, 1)
        self._batch_size = batch_size
        self._seed = seed
        self._dropped = dropped
        whole = np.array([len(ids) for ids in token_ids])
        self._lengths = whole if crop is None else np.minimum(whole, crop)
        self._surplus = whole - self._lengths
        self._buckets = bucket_lengths(self._lengths)
        self.tokens = int(self._lengths.sum())  # real tokens of an epoch, without padding
        self._epoch = -1
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Puts the reviews in the order of that epoch."""
        if epoch == self._epoch:
            return
        self._epoch = epoch
        count = range(self._batch_size, len(self._lengths), self._batch_size)
        if self._seed is None:
            rows = np.split(np.argsort(self._lengths, kind="stable"), count)
            self._starts = np.zeros_like(self._lengths)
        else:
            random = np.random.default_rng((self._seed, epoch))
            # Sorting by length with some noise keeps batches narrow and still mixes which reviews meet.
            noise = random.uniform(0.9, 1.1, len(self._lengths)), random.uniform(0, 1, len(self._lengths))
            groups = np.split(np.argsort(self._lengths * noise[0] + noise[1]), count)
            rows = [groups[i] for i in random.permutation(len(groups))]
            margin = self._lengths // 4
            starts = random.integers(-margin, self._surplus + margin + 1)
            self._starts = np.clip(starts, 0, self._surplus)
        widths = [self._buckets[np.searchsorted(self._buckets, self._lengths[group].max())] for group in rows]
        # Keras takes the first two batches for what can vary: it must see two widths, or it refuses a third.
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
        return token_ids, self._labels[rows]


class Epochs(keras.utils.PyDataset):
    """Epoch after epoch of batches for `fit`, without an end; `fit` needs to be told the steps per epoch.

    With a dataset that ends, Keras makes TensorFlow a new iterator for every epoch, and taking the old one down waits
    for a thread that may be asleep: in every other epoch the training stood still for about a fifth of an epoch.

    Args:
        batches: whose epochs they are; they are put in order here.
        first_step: how many batches were taken before.
    """

    def __init__(self, batches: Batches, first_step: int = 0) -> None:
        super().__init__()
        self._batches = batches
        self._first_step = first_step

    @property
    def num_batches(self) -> None:
        """Keras' word for no end."""
        return None

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        token_ids, labels = self._at(index)
        # As in `Batches`: the first two must differ in width, also where a training goes on in the middle of an epoch.
        if index == 1 and token_ids.shape[1] == self._at(0)[0].shape[1]:
            token_ids = np.pad(token_ids, ((0, 0), (0, 8)), constant_values=PADDING_ID)
        return token_ids, labels

    def _at(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        epoch, step = divmod(self._first_step + index, len(self._batches))
        self._batches.start_epoch(epoch)
        return self._batches[step]
