"""Reviews that are larger than memory: `sentiment shard`, and commands that read its folder."""

import json

import numpy as np
import pandas as pd
import pytest

from helpers.command_line import refused, sentiment
from sentiment.distributed import Workers

WORDS = "one two three four five six seven eight nine ten".split()
TINY = ["units=6", "embedding_size=4", "epochs=1", "candidates=8", "crop_length=16", "batch_size=32"]
SETTINGS = [part for setting in TINY for part in ("--set", setting)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    random = np.random.default_rng(1)
    texts = [f"{' '.join(random.choice(WORDS, 12))} number {i}." for i in range(500)]
    table = pd.DataFrame({"text": texts, "label": ["bad", "good"] * 250})
    (folder / "reviews").mkdir()
    for number, rows in enumerate(np.array_split(np.arange(500), 2)):
        table.iloc[rows].to_parquet(folder / "reviews" / f"{number}.parquet")
    done = sentiment("shard", "--data", folder / "reviews" / "*.parquet", "--output", folder / "mine",
                     "--vocabulary-size", "60")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"read them with --data {folder / 'mine'}" in done.stdout
    assert done.stdout.startswith("mine: 500 rows: ")
    return folder


def test_an_encoder_is_pretrained_from_shards_and_nothing_held_out_is_read(folder):
    arguments = ["pretrain", "--data", folder / "mine", "--models", folder / "models", *SETTINGS]
    done = sentiment(*arguments)
    assert done.returncode == 0, done.stderr
    assert "shards are read in windows" in done.stderr
    metrics = json.loads((folder / "models" / "mine" / "encoder" / "metrics.json").read_text())
    content = json.loads((folder / "mine" / "shards.json").read_text())
    assert metrics["reviews"] == content["dataset"]["train"]
    assert metrics["identity"]["config"]["vocabulary_size"] == 60
    assert metrics["identity"]["reviews"] == content["dataset"]["content_hash"]
    learnt = np.load(folder / "models" / "mine" / "encoder" / "learnt.npy")
    assert len(learnt) == content["dataset"]["train"] + content["dataset"]["validation"]
    assert "there already" in sentiment(*arguments).stderr


def test_shards_can_have_the_vocabulary_of_an_encoder(folder, tmp_path):
    encoder = folder / "models" / "mine" / "encoder"
    done = sentiment("shard", "--data", folder / "reviews", "--output", tmp_path / "again", "--vocabulary-of", encoder)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "again" / "tokenizer.json").read_bytes() == (encoder / "tokenizer.json").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--set", "vocabulary_size=50"], ["expected the vocabulary_size that", "--vocabulary-size 50"]),
        (["--text-column", "text"], ["expected no other options beside a folder of shards", "--text-column"]),
    ],
)
def test_what_shards_have_settled_is_not_asked_again(folder, tmp_path, arguments, parts):
    done = sentiment("pretrain", "--data", folder / "mine", "--models", tmp_path, *SETTINGS, *arguments)
    refused(done, *parts)


def test_a_pattern_is_for_shards(folder, tmp_path):
    done = sentiment("train", "--data", folder / "reviews" / "*.parquet", "--models", tmp_path)
    refused(done, "expected one source of reviews, which is read into memory", "sentiment shard --data")


def test_a_file_that_may_not_fit_is_read_and_said(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("sentiment.cli.large.sharding.free_memory", lambda: 1_000)
    done = sentiment("pretrain", "--data", folder / "reviews" / "0.parquet", "--models", tmp_path, "--set", "units=x")
    assert "may not be enough" not in done.stderr, "a mistake comes first"
    done = sentiment("train", "--data", folder / "reviews" / "0.parquet", "--models", tmp_path, "--only", "none")
    assert "is read into memory, which may not be enough" in done.stderr
    assert "sentiment shard --data" in done.stderr


def test_commands_that_need_texts_do_not_take_shards(folder):
    done = sentiment("evaluate", "--data", folder / "mine", "--run", "imdb/compact")
    refused(done, "expected reviews with their texts; found", "pretrain and train read")


def test_another_folder_is_not_replaced(folder, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to a friend.txt").touch()
    done = sentiment("shard", "--data", folder / "reviews", "--output", tmp_path / "letters")
    refused(done, "expected a folder of shards at", "or nothing; found something else; name another")


def test_shards_of_another_source_are_replaced_only_with_again(folder, tmp_path):
    (tmp_path / "mine").mkdir()  # an empty folder is nothing
    source, arguments = folder / "reviews" / "0.parquet", ["shard", "--output", tmp_path / "mine", "--data"]
    for _ in range(2):
        assert sentiment(*arguments, source).returncode == 0
    other = sentiment(*arguments, folder / "reviews")
    refused(other, f"expected shards of {folder / 'reviews'} at", f"found those of {source};", "add --again to replace")
    assert sentiment(*arguments, folder / "reviews", "--again").returncode == 0


def test_a_vocabulary_has_one_size(folder, tmp_path):
    arguments = ["--data", folder / "reviews", "--output", tmp_path / "mine", "--vocabulary-of", folder / "mine"]
    done = sentiment("shard", *arguments, "--vocabulary-size", "50")
    refused(done, "expected --vocabulary-size or --vocabulary-of, which has a size; found 50 and", "leave one out")


def test_shards_need_reviews(tmp_path, monkeypatch):
    monkeypatch.delenv("SENTIMENT_DATA", raising=False)
    refused(sentiment("shard", "--output", tmp_path / "mine"), "expected reviews; found none", "--data")


TRAINING = ["units=6", "embedding_size=4", "epochs=2", "minimum_steps=1", "crop_length=16", "batch_size=32"]


def test_a_classifier_is_trained_from_shards_and_from_an_encoder_of_them(folder):
    settings = [part for setting in TRAINING for part in ("--set", setting)]
    done = sentiment("train", "--data", folder / "mine", "--models", folder / "models", *settings)
    assert done.returncode == 0, done.stderr
    assert "no baselines: they read all texts at once" in done.stderr
    [place] = (folder / "models" / "mine").glob("custom-lstm-*")
    metrics = json.loads((place / "metrics.json").read_text())
    content = json.loads((folder / "mine" / "shards.json").read_text())["dataset"]
    assert metrics["dataset"]["train"] == content["train"]
    assert sum(map(sum, metrics["test"]["confusion"])) == content["test"]
    assert len(np.load(place / "learnt.npy")) == content["train"] + content["validation"]
    judged = sentiment("predict", "--run", place, "one two three four")
    assert judged.returncode == 0, judged.stderr
    encoder = folder / "models" / "mine" / "encoder"
    start = [part for setting in TRAINING[2:] for part in ("--set", setting)]
    done = sentiment("train", "--data", folder / "mine", "--models", folder / "models", "--only", "lstm",
                     "--from-pretrained", encoder, *start)  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--teacher", "nb-svm"], ["expected no teachers with shards"]),
        (["--set", "test_fraction=0.3"], ["expected reviews without a test split with test_fraction"]),
        (["--set", "vocabulary_size=50"], ["expected the vocabulary_size that", "--vocabulary-size 50"]),
        (["--set", "excerpts=10"], ["expected no excerpts with shards", "--set excerpts=0"]),
    ],
)
def test_what_needs_texts_is_refused_with_shards(folder, tmp_path, arguments, parts):
    refused(sentiment("train", "--data", folder / "mine", "--models", tmp_path / "models", *arguments), *parts)


def test_workers_train_from_shards_alone(folder):
    done = sentiment("train", "--data", folder / "reviews" / "0.parquet", "--workers", "2")
    refused(done, "expected --engine ray with --workers")
    done = sentiment("train", "--data", folder / "mine", "--engine", "ray")
    assert done.returncode != 0  # a mistake, also where Ray is not installed
    assert "--engine ray" in done.stderr or "extra ray" in done.stderr


def test_the_vocabulary_of_shards_is_named_where_a_preset_has_another(folder, tmp_path):
    done = sentiment("train", "--data", folder / "mine", "--models", tmp_path, "--only", "lstm", "--set", "excerpts=1")
    assert "vocabulary_size=60 is that of the shards, instead of" in done.stderr


def test_a_number_of_workers_that_the_environment_contradicts_is_refused(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    for command in ("train", "pretrain"):
        done = sentiment(command, "--data", folder / "mine", "--models", tmp_path, "--workers", "3")
        refused(done, "expected no --workers where torchrun has started 2; found --workers 3; leave it out")
    done = sentiment("train", "--data", folder / "reviews" / "0.parquet", "--models", tmp_path)
    refused(done, "expected one process to train on reviews in memory; found WORLD_SIZE=2")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("rank", "said"), [(0, True), (1, False)])
def test_the_first_worker_alone_says_that_the_minutes_are_over(folder, tmp_path, monkeypatch, rank, said):
    monkeypatch.setattr("sentiment.distributed.join", lambda: Workers(rank, 2))
    monkeypatch.setattr("sentiment.training.pretraining.pretrain", lambda *_arguments, **_options: None)
    done = sentiment("pretrain", "--data", folder / "mine", "--models", tmp_path)
    assert done.returncode == 0
    assert ("the minutes are over" in done.stderr) == said
