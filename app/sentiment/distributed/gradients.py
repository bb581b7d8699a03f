"""The mean of the gradients of all workers, inside a training step."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sentiment.distributed.workers import Workers
from sentiment.errors import ConfigError


def mean_gradients(gradients: Sequence[Any], workers: Workers) -> list[Any]:
    """The mean over all workers.

    Args:
        gradients: float32 tensors of the back end, the same variables in the same order in each worker.
        workers: of this training.

    Raises:
        ConfigError: Keras has a back end for which this is not written.
    """
    import keras  # here, because the command line asks this package whether it is one of several workers

    back_end = keras.backend.backend()
    if back_end == "tensorflow":
        return _in_tensorflow(gradients, workers)
    if back_end == "torch":
        return _in_torch(gradients, workers)
    raise ConfigError(
        f"expected Keras' back end tensorflow or torch with several workers; found {back_end}; set KERAS_BACKEND"
    )


def _in_tensorflow(gradients: Sequence[Any], workers: Workers) -> list[Any]:
    import tensorflow as tf

    # The gradient of an embedding is a list of rows: those of the words of a batch. Only these are sent.
    places = [place for place, gradient in enumerate(gradients) if isinstance(gradient, tf.IndexedSlices)]
    dense = [tf.convert_to_tensor(gradient) for gradient in gradients]

    def exchange(*arrays: np.ndarray) -> list[np.ndarray]:
        wholes, named = arrays[: len(dense)], arrays[len(dense) :]
        rows = {
            place: workers.rows_of_any(names, len(wholes[place])) for place, names in zip(places, named, strict=True)
        }
        sent = [whole[rows[place]] if place in rows else whole for place, whole in enumerate(wholes)]
        results = workers.means(*sent)
        for place, there in rows.items():
            part, results[place] = results[place], np.zeros_like(wholes[place])
            results[place][there] = part
        return results

    indices = [gradients[place].indices for place in places]
    means: list[Any] = tf.nest.flatten(tf.numpy_function(exchange, [*dense, *indices], [tf.float32] * len(dense)))
    for mean, gradient in zip(means, dense, strict=True):
        mean.set_shape(gradient.shape)
    return means


def _in_torch(gradients: Sequence[Any], workers: Workers) -> list[Any]:
    import torch

    means = workers.means(*(gradient.detach().cpu().numpy() for gradient in gradients))
    return [torch.from_numpy(mean).to(gradient.device) for mean, gradient in zip(means, gradients, strict=True)]
