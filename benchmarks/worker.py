"""A process that does one contender's tasks, see `benchmarks.talking`:

{"do": "prepare", "task": {...}}     builds, compiles, does the first step: seconds of that, and samples of what
                                     was computed, to compare with others
{"do": "step", "task": {...}}        one step: its seconds
{"do": "memory"}                     bytes in use before the first step, and at most since; null outside Linux
{"do": "forget"}                     drops what was prepared
"""

import contextlib
import gc
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contenders import Contender, Shape, Task
from benchmarks.recipes import Prepared, prepare, use_threads
from benchmarks.talking import Requests, listen

SAMPLES = 64  # numbers out of each array that are compared


class Worker:
    """The requests, one method each."""

    def __init__(self, contender: Contender, threads: int) -> None:
        self._contender = contender
        self._tasks: dict[Task, Prepared] = {}
        self._before: int | None = None
        use_threads(contender, threads)

    @property
    def requests(self) -> Requests:
        """Its methods, by what they are asked for with."""
        return {"prepare": self._prepare, "step": self._step, "memory": self._memory, "forget": self._forget}

    def _prepare(self, values: dict[str, Any]) -> dict[str, Any]:
        task = task_from(values)
        prepared = self._tasks[task] = prepare(self._contender, task)
        if self._before is None:
            self._before = _in_use("VmRSS")
            _start_peak_anew()
        seconds, found = _timed(prepared)
        return {"seconds": seconds, "samples": _samples([prepared.to_numpy(value) for value in found])}

    def _step(self, values: dict[str, Any]) -> dict[str, Any]:
        return {"seconds": _timed(self._tasks[task_from(values)])[0]}

    def _memory(self) -> dict[str, Any]:
        return {"before": self._before, "peak": _in_use("VmHWM")}

    def _forget(self) -> dict[str, Any]:
        self._tasks.clear()
        gc.collect()
        return {}


def task_from(values: dict[str, Any]) -> Task:
    """A task out of its `dataclasses.asdict`."""
    return Task(**{**values, "shape": Shape(**values["shape"])})


def _timed(prepared: Prepared) -> tuple[float, list[Any]]:
    start = time.perf_counter()
    found = prepared.step()
    return time.perf_counter() - start, found


def _samples(found: list[np.ndarray]) -> dict[str, list[float]]:
    """Some outputs, some gradients by the inputs, and the norm of each gradient by weights: they are the same however
    a library lays its weights out.
    """
    outputs, *gradients = found
    samples = {"outputs": _some(outputs)}
    if gradients:
        by_inputs, *by_weights = gradients
        samples |= {"by_inputs": _some(by_inputs), "by_weights": [float(np.linalg.norm(by)) for by in by_weights]}
    return samples


def _some(values: np.ndarray) -> list[float]:
    places = np.linspace(0, values.size - 1, SAMPLES).astype(np.intp)
    return [float(value) for value in values.reshape(-1)[places]]


def _in_use(field: str) -> int | None:
    """Bytes, by a line of /proc/self/status."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def _start_peak_anew() -> None:
    """Importing a large library may have used more than a small layer ever does."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _start(given: dict[str, Any]) -> Requests:
    return Worker(Contender(**given["contender"]), given["threads"]).requests


if __name__ == "__main__":
    listen(_start)
