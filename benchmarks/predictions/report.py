"""The measurements of predictions as tables, and one review and the service as a picture."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from benchmarks.predictions.predictors import IDS, KERAS, MODEL_PREDICT, PREDICTORS, TEXT, TRANSFORMER
from benchmarks.predictions.targets import AT_MOST_MILLISECONDS
from benchmarks.summary import ratio
from benchmarks.tables import NOTHING, Columns, Row, columns_of, measured_with, page, verdict
from sentiment.report.figures.appearance import look
from sentiment.report.figures.style import INK, MUTED, clean, png

_OURS, _THEIRS = look("custom-lstm").colour, look("majority").colour


def target_columns(results: Row) -> Columns:
    """Each target with its figure, whether met or missed.

    Args:
        results: what `predictions.json` holds.
    """
    headers = ("What", "Ours", "Against", "Figure", "95% interval", "Target", "Met")
    return columns_of(headers, [_target_row(line) for line in results["targets"]])


def one_review(results: Row) -> Columns:
    """Milliseconds from the text and from token ids, and how many times as fast as `model.predict`; transformers are
    compared with themselves in float32.
    """
    rows = []
    for row in results["latency"]:
        rows_of_network = [other for other in results["latency"] if other["network"] == row["network"]]
        same = {(other["way"], other["asks"]): other for other in rows_of_network}
        if row["asks"] == IDS and (row["way"], TEXT) in same:
            continue  # it is in the row of the text
        peers = (same.get((predictor.name, row["asks"])) for predictor in (MODEL_PREDICT, TRANSFORMER))
        peer = next(filter(None, peers))
        rows.append(
            (
                f"{row['network']}: {PREDICTORS[row['way']].title}",
                _milliseconds(row) if row["asks"] == TEXT else NOTHING,
                _milliseconds(same[row["way"], IDS]),
                _quartiles(row, 1000),
                _times(peer["seconds"], row["seconds"]),
            )
        )
    rows += [(f"{title}: not installed", NOTHING, NOTHING, NOTHING, NOTHING) for title in results["absent"]]
    tokens = results["reviews"]["tokens"]
    headers = (f"One review of {tokens} tokens", "From text, ms", "From ids, ms", "Quartiles", "Times as fast")
    return columns_of(headers, rows)


def many_reviews(results: Row) -> Columns:
    """Reviews per second of each engine."""
    [peer] = [row for row in results["throughput"] if row["way"] == KERAS.name]
    number, tokenising = results["reviews"]["number"], results["tokenising"]["median_seconds"]
    rows = [
        (
            PREDICTORS[row["way"]].title,
            f"{row['reviews_per_second']:,.0f}",
            " – ".join(f"{number / seconds:,.0f}" for seconds in reversed(row["quartiles_seconds"])),
            _times(peer["seconds"], row["seconds"]),
            f"{tokenising / row['median_seconds']:.0%}",
        )
        for row in results["throughput"]
    ]
    headers = (f"{number:,} raw texts", "Reviews per second", "Quartiles", "Times as fast", "Tokenising alone takes")
    return columns_of(headers, rows)


def cold_start(results: Row) -> Columns:
    """Seconds and memory of a whole process."""
    [peer] = [row for row in results["cold_start"] if row["way"] == KERAS.name]
    rows = [
        (
            PREDICTORS[row["way"]].title,
            f"{row['median_seconds']:.2f}",
            _quartiles(row, 1),
            _times(peer["seconds"], row["seconds"]),
            NOTHING if row["peak_bytes"] is None else f"{row['peak_bytes'] / 1e6:,.0f}",
        )
        for row in results["cold_start"]
    ]
    return columns_of(("A whole `sentiment predict`", "Seconds", "Quartiles", "Times as fast", "Peak memory, MB"), rows)


def service(results: Row) -> Columns:
    """Requests per second and how long they take, by the number of clients."""
    rows = []
    for row in results["load"]:
        peers = [other for other in results["load"] if other["clients"] == row["clients"]]
        rows.append(
            (
                f"{row['clients']} client{'s' * (row['clients'] > 1)}, {row['server']}",
                f"{row['median_requests_per_second']:,.0f}",
                " – ".join(f"{rate:,.0f}" for rate in row["quartiles_requests_per_second"]),
                f"{1000 * row['median_p50_seconds']:.1f}",
                f"{1000 * row['median_p99_seconds']:.1f}",
                f"{row['errors']:,}",
                f"{ratio(row['requests_per_second'], peers[-1]['requests_per_second']).figure:.2f}",
            )
        )
    headers = ("The service, over loopback", "Requests per second", "Quartiles", "p50, ms", "p99, ms", "Errors")
    return columns_of((*headers, "Times the requests"), rows)


def markdown(results: Row) -> str:
    """All tables, and what they were measured with."""
    return page(
        results,
        f"{measured_with(results, ('onnxruntime', 'tensorflow', 'keras', 'torch'))}.",
        (target_columns, one_review, many_reviews, cold_start, service),
        "Medians over rounds in which all took turns; quartiles are those of the first figure in a row. One review: "
        "times as fast as `model.predict` of the same network, a transformer as itself in float32. Many reviews and a "
        "cold start: times as fast as the Keras engine. The service: times the requests of the same server that "
        "computes one text at a time (batches of one).",
    )


def _target_row(line: Row) -> Sequence[str]:
    unit = " ms" if line["unit"] == "ms" else "x"
    target = f"at most {line['at_most']:g}" if "at_most" in line else f"at least {line['at_least']:g}"
    return (
        line["name"],
        PREDICTORS[line["ours"]].title,
        PREDICTORS[line["theirs"]].title if line["theirs"] else NOTHING,
        _figure(line["figure"]) + unit,
        "{} – {}".format(*map(_figure, line["interval"])),
        target + unit,
        verdict(line["met"]),
    )


def _milliseconds(row: Row) -> str:
    return _figure(1000 * row["median_seconds"])


def _quartiles(row: Row, factor: float) -> str:
    return " – ".join(_figure(factor * seconds) for seconds in row["quartiles_seconds"])


def _times(theirs: Sequence[float], ours: Sequence[float]) -> str:
    return _figure(ratio(theirs, ours).figure)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def draw_predictions(results: Row) -> bytes:
    """A PNG with milliseconds of one review on the left and requests per second of the service on the right.

    Args:
        results: what `predictions.json` holds.
    """
    figure = Figure((10.0, 4.6), layout="constrained")
    latency, load = figure.subplots(1, 2, width_ratios=[3, 2])
    _draw_one_review(latency, results)
    _draw_service(load, results)
    return png(figure)


def _draw_one_review(axes: Axes, results: Row) -> None:
    rows = [row for row in results["latency"] if row["asks"] == TEXT or row["network"] not in AT_MOST_MILLISECONDS]
    networks = list(dict.fromkeys(row["network"] for row in rows))
    medians = [1000 * row["median_seconds"] for row in rows]
    places = [index + 0.7 * networks.index(row["network"]) for index, row in enumerate(rows)]
    for place, median, row in zip(places, medians, rows, strict=True):
        low, high = (1000 * seconds for seconds in row["quartiles_seconds"])
        axes.barh(place, median, color=_OURS if row["way"] in ("onnx", "int8") else _THEIRS, height=0.75)
        axes.plot([low, high], [place, place], color=INK, linewidth=1.2)
        axes.annotate(
            _short(median), (high, place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=9,
            color=INK, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},  # over the line of the target
        )  # fmt: skip
    for network, most in AT_MOST_MILLISECONDS.items():
        bars = [place for place, row in zip(places, rows, strict=True) if row["network"] == network]
        axes.plot([most, most], [bars[0] - 0.5, bars[-1] + 0.5], color=MUTED, linestyle=(0, (3, 2)), linewidth=1.3)
    axes.set_yticks(places, [_label(row) for row in rows])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(0.5 * min(medians), 4 * max(medians))
    axes.set_xlabel("Milliseconds from text; dashed: the target")
    title = f"One review of {results['reviews']['tokens']} tokens"
    axes.set_title(title, fontsize=10.5, fontweight="bold", color=INK)
    clean(axes, grid="x")


def _label(row: Row) -> str:
    title = PREDICTORS[row["way"]].title
    return f"{row['network']}: {title}" if row["asks"] == TEXT else f"{title}, from ids"


def _short(milliseconds: float) -> str:
    return f"{milliseconds:,.0f}" if milliseconds >= 100 else f"{milliseconds:.3g}"


def _draw_service(axes: Axes, results: Row) -> None:
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
                _short(1000 * row["median_p99_seconds"]), (place, high), xytext=(0, 3),
                textcoords="offset points", ha="center", fontsize=8, color=INK,
            )  # fmt: skip
    axes.set_xticks(range(len(clients)), [str(number) for number in clients])
    axes.set_xlabel("Clients at the same time\nabove the bars: p99 in ms")
    axes.set_ylabel("Requests per second")
    axes.margins(y=0.4)  # for the legend
    axes.set_title("The service", fontsize=10.5, fontweight="bold", color=INK)
    axes.legend(frameon=False, fontsize=9.5, loc="upper left", bbox_to_anchor=(0, 1.0))
    clean(axes, grid="y")
