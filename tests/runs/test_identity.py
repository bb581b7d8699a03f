"""The identity of a result: a release does not change it; a change of how texts are read or networks trained does."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from sentiment.config import Config, PretrainingConfig
from sentiment.runs import identity as identities
from sentiment.runs.archive import read_records
from sentiment.runs.identity import digest, identity, same_identity
from sentiment.runs.record import METRICS
from sentiment.runs.saved_run import ENCODER

IMDB = Path(__file__).parents[2] / "models" / "imdb"
RECORDS = read_records(IMDB)
ENCODERS = [path.parent.name for path in sorted(IMDB.glob(f"*/{ENCODER}"))]


@pytest.fixture(autouse=True)
def reading_one(monkeypatch):
    """What lies in `models/imdb` was trained with reading 1."""
    monkeypatch.setattr(identities, "READING", 1)


def made_of(config=None):
    return identity("a" * 64, config=json.loads((config or Config()).to_json()))


def test_a_new_release_does_not_change_the_identity_and_another_reading_does(monkeypatch):
    before = made_of()
    monkeypatch.setattr("sentiment.support.environment.__version__", "9.9.9")
    assert same_identity(before, made_of())
    monkeypatch.setattr(identities, "READING", 2)
    assert not same_identity(before, made_of())


def first_release(**values):
    return {"config": Config().as_first_written(), "reviews": "a" * 64, "version": "0.1.0"} | values


def test_what_the_first_release_saved_is_of_reading_one(monkeypatch):
    assert same_identity(first_release(), made_of())
    assert not same_identity(first_release(), made_of(Config().replace(units=3)))
    assert not same_identity(first_release(reviews="b" * 64), made_of())
    monkeypatch.setattr(identities, "READING", 2)
    assert not same_identity(first_release(), made_of())


@pytest.mark.parametrize("name", [*sorted(RECORDS), *ENCODERS])
def test_every_saved_result_keeps_its_identity(name, monkeypatch):
    saved = RECORDS[name].identity if name in RECORDS else json.loads((IMDB / name / METRICS).read_text())["identity"]
    monkeypatch.setattr(identities, "READING", saved.get("reading", 1))
    parts = {name: value for name, value in saved.items() if name not in ("version", "reading", "reviews")}
    if "config" in saved:
        kind = Config if "model" in saved["config"] else PretrainingConfig
        parts["config"] = asdict(kind.from_values(saved["config"]))
    assert same_identity(saved, identity(saved["reviews"], **parts))
    assert not same_identity(saved, identity("0" * 64, **parts))


def test_hashes_of_reading_one_are_those_of_the_first_release(monkeypatch):
    baseline = RECORDS["baselines/nb-svm"].identity
    teachers = Config.from_json((IMDB / "flagship" / "config.json").read_text(encoding="utf-8")).teachers
    now = digest(["nb-svm", identity(baseline["reviews"], seed=0)])
    assert teachers.endswith(f", nb-svm {now[:16]}")
    monkeypatch.setattr(identities, "READING", 2)
    assert digest(["nb-svm", identity(baseline["reviews"], seed=0)]) != now
