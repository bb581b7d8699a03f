"""The everyday model is made in stages, each of which is saved; it answers with classes and stars."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from typer.testing import CliRunner

from helpers.everyday import write_archive, write_reviews
from sentiment.cli import app
from sentiment.config import PretrainingConfig
from sentiment.errors import RunError, UserError
from sentiment.everyday import recipe
from sentiment.everyday.corpus import CLASSES, Corpus, read_corpus
from sentiment.everyday.lessons import Amounts, ShortTexts
from sentiment.inference.predictor import Predictor
from sentiment.runs.record import METRICS
from sentiment.runs.saved_run import CARD, MODEL, load_run, qualified_name, write_manifest
from sentiment.support.progress import Silence

FRAMES = [("Was it good? No.", "negative"), ("It was Monday.", "neutral")]
WRITTEN = [("They drove back for my bag.", "positive"), ("It broke.", "negative"), ("The lift was stuck.", "negative")]
SHORT = ShortTexts(FRAMES, WRITTEN)
SMALL = PretrainingConfig(vocabulary_size=120, embedding_size=8, units=8, epochs=1, batch_size=16, candidates=16)


class Notes(Silence):
    """Records notes."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def corpus(tmp_path) -> Corpus:
    return read_corpus(write_reviews(tmp_path, rows=40), str(write_archive(tmp_path / "aclImdb")))


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    for name in (recipe.NAME, recipe.LARGE):
        settings = recipe.SETTINGS[name].replace(minimum_steps=1, batch_size=16, averaging=0.0, dtype="float32")
        monkeypatch.setitem(recipe.SETTINGS, name, settings)
        monkeypatch.setitem(recipe.PRETRAINING, name, SMALL)
        monkeypatch.setitem(recipe.AMOUNTS, name, Amounts(excerpts=8, sentences=4, turned=4, unlabelled=3))
    monkeypatch.setattr(recipe, "LARGE_NETWORK", dataclasses.replace(recipe.LARGE_NETWORK, epochs=2))
    first, *_, last = (dataclasses.replace(stage, epochs=2) for stage in recipe.NETWORKS)
    monkeypatch.setattr(
        recipe, "NETWORKS", (dataclasses.replace(first, weight=0.75), dataclasses.replace(last, weight=0.25))
    )


def assert_mean_of(folder: Path, names: tuple[str, ...]) -> None:
    """The last layer is divided by another temperature each; all other weights are the mean."""
    [averaged] = folder.glob("*-everyday-mean-*")
    assert len(names) == 2
    first, second = (load_run(folder / name).model().get_weights() for name in names)
    assert not np.allclose(first[1], second[1])
    for one, other, mean in zip(first[:-2], second[:-2], load_run(averaged).model().get_weights(), strict=False):
        assert_allclose(mean, 0.75 * one + 0.25 * other, rtol=1e-5, atol=1e-7)


@pytest.mark.slow
def test_the_model_is_made_once_and_says_classes_and_stars(corpus, tmp_path):
    models, notes = tmp_path / "models", Notes()
    shipped = recipe.make_everyday(corpus, SHORT, models, notes)
    assert qualified_name(shipped.folder) == "mixed-reviews/everyday"
    assert shipped.config.classes == CLASSES
    assert not (shipped.folder / MODEL).exists()
    assert shipped.record.test["reviews"] == len(corpus.test) - (corpus.test.sources == "imdb").sum()
    sources = (shipped.folder / recipe.SOURCES).read_text(encoding="utf-8")
    assert all(f"| {origin.name} | {origin.domain} | {origin.texts:,} |" in sources for origin in corpus.origins)
    assert "not to be given on" not in sources
    assert [teacher.name for teacher in shipped.record.teachers][1:] == ["flagship", "linear"]
    assert len(shipped.record.built_from) > 3
    assert shipped.record.confidently_wrong == []  # texts of other people stay on this machine
    card = (shipped.folder / CARD).read_text(encoding="utf-8")
    assert "[SOURCES.md](SOURCES.md)" in card
    assert "`make everyday`" in card
    assert "the mean of those of 2 networks" in card
    assert_mean_of(models / recipe.DATASET, shipped.record.averaged)
    assert [line.partition(" that learnt")[0] for line in notes.lines if "teach" in line] == [
        "a linear model",
        "a linear model and networks",
        "a linear model and networks",
    ]
    predictions = Predictor(shipped).predict(
        ["It is a great and lovely thing, tea.", "It is a dull and awful thing, tea."]
    )
    for prediction in predictions:
        assert list(prediction.probabilities) == list(CLASSES.names)
        assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-4)
        assert 1 <= prediction.stars <= 5
    again = Notes()
    assert recipe.make_everyday(corpus, SHORT, models, again).record.test == shipped.record.test
    assert not any("teach" in line or "the mean of" in line for line in again.lines)
    [second] = (models / recipe.DATASET).glob("*-everyday-all-*")
    record = json.loads((second / METRICS).read_text(encoding="utf-8"))
    (second / METRICS).write_text(json.dumps(record | {"id": "another"}), encoding="utf-8")
    write_manifest(second)
    recipe.make_everyday(corpus, SHORT, models, again)
    assert sum("the mean of 2 networks" in line for line in again.lines) == 1


@pytest.mark.slow
def test_other_short_texts_are_other_lessons(corpus, tmp_path, monkeypatch):
    trained = []

    def train(encoded, *_, **__):
        trained.append(encoded.splits)
        raise InterruptedError

    monkeypatch.setattr(recipe, "train", train)
    written = [*SHORT.written, ("They left it in the rain.", "negative")]
    for short in (SHORT, ShortTexts(FRAMES, written)):
        with pytest.raises(InterruptedError):
            recipe.make_everyday(corpus, short, tmp_path / "models", Silence())
    first, second = trained
    assert len(second.train) == len(first.train) + Amounts().written
    assert first.dataset.content_hash != second.dataset.content_hash
    assert dataclasses.replace(first.dataset, content_hash="", train=0, reviews=0) == dataclasses.replace(
        second.dataset, content_hash="", train=0, reviews=0
    )
    assert first.validation.labels.dtype == np.int8


def test_a_missing_model_of_film_reviews_is_told_before_the_first_stage(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(recipe, "SHIPPED_MODELS", tmp_path)
    monkeypatch.setattr(recipe, "pretrain", None)
    with pytest.raises(RunError, match="imdb/flagship"):
        recipe.make_everyday(corpus, SHORT, tmp_path / "models", Silence())


def test_the_command_says_what_is_missing():
    done = CliRunner().invoke(app, ["everyday", "--data", "folder"])
    assert isinstance(done.exception, UserError)
    assert "found no --archive; for example: make everyday DATA=folder ARCHIVE=aclImdb_v1.tar.gz" in str(done.exception)


def test_the_model_to_start_from_is_looked_for_before_anything_is_read(tmp_path):
    files = [part for name in ("--data", "--archive", "--frames", "--written") for part in (name, "nowhere")]
    done = CliRunner().invoke(app, ["everyday", "--further", "--models", str(tmp_path), *files])
    assert isinstance(done.exception, RunError)
    assert "found none" in str(done.exception)
