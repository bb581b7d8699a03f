"""The one thing that Keras leaves to its back ends: the gradient of a function."""

from collections.abc import Callable, Sequence
from typing import Any

import keras


def value_and_gradients(
    function: Callable[[Sequence[Any]], tuple[Any, Any]], arguments: Sequence[Any]
) -> tuple[Any, Any, list[Any]]:
    """What a function gives, and how it changes with each of its arguments.

    Args:
        function: from the list of arguments to a scalar, float32[], and anything else.
        arguments: tensors of the back end, or what its variables hold.

    Returns:
        The scalar, anything else, and a gradient of the shape and dtype of each argument.
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
    # Of an embedding it is a list of rows, which nothing can be added to.
    return value, rest, [tf.convert_to_tensor(gradient) for gradient in tape.gradient(value, arguments)]
