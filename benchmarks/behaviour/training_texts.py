"""Texts of the frames to train on, as a file of reviews. None of them has the form of a text to test with."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from benchmarks.behaviour.capabilities import CAPABILITIES
from benchmarks.behaviour.filling import SEED, TRAIN, Case, cases
from sentiment.config.classes import NEUTRAL
from sentiment.support.storage import write_text


def training_cases(per_frame: int, seed: int = SEED, *, two_classes: bool = False) -> Iterator[Case]:
    """Labelled texts of every capability, without repeated ones.

    Args:
        per_frame: most texts of a frame.
        seed: of their words.
        two_classes: whether neutral texts are left out.
    """
    seen = set()
    for capability in CAPABILITIES:
        for case in cases(capability, TRAIN, per_frame, seed):
            if case.texts not in seen and not (two_classes and case.expected == NEUTRAL):
                seen.add(case.texts)
                yield case


def write_training_texts(path: Path, per_frame: int, seed: int = SEED, *, two_classes: bool = False) -> int:
    """Writes a CSV file with the columns review, label and capability, in the order of the capabilities.

    Returns:
        How many texts it has.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("review", "label", "capability"))
    rows = [
        (case.texts[0], case.expected, case.capability)
        for case in training_cases(per_frame, seed, two_classes=two_classes)
    ]
    writer.writerows(rows)
    write_text(path, table.getvalue())
    return len(rows)
