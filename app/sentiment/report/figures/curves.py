"""The figures of the report, drawn without Matplotlib's global state.

Each is drawn on white, so that it looks the same on a light page, on a dark one and in print.
"""

import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator, PercentFormatter

from sentiment.metrics.measures import reliability, roc_curve
from sentiment.report.figures.appearance import look, title
from sentiment.report.figures.style import GRID as _GRID
from sentiment.report.figures.style import INK as _INK
from sentiment.report.figures.style import MUTED as _MUTED
from sentiment.report.figures.style import clean as _clean
from sentiment.report.figures.style import png
from sentiment.report.figures.training_time import accuracy_against_time
from sentiment.report.leaderboard import Model, originals
from sentiment.report.paired_tests import reference

_WIDTH = 10.0  # inches; the page shows it about 1,000 pixels wide
_COLUMNS = 4  # panels side by side
_TAUGHT_CURVES = (
    " These learnt what their teachers say beside the labels, which is seldom wholly one or the other: so their "
    "training loss cannot come near to zero, and their training accuracy is the share on which they side with what "
    "they were taught."
)
_SOLID = 20  # reviews of which a share is drawn; that of fewer jumps about


@dataclass(frozen=True)
class Picture:
    """A figure as PNG, and the words around it."""

    name: str  # of the file, without its ending
    heading: str
    caption: str  # how to read it
    png: bytes


def draw(models: Sequence[Model]) -> list[Picture]:
    """All figures for these models, in the order in which they are read; small copies of runs would hide them."""
    models = originals(models)
    pictures = []
    timed = [model for model in _informative(models) if model.row.total_seconds is not None]
    if timed:
        pictures.append(
            _picture(
                "accuracy",
                "Accuracy and what it costs",
                _cost_caption(models),
                accuracy_against_time(timed, _WIDTH),
            )
        )
    networks = [model for model in models if any(result.history is not None for result in model.results)]
    families = list(dict.fromkeys(model.family for model in networks))
    for place, family in enumerate(families):
        members = [model for model in networks if model.family == family]
        preset, dtype, pretrained, teachers, _ = family
        said = [word for word in (preset, dtype, pretrained, f"taught by {teachers}" if teachers else "") if word]
        if alike := [other[:4] for other in families[:place]].count(family[:4]):  # of other settings
            said.append(str(alike + 1))
        pictures.append(
            _picture(
                _file_name("learning-curves", *said),
                "Learning curves" + (f": {', '.join(said)}" if len(families) > 1 else ""),
                "Accuracy and loss after each epoch, on training reviews (dashed) and on validation reviews (full). "
                "The ring marks the best epoch by validation, the one that was kept. One line for each seed."
                + (_TAUGHT_CURVES if teachers else ""),
                _learning_curves(sorted(members, key=lambda model: _order(model.row.architecture))),
            )
        )
    informative = _informative(models)
    if len(np.unique(models[0].shown.labels)) == 2:
        to_beat = reference(informative)
        beside = f" In grey, for comparison: {title(to_beat.row)}." if to_beat else ""
        pictures.append(
            _picture(
                "roc",
                "ROC curves",
                "How many positive reviews are found (up) for how many negative ones taken for positive (right), at "
                f"every threshold. Nearer to the upper left is better; note where the axes begin and end.{beside}",
                _roc(informative, to_beat),
            )
        )
    pictures.append(
        _picture(
            "reliability",
            "Reliability: does 80% mean 80%?",
            "Share of positive reviews (points) among those that were given about the same probability, where they "
            f"are {_SOLID} or more; on the grey line, the promise is kept. Bars: share of all reviews with that "
            "probability.",
            _panels(informative, _reliability, height=2.95),
        )
    )
    pictures.append(
        _picture(
            "confusion",
            "Confusion matrices",
            "Number of test reviews and, below it, the share of their true class. Mistakes are the two cells off the "
            "diagonal.",
            _panels(informative, _confusion, height=3.15),
        )
    )
    return pictures


def _cost_caption(models: Sequence[Model]) -> str:
    """How to read the first figure; what of it does not apply here is not said."""
    drawn = _informative(models)
    constant = [title(model.row) for model in models if model not in drawn]
    text = (
        "Share of the test reviews classified correctly, with its 95% interval, against the time of training. The grey "
        "steps show the most that no more time has given. "
    )
    if any(model.row.built_from_seconds != 0 for model in drawn):
        text += (
            "The time is that of everything a model is built from: the pretraining of its encoder, the training of its "
            "teachers and of the members of an ensemble, and the asking of teachers; what they share counts once. "
        )
    unknown = [title(model.row) for model in drawn if model.row.total_seconds is None]
    if unknown:
        text += f"Not drawn, as the time of what they are built from was not written down: {', '.join(unknown)}. "
    if constant:
        text += f"Not drawn, as they give every review the same probability: {', '.join(constant)}."
    return text.strip()


def _file_name(*words: str) -> str:
    """Words as the name of a file."""
    return re.sub(r"[^a-z0-9._-]+", "-", "-".join(filter(None, words)).lower())


def _informative(models: Sequence[Model]) -> list[Model]:
    """Without those that say the same of every review: they have no curve. All, if there are no others."""
    return [model for model in models if not model.shown.is_constant] or list(models)


def _order(architecture: str) -> int:
    order = ("custom-lstm", "lstm", "bilstm", "gru")
    return order.index(architecture) if architecture in order else len(order)


def _learning_curves(models: Sequence[Model]) -> Figure:
    figure = Figure((_WIDTH, 5.4), layout="constrained")
    panels = figure.subplots(2, len(models), sharex=True, sharey="row", squeeze=False)
    for column, model in enumerate(models):
        style = look(model.row.architecture)
        panels[0, column].set_title(_heading(model, 90 // len(models)), color=_INK, fontsize=11, fontweight="bold")
        for axes, figure_name in zip(panels[:, column], ("accuracy", "loss"), strict=True):
            for result in model.results:
                if result.history is None:
                    continue
                epochs, best = result.history["epoch"], result.record.best_epoch
                train, validation = result.history[f"train_{figure_name}"], result.history[f"validation_{figure_name}"]
                thin = 1.0 if len(model.results) == 1 else 0.6
                axes.plot(epochs, train, color=_MUTED, linewidth=1.4 * thin, linestyle=(0, (4, 2)))
                axes.plot(
                    epochs,
                    validation,
                    color=style.colour,
                    linewidth=2 * thin,
                    marker=style.marker,
                    markersize=3.5 * thin,
                )
                at_best = validation[epochs == best]
                if best is not None and len(at_best):
                    axes.plot(best, at_best[0], "o", markersize=11, markerfacecolor="none", color=_INK)
            _clean(axes, grid="both")
            axes.xaxis.get_major_locator().set_params(integer=True)
        shown = model.shown.record
        if shown.best_epoch is not None and shown.validation:
            kept = shown.validation["accuracy"]
            panels[0, column].annotate(
                f"epoch {shown.best_epoch}: {100 * kept:.1f}%" if len(model.results) == 1 else "",
                (0.97, 0.04),
                xycoords="axes fraction",
                ha="right",
                fontsize=9.5,
                color=_INK,
            )
        panels[1, column].set_xlabel("Epoch")
    validation_colour = look(models[0].row.architecture).colour if len(models) == 1 else _INK
    lines = [
        Line2D([], [], color=_MUTED, linewidth=1.4, linestyle=(0, (4, 2)), label="training, with dropout"),
        Line2D([], [], color=validation_colour, linewidth=2, label="validation"),
        Line2D([], [], color=_INK, linestyle="", marker="o", markersize=11, fillstyle="none", label="epoch kept"),
    ]
    figure.legend(handles=lines, loc="outside lower center", ncols=3, frameon=False, fontsize=10)
    panels[0, 0].set_ylabel("Accuracy")
    panels[0, 0].yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], min_n_ticks=3))
    panels[0, 0].yaxis.set_major_formatter(PercentFormatter(1.0, decimals=None))
    panels[1, 0].set_ylabel("Log loss (nats)")
    figure.align_ylabels(panels[:, 0])
    return figure


def _roc(models: Sequence[Model], to_beat: Model | None) -> Figure:
    # Good classifiers crowd into one corner; only a poor one needs the whole square.
    end = 0.3 if min(model.shown.record.test["roc_auc"] or 0.0 for model in models) > 0.9 else 1.0

    def draw_one(axes: Axes, model: Model) -> None:
        style = look(model.row.architecture)
        if end == 1.0:
            axes.plot((0, 1), (0, 1), color=_GRID, linewidth=1)  # guessing
        if to_beat and model is not to_beat:
            axes.plot(*roc_curve(to_beat.shown.labels, to_beat.shown.probabilities), color=_MUTED, linewidth=1)
        axes.plot(*roc_curve(model.shown.labels, model.shown.probabilities), color=style.colour, linewidth=1.8)
        axes.annotate(
            f"area {model.shown.record.test['roc_auc']:.4f}",
            (0.95, 0.08),
            xycoords="axes fraction",
            fontsize=9.5,
            color=_INK,
            ha="right",
        )
        axes.set_xlim(0, end)
        axes.set_ylim(1 - end, 1.003)
        axes.set_aspect("equal")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(MultipleLocator(end / 3 if end < 1 else 0.5))
            axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f}"))
        axes.set_xlabel("negative taken for positive, %")
        axes.set_ylabel("positive found, %")
        _clean(axes, grid="both")

    return _panels(models, draw_one, height=2.95)


def _reliability(axes: Axes, model: Model) -> None:
    promised, observed, reviews = reliability(model.shown.labels, model.shown.probabilities)
    style = look(model.row.architecture)
    axes.bar(promised, reviews / reviews.sum(), width=0.05, color=style.colour, alpha=0.25, linewidth=0)
    axes.plot((0, 1), (0, 1), color=_MUTED, linewidth=1)
    if (solid := reviews >= _SOLID).any():
        axes.plot(
            promised[solid],
            observed[solid],
            color=style.colour,
            marker=style.marker,
            markersize=4.5,
            linewidth=1.8,
            clip_on=False,
        )
    axes.annotate(
        f"error {model.shown.record.test['calibration_error']:.3f}",
        (0.05, 0.92),
        xycoords="axes fraction",
        fontsize=9.5,
        color=_INK,
        va="top",
    )
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    axes.set_xticks((0, 0.5, 1), ("0", "50", "100"))
    axes.set_yticks((0, 0.5, 1), ("0", "50", "100"))
    axes.set_xlabel("probability given, %")
    axes.set_ylabel("positive, %")
    _clean(axes, grid="both")


def _confusion(axes: Axes, model: Model) -> None:
    counts = np.array(model.shown.record.test["confusion"])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.6)  # never so dark that black figures cannot be read
    for (row, column), count in np.ndenumerate(counts):
        right = row == column
        axes.annotate(
            f"{count:,}",
            (column, row - 0.1),
            ha="center",
            va="center",
            fontsize=11,
            color=_INK,
            fontweight="bold" if not right else "normal",
        )
        axes.annotate(
            f"{100 * shares[row, column]:.1f}%", (column, row + 0.2), ha="center", va="center", fontsize=9, color=_INK
        )
    axes.set_xticks((0, 1), ("negative", "positive"))
    axes.set_yticks((0, 1), ("negative", "positive"), rotation=90, va="center")
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    _clean(axes, grid=None)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _panels(models: Sequence[Model], draw_one: Callable[[Axes, Model], None], height: float) -> Figure:
    """The same small figure for each model, so that none hides another."""
    rows = -(-len(models) // _COLUMNS)
    headings = [_heading(model, 24) for model in models]
    height += 0.2 * max(0, max(heading.count("\n") for heading in headings) - 1)  # two lines fit without
    figure = Figure((_WIDTH, 0.2 + height * rows), layout="constrained")
    panels = figure.subplots(rows, _COLUMNS, squeeze=False)
    for index, (axes, model) in enumerate(zip(panels.flat, models, strict=False)):
        draw_one(axes, model)
        if index % _COLUMNS:
            axes.set_ylabel("")
            axes.tick_params(labelleft=False)
        axes.set_title(headings[index], color=_INK, fontsize=10.5, fontweight="bold")
    for spare in panels.flat[len(models) :]:
        spare.set_visible(False)
    return figure


def _heading(model: Model, width: int) -> str:
    """The title in lines of so many letters, its details from the second line on."""
    name, *details = title(model.row).split(" (", 1)
    lines = [name, *("(" + detail for detail in details)]
    return "\n".join(textwrap.fill(line, width) for line in lines)


def _picture(name: str, heading: str, caption: str, figure: Figure) -> Picture:
    return Picture(name, heading, caption, png(figure))
