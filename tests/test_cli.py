"""The command line: what a person types, sees, and is told when it cannot be done."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.config import Config
from app.dataset import DatasetInfo, Examples, Splits
from app.progress import Silence
from app.training import encode, train

ROOT = Path(__file__).parent.parent


def sentiment(*arguments: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "120", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "app", *map(str, arguments)],
        cwd=cwd, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def labelled(n: int) -> pd.DataFrame:
    random = np.random.default_rng(0)
    labels = np.arange(n) % 2
    fillers = ["film", "plot", "cast", "music", "scene", "story"]
    texts = [
        f"a {'good' if label else 'bad'} {' '.join(random.choice(fillers, 6))} {i}" for i, label in enumerate(labels)
    ]
    return pd.DataFrame({"review": texts, "sentiment": np.where(labels == 1, "positive", "negative")})


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    """A folder with one small trained run of a dataset named films."""
    folder = tmp_path_factory.mktemp("models")
    table = labelled(120)
    labels = (table["sentiment"] == "positive").to_numpy(np.int8)
    parts = [Examples(table["review"][a:b].tolist(), labels[a:b]) for a, b in ((0, 80), (80, 100), (100, 120))]
    counts = {"train": 80, "validation": 20, "test": 20, "unlabelled": 0}
    info = DatasetInfo("films", "films.csv", 120, "0" * 64, **counts, duplicates_removed=0, test_overlap_removed=0,
                       unlabelled_overlap_removed=0)  # fmt: skip
    config = Config().replace(
        architecture="custom-lstm", preset="tiny", units=8, embedding_size=8, batch_size=8, epochs=8, minimum_steps=1,
        learning_rate=0.02, averaging=0.9, word_dropout=0.0, rare_word_dropout=0.0, embedding_dropout=0.0,
    )  # fmt: skip
    splits = Splits(*parts, [], info)
    train(encode(splits, config.tokenizer), config, folder / "films", Silence())
    return folder


def refused(done: subprocess.CompletedProcess[str], *parts: str, code: int = 2) -> None:
    """A mistake is told in one line on standard error, without a traceback, and nothing on standard output."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for part in parts:
        assert part in lines[0]


def test_the_help_names_every_command():
    done = sentiment("--help")
    assert done.returncode == 0
    for command in ("train", "evaluate", "predict", "report"):
        assert command in done.stdout


def test_the_version_is_the_package_s():
    from app import __version__

    assert sentiment("--version").stdout.strip() == __version__


def test_a_prediction_is_a_label_and_a_probability(models):
    done = sentiment("predict", "--models", models, "a good film plot", "a bad film plot")
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["positive", "negative"]
    assert float(rows[0][1]) > 0.5 > float(rows[1][1])
    assert done.stderr == ""


def test_a_prediction_for_a_program_is_one_json_object_a_line(models):
    done = sentiment("predict", "--models", models, "--json", 'a "good"\nfilm')
    [line] = done.stdout.splitlines()
    found = json.loads(line)
    assert found["label"] == "positive"
    assert 0 <= found["probability"] <= 1
    assert (found["text"], found["truncated"], found["run"]) == ('a "good"\nfilm', False, "custom-lstm-tiny-seed1")


def test_the_threshold_decides_the_label_and_not_the_probability(models):
    def predict(threshold: str) -> dict:
        return json.loads(sentiment("predict", "--models", models, "--json", "--threshold", threshold, "a good").stdout)

    low, high = predict("0"), predict("1")
    assert (low["label"], high["label"]) == ("positive", "negative")
    assert low["probability"] == high["probability"]


def test_runs_can_be_evaluated_on_other_reviews(models, tmp_path):
    labelled(30).to_csv(tmp_path / "other.csv", index=False)
    done = sentiment("evaluate", "--models", models, "--data", tmp_path / "other.csv", "--json")
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)
    assert (row["run"], row["reviews"], row["number"]) == ("films/custom-lstm-tiny-seed1", "other", 30)
    assert row["accuracy"] > 0.9


def test_an_empty_text_is_refused(models):
    refused(sentiment("predict", "--models", models, " "), "expected a text")


def test_a_run_that_does_not_exist_is_refused_with_those_that_do(models):
    refused(sentiment("predict", "--models", models, "--run", "nope", "text"), "nope", "films/custom-lstm-tiny-seed1")
    refused(sentiment("evaluate", "--models", models, "--run", "nope"), "nope")


def test_without_any_run_the_way_to_train_one_is_told(tmp_path):
    refused(sentiment("predict", "--models", tmp_path, "text"), "make train")
    refused(sentiment("evaluate", "--models", tmp_path), "make train")
    refused(sentiment("report", "--models", tmp_path, "films"), "films")


def test_a_run_with_one_changed_byte_is_refused(models, tmp_path):
    import shutil

    shutil.copytree(models, tmp_path / "models")
    path = tmp_path / "models" / "films" / "custom-lstm-tiny-seed1" / "model.keras"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    refused(sentiment("predict", "--models", tmp_path / "models", "text"), "model.keras", "changed since")


def test_evaluating_when_the_reviews_have_gone_says_which(models):
    refused(sentiment("evaluate", "--models", models), "films.csv")


BAD_FILES = {
    "no-columns.csv": (b"a,b\n1,2\n", "column"),
    "one-class.csv": (b"review,sentiment\n" + b"".join(b"film %d,positive\n" % i for i in range(40)), "positive"),
    "ten-rows.csv": (
        b"review,sentiment\n" + b"".join(b"film %d,%s\n" % (i, (b"positive", b"negative")[i % 2]) for i in range(10)),
        "20",
    ),
    "encodings.csv": ("review,sentiment\nnaïve,positive\n".encode() + "naïve,negative\n".encode("latin-1"), "line 3"),
    "empty.csv": (b"", "empty"),
    "label.csv": (b"review,sentiment\n" + b"a film,positive\n" * 30 + b"a film,so-so\n", "row 31"),
    "broken.tar.gz": (b"this is no archive at all", "archive"),
    "reviews.docx": (b"PK", ".csv"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_reviews_that_cannot_be_used_are_refused_and_nothing_is_written(name, tmp_path):
    content, part = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)
    refused(sentiment("train", "--data", tmp_path / name, "--models", tmp_path / "models"), part)
    assert not (tmp_path / "models").exists()


def test_a_missing_file_is_refused(tmp_path):
    refused(sentiment("train", "--data", tmp_path / "none.csv", "--models", tmp_path), "no such file")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--only", "transformer"], "custom-lstm, lstm, bilstm, gru"),
        (["--preset", "huge"], "standard"),
        (["--set", "unitz=3"], "unitz"),
        (["--set", "units=many"], "many"),
    ],
)
def test_settings_that_do_not_exist_are_refused(arguments, part, tmp_path):
    labelled(40).to_csv(tmp_path / "films.csv", index=False)
    done = sentiment("train", "--data", tmp_path / "films.csv", "--models", tmp_path / "models", *arguments)
    refused(done, part)
    assert not (tmp_path / "models").exists()
