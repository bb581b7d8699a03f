"""Frames in tables, beside those in `capabilities`: a network that learns ten forms of denial learns the ten, not to
read, and a test of ten forms is a test of these ten.

lessons.csv    to train on
tests.csv      to test with, by writers who knew none of those to train on

Each has what is expected: the side that is held, or a class. No frame to test with has the form of one to train on,
which tests check.
"""

import csv
from pathlib import Path

from benchmarks.behaviour.frames import Frame, Kind

LESSONS, TESTS = (Path(__file__).with_name(f"{name}.csv") for name in ("lessons", "tests"))


def frames_in(path: Path) -> dict[str, tuple[Frame, ...]]:
    """The frames of a file by the name of their capability, in its order."""
    frames: dict[str, list[Frame]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            frames.setdefault(row["capability"], []).append(Frame(Kind.MFT, (row["frame"],), row["expected"]))
    return {capability: tuple(each) for capability, each in frames.items()}
