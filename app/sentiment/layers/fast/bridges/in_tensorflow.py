"""The kernel as one operation of a TensorFlow graph, with a gradient of its own."""

from functools import cache, partial
from typing import Any

import numpy as np
from keras import KerasTensor

from sentiment.layers.fast.internals import forward_mode_of_a_function
from sentiment.layers.fast.kernel.passes import Activations, Result, backward, forward
from sentiment.layers.fast.kernel.products.matrices import Backend
from sentiment.layers.fast.loop import second_derivative
from sentiment.layers.fast.options import Options
from sentiment.layers.reference import Weights

# The name of the operation. TensorFlow shows it in its message where it cannot convert or compile the operation.
NAME = "lstm_fast_path_avoided_by_sentiment.layers.portable"

ADVICE = (
    "This function was traced with the fast path of sentiment.layers.LSTM, which calls Python and so works in this "
    "process alone. Make the tf.function anew and trace it within sentiment.layers.portable(), then save it."
)


def run(
    backend: Backend,
    sequences: KerasTensor,
    mask: KerasTensor | None,
    initial_state: list[KerasTensor],
    weights: Weights,
    options: Options,
    training: bool,
) -> Result:
    """All steps; arguments as of `sentiment.layers.fast.path.run`."""
    import tensorflow as tf

    units = initial_state[0].shape[-1]
    if mask is None:
        mask = tf.ones(tf.shape(sequences)[:2], "bool")
    time = 1 if options.last_only else sequences.shape[1]
    shapes = ((sequences.shape[0], time, units), (sequences.shape[0], units), (sequences.shape[0], units))
    stored_types = [backend.dtype, np.float32, np.float32] if training else []
    call = partial(tf.numpy_function, stateful=False, name=NAME)

    def compute(x: Any, real: Any, h: Any, c: Any, *weights: Any) -> list[Any]:
        result, stored = forward(backend, x, _all_rows(real, x), h, c, Weights(*weights), options, training)
        return [*result, *(stored or ())]

    def compute_gradients(x: Any, real: Any, h: Any, c: Any, *rest: Any) -> list[Any]:
        real, layer_weights, by_result, kept = _all_rows(real, x), Weights(*rest[:3]), Result(*rest[3:6]), rest[6:]
        stored = Activations(*kept) if kept else forward(backend, x, real, h, c, layer_weights, options, True)[1]
        assert stored is not None
        return [*backward(backend, real, stored, by_result, layer_weights, options)]

    @tf.custom_gradient
    def gradient(*arguments: Any) -> Any:
        gradients = call(compute_gradients, arguments, [tf.float32] * 6)
        for value, argument in zip(gradients, (arguments[0], *arguments[2:7]), strict=True):
            value.set_shape(argument.shape)

        def second(*by_gradients: Any) -> list[Any]:
            if forward_mode_of_a_function():
                raise NotImplementedError(
                    "expected forward mode outside of a tf.function, or a function without the fast path of "
                    "sentiment.layers.LSTM: make it anew and call it within sentiment.layers.portable()"
                )
            x, real, h, c, *rest = arguments
            by_x, *others = second_derivative(options)(x, real, h, c, *rest[:6], *by_gradients)
            return [by_x, None, *others, *[None] * len(rest[6:])]

        return gradients, second

    @tf.custom_gradient
    def operation(x: Any, h: Any, c: Any, *weights: Any) -> Any:
        arguments = (x, mask, h, c, *weights)
        if tf.compat.v1.get_default_graph().building_function:
            tf.raw_ops.VarIsInitializedOp(resource=_unsavable(tf).resource_handle)  # its only use is to be captured
        values = call(compute, arguments, [*[tf.float32] * 3, *stored_types])
        result, stored = values[:3], values[3:]
        for value, shape in zip(result, shapes, strict=True):
            value.set_shape(shape)
        return result, lambda *by_result: gradient(*arguments, *by_result, *stored)

    return Result(*operation(sequences, *initial_state, *weights))


def _all_rows(mask: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """The mask as bool[batch, time], also where one row stands for all."""
    return np.broadcast_to(mask, (len(inputs), *mask.shape[1:])) if len(mask) == 1 else mask


@cache
def _unsavable(tf: Any) -> Any:
    """A resource that belongs to no model, so that TensorFlow saves no function that captures it.

    TensorFlow's error message shows its `repr`, which is the advice.
    """

    class Unsavable(tf.saved_model.experimental.TrackableResource):
        def __init__(self) -> None:
            super().__init__(device="CPU")

        def _create_resource(self) -> Any:
            return tf.raw_ops.VarHandleOp(dtype=tf.bool, shape=[], shared_name="fast path of the LSTM")

        def __repr__(self) -> str:
            return ADVICE

    with tf.init_scope():
        resource = Unsavable()
        resource.resource_handle  # noqa: B018  creates it, outside of any graph
    return resource
