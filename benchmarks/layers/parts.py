"""Where the time of our training step goes: products, gates, and the rest, on one core."""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.layers.contenders import Shape
from sentiment.layers.fast import selection
from sentiment.layers.fast.kernel import passes, workers
from sentiment.layers.fast.kernel.compiling import compiled
from sentiment.layers.fast.kernel.passes import CHUNK, Result
from sentiment.layers.fast.kernel.products import matrices
from sentiment.layers.fast.kernel.products.matrices import Backend, accumulate, multiply, padded, start, stop
from sentiment.layers.fast.kernel.steps import step, step_gradients
from sentiment.layers.fast.options import Options
from sentiment.layers.reference import Weights

# Rows, words and columns of products in the cache: which of them shows the most operations per second depends on who
# multiplies.
PEAKS, PEAK_PRODUCTS = ((128, 256, 512), (512, 512, 512)), 10


def measure_parts(shape: Shape, rounds: int) -> list[dict[str, Any]]:
    """Seconds of a training step and of its parts on one core, for each back end of this processor.

    The least of all rounds: what else runs on the machine only adds to them, and more to one part than to another.

    Args:
        shape: of the batch and the layer, all tokens real.
        rounds: of everything, in turns.

    Returns:
        Rows with `shape`, `backend`, `seconds` of the whole `step`, of its `products` alone and of its `gates` alone,
        and `limit`: the seconds that the products would take at the most operations per second that this back end
        reaches with a product that fits into the cache.
    """
    backends = dict.fromkeys([*selection.backends("float32"), *selection.backends("bfloat16")])
    several, workers.cores = workers.cores, lambda: 1
    try:
        runs = {(backend, part): run for backend in backends for part, run in _runs(shape, backend).items()}
        for run in runs.values():
            _timed(run)
        seconds: dict[Any, list[float]] = {key: [] for key in runs}
        for _ in range(rounds):
            for key, run in runs.items():
                seconds[key].append(_timed(run))
    finally:
        workers.cores = several
    rows = []
    for backend in backends:
        least = {part: min(seconds[backend, part]) for part in ("step", "products", "gates")}
        flop_per_second = max(2 * math.prod(peak) * PEAK_PRODUCTS / min(seconds[backend, peak]) for peak in PEAKS)
        limit = shape.tokens * shape.training_flop / flop_per_second
        rows.append({"shape": shape.name, "backend": backend.name.lower(), "seconds": least, "limit": limit})
    return rows


def _timed(run: Callable[[], Any]) -> float:
    def timed(_: None) -> float:
        begin = time.thread_time()
        run()
        return time.thread_time() - begin

    return workers.run_parallel(timed, [None])[0]  # with one thread in each product


def _runs(shape: Shape, backend: Backend) -> dict[Any, Callable[[], Any]]:
    random = np.random.default_rng(5)
    batch, steps, units, high = shape.batch, shape.time, shape.units, padded(shape.units)
    wide = padded(shape.features)

    def numbers(*size: int) -> np.ndarray:
        return random.standard_normal(size, np.float32) / 10

    inputs, states = numbers(batch, steps, shape.features), numbers(batch, units)
    weights = Weights(numbers(shape.features, 4 * units), numbers(units, 4 * units), numbers(4 * units))
    mask, by_result = np.ones((batch, steps), bool), Result(numbers(batch, steps, units), states, states)

    def whole() -> None:
        _, stored = passes.forward(backend, inputs, mask, states, states, weights, Options(), True)
        assert stored is not None
        passes.backward(backend, mask, stored, by_result, weights, Options())

    tokens = batch * steps
    left = np.zeros((tokens + matrices.SPARE_ROWS, wide + high), backend.dtype)
    dz = np.zeros((max(CHUNK, batch) + matrices.SPARE_ROWS, 4 * high), backend.dtype)
    z, d_rows = (np.zeros((len(dz), columns), np.float32) for columns in (4 * high, wide))
    forward_weights = matrices.pack(backend, numbers(wide + high, 4 * high))
    kernel, recurrent_kernel = (matrices.pack(backend, numbers(4 * high, columns)) for columns in (wide, high))
    d_hidden, d_weights = np.zeros((len(dz), high), np.float32), np.zeros((wide + high, 4 * high), np.float32)
    packing = matrices.packing_memory(backend, len(dz), wide + high, 4 * high)
    gates, cell = np.zeros((tokens, 4, high), np.float32), np.zeros((batch + tokens, high), np.float32)
    hidden = numbers(batch, high)
    by_gates, bias, d_cell = np.zeros((4, high), np.float32), np.zeros((4, high), np.float32), numbers(batch, high)
    kind = int(backend)

    def peak(rows: int, words: int, columns: int) -> Callable[[], None]:
        a = np.zeros((rows + matrices.SPARE_ROWS, words), backend.dtype)
        b = matrices.pack(backend, numbers(words, columns))
        c = np.zeros((rows + matrices.SPARE_ROWS, columns), np.float32)
        return lambda: _peak(kind, a[:rows], b, c[:rows])

    return {
        "step": whole,
        "products": lambda: _products(
            kind, batch, steps, CHUNK, left, forward_weights, z, dz, recurrent_kernel, d_hidden, kernel, d_rows,
            d_weights, *packing,
        ),
        "gates": lambda: _gates(
            batch, steps, z.reshape(len(z), 4, high), bias, cell, gates, hidden, d_cell, by_gates, units
        ),
        **{size: peak(*size) for size in PEAKS},
    }  # fmt: skip


@compiled
def _products(
    backend, batch, steps, chunk, left, weights, z, dz, recurrent_kernel, d_hidden, kernel, d_rows, d_weights, packed_a,
    packed_d,
):  # fmt: skip
    """The products of a training step on sequences of equal length, and what they pack."""
    start(backend)
    for t in range(steps):
        multiply(backend, left[t * batch : (t + 1) * batch], weights, z[:batch])
    together = max(1, chunk // batch)
    for first in range(0, steps, together):
        count = min(together, steps - first) * batch
        for _ in range(min(together, steps - first)):
            multiply(backend, dz[:batch], recurrent_kernel, d_hidden[:batch])
        multiply(backend, dz[:count], kernel, d_rows[:count])
        accumulate(backend, left[first * batch : first * batch + count], dz[:count], d_weights, packed_a, packed_d)
    stop(backend)


@compiled
def _gates(batch, steps, z, bias, cell, gates, hidden, d_cell, by_gates, units):
    """The gates of a training step, forward and backward."""
    for t in range(steps):
        for row in range(batch):
            at = t * batch + row
            step(z[row], bias, cell[at], cell[at + batch], gates[at], hidden[row], units)
    for t in range(steps - 1, -1, -1):
        for row in range(batch):
            at = t * batch + row
            step_gradients(gates[at], cell[at], cell[at + batch], hidden[row], d_cell[row], by_gates, bias, units)


@compiled
def _peak(backend, a, b, c):
    start(backend)
    for _ in range(PEAK_PRODUCTS):
        multiply(backend, a, b, c)
    stop(backend)
