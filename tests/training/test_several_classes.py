"""Networks of several classes: trained, taught, saved, and asked, with every architecture."""

import dataclasses
import json

import numpy as np
import pytest

from helpers.trained import THREE, TOPICS, good_and_bad, three_splits, train_tiny
from sentiment.config import PRESETS, Config, TrainingConfig
from sentiment.data.splits import Splits
from sentiment.errors import ConfigError
from sentiment.inference.predictor import Predictor
from sentiment.networks.architectures import ARCHITECTURES
from sentiment.runs.saved_run import EXPORT
from sentiment.support.progress import Silence
from sentiment.teaching.distillation import baseline_teacher, distilled, run_teacher
from sentiment.teaching.self_training import self_taught, with_first_teachers
from sentiment.training.classifier import train
from sentiment.training.encoding import encode

ALL = pytest.mark.parametrize("classes", [THREE, TOPICS], ids=["ordered", "several"])


@ALL
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_learns_them_and_answers_with_them(architecture, classes, tmp_path):
    run = train_tiny(tmp_path, architecture, classes)
    assert run.record.test["accuracy"] >= 0.8  # a guess is right a third of the times
    assert run.config.classes == run.record.classes == classes
    assert json.loads((run.folder / EXPORT).read_text())["onnx"]["largest_probability_difference"] < 1e-5
    predictor = Predictor(run)
    by_keras = Predictor(run, engine="keras").predict_proba(good_and_bad(6, classes).texts)
    for text, shares in zip(good_and_bad(6, classes).texts, by_keras, strict=True):
        prediction = predictor.predict(text)
        assert prediction.label == classes.names[shares.argmax()]
        assert list(prediction.probabilities) == list(classes.names)
        assert prediction.confidence == max(prediction.probabilities.values())
        assert prediction.probability is None
    np.testing.assert_allclose(predictor.predict_proba(good_and_bad(6, classes).texts), by_keras, atol=1e-5)


def test_an_empty_text_has_equal_shares_and_no_label(tmp_path):
    predictor = Predictor(train_tiny(tmp_path, "gru", THREE))
    assert predictor.predict_proba(["", "a good plot"])[0].tolist() == [1 / 3] * 3
    assert (predictor.predict("").label, predictor.predict("").probabilities) == (None, {})


def test_the_most_probable_class_is_the_label_and_there_is_no_threshold(tmp_path):
    predictor = Predictor(train_tiny(tmp_path, "gru", THREE))
    with pytest.raises(ConfigError, match="expected no threshold with 3 classes"):
        predictor.predict("a good film", threshold=0.7)
    certain, unsure = predictor.predict("a good film"), predictor.predict("a good film", uncertain=1.0)
    assert (certain.label, unsure.label, unsure.reason) == ("positive", "uncertain", "near threshold")


@ALL
def test_they_are_learnt_from_teachers_too(classes, tmp_path):
    splits = dataclasses.replace(three_splits(classes), unlabelled=good_and_bad(60, classes).texts)
    teachers = [baseline_teacher("nb-svm", splits), run_teacher(train_tiny(tmp_path, "gru", classes))]
    taught, _ = distilled(splits, teachers, TrainingConfig(excerpts=20), tmp_path / "cache", Silence())
    assert taught.train.labels.shape == (140, 3)
    assert taught.train.labels.sum(axis=1) == pytest.approx(np.ones(140), abs=1e-5)
    assert (taught.train.labels[80:].argmax(axis=1) == good_and_bad(60, classes).labels).mean() > 0.95
    config = Config().replace(
        architecture="gru", preset="tiny", classes=classes, units=8, embedding_size=8, batch_size=16, epochs=8,
        minimum_steps=1, learning_rate=0.02, averaging=0.9, excerpts=20, label_smoothing=0.05, embedding_dropout=0.0,
        class_weights="balanced",
    )  # fmt: skip
    run = train(encode(taught, config.tokenizer), config, tmp_path / "taught", Silence())
    assert run.record.test["accuracy"] == 1.0


def test_a_network_teaches_itself_them(tmp_path, monkeypatch):
    tiny = Config().replace(preset="standard", units=4, embedding_size=4, epochs=1, minimum_steps=1, batch_size=16)
    monkeypatch.setitem(PRESETS, "standard", tiny)
    splits: Splits = dataclasses.replace(three_splits(THREE), unlabelled=good_and_bad(60, THREE).texts)
    pupil = with_first_teachers(tiny.replace(classes=THREE, rounds=1), splits, None)
    learnt, _ = self_taught(splits, pupil, None, tmp_path, Silence())
    assert learnt.train.labels.shape == (140, 3)


@pytest.mark.parametrize(
    ("classes", "setting"), [(THREE, {"adversarial": 1.0}), (TOPICS, {"virtual_adversarial": 1.0})]
)
def test_harder_steps_learn_them_as_well(classes, setting, tmp_path):
    config = Config().replace(
        architecture="gru", preset="tiny", classes=classes, units=8, embedding_size=8, batch_size=8, epochs=16,
        minimum_steps=1, learning_rate=0.02, averaging=0.9, embedding_dropout=0.0, **setting,
    )  # fmt: skip
    run = train(encode(three_splits(classes), config.tokenizer), config, tmp_path, Silence())
    assert run.record.test["accuracy"] > 0.9
