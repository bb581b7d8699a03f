"""The compiled loss as one operation of a TensorFlow graph, with a gradient of its own."""

from typing import Any

import numpy as np
import tensorflow as tf

from sentiment.layers.fast.kernel.products.matrices import Backend
from sentiment.networks.sampled.logits import Logits
from sentiment.networks.sampled.on_cpu import loss_and_gradients


def mean_loss(backend: Backend, inputs: Logits, following: Any, sample: Any) -> Any:
    """The mean loss; arguments as of `loss_and_gradients`."""

    def compute(following: np.ndarray, sample: np.ndarray, *arrays: np.ndarray) -> list[np.ndarray]:
        loss, gradients = loss_and_gradients(backend, Logits(*arrays), following, sample)
        return [loss, *gradients]

    @tf.custom_gradient
    def operation(*tensors: Any) -> Any:
        values = tf.numpy_function(
            compute, [following, sample, *tensors], [tf.float32] * (1 + len(tensors)), stateful=False
        )
        for value, shape in zip(values, ((), *(tensor.shape for tensor in tensors)), strict=True):
            value.set_shape(shape)
        loss, *gradients = values
        return loss, lambda by_loss: [by_loss * gradient for gradient in gradients]

    return operation(*map(tf.convert_to_tensor, inputs))
