"""Where the fast path is available, and how a layer takes it.

`sentiment.layers.fast.kernel` computes forward and backward in compiled code; here it becomes part of a computation of
TensorFlow, JAX or torch, with a gradient of its own. The results are those of Keras' loop within rounding.

Under TensorFlow the operation calls back into Python, so it works in this process alone: it cannot be compiled by XLA
or saved as part of a graph. Three things keep it out of files:

- `portable()` switches it off.
- Graphs that Keras or TensorFlow trace in order to write a file do without it, see `sentiment.layers.fast.internals`.
- A function that was traced before may contain it. It captures a resource that TensorFlow refuses to save, with a
  message that quotes what to do.
"""

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras import KerasTensor

from sentiment.layers.fast.internals import compiled_by_xla, in_forward_mode_of_jax, traced_for_a_file
from sentiment.layers.fast.options import Options
from sentiment.layers.reference import Weights

_open_blocks: list[object] = []  # of `portable`, in all threads
_HAS_NUMBA = importlib.util.find_spec("numba") is not None


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
    """Whether the fast path may be used: with Numba, on a CPU, not within `portable`, not in a graph that XLA compiles
    or that is traced for a file.
    """
    if not _HAS_NUMBA or is_switched_off() or traced_for_a_file():
        return False
    name = keras.backend.backend()
    if name == "tensorflow":
        import tensorflow as tf

        return not tf.config.get_visible_devices("GPU")
    if name == "jax":
        import jax

        return jax.default_backend() == "cpu"
    return True


def backend_for(layer: Any, sequences: KerasTensor, states: list[KerasTensor]) -> Any:
    """The back end of products for a layer, a `Backend`; None: Keras' loop, because it is faster or the only way.

    Args:
        layer: a plain `sentiment.layers.LSTM`.
        sequences: [batch, time, input], or [None, ...].
        states: hidden and cell.
    """
    if layer.compute_dtype not in ("float32", "bfloat16") or not is_available():
        return None
    name = keras.backend.backend()
    if name == "torch" and not _may_run_in_torch(sequences):
        return None
    if name == "jax" and in_forward_mode_of_jax([sequences, *states, *(weight.value for weight in layer.weights)]):
        return None
    from sentiment.layers.fast.selection import choose, shape_of

    batch, _, features = sequences.shape
    return choose(shape_of(batch, features, layer.units, layer.compute_dtype)).backend


def _may_run_in_torch(sequences: Any) -> bool:
    """Whether sequences lie on a CPU, and torch is not tracing for an export, which knows its own operations only."""
    import torch

    return sequences.device.type == "cpu" and not (torch.compiler.is_compiling() or torch.jit.is_tracing())


def run(
    backend: Any,
    sequences: KerasTensor,
    mask: KerasTensor | None,
    initial_state: list[KerasTensor],
    weights: Weights,
    options: Options,
    training: bool,
) -> Any:
    """All steps as one operation with a gradient.

    Args:
        backend: from `backend_for`.
        sequences: float32[batch, time, input]; states and weights have the same dtype.
        mask: bool[batch, time], or [1, time] for all rows alike; None: True everywhere.
        initial_state: hidden and cell, [batch, units] each.
        weights: kernel, recurrent kernel and bias.
        options: of the layer.
        training: on TensorFlow, whether to store what the backward pass needs; otherwise a gradient repeats the forward
            pass.

    Returns:
        A `sentiment.layers.fast.kernel.passes.Result`.
    """
    library = importlib.import_module(f"sentiment.layers.fast.bridges.in_{keras.backend.backend()}")
    return library.run(backend, sequences, mask, initial_state, weights, options, training)
