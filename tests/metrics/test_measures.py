"""The figures by which everything is judged, against hand-made cases and scikit-learn."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from sentiment.config import Classes
from sentiment.metrics.measures import (
    calibration_error,
    holm,
    mcnemar,
    measure,
    reliability,
    roc_auc,
    roc_curve,
    wilson,
)

LABELS = np.array([1, 0, 1, 1, 0, 0, 1, 0], np.int8)
PROBABILITIES = np.array([0.9, 0.2, 0.4, 0.8, 0.7, 0.1, 0.5, 0.5])


@pytest.fixture
def random_reviews() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    labels = random.integers(0, 2, 500).astype(np.int8)
    # Rounded, so that many probabilities are tied.
    return labels, np.clip(0.3 * labels + random.uniform(0, 0.7, 500), 0, 1).round(2)


def test_every_figure_is_that_of_scikit_learn(random_reviews: tuple[np.ndarray, np.ndarray]) -> None:
    labels, probabilities = random_reviews
    figures = measure(labels, probabilities)
    predicted = probabilities >= 0.5
    assert figures["accuracy"] == pytest.approx(sk.accuracy_score(labels, predicted))
    assert figures["macro_f1"] == pytest.approx(sk.f1_score(labels, predicted, average="macro"))
    assert figures["roc_auc"] == pytest.approx(sk.roc_auc_score(labels, probabilities))
    assert figures["log_loss"] == pytest.approx(sk.log_loss(labels, np.clip(probabilities, 1e-7, 1 - 1e-7)))
    assert figures["brier"] == pytest.approx(sk.brier_score_loss(labels, probabilities))
    assert figures["confusion"] == sk.confusion_matrix(labels, predicted).tolist()
    assert figures["reviews"] == 500


@pytest.mark.parametrize("ordered", [False, True])
def test_every_figure_of_several_classes_is_that_of_scikit_learn(ordered: bool) -> None:
    random = np.random.default_rng(3)
    labels, shares = random.integers(0, 4, 600), random.dirichlet(np.ones(4), 600)
    shares[np.arange(600), labels] += 0.3
    shares /= shares.sum(axis=1, keepdims=True)
    figures, predicted = measure(labels, shares, Classes(("a", "b", "c", "d"), ordered)), shares.argmax(axis=1)
    assert figures["accuracy"] == pytest.approx(sk.accuracy_score(labels, predicted))
    assert figures["macro_f1"] == pytest.approx(sk.f1_score(labels, predicted, average="macro"))
    assert figures["log_loss"] == pytest.approx(sk.log_loss(labels, shares))
    assert figures["brier"] == pytest.approx(((shares - np.eye(4)[labels]) ** 2).sum() / 600)
    assert figures["confusion"] == sk.confusion_matrix(labels, predicted).tolist()
    assert list(figures["recall"].values()) == pytest.approx(sk.recall_score(labels, predicted, average=None).tolist())
    assert figures["roc_auc"] is None
    distance = sk.mean_absolute_error(labels, predicted)
    kappa = sk.cohen_kappa_score(labels, predicted, weights="quadratic")
    expected = (pytest.approx(distance), pytest.approx(kappa)) if ordered else (None, None)
    assert (figures["mean_absolute_error"], figures["quadratic_kappa"]) == expected


def test_calibration_of_several_classes_is_that_of_the_predicted_one() -> None:
    shares = np.tile([0.1, 0.1, 0.8], (100, 1))
    assert calibration_error(np.repeat([2, 0], [80, 20]), shares) == pytest.approx(0.0)
    assert calibration_error(np.repeat([2, 0], [50, 50]), shares) == pytest.approx(0.3)


def test_two_classifiers_of_several_classes_are_compared_by_their_predicted_classes() -> None:
    shares = np.eye(3)[[0, 1, 2, 0]]
    test = mcnemar(np.array([0, 1, 2, 2]), shares, np.eye(3)[[0, 0, 2, 2]])
    assert (test["only_a_right"], test["only_b_right"]) == (1, 1)


def test_one_half_counts_as_positive() -> None:
    assert measure(np.array([1, 0]), np.array([0.5, 0.5]))["confusion"] == [[0, 1], [0, 1]]


def test_a_sure_mistake_costs_much_but_not_infinitely_much() -> None:
    assert measure(np.array([1]), np.array([0.0]))["log_loss"] == pytest.approx(-math.log(1e-7))


def test_reviews_of_one_class_have_no_area_under_the_curve() -> None:
    assert measure(np.ones(3, np.int8), np.array([0.9, 0.8, 0.1]))["roc_auc"] is None
    with pytest.raises(ValueError, match="both classes"):
        roc_curve(np.ones(3, np.int8), np.array([0.9, 0.8, 0.1]))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_figures_come_back_from_json_and_are_those_of_the_same_probabilities_in_float64(dtype: type) -> None:
    probabilities = PROBABILITIES.astype(dtype)
    figures = measure(LABELS, probabilities)
    again = json.loads(json.dumps(figures, allow_nan=False))
    assert again == figures == measure(LABELS, probabilities.astype(np.float64))


@pytest.mark.parametrize(
    ("labels", "probabilities"),
    [
        (LABELS, PROBABILITIES[:-1]),
        (LABELS, PROBABILITIES[:, None]),
        (np.array([]), np.array([])),
        (LABELS * 2, PROBABILITIES),
        (LABELS, PROBABILITIES + 1),
        (LABELS, np.full(8, np.nan)),
        (LABELS, np.full((8, 3), 1 / 3)),
    ],
)
def test_values_that_do_not_fit_are_refused(labels: np.ndarray, probabilities: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        measure(labels, probabilities)


def test_the_wilson_interval_is_the_published_one() -> None:
    # Newcombe (1998), table I: 81 of 263, Wilson without continuity correction.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


@given(st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_wilson_interval_holds_the_share_and_stays_in_range(case: tuple[int, int]) -> None:
    successes, trials = case
    low, high = wilson(successes, trials)
    assert 0 <= low <= successes / trials + 1e-12
    assert successes / trials - 1e-12 <= high <= 1


def test_equal_probabilities_cross_the_threshold_together() -> None:
    false_positive_rate, true_positive_rate = roc_curve(np.array([1, 0, 1, 0]), np.array([0.5, 0.5, 0.9, 0.5]))
    assert false_positive_rate.tolist() == [0, 0, 1]
    assert true_positive_rate.tolist() == [0, 0.5, 1]


def test_the_area_under_the_curve_counts_the_pairs_in_the_right_order() -> None:
    assert roc_auc(LABELS, PROBABILITIES) == pytest.approx(
        np.mean([(p > q) + (p == q) / 2 for p in PROBABILITIES[LABELS == 1] for q in PROBABILITIES[LABELS == 0]])
    )


def test_a_kept_promise_has_no_calibration_error() -> None:
    labels = np.repeat([1, 0], [80, 20])
    assert calibration_error(labels, np.full(100, 0.8)) == pytest.approx(0.0)
    assert calibration_error(labels, np.full(100, 0.99)) == pytest.approx(0.19)


def test_the_calibration_error_weighs_bins_by_their_reviews() -> None:
    labels = np.r_[np.ones(30), np.zeros(10)]
    probabilities = np.r_[np.full(30, 0.9), np.full(10, 0.3)]
    predicted, observed, reviews = reliability(labels, probabilities)
    assert predicted == pytest.approx([0.3, 0.9])
    assert observed == pytest.approx([0.0, 1.0])
    assert reviews.tolist() == [10, 30]
    assert calibration_error(labels, probabilities) == pytest.approx(0.25 * 0.3 + 0.75 * 0.1)


def test_mcnemar_looks_only_at_reviews_that_tell_the_two_apart() -> None:
    labels = np.ones(20, np.int8)
    a, b = np.full(20, 0.9), np.full(20, 0.9)
    a[0], b[1:10] = 0.1, 0.1  # one review only b gets right, nine only a
    test = mcnemar(labels, a, b)
    assert (test["only_a_right"], test["only_b_right"]) == (9, 1)
    assert test["p_value"] == pytest.approx(2 * (1 + 10) / 2**10)


def test_mcnemar_is_the_exact_binomial_test_for_many_reviews_too() -> None:
    from scipy.stats import binomtest

    random = np.random.default_rng(1)
    labels, a, b = np.ones(20_000, np.int8), random.random(20_000), random.random(20_000)
    test = mcnemar(labels, a, b)
    expected = binomtest(test["only_a_right"], test["only_a_right"] + test["only_b_right"]).pvalue
    assert test["p_value"] == pytest.approx(expected, rel=1e-9)


def test_classifiers_that_agree_everywhere_do_not_differ() -> None:
    assert mcnemar(LABELS, PROBABILITIES, PROBABILITIES)["p_value"] == 1.0


def test_holm_multiplies_the_smallest_most_and_never_reorders() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
