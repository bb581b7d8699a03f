"""A process that runs commands, one at a time, see `benchmarks.talking`:

    {"do": "step", "task": {...}}        runs one: seconds from start to end, its output, and the bytes that it had in
                                         memory at most; null outside Linux

It imports next to nothing: the system takes what the parent has in memory for the least that a child ever had.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.talking import Requests, listen


@dataclass(frozen=True)
class Command:
    """Something to run."""

    title: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"run of {self.title}"


def _step(values: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        start = time.perf_counter()
        process = subprocess.Popen(values["arguments"], stdin=subprocess.DEVNULL, stdout=said, stderr=complained)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            complained.seek(0)
            lines = complained.read().decode(errors="replace").strip().splitlines()
            raise RuntimeError(f"it ended with {process.returncode}: {lines[-1] if lines else 'no word'}")
        said.seek(0)
        peak = used.ru_maxrss * 1024 if sys.platform == "linux" else None
        return {"seconds": seconds, "peak_bytes": peak, "output": said.read().decode()}


def _start(_given: dict[str, Any]) -> Requests:
    return {"step": _step}


if __name__ == "__main__":
    listen(_start)
