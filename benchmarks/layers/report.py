"""The measurements of the layers as tables, and tokens per second as a picture."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from benchmarks.layers.contenders import CONTENDERS, OURS_ON_JAX, Shape
from benchmarks.tables import NOTHING, Columns, Row, columns_of, measured_with, page, verdict
from sentiment.report.figures.appearance import Look, look
from sentiment.report.figures.style import INK, MUTED, clean, png
from sentiment.report.tables import markdown_table

TITLES = {contender.name: contender.title for contender in (*CONTENDERS, OURS_ON_JAX)}

# Targets that compare with Keras, and their headers in the table over all kinds of CPU.
AGAINST_KERAS = {
    "training step, Keras' best": "Training step",
    "training step in both directions, Keras' Bidirectional LSTM": "Training step, both directions",
    "forward pass, Keras' best": "Forward pass",
}

_TORCH = Look("torch.nn.LSTM", "#000000", (0, (3, 1.5)), "D")
_MATMUL_PEAK = "The limit: a step's products as large float32 matrices"
_PARTS = {"Products": "#2a6f97", "Gates": "#e09f3e", "Packing, copying, rounding": "#b8b8b8"}
_PARTS_EXPLAINED = (
    " Products and gates of our step are timed alone; the limit is what its products would take at the most operations "
    "per second that the back end reaches on a matrix in the cache."
)
_AXIS_LABELS = {"units": "Units", "time": "Steps"}


def target_columns(results: Row) -> Columns:
    """Each target with its figure, whether met or missed.

    Args:
        results: what a file of `layers/` holds.
    """
    rows = [
        (
            f"{line['name']}, {line['shape']}",
            TITLES.get(line["ours"], NOTHING),
            TITLES.get(line["theirs"], "not installed"),
            NOTHING if line["ratio"] is None else f"{line['ratio']:.2f}",
            NOTHING if line["interval"] is None else "{:.2f}–{:.2f}".format(*line["interval"]),
            NOTHING if line["at_least"] is None else f"at least {line['at_least']:.2f}".removesuffix("0"),
            verdict(line["met"]),
        )
        for line in results["targets"]
    ]
    for line in results["compile_time"]:
        short, long = line["seconds_by_steps"]
        rows.append(
            (
                f"compile time, {long} steps over {short}",
                TITLES[line["contender"]],
                "itself",
                f"{line['ratio']:.2f}",
                NOTHING,
                f"at most {line['at_most']:.1f}",
                verdict(line["met"]),
            )
        )
    return columns_of(("What", "Ours", "Against", "Ratio", "95% interval", "Target", "Met"), rows)


def time_columns(results: Row) -> Columns:
    """Median milliseconds of every contender and task; in brackets preliminary ones of a dropped contender."""
    rows = results["measurements"]
    names = list(dict.fromkeys(row["contender"] for row in rows))
    by_task: dict[tuple[str, str, int], dict[str, Row]] = {}
    for row in rows:
        by_task.setdefault((row["shape"], row["step"], row["directions"]), {})[row["contender"]] = row
    columns = [("Milliseconds", [TITLES[name] for name in names])]
    for (shape, step, directions), contenders in by_task.items():
        header = f"{shape}, {step}" + (", both directions" if directions == 2 else "")
        columns.append((header, [_milliseconds(contenders.get(name)) for name in names]))
    return columns


def memory_columns(results: Row) -> Columns:
    """Peak megabytes of training steps."""
    rows = results["peak_memory"]
    used = [NOTHING if row["peak_bytes"] is None else f"{row['peak_bytes'] / 1e6:,.0f}" for row in rows]
    return [
        ("Peak memory of a training step", [f"{TITLES[row['contender']]}, {row['shape']}" for row in rows]),
        ("MB", used),
    ]


def markdown(results: Row) -> str:
    """All tables of one kind of CPU, and what they were measured with."""
    peaks = ", ".join(
        f"{name.replace('-', ' in ')} {flop / 1e9:,.0f}" for name, flop in results["limit_flop_per_second"].items()
    )
    with_what = measured_with(results, ("tensorflow", "keras", "torch"))
    tables = (target_columns, time_columns, part_columns, memory_columns)
    return page(
        results,
        f"{with_what}. Products of large matrices, GFLOP/s: {peaks}.",
        [table for table in tables if table is not part_columns or results.get("parts")],
        "Medians of contenders that take turns, each a process of its own at its better thread setting; in brackets, "
        "a preliminary figure of one that was too slow to go on. A ratio of times as fast is below 1 where ours is "
        "slower; that of compile times is the longer sequence's over the shorter one's."
        + (_PARTS_EXPLAINED if results.get("parts") else ""),
    )


def markdown_of_kinds(kinds: Mapping[str, Row]) -> str:
    """One table over all kinds of CPU, then the tables of each.

    Args:
        kinds: results by kind of CPU, at least one.
    """
    lines = [
        "Times as fast as the best of Keras' LSTM layers in the same run, with its 95% interval; below 1 our layer is "
        "slower. A line holds for its kind of CPU, and for no other.",
        "",
        *markdown_table(kind_columns(kinds)),
    ]
    for kind, results in kinds.items():
        lines += ["", f"### {kind}", "", markdown(results).rstrip("\n")]
    return "\n".join(lines) + "\n"


def kind_columns(kinds: Mapping[str, Row]) -> Columns:
    """How our layer compares with Keras' on each kind of CPU.

    Args:
        kinds: results by kind of CPU.
    """
    targets = [
        {(line["name"], line["shape"]): line for line in results["targets"] if line["name"] in AGAINST_KERAS}
        for results in kinds.values()
    ]
    compared = list(dict.fromkeys(key for lines in targets for key in lines))
    columns = [("Kind of CPU", [_kind_cell(kind, results) for kind, results in kinds.items()])]
    for name, shape in compared:
        cells = [_times_as_fast(lines.get((name, shape))) for lines in targets]
        columns.append((f"{AGAINST_KERAS[name]}, {shape}", cells))
    return columns


def _kind_cell(kind: str, results: Row) -> str:
    smoke = ", a smoke run" if results["settings"]["smoke"] else ""
    return f"{kind}, {results['machine']['cores']} cores ({results['date']}{smoke})"


def _times_as_fast(line: Row | None) -> str:
    if line is None or line["ratio"] is None:
        return NOTHING
    return "{:.2f} ({:.2f}–{:.2f})".format(line["ratio"], *line["interval"])


def _milliseconds(row: Row | None) -> str:
    if row is None:
        return NOTHING
    if row["dropped"]:
        return f"({_number(1000 * min(row['preliminary_seconds_by_threads'].values()))})"
    return _number(1000 * row["median_seconds"])


def _number(milliseconds: float) -> str:
    return f"{milliseconds:,.0f}" if milliseconds >= 10 else f"{milliseconds:.1f}"


def part_columns(results: Row) -> Columns:
    """Milliseconds of our training step on one core, by part; no rows for a measurement older than they are."""
    rows = [
        (
            f"{row['shape']}, {row['backend'].replace('_', ' ')}",
            *(_number(1000 * value) for value in (*_parts(row), row["seconds"]["step"], row["limit"])),
        )
        for row in results.get("parts", [])
    ]
    header = ("Our training step on one core, milliseconds", "Products", "Gates", "Rest", "Whole", "Limit")
    return columns_of(header, rows)


def _parts(row: Row) -> tuple[float, float, float]:
    """Seconds of products, gates, and the rest: packing, copying and rounding."""
    whole, products, gates = (row["seconds"][part] for part in ("step", "products", "gates"))
    return products, gates, max(0.0, whole - products - gates)


def draw(results: Row) -> bytes:
    """A PNG: tokens per second of a training step against units and against length, and the parts of our step.

    Args:
        results: what a file of `layers/` holds.
    """
    parts = results.get("parts", [])
    height = 1.2 + 0.32 * len(parts) if parts else 0.0
    figure = Figure((10.0, 4.9 + height), layout="constrained")
    above: Any = figure
    if parts:
        halves: Any = figure.subfigures(2, 1, height_ratios=(4.9, height))
        above = halves[0]
        _draw_parts(halves[1].subplots(), parts)
        halves[1].legend(loc="outside lower center", ncols=4, frameon=False, fontsize=10, markerscale=0.6)
    panels = above.subplots(1, 2, sharey=True)
    for axes, against in zip(panels, _AXIS_LABELS, strict=True):
        _panel(axes, results, against)
    panels[0].set_ylabel("Tokens per second of a training step")
    lines = {line.get_label(): line for axes in panels for line in axes.get_lines()}
    above.legend(
        lines.values(), lines.keys(), loc="outside lower center", ncols=2, frameon=False, fontsize=10, handlelength=3.2
    )
    return png(figure)


def _draw_parts(axes: Axes, parts: list[Row]) -> None:
    """A bar for each shape and back end, as long as the step takes, and the limit of its products as a mark."""
    names = [f"{row['shape']}, {row['backend'].replace('_', ' ')}" for row in parts]
    left = [0.0] * len(parts)
    for index, (title, colour) in enumerate(_PARTS.items()):
        widths = [1000 * _parts(row)[index] for row in parts]
        axes.barh(names, widths, left=left, color=colour, height=0.62, label=title)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.plot(
        [1000 * row["limit"] for row in parts], names, linestyle="none", marker="|", markersize=17, markeredgewidth=2.2,
        color=INK, label="The limit of its products",
    )  # fmt: skip
    axes.invert_yaxis()
    axes.set_xlabel("Milliseconds of a training step on one core")
    clean(axes, grid="x")


def _panel(axes: Axes, results: Row, against: str) -> None:
    rows = [row for row in results["curves"] if row["against"] == against]
    for name in dict.fromkeys(row["contender"] for row in rows):
        points = [row for row in rows if row["contender"] == name]
        tokens = [row["tokens_per_second"] * row["median_seconds"] for row in points]
        # The band between the quartiles; a slow quartile of seconds is a low one of tokens per second.
        low, high = (
            [n / row["quartiles_seconds"][end] for n, row in zip(tokens, points, strict=True)] for end in (1, 0)
        )
        style, places = _look(name), [row[against] for row in points]
        axes.fill_between(places, low, high, color=style.colour, alpha=0.15, linewidth=0)
        axes.plot(
            places, [row["tokens_per_second"] for row in points], color=style.colour, linestyle=style.line,
            marker=style.marker, markersize=6, linewidth=2, label=TITLES[name],
        )  # fmt: skip
    places = sorted({row[against] for row in rows})
    peaks = [_tokens_at_matmul_peak(results, against, place) for place in places]
    axes.plot(places, peaks, color=MUTED, linewidth=1.4, label=_MATMUL_PEAK)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(FixedLocator(places))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(_thousands))
    curve = results["settings"]["curve"]
    fixed = f"{curve['time']} steps" if against == "units" else f"{curve['units']} units"
    axes.set_xlabel(_AXIS_LABELS[against])
    title = f"{fixed}, batch {curve['batch']}, embedding {curve['features']}"
    axes.set_title(title, fontsize=10.5, fontweight="bold", color=INK)
    clean(axes, grid="both")


def _tokens_at_matmul_peak(results: Row, against: str, place: int) -> float:
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
