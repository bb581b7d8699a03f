"""The shipped models are made from reviews; every stage runs once."""

import dataclasses
import shutil
from pathlib import Path

import pandas as pd
import pytest

from helpers.trained import good_and_bad
from sentiment.config import PRESETS, PretrainingConfig
from sentiment.data.reviews import Reviews, load_reviews
from sentiment.data.splits import split
from sentiment.errors import RunError
from sentiment.experiments import shipped_models
from sentiment.experiments.shipped_models import RECIPES, make_shipped_model
from sentiment.runs.saved_run import load_run
from sentiment.support.progress import Silence
from sentiment.training.corpora import labelled_corpus
from sentiment.training.encoders import load_encoder
from sentiment.training.pretraining import pretrain

SMALL = PretrainingConfig(vocabulary_size=300, embedding_size=8, units=8, epochs=1, batch_size=16, candidates=16)
TINY = {"batch_size": 16, "epochs": 2, "minimum_steps": 1, "short_texts": 0, "excerpts": 0, "averaging": 0.0}

SHIPPED = RECIPES["compact"]


class Notes(Silence):
    """Records notes."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def reviews(tmp_path) -> Reviews:
    examples = good_and_bad(200)
    pd.DataFrame({"review": examples.texts, "sentiment": examples.labels}).to_csv(tmp_path / "films.csv", index=False)
    return load_reviews(tmp_path / "films.csv")


def build(name, reviews, models, report):
    return make_shipped_model(name, split(reviews, **PRESETS[name].split), models, report)


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(RECIPES, "flagship", dataclasses.replace(RECIPES["flagship"], pretraining=SMALL))
    smaller = dataclasses.replace(SMALL, units=4)
    monkeypatch.setitem(RECIPES, "compact", dataclasses.replace(RECIPES["compact"], pretraining=smaller))
    for name in ("pretrained", "flagship", "compact"):
        monkeypatch.setitem(PRESETS, name, PRESETS[name].replace(**TINY))


@pytest.mark.slow
def test_both_shipped_models_are_made_and_finished_stages_are_reused(reviews, tmp_path):
    models, notes = tmp_path / "models", Notes()
    compact = build("compact", reviews, models, Silence())
    flagship = build("flagship", reviews, models, notes)
    for shipped in (flagship, compact):
        assert not shipped.has_keras_model
        assert ", nb-svm " in shipped.config.teachers
    assert compact.config.teachers.startswith("flagship ")
    assert flagship.config.teachers.startswith("custom-lstm-pretrained-seed1 ")
    assert flagship.config.preset == "flagship"
    assert (flagship.config.model.units, compact.config.model.units) == (8, 4)
    assert flagship.config.encoder == load_encoder(models / "films" / "encoder").identity
    assert compact.config.encoder == load_encoder(models / "films" / "encoder-compact").identity
    existing = {note.split(" is there already")[0] for note in notes.lines if " is there already" in note}
    assert {"encoder", "custom-lstm-pretrained-seed1", "custom-lstm-flagship-seed1"} <= existing


def test_the_small_encoder_is_the_one_that_the_project_ships():
    models = Path(__file__).parents[2] / "models" / "imdb"
    assert load_encoder(models / SHIPPED.encoder).config == SHIPPED.pretraining


@pytest.mark.slow
def test_the_compact_model_reuses_an_existing_flagship(reviews, tmp_path):
    folder = tmp_path / "models" / "films"
    build("flagship", reviews, tmp_path / "models", Silence())
    for stage in (*folder.glob("custom-lstm-*"), folder / "encoder"):
        shutil.rmtree(stage)
    compact = build("compact", reviews, tmp_path / "models", Silence())
    assert compact.config.teachers.startswith("flagship ")
    assert {path.name for path in folder.glob("custom-lstm-*")} == {"custom-lstm-compact-seed1"}
    assert not (folder / "encoder").exists()


def test_the_flagship_that_the_project_ships_teaches_in_the_folder_of_a_user_too(reviews, tmp_path, monkeypatch):
    models, shipped = tmp_path / "models", tmp_path / "package" / "imdb" / "flagship"
    shipped.mkdir(parents=True)
    (shipped / "manifest.json").touch()
    monkeypatch.setattr("sentiment.runs.saved_run.SHIPPED_MODELS", tmp_path / "package")
    monkeypatch.setattr("sentiment.runs.saved_run.is_default_models", lambda folder: folder == models)
    monkeypatch.setattr(shipped_models, "is_there", lambda folder, *_: folder == shipped)
    for name in ("require_its_place", "pretrain", "load_encoder"):
        monkeypatch.setattr(shipped_models, name, lambda *_, **__: None)
    monkeypatch.setattr(shipped_models, "load_run", lambda folder: folder)
    monkeypatch.setattr(shipped_models, "_trained", lambda name, *rest: (name, rest[-1]))
    monkeypatch.setattr(shipped_models, "ship", lambda run, *_: run)
    named = dataclasses.replace(reviews, name="imdb")
    assert build("compact", named, models, Silence()) == ("compact", [shipped, "nb-svm"])


def test_an_encoder_of_other_settings_is_not_replaced(reviews, tmp_path):
    folder = tmp_path / "models" / "films"
    corpus = labelled_corpus(split(reviews, **PRESETS["flagship"].split))
    mine = pretrain(corpus, dataclasses.replace(SMALL, units=6), folder / "encoder", Silence())
    with pytest.raises(RunError, match=r"no encoder of other settings at .*; rename it to keep it, or delete it"):
        build("flagship", reviews, tmp_path / "models", Silence())
    assert load_encoder(mine.folder).identity == mine.identity


@pytest.mark.slow
def test_a_flagship_of_other_reviews_is_not_used_as_a_teacher(reviews, tmp_path):
    folder = tmp_path / "models" / "films"
    build("flagship", reviews, tmp_path / "models", Silence())
    before = load_run(folder / "flagship")
    reviews.table.iloc[5:].to_csv(tmp_path / "films.csv", index=False)
    build("compact", load_reviews(tmp_path / "films.csv"), tmp_path / "models", Silence())
    after = load_run(folder / "flagship")
    assert after.record.dataset["content_hash"] != before.record.dataset["content_hash"]
