"""Which path an LSTM takes on this machine: measured once for each shape, then remembered.

A training step of the layer is timed with every back end of products that this processor has, and in Keras' own loop,
on a few steps of random numbers. The fastest is taken. The figures lie in the user's cache folder; `sentiment doctor`
shows them. A back end that does not compute what the reference computes is never taken.
"""

import contextlib
import json
import math
import os
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numba
import numpy as np

from sentiment.errors import ConfigError
from sentiment.layers.fast.kernel.compiling import code_folder
from sentiment.layers.fast.kernel.passes import Result, backward, forward
from sentiment.layers.fast.kernel.processor import has_bfloat16_vectors, has_tiles
from sentiment.layers.fast.kernel.products.matrices import Backend
from sentiment.layers.fast.options import Options
from sentiment.layers.reference import Weights, sequence
from sentiment.support.environment import cores, cpu_kind, machine

VARIABLE = "SENTIMENT_LSTM"
AUTOMATIC, KERAS, FAST = "auto", "keras", "fast"
STEPS, ROUNDS = 24, 5  # time steps and repetitions of a measurement
ROWS, USUAL_ROWS = (16, 64, 256), 64  # that are measured: few, because a first call waits for a measurement
# The largest error of an output, by the type that is multiplied.
TOLERANCE: dict[type[np.generic], float] = {np.float32: 1e-4, np.uint16: 0.1}


class Shape(NamedTuple):
    """What a choice is made for."""

    rows: int  # of a batch, rounded up to one of `ROWS`
    features: int
    units: int
    dtype: str  # that is multiplied under the layer's policy: float32, or bfloat16


class Choice(NamedTuple):
    """The path of a shape, and what it was chosen by."""

    backend: Backend | None  # None: Keras' loop
    seconds: dict[str, float]  # of a training step by path, "keras" among them; empty if nothing was measured


def shape_of(rows: int | None, features: int, units: int, dtype: str) -> Shape:
    """The shape of a batch; of one whose size is not known yet, that of a usual one."""
    measured = next((size for size in ROWS if size >= (rows or USUAL_ROWS)), ROWS[-1])
    return Shape(measured, features, units, dtype)


def backends(dtype: str) -> list[Backend]:
    """The back ends of this processor for a policy, the one that is usually fastest first.

    Without instructions for bfloat16 nothing is narrowed: products in bfloat16 are then computed in float32.
    """
    if dtype == "bfloat16" and has_tiles():
        return [Backend.BFLOAT16_TILES, Backend.BFLOAT16_VECTORS]
    if dtype == "bfloat16" and has_bfloat16_vectors():
        return [Backend.BFLOAT16_VECTORS]
    return [Backend.VECTORS, Backend.BLAS]


def choose(shape: Shape) -> Choice:
    """The path for a shape: as the environment variable `SENTIMENT_LSTM` says, or by measurement.

    The variable is `auto`, `keras`, `fast` (the usually fastest back end, without a measurement) or the name of a back
    end.

    Raises:
        ConfigError: the variable has another value, or names a back end that this processor or the policy lacks.
    """
    wanted = wanted_path(shape.dtype)
    if wanted == AUTOMATIC:
        return _measured(shape)
    if wanted == KERAS:
        return Choice(None, {})
    return Choice(backends(shape.dtype)[0] if wanted == FAST else Backend[wanted.upper()], {})


def wanted_path(dtype: str) -> str:
    """The value of the environment variable `SENTIMENT_LSTM` in lower case; `auto` where it is not set.

    Args:
        dtype: that is multiplied, float32 or bfloat16.

    Raises:
        ConfigError: as `choose`.
    """
    wanted = os.environ.get(VARIABLE, AUTOMATIC).lower() or AUTOMATIC
    names = AUTOMATIC, KERAS, FAST, *(backend.name.lower() for backend in backends(dtype))
    if wanted not in names:
        raise ConfigError(
            f"expected {VARIABLE} to be one of {', '.join(names)} for products in {dtype} on this processor; "
            f"found {wanted!r}"
        )
    return wanted


def remembered() -> dict[Shape, Choice]:
    """The choices that were measured on this machine with these versions."""
    folder = _folder()
    choices = (_read(path) for path in sorted(folder.glob("*.json"))) if folder else ()
    return dict(choice for choice in choices if choice is not None)


@cache
def _measured(shape: Shape) -> Choice:
    folder = _folder()
    if folder is None:  # each process would measure anew, and could choose another path, with other roundings
        return Choice(backends(shape.dtype)[0], {})
    known = _read(_path(folder, shape))
    if known is not None:
        return known[1]
    # In a thread of its own nothing of the graph that is being traced, or of Keras' scopes, is in the way.
    with ThreadPoolExecutor(1, thread_name_prefix="measures the LSTM") as thread:
        try:
            choice = thread.submit(measure, shape).result()
        except Exception as error:
            warnings.warn(
                f"the paths of sentiment.layers.LSTM could not be timed ({error}), so it takes Keras' own loop",
                RuntimeWarning,
                stacklevel=2,
            )
            return Choice(None, {})
    return _remember(shape, choice)


def measure_again(shape: Shape) -> Choice:
    """Measures a shape and remembers that in place of an earlier choice, which other programs may have disturbed.

    Layers of this process that have chosen stay with their choice.
    """
    return _remember(shape, measure(shape), replace=True)


def _remember(shape: Shape, choice: Choice, *, replace: bool = False) -> Choice:
    """Writes a choice down, and returns it; or that of another process that was first, so that all compute the same."""
    folder = _folder()
    if folder is None:
        return choice
    path = _path(folder, shape)
    backend = None if choice.backend is None else choice.backend.name
    content = {"shape": list(shape), "backend": backend, "seconds": choice.seconds}
    temporary = folder / f"{path.name}.{os.getpid()}"
    try:
        temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")
        if replace or _read(path) is None:
            path.unlink(missing_ok=True)
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)  # unlike a renaming, never in the place of another
    except OSError:  # a full disk: the choice holds for this process
        return choice
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    known = _read(path)
    return known[1] if known else choice


def _read(path: Path) -> tuple[Shape, Choice] | None:
    """A choice that was written down; None if there is none, or nothing that can be read: it is measured anew."""
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        backend = Backend[row["backend"]] if row["backend"] else None
        return Shape(*row["shape"]), Choice(backend, dict(row["seconds"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _folder() -> Path | None:
    """Of the choices for this machine with these versions; None if there is no folder to write to."""
    code = code_folder()
    if code is None:
        return None
    versions = [f"keras-{keras.__version__}", keras.backend.backend(), f"numba-{numba.__version__}", f"{cores()}-cores"]
    kind = "".join(letter if letter.isalnum() else "-" for letter in cpu_kind(machine()).lower())
    folder = code / f"{kind}-{'-'.join(versions)}"
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    return folder


def _path(folder: Path, shape: Shape) -> Path:
    return folder / f"{'x'.join(map(str, shape[:3]))}-{shape.dtype}.json"


def measure(shape: Shape) -> Choice:
    """Times a training step in every path."""
    random = np.random.default_rng(0)
    batch, features, units = shape.rows, shape.features, shape.units
    scale = 1 / np.sqrt(features + units)

    def numbers(*sizes: int) -> np.ndarray:
        return random.standard_normal(sizes, np.float32)

    inputs, by_outputs = numbers(batch, STEPS, features), numbers(batch, STEPS, units)
    zeros = np.zeros((batch, units), np.float32)
    mask = np.ones((batch, STEPS), bool)
    weights = Weights(numbers(features, 4 * units) * scale, numbers(units, 4 * units) * scale, numbers(4 * units))
    outputs: dict[Backend, np.ndarray] = {}

    def step(backend: Backend) -> Callable[[], None]:
        def run() -> None:
            result, stored = forward(backend, inputs, mask, zeros, zeros, weights, Options(), True)
            assert stored is not None
            outputs[backend] = result.outputs.copy()
            backward(backend, mask, stored, Result(by_outputs, zeros, zeros), weights, Options())

        return run

    paths = {backend.name: step(backend) for backend in backends(shape.dtype)}
    paths[KERAS] = _keras_step(shape, inputs, by_outputs)
    seconds = _alternate(paths)
    exact = _reference(inputs, weights)
    right = {
        backend.name: backend
        for backend, values in outputs.items()
        if np.abs(values - exact).max() <= TOLERANCE[backend.dtype]
    }
    best = min((name for name in seconds if name in right or name == KERAS), key=seconds.__getitem__)
    return Choice(right.get(best), seconds)


def _alternate(paths: dict[str, Callable[[], None]]) -> dict[str, float]:
    """The fewest seconds of each, in turns, after a first run that compiles: other programs only make a run slower."""
    for run in paths.values():
        run()
    seconds = dict.fromkeys(paths, math.inf)
    for _ in range(ROUNDS):
        for name, run in paths.items():
            start = time.perf_counter()
            run()
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    return seconds


def _reference(inputs: np.ndarray, weights: Weights) -> np.ndarray:
    return sequence(Weights(*(value.astype(np.float64) for value in weights)), inputs.astype(np.float64)).hidden


def _keras_step(shape: Shape, inputs: np.ndarray, by_outputs: np.ndarray) -> Callable[[], None]:
    """A training step of Keras' layer with these sizes."""
    policy = "mixed_bfloat16" if shape.dtype == "bfloat16" else "float32"
    # Weights without a seed would be drawn from the random numbers of the program that waits for the measurement.
    layer = keras.layers.LSTM(
        shape.units,
        kernel_initializer=keras.initializers.GlorotUniform(seed=0),
        recurrent_initializer=keras.initializers.GlorotUniform(seed=0),
        return_sequences=True,
        seed=0,
        dtype=policy,
    )
    layer.build(inputs.shape)
    return _TRAINING_STEPS[keras.backend.backend()](layer, inputs, by_outputs)


def _tensorflow_step(layer: Any, inputs: np.ndarray, by_outputs: np.ndarray) -> Callable[[], None]:
    import tensorflow as tf

    weights = [variable.value for variable in layer.trainable_variables]

    @tf.function
    def step(x: Any, upstream: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.cast(layer(x, training=True), tf.float32) * upstream)
        return tape.gradient(loss, [x, *weights])

    arguments = tf.constant(inputs), tf.constant(by_outputs)

    def run() -> None:
        for value in step(*arguments):
            value.numpy()

    return run


def _jax_step(layer: Any, inputs: np.ndarray, by_outputs: np.ndarray) -> Callable[[], None]:
    import jax

    weights = [variable.value for variable in layer.trainable_variables]
    others = [variable.value for variable in layer.non_trainable_variables]

    def loss(weights: Any, x: Any) -> Any:
        outputs, _ = layer.stateless_call(weights, others, x, training=True)
        return (outputs.astype("float32") * by_outputs).sum()

    step = jax.jit(jax.grad(loss, argnums=(0, 1)))
    return lambda: jax.block_until_ready(step(weights, inputs))


def _torch_step(layer: Any, inputs: np.ndarray, by_outputs: np.ndarray) -> Callable[[], None]:
    import torch

    x, upstream = torch.tensor(inputs, requires_grad=True), torch.tensor(by_outputs)

    def run() -> None:
        (layer(x, training=True).float() * upstream).sum().backward()

    return run


_TRAINING_STEPS: dict[str, Any] = {"tensorflow": _tensorflow_step, "jax": _jax_step, "torch": _torch_step}
