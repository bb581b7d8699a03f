"""Cells and columns that the reports of both benchmarks use."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sentiment.report.tables import markdown_table

NOTHING = "–"

Columns = list[tuple[str, list[str]]]  # headers with their cells
Row = dict[str, Any]


def columns_of(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Columns:
    """Rows of cells as headers with their cells."""
    return [(header, [row[index] for row in rows]) for index, header in enumerate(headers)]


def without_names(columns: Columns) -> Columns:
    """The targets without the names of the compared: what fits into eighty characters."""
    return [column for column in columns if column[0] not in ("Ours", "Against")]


def verdict(met: bool | None) -> str:
    """Whether a target is met, if that is known."""
    return NOTHING if met is None else "yes" if met else "no"


def page(results: Row, introduction: str, tables: Iterable[Callable[[Row], Columns]], explanation: str) -> str:
    """A report in Markdown.

    Args:
        results: what the JSON file holds.
        introduction: a paragraph.
        tables: functions from the results to columns.
        explanation: the paragraph behind the tables.
    """
    smoke = ["**A smoke run: these figures say nothing.**", ""] if results["settings"]["smoke"] else []
    absent = ["", f"Not installed, so not measured: {', '.join(results['absent'])}."] if results["absent"] else []
    body = [line for columns in tables for line in ("", *markdown_table(columns(results)))]
    return "\n".join([*smoke, introduction, *body, "", explanation, *absent]) + "\n"


def measured_with(results: Row, packages: Sequence[str]) -> str:
    """Date, machine and versions, without a full stop."""
    versions, machine = results["versions"], results["machine"]
    flags = ", ".join(name for name, present in (machine["cpu_flags"] or {}).items() if present)
    libraries = ", ".join(f"{name} {versions[name]}" for name in packages if name in versions)
    return (
        f"Measured on {results['date']}: {machine['processor']}, {machine['cores']} cores "
        f"({flags or 'flags unknown'}), {libraries}"
    )
