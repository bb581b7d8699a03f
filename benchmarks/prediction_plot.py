"""One review alone, and the service under load, drawn."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from benchmarks.prediction_targets import AT_MOST_MILLISECONDS
from benchmarks.ways import TEXT, WAYS
from sentiment.report.figures.appearance import look
from sentiment.report.figures.style import INK, MUTED, clean, png

_OURS, _THEIRS = look("custom-lstm").colour, look("majority").colour


def draw_predictions(results: dict[str, Any]) -> bytes:
    """A PNG with milliseconds on the left and requests per second on the right.

    Args:
        results: what `predictions.json` holds.
    """
    figure = Figure((10.0, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    _one_review(left, results)
    _service(right, results)
    return png(figure)


def _one_review(axes: Axes, results: dict[str, Any]) -> None:
    rows = [row for row in results["latency"] if row["asks"] == TEXT or row["network"] not in AT_MOST_MILLISECONDS]
    networks = list(dict.fromkeys(row["network"] for row in rows))
    shown = [1000 * row["median_seconds"] for row in rows]
    places = [index + 0.7 * networks.index(row["network"]) for index, row in enumerate(rows)]
    for place, row in zip(places, rows, strict=True):
        low, high = (1000 * seconds for seconds in row["quartiles_seconds"])
        middle = 1000 * row["median_seconds"]
        colour = _OURS if row["way"] in ("onnx", "int8") else _THEIRS
        axes.barh(place, middle, color=colour, height=0.75)
        axes.plot([low, high], [place, place], color=INK, linewidth=1.2)
        axes.annotate(
            _figure(middle),
            (high, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},  # over the line of the target
        )
    for network, most in AT_MOST_MILLISECONDS.items():
        own = [place for place, row in zip(places, rows, strict=True) if row["network"] == network]
        axes.plot([most, most], [own[0] - 0.5, own[-1] + 0.5], color=MUTED, linestyle=(0, (3, 2)), linewidth=1.3)
    axes.set_yticks(places, [_label(row) for row in rows])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(0.5 * min(shown), 4 * max(shown))
    axes.set_xlabel("Milliseconds from text; dashed: the target")
    title = f"One review of {results['reviews']['tokens']} tokens"
    axes.set_title(title, fontsize=10.5, fontweight="bold", color=INK)
    clean(axes, grid="x")


def _label(row: dict[str, Any]) -> str:
    title = WAYS[row["way"]].title
    return f"{row['network']}: {title}" if row["asks"] == TEXT else f"{title}, from ids"


def _figure(milliseconds: float) -> str:
    return f"{milliseconds:,.0f}" if milliseconds >= 100 else f"{milliseconds:.3g}"


def _service(axes: Axes, results: dict[str, Any]) -> None:
    servers = list(dict.fromkeys(row["server"] for row in results["load"]))
    clients = list(dict.fromkeys(row["clients"] for row in results["load"]))
    for number, (server, colour) in enumerate(zip(servers, (_OURS, _THEIRS), strict=True)):
        rows = [row for row in results["load"] if row["server"] == server]
        places = [index + 0.4 * number - 0.2 for index in range(len(rows))]
        rates = [row["median_requests_per_second"] for row in rows]
        axes.bar(places, rates, width=0.38, color=colour, label=server)
        for place, row in zip(places, rows, strict=True):
            low, high = row["quartiles_requests_per_second"]
            axes.plot([place, place], [low, high], color=INK, linewidth=1.2)
            axes.annotate(
                _figure(1000 * row["median_p99_seconds"]), (place, high), xytext=(0, 3),
                textcoords="offset points", ha="center", fontsize=8, color=INK,
            )  # fmt: skip
    axes.set_xticks(range(len(clients)), [str(number) for number in clients])
    axes.set_xlabel("Clients at the same time\nabove the bars: p99 in ms")
    axes.set_ylabel("Requests per second")
    axes.margins(y=0.4)  # room for the legend
    axes.set_title("The service", fontsize=10.5, fontweight="bold", color=INK)
    axes.legend(frameon=False, fontsize=9.5, loc="upper left", bbox_to_anchor=(0, 1.0))
    clean(axes, grid="y")
