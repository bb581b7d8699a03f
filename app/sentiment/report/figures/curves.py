"""Learning curves of networks; ROC curves, reliability diagrams and confusion matrices of every model."""

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator, PercentFormatter

from sentiment.config import ARCHITECTURE_NAMES, OURS
from sentiment.metrics.measures import reliability, roc_curve
from sentiment.report.figures.appearance import look, title
from sentiment.report.figures.style import GRID, INK, MUTED, clean
from sentiment.report.leaderboard import Model

ENOUGH = 20  # reviews of which a share is drawn; that of fewer is too noisy
PANEL = 2.5  # inches, the width of one figure of several side by side
_ROC_POINTS = 120
COUNTED = 5  # classes up to which a confusion matrix has room for counts beside shares
_LETTERS = 12  # of the name of a class beside an axis
_DASHED: dict[str, Any] = {"color": MUTED, "linewidth": 1.4, "linestyle": (0, (4, 2))}


def learning_curves(models: Sequence[Model]) -> list[Figure]:
    """Accuracy above loss by epoch of networks of one family: a figure for each, with a line for each seed."""
    models = sorted(
        models, key=lambda model: (*ARCHITECTURE_NAMES, model.row.architecture).index(model.row.architecture)
    )
    figures = _figures(models, _learning_curves, height=4.2)
    for panels in zip(*(figure.axes for figure in figures), strict=True):
        lows, highs = zip(*(axes.get_ylim() for axes in panels), strict=True)
        for axes in panels:
            axes.set_ylim(min(lows), max(highs))  # the same for all, to compare them
    return figures


def _learning_curves(figure: Figure, model: Model) -> Axes:
    accuracy, loss = figure.subplots(2, 1, sharex=True)
    _curves(accuracy, model, "accuracy")
    _curves(loss, model, "loss")
    best, history = model.shown.record.best_epoch, model.shown.history
    if best is not None and history is not None and len(model.results) == 1:
        # Of the curve: the temperature, fitted later, may change the most probable of several grades.
        for reached in history["validation_accuracy"][history["epoch"] == best]:
            _note(accuracy, f"epoch {best}: {100 * reached:.1f}%", (0.97, 0.04))
    accuracy.set_ylabel("Accuracy")
    accuracy.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], min_n_ticks=3))
    accuracy.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    loss.xaxis.get_major_locator().set_params(integer=True)
    loss.set(xlabel="Epoch", ylabel="Log loss (nats)")
    figure.align_ylabels([accuracy, loss])
    return accuracy


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


def roc(models: Sequence[Model], to_beat: Model | None) -> list[Figure]:
    """The ROC curve of each model, with that of the one to beat in grey."""
    # Good classifiers crowd into one corner; only a poor one needs the whole square.
    end = 0.3 if min(model.shown.record.test["roc_auc"] or 0.0 for model in models) > 0.9 else 1.0

    def draw(figure: Figure, model: Model) -> Axes:
        axes = figure.subplots()
        if end == 1.0:
            axes.plot((0, 1), (0, 1), color=GRID, linewidth=1)  # guessing
        if to_beat and model is not to_beat:
            axes.plot(*_thinned_roc(to_beat), color=MUTED, linewidth=1)
        axes.plot(*_thinned_roc(model), color=look(model.row.architecture).colour, linewidth=1.8)
        _note(axes, f"area {model.shown.record.test['roc_auc']:.4f}", (0.95, 0.08))
        axes.set(xlim=(0, end), ylim=(1 - end, 1.003), aspect="equal")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MultipleLocator(end / 3 if end < 1 else 0.5))
            axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f}"))
        first, second = (short(name) for name in model.shown.record.classes.names)
        axes.set(xlabel=f"{first} taken for {second}, %", ylabel=f"{second} found, %")
        clean(axes, grid="both")
        return axes

    return _figures(models, draw)


def _thinned_roc(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """The ROC curve with as many points as a small figure shows: of thousands, those at even steps along it."""
    false, true = roc_curve(model.shown.labels, model.shown.probabilities)
    along = np.cumsum(np.hypot(np.diff(false, prepend=0.0), np.diff(true, prepend=0.0)))
    points = np.unique(np.searchsorted(along, np.linspace(0.0, along[-1], _ROC_POINTS)))
    return false[points], true[points]


def reliability_diagrams(models: Sequence[Model]) -> list[Figure]:
    """A diagram for each model, see `_reliability_diagram`."""
    return _figures(models, _reliability_diagram)


def _reliability_diagram(figure: Figure, model: Model) -> Axes:
    """Observed against predicted shares: of the second of two classes, else of correct predictions."""
    axes = figure.subplots()
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
    return axes


def confusion_matrices(models: Sequence[Model]) -> list[Figure]:
    """A matrix for each model, larger where there are more classes."""
    labels = [short(name) for name in models[0].shown.record.classes.names]
    width = PANEL if len(labels) == 2 else 1.3 * PANEL if len(labels) <= COUNTED else 2 * PANEL
    words = 0.1 + (0.09 * max(map(len, labels)) if _upright(labels) else 0.0)  # below the square
    return _figures(models, _confusion_matrix, width, width + words)


def _confusion_matrix(figure: Figure, model: Model) -> Axes:
    """Counts of each outcome and shares of its class; of many classes, shares alone."""
    axes, names = figure.subplots(), model.shown.record.classes.names
    counts = np.array(model.shown.record.test["confusion"])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for (row, column), count in np.ndenumerate(counts):
        part = shares[row, column]
        # Never so dense that its figures cannot be read, on white and on black.
        corner = (column - 0.5, row - 0.5)
        axes.add_patch(Rectangle(corner, 1, 1, color=look(OURS).colour, alpha=0.5 * part, linewidth=0))
        _outcome(axes, (row, column), count, part, len(names))
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(names) - 0.5, -0.5), aspect="equal")
    ticks, labels = range(len(names)), [short(name) for name in names]
    axes.set_xticks(ticks, labels, rotation=90 if _upright(labels) else 0)
    axes.set_yticks(ticks, labels, rotation=0 if len(names) > 2 else 90, va="center")
    axes.set(xlabel="predicted", ylabel="true")
    clean(axes, grid=None)
    axes.tick_params(labelsize=9.5 if len(names) <= COUNTED else 7.5)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return axes


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


def _upright(labels: Sequence[str]) -> bool:
    """Whether there is no room for the names of classes side by side."""
    return len(labels) > 2 and max(map(len, labels)) > 3


def short(name: str) -> str:
    """The name of a class as beside an axis. Matplotlib would read formulas between dollar signs."""
    shown = name if len(name) <= _LETTERS else name[: _LETTERS - 1].rstrip() + "…"
    return shown.replace("$", r"\$")


def _figures(
    models: Sequence[Model], draw: Callable[[Figure, Model], Axes], width: float = PANEL, height: float = PANEL + 0.4
) -> list[Figure]:
    """The same small figure for each model, so that none hides another. `draw` returns the axes below the heading."""
    headings = [_heading(model, int(8.8 * width)) for model in models]
    lines = max(heading.count("\n") for heading in headings)
    figures = []
    for model, heading in zip(models, headings, strict=True):
        figure = Figure((width, height + 0.2 * max(0, lines - 1)), layout="constrained")  # two lines fit without
        above = "\n" * (lines - heading.count("\n"))  # so that all of them start at one height
        draw(figure, model).set_title(above + heading, color=INK, fontsize=10.5, fontweight="bold")
        figures.append(figure)
    return figures


def _note(axes: Axes, text: str, place: tuple[float, float], ha: str = "right", va: str = "baseline") -> None:
    """Writes a figure into a panel; the place is in fractions of it."""
    axes.annotate(text, place, xycoords="axes fraction", fontsize=9.5, color=INK, ha=ha, va=va)


def _heading(model: Model, width: int) -> str:
    """The title in lines of so many letters, its details from the second line on."""
    name, *details = title(model.row).split(" (", 1)
    lines = [name, *("(" + detail for detail in details)]
    return "\n".join(textwrap.fill(line, width) for line in lines)
