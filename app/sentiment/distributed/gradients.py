"""The mean of the gradients of all workers, inside a training step."""

from collections.abc import Sequence
from typing import Any

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

    dense = [tf.convert_to_tensor(gradient) for gradient in gradients]  # that of an embedding is a list of rows
    means: list[Any] = tf.nest.flatten(tf.numpy_function(workers.means, dense, [tf.float32] * len(dense)))
    for mean, gradient in zip(means, dense, strict=True):
        mean.set_shape(gradient.shape)
    return means


def _in_torch(gradients: Sequence[Any], workers: Workers) -> list[Any]:
    import torch

    means = workers.means(*(gradient.detach().cpu().numpy() for gradient in gradients))
    return [torch.from_numpy(mean).to(gradient.device) for mean, gradient in zip(means, gradients, strict=True)]
