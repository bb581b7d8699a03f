"""What the full form has done is counted and written."""

import json

import pytest

from helpers import reliability_figures as figures
from helpers.reliability_figures import Held


def report(case: str, when: str = "call", outcome: str = "passed", **properties: object) -> pytest.TestReport:
    place = f"tests/reliability/test_kills.py::test_work_goes_on[{case}]"
    return pytest.TestReport(
        place, ("", 0, ""), {}, outcome, None, when, duration=1.5, user_properties=list(properties.items())
    )


def test_cases_are_counted_with_what_was_done_in_each():
    rows: dict[str, Held] = {}
    for each in (
        report("a", "setup"),
        report("a", kills=20),
        report("a", "teardown"),
        report("b", outcome="failed", kills=20),
        report("c", "setup", outcome="failed"),
        report("d", outcome="skipped"),
    ):
        figures.add(rows, each)
    assert rows == {
        "test_kills.py::test_work_goes_on": Held(3, 1, 4.5, {"a": {"kills": 20}, "b": {"kills": 20}}),
    }


def test_tests_elsewhere_are_not_counted():
    rows: dict[str, Held] = {}
    elsewhere = report("a")
    elsewhere.nodeid = "tests/data/test_kinds.py::test_a"
    figures.add(rows, elsewhere)
    assert not rows


def test_a_run_of_some_tests_leaves_the_rows_of_the_others(tmp_path):
    first = {"a.py::test_it_holds": Held(1, 1, 2.0, {"": {"rows": 1_000_000}})}
    second = {"b.py::test_both_hold": Held(2, 1, 3.0, {"x": {"seconds": 0.25}, "y": {"seconds": 0.5}})}
    third = {"c.py::test_one_holds": Held(1, 1, 1.0, {"imdb/flagship": {"seconds": 0.5}})}
    for rows in (first, second, third):
        figures.write(tmp_path, rows)
    assert list(json.loads((tmp_path / figures.FIGURES).read_text())["tests"]) == [*first, *second, *third]
    table = (tmp_path / figures.TABLES).read_text().splitlines()
    assert table[2:5] == [
        "| It holds | 1 | 1 | 2 | rows 1,000,000 |",
        "| Both hold | 2 | 1 | 3 | x: seconds 0.25; y: seconds 0.5 |",
        "| One holds | 1 | 1 | 1 | imdb/flagship: seconds 0.5 |",
    ]
    assert table[-1].startswith("Measured on ")
