"""The gradient of a function, which Keras leaves to its back ends."""

from collections.abc import Callable, Sequence
from typing import Any

import keras


def value_and_gradients(
    function: Callable[[Sequence[Any]], tuple[Any, Any]], arguments: Sequence[Any]
) -> tuple[Any, Any, list[Any]]:
    """The value of a function, and its gradient with respect to each argument.

    Args:
        function: from the list of arguments to a scalar, float32[], and anything else.
        arguments: tensors of the back end.

    Returns:
        The scalar, anything else, and one gradient per argument, of its shape and dtype.
    """
    back_end = keras.backend.backend()
    if back_end == "jax":
        import jax

        (value, rest), gradients = jax.value_and_grad(function, has_aux=True)(list(arguments))
        return value, rest, gradients
    if back_end == "torch":
        import torch

        leaves = [argument.detach().requires_grad_() for argument in arguments]
        with torch.enable_grad():
            value, rest = function(leaves)
        return value.detach(), rest, list(torch.autograd.grad(value, leaves))
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(arguments)
        value, rest = function(arguments)
    # The gradient of an embedding is a sparse list of rows; `convert_to_tensor` makes it dense.
    return value, rest, [tf.convert_to_tensor(gradient) for gradient in tape.gradient(value, arguments)]
