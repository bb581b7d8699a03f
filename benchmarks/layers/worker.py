"""A child process that does the tasks of one contender, see `benchmarks.protocol`:

{"do": "prepare", "task": {...}}     builds and compiles unless it has, and does a step: its seconds, and samples of
                                     what was computed, to compare with other contenders
{"do": "step", "task": {...}}        one step: its seconds
{"do": "memory"}                     bytes in use before the first step, and the peak since; null outside Linux
{"do": "forget"}                     drops what was prepared
{"do": "matmul", "task": {...}}      the most operations per second in a product of large matrices
"""

import contextlib
import gc
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.layers.contenders import Contender, Shape, Task
from benchmarks.layers.implementations import Prepared, prepare, use_threads
from benchmarks.protocol import Handlers, answer_requests

SAMPLES = 64  # numbers out of each array that are compared
_MATMUL_STEPS, _MATMUL_SECONDS = 12, 5.0  # at most, for each library and dtype


class Worker:
    """The handlers, one method each."""

    def __init__(self, contender: Contender, threads: int) -> None:
        self._contender = contender
        self._tasks: dict[Task, Prepared] = {}
        self._before: int | None = None
        use_threads(contender, threads)

    def handlers(self) -> Handlers:
        """Its methods by the name of the request."""
        return {
            "prepare": self._prepare,
            "step": self._step,
            "memory": self._memory,
            "forget": self._forget,
            "matmul": _matmul_peak,
        }

    def _prepare(self, values: dict[str, Any]) -> dict[str, Any]:
        task = task_from(values)
        prepared = self._tasks[task] = self._tasks.get(task) or prepare(self._contender, task)
        if self._before is None:
            self._before = _memory_in_use("VmRSS")
            _reset_peak()
        seconds, arrays = _timed(prepared.step)
        return {"seconds": seconds, "samples": _samples([prepared.to_numpy(value) for value in arrays])}

    def _step(self, values: dict[str, Any]) -> dict[str, Any]:
        return {"seconds": _timed(self._tasks[task_from(values)].step)[0]}

    def _memory(self) -> dict[str, Any]:
        return {"before": self._before, "peak": _memory_in_use("VmHWM")}

    def _forget(self) -> dict[str, Any]:
        self._tasks.clear()
        gc.collect()
        return {}


def task_from(values: dict[str, Any]) -> Task:
    """A task out of its `dataclasses.asdict`."""
    return Task(**{**values, "shape": Shape(**values["shape"])})


def _timed(step: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = step()
    return time.perf_counter() - start, result


def _samples(arrays: list[np.ndarray]) -> dict[str, list[float]]:
    """Some outputs, some gradients by the inputs, and the norm of each gradient by weights, which is the same however
    a library lays its weights out.
    """
    outputs, *gradients = arrays
    samples = {"outputs": _some(outputs)}
    if gradients:
        by_inputs, *by_weights = gradients
        samples |= {"by_inputs": _some(by_inputs), "by_weights": [float(np.linalg.norm(by)) for by in by_weights]}
    return samples


def _some(values: np.ndarray) -> list[float]:
    places = np.linspace(0, values.size - 1, SAMPLES).astype(np.intp)
    return [float(value) for value in values.reshape(-1)[places]]


def _memory_in_use(field: str) -> int | None:
    """Bytes, by a line of /proc/self/status."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
    return None


def _reset_peak() -> None:
    """Importing a large library may have used more memory than a small layer ever does."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _matmul_peak(values: dict[str, Any]) -> dict[str, Any]:
    """Operations per second by library and dtype; a multiplication and an addition count two."""
    import tensorflow as tf

    size = values["size"]
    a, b = np.random.default_rng(3).standard_normal((2, size, size), np.float32)
    products: dict[str, Callable[[], Any]] = {"numpy-float32": lambda: a @ b}
    for dtype in ("float32", "bfloat16"):
        products[f"tensorflow-{dtype}"] = partial(tf.matmul, tf.cast(a, dtype), tf.cast(b, dtype))
    return {name: 2 * size**3 / _fastest(multiply) for name, multiply in products.items()}


def _fastest(step: Callable[[], Any]) -> float:
    step()
    seconds: list[float] = []
    while len(seconds) < _MATMUL_STEPS and sum(seconds) < _MATMUL_SECONDS:
        seconds.append(_timed(step)[0])
    return min(seconds)


def _start(arguments: dict[str, Any]) -> Handlers:
    return Worker(Contender(**arguments["contender"]), arguments["threads"]).handlers()


if __name__ == "__main__":
    answer_requests(_start)
