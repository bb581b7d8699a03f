"""Batches for `fit` across epochs."""

import numpy as np

from sentiment.text.batches import Batches
from sentiment.training.epochs import Epochs


def test_batches_continue_from_epoch_to_epoch_in_the_order_of_each_epoch():
    random = np.random.default_rng(0)
    token_ids = [random.integers(1, 100, random.integers(1, 300)).astype(np.int32) for _ in range(20)]
    labels = random.integers(0, 2, 20)
    batches, other = (Batches(token_ids, labels, 8, seed=1) for _ in range(2))
    epochs = Epochs(batches, first_step=2 * len(batches))
    assert epochs.num_batches is None
    for index in (0, 2, 3, 7):
        other.start_epoch(2 + index // len(other))
        for ours, expected in zip(epochs[index], other[index % len(other)], strict=True):
            np.testing.assert_array_equal(ours, expected)
