"""Learning curves of networks; ROC curves, reliability diagrams and confusion matrices of every model."""

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator, PercentFormatter

from sentiment.metrics.measures import reliability, roc_curve
from sentiment.report.figures.appearance import look, title
from sentiment.report.figures.style import GRID, INK, MUTED, WIDTH, clean
from sentiment.report.leaderboard import Model

ENOUGH = 20  # reviews of which a share is drawn; that of fewer is too noisy
_COLUMNS = 4  # panels side by side
COUNTED = 5  # classes up to which a confusion matrix has room for counts beside shares
_LETTERS = 12  # of the name of a class beside an axis
_ORDER = ("custom-lstm", "lstm", "bilstm", "gru")
_DASHED: dict[str, Any] = {"color": MUTED, "linewidth": 1.4, "linestyle": (0, (4, 2))}


def learning_curves(models: Sequence[Model]) -> Figure:
    """Accuracy and loss by epoch of networks of one family, a column for each and a line for each seed."""
    models = sorted(models, key=lambda model: (*_ORDER, model.row.architecture).index(model.row.architecture))
    figure = Figure((WIDTH, 5.4), layout="constrained")
    panels = figure.subplots(2, len(models), sharex=True, sharey="row", squeeze=False)
    for column, model in zip(panels.T, models, strict=True):
        for axes, quantity in zip(column, ("accuracy", "loss"), strict=True):
            _curves(axes, model, quantity)
            axes.xaxis.get_major_locator().set_params(integer=True)
        column[0].set_title(_heading(model, 90 // len(models)), color=INK, fontsize=11, fontweight="bold")
        column[1].set_xlabel("Epoch")
        best, history = model.shown.record.best_epoch, model.shown.history
        if best is not None and history is not None and len(model.results) == 1:
            # Of the curve: the temperature, fitted later, may change the most probable of several grades.
            for accuracy in history["validation_accuracy"][history["epoch"] == best]:
                _note(column[0], f"epoch {best}: {100 * accuracy:.1f}%", (0.97, 0.04))
    colour = look(models[0].row.architecture).colour if len(models) == 1 else INK
    lines = [
        Line2D([], [], **_DASHED, label="training, with dropout"),
        Line2D([], [], color=colour, linewidth=2, label="validation"),
        Line2D([], [], color=INK, linestyle="", marker="o", markersize=11, fillstyle="none", label="epoch kept"),
    ]
    figure.legend(handles=lines, loc="outside lower center", ncols=3, frameon=False, fontsize=10)
    panels[0, 0].set_ylabel("Accuracy")
    panels[0, 0].yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], min_n_ticks=3))
    panels[0, 0].yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    panels[1, 0].set_ylabel("Log loss (nats)")
    figure.align_ylabels(panels[:, 0])
    return figure


def _curves(axes: Axes, model: Model, quantity: str) -> None:
    """Training and validation curves of all seeds, thinner where they are several, with a ring at the best epoch."""
    style, thin = look(model.row.architecture), 1.0 if len(model.results) == 1 else 0.6
    for result in model.results:
        if result.history is None:
            continue
        epochs, best = result.history["epoch"], result.record.best_epoch
        validation = result.history[f"validation_{quantity}"]
        axes.plot(epochs, result.history[f"train_{quantity}"], **{**_DASHED, "linewidth": 1.4 * thin})
        axes.plot(
            epochs, validation, color=style.colour, linewidth=2 * thin, marker=style.marker, markersize=3.5 * thin
        )
        at_best = validation[epochs == best]
        if best is not None and len(at_best):
            axes.plot(best, at_best[0], "o", markersize=11, markerfacecolor="none", color=INK)
    clean(axes, grid="both")


def roc(models: Sequence[Model], to_beat: Model | None) -> Figure:
    """The ROC curve of each model, with that of the one to beat in grey."""
    # Good classifiers crowd into one corner; only a poor one needs the whole square.
    end = 0.3 if min(model.shown.record.test["roc_auc"] or 0.0 for model in models) > 0.9 else 1.0

    def draw(axes: Axes, model: Model) -> None:
        if end == 1.0:
            axes.plot((0, 1), (0, 1), color=GRID, linewidth=1)  # guessing
        if to_beat and model is not to_beat:
            axes.plot(*roc_curve(to_beat.shown.labels, to_beat.shown.probabilities), color=MUTED, linewidth=1)
        colour = look(model.row.architecture).colour
        axes.plot(*roc_curve(model.shown.labels, model.shown.probabilities), color=colour, linewidth=1.8)
        _note(axes, f"area {model.shown.record.test['roc_auc']:.4f}", (0.95, 0.08))
        axes.set(xlim=(0, end), ylim=(1 - end, 1.003), aspect="equal")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MultipleLocator(end / 3 if end < 1 else 0.5))
            axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f}"))
        first, second = (short(name) for name in model.shown.record.classes.names)
        axes.set(xlabel=f"{first} taken for {second}, %", ylabel=f"{second} found, %")
        clean(axes, grid="both")

    return side_by_side(models, draw, height=2.95)


def reliability_diagram(axes: Axes, model: Model) -> None:
    """Observed against predicted shares: of the second of two classes, else of correct predictions."""
    predicted, observed, reviews = reliability(model.shown.labels, model.shown.probabilities)
    style = look(model.row.architecture)
    axes.bar(predicted, reviews / reviews.sum(), width=0.05, color=style.colour, alpha=0.25, linewidth=0)
    axes.plot((0, 1), (0, 1), color=MUTED, linewidth=1)
    if (enough := reviews >= ENOUGH).any():
        points: dict[str, Any] = {"color": style.colour, "marker": style.marker, "markersize": 4.5, "linewidth": 1.8}
        axes.plot(predicted[enough], observed[enough], **points, clip_on=False)
    _note(axes, f"error {model.shown.record.test['calibration_error']:.3f}", (0.05, 0.92), ha="left", va="top")
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.set_xticks((0, 0.5, 1), ("0", "50", "100"))
    axes.set_yticks((0, 0.5, 1), ("0", "50", "100"))
    classes = model.shown.record.classes
    axes.set(xlabel="probability given, %", ylabel=f"{short(classes.names[1]) if classes.is_binary else 'right'}, %")
    clean(axes, grid="both")


def confusion_matrix(axes: Axes, model: Model) -> None:
    """Counts of each outcome and shares of its class; of many classes, shares alone."""
    names = model.shown.record.classes.names
    counts = np.array(model.shown.record.test["confusion"])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.6)  # never so dark that black figures cannot be read
    for (row, column), count in np.ndenumerate(counts):
        _outcome(axes, (row, column), count, shares[row, column], len(names))
    ticks, labels = range(len(names)), [short(name) for name in names]
    axes.set_xticks(ticks, labels, rotation=90 if _upright(labels) else 0)
    axes.set_yticks(ticks, labels, rotation=0 if len(names) > 2 else 90, va="center")
    axes.set(xlabel="predicted", ylabel="true")
    clean(axes, grid=None)
    axes.tick_params(labelsize=9.5 if len(names) <= COUNTED else 7.5)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _outcome(axes: Axes, cell: tuple[int, int], count: int, part: float, classes: int) -> None:
    """The figures of one cell of a confusion matrix: count and share, or the share alone where there are many."""
    row, column = cell
    middle: dict[str, Any] = {"ha": "center", "va": "center", "color": INK}
    weight = "normal" if row == column else "bold"
    if classes > COUNTED:
        if count:
            axes.annotate(f"{100 * part:.0f}", (column, row), **middle, fontsize=min(9, 84 / classes))
        return
    size, digits = (11, 1) if classes == 2 else (9, 0)
    axes.annotate(f"{count:,}", (column, row - 0.1), **middle, fontsize=size, fontweight=weight)
    axes.annotate(f"{100 * part:.{digits}f}%", (column, row + 0.2), **middle, fontsize=size - 2)


def confusion_matrices(models: Sequence[Model]) -> Figure:
    """A matrix for each model, larger where there are more classes."""
    labels = [short(name) for name in models[0].shown.record.classes.names]
    columns = _COLUMNS if len(labels) == 2 else 3 if len(labels) <= COUNTED else 2
    words = 0.65 + (0.09 * max(map(len, labels)) if _upright(labels) else 0.0)  # above and below the square
    return side_by_side(models, confusion_matrix, height=WIDTH / columns + words, columns=columns)


def _upright(labels: Sequence[str]) -> bool:
    """Whether there is no room for the names of classes side by side."""
    return len(labels) > 2 and max(map(len, labels)) > 3


def short(name: str) -> str:
    """The name of a class as beside an axis. Matplotlib would read formulas between dollar signs."""
    shown = name if len(name) <= _LETTERS else name[: _LETTERS - 1].rstrip() + "…"
    return shown.replace("$", r"\$")


def side_by_side(
    models: Sequence[Model], draw: Callable[[Axes, Model], None], height: float, columns: int = _COLUMNS
) -> Figure:
    """The same small figure for each model, so that none hides another."""
    rows = -(-len(models) // columns)
    headings = [_heading(model, 96 // columns) for model in models]
    height += 0.2 * max(0, max(heading.count("\n") for heading in headings) - 1)  # two lines fit without
    figure = Figure((WIDTH, 0.2 + height * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False)
    for index, (axes, model) in enumerate(zip(panels.flat, models, strict=False)):
        draw(axes, model)
        if index % columns:
            axes.set_ylabel("")
            axes.tick_params(labelleft=False)
        axes.set_title(headings[index], color=INK, fontsize=10.5, fontweight="bold")
    for spare in panels.flat[len(models) :]:
        spare.set_visible(False)
    return figure


def _note(axes: Axes, text: str, place: tuple[float, float], ha: str = "right", va: str = "baseline") -> None:
    """Writes a figure into a panel; the place is in fractions of it."""
    axes.annotate(text, place, xycoords="axes fraction", fontsize=9.5, color=INK, ha=ha, va=va)


def _heading(model: Model, width: int) -> str:
    """The title in lines of so many letters, its details from the second line on."""
    name, *details = title(model.row).split(" (", 1)
    lines = [name, *("(" + detail for detail in details)]
    return "\n".join(textwrap.fill(line, width) for line in lines)
