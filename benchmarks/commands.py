"""A child process that runs commands, one at a time, see `benchmarks.protocol`:

    {"do": "step", "task": {...}}    runs one: seconds from start to end, its output, and its peak memory in bytes
                                     (null outside Linux)

It imports next to nothing: Linux counts the memory of the parent at the fork as the least that a child ever had.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.protocol import Handlers, answer_requests, last_line


@dataclass(frozen=True)
class Command:
    """A command line to run."""

    title: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"run of {self.title}"


def _step(values: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(values["arguments"], stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(f"it ended with {process.returncode}: {last_line(errors.read())}")
        output.seek(0)
        peak = usage.ru_maxrss * 1024 if sys.platform == "linux" else None
        return {"seconds": seconds, "peak_bytes": peak, "output": output.read().decode()}


def _start(_arguments: dict[str, Any]) -> Handlers:
    return {"step": _step}


if __name__ == "__main__":
    answer_requests(_start)
