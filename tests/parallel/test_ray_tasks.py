"""Tasks on Ray: results, lines and errors come back; who is killed goes on; networks are the same bit by bit."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import pytest

from helpers.command_line import ENVIRONMENT, ROOT, refused, sentiment
from sentiment.cli.experiments.engines import engine_of
from sentiment.errors import ConfigError, MissingExtraError, SentimentError, UserError
from sentiment.parallel import ray_tasks as ray_tasks_module
from sentiment.parallel.tasks import OneByOne, Task, results
from sentiment.support.environment import THREADS, available_cores, cores
from sentiment.support.progress import Silence

SAMPLE = ROOT / "data" / "sample" / "reviews.csv"
TINY = ["--preset", "sample", "--only", "gru", "--seeds", "2", "--no-baselines", "--set", "epochs=1",
        "--set", "units=8", "--set", "embedding_size=8"]  # fmt: skip


class Notes(Silence):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, line: str) -> None:
        self.lines.append(line)


def dies_once(folder, job, report):
    """Kills its own process when it comes to job 1 for the first time, as a lack of memory does."""
    saved = folder / str(job)
    report.note("from what is saved" if saved.exists() else "from nothing")
    if job == 1 and not saved.exists():
        saved.touch()
        time.sleep(0.5)  # the line above is on its way
        os.kill(os.getpid(), signal.SIGKILL)
    print("nothing of this is shown")
    return job, cores(), os.environ["SENTIMENT_PASSED_ON"]


def refuses(_folder, job, _report):
    raise ConfigError(f"expected an even number; found {job}")


@pytest.fixture
def ray_tasks():
    pytest.importorskip("ray", reason="the extra ray is not installed")
    from ray import cloudpickle

    module = sys.modules[__name__]  # workers cannot import it
    cloudpickle.register_pickle_by_value(module)
    yield lambda workers: engine_of("ray", workers, None)
    cloudpickle.unregister_pickle_by_value(module)


def test_a_killed_task_goes_on_and_its_lines_have_its_name(ray_tasks, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SENTIMENT_PASSED_ON", "yes")
    notes = Notes()
    tasks = [Task(f"task {job}", job) for job in range(3)]
    done = results(ray_tasks(available_cores()), dies_once, tmp_path, tasks, notes, tmp_path)
    assert done == [(job, 1, "yes") for job in range(3)]
    of_killed = [line.split(None, 2)[2] for line in notes.lines if line.startswith("task 1 ")]
    assert of_killed == [
        "from nothing",
        "its worker was killed; another one goes on from what is saved",
        "from what is saved",
        "done",
    ]
    assert "each with 1 thread; SENTIMENT_THREADS=1 gives the same" in notes.lines[0]
    assert capsys.readouterr() == ("", "")


def test_the_error_of_a_worker_is_the_error_of_the_command(ray_tasks, tmp_path):
    with pytest.raises(ConfigError, match=r"^expected an even number; found 3$"):
        results(ray_tasks(1), refuses, tmp_path, [Task("three", 3)], Silence(), tmp_path)


def test_without_ray_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match="the extra ray; ray is not installed"):
        engine_of("ray", None, None)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("fast", None, None), "expected --engine to be one of serial, ray; found 'fast'"),
        (("serial", 2, None), "expected --engine ray with --workers; found --workers 2 alone"),
        (("serial", None, "auto"), "expected --engine ray with --address"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, part):
    with pytest.raises(UserError, match=part):
        engine_of(*options)


@pytest.mark.parametrize(
    ("address", "part"),
    [
        ("127.0.0.1:1", "expected a Ray cluster at 127.0.0.1:1; found: .*refused; start one with: ray start --head"),
        ("ray://here:1", "expected auto or the address of a Ray cluster, such as 10.0.0.1:6379; found ray://here:1"),
        ("here", "expected auto or the address"),
    ],
)
def test_an_address_without_a_cluster_is_refused_at_once(address, part):
    pytest.importorskip("ray", reason="the extra ray is not installed")
    with pytest.raises(UserError, match=part):
        engine_of("ray", 1, address)


def test_the_options_come_before_the_reviews(tmp_path):
    refused(sentiment("train", "--data", tmp_path / "none.csv", "--workers", "2"), "expected --engine ray")


def test_one_after_the_other_is_what_nobody_has_to_ask_for():
    assert isinstance(engine_of("serial", None, None), OneByOne)


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_of_threads_is_refused(text, monkeypatch):
    monkeypatch.setenv(THREADS, text)
    with pytest.raises(ConfigError, match=f"expected a number of threads in SENTIMENT_THREADS.*found '{text}'"):
        cores()


def worker_of(mark: str) -> int | None:
    """A process of a Ray task with this mark in its environment, if there is one."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (folder / "cmdline").read_bytes().startswith(b"ray::_run") and mark.encode() in (
                folder / "environ"
            ).read_bytes():
                return int(folder.name)
    return None


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked for in /proc")
def test_networks_of_workers_of_which_one_is_killed_are_those_of_one_process(tmp_path, monkeypatch):
    pytest.importorskip("ray", reason="the extra ray is not installed")
    mark = f"ray-{tmp_path.name}-{os.getpid()}"
    environment = {**os.environ, **ENVIRONMENT, "SENTIMENT_CHECKPOINT_SECONDS": "0.5", "SENTIMENT_MARK": mark}
    command = [sys.executable, "-m", "sentiment", "train", "--data", SAMPLE, "--models", "ray", *TINY]
    with (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen(
            [*command, "--engine", "ray", "--workers", "2"], cwd=tmp_path, env=environment, stderr=errors,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 240
        while not list(tmp_path.glob("ray/sample/.training/*/state.json")) and time.monotonic() < deadline:
            time.sleep(0.05)
        killed = worker_of(mark)
        assert killed is not None, (tmp_path / "errors").read_text()
        os.kill(killed, signal.SIGKILL)
        assert process.wait(300) == 0, (tmp_path / "errors").read_text()
    lines = (tmp_path / "errors").read_text()
    assert "its worker was killed; another one goes on from what is saved" in lines
    assert "Traceback" not in lines
    assert "raylet" not in lines
    monkeypatch.setenv(THREADS, "1")
    done = sentiment("train", "--data", SAMPLE, "--models", tmp_path / "serial", *TINY)
    assert done.returncode == 0, done.stderr
    names = sorted(path.parent.name for path in tmp_path.glob("serial/sample/*/model.onnx"))
    assert len(names) == 2
    for name in names:
        for file in ("model.onnx", "test_predictions.csv", "validation_predictions.csv"):
            contents = [(tmp_path / engine / "sample" / name / file).read_bytes() for engine in ("ray", "serial")]
            assert contents[0] == contents[1], (name, file)


@pytest.fixture
def cluster(monkeypatch):
    """A cluster of two machines, and an engine of it with two threads for each task."""
    ray = pytest.importorskip("ray", reason="the extra ray is not installed")
    monkeypatch.setenv(THREADS, "2")
    engine = ray_tasks_module.RayTasks(1, "auto")
    engine._ray = mock.MagicMock(exceptions=ray.exceptions)
    engine._ray.wait.return_value = [], []
    engine._ray.nodes.return_value = [
        {"Alive": True, "Resources": {"CPU": 2.0}},
        {"Alive": True, "Resources": {}},
        {"Alive": False, "Resources": {"CPU": 64.0}},
    ]
    return engine


@pytest.mark.parametrize(
    ("threads", "cores_of_node", "message"),
    [
        (4, 2.0, "a machine with 4 cores for a training in the cluster at auto; found 2 in the largest of 2; set SEN"),
        (1, 0.0, "a machine with 1 core for .*; found none in the largest of 2; start one with more than --num-cpus 0"),
    ],
)
def test_a_task_that_no_machine_has_room_for_is_refused(cluster, tmp_path, threads, cores_of_node, message):
    cluster._threads = threads
    cluster._ray.nodes.return_value[0]["Resources"]["CPU"] = cores_of_node
    with pytest.raises(UserError, match=message):
        results(cluster, refuses, tmp_path, [Task("one", 1)], Silence(), tmp_path)


def test_without_the_process_of_the_lines_the_command_ends_with_a_line(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(ray_tasks_module, "_POLL", 0)
    cluster._ray.get_runtime_context().get_node_id.return_value = "0" * 56
    cluster._ray.get.side_effect = cluster._ray.exceptions.RayActorError()
    with pytest.raises(SentimentError, match=r"^expected the process that collects lines of progress to last; found"):
        results(cluster, refuses, tmp_path, [Task("one", 1)], Silence(), tmp_path)
