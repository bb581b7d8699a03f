"""The benchmark as tables, for a page and for a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.contenders import CONTENDERS, OURS_ON_JAX
from sentiment.report.tables import markdown_table

NOTHING = "–"
SMOKE = "**A smoke run: these figures say nothing.**"
TITLES = {contender.name: contender.title for contender in (*CONTENDERS, OURS_ON_JAX)}

# Targets that compare with Keras, and what they are called in the table over all kinds of CPU.
AGAINST_KERAS = {
    "training step, Keras' best": "Training step",
    "training step in both directions, Keras' Bidirectional LSTM": "Training step, both directions",
    "forward pass, Keras' best": "Forward pass",
}

Columns = list[tuple[str, list[str]]]


def target_columns(results: dict[str, Any]) -> Columns:
    """Each target with its figure, missed ones like any other; headers and cells.

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
            f"at least {line['at_least']:.1f}",
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
    headers = ("What", "Ours", "Against", "Ratio", "95% interval", "Target", "Met")
    return columns_of(headers, rows)


def time_columns(results: dict[str, Any]) -> Columns:
    """Median milliseconds of every contender and task; those of a preliminary round, of one that was dropped, in
    brackets.
    """
    rows = results["measurements"]
    names = list(dict.fromkeys(row["contender"] for row in rows))
    tasks = list(dict.fromkeys((row["shape"], row["step"], row["directions"]) for row in rows))
    found = {(row["contender"], row["shape"], row["step"], row["directions"]): row for row in rows}
    columns = [("Milliseconds", [TITLES[name] for name in names])]
    for task in tasks:
        shape, step, directions = task
        header = f"{shape}, {step}" + (", both directions" if directions == 2 else "")
        columns.append((header, [_milliseconds(found.get((name, *task))) for name in names]))
    return columns


def verdict_columns(results: dict[str, Any]) -> Columns:
    """The targets without the names of who was compared: what fits into eighty characters."""
    return [column for column in target_columns(results) if column[0] not in ("Ours", "Against")]


def memory_columns(results: dict[str, Any]) -> Columns:
    """Megabytes that training steps took at most."""
    rows = results["peak_memory"]
    used = [NOTHING if row["peak_bytes"] is None else f"{row['peak_bytes'] / 1e6:,.0f}" for row in rows]
    return [
        ("Peak memory of a training step", [f"{TITLES[row['contender']]}, {row['shape']}" for row in rows]),
        ("MB", used),
    ]


def markdown(results: dict[str, Any]) -> str:
    """All tables, and what they were measured with."""
    limit = ", ".join(
        f"{name.replace('-', ' in ')} {flop / 1e9:,.0f}" for name, flop in results["limit_flop_per_second"].items()
    )
    lines = [SMOKE, ""] if results["settings"]["smoke"] else []
    lines += [
        f"{measured_with(results, ('tensorflow', 'keras', 'torch'))}. Products of large matrices, GFLOP/s: {limit}.",
        *table(target_columns(results)),
        *table(time_columns(results)),
        *table(memory_columns(results)),
        "",
        "Medians of contenders that take turns, each a process of its own at its better thread setting; in brackets, "
        "a preliminary figure of one that was too slow to go on. A ratio of times as fast is below 1 where ours is "
        "slower; that of compile times is the longer sequence's over the shorter one's.",
    ]
    if results["absent"]:
        lines += ["", f"Not installed, so not measured: {', '.join(results['absent'])}."]
    return "\n".join(lines) + "\n"


def markdown_of_kinds(kinds: Mapping[str, dict[str, Any]]) -> str:
    """One table over all kinds of CPU, then the tables of each.

    Args:
        kinds: results by kind of CPU, at least one.
    """
    lines = [
        "Times as fast as the best of Keras' LSTM layers in the same run, with its 95% interval; below 1 our layer is "
        "slower. A line holds for its kind of CPU, and for no other.",
        *table(kind_columns(kinds)),
    ]
    for kind, results in kinds.items():
        lines += ["", f"### {kind}", "", markdown(results).rstrip("\n")]
    return "\n".join(lines) + "\n"


def kind_columns(kinds: Mapping[str, dict[str, Any]]) -> Columns:
    """How our layer compares with Keras' on each kind of CPU; headers and cells.

    Args:
        kinds: results by kind of CPU.
    """
    lines = {
        kind: {(line["name"], line["shape"]): line for line in results["targets"] if line["name"] in AGAINST_KERAS}
        for kind, results in kinds.items()
    }
    compared = list(dict.fromkeys(key for of_kind in lines.values() for key in of_kind))
    columns = [("Kind of CPU", [_kind_cell(kind, results) for kind, results in kinds.items()])]
    for name, shape in compared:
        cells = [_times_as_fast(of_kind.get((name, shape))) for of_kind in lines.values()]
        columns.append((f"{AGAINST_KERAS[name]}, {shape}", cells))
    return columns


def _kind_cell(kind: str, results: dict[str, Any]) -> str:
    smoke = ", a smoke run" if results["settings"]["smoke"] else ""
    return f"{kind}, {results['machine']['cores']} cores ({results['date']}{smoke})"


def _times_as_fast(line: dict[str, Any] | None) -> str:
    if line is None or line["ratio"] is None:
        return NOTHING
    return "{:.2f} ({:.2f}–{:.2f})".format(line["ratio"], *line["interval"])


def measured_with(results: dict[str, Any], packages: Sequence[str]) -> str:
    """When, and with what, without a full stop."""
    versions, machine = results["versions"], results["machine"]
    flags = [name for name, there in (machine["cpu_flags"] or {}).items() if there]
    with_what = ", ".join(f"{name} {versions[name]}" for name in packages if name in versions)
    return (
        f"Measured on {results['date']}: {machine['processor']}, {machine['cores']} cores "
        f"({', '.join(flags) or 'flags unknown'}), {with_what}"
    )


def columns_of(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Columns:
    """Rows of cells as headers with their cells."""
    return [(header, [row[index] for row in rows]) for index, header in enumerate(headers)]


def table(columns: Sequence[tuple[str, list[str]]]) -> list[str]:
    """Lines of Markdown, an empty one first."""
    return ["", *markdown_table(columns)]


def verdict(met: bool | None) -> str:
    """Whether a target is met, if that can be said."""
    return NOTHING if met is None else "yes" if met else "no"


def _milliseconds(row: dict[str, Any] | None) -> str:
    if row is None:
        return NOTHING
    if row["dropped"]:
        return f"({_number(1000 * min(row['preliminary_seconds_by_threads'].values()))})"
    return _number(1000 * row["median_seconds"])


def _number(milliseconds: float) -> str:
    return f"{milliseconds:,.0f}" if milliseconds >= 10 else f"{milliseconds:.1f}"
