"""Accuracy with fewer labels, as a table and as a curve: what `sentiment.experiments.label_efficiency` measured."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from sentiment.config import Classes
from sentiment.data.dataset import classes_of
from sentiment.errors import RunError
from sentiment.metrics.class_balance import balance, by_class, macro_f1, one_class
from sentiment.report.figures.appearance import look
from sentiment.report.leaderboard import student_interval
from sentiment.report.tables import (
    MACRO_F1,
    MEAN_ERROR,
    MOST_RECALLS,
    NOTHING,
    Columns,
    figure,
    percent,
    recall_columns,
)
from sentiment.runs.record import readable

JSON = "label_efficiency.json"  # of a dataset, with every cell
PRETRAINED, SELF_TAUGHT, SCRATCH = "pretrained", "self-taught", "scratch"
_STARTS = {None: "", PRETRAINED: ", pretrained", SCRATCH: ", from scratch", SELF_TAUGHT: ", self-taught"}  # in order
_COMPARABLE = ("dataset", "test_reviews", "draws")  # equal in two results that share a table
_SELF_TAUGHT_CAPTION = (
    " Self-taught: in each round a network starts from the encoder again and learns what the previous network and "
    "NB-SVM predict for all training reviews, also for those whose labels it does not have; and an NB-SVM learns what "
    "NB-SVM predicts for them."
)

MethodKey = tuple[str, str | None, str | None]  # architecture, start and encoder of a cell


@dataclass(frozen=True)
class Cell:
    """A method, fitted on one draw of the labels."""

    labels: int  # training and validation reviews
    draw: int  # its seed
    architecture: str  # of a network, or the name of a linear model
    start: str | None  # PRETRAINED, SELF_TAUGHT or SCRATCH; None for a linear model of the labels
    encoder: str | None  # its name; None without one
    preset: str | None  # None for a linear model
    validation_accuracy: float  # on the reviews that the draw itself holds out
    test_accuracy: float
    seconds: float  # of training
    identity: str  # SHA-256 of what it was made from
    test_confusion: list[list[int]] | None = None  # older cells lack it

    @property
    def method(self) -> MethodKey:
        return self.architecture, self.start, self.encoder

    @property
    def order(self) -> tuple[int, bool, int, str, int]:
        """Of the table: by size, networks above linear models, by start and encoder, then by draw."""
        return self.labels, self.preset is None, list(_STARTS).index(self.start), self.encoder or "", self.draw


@dataclass(frozen=True)
class Point:
    """A method with so many labels: the mean over draws and its interval."""

    method: MethodKey
    labels: int
    accuracies: tuple[float, ...]  # by draw
    seconds: float
    ahead: tuple[float, ...]  # by draw, of the better linear model on the same draw; empty for a linear model
    recall: dict[str, float | None]  # by class, means over draws; None: not measured, or the class does not occur
    macro_f1: float | None  # mean over draws; None: not measured
    mean_error: float | None  # in grades, mean over draws; None: not measured, or classes have no order
    constant: tuple[str, ...]  # the class of each draw whose classifier predicts one class for every test review

    @property
    def mean(self) -> float:
        return fmean(self.accuracies)

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval of the mean over draws (Student's t); the accuracy itself for one draw."""
        return student_interval(self.accuracies) if len(self.accuracies) > 1 else (self.mean, self.mean)


@dataclass(frozen=True)
class LabelEfficiency:
    """What was measured, summarised."""

    results: dict[str, Any]  # the content of the JSON file
    points: tuple[Point, ...]

    heading = "Accuracy with fewer labels"

    @property
    def classes(self) -> Classes:
        """What the methods tell apart."""
        return classes_of(self.results["dataset"])

    @property
    def caption(self) -> str:
        """How to read the table and the curve."""
        draws, reviews, dataset = (self.results[name] for name in ("draws", "test_reviews", "dataset"))
        amount = "all" if reviews == dataset["test"] else f"{reviews:,} of the"
        over = f"mean over {draws} random draws with its 95% interval (Student's t)" if draws > 1 else "one random draw"
        has_all = draws > 1 and any(self.are_all(point.labels) for point in self.points)
        same = " Draws of all labels differ in the validation reviews and in the seed alone." if has_all else ""
        self_taught = any(point.method[1] == SELF_TAUGHT for point in self.points)
        units = {name: encoder["units"] for name, encoder in self.results["encoders"].items()}
        encoders = " or ".join(f"{name} with {count} units" for name, count in units.items())
        return (
            f"Accuracy on {amount} {dataset['test']:,} test reviews, {over}. Every method learns from the same labels, "
            "and its validation reviews are part of them. Pretrained: started from the encoder, which has read the "
            f"training reviews without their labels: {encoders}, whose own seconds are not counted."
            f"{_SELF_TAUGHT_CAPTION if self_taught else ''} Ahead: of the linear model of the labels alone with the "
            f"higher mean at that number of labels, on the same draws.{same}"
        )

    @property
    def warnings(self) -> list[str]:
        """A sentence for each method that, with so many labels, predicts one class for every test review."""
        return [
            f"{self.title(point.method)} with {point.labels:,} labels says one class "
            f"({', '.join(dict.fromkeys(point.constant))}) of all test reviews in {len(point.constant)} of "
            f"{len(point.accuracies)} draws; its accuracy there is the share of that class."
            for point in self.points
            if point.constant
        ]

    @property
    def balance(self) -> str:
        """The accuracy of a constant answer, in a sentence; empty where no cell has a confusion matrix."""
        confusion = next((cell.test_confusion for cell in _cells(self.results) if cell.test_confusion), None)
        return balance(confusion, self.classes.names) if confusion else ""

    def are_all(self, labels: int) -> bool:
        """Whether the dataset has just so many labels."""
        return labels == self.results["dataset"]["train"] + self.results["dataset"]["validation"]

    def title(self, method: MethodKey) -> str:
        """For example `Custom LSTM, pretrained`, with the name of the encoder where there are several."""
        return method_title(method) + (f" ({method[2]})" if method[2] and len(self.results["encoders"]) > 1 else "")


def beside_earlier(dataset_folder: Path, results: dict[str, Any]) -> dict[str, Any]:
    """New results with earlier ones of other sizes and other encoders, where both can be compared.

    Args:
        dataset_folder: of the file with the earlier ones, if there is one.
        results: the new ones.
    """
    try:
        content = read_label_efficiency(dataset_folder, results["dataset"]["content_hash"])
    except RunError:
        return results  # the unreadable file is replaced
    if content is None:
        return results
    before, new = content.results, _cells(results)
    comparable = all(_same(before.get(name), results[name]) for name in _COMPARABLE)
    machines = before["machine"], results["machine"]  # older results do not name the instructions of the processor
    if not comparable or any(machines[0][name] != machines[1][name] for name in machines[0].keys() & machines[1]):
        return results
    encoders = before["encoders"] | results["encoders"]
    measured = {(cell.labels, cell.method) for cell in new}
    earlier = [
        cell
        for cell in _cells(before)
        if (cell.labels, cell.method) not in measured
        and before["encoders"].get(cell.encoder) == encoders.get(cell.encoder)
        and before.get("presets", {}).get(cell.preset) == results["presets"].get(cell.preset)
    ]
    cells = sorted([*earlier, *new], key=lambda cell: cell.order)
    names = {cell.encoder for cell in cells}
    return {
        **results,
        "encoders": {name: encoder for name, encoder in encoders.items() if name in names},
        "cells": [asdict(cell) for cell in cells],
    }


def _same(before: Any, now: Any) -> bool:
    """Whether a value from the file equals a new one as JSON; empty fields that the file lacks do not count."""
    now = json.loads(json.dumps(now))
    if isinstance(before, dict) and isinstance(now, dict):
        return {**before, **{name: value for name, value in now.items() if name not in before and not value}} == now
    return bool(before == now)


def read_label_efficiency(dataset_folder: Path, content_hash: str) -> LabelEfficiency | None:
    """What was measured on the reviews with that hash; None where nothing was.

    Raises:
        RunError: the file cannot be read.
    """
    path = dataset_folder / JSON
    if not path.is_file():
        return None
    with readable(path, "delete it or measure again"):
        content = summarised(json.loads(path.read_text(encoding="utf-8")))
        return content if content.results["dataset"]["content_hash"] == content_hash else None


def method_title(method: MethodKey) -> str:
    """For example `Custom LSTM, pretrained`."""
    architecture, start, _ = method
    return look(architecture).title + _STARTS[start]


def table_columns(content: LabelEfficiency) -> Columns:
    """A row for each size and method, and columns of what a row has.

    Recall has columns for up to `MOST_RECALLS` classes, else the mean F1 has one.
    """
    points = content.points
    recalls = recall_columns([point.recall for point in points])
    if len(recalls) > MOST_RECALLS:
        recalls = [(MACRO_F1, [figure(point.macro_f1) for point in points])]
    recalls.append((MEAN_ERROR, [figure(point.mean_error) for point in points]))
    return [
        ("Method", [content.title(point.method) for point in points]),
        ("Labels", [f"{point.labels:,}" + (" (all)" if content.are_all(point.labels) else "") for point in points]),
        ("Test accuracy", [percent(point.mean) for point in points]),
        ("95% interval", [_interval(point.accuracies, ".2f", "–") for point in points]),
        *((header, cells) for header, cells in recalls if any(cell != NOTHING for cell in cells)),
        ("Ahead, points", [f"{100 * fmean(point.ahead):+.2f}" if point.ahead else NOTHING for point in points]),
        ("its 95% interval", [_interval(point.ahead, "+.2f", " to ") for point in points]),
        ("Seconds to train", [f"{point.seconds:,.0f}" for point in points]),
    ]


def summarised(results: dict[str, Any]) -> LabelEfficiency:
    """Results as the JSON file holds them, with a point for each size and method."""
    groups: dict[int, dict[MethodKey, list[Cell]]] = {}
    for cell in sorted(_cells(results), key=lambda cell: cell.order):
        groups.setdefault(cell.labels, {}).setdefault(cell.method, []).append(cell)
    points, classes = [], classes_of(results["dataset"])
    for labels, methods in groups.items():
        accuracies = {method: tuple(cell.test_accuracy for cell in cells) for method, cells in methods.items()}
        linear = max((accuracies[method] for method in methods if method[1] is None), key=fmean)  # harder to beat
        for method, cells in methods.items():
            ahead = tuple(a - b for a, b in zip(accuracies[method], linear, strict=True)) if method[1] else ()
            confusions = [cell.test_confusion for cell in cells if cell.test_confusion]
            constant = tuple(filter(None, (one_class(confusion, classes.names) for confusion in confusions)))
            figures = _figures(confusions if len(confusions) == len(cells) else [], classes)
            seconds = fmean(cell.seconds for cell in cells)
            points.append(Point(method, labels, accuracies[method], seconds, ahead, **figures, constant=constant))
    return LabelEfficiency(results, tuple(points))


def _cells(results: dict[str, Any]) -> list[Cell]:
    return [Cell(**cell) for cell in results["cells"]]


def _figures(confusions: Sequence[list[list[int]]], classes: Classes) -> dict[str, Any]:
    """What a point has beside accuracy, means over draws; no confusion matrix where a draw lacks it."""
    recalls = [by_class(confusion, classes.names)["recall"] for confusion in confusions]
    return {
        "recall": {name: _mean([recall[name] for recall in recalls]) for name in classes.names},
        "macro_f1": _mean([macro_f1(confusion) for confusion in confusions]),
        "mean_error": _mean([_mean_error(confusion) for confusion in confusions]) if classes.is_graded else None,
    }


def _mean_error(confusion: list[list[int]]) -> float:
    """The mean distance of predicted and true grades."""
    distances = [
        abs(true - predicted) * count for true, row in enumerate(confusion) for predicted, count in enumerate(row)
    ]
    return sum(distances) / sum(map(sum, confusion))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def _interval(values: Sequence[float], form: str, between: str) -> str:
    """Of the mean, in percentage points."""
    return between.join(format(100 * end, form) for end in student_interval(values)) if len(values) > 1 else NOTHING
