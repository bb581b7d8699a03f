"""Accuracy with fewer labels, as a table and as a curve: what `sentiment.experiments.label_efficiency` measured.

models/<dataset>/label_efficiency.json      every cell
models/<dataset>/label_efficiency.md        the table
models/<dataset>/label_efficiency.png       the curve
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from sentiment.errors import RunError
from sentiment.metrics.class_balance import CLASSES, balance, by_class, one_class
from sentiment.report.figures.appearance import Look, look
from sentiment.report.leaderboard import student_interval
from sentiment.report.tables import NOTHING, Columns, markdown_table, percent, share
from sentiment.runs.record import json_text
from sentiment.support.environment import machine_in_words
from sentiment.support.storage import new_file, write_text

JSON, MARKDOWN, PNG = (f"label_efficiency.{ending}" for ending in ("json", "md", "png"))
PRETRAINED, SELF_TAUGHT, SCRATCH = "pretrained", "self-taught", "scratch"
_STARTS = (None, PRETRAINED, SCRATCH, SELF_TAUGHT)

_COMPARABLE = ("dataset", "test_reviews", "draws")  # of two results that make one table, with the machine
_MARKERS = "oDPX"  # of encoders beyond the first, which has that of its architecture
_SELF_TAUGHT_MARKERS = "*^<>"  # by encoder, for all architectures

MethodKey = tuple[str, str | None, str | None]  # architecture, start and encoder of a cell


@dataclass(frozen=True)
class Cell:
    """A method, fitted on one draw."""

    labels: int  # training and validation reviews
    draw: int  # its seed
    architecture: str  # of a network, or the name of a linear model
    start: str | None  # PRETRAINED, SELF_TAUGHT or SCRATCH; None for a linear model that learnt the labels
    encoder: str | None  # its name; None where there is none
    preset: str | None  # None for a linear model
    validation_accuracy: float  # on the reviews that the draw itself holds out
    test_accuracy: float
    seconds: float  # of training
    identity: str  # SHA-256 of what it was made of
    test_confusion: list[list[int]] | None = None  # None for a cell that is older than it

    @property
    def method(self) -> MethodKey:
        return self.architecture, self.start, self.encoder

    @property
    def place(self) -> tuple[int, bool, int, str, int]:
        """In the table: by size, networks above linear models, by what they start from; and among the draws."""
        return self.labels, self.preset is None, _STARTS.index(self.start), self.encoder or "", self.draw


@dataclass(frozen=True)
class Point:
    """A method with so many labels: the mean over draws, and how sure it is."""

    method: MethodKey
    labels: int
    accuracies: tuple[float, ...]  # by draw
    seconds: float
    ahead: tuple[float, ...]  # by draw, of the better linear model on the same draw; empty for a linear model
    recalls: tuple[float | None, float | None] = (None, None)  # of negative and of positive reviews, means over draws
    constant: tuple[str, ...] = ()  # the class of each draw whose classifier says one class of every test review

    @property
    def mean(self) -> float:
        return fmean(self.accuracies)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95% interval of the mean over draws (Student's t); None for one draw."""
        return student_interval(self.accuracies) if len(self.accuracies) > 1 else None


@dataclass(frozen=True)
class LabelEfficiency:
    """What was measured, read and summarised."""

    results: dict[str, Any]  # what the JSON file holds
    points: tuple[Point, ...]

    def are_all(self, labels: int) -> bool:
        """Whether so many are all there are."""
        return labels == self.results["dataset"]["train"] + self.results["dataset"]["validation"]

    @property
    def heading(self) -> str:
        return "Accuracy with fewer labels"

    @property
    def caption(self) -> str:
        """How to read the table and the curve."""
        draws, asked, there = (self.results[name] for name in ("draws", "test_reviews", "dataset"))
        which = "all" if asked == there["test"] else f"{asked:,} of the"
        over = f"mean over {draws} random draws" if draws > 1 else "one random draw"
        interval = " with its 95% interval (Student's t)" if draws > 1 else ""
        every = any(self.are_all(point.labels) for point in self.points) and draws > 1
        same = " Draws of all labels differ in the validation reviews and in the seed alone." if every else ""
        taught = any(point.method[1] == SELF_TAUGHT for point in self.points)
        encoders = " or ".join(map(self._encoder, self.results["encoders"]))
        self_taught = (
            " Self-taught: round by round, a network that starts from the encoder again and learns what the one before "
            "and NB-SVM say of all training reviews, also of those whose labels it does not have; and an NB-SVM that "
            "learns what NB-SVM says of them."
        )
        return (
            f"Accuracy on {which} {there['test']:,} test reviews, {over}{interval}. Every method learns from the same "
            "labels, and its validation reviews come out of them. Pretrained: started from the encoder, which has read "
            f"the training reviews without their labels: {encoders}, whose own seconds are not counted."
            f"{self_taught if taught else ''} Ahead: of the linear model of the labels alone with the higher mean at "
            f"that number of labels, on the same draws.{same}"
        )

    @property
    def warnings(self) -> list[str]:
        """A sentence for each method that, with so many labels, has learnt to say one class of every test review."""
        return [
            f"{self.title(point.method)} with {point.labels:,} labels says one class "
            f"({', '.join(dict.fromkeys(point.constant))}) of all test reviews in {len(point.constant)} of "
            f"{len(point.accuracies)} draws; its accuracy there is the share of that class."
            for point in self.points
            if point.constant
        ]

    @property
    def balance(self) -> str:
        """What saying one class of every test review gets right; empty where no cell knows."""
        known = next((cell.test_confusion for cell in _cells(self.results) if cell.test_confusion), None)
        return balance(known) if known else ""

    def title(self, method: MethodKey) -> str:
        """For example `Custom LSTM, pretrained`, with the name of the encoder where there are several."""
        several = method[2] and len(self.results["encoders"]) > 1
        return method_title(method) + (f" ({method[2]})" if several else "")

    def _encoder(self, name: str) -> str:
        return f"{name} with {self.results['encoders'][name]['units']} units"


@dataclass(frozen=True)
class LabelEfficiencyPaths:
    """What was written, and what it says."""

    json: Path
    markdown: Path
    png: Path
    content: LabelEfficiency


def write_label_efficiency(dataset_folder: Path, results: dict[str, Any]) -> LabelEfficiencyPaths:
    """Writes the three files.

    Args:
        dataset_folder: where they go.
        results: what the JSON file is to hold.

    Raises:
        StorageError: no room left, or no permission.
    """
    content = _understood(results)
    json_file, table, png = (dataset_folder / name for name in (JSON, MARKDOWN, PNG))
    picture = draw_curve(content)
    write_text(json_file, json_text(results))
    write_text(table, markdown(content))
    with new_file(png) as temporary:
        temporary.write_bytes(picture)
    return LabelEfficiencyPaths(json_file, table, png, content)


def beside_earlier(dataset_folder: Path, results: dict[str, Any]) -> dict[str, Any]:
    """The same results, with what is there of other sizes and other encoders, if it can be compared.

    Args:
        dataset_folder: where the file is, if there is one.
        results: what was measured now.
    """
    try:
        content = read_label_efficiency(dataset_folder, results["dataset"]["content_hash"])
    except RunError:
        return results  # it is to be replaced
    if content is None or not all(_same(content.results.get(name), results[name]) for name in _COMPARABLE):
        return results
    if not _same_machine(content.results["machine"], results["machine"]):
        return results
    new, before = _cells(results), content.results
    encoders = before["encoders"] | results["encoders"]
    measured = {(cell.labels, cell.method) for cell in new}
    earlier = [
        cell
        for cell in _cells(before)
        if (cell.labels, cell.method) not in measured
        and before["encoders"].get(cell.encoder) == encoders.get(cell.encoder)
        and before.get("presets", {}).get(cell.preset) == results["presets"].get(cell.preset)
    ]
    cells = sorted([*earlier, *new], key=lambda cell: cell.place)
    names = {cell.encoder for cell in cells}
    return {
        **results,
        "encoders": {name: known for name, known in encoders.items() if name in names},
        "cells": [asdict(cell) for cell in cells],
    }


def _same(before: Any, now: Any) -> bool:
    """Whether a value of the file is the one of now, as JSON writes it; a field younger than the file says nothing."""
    now = json.loads(json.dumps(now))
    if isinstance(before, dict) and isinstance(now, dict):
        younger = {name: value for name, value in now.items() if name not in before and not value}
        return {**before, **younger} == now
    return bool(before == now)


def read_label_efficiency(dataset_folder: Path, content_hash: str) -> LabelEfficiency | None:
    """What was measured on the reviews with that hash; None where nothing was.

    Raises:
        RunError: the file is there and cannot be read.
    """
    path = dataset_folder / JSON
    if not path.is_file():
        return None
    try:
        content = _understood(json.loads(path.read_text(encoding="utf-8")))
        return content if content.results["dataset"]["content_hash"] == content_hash else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise RunError(f"expected a readable {path}; found {reason}; delete it or measure again") from None


def method_title(method: MethodKey) -> str:
    """For example `Custom LSTM, pretrained`."""
    architecture, start, _ = method
    kind = {PRETRAINED: ", pretrained", SELF_TAUGHT: ", self-taught", SCRATCH: ", from scratch", None: ""}[start]
    return look(architecture).title + kind


def table_columns(content: LabelEfficiency) -> Columns:
    """A row for each size and method; headers and cells. Recall has columns where it was written down for any row."""
    points = content.points
    recalls = [
        (f"Recall, {label}", [share(point.recalls[index]) for point in points]) for index, label in enumerate(CLASSES)
    ]
    return [
        ("Method", [content.title(point.method) for point in points]),
        ("Labels", [f"{point.labels:,}" + (" (all)" if content.are_all(point.labels) else "") for point in points]),
        ("Test accuracy", [percent(point.mean) for point in points]),
        ("95% interval", [_interval(point.accuracies, ".2f", "–") for point in points]),
        *(recalls if any(recall is not None for point in points for recall in point.recalls) else []),
        ("Ahead, points", [f"{100 * fmean(point.ahead):+.2f}" if point.ahead else NOTHING for point in points]),
        ("its 95% interval", [_interval(point.ahead, "+.2f", " to ") for point in points]),
        ("Seconds to train", [f"{point.seconds:,.0f}" for point in points]),
    ]


def markdown(content: LabelEfficiency) -> str:
    """The table, and how to read it."""
    machine = content.results["machine"]
    lines = [
        content.caption,
        "",
        *([content.balance, ""] if content.balance else []),
        *markdown_table(table_columns(content)),
        "",
        *(line for warning in content.warnings for line in (warning, "")),
        f"Seconds on {machine_in_words(machine)}.",
    ]
    return "\n".join(lines) + "\n"


def draw_curve(content: LabelEfficiency) -> bytes:
    """Accuracy against the number of labels, a line for each method with its intervals, as PNG."""
    from matplotlib.figure import Figure  # a second to import, which the tables do not need
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

    from sentiment.report.figures.style import clean, png

    figure = Figure((10.0, 5.4), layout="constrained")
    axes = figure.subplots()
    methods = list(dict.fromkeys(point.method for point in content.points))
    labels = list(dict.fromkeys(point.labels for point in content.points))
    encoders = list(content.results["encoders"])
    # Beside one another, or the intervals would hide each other.
    step = 1.035
    for place, method in enumerate(methods):
        own = [point for point in content.points if point.method == method]
        style = _look(method, encoders)
        aside = step ** (place - (len(methods) - 1) / 2)
        means = [point.mean for point in own]
        ends = [point.interval or (point.mean, point.mean) for point in own]
        axes.errorbar(
            [aside * point.labels for point in own],
            means,
            yerr=[[m - low for m, (low, _) in zip(means, ends, strict=True)],
                  [high - m for m, (_, high) in zip(means, ends, strict=True)]],
            color=style.colour, linestyle=style.line, marker=style.marker, linewidth=2,
            markersize=10 if style.marker == "*" else 6.5,
            elinewidth=1.3, capsize=3, markerfacecolor="white" if method[1] == SCRATCH else style.colour,
            label=content.title(method),
        )  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(labels))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlim(min(labels) / 1.25, max(labels) * 1.25)
    axes.set_ylim(*_limits(content.points))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("Labelled reviews, training and validation together")
    axes.set_ylabel("Test accuracy" + (", with 95% interval" if content.results["draws"] > 1 else ""))
    clean(axes, grid="both")
    axes.legend(loc="lower right", frameon=False, fontsize=10, handlelength=4.5)
    return png(figure)


def _understood(results: dict[str, Any]) -> LabelEfficiency:
    cells = sorted(_cells(results), key=lambda cell: cell.place)
    points = []
    for labels in sorted({cell.labels for cell in cells}):
        here = [cell for cell in cells if cell.labels == labels]
        linear = _better_linear(here)
        for method in dict.fromkeys(cell.method for cell in here):
            own = [cell for cell in here if cell.method == method]
            accuracies = tuple(cell.test_accuracy for cell in own)
            ahead = tuple(a - b for a, b in zip(accuracies, linear, strict=True)) if method[1] else ()
            seconds = fmean(cell.seconds for cell in own)
            points.append(Point(method, labels, accuracies, seconds, ahead, _recalls(own), _constant(own)))
    return LabelEfficiency(results, tuple(points))


def _cells(results: dict[str, Any]) -> list[Cell]:
    return [Cell(**cell) for cell in results["cells"]]


def _same_machine(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether nothing that both know of their machines is different: an older one does not name its instructions."""
    return all(a[name] == b[name] for name in a.keys() & b.keys())


def _recalls(cells: Sequence[Cell]) -> tuple[float | None, float | None]:
    """Means over the draws; None where one of them is older than its confusion matrix, or the class does not occur."""
    by_draw = [by_class(cell.test_confusion) for cell in cells if cell.test_confusion]
    negative, positive = (
        [recall for recalls in by_draw if (recall := recalls[f"recall_{label}"]) is not None] for label in CLASSES
    )
    return (
        fmean(negative) if len(negative) == len(cells) else None,
        fmean(positive) if len(positive) == len(cells) else None,
    )


def _constant(cells: Sequence[Cell]) -> tuple[str, ...]:
    said = [one_class(cell.test_confusion) for cell in cells if cell.test_confusion]
    return tuple(label for label in said if label)


def _better_linear(cells: Sequence[Cell]) -> tuple[float, ...]:
    """Accuracies by draw of the linear model with the higher mean: the one that is harder to beat."""
    by_method: dict[str, list[float]] = {}
    for cell in cells:
        if cell.start is None:
            by_method.setdefault(cell.architecture, []).append(cell.test_accuracy)
    return tuple(max(by_method.values(), key=fmean))


def _interval(values: Sequence[float], form: str, between: str) -> str:
    """Of the mean, in points."""
    if len(values) < 2:
        return NOTHING
    return between.join(format(100 * end, form) for end in student_interval(values))


def _look(method: MethodKey, encoders: Sequence[str]) -> Look:
    architecture, start, encoder = method
    style = look(architecture)
    line = {SCRATCH: (0, (4, 2)), SELF_TAUGHT: (0, (6, 2, 1.5, 2))}.get(start or "", style.line)
    place = encoders.index(encoder) if encoder in encoders else 0
    marker = _MARKERS[place % len(_MARKERS)] if place else style.marker
    if start == SELF_TAUGHT:
        marker = _SELF_TAUGHT_MARKERS[place % len(_SELF_TAUGHT_MARKERS)]
    return Look(style.title, style.colour, line, marker)


def _limits(points: Sequence[Point]) -> tuple[float, float]:
    """Room for every mean and, as far as that does not press the lines flat, for every interval."""
    means = [point.mean for point in points]
    room = max(max(means) - min(means), 0.05)
    lowest = min((point.interval or (point.mean,))[0] for point in points)
    highest = max((point.interval or (point.mean,))[-1] for point in points)
    return max(lowest - 0.02, min(means) - room / 2, 0.0), min(highest + 0.02, max(means) + room / 2, 1.0)
