"""More frames to train on, by capability: a network that learns ten forms of denial learns the ten, not to read.

They are in `lessons.csv`, with what is expected: the side that is held, or a class. None has the form of a frame to
test with, which tests check.
"""

import csv
from pathlib import Path

from benchmarks.behaviour.frames import Frame, Kind

_FILE = Path(__file__).with_suffix(".csv")


def lessons() -> dict[str, tuple[Frame, ...]]:
    """The frames of the file by the name of their capability, in its order."""
    frames: dict[str, list[Frame]] = {}
    with _FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            frames.setdefault(row["capability"], []).append(Frame(Kind.MFT, (row["frame"],), row["expected"]))
    return {capability: tuple(each) for capability, each in frames.items()}
