"""Peak memory of `sentiment shard`, and of reading an epoch of its shards, by the number of reviews."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results import Note
from sentiment.errors import BenchmarkError

_WORDS = 20_000
_LENGTH = 60  # words of a review
_READ = """
import sys
from pathlib import Path
from sentiment.shards import ShardBatches, Shards
shards = Shards.load(Path(sys.argv[1]))
batches = ShardBatches(shards.reading("train"), 64, 1, 160)
for index in range(len(batches)):
    batches[index]
"""


def memory_by_rows(counts: list[int], note: Note) -> list[dict[str, Any]]:
    """A row for each number of reviews: peak memory of both, in bytes. Linux alone."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            note(f"memory: {count:,} reviews")
            source, shards = Path(folder) / f"{count}.parquet", Path(folder) / f"shards-{count}"
            _write(source, count)
            sharding = _peak("-m", "sentiment", "shard", "--data", str(source), "--output", str(shards))
            reading = _peak("-c", _READ, str(shards))
            size = source.stat().st_size
            rows.append({"reviews": count, "file_bytes": size, "shard_bytes": sharding, "read_bytes": reading})
    return rows


def _write(path: Path, count: int) -> None:
    import pyarrow
    from pyarrow import parquet

    schema = pyarrow.schema({"text": pyarrow.string(), "label": pyarrow.string()})
    with parquet.ParquetWriter(path, schema) as writer:
        for texts in _texts(count):
            labels = ["negative", "positive"] * (len(texts) // 2) + ["negative"] * (len(texts) % 2)
            writer.write_table(pyarrow.table({"text": texts, "label": labels}, schema))


def _texts(count: int) -> Iterator[list[str]]:
    random = np.random.default_rng(1)
    words = np.array([f"w{number}" for number in range(_WORDS)])
    for start in range(0, count, 10_000):
        rows = min(10_000, count - start)
        drawn = words[np.minimum(random.zipf(1.3, (rows, _LENGTH)), _WORDS) - 1]
        yield [" ".join(row) for row in drawn]


def _peak(*arguments: str) -> int:
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise BenchmarkError(
            f"expected python {arguments[0]} {arguments[1][:20]} to end well; found {process.returncode}"
        )
    return usage.ru_maxrss * 1024
