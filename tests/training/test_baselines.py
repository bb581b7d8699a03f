"""The linear baselines: what they learn, and what they save."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from scipy.special import logit

from helpers.trained import THREE, TOPICS, three_splits
from sentiment.config import Classes
from sentiment.data.splits import DatasetInfo, Examples, Splits
from sentiment.errors import ConfigError, ReviewsError
from sentiment.metrics.measures import measure
from sentiment.runs.archive import read_results, write_archive
from sentiment.training.baselines import BASELINES, LogCountRatio, fit_baseline, is_fitted, save_baseline


def examples(count: int, seed: int) -> Examples:
    """Reviews whose label one word decides."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    noise = ["film", "plot", "actor", "scene", "the", "and", "story"]
    texts = [f"{' '.join(random.choice(noise, 6))} {'superb' if label else 'dreadful'}!" for label in labels]
    return Examples(texts, labels.astype(np.int8))


def splits(train: int, other: int) -> Splits:
    parts = examples(train, 1), examples(other, 2), examples(other, 3)
    info = DatasetInfo(
        name="tiny",
        source="tiny.csv",
        reviews=train + 2 * other,
        content_hash="0" * 64,
        train=train,
        validation=other,
        test=other,
        unlabelled=0,
        duplicates_removed=0,
        test_overlap_removed=0,
        unlabelled_overlap_removed=0,
    )
    return Splits(*parts, unlabelled=[], dataset=info)


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "majority"])
@pytest.mark.parametrize("size", [(16, 2), (400, 60)], ids=["twenty reviews", "hundreds of reviews"])
def test_a_baseline_learns_the_words_that_decide(name: str, size: tuple[int, int]) -> None:
    reviews = splits(*size)
    fitted = fit_baseline(name, reviews, seed=1)
    assert measure(reviews.validation.labels, fitted.predict(reviews.validation.texts))["accuracy"] == 1.0
    assert measure(reviews.test.labels, fitted.predict(reviews.test.texts))["accuracy"] == 1.0
    assert fitted.train_seconds > 0
    assert fitted.parameters > 1


@pytest.mark.parametrize("classes", [THREE, TOPICS], ids=["ordered", "several"])
@pytest.mark.parametrize("name", list(BASELINES))
def test_a_baseline_learns_any_classes(name: str, classes: Classes, tmp_path: Path) -> None:
    reviews = three_splits(classes)
    save_baseline(name, reviews, tmp_path / "baselines")
    [result] = read_results(tmp_path)
    assert result.record.classes == classes
    assert result.probabilities.shape == (20, 3)
    assert result.probabilities.sum(axis=1) == pytest.approx(np.ones(20), abs=1e-5)
    assert result.record.test["accuracy"] == (1.0 if name != "majority" else pytest.approx(0.35, abs=0.05))
    assert (result.record.test["mean_absolute_error"] is None) == (classes == TOPICS)
    write_archive(tmp_path / "archived", [result])
    [archived] = read_results(tmp_path / "archived")
    np.testing.assert_allclose(archived.probabilities, result.probabilities, atol=1e-6)
    np.testing.assert_allclose(archived.validation[1], result.validation[1], atol=1e-6)


@pytest.mark.parametrize("name", ["tfidf-logistic", "nb-svm"])
def test_a_typographic_apostrophe_does_not_change_the_word(name: str) -> None:
    reviews = splits(40, 10)
    train = Examples([text.replace("dreadful", "isn't") for text in reviews.train.texts], reviews.train.labels)
    fitted = fit_baseline(name, dataclasses.replace(reviews, train=train))
    typed, printed = fitted.predict(["It isn't a film", "It isn\u2019t a film"])
    assert typed == printed < 0.5


def test_the_majority_class_gives_every_review_the_share_in_training() -> None:
    train = Examples(["a", "b", "c", "d"], np.array([1, 1, 1, 0], np.int8))
    tiny = splits(4, 2)
    fitted = fit_baseline("majority", Splits(train, tiny.validation, tiny.test, [], tiny.dataset))
    assert fitted.predict(tiny.test.texts).tolist() == [0.75, 0.75]


@pytest.mark.parametrize("name", list(BASELINES))
def test_the_same_seed_gives_the_same_probabilities(name: str) -> None:
    reviews = splits(40, 10)
    once, again = (fit_baseline(name, reviews, seed=3).predict(reviews.test.texts) for _ in range(2))
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize("name", list(BASELINES))
def test_test_labels_are_never_used(name: str) -> None:
    reviews = splits(40, 10)
    hidden = Splits(
        reviews.train, reviews.validation, Examples(reviews.test.texts, np.zeros(0, np.int8)), [], reviews.dataset
    )
    once, blind = (fit_baseline(name, part).predict(reviews.test.texts) for part in (reviews, hidden))
    np.testing.assert_array_equal(once, blind)


@pytest.mark.parametrize("name", ["tfidf-logistic", "nb-svm", "mlp"])
@pytest.mark.parametrize(("praise", "blame"), [("👍🏽", "👎"), ("10/10", "two out of ten"), ("好", "坏")])
def test_a_baseline_reads_what_the_networks_read(name: str, praise: str, blame: str) -> None:
    texts, labels = [f"看了{praise if i % 2 else blame}戏" for i in range(60)], np.arange(60, dtype=np.int8) % 2
    if praise != "好":
        texts = [text.replace("看了", "film ").replace("戏", " plot") for text in texts]
    part = Examples(texts, labels)
    fitted = fit_baseline(name, Splits(part, part, part, [], splits(4, 2).dataset))
    assert measure(labels, fitted.predict(texts))["accuracy"] == 1.0


def test_an_unknown_baseline_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"tfidf-logistic, nb-svm, document-vectors, mlp, majority; found 'forest'"):
        fit_baseline("forest", splits(4, 2))


def test_the_log_count_ratio_is_that_of_the_paper() -> None:
    features = csr_matrix(np.array([[1, 1, 0], [1, 0, 0], [0, 1, 1]], np.float32))
    weigh = LogCountRatio().fit(features, np.array([1, 1, 0]))
    positive, negative = np.array([3, 2, 1]) / 6, np.array([1, 2, 2]) / 5
    np.testing.assert_allclose(weigh.ratio_, np.log(positive / negative), rtol=1e-6)
    np.testing.assert_allclose(weigh.transform(features).toarray()[2], [0, weigh.ratio_[1], weigh.ratio_[2]], rtol=1e-6)


def test_nb_svm_uses_word_order_where_single_words_do_not_suffice() -> None:
    texts, labels = ["not good but bad", "not bad but good"] * 60, np.array([0, 1] * 60, np.int8)
    part = Examples(texts, labels)
    fitted = fit_baseline("nb-svm", Splits(part, part, part, [], splits(4, 2).dataset))
    assert measure(labels, fitted.predict(texts))["accuracy"] == 1.0


def test_a_saved_baseline_has_the_figures_and_the_probabilities_they_come_from(tmp_path: Path) -> None:
    reviews = splits(40, 10)
    save_baseline("tfidf-logistic", reviews, tmp_path)
    metrics = json.loads((tmp_path / "tfidf-logistic" / "metrics.json").read_text())
    predictions = pd.read_csv(tmp_path / "tfidf-logistic" / "test_predictions.csv")
    assert predictions["row"].tolist() == list(range(10))
    assert predictions["label"].tolist() == reviews.test.labels.tolist()
    again = measure(predictions["label"].to_numpy(), predictions["probability"].to_numpy())
    assert metrics["test"]["accuracy"] == again["accuracy"]
    assert metrics["test"]["log_loss"] == pytest.approx(again["log_loss"], rel=1e-4)
    validation = pd.read_csv(tmp_path / "tfidf-logistic" / "validation_predictions.csv")
    assert validation["label"].tolist() == reviews.validation.labels.tolist()
    assert metrics["architecture"] == "tfidf-logistic"
    assert metrics["preset"] is None
    assert metrics["dataset"]["content_hash"] == "0" * 64


def test_a_saved_baseline_is_reused_only_for_the_reviews_that_it_was_fitted_on(tmp_path: Path) -> None:
    assert not is_fitted("majority", splits(40, 10), tmp_path / "baselines")
    save_baseline("majority", splits(40, 10), tmp_path / "baselines")
    assert is_fitted("majority", splits(40, 10), tmp_path / "baselines")
    assert not is_fitted("majority", splits(42, 10), tmp_path / "baselines")
    same = splits(40, 10)
    info = dataclasses.replace(same.dataset, content_hash="1" * 64)  # as with more unlabelled reviews
    assert not is_fitted("majority", dataclasses.replace(same, dataset=info), tmp_path / "baselines")


def test_an_archived_baseline_is_there_unless_a_folder_in_its_place_is_damaged(tmp_path: Path) -> None:
    baselines = tmp_path / "baselines"
    save_baseline("majority", splits(40, 10), baselines)
    write_archive(tmp_path, read_results(tmp_path))
    (baselines / "majority").rename(tmp_path / ".gone")
    assert is_fitted("majority", splits(40, 10), baselines)
    assert not is_fitted("majority", splits(42, 10), baselines)
    assert not is_fitted("mlp", splits(40, 10), baselines)
    (baselines / "majority").mkdir()
    (baselines / "majority" / "metrics.json").write_text("{}")
    assert not is_fitted("majority", splits(40, 10), baselines)


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "majority"])
def test_texts_that_share_no_word_are_refused(name: str) -> None:
    alone = Examples([f"a{i}" for i in range(200)], (np.arange(200) % 2).astype(np.int8))
    with pytest.raises(ReviewsError, match=r"share words; found no word twice in the 200 .*'a0'; .* --text-column"):
        fit_baseline(name, dataclasses.replace(splits(40, 10), train=alone))


def test_a_baseline_is_judged_on_short_texts_made_of_validation_reviews_like_every_run(tmp_path: Path) -> None:
    reviews = splits(40, 10)
    texts = [f"The film was {'superb' if label else 'dreadful'}." for label in reviews.validation.labels]
    reviews = dataclasses.replace(reviews, validation=Examples(texts, reviews.validation.labels))
    save_baseline("tfidf-logistic", reviews, tmp_path)
    short_texts = json.loads((tmp_path / "tfidf-logistic" / "metrics.json").read_text())["validation_short_texts"]
    assert short_texts["sentence"] == {"texts": 10, "accuracy": 1.0, "larger_class": 0.5}
    assert short_texts["negation"] == {
        "texts": 10,
        "accuracy": 0.0,
        "larger_class": 0.5,
    }  # no "not" in training


def test_a_saved_baseline_is_calibrated_on_validation_without_changing_its_labels(tmp_path: Path) -> None:
    reviews = splits(40, 10)
    save_baseline("tfidf-logistic", reviews, tmp_path)
    metrics = json.loads((tmp_path / "tfidf-logistic" / "metrics.json").read_text())
    raw = fit_baseline("tfidf-logistic", reviews).predict(reviews.test.texts)
    saved = pd.read_csv(tmp_path / "tfidf-logistic" / "test_predictions.csv")["probability"].to_numpy()
    assert metrics["temperature"] != pytest.approx(1.0, abs=0.05)
    np.testing.assert_allclose(logit(saved) * metrics["temperature"], logit(raw), rtol=1e-3)


@pytest.mark.parametrize("younger", ["validation_short_texts", "temperature"])
def test_a_saved_baseline_without_a_newer_figure_is_fitted_again(tmp_path: Path, younger: str) -> None:
    save_baseline("majority", splits(40, 10), tmp_path / "baselines")
    path = tmp_path / "baselines" / "majority" / "metrics.json"
    metrics = json.loads(path.read_text())
    del metrics[younger]
    path.write_text(json.dumps(metrics))
    assert not is_fitted("majority", splits(40, 10), tmp_path / "baselines")
