"""Starts the process that reads a file, and takes its rows."""

import json
import os
import subprocess
import sys
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


def read_apart(
    path: Path, column: str | None, learnt: LearntColumns, reserved: Sequence[str], limits: Limits
) -> ReadFile:
    """Reads a file in a process of its own.

    Args:
        path: of a file of any kind in `OPENERS`; temporary files are written into its folder.
        column: of the text; None for those of the run, or a usual name.
        learnt: the columns of the run.
        reserved: names that no other column may have.
        limits: see there.

    Raises:
        ReviewsError: it cannot be read, is not UTF-8, or needs more than `limits`.
    """
    command = {"path": str(path), "column": column, "learnt": asdict(learnt), "reserved": list(reserved)}
    command["limits"] = asdict(limits)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "sentiment.data.files.apart.process"],
            input=json.dumps(command).encode(), capture_output=True, check=False, timeout=limits.seconds,
            env={**os.environ, "TMPDIR": str(path.parent), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ReviewsError(
            f"expected to read {path} in {limits.seconds:g} seconds; found that it takes longer; send it as CSV, "
            "unpacked, or in parts"
        ) from None
    if done.returncode == OUT_OF_MEMORY or done.returncode < 0:  # libraries of other languages abort
        raise ReviewsError(
            f"expected to read {path} with {limits.memory_bytes >> 20:,} MiB of memory; found that it needs more; "
            "send it as CSV, unpacked, or in parts"
        )
    if done.returncode:
        raise RuntimeError(
            f"expected the reader of {path} to end; found: {done.stderr[-2000:].decode(errors='replace')}"
        )
    *lines, last_line = done.stdout.split(b"\n")
    last = json.loads(last_line)
    if "error" in last:
        raise ReviewsError(last["error"])
    rows = [TextRow(*json.loads(line)) for line in lines]
    columns = {name: KINDS[kind] for name, kind in last["columns"]}
    return ReadFile(rows, columns, last["notes"], last["suffix"])
