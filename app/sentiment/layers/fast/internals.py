"""What no public interface tells: how graphs of TensorFlow are traced, and the fused kernels that Keras knows.

Read in TensorFlow 2.21 and Keras 3.15.1. `tests/layers/test_internals.py` fails when one of these names is gone.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any

import keras
from keras.src import backend as keras_back_end

# Modules that trace graphs in order to write them to files, or convert them.
WRITERS = ("keras.src.export.", "tensorflow.python.saved_model.", "tensorflow.lite.", "tf2onnx.")

# The class of the values that JAX traces in forward mode.
FORWARD_TRACER = "JVPTracer"

# The method of TensorFlow's ConcreteFunction that builds the forward mode.
FORWARD_MODE = "_wrap_forward_function_with_jvps"


def compiled_by_xla(tf: Any) -> bool:
    """Whether the graph that is being traced will be compiled by XLA, where calls into Python do not work."""
    graph = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
    while graph is not None:
        context = graph._get_control_flow_context()
        if context is not None and context.IsXLAContext():
            return True
        graph = getattr(graph, "outer_graph", None)  # only graphs of functions have one
    return False


def traced_for_a_file() -> bool:
    """Whether a graph is being traced by a module that will write it to a file.

    `keras.export.ExportArchive` traces with a plain `tf.function`, so only the call stack shows it. On TensorFlow it is
    searched once for each graph that is traced, and never when a graph runs.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if tf.executing_eagerly():
            return False
    return any(frame.f_globals.get("__name__", "").startswith(WRITERS) for frame in _callers())


def forward_mode_of_a_function() -> bool:
    """Whether TensorFlow is building the forward mode of a `tf.function`, where nested custom gradients fail."""
    return any(frame.f_code.co_name == FORWARD_MODE for frame in _callers())


def in_forward_mode_of_jax(values: Iterable[Any]) -> bool:
    """Whether JAX is computing a derivative of one of the values in forward mode, which it refuses to do of a function
    with its own reverse mode. Within `jax.jit` it cannot be seen.
    """
    return any(type(value).__name__ == FORWARD_TRACER for value in values)


def back_end_lstm() -> Callable[..., Any]:
    """The LSTM of the back end that `keras.layers.LSTM` tries first. Raises NotImplementedError where there is none."""
    return keras_back_end.lstm


def _callers() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back
