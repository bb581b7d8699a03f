"""Scoring with threads that is killed, then interrupted, makes the very parts of a job that was not."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.scored_files import names_below, parts_of, write_rows

ROOT = Path(__file__).parents[2]
COMPACT = ROOT / "models" / "imdb" / "compact"
WORDS = "the film was good bad dull great fine acting plot never again best worst so very not it watch".split()
ROWS = 6_000


def start(source: Path, target: Path) -> "subprocess.Popen[str]":
    command = ("score", "--run", COMPACT, "--input", source, "--output", target, "--rows-per-part", 100)
    return subprocess.Popen(
        [sys.executable, "-m", "sentiment", *map(str, command), "--engine", "local", "--workers", "2"],
        env={**os.environ, "COLUMNS": "200"}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finished(target: Path) -> int:
    folder = target / "_work" / "finished"
    return len(list(folder.glob("part-*.json"))) if folder.is_dir() else 0


def ended_by(number: signal.Signals, process: "subprocess.Popen[str]", target: Path) -> str:
    """What a job said that got a signal when it had finished some more parts."""
    before = finished(target)
    while process.poll() is None and finished(target) < before + 5:
        time.sleep(0.01)
    process.send_signal(number)
    return process.communicate()[1]


@pytest.mark.slow
def test_a_job_that_is_killed_and_interrupted_makes_the_parts_of_one_that_is_not(tmp_path):
    rng = random.Random(3)
    rows = [{"id": number, "text": " ".join(rng.choices(WORDS, k=rng.randint(2, 40)))} for number in range(ROWS)]
    source, whole, target = write_rows(tmp_path / "in.csv", rows), tmp_path / "whole", tmp_path / "out"
    process = start(source, whole)
    assert "scored 6,000 rows in 60 parts" in process.communicate()[1]

    process = start(source, target)
    errors = ended_by(signal.SIGKILL, process, target)
    assert process.returncode == -signal.SIGKILL, errors
    process = start(source, target)
    errors = ended_by(signal.SIGINT, process, target)
    assert (process.returncode, errors) == (130, "stopped; the same command goes on from what is done\n")
    assert 10 <= finished(target) < 60
    process = start(source, target)
    errors = process.communicate()[1]
    assert process.returncode == 0, errors
    assert "of 60 parts were finished by an earlier job" in errors
    assert parts_of(target) == parts_of(whole)
    assert names_below(target) == {"_manifest.json", *parts_of(whole)}
