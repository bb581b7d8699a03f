"""The way around Keras' loop over time: where it may be taken, and how TensorFlow calls it.

`sentiment.layers.fast.packed` does the work, forwards and backwards, in NumPy; here it becomes one operation of a
TensorFlow graph with a gradient of its own. It gives what the portable path gives, within float32's rounding. Products
are in float32 whatever the policy: under `mixed_bfloat16` inputs and weights are rounded first, as they are there, and
the CPU's float32 units do the rest.

The operation calls back into Python, so it lives in this process alone. It cannot be compiled by XLA or saved as part
of a graph. Three things keep it out of files:

- `portable()` says so.
- A graph that Keras or TensorFlow traces in order to write a file takes Keras' own loop without being told. Nothing in
  their public interface tells such a graph: `ExportArchive` traces endpoints with a plain `tf.function`. So the call
  stack is searched for the modules that write files, once for each graph that is traced, and never when it runs.
- A function that somebody traced before has the fast path in it already. It captures a resource that TensorFlow refuses
  to save, and TensorFlow's message then quotes what to do. The same happens should those modules ever move.
"""

import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import keras
from keras import KerasTensor

from sentiment.layers.fast.packed import Reading, Result, Steps, Weights, backward, for_each_row, forward

_allowed = ContextVar("fast path of the LSTM", default=True)

# Parts of Keras and TensorFlow that trace graphs in order to write them to files, and what else converts graphs.
_WRITERS = ("keras.src.export.", "tensorflow.python.saved_model.", "tensorflow.lite.", "tf2onnx.")

# The name of the operation in graphs. Where TensorFlow cannot convert or compile it, its error message shows this name.
NAME = "lstm_fast_path_avoided_by_sentiment.layers.portable"

ADVICE = (
    "This function was traced with the fast path of sentiment.layers.LSTM, which calls Python and so works in this "
    "process alone. Make the tf.function anew and trace it within sentiment.layers.portable(), then save it."
)


@contextmanager
def portable() -> Iterator[None]:
    """Within this block layers are traced and run with Keras' own loop, in `keras.ops` alone.

    It holds for this thread only. A `tf.function` keeps the way that it was traced with, and so do those behind `fit`,
    `evaluate` and `predict`, until `model.make_predict_function(force=True)` and its like make them anew.

    Example:
        >>> with portable():
        ...     function = tf.function(model).get_concrete_function(signature)  # for another process
    """
    token = _allowed.set(False)
    try:
        yield
    finally:
        _allowed.reset(token)


def is_open() -> bool:
    """Whether the fast path may be taken: TensorFlow on a CPU, not under XLA, not for a file, not within `portable`."""
    if not _allowed.get() or keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return not (_compiled_by_xla(tf) or tf.config.get_visible_devices("GPU") or _traced_for_a_file(tf))


def walk(
    sequences: KerasTensor,
    mask: KerasTensor | None,
    initial_state: list[KerasTensor],
    weights: tuple[KerasTensor, KerasTensor, KerasTensor],
    reading: Reading,
    training: bool,
) -> Result:
    """All steps, as one operation.

    Args:
        sequences: float32 or float64[batch, time, input].
        mask: bool[batch, time]; None: True everywhere.
        initial_state: hidden and cell, [batch, units] each, in the dtype of `sequences`.
        weights: kernel, recurrent kernel and bias, in the dtype of `sequences`.
        reading: how rows are read, and what is shown.
        training: whether to keep what the way back needs; without it a gradient walks forward once more.

    Returns:
        Outputs and final states.
    """
    import tensorflow as tf

    dtype, units = sequences.dtype, initial_state[0].shape[-1]
    if mask is None:
        mask = tf.ones(tf.shape(sequences)[:2], "bool")
    time = 1 if reading.last_only else sequences.shape[1]
    shapes = ((sequences.shape[0], time, units), (sequences.shape[0], units), (sequences.shape[0], units))

    def ahead(x: Any, read: Any, h: Any, c: Any, *of_layer: Any) -> list[Any]:
        read = for_each_row(read, x)
        result, steps = forward(x, read, h, c, Weights(*of_layer), reading)
        return [*result, *steps] if training else [*result]

    def back(x: Any, read: Any, h: Any, c: Any, *rest: Any) -> list[Any]:
        read, of_layer, by_result, kept = for_each_row(read, x), Weights(*rest[:3]), Result(*rest[3:6]), rest[6:]
        steps = Steps(*kept) if kept else forward(x, read, h, c, of_layer, reading)[1]
        return [*backward(read, steps, by_result, of_layer, reading)]

    @tf.custom_gradient
    def gradient(*arguments: Any) -> Any:
        found = tf.numpy_function(back, arguments, [dtype] * 6, stateful=False, name=NAME)
        like = (arguments[0], *arguments[2:7])
        for value, of in zip(found, like, strict=True):
            value.set_shape(of.shape)

        def none(*_: Any) -> None:
            raise NotImplementedError(
                "expected a first derivative; the LSTM's fast path has no second: call the model within "
                "sentiment.layers.portable()"
            )

        return found, none

    @tf.custom_gradient
    def run(x: Any, h: Any, c: Any, *of_layer: Any) -> Any:
        arguments = (x, mask, h, c, *of_layer)
        _keep_from_files(tf)
        values = tf.numpy_function(ahead, arguments, [dtype] * (6 if training else 3), stateful=False, name=NAME)
        result, kept = values[:3], values[3:]
        for value, shape in zip(result, shapes, strict=True):
            value.set_shape(shape)
        return result, lambda *by_result: gradient(*arguments, *by_result, *kept)

    return Result(*run(sequences, *initial_state, *weights))


def _traced_for_a_file(tf: Any) -> bool:
    frame = None if tf.executing_eagerly() else sys._getframe()
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(_WRITERS):
            return True
        frame = frame.f_back
    return False


def _keep_from_files(tf: Any) -> None:
    """Makes TensorFlow refuse to save the graph that is being traced."""
    if not tf.executing_eagerly() and hasattr(tf.compat.v1.get_default_graph(), "capture"):
        tf.raw_ops.VarIsInitializedOp(resource=_refusal(tf).resource)  # only so that the resource is captured


@cache
def _refusal(tf: Any) -> Any:
    """Something with a resource that belongs to no model. TensorFlow's error message shows it as its advice."""

    class Refusal(tf.Module):
        def __repr__(self) -> str:
            return ADVICE

    refusal = Refusal()
    with tf.init_scope(), tf.device("CPU"):
        refusal.resource = tf.raw_ops.VarHandleOp(dtype=tf.bool, shape=[], shared_name="fast path of the LSTM")
    refusal.resource._parent_trackable = weakref.ref(refusal)  # or the message lists everything that refers to it
    return refusal


def _compiled_by_xla(tf: Any) -> bool:
    graph = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
    while graph is not None:
        context = graph._get_control_flow_context()
        if context is not None and context.IsXLAContext():
            return True
        graph = getattr(graph, "outer_graph", None)
    return False
