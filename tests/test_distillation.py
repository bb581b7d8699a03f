"""Distillation: a teacher's probabilities become labels, for reviews without a label too, and are asked for once."""

import numpy as np
import pytest
from trained import train_tiny

from app import distillation
from app.dataset import DatasetInfo, Examples, Splits
from app.distillation import identity_of, taught
from app.inference import Prediction
from app.progress import Silence


class Counting:
    """Stands for a teacher: knows the word "good", and how often it was asked."""

    asked = 0

    def __init__(self, run) -> None:
        self.run = run

    def predict(self, texts):
        Counting.asked += 1
        return [Prediction("positive", 0.9 if "good" in text else 0.2, truncated=False) for text in texts]


@pytest.fixture
def splits() -> Splits:
    train = Examples(["good one", "a bad one", "good, not"], np.array([1, 0, 0], np.int8))
    info = DatasetInfo(
        name="tiny", source="tests", reviews=7, content_hash="0" * 64, train=3, validation=1, test=1,
        unlabelled=2, duplicates_removed=0, test_overlap_removed=0, unlabelled_overlap_removed=0,
    )  # fmt: skip
    other = Examples(["held out"], np.array([1], np.int8))
    return Splits(train, other, other, ["good without label", "without label"], info)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train_tiny(tmp_path_factory.mktemp("models"))


@pytest.fixture
def teacher(run, monkeypatch):
    monkeypatch.setattr(distillation, "Predictor", Counting)
    Counting.asked = 0
    return run


def test_labels_are_mixed_with_what_the_teacher_says_and_unlabelled_reviews_join(splits, teacher, tmp_path):
    found = taught(splits, [teacher], 0.5, tmp_path / "cache", Silence())
    assert found.train.texts == [*splits.train.texts, *splits.unlabelled]
    np.testing.assert_allclose(found.train.labels, [0.95, 0.1, 0.45, 0.9, 0.2], rtol=1e-5)
    assert found.validation is splits.validation
    assert found.test is splits.test


def test_a_teacher_is_asked_once(splits, teacher, tmp_path):
    first = taught(splits, [teacher], 1.0, tmp_path / "cache", Silence())
    second = taught(splits, [teacher], 1.0, tmp_path / "cache", Silence())
    np.testing.assert_array_equal(first.train.labels, second.train.labels)
    assert Counting.asked == 1


def test_the_identity_names_each_teacher_and_its_content(teacher):
    assert identity_of([]) == ""
    assert identity_of([teacher]).startswith("custom-lstm-tiny-seed1 ")
    assert len(identity_of([teacher, teacher]).split(", ")) == 2
