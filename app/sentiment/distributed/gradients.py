"""The mean of the gradients of all workers, inside a training step."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sentiment.distributed.workers import Workers
from sentiment.errors import ConfigError


def mean_gradients(gradients: Sequence[Any], workers: Workers) -> list[Any]:
    """The mean over all workers, exchanged in one message.

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
    sizes = [int(np.prod(gradient.shape)) for gradient in dense]
    message = tf.concat([tf.reshape(gradient, [-1]) for gradient in dense], axis=0)
    mean = tf.numpy_function(workers.mean, [message], tf.float32)
    mean.set_shape([sum(sizes)])
    parts = tf.split(mean, sizes)
    return [tf.reshape(part, gradient.shape) for part, gradient in zip(parts, dense, strict=True)]


def _in_torch(gradients: Sequence[Any], workers: Workers) -> list[Any]:
    import torch

    message = torch.cat([gradient.detach().reshape(-1) for gradient in gradients]).cpu()
    mean = torch.from_numpy(workers.mean(message.numpy()))
    parts = mean.split([gradient.numel() for gradient in gradients])
    return [part.reshape(gradient.shape).to(gradient.device) for part, gradient in zip(parts, gradients, strict=True)]
