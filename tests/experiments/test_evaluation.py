"""Saved runs are evaluated again: on their own reviews, read with the same options, or on others."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.trained import good_and_bad, train_tiny
from sentiment.config import POLARITY, Classes, Config
from sentiment.data.reviews import Reviews, load_reviews
from sentiment.data.splits import split
from sentiment.errors import ReviewsError
from sentiment.experiments.evaluation import Evaluation, evaluate_on, evaluate_own, labels_of
from sentiment.runs.saved_run import SavedRun
from sentiment.support.progress import Silence
from sentiment.training.classifier import train
from sentiment.training.encoding import encode

TINY = Config().replace(
    preset="tiny", units=4, embedding_size=4, batch_size=16, epochs=1, minimum_steps=1, averaging=0.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("evaluated")


@pytest.fixture(scope="module")
def reviews(folder) -> Reviews:
    """Read with columns of unusual names, and with a row set aside."""
    examples = good_and_bad(100)
    table = pd.DataFrame({"body": [*examples.texts, "no label"], "up": [*examples.labels.astype(str), ""]})
    table.to_csv(folder / "mine.csv", index=False)
    rejects = folder / "rejects.csv"
    return load_reviews(folder / "mine.csv", text_column="body", label_column="up", rejects=rejects)


@pytest.fixture(scope="module")
def run(reviews, folder) -> SavedRun:
    splits = split(reviews, **TINY.split)
    return train(encode(splits, TINY.tokenizer), TINY, folder / "models" / "mine", Silence())


def test_the_reviews_of_a_run_are_read_again_with_the_same_options(run, folder):
    [evaluation] = evaluate_own([run], folder / "cache")
    assert evaluation.metrics["accuracy"] == evaluation.saved_accuracy == run.record.test["accuracy"]
    assert evaluation.metrics["reviews"] == 20


def test_runs_of_different_datasets_are_not_ranked_among_each_other(folder, monkeypatch):
    def evaluated(saved, *_):
        return Evaluation(saved.name, "test", None, {"accuracy": saved.accuracy}, POLARITY)

    splits = SimpleNamespace(load=lambda _: SimpleNamespace(test=None))
    monkeypatch.setattr("sentiment.experiments.evaluation.SplitsOfRuns", lambda _: splits)
    monkeypatch.setattr("sentiment.experiments.evaluation._evaluate", evaluated)
    record = SimpleNamespace(test={"accuracy": None})
    runs = [
        SimpleNamespace(name=name, accuracy=accuracy, record=record)
        for name, accuracy in (("films/a", 0.7), ("zoo/a", 0.9), ("films/b", 0.8))
    ]
    assert [row.run for row in evaluate_own(runs, folder)] == ["films/b", "films/a", "zoo/a"]


def test_a_run_is_evaluated_on_its_test_split_only(run, reviews):
    [evaluation] = evaluate_on([run], reviews)
    assert evaluation.reviews == "test"
    assert evaluation.metrics["reviews"] == 20


def test_a_run_is_evaluated_on_all_reviews_of_another_file(run, folder):
    examples = good_and_bad(30)
    texts = [f"{text} or so" for text in examples.texts]
    pd.DataFrame({"review": texts, "sentiment": examples.labels}).to_csv(folder / "other.csv", index=False)
    [evaluation] = evaluate_on([run], load_reviews(folder / "other.csv"))
    assert (evaluation.reviews, evaluation.metrics["reviews"], evaluation.left_out) == ("other", 30, 0)


def test_unused_splits_and_repeated_reviews_are_reported(run, folder):
    examples = good_and_bad(40)
    texts = [f"{text} and so on" for text in examples.texts]
    splits = ["train"] * 10 + ["test"] * 30
    rows = [*zip(texts, examples.labels, splits, strict=True), (texts[39], examples.labels[38], "test"),
            ("Der Film war wunderbar", 1, "test"), (texts[38], examples.labels[38], "test")]  # fmt: skip
    pd.DataFrame(rows, columns=["review", "sentiment", "split"]).to_csv(folder / "split.csv", index=False)
    notes: list[str] = []
    [evaluation] = evaluate_on([run], load_reviews(folder / "split.csv"), notify=notes.append)
    part, repeated = notes[:2]
    assert evaluation.metrics["reviews"] == 33
    assert "33 reviews of its test split; 10 labelled reviews of other splits are not" in part
    assert (
        "2 of the 33 reviews repeat the text of another, and 1 of the texts stands there with different labels"
        in repeated
    )
    assert evaluation.unknown >= 1  # the German one


def test_training_reviews_are_left_out_of_a_file_of_any_name(run, reviews, folder):
    splits = split(reviews, **TINY.split)
    learnt = [*splits.train.texts, *splits.validation.texts]
    mixed = pd.DataFrame({"review": [*learnt, *splits.test.texts], "sentiment": [0, 1] * 40 + [*splits.test.labels]})
    mixed.to_csv(folder / "mixed.csv", index=False)
    [evaluation] = evaluate_on([run], load_reviews(folder / "mixed.csv"))
    assert (evaluation.metrics["reviews"], evaluation.left_out) == (20, 80)
    assert evaluation.metrics["accuracy"] == run.record.test["accuracy"]
    mixed[:80].to_csv(folder / "learnt.csv", index=False)
    with pytest.raises(ReviewsError, match="it has learnt from all 80; give others"):
        evaluate_on([run], load_reviews(folder / "learnt.csv"))


def test_a_run_trained_on_all_reviews_is_left_out_and_the_others_are_evaluated(run, reviews, folder, tmp_path):
    other, notes = train_tiny(tmp_path), []
    test = split(reviews, **TINY.split).test  # the other has learnt from them
    pd.DataFrame({"review": test.texts, "sentiment": test.labels}).to_csv(folder / "test.csv", index=False)
    judged_on = load_reviews(folder / "test.csv")
    [evaluation] = evaluate_on([other, run], judged_on, notes.append)
    assert evaluation.run == "mine/custom-lstm-tiny-seed1"
    assert [note.split(":")[0] for note in notes] == ["films/custom-lstm-tiny-seed1 is left out"]
    with pytest.raises(ReviewsError, match="it has learnt from all 20; give others"):
        evaluate_on([other], judged_on, notes.append)


def test_a_run_without_its_reviews_is_left_out_and_the_others_are_evaluated(run, folder, tmp_path):
    lost, notes = train_tiny(tmp_path), []
    [evaluation] = evaluate_own([lost, run], folder / "cache", notes.append)
    assert evaluation.run == "mine/custom-lstm-tiny-seed1"
    assert "films/custom-lstm-tiny-seed1 is left out" in notes[0]
    with pytest.raises(ReviewsError, match=r"films\.csv"):
        evaluate_own([lost, run], folder / "cache")


STARS, TEN = ("1", "2", "3", "4", "5"), tuple(str(grade) for grade in range(1, 11))


@pytest.mark.parametrize(
    ("of_run", "of_reviews", "message"),
    [
        (Classes(TEN, ordered=True), Classes(STARS, ordered=True), "found grades up to 5, where the same numbers mean"),
        (Classes(STARS, ordered=True), Classes(TEN, ordered=True), "found grades up to 10"),
        (
            POLARITY,
            Classes(STARS, ordered=True),
            'found 1, 2, 3, 4, 5; .* such as --labels "1,2=negative; 4,5=positive", or evaluate',
        ),
        (POLARITY, Classes(("negative", "neutral", "positive"), ordered=True), "found neutral; say which labels"),
    ],
)
def test_reviews_of_other_classes_than_the_runs_are_refused(of_run, of_reviews, message):
    run = SimpleNamespace(config=SimpleNamespace(classes=of_run), folder=Path("models/films/gru"))
    with pytest.raises(ReviewsError, match=message):
        labels_of(run, SimpleNamespace(classes=of_reviews, source="a.csv"), np.array([0, 1]))


def test_classes_are_matched_by_name_where_the_run_has_more():
    three = Classes(("negative", "neutral", "positive"), ordered=True)
    run = SimpleNamespace(config=SimpleNamespace(classes=three), folder=Path("models/films/gru"))
    labels = labels_of(run, SimpleNamespace(classes=POLARITY, source="a.csv"), np.array([0, 1, 1]))
    assert labels.tolist() == [0, 2, 2]
    stars = SimpleNamespace(
        config=SimpleNamespace(classes=Classes(STARS, ordered=True)), folder=Path("models/films/gru")
    )
    without_three = Classes(("1", "2", "4", "5"), ordered=True)
    assert labels_of(stars, SimpleNamespace(classes=without_three, source="a.csv"), np.arange(4)).tolist() == [
        0,
        1,
        3,
        4,
    ]
