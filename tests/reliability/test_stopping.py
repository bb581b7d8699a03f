"""SIGTERM and new versions of a run, under load."""

import json
import shutil
import signal
from pathlib import Path

import pytest

from helpers.reliability import FULL
from helpers.serving import ROOT, Served, replace_run
from reliability.conftest import RUN, answers_of, start_load
from reliability.test_clients import PREDICT, connected, megabytes
from sentiment.runs.saved_run import METRICS, ONNX, write_manifest

pytestmark = pytest.mark.slow

IN_FLIGHT = 50
RELOADS, CORRUPT = (100, 5) if FULL else (3, 1)


def test_a_stopping_service_answers_all_that_is_in_flight_and_what_a_new_connection_sends(paced, record_property):
    served = paced(0.02, batch=8, max_texts=8, queue_seconds=100)
    waiting = [connected(served) for _ in range(IN_FLIGHT)]
    for connection in waiting:
        connection.sendall(PREDICT)
    late = connected(served)
    served.process.send_signal(signal.SIGTERM)
    served.wait_for(lambda: not can_connect(served))
    late.sendall(PREDICT)
    assert [connection.recv(12) for connection in (*waiting, late)] == [b"HTTP/1.1 200"] * (IN_FLIGHT + 1)
    for connection in (*waiting, late):
        connection.close()
    assert served.exit_code() == 0
    record_property("in flight", IN_FLIGHT)


def can_connect(served: Served) -> bool:
    try:
        connected(served).close()
    except ConnectionError:
        return False
    return True


def version(folder: Path, source: Path, number: int, *, corrupt: bool) -> Path:
    """A version of a run of its own; or one whose network is cut."""
    shutil.copytree(source, folder)
    metrics = json.loads((folder / METRICS).read_text())
    (folder / METRICS).write_text(json.dumps({**metrics, "seed": number}))
    write_manifest(folder)
    if corrupt:
        content = (folder / ONNX).read_bytes()
        (folder / ONNX).write_bytes(content[: len(content) // 2])
    return folder


def test_reloads_under_load_lose_no_request_and_broken_versions_are_refused(paced, body, tmp_path, record_property):
    models, source = tmp_path / "models", ROOT / "models" / RUN
    shutil.copytree(source, models / RUN)
    served = paced(0.001, models, poll_seconds=0.05)
    load = start_load(served, body, 1_000 if FULL else 6, rate=40)
    size = 0.0
    for number in range(RELOADS):
        corrupt = number % (RELOADS // CORRUPT) == 1
        figure = "sentiment_run_refusals_total" if corrupt else "sentiment_run_loads_total"
        count = served.figure(figure)
        replacement = version(tmp_path / "replacement", source, number, corrupt=corrupt)
        replace_run(models / RUN, replacement)
        shutil.rmtree(replacement)
        served.wait_for(lambda figure=figure, count=count: served.figure(figure) > count)
        if number == RELOADS // 2:
            size = megabytes(served)
    answers = answers_of(load)
    record_property("reloads", RELOADS)
    record_property("corrupt", CORRUPT)
    record_property("requests", len(answers.rows))
    assert answers.statuses == {200}
    assert served.figure("sentiment_run_refusals_total") == CORRUPT
    assert megabytes(served) - size < 100
