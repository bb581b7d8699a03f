"""The record of a result: one writer, one reader that knows older files; training times count nothing twice."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from helpers.fake_runs import fake_record
from sentiment.config import POLARITY
from sentiment.errors import RunError
from sentiment.runs.record import (
    METRICS,
    Kind,
    Member,
    RunRecord,
    Teacher,
    merged,
    read_record,
    total_seconds,
    training_time,
)

FIGURES = {"accuracy": 0.75, "confusion": [[1, 1], [0, 2]]}
OLD = {"name": "run", "architecture": "gru", "parameters": 1, "dataset": {}, "validation": FIGURES, "test": FIGURES}


def old(**values: Any) -> RunRecord:
    """The record in a file that is older than the version of the format."""
    return RunRecord.from_json(json.dumps(OLD | values))


def test_what_was_written_is_what_is_read() -> None:
    record = dataclasses.replace(
        fake_record(),
        teachers=(Teacher("nb-svm", "0123456789abcdef"),),
        members=(Member("gru", "gru", 0.5, "a" * 64),),
        built_from={"encoder 0123": 1.0, "older": None},
    )
    assert RunRecord.from_json(record.to_json()) == record
    assert json.loads(record.to_json())["version"] == 2


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"preset": "standard"}, Kind.NETWORK),
        ({"preset": "standard", "full_precision": {"run": "x"}}, Kind.REDUCED),
        ({"preset": None}, Kind.BASELINE),
        ({"members": [], "architecture": "ensemble"}, Kind.ENSEMBLE),
    ],
)
def test_an_older_file_is_read_with_its_kind(values: dict[str, Any], kind: Kind) -> None:
    assert old(**values).kind == kind


def test_an_older_file_is_read_with_recall_and_with_its_teachers_by_name() -> None:
    config = {"encoder": "e" * 64, "teachers": "flagship 739c0450050c4226, nb-svm 747558b98ea9533f"}
    record = old(preset="compact", identity={"config": config})
    assert record.test["recall"] == {"negative": 0.5, "positive": 1.0}
    assert record.test["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert record.classes == POLARITY
    assert record.encoder == "e" * 64
    assert record.teachers == (Teacher("flagship", "739c0450050c4226"), Teacher("nb-svm", "747558b98ea9533f"))


def test_an_older_file_is_named_by_its_sha256_as_results_built_from_it_name_it() -> None:
    text = json.dumps(OLD)
    assert RunRecord.from_json(text).id == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_results_that_differ_have_different_ids() -> None:
    assert fake_record(accuracy=0.5).id != fake_record(accuracy=0.6).id


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "JSONDecodeError"),
        ("[]", "expected a JSON object"),
        ('{"version": 3}', "expected a record of version 2; found 3"),
        ('{"name": "run"}', "expected architecture, parameters, dataset, test; found none"),
        (json.dumps(OLD | {"validation": {}}), "expected an accuracy on validation"),
        (json.dumps(OLD | {"version": 1, "kind": "guess"}), "guess"),
        (
            json.dumps(OLD | {"test": FIGURES | {"accuracy": "high"}}),
            "expected test.accuracy as int or float; found 'high'",
        ),
        (json.dumps(OLD | {"test": FIGURES | {"reviews": None}}), "expected test.reviews as int; found None"),
        (
            json.dumps(OLD | {"test": {"accuracy": 1, "recall": {"1": "all"}}}),
            "expected test.recall.1 as int or float or None",
        ),
        (json.dumps(OLD | {"test": FIGURES | {"accuracy": 10**400}}), "test.accuracy as a number of eight bytes"),
        (json.dumps(OLD | {"test": FIGURES | {"accuracy_ci95": [0.5]}}), "expected test.accuracy_ci95 as two numbers"),
        (json.dumps(OLD | {"test": FIGURES | {"accuracy_ci95": [0, "1"]}}), r"expected test.accuracy_ci95\[1\] as int"),
        (json.dumps(OLD | {"certainty": {"share": 0.9}}), "expected a certainty with confidence, decided; found none"),
        (json.dumps(OLD | {"members": [{"name": "gru", "folder": 3}]}), "KeyError"),
    ],
)
def test_what_is_no_record_is_refused_and_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / METRICS).write_text(text)
    with pytest.raises(RunError, match=f"readable result in .*{tmp_path.name}; found .*{message}"):
        read_record(tmp_path)


def test_what_two_share_counts_once() -> None:
    encoder = training_time("encoder", "e" * 64, 100.0)
    a, b = encoder | training_time("a", "a" * 64, 1.0), encoder | training_time("b", "b" * 64, 2.0)
    assert total_seconds(merged([a, b])) == 103.0


def test_seconds_that_are_not_known_make_the_sum_unknown() -> None:
    assert total_seconds(training_time("a", "a" * 64, 1.0) | {"something": None}) is None
    assert total_seconds({}) == 0.0


def test_an_older_file_without_training_times_is_unknown_only_if_it_was_built_from_something() -> None:
    def saved(**config: str) -> RunRecord:
        return old(preset="standard", identity={"config": config})

    assert saved(encoder="", teachers="").built_from == {}
    assert old().built_from == {}
    assert total_seconds(saved(encoder="e" * 64).built_from) is None
    assert total_seconds(saved(teachers="nb-svm 0123456789abcdef").built_from) is None


def test_training_times_are_those_of_a_run_and_of_what_it_was_built_from() -> None:
    record = dataclasses.replace(fake_record(), train_seconds=5.0, built_from={"encoder 0123456789abcdef": 100.0})
    assert total_seconds(record.training_times) == 105.0
