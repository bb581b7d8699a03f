"""Actors of Ray on a cluster of two nodes make the parts that threads make, also where something is killed.

The cluster is one of this machine: two nodes of one CPU each, which Ray's own tests start in the same way.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.scoring.processes import descendants
from helpers.scored_files import names_below, parts_of, write_rows
from sentiment.errors import SentimentError, UserError
from sentiment.runs.saved_run import load_run
from sentiment.scoring.running import ScoreOptions, run_job

pytest.importorskip("ray", reason="the extra ray is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the processes of actors in /proc"),
]

ROOT = Path(__file__).parents[2]
COMPACT = ROOT / "models" / "imdb" / "compact"
NODE = {"num_cpus": 1, "object_store_memory": 1 << 27}


@pytest.fixture(scope="module")
def cluster():
    """Two nodes, which all jobs of this module use."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        import ray
        from ray.cluster_utils import Cluster

        nodes = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
        nodes.add_node(**NODE)
        ray.init(address=nodes.address, log_to_driver=False, logging_level="ERROR")
        yield nodes
        ray.shutdown()
        nodes.shutdown()


@pytest.fixture(scope="module")
def job(rows, tmp_path_factory):
    """Options of a job of many parts, and what threads made of it."""
    folder = tmp_path_factory.mktemp("cluster")
    write_rows(folder / "in.parquet", rows * 16)
    options = ScoreOptions(
        (str(folder / "in.parquet"),),
        str(folder / "threads"),
        format_name="csv",
        engine="local",
        workers=2,
        rows_per_part=80,
    )
    run_job(load_run(COMPACT), options)
    return replace(options, engine="ray"), parts_of(folder / "threads")


def after_first(action):
    """A `watch` that does something when the first part is finished."""
    seen = []

    def watch(receipts, _):
        for receipt in receipts:
            seen.append(receipt.part)
            if len(seen) == 1:
                action()
            yield receipt

    return watch


def processes_of_actors() -> list[int]:
    """The processes that score in the cluster of this process, and in no other."""
    pids = []
    for pid in descendants(os.getpid()):
        with contextlib.suppress(OSError):  # it has ended
            if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"ray::MapWorker(MapBatches(PartScorer"):
                pids.append(pid)
    return pids


@pytest.mark.usefixtures("cluster")
def test_actors_make_the_parts_that_threads_make_one_as_two(run, job, tmp_path):
    options, made_by_threads = job
    for workers in (1, 2):
        target = tmp_path / str(workers)
        summary = run_job(run, replace(options, output=str(target), workers=workers))
        assert summary.engine == "ray"
        assert parts_of(target) == made_by_threads
        assert names_below(target) == {"_manifest.json", *made_by_threads}


@pytest.mark.usefixtures("cluster")
def test_an_actor_that_is_killed_loses_nothing(run, job, tmp_path):
    options, made_by_threads = job
    killed = []

    def kill() -> None:
        killed.append(processes_of_actors()[0])
        os.kill(killed[0], signal.SIGKILL)

    summary = run_job(run, replace(options, output=str(tmp_path / "out")), watch=after_first(kill))
    assert len(killed) == 1
    assert summary.parts == len(made_by_threads)
    assert parts_of(tmp_path / "out") == made_by_threads


def test_a_node_that_is_killed_loses_nothing_where_another_one_takes_its_place(cluster, run, job, tmp_path):
    options, made_by_threads = job

    def replace_node() -> None:
        [node] = cluster.worker_nodes
        cluster.remove_node(node, allow_graceful=False)
        cluster.add_node(**NODE)

    summary = run_job(run, replace(options, output=str(tmp_path / "out")), watch=after_first(replace_node))
    assert summary.resumed == 0
    assert parts_of(tmp_path / "out") == made_by_threads


def test_a_job_that_is_killed_goes_on_from_the_parts_that_are_finished(cluster, run, job, tmp_path):
    options, made_by_threads = job
    target = tmp_path / "out"
    command = (
        "score",
        "--input",
        *options.inputs,
        "--output",
        target,
        "--run",
        COMPACT,
        "--format",
        "csv",
        "--rows-per-part",
        80,
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "sentiment", *map(str, command), "--address", cluster.address, "--workers", "2"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    finished = target / "_work" / "finished"
    while process.poll() is None and not (finished.is_dir() and len(list(finished.glob("*.json"))) > 1):
        time.sleep(0.02)
    process.kill()
    errors = process.communicate()[1]
    assert process.returncode == -signal.SIGKILL, errors
    summary = run_job(run, replace(options, output=str(target)))
    assert 2 <= summary.resumed < summary.parts
    assert parts_of(target) == made_by_threads


def test_an_address_without_a_cluster_is_refused_at_once(run, job, tmp_path, monkeypatch):
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(
        UserError, match=r"expected a Ray cluster at 127\.0\.0\.1:9; found: .*refused; check the address"
    ):
        run_job(run, replace(job[0], output=str(tmp_path / "out"), address="127.0.0.1:9"))


def test_a_ray_that_does_not_start_is_one_line(run, job, tmp_path, monkeypatch):
    import ray

    def timed_out(**_):
        raise Exception("The current node timed out during startup.")

    for name, replacement in (("is_initialized", lambda: False), ("init", timed_out), ("shutdown", lambda: None)):
        monkeypatch.setattr(ray, name, replacement)
    with pytest.raises(
        SentimentError, match="expected Ray to start on this machine; found: The current node timed out"
    ):
        run_job(run, replace(job[0], output=str(tmp_path / "out")))


def test_more_workers_than_the_cluster_has_cpus_are_refused(cluster, run, job, tmp_path):
    options = replace(job[0], output=str(tmp_path / "out"), address=cluster.address, workers=3)
    with pytest.raises(UserError, match="expected a CPU for each of 3 workers; found 2 in the cluster at"):
        run_job(run, options)


def test_a_cluster_without_cpus_is_refused(run, job, tmp_path, monkeypatch):
    import ray

    for name, replacement in (("is_initialized", lambda: True), ("cluster_resources", dict)):
        monkeypatch.setattr(ray, name, replacement)
    with pytest.raises(UserError, match=r"expected a CPU for each of 1 workers; found 0 .*wait until they"):
        run_job(run, replace(job[0], output=str(tmp_path / "out"), workers=None))


@pytest.mark.usefixtures("cluster")
def test_a_job_in_which_nothing_is_finished_for_long_is_one_line(run, job, tmp_path, monkeypatch):
    import ray

    class ExecutionTimeoutError(Exception):
        pass

    def stalled(_):
        raise ExecutionTimeoutError("advice for programmers")

    monkeypatch.setattr(ray.data.Dataset, "iter_rows", stalled)
    with pytest.raises(SentimentError, match="found: no part was finished for too long; score again"):
        run_job(run, replace(job[0], output=str(tmp_path / "out")))
