"""Tokens per second of a training step, drawn: against units, and against length."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from benchmarks.contenders import Shape
from benchmarks.table import TITLES
from sentiment.report.figures.appearance import Look, look
from sentiment.report.figures.style import INK, MUTED, clean, png

_TORCH = Look("torch.nn.LSTM", "#000000", (0, (3, 1.5)), "D")
_LIMIT = "The limit: a step's products as large float32 matrices"
_LABELS = {"units": "Units", "time": "Steps"}


def draw_curves(results: dict[str, Any]) -> bytes:
    """A PNG with one panel for each curve, and the limit in both.

    Args:
        results: what a file of `layers/` holds.
    """
    figure = Figure((10.0, 4.9), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, against in zip(panels, _LABELS, strict=True):
        _panel(axes, results, against)
    panels[0].set_ylabel("Tokens per second of a training step")
    lines = {line.get_label(): line for axes in panels for line in axes.get_lines()}
    figure.legend(
        lines.values(), lines.keys(), loc="outside lower center", ncols=2, frameon=False, fontsize=10, handlelength=3.2
    )
    return png(figure)


def _panel(axes: Axes, results: dict[str, Any], against: str) -> None:
    rows = [row for row in results["curves"] if row["against"] == against]
    at = sorted({row[against] for row in rows})
    for name in dict.fromkeys(row["contender"] for row in rows):
        own = [row for row in rows if row["contender"] == name]
        tokens = [row["tokens_per_second"] * row["median_seconds"] for row in own]
        # The band between the quartiles; a slow quartile of seconds is a low one of tokens per second.
        low, high = ([n / row["quartiles_seconds"][end] for n, row in zip(tokens, own, strict=True)] for end in (1, 0))
        style, places = _look(name), [row[against] for row in own]
        axes.fill_between(places, low, high, color=style.colour, alpha=0.15, linewidth=0)
        speeds = [row["tokens_per_second"] for row in own]
        axes.plot(
            places, speeds, color=style.colour, linestyle=style.line, marker=style.marker, markersize=6, linewidth=2,
            label=TITLES[name],
        )  # fmt: skip
    axes.plot(at, [_limit(results, against, place) for place in at], color=MUTED, linewidth=1.4, label=_LIMIT)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(FixedLocator(at))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(_thousands))
    curve = results["settings"]["curve"]
    fixed = f"{curve['time']} steps" if against == "units" else f"{curve['units']} units"
    axes.set_xlabel(_LABELS[against])
    title = f"{fixed}, batch {curve['batch']}, embedding {curve['features']}"
    axes.set_title(title, fontsize=10.5, fontweight="bold", color=INK)
    clean(axes, grid="both")


def _limit(results: dict[str, Any], against: str, place: int) -> float:
    """Tokens per second, if a training step were nothing but products of large float32 matrices."""
    shape = Shape(**(results["settings"]["curve"] | {against: place}))
    fastest = max(flop for name, flop in results["limit_flop_per_second"].items() if name.endswith("float32"))
    return fastest / shape.training_flop


def _look(name: str) -> Look:
    if name.startswith("torch"):
        return _TORCH
    return look("custom-lstm" if name.startswith("ours") else "lstm")


def _thousands(value: float, _position: int) -> str:
    return f"{value / 1000:g}k" if value < 1e6 else f"{value / 1e6:g}M"
