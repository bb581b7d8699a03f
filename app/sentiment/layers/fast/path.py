"""Where the fast path is available, and how TensorFlow calls it.

`sentiment.layers.fast.packed` computes forward and backward in NumPy; here it becomes one operation of a TensorFlow
graph with a gradient of its own. The results are those of Keras' loop within float32's rounding.

The operation calls back into Python, so it works in this process alone: it cannot be compiled by XLA or saved as part
of a graph. Three things keep it out of files:

- `portable()` switches it off.
- Graphs that Keras or TensorFlow trace in order to write a file do without it, see `sentiment.layers.fast.internals`.
- A function that was traced before may contain it. It captures a resource that TensorFlow refuses to save, with a
  message that quotes what to do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import keras
import numpy as np
from keras import KerasTensor

from sentiment.layers.fast.internals import compiled_by_xla, forward_mode_of_a_function, traced_for_a_file
from sentiment.layers.fast.loop import second_derivative
from sentiment.layers.fast.packed import Activations, Options, Result, backward, forward
from sentiment.layers.reference import Weights

_open_blocks: list[object] = []  # of `portable`, in all threads

# The name of the operation. TensorFlow shows it in its message where it cannot convert or compile the operation.
NAME = "lstm_fast_path_avoided_by_sentiment.layers.portable"

ADVICE = (
    "This function was traced with the fast path of sentiment.layers.LSTM, which calls Python and so works in this "
    "process alone. Make the tf.function anew and trace it within sentiment.layers.portable(), then save it."
)


@contextmanager
def portable() -> Iterator[None]:
    """Within this block layers are traced and run in Keras' own loop, with `keras.ops` alone.

    It holds for all threads of the process, also those of a pool, until the last such block ends. A `tf.function` keeps
    the path it was traced with, and so do the functions behind `fit`, `evaluate` and `predict`, until for example
    `model.make_predict_function(force=True)` makes them anew.

    Example:
        >>> with portable():
        ...     function = tf.function(model).get_concrete_function(signature)  # for another process
    """
    block = object()
    _open_blocks.append(block)
    try:
        yield
    finally:
        _open_blocks.remove(block)


def is_switched_off() -> bool:
    """Whether only Keras' loop may be used: within `portable`, or where XLA compiles a graph of TensorFlow."""
    if _open_blocks or keras.backend.backend() != "tensorflow":
        return bool(_open_blocks)
    import tensorflow as tf

    return compiled_by_xla(tf)


def is_available() -> bool:
    """Whether the fast path may be used: TensorFlow on a CPU, without XLA, not for a file, not within `portable`."""
    if is_switched_off() or keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not (tf.config.get_visible_devices("GPU") or traced_for_a_file())


def run(
    sequences: KerasTensor,
    mask: KerasTensor | None,
    initial_state: list[KerasTensor],
    weights: tuple[KerasTensor, KerasTensor, KerasTensor],
    options: Options,
    training: bool,
) -> Result:
    """All steps as one operation.

    Args:
        sequences: float32 or float64[batch, time, input]; states and weights have the same dtype.
        mask: bool[batch, time], or [1, time] for all rows alike; None: True everywhere.
        initial_state: hidden and cell, [batch, units] each.
        weights: kernel, recurrent kernel and bias.
        options: of the layer.
        training: whether to store what the backward pass needs; otherwise a gradient repeats the forward pass.
    """
    import tensorflow as tf

    dtype, units = sequences.dtype, initial_state[0].shape[-1]
    if mask is None:
        mask = tf.ones(tf.shape(sequences)[:2], "bool")
    time = 1 if options.last_only else sequences.shape[1]
    shapes = ((sequences.shape[0], time, units), (sequences.shape[0], units), (sequences.shape[0], units))

    def compute(x: Any, real: Any, h: Any, c: Any, *weights: Any) -> list[Any]:
        result, activations = forward(x, _all_rows(real, x), h, c, Weights(*weights), options)
        return [*result, *activations] if training else [*result]

    def compute_gradients(x: Any, real: Any, h: Any, c: Any, *rest: Any) -> list[Any]:
        real, layer_weights, by_result, stored = _all_rows(real, x), Weights(*rest[:3]), Result(*rest[3:6]), rest[6:]
        activations = Activations(*stored) if stored else forward(x, real, h, c, layer_weights, options)[1]
        return [*backward(real, activations, by_result, layer_weights, options)]

    @tf.custom_gradient
    def gradient(*arguments: Any) -> Any:
        gradients = tf.numpy_function(compute_gradients, arguments, [dtype] * 6, stateful=False, name=NAME)
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
        values = tf.numpy_function(compute, arguments, [dtype] * (6 if training else 3), stateful=False, name=NAME)
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
