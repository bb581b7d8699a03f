"""The shipped models keep what they can do: a model that replaces one may only be better.

A model that became better raises its floors: `python -m benchmarks behaviour --floors tests/behaviour/floors.json`.
"""

import json
from pathlib import Path

import pytest

from benchmarks.behaviour.classifiers import saved_run
from benchmarks.behaviour.floors import MARGIN, floors_of
from benchmarks.behaviour.judging import judge
from benchmarks.behaviour.suite import FIGURES, all_cases, fingerprint, tally
from sentiment.inference.predictor import Predictor
from sentiment.runs.default_run import SHIPPED_RUNS

ROOT = Path(__file__).parents[2]
FLOORS = json.loads((Path(__file__).parent / "floors.json").read_text(encoding="utf-8"))
COMMITTED = json.loads((ROOT / "models" / "benchmark" / FIGURES).read_text(encoding="utf-8"))
SUITE = all_cases()


def test_every_shipped_model_has_a_floor_for_every_capability():
    assert set(FLOORS) == set(SHIPPED_RUNS)
    for floors in FLOORS.values():
        assert set(floors) == {case.capability for case in SUITE}


def test_the_committed_figures_are_of_this_suite():
    assert COMMITTED["suite"]["sha256"] == fingerprint(SUITE), (
        "the frames have changed: run make behaviour DATA=archive"
    )


def test_the_committed_figures_name_every_classifier():
    names = [classifier["name"] for classifier in COMMITTED["classifiers"]]
    assert names == [*SHIPPED_RUNS, "tfidf-logistic", "word-list"]
    assert COMMITTED["absent"] == []


def test_the_floors_are_as_high_as_the_committed_figures_allow():
    for name, floors in floors_of(COMMITTED).items():
        for capability, floor in floors.items():
            assert FLOORS[name][capability] >= floor, f"raise the floors of {name}"


@pytest.mark.parametrize("name", SHIPPED_RUNS)
def test_a_shipped_model_keeps_every_capability(name):
    right = {name: judge(saved_run(Predictor.load(ROOT / "models" / name), name), SUITE)}
    shares = {
        capability: group["right"][name] / group["cases"]
        for capability, group in tally(SUITE, right, lambda case: case.capability).items()
    }
    below = {capability: share for capability, share in shares.items() if share < FLOORS[name][capability]}
    assert not below
    committed = COMMITTED["by_capability"]
    for capability, share in shares.items():  # the figures in the documents are those of this model
        group = committed[capability]
        assert share == pytest.approx(group["right"][name] / group["cases"], abs=MARGIN)
