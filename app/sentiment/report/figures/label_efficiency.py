"""Accuracy against the number of labels, a line for each method."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from sentiment.report.figures.appearance import Look, look
from sentiment.report.figures.style import WIDTH, clean
from sentiment.report.label_efficiency import SCRATCH, SELF_TAUGHT, LabelEfficiency, MethodKey, Point

_MARKERS = "oDPX"  # of encoders after the first, whose marker is that of its architecture
_SELF_TAUGHT_MARKERS = "*^<>"  # by encoder, for all architectures
_STEP = 1.035  # factor between the places of two methods at one number of labels, so that no interval hides another


def draw_curve(content: LabelEfficiency, width: float = WIDTH) -> Figure:
    """The figure, with the interval of each mean; a narrow one has its legend below and every other tick.

    Args:
        content: what was measured.
        width: in inches.
    """
    narrow = width < WIDTH
    figure = Figure((width, 5.4), layout="constrained")
    axes = figure.subplots()
    methods = list(dict.fromkeys(point.method for point in content.points))
    labels = list(dict.fromkeys(point.labels for point in content.points))
    for place, method in enumerate(methods):
        points = [point for point in content.points if point.method == method]
        style = _look(method, list(content.results["encoders"]))
        aside = _STEP ** (place - (len(methods) - 1) / 2)
        errors = [(point.mean - point.interval[0], point.interval[1] - point.mean) for point in points]
        axes.errorbar(
            [aside * point.labels for point in points],
            [point.mean for point in points],
            yerr=list(zip(*errors, strict=True)),
            color=style.colour, linestyle=style.line, marker=style.marker, linewidth=2,
            markersize=10 if style.marker == "*" else 6.5,
            elinewidth=1.3, capsize=3, markerfacecolor="white" if method[1] == SCRATCH else style.colour,
            label=content.title(method),
        )  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(labels[::-2] if narrow else labels))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlim(min(labels) / 1.25, max(labels) * 1.25)
    axes.set_ylim(*_limits(content.points))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("Labelled reviews, training and validation together")
    axes.set_ylabel("Test accuracy" + (", with 95% interval" if content.results["draws"] > 1 else ""))
    clean(axes, grid="both")
    legend: dict[str, Any] = {"frameon": False, "fontsize": 10, "handlelength": 4.5}
    if narrow:
        figure.legend(loc="outside lower center", **legend)
    else:
        axes.legend(loc="lower right", **legend)
    return figure


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
    """Of the accuracy: every mean, and every interval as far as that does not press the lines flat."""
    means = [point.mean for point in points]
    half = max(max(means) - min(means), 0.05) / 2
    lowest, highest = min(point.interval[0] for point in points), max(point.interval[1] for point in points)
    return max(lowest - 0.02, min(means) - half, 0.0), min(highest + 0.02, max(means) + half, 1.0)
