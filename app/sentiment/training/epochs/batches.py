"""The batches of all epochs in a row."""

from collections.abc import Callable

import keras
import numpy as np

from sentiment.distributed import ALONE, Workers
from sentiment.shards import ShardBatches
from sentiment.text.batches import Batches
from sentiment.text.tokenizer import PADDING_ID


def rows(token_ids: np.ndarray) -> np.ndarray:
    """int[batch] of int32[batch, time]: a loss that is a mean over reviews counts each once."""
    return np.ones(len(token_ids), int)


def words_that_follow(token_ids: np.ndarray) -> np.ndarray:
    """int[batch] of int32[batch, time]: a language model's loss is a mean over all words but the first of a review."""
    return np.count_nonzero(token_ids[:, 1:] != PADDING_ID, axis=1)


class Epochs(keras.utils.PyDataset):
    """Batches without an end; `fit` needs the number of steps.

    For a dataset that ends, Keras makes a new TensorFlow iterator in every epoch. Destroying the old one waits for a
    thread that may be asleep: every other epoch, training stood still for about a fifth of an epoch.

    Args:
        batches: put in the order of each epoch here.
        first_step: batches that were trained on before.
        workers: that train together; each gets its part of a batch, see `sentiment.distributed.Workers.part`.
        counts: int[batch] of token ids: over how many terms of the loss each row is a mean.
    """

    def __init__(
        self,
        batches: Batches | ShardBatches,
        first_step: int = 0,
        workers: Workers = ALONE,
        counts: Callable[[np.ndarray], np.ndarray] = rows,
    ) -> None:
        super().__init__()
        self._together = workers
        self._counts = counts
        self._batches = batches
        self._first_step = first_step
        self._begun = False

    @property
    def num_batches(self) -> None:
        """None: Keras' value for no end."""
        return None

    def on_epoch_begin(self) -> None:
        """Called by Keras after it has looked at two batches for their shapes, and before it trains on any."""
        self._begun = True

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        token_ids, labels = self._at(index)
        # As in `Batches`, the first two must differ in width, also where a training goes on inside an epoch. The batch
        # that is trained on stays as it is: more padding would change the dropout.
        if not self._begun and index == 1 and token_ids.shape[1] == self._at(0)[0].shape[1]:
            token_ids = np.pad(token_ids, ((0, 0), (0, 8)), constant_values=PADDING_ID)
        return self._together.part(token_ids, labels, self._counts(token_ids))

    def _at(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        epoch, step = divmod(self._first_step + index, len(self._batches))
        self._batches.start_epoch(epoch)
        return self._batches[step]
