"""The benchmark with tiny shapes: complete, honest about what computed what, and never half written. No timings."""

import importlib.util
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.layers.benchmark import benchmark_layers
from benchmarks.layers.contenders import BFLOAT16, CONTENDERS, KERAS, OURS, Shape, Task, quick_settings
from benchmarks.layers.contest import TOLERANCE, Contest, Worker
from benchmarks.layers.targets import TARGETS
from sentiment.errors import BenchmarkError

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
TINY = Task(Shape("128 units", batch=3, time=4, features=2, units=2), training=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """What `python -m benchmarks layers --quick` wrote."""
    folder = tmp_path_factory.mktemp("benchmark")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "layers", "--quick", "--folder", str(folder)],
        cwd=ROOT, env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder / "stdout.txt").write_text(done.stdout, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def results(folder) -> dict:
    [path] = (folder / "layers").glob("*.json")
    return json.loads(path.read_text(encoding="utf-8"))


def installed():
    return [contender for contender in CONTENDERS if importlib.util.find_spec(contender.back_end)]


def test_the_benchmark_writes_figures_a_picture_and_tables(folder):
    [picture] = (folder / "layers").glob("*.png")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "| Milliseconds |" in (folder / "layers.md").read_text(encoding="utf-8")
    assert {path.name for path in folder.iterdir()} == {"layers", "layers.md", "stdout.txt"}
    assert {path.stem for path in (folder / "layers").iterdir()} == {picture.stem}


def test_every_contender_did_every_task_in_rounds(results):
    measured = {(row["contender"], row["shape"], row["step"], row["directions"]) for row in results["measurements"]}
    steps = ("training step", "forward pass")
    assert measured == {(c.name, "128 units", p, d) for c in installed() for p in steps for d in (1, 2)}
    for row in results["measurements"]:
        assert len(row["seconds"]) == row["rounds"] == 2
        assert row["quartiles_seconds"][0] <= row["median_seconds"] <= row["quartiles_seconds"][1]


def test_all_contenders_computed_the_same(results):
    dtypes = {contender.name: contender.dtype for contender in CONTENDERS}
    differences = {row["contender"]: row["difference"] for row in results["measurements"]}
    for name, difference in differences.items():
        assert difference < TOLERANCE[dtypes[name]]
    assert differences["keras-float32"] > 0  # that of another implementation, not of a copy


def test_every_target_has_a_figure_and_a_verdict(results, folder):
    with_torch = importlib.util.find_spec("torch") is not None
    assert len(results["targets"]) == len(TARGETS)
    assert any(line["met"] is not None for line in results["targets"])
    printed = (folder / "stdout.txt").read_text(encoding="utf-8")
    for line in results["targets"]:
        assert line["name"].split(",")[0] in printed
        if with_torch or "torch" not in line["name"]:
            target = line["at_least"]  # some are for other kinds of processor only
            assert line["met"] == (None if target is None else line["ratio"] >= target)
            assert line["interval"][0] <= line["interval"][1]
    assert bool(results["absent"]) == (len(installed()) < len(CONTENDERS) or not importlib.util.find_spec("jax"))


def test_the_results_name_the_machine_and_the_versions(results):
    assert {"processor", "cores", "cpu_flags"} <= set(results["machine"])
    assert {"tensorflow", "keras", "numpy", "python"} <= set(results["versions"])
    assert results["settings"]["rounds"] == 2
    assert set(results["limit_flop_per_second"]) == {"numpy-float32", "tensorflow-float32", "tensorflow-bfloat16"}


def test_the_results_have_curves_compile_time_and_memory(results):
    for against, places in (("units", {4, 8}), ("time", {4, 8})):
        rows = [row for row in results["curves"] if row["against"] == against]
        assert {row[against] for row in rows} == places
        assert {row["contender"].split("-")[0] for row in rows} >= {"ours", "keras"}
    assert all(set(row["seconds_by_steps"]) == {"4", "8"} for row in results["compile_time"])
    assert len(results["peak_memory"]) == 2
    if sys.platform == "linux":
        assert all(row["peak_bytes"] >= 0 for row in results["peak_memory"])


def test_a_contender_that_fails_is_named_with_the_reason_and_nothing_is_written(tmp_path, monkeypatch):
    broken = replace(KERAS, name="broken", title="Broken LSTM", dtype="float31")
    monkeypatch.setattr("benchmarks.layers.benchmark.CONTENDERS", (broken,))
    with pytest.raises(BenchmarkError, match=r"Broken LSTM with 1 threads to prepare .*; found: .*float31"):
        benchmark_layers(tmp_path / "benchmark", quick_settings(), lambda _: None)
    assert not (tmp_path / "benchmark").exists()


def test_a_process_that_ends_early_is_named_with_the_reason():
    with Worker(OURS, threads=1) as worker:
        worker._process.kill()
        with pytest.raises(BenchmarkError, match=r"Custom LSTM, float32 .* killed by signal 9"):
            worker.ask("prepare", TINY)


def test_a_contender_with_other_results_is_refused(monkeypatch):
    samples = {OURS: [1.0, 2.0], KERAS: [1.0, 2.1]}
    monkeypatch.setattr(
        "benchmarks.layers.contest.prepare_all",
        lambda workers, _: {
            worker: {"seconds": 1.0, "samples": {"outputs": samples[worker.contender]}} for worker in workers
        },
    )
    monkeypatch.setattr("benchmarks.layers.contest.preliminary_seconds", lambda prepared, *_: dict(prepared))
    monkeypatch.setattr("benchmarks.layers.contest.forget", lambda _: None)
    with ExitStack() as stack, pytest.raises(BenchmarkError, match="Keras LSTM, float32 to compute"):
        Contest(stack, quick_settings(), lambda _: None).preliminary([OURS, KERAS], [TINY])


def test_a_process_ends_with_its_block():
    with Worker(OURS, threads=1) as worker:
        pass
    assert worker._process.poll() is not None


def test_bfloat16_is_narrow_enough_to_be_seen(results):
    narrow = {contender.name for contender in CONTENDERS if contender.dtype == BFLOAT16}
    assert all(row["difference"] > 1e-5 for row in results["measurements"] if row["contender"] in narrow)
