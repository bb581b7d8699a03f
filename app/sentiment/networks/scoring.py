"""The probabilities of a Keras model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sentiment.config import POLARITY, Classes
from sentiment.metrics.class_probabilities import probabilities_of
from sentiment.text.batches import Batches

if TYPE_CHECKING:
    import keras

BATCH = 256  # reviews


def probabilities(model: "keras.Model", token_ids: Sequence[np.ndarray], classes: Classes = POLARITY) -> np.ndarray:
    """float64[n], the probability of the second of two classes for each review, or float64[n, classes].

    Args:
        model: from int32[batch, time] to logits float32[batch, outputs].
        token_ids: int32[time] for each review, at least one token each.
        classes: what it tells apart.
    """
    return probabilities_of(logits(model, token_ids, classes), classes)


def logits(model: "keras.Model", token_ids: Sequence[np.ndarray], classes: Classes = POLARITY) -> np.ndarray:
    """float64[n] or float64[n, outputs], the logits for each review; arguments as for `probabilities`."""
    scored = np.empty((len(token_ids), classes.outputs))
    if token_ids:
        batches = Batches(token_ids, np.zeros((len(token_ids), 1), np.float32), BATCH)
        # Not `model.predict`: it builds a pipeline of TensorFlow, and closing one can take seconds.
        computed = [model.predict_on_batch(batches[index][0]) for index in range(len(batches))]
        scored[batches.order] = np.concatenate(computed)
    return scored[:, 0] if classes.is_binary else scored
