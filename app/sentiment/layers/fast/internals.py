"""What the fast path must know about a graph of TensorFlow that no public interface tells.

Read in TensorFlow 2.21 and Keras 3.15.1. `tests/layers/test_internals.py` fails when one of these names is gone.
"""

import sys
from typing import Any

# Modules that trace graphs in order to write them to files, or convert them.
WRITERS = ("keras.src.export.", "tensorflow.python.saved_model.", "tensorflow.lite.", "tf2onnx.")


def compiled_by_xla(tf: Any) -> bool:
    """Whether the graph that is being traced will be compiled by XLA, where calls into Python do not work."""
    graph = None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()
    while graph is not None:
        context = graph._get_control_flow_context()
        if context is not None and context.IsXLAContext():
            return True
        graph = getattr(graph, "outer_graph", None)  # only graphs of functions have one
    return False


def traced_for_a_file(tf: Any) -> bool:
    """Whether a graph is being traced by a module that will write it to a file.

    `keras.export.ExportArchive` traces with a plain `tf.function`, so only the call stack shows it. It is searched once
    for each graph that is traced, and never when a graph runs.
    """
    frame = None if tf.executing_eagerly() else sys._getframe()
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(WRITERS):
            return True
        frame = frame.f_back
    return False
