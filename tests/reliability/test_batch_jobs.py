"""A job that predicts a file and is killed again and again writes the very file of one that was not killed."""

import csv
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.reliability import FULL

ROOT = Path(__file__).parents[2]
ROWS, KILLS = (1_000_000, 10) if FULL else (12_000, 1)
WORDS = "the film was good bad dull great fine acting plot never again best worst so very not it watch".split()


def start(source: Path, target: Path) -> subprocess.Popen[str]:
    run = ROOT / "models" / "imdb" / "compact"
    return subprocess.Popen(
        [sys.executable, "-m", "sentiment", "predict", "--run", run, "--input", source, "--output", target],
        env={**os.environ, "SENTIMENT_CHECKPOINT_SECONDS": "0.2"}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def journal_bytes(target: Path) -> int:
    try:
        return target.with_name(f".{target.name}.journal").stat().st_size
    except FileNotFoundError:
        return 0


def finish(process: subprocess.Popen[str]) -> str:
    errors = process.communicate()[1]
    assert process.returncode == 0, errors
    return errors


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["csv", "parquet"] if FULL else ["csv"])
def test_no_row_is_lost_and_none_is_there_twice(suffix, tmp_path, record_property):
    rng = random.Random(1)
    with (tmp_path / "in.csv").open("w", newline="") as file:
        rows = ((number, " ".join(rng.choices(WORDS, k=rng.randint(2, 9)))) for number in range(ROWS))
        csv.writer(file).writerows([("id", "text"), *rows])
    whole, killed = tmp_path / f"whole.{suffix}", tmp_path / f"killed.{suffix}"
    started, process, longest = time.monotonic(), start(tmp_path / "in.csv", whole), 0
    while process.poll() is None:
        longest = max(longest, journal_bytes(whole))
        time.sleep(0.02)
    finish(process)
    seconds = time.monotonic() - started
    kills = 0
    for share in sorted(rng.uniform(0, 0.9 if FULL else 0.6) for _ in range(KILLS)):
        process = start(tmp_path / "in.csv", killed)
        before = journal_bytes(killed)
        while process.poll() is None and journal_bytes(killed) <= max(before, share * longest):
            time.sleep(0.02)
        process.kill()
        errors = process.communicate()[1]
        if process.returncode == 0:  # it was at its end before it was killed
            break
        assert process.returncode == -signal.SIGKILL, errors
        kills += 1
    else:
        errors = finish(start(tmp_path / "in.csv", killed))
    print(f"{seconds:.0f} s without a kill; the last start: {errors}")
    record_property("rows", ROWS)
    record_property("kills", kills)
    assert kills
    assert "predictions were made before this job" in errors
    assert hashlib.sha256(killed.read_bytes()).digest() == hashlib.sha256(whole.read_bytes()).digest()
    if suffix == "csv":
        with killed.open(newline="") as file:
            assert [int(row["id"]) for row in csv.DictReader(file)] == list(range(ROWS))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", killed.name, whole.name]
