"""What a fitted classifier leaves behind."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.fake_runs import fake_record
from sentiment.runs.record import read_record
from sentiment.runs.results import confidently_wrong, published, write_json, write_predictions, write_result

LABELS = np.array([1, 0, 1, 0, 1], np.int8)
PROBABILITIES = np.array([0.1, 0.6, 0.9, 0.99, 0.4])
TEXTS = ["one", "two", "three", "four", "five"]


def test_the_surest_mistakes_come_first() -> None:
    assert [wrong["row"] for wrong in confidently_wrong(TEXTS, LABELS, PROBABILITIES)] == [3, 0, 1, 4]
    assert confidently_wrong(TEXTS, LABELS, PROBABILITIES, count=1) == [
        {"row": 3, "text": "four", "label": 0, "predicted": 1, "confidence": 0.99}
    ]


def test_a_classifier_without_mistakes_has_none() -> None:
    assert confidently_wrong(TEXTS, LABELS, LABELS.astype(float)) == []


def test_only_the_beginning_of_a_long_review_is_quoted() -> None:
    (wrong,) = confidently_wrong(["word " * 200], np.array([1]), np.array([0.0]))
    assert len(wrong["text"]) <= 400
    assert wrong["text"].endswith("word…")


def test_predictions_come_back_as_they_were(tmp_path: Path) -> None:
    write_predictions(tmp_path, LABELS, PROBABILITIES.astype(np.float32))
    table = pd.read_csv(tmp_path / "test_predictions.csv")
    assert table.columns.tolist() == ["row", "label", "probability"]
    assert table["row"].tolist() == [0, 1, 2, 3, 4]
    assert table["label"].tolist() == LABELS.tolist()
    np.testing.assert_allclose(table["probability"], PROBABILITIES, rtol=1e-5)


def test_a_figure_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "x.json", {"loss": float("nan")})


def test_a_result_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    record = fake_record("model")
    write_result(tmp_path / "model", record, LABELS, PROBABILITIES)
    with pytest.raises(ValueError, match="JSON compliant"):
        write_result(tmp_path / "model", replace(record, temperature=float("nan")), LABELS, PROBABILITIES)
    assert read_record(tmp_path / "model") == record
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


SIGNED = "https://me:secret@example.org/data/{}?sig=a/b"


@pytest.mark.parametrize("place", ["/home/me/data/{}", "data/{}", "https://example.org/data/{}", SIGNED])
def test_a_published_dataset_names_its_files_alone(place: str) -> None:
    reading = {"validation": place.format("dev.csv"), "test": place.format("test.csv"), "encoding": "cp1252"}
    dataset = {"name": "films", "source": place.format("films.csv"), "reading": reading}
    assert published(dataset) == {
        "name": "films",
        "source": "films.csv",
        "reading": {"validation": "dev.csv", "test": "test.csv", "encoding": "cp1252"},
    }
    assert published({"source": "a/b.csv"}) == {"source": "b.csv"}  # of an older version
