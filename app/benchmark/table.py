"""The benchmark as tables, for a page and for a terminal."""

from collections.abc import Sequence
from typing import Any

from app.benchmark.contenders import CONTENDERS, OURS_ON_JAX
from app.report.tables import markdown_table

NOTHING = "–"
SMOKE = "**A smoke run: these figures say nothing.**"
TITLES = {contender.name: contender.title for contender in (*CONTENDERS, OURS_ON_JAX)}

Columns = list[tuple[str, list[str]]]


def target_columns(results: dict[str, Any]) -> Columns:
    """Each target with its figure, missed ones like any other; headers and cells.

    Args:
        results: what `layers.json` holds.
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
    headers = ("Faster by", "Ours", "Against", "Ratio", "95% interval", "Target", "Met")
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
        "a preliminary figure of one that was too slow to go on.",
    ]
    if results["absent"]:
        lines += ["", f"Not installed, so not measured: {', '.join(results['absent'])}."]
    return "\n".join(lines) + "\n"


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
