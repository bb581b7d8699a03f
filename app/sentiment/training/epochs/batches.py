"""The batches of all epochs in a row."""

import keras
import numpy as np

from sentiment.text.batches import Batches
from sentiment.text.tokenizer import PADDING_ID


class Epochs(keras.utils.PyDataset):
    """Batches without an end; `fit` needs the number of steps.

    For a dataset that ends, Keras makes a new TensorFlow iterator in every epoch. Destroying the old one waits for a
    thread that may be asleep: every other epoch, training stood still for about a fifth of an epoch.

    Args:
        batches: put in the order of each epoch here.
        first_step: batches that were trained on before.
    """

    def __init__(self, batches: Batches, first_step: int = 0) -> None:
        super().__init__()
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

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        token_ids, labels = self._at(index)
        # As in `Batches`, the first two must differ in width, also where a training goes on inside an epoch. The batch
        # that is trained on stays as it is: more padding would change the dropout.
        if not self._begun and index == 1 and token_ids.shape[1] == self._at(0)[0].shape[1]:
            token_ids = np.pad(token_ids, ((0, 0), (0, 8)), constant_values=PADDING_ID)
        return token_ids, labels

    def _at(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        epoch, step = divmod(self._first_step + index, len(self._batches))
        self._batches.start_epoch(epoch)
        return self._batches[step]
