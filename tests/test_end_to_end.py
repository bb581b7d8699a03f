"""The whole way, as a person goes it: train, evaluate, predict."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from sentiment.data.reviews import load_reviews
from sentiment.support.paths import SAMPLE

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent


def sentiment(*arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sentiment", *map(str, arguments)],
        cwd=ROOT, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_four_train_on_the_sample_and_are_evaluated_and_answer(tmp_path):
    models, data = tmp_path / "models", tmp_path / "some.csv"
    pd.read_csv(SAMPLE).iloc[::4].to_csv(data, index=False)
    quick = ["--set", "epochs=1", "--set", "units=16", "--set", "embedding_size=16"]
    rows = json.loads(sentiment("train", "--data", data, "--models", models, "--json", *quick))
    assert {row["architecture"] for row in rows} == {
        "custom-lstm", "lstm", "bilstm", "gru", "tfidf-logistic", "nb-svm", "document-vectors", "mlp", "majority",
    }  # fmt: skip
    for row in rows:
        assert row["test_accuracy_ci95"][0] <= row["test_accuracy"] <= row["test_accuracy_ci95"][1]
        assert row["dataset"]["name"] == "some"
        assert len(row["dataset"]["content_hash"]) == 64

    report = models / "some" / "report"
    before = (report / "index.html").read_bytes()
    assert b"Custom LSTM" in before
    evaluated = json.loads(sentiment("evaluate", "--models", models, "--json"))
    assert len(evaluated) == 4
    for row in evaluated:
        assert row["accuracy"] == pytest.approx(row["saved_accuracy"])
    assert (report / "index.html").read_bytes() == before

    again = sentiment("train", "--data", data, "--models", models, "--json", *quick)
    assert json.loads(again) == rows  # nothing was trained twice, and nothing changed

    [run, *_] = sorted(path.name for path in (models / "some").iterdir() if path.name.startswith("gru"))
    answer = json.loads(sentiment("predict", "--models", models, "--run", run, "--json", "Not once was it dull."))
    assert answer["label"] in ("positive", "negative")


def test_reviews_of_more_than_two_classes_are_learnt_reported_evaluated_and_answered(tmp_path):
    names, grades = ("1", "2", "3", "4", "5"), 5
    words = ["awful", "poor", "middling", "good", "superb"][-grades:]
    rows = [
        (f"Number {i}: it was {words[i % grades]}, {words[i % grades]} indeed.", names[i % grades]) for i in range(200)
    ]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / "mine.csv", index=False)
    models = tmp_path / "models"
    tiny = [f"--set={setting}" for setting in ("epochs=2", "units=8", "embedding_size=8", "minimum_steps=1")]
    trained = json.loads(
        sentiment(
            "train", "--data", tmp_path / "mine.csv", "--models", models, "--only", "custom-lstm", "--json", *tiny
        )
    )
    assert {row["architecture"] for row in trained} >= {"custom-lstm", "nb-svm", "majority"}
    assert all(list(row["recall"]) == list(names) for row in trained)
    best = trained[0]
    assert best["test_accuracy"] > 0.9
    assert best["mean_absolute_error"] < 0.2

    table = sentiment("report", "mine", "--models", models)
    assert all(header in table for header in ("Mean", "Kappa"))
    assert names[0] in (models / "mine" / "report" / "report.md").read_text()

    [row] = json.loads(sentiment("evaluate", "--models", models, "--json"))
    assert row["accuracy"] == pytest.approx(row["saved_accuracy"])
    assert list(row["recall"]) == list(names)

    [run] = [path.name for path in (models / "mine").iterdir() if path.name.startswith("custom-lstm")]
    answer = json.loads(sentiment("predict", "--models", models, "--run", run, "--json", f"It was {words[0]}."))
    assert answer["label"] in (*names, "uncertain")
    assert list(answer["probabilities"]) == list(names)


def test_a_few_reviews_of_one_s_own_start_from_an_encoder_that_is_given_away(tmp_path):
    pd.read_csv(SAMPLE, usecols=["review", "sentiment"]).head(60).to_csv(tmp_path / "mine.csv", index=False)
    encoder = ROOT / "models" / "imdb" / "encoder-compact"
    row, shipped = json.loads(
        sentiment(
            "train", "--data", tmp_path / "mine.csv", "--models", tmp_path, "--from-pretrained", encoder, "--json",
            "--only", "custom-lstm", "--no-baselines", "--set", "epochs=1", "--set", "minimum_steps=1",
        )
    )  # fmt: skip
    assert row["preset"].startswith("few-labels")
    assert row["pretrained"]
    assert shipped["kind"] == "shipped"  # what answers without a training, on the same test reviews


def test_a_thousand_real_reviews_reach_more_than_eighty_percent(real_reviews, tmp_path):
    table = load_reviews(real_reviews).table
    labelled = table[table["label"].notna()]
    train = labelled[labelled["split"] == "train"].groupby("label").sample(500, random_state=1)
    test = labelled[labelled["split"] == "test"].groupby("label").sample(1_000, random_state=1)
    some = pd.concat([train, test]).rename(columns={"text": "review", "label": "sentiment"})
    some.to_parquet(tmp_path / "some-reviews.parquet")
    row, *_ = json.loads(
        sentiment(
            "train",
            "--data",
            tmp_path / "some-reviews.parquet",
            "--models",
            tmp_path / "models",
            "--json",
            "--from-pretrained",
            ROOT / "models" / "imdb" / "encoder-compact",
            "--only",
            "custom-lstm",
            "--no-baselines",
            "--set",
            "epochs=3",
        )
    )
    assert row["dataset"]["test"] == 2_000
    assert row["test_accuracy"] > 0.80
