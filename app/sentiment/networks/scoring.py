"""The probabilities of a Keras model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from sentiment.text.batches import Batches

if TYPE_CHECKING:
    import keras

BATCH = 256  # reviews


def probabilities(model: "keras.Model", token_ids: Sequence[np.ndarray]) -> np.ndarray:
    """The probability of "positive" for each review, float64[n].

    Args:
        model: from int32[batch, time] to the logit float32[batch, 1].
        token_ids: int32[time] for each review, at least one token each.
    """
    if not token_ids:
        return np.empty(0)
    batches = Batches(token_ids, np.zeros(len(token_ids)), BATCH)
    scored = np.empty(len(token_ids))
    # Not `model.predict`: it builds a pipeline of TensorFlow, and closing one can take seconds.
    logits = [model.predict_on_batch(batches[index][0])[:, 0] for index in range(len(batches))]
    scored[batches.order] = expit(np.concatenate(logits).astype(np.float64))
    return scored
