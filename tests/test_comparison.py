"""Who may take part in the main job: nobody who may know its test reviews."""

import dataclasses

import pandas as pd
import pytest
from trained import good_and_bad, train_tiny

from app.comparison import compare
from app.config import Config, PretrainingConfig
from app.encoders import Encoder
from app.errors import ConfigError
from app.progress import Silence
from app.reviews import Reviews

TINY = Config().replace(preset="tiny", units=4, embedding_size=4, epochs=1, minimum_steps=1, batch_size=16)


def reviews(name: str) -> Reviews:
    examples = good_and_bad(120)
    table = pd.DataFrame({"text": pd.Series(examples.texts, dtype="str"), "label": examples.labels, "split": ""})
    return Reviews(name, f"{name}.csv", table.astype({"label": "Int8"}))


def compared(reviews, models, config=TINY, **others):
    return compare(reviews, config, ["custom-lstm"], 1, models, Silence(), baselines=False, **others)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Of the dataset films, from other reviews than those here."""
    return train_tiny(tmp_path_factory.mktemp("models"))


def encoder(folder, reviews: Reviews) -> Encoder:
    metrics = {"dataset": reviews.name, "identity": {"reviews": reviews.content_hash}}
    return Encoder(folder / "encoder", PretrainingConfig(), metrics, [])


def test_a_teacher_of_other_reviews_of_the_same_name_is_refused(run, tmp_path):
    with pytest.raises(ConfigError, match="custom-lstm-tiny-seed1 to be made from the same reviews of films"):
        compared(reviews("films"), tmp_path, teachers=[run])


def test_a_teacher_with_another_test_split_of_the_same_reviews_is_refused(run, tmp_path):
    films = reviews("films")
    same = dataclasses.replace(
        run, metrics={**run.metrics, "dataset": {"name": "films", "content_hash": films.content_hash}}
    )
    with pytest.raises(ConfigError, match="may know test reviews"):
        compared(films, tmp_path, TINY.replace(test_fraction=0.4), teachers=[same])


def test_a_teacher_of_another_dataset_is_welcome(run, tmp_path):
    written = compared(reviews("plays"), tmp_path, teachers=[run])
    [row] = written.rows
    assert row.teachers == ["custom-lstm-tiny-seed1"]


def test_an_encoder_that_may_have_read_test_reviews_is_refused(tmp_path):
    films = reviews("films")
    grown = dataclasses.replace(films, table=films.table.iloc[:100])
    with pytest.raises(ConfigError, match="may know test reviews"):
        compared(films, tmp_path, encoders=[encoder(tmp_path, grown)])
    with pytest.raises(ConfigError, match="may know test reviews"):
        compared(films, tmp_path, TINY.replace(test_fraction=0.4), encoders=[encoder(tmp_path, films)])


def test_two_encoders_for_one_architecture_are_refused(tmp_path):
    films = reviews("films")
    with pytest.raises(ConfigError, match="expected one encoder for custom-lstm"):
        compared(films, tmp_path, encoders=[encoder(tmp_path, films), encoder(tmp_path / "second", films)])
