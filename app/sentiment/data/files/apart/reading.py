"""Starts the process that reads a file, and takes its rows."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sentiment.data.files.apart.process import KINDS, OUT_OF_MEMORY, Limits
from sentiment.data.files.options import LearntColumns
from sentiment.data.files.rows import TextRow
from sentiment.errors import ReviewsError


@dataclass(frozen=True)
class ReadFile:
    """The rows of a file."""

    rows: list[TextRow]
    columns: dict[str, Any]  # kinds of the other columns by name, see `TextRows.columns`
    notes: list[str]  # what was assumed of the file
    suffix: str  # of the content: ".csv" of a zip file with a CSV file in it


class Reader:
    """Reads one file in a process of its own, which `end` kills from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._has_ended = False

    def read(
        self, path: Path, column: str | None, learnt: LearntColumns, reserved: Sequence[str], limits: Limits
    ) -> ReadFile:
        """The rows of a file, after which no process uses it.

        Args:
            path: of a file of any kind in `OPENERS`; temporary files are written into its folder.
            column: of the text; None for those of the run, or a usual name.
            learnt: the columns of the run.
            reserved: names that no other column may have.
            limits: see there.

        Raises:
            ReviewsError: it cannot be read, is not UTF-8, or needs more than `limits`; or `end` was called.
            OSError: the process cannot be started.
        """
        command = {"path": str(path), "column": column, "learnt": asdict(learnt), "reserved": list(reserved)}
        command["limits"] = asdict(limits)
        status, output, errors = self._run(json.dumps(command).encode(), path, limits.seconds)
        return _rows_of(status, output, errors, path, limits)

    def end(self) -> None:
        """Ends the reading, also one that is yet to start; nothing happens if it is over."""
        with self._lock:
            self._has_ended = True
            if self._process:
                _kill(self._process)

    def _run(self, command: bytes, path: Path, seconds: float) -> tuple[int, bytes, bytes]:
        """The exit status, standard output and standard error of the process."""
        with self._lock:
            if self._has_ended:
                raise ReviewsError(f"expected to read {path}; found that nobody waits for it; send it again")
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "sentiment.data.files.apart.process"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env={**os.environ, "TMPDIR": str(path.parent), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                start_new_session=True,  # a group to be killed: a spreadsheet is read by a further process
            )  # fmt: skip
        with self._process as process:
            try:
                output, errors = process.communicate(command, seconds)
            except subprocess.TimeoutExpired:
                raise ReviewsError(
                    f"expected to read {path} in {seconds:g} seconds; found that it takes longer; send it as CSV, "
                    "unpacked, or in parts"
                ) from None
            finally:
                with self._lock:
                    self._process = None
                    if process.returncode != 0:
                        _kill(process)
        return process.returncode, output, errors


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kills a process and those that it has started, where the system has groups of processes."""
    if sys.platform == "win32":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left; macOS calls that not permitted
        os.killpg(process.pid, signal.SIGKILL)


def _rows_of(status: int, output: bytes, errors: bytes, path: Path, limits: Limits) -> ReadFile:
    """What a process that has ended printed."""
    if status == OUT_OF_MEMORY or status < 0:  # libraries of other languages abort
        raise ReviewsError(
            f"expected to read {path} with {limits.memory_bytes >> 20:,} MiB of memory; found that it needs more; "
            "send it as CSV, unpacked, or in parts"
        )
    if status:
        raise RuntimeError(f"expected the reader of {path} to end; found: {errors[-2000:].decode(errors='replace')}")
    *lines, last_line = output.split(b"\n")
    last = json.loads(last_line)
    if "error" in last:
        raise ReviewsError(last["error"])
    rows = [TextRow(*json.loads(line)) for line in lines]
    columns = {name: KINDS[kind] for name, kind in last["columns"]}
    return ReadFile(rows, columns, last["notes"], last["suffix"])
