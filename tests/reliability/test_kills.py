"""Trainings that are killed at any moment end, started again, with the weights of one that was not."""

import os
import signal
import time
from pathlib import Path

import pytest

from helpers import reliable_jobs as jobs
from helpers.reliability import only_in_full

WORK = [
    pytest.param(jobs.trains, jobs.weights_of_training, id="training"),
    pytest.param(jobs.pretrains, jobs.weights_of_pretraining, id="pretraining", marks=only_in_full),
    pytest.param(
        jobs.measures_label_efficiency,
        jobs.cells_of_label_efficiency,
        id="label-efficiency",
        marks=only_in_full,
    ),
    pytest.param(jobs.adapts, jobs.network_of_adaptation, id="adapt"),
]


def new(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("job", "result"), WORK)
def test_work_that_is_killed_at_any_instant_ends_as_if_it_had_not_been(job, result, tmp_path, record_property):
    whole = new(tmp_path / "whole")
    seconds = jobs.finish(job, whole)
    expected, names = result(whole), jobs.names_below(whole)
    instants = jobs.instants(jobs.steps_in(whole), seconds)
    record_property("kills", len(instants))
    for index, instant in enumerate(instants):
        killed = new(tmp_path / f"killed{index}")
        jobs.kill_at(job, killed, *instant)
        jobs.finish(job, killed)
        assert result(killed) == expected
        assert jobs.names_below(killed) == names  # nothing is left of the one that was killed


@pytest.mark.slow
def test_the_second_of_two_trainings_into_one_place_waits_and_trains_nothing(tmp_path):
    first = jobs.start(jobs.trains, tmp_path)
    jobs.wait_for_beginning(first, tmp_path)
    second = jobs.start(jobs.trains, tmp_path)
    for process in (first, second):
        process.join(120)
        assert process.exitcode == 0
    lines = (tmp_path / "output").read_text().splitlines()
    assert sorted(line for line in lines if line.startswith(("start", "another"))) == [
        "another process trains gru-tiny-seed1: waiting",
        "start at step 0",
    ]


@pytest.mark.slow
def test_sigterm_ends_a_training_in_a_line_and_it_goes_on_from_its_last_steps(tmp_path):
    process = jobs.start(jobs.trains_by_command, tmp_path)
    (log := tmp_path / "output").touch()
    deadline = time.monotonic() + 120
    while "steps taken: 2\n" not in log.read_text() and time.monotonic() < deadline and process.is_alive():
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGTERM)
    process.join(60)
    assert process.exitcode == 128 + signal.SIGTERM, log.read_text()
    assert log.read_text().splitlines()[-1] == "stopped; the same command goes on from what is done"
    taken = jobs.steps_in(tmp_path)
    jobs.finish(jobs.trains_by_command, tmp_path)
    assert int(log.read_text().split("start at step ")[2].split()[0]) in (taken - 1, taken)  # it may hit the last save
