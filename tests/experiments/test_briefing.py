"""What a person reads before and after a training, and that no advice is given that would mislead."""

import dataclasses
import shlex
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.trained import THREE, TOPICS, three_splits, train_tiny
from sentiment.cli.options import ReviewsOptions
from sentiment.config import POLARITY, Config
from sentiment.data.dataset import Examples
from sentiment.data.fingerprints import LEARNT
from sentiment.data.reviews import Reviews
from sentiment.experiments import briefing
from sentiment.experiments.briefing import (
    advice_for_few,
    balance_of,
    beside_shipped,
    sources_for_few,
    why_not_the_first,
    work_of,
)
from sentiment.experiments.evaluation import evaluate_on
from sentiment.runs.record import Kind
from sentiment.runs.results import PREDICTIONS, write_predictions
from sentiment.runs.saved_run import load_run, write_manifest
from sentiment.support.paths import SHIPPED_MODELS


def config(architecture="gru", seed=1, **others) -> Config:
    return Config().replace(architecture=architecture, seed=seed, **others)


def test_the_classes_come_with_their_shares():
    assert balance_of(three_splits().train, three_splits().classes) == (
        "2 classes; of the 80 training reviews: 50.0% negative, 50.0% positive"
    )
    assert balance_of(three_splits(THREE).train, THREE).startswith("3 classes in their order; of the 80 training")


def test_the_plan_says_what_is_left_to_do():
    both = [config("gru"), config("lstm"), config("gru", 2), config("lstm", 2)]
    assert work_of(both, [False] * 4, 4) == (
        "plan: 4 networks to train (gru, lstm, 2 seeds), preset standard, from fresh weights, 6 epochs or more where "
        "reviews are few; 4 baselines to fit"
    )
    assert work_of([config(encoder="abc"), config("lstm")], [False, True], 0).endswith(
        "from a pretrained encoder, 6 epochs or more where reviews are few; 1 network there already"
    )
    assert work_of([config()], [True], 0) == "plan: 1 network there already"


def test_few_labels_bring_commands_that_keep_the_options_for_the_reviews(tmp_path):
    source, encoder = sources_for_few(three_splits(), tmp_path / "models")
    assert source.name == "everyday"
    options = ReviewsOptions(
        data="my films.csv", text_column=["title", "body"], positive="5", negative="1", header=False
    )
    adapt, pretrained = advice_for_few(options.arguments(), source, encoder, tmp_path)
    same = (
        "--data 'my films.csv' --text-column title --text-column body --positive 5 --negative 1 --no-header "
        f"--models {tmp_path}"
    )
    assert adapt.endswith(f"in seconds with: sentiment adapt --run models/mixed-reviews/everyday {same}")
    assert pretrained.endswith(f"with: sentiment train --from-pretrained models/imdb/encoder-compact {same}")
    for line in (adapt, pretrained):
        assert shlex.split(line.split("with: ")[1])[0] == "sentiment"


def test_the_run_that_answers_anyway_is_not_named(tmp_path):
    run = train_tiny(tmp_path)
    others = dataclasses.replace(three_splits(), test=Examples(["a good play"] * 4, np.ones(4, np.int8)))
    source, _ = sources_for_few(others, tmp_path)
    assert source.folder == run.folder
    [adapt] = advice_for_few(["--data", "a.csv"], source, None, tmp_path)
    assert adapt.endswith(f"sentiment adapt --data a.csv --models {tmp_path}")


@pytest.mark.parametrize("reason", ["many labels", "another language", "test reviews that they have learnt from"])
def test_there_is_no_advice_for(reason, tmp_path, monkeypatch):
    splits = three_splits()
    if reason == "many labels":
        monkeypatch.setattr(briefing, "MANY_LABELS", 100)
    elif reason == "another language":
        texts = [f"Elokuva oli todella pitkästyttävä ja näyttelijät huonoja {i}" for i in range(80)]
        splits = dataclasses.replace(splits, train=Examples(texts, splits.train.labels))
    else:
        monkeypatch.setattr("sentiment.data.fingerprints.known", lambda _folder, texts: np.ones(len(texts), bool))
    assert sources_for_few(splits, tmp_path) == (None, None)


def with_predictions(run, probabilities):
    """The run with other test predictions."""
    (run.folder / PREDICTIONS).unlink()
    write_predictions(run.folder, three_splits().test.labels, probabilities)
    write_manifest(run.folder)
    return load_run(run.folder)


def shipped_says(monkeypatch, right):
    """Every shipped model is right where `right`, bool[n], says so, and is as sure of each verdict."""

    def computed(run, examples):
        own = run.config.classes.names.index
        truth = np.array([own("positive") if label else own("negative") for label in examples.labels])
        wrong = own("negative") + own("positive") - truth
        verdicts = np.where(right(np.arange(len(truth))), truth, wrong)
        if run.config.classes.is_binary:
            return np.where(verdicts == 1, 0.8, 0.2)
        return np.where(np.arange(len(run.config.classes)) == verdicts[:, None], 0.8, 0.1)

    monkeypatch.setattr(briefing, "_computed", computed)


def test_a_shipped_model_that_is_as_accurate_saves_the_training(tmp_path):
    run, labels = train_tiny(tmp_path), three_splits().test.labels
    wrong = with_predictions(run, np.where(labels == 1, 0.1, 0.9))
    beside = beside_shipped(three_splits(), wrong)
    assert beside.measured.row.name in briefing.SHIPPED_RUNS
    assert beside.sentence == (
        f"{beside.measured.row.name}, the last row, is {100 * beside.measured.row.test_accuracy:.2f} points ahead of "
        "custom-lstm-tiny-seed1 with 0.00%: you may not need to train."
    )


@pytest.mark.parametrize(
    ("name", "classes"), [("imdb/compact", POLARITY), ("mixed-reviews/everyday", THREE)], ids=["two", "graded"]
)
def test_the_row_of_a_shipped_model_has_what_evaluating_it_on_the_same_reviews_says(
    name, classes, tmp_path, monkeypatch
):
    shipped, splits = load_run(SHIPPED_MODELS / name), three_splits(classes)
    monkeypatch.setattr(briefing, "_shipped", lambda: [shipped])
    beside = beside_shipped(splits, train_tiny(tmp_path))  # the row does not depend on what was trained
    table = pd.DataFrame({"text": splits.test.texts, "label": splits.test.labels, "split": ""})
    [evaluation] = evaluate_on([shipped], Reviews("others", "others.csv", table, classes=classes))
    row, figures = beside.measured.row, evaluation.metrics
    assert (beside.measured.id, row.name) == (shipped.record.id, name)
    assert (row.test_accuracy, row.test_accuracy_ci95) == (figures["accuracy"], figures["accuracy_ci95"])
    same = ("recall", "macro_f1", "roc_auc", "log_loss", "calibration_error", "mean_absolute_error", "quadratic_kappa")
    assert {figure: getattr(row, figure) for figure in same} == {figure: figures[figure] for figure in same}
    assert (row.roc_auc is None, row.mean_absolute_error is None, row.quadratic_kappa is None) == (
        (False, True, True) if classes.is_binary else (True, False, False)
    )
    assert (row.kind, row.train_seconds, row.total_seconds, row.tokens_per_second) == (Kind.SHIPPED, None, None, None)


def test_a_verdict_outside_of_the_classes_is_a_mistake_and_no_class_of_the_row(tmp_path, monkeypatch):
    monkeypatch.setattr(briefing, "_shipped", lambda: [load_run(SHIPPED_MODELS / "mixed-reviews/everyday")])
    neutral = np.tile([0.2, 0.7, 0.1], (20, 1))
    neutral[:10] = [0.8, 0.1, 0.1]  # every second one of which is right
    monkeypatch.setattr(briefing, "_computed", lambda _run, _examples: neutral)
    row = beside_shipped(three_splits(), train_tiny(tmp_path)).measured.row
    assert row.test_accuracy == 0.25
    assert row.recall == {"negative": 0.5, "positive": 0.0}
    assert row.macro_f1 == pytest.approx((2 * 5 / (10 + 10) + 0.0) / 2)  # without neutral, which no review is
    assert (row.mean_absolute_error, row.quadratic_kappa, row.roc_auc) == (None, None, None)
    assert (row.log_loss, row.calibration_error) == (None, None)  # of three classes, beside those of two


def test_where_no_model_reads_better_than_a_constant_answer_nothing_is_advised(tmp_path, monkeypatch):
    run, labels = train_tiny(tmp_path), three_splits().test.labels
    shipped_says(monkeypatch, lambda index: index < len(index) // 2)
    wrong = with_predictions(run, np.where(labels == 1, 0.1, 0.9))
    assert beside_shipped(three_splits(), wrong).sentence.endswith(
        "is 50.00 points ahead of custom-lstm-tiny-seed1 with 0.00%: no more than a constant answer would get."
    )


def test_a_network_that_is_more_accurate_is_tested_against_the_shipped_model(tmp_path, monkeypatch):
    run, labels = train_tiny(tmp_path), three_splits().test.labels
    perfect = with_predictions(run, np.where(labels == 1, 0.9, 0.1))
    shipped_says(monkeypatch, lambda index: index % 4 > 0)
    assert beside_shipped(three_splits(), perfect).sentence.endswith(
        "the last row, is 25.00 points behind custom-lstm-tiny-seed1 with 100.00%: a gap that chance alone could "
        "explain (McNemar, p 0.062)."
    )
    shipped_says(monkeypatch, lambda index: index >= 0)
    assert beside_shipped(three_splits(), perfect).sentence.endswith(
        "is as accurate as custom-lstm-tiny-seed1 with 100.00%: you may not need to train."
    )


def test_a_distance_that_rounds_to_no_points_is_none(tmp_path, monkeypatch):
    run, splits = train_tiny(tmp_path), three_splits()
    many = dataclasses.replace(splits, test=Examples(splits.test.texts * 1500, np.tile(splits.test.labels, 1500)))
    (run.folder / PREDICTIONS).unlink()
    write_predictions(run.folder, many.test.labels, np.where(many.test.labels == 1, 0.9, 0.1))
    write_manifest(run.folder)
    shipped_says(monkeypatch, lambda index: index > 0)  # one mistake in 30,000
    assert beside_shipped(many, load_run(run.folder)).sentence.endswith(
        "is as accurate as custom-lstm-tiny-seed1 with 100.00%: you may not need to train."
    )


def test_a_shipped_model_of_other_classes_or_that_knows_the_reviews_is_not_measured(tmp_path, monkeypatch):
    run = train_tiny(tmp_path)
    assert beside_shipped(three_splits(), run)
    assert beside_shipped(three_splits(TOPICS), run) is None
    assert (run.folder / LEARNT).is_file()
    monkeypatch.setattr("sentiment.data.fingerprints.known", lambda _folder, texts: np.ones(len(texts), bool))
    assert beside_shipped(three_splits(), run) is None


def test_a_shipped_model_that_has_learnt_from_the_training_reviews_is_no_row(tmp_path, monkeypatch):
    run, labels = train_tiny(tmp_path), three_splits().test.labels
    perfect = with_predictions(run, np.where(labels == 1, 0.9, 0.1))
    shipped_says(monkeypatch, lambda index: index % 4 > 0)
    learnt = three_splits().train.texts
    monkeypatch.setattr("sentiment.data.fingerprints.known", lambda _folder, texts: np.isin(texts, learnt))
    beside = beside_shipped(three_splits(), perfect)
    assert beside.measured is None
    assert beside.sentence.endswith(
        "which is shipped, gets 75.00% (53.1–88.8) of the same 20 test reviews right, custom-lstm-tiny-seed1 100.00%: "
        "a gap that chance alone could explain (McNemar, p 0.062)."
    )


def test_the_row_is_of_a_shipped_model_that_knows_none_of_the_training_reviews(tmp_path, monkeypatch):
    run, learnt = train_tiny(tmp_path), three_splits().train.texts
    knowing, other = (load_run(SHIPPED_MODELS / name) for name in ("mixed-reviews/everyday", "imdb/compact"))
    monkeypatch.setattr(briefing, "_shipped", lambda: [knowing, other])
    monkeypatch.setattr(
        "sentiment.data.fingerprints.known",
        lambda folder, texts: np.isin(texts, learnt) & (folder == knowing.folder),
    )
    shipped_says(monkeypatch, lambda index: index >= 0)  # equally good, so that the first would be chosen
    beside = beside_shipped(three_splits(), run)
    assert (beside.measured.row.name, beside.measured.id) == ("imdb/compact", other.record.id)


def row(**others):
    usual = {"name": "nb-svm", "architecture": "nb-svm", "preset": None, "is_network": False}
    return SimpleNamespace(
        **(usual | {"pretrained": False, "teachers": [], "kind": "baseline", "dtype": None} | others)
    )


def test_a_first_row_that_is_not_the_chosen_network_is_explained():
    best = SimpleNamespace(name="gru-standard-seed2", config=config("gru", 2))
    gru = {"architecture": "gru", "preset": "standard", "is_network": True}
    assert why_not_the_first([row(**gru)], best) is None
    assert why_not_the_first([row(), row(**gru)], best).startswith(
        "NB-SVM, which is no network and answers no command, is first in the table, by test accuracy. The commands "
        "below name gru-standard-seed2: it has the lowest log loss on validation"
    )
