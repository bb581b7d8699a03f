"""What the full form of the tests in `reliability` has done, written for the docs:

- models/benchmark/reliability.json    by test: cases, those that held, seconds, and what it did how often
- models/benchmark/reliability.md      the table

A run of some of the tests replaces the rows of those alone.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.results import provenance
from sentiment.report.tables import Columns, markdown_table
from sentiment.support.storage import write_text

FIGURES, TABLES = "reliability.json", "reliability.md"
_FOLDER = "tests/reliability/"
_SHOWN = 3  # cases of a test whose figures the table has


@dataclass
class Held:
    """A test with all its cases."""

    cases: int = 0
    held: int = 0
    seconds: float = 0.0
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)  # by case: what `record_property` was told


def add(rows: dict[str, Held], report: pytest.TestReport) -> None:
    """Counts a case of a test in `reliability`; one that is skipped is none.

    Args:
        rows: by test, such as `test_kills.py::test_the_second...`.
        report: of a part of a case: before it, itself, or after it.
    """
    if not report.nodeid.startswith(_FOLDER):
        return
    if report.skipped or (report.when != "call" and not report.failed):
        return
    name, _, case = report.nodeid.removeprefix(_FOLDER).partition("[")
    row = rows.setdefault(name, Held())
    row.cases += 1  # what fails before or after its test is one more that did not hold
    row.held += report.passed
    row.seconds += report.duration
    if report.user_properties:
        row.figures[case.removesuffix("]")] = dict(report.user_properties)


def write(folder: Path, rows: dict[str, Held]) -> None:
    """Writes both files; rows of tests that did not run stay.

    Args:
        folder: for the files.
        rows: of the tests that ran.
    """
    path, now = folder / FIGURES, provenance()
    before = json.loads(path.read_text(encoding="utf-8"))["tests"] if path.exists() else {}
    about = {"date": now["date"], "machine": now["machine"]["processor"], "cores": now["machine"]["cores"]}
    tests = before | {name: asdict(row) | about for name, row in rows.items()}
    tests = dict(sorted(tests.items()))
    write_text(path, json.dumps(now | {"tests": tests}, indent=1) + "\n")
    write_text(folder / TABLES, markdown(tests))


def markdown(tests: dict[str, dict[str, Any]]) -> str:
    """The table, and what it was measured on."""
    columns: Columns = [
        ("What holds", [_sentence(name) for name in tests]),
        ("Cases", [f"{row['cases']:,}" for row in tests.values()]),
        ("Held", [f"{row['held']:,}" for row in tests.values()]),
        ("Seconds", [f"{row['seconds']:,.0f}" for row in tests.values()]),
        ("In each", [_listed(row["figures"]) for row in tests.values()]),
    ]
    places = sorted({f"{row['date']}: {row['machine']}, {row['cores']} cores" for row in tests.values()})
    return "\n".join([*markdown_table(columns), "", f"Measured on {'; '.join(places)}."]) + "\n"


def _sentence(test: str) -> str:
    words = test.rpartition("::")[2].removeprefix("test_").replace("_", " ")
    return words[:1].upper() + words[1:]


def _listed(figures: dict[str, dict[str, Any]]) -> str:
    """The figures of a test's cases: once, where several have the same."""
    told = [", ".join(f"{name} {_number(value)}" for name, value in each.items()) for each in figures.values()]
    if len(told) != 1 and len(set(told)) <= 1:
        return told[0] if told else "–"
    named: Sequence[str] = [f"{case}: {line}" if case else line for case, line in zip(figures, told, strict=True)]
    return "; ".join([*named[:_SHOWN], *(["…"] if len(named) > _SHOWN else [])])


def _number(value: Any) -> str:
    return f"{value:,.3g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
