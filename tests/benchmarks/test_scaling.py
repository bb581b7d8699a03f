"""Two workers against one, and the memory of shards: what the report makes of the figures, and a smoke run."""

import json
import sys

import pytest

from benchmarks.scaling.benchmark import benchmark_scaling, quick_settings
from benchmarks.scaling.report import memory_columns, worker_columns


def figures(batch_size: int, workers: int, seconds: float) -> dict[str, float]:
    return {"batch_size": batch_size, "workers": workers, "seconds": seconds, "processor_seconds": seconds}


def test_workers_are_compared_with_one_that_reads_the_same_batch():
    rows = [figures(64, 1, 1.6), figures(64, 2, 1.0), figures(128, 1, 3.2), figures(128, 2, 1.8)]
    columns = dict(worker_columns({"workers": rows, "target": 1.7}))
    assert columns["Reviews a step"] == ["64", "64", "128", "128"]
    assert columns["Times faster"] == ["1.00", "1.60", "1.00", "1.78"]
    assert columns["Target"] == ["–", "no", "–", "yes"]


def test_memory_is_told_in_megabytes():
    row = {"reviews": 20_000, "file_bytes": 2e6, "shard_bytes": 245e6, "read_bytes": 244e6}
    assert [values for _, values in memory_columns({"memory": [row]})] == [["20,000"], ["2 MB"], ["245 MB"], ["244 MB"]]


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read on Linux alone")
def test_a_smoke_run_writes_figures_and_tables(tmp_path):
    written = benchmark_scaling(tmp_path, quick_settings(), lambda _: None)
    stored = json.loads((tmp_path / "scaling.json").read_text(encoding="utf-8"))
    assert [(row["batch_size"], row["workers"]) for row in stored["workers"]] == [(8, 1), (8, 2)]
    assert [row["reviews"] for row in stored["memory"]] == [200]
    assert (tmp_path / "scaling.md").read_text(encoding="utf-8").startswith("**A smoke run")
    assert [path.name for path in written.paths] == ["scaling.json", "scaling.md"]
