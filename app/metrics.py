"""What a classifier's probabilities are worth: figures with intervals, and paired tests between two classifiers.

The formulas are scikit-learn's and SciPy's; here is only which ones, and at which threshold: a review counts as
predicted positive from a probability of one half on.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import binomtest
from sklearn import metrics as sk

THRESHOLD = 0.5
CALIBRATION_BINS = 15
_TINY = 1e-7  # a probability is held this far from 0 and 1, so that one sure mistake costs 16 nats, not infinity


def measure(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    """Every figure by which a classifier is judged, ready for JSON.

    Args:
        labels: int8[n], 1 positive, 0 negative, at least one.
        probabilities: float[n], of "positive", from 0 to 1.

    Returns:
        `accuracy`, `accuracy_ci95` [low, high] (Wilson), `f1` (of "positive"), `roc_auc` (None where only one class
        occurs), `log_loss` (nats), `brier`, `calibration_error` (see `calibration_error`), `confusion`
        [[true negatives, false positives], [false negatives, true positives]], and `reviews`, their number.

    Raises:
        ValueError: no labels, another number of probabilities, or values outside of their range.
    """
    truth, p = _checked(labels, probabilities)
    predicted = p >= THRESHOLD
    return {
        "accuracy": sk.accuracy_score(truth, predicted),
        "accuracy_ci95": list(wilson(int((predicted == truth).sum()), len(p))),
        "f1": sk.f1_score(truth, predicted, zero_division=0.0),
        "roc_auc": roc_auc(labels, p),
        "log_loss": sk.log_loss(truth, np.clip(p, _TINY, 1 - _TINY), labels=[False, True]),
        "brier": float(np.mean((p - truth) ** 2)),
        "calibration_error": calibration_error(labels, p),
        "confusion": sk.confusion_matrix(truth, predicted, labels=[False, True]).tolist(),
        "reviews": len(p),
    }


def wilson(successes: float, trials: int) -> tuple[float, float]:
    """95% interval of a proportion (Wilson 1927): never leaves 0 to 1 and holds near its ends, unlike p +- 1.96 s.

    Example:
        >>> low, high = wilson(successes=45, trials=50)
        >>> f"{low:.3f} to {high:.3f}"
        '0.786 to 0.957'
    """
    interval = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def roc_curve(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The trade of false alarms for hits, as the threshold falls from above every probability to below.

    Returns:
        `(false_positive_rate, true_positive_rate)`, float64[k] each, from (0, 0) to (1, 1); reviews with equal
        probabilities cross the threshold together.

    Raises:
        ValueError: only one class occurs.
    """
    truth, p = _checked(labels, probabilities)
    if truth.all() or not truth.any():
        raise ValueError("expected labels of both classes; found one")
    false_positive_rate, true_positive_rate, _ = sk.roc_curve(truth, p, drop_intermediate=False)
    return false_positive_rate, true_positive_rate


def roc_auc(labels: np.ndarray, probabilities: np.ndarray) -> float | None:
    """Probability that a positive review gets more than a negative one, ties counting half; None for one class."""
    truth, p = _checked(labels, probabilities)
    return float(sk.roc_auc_score(truth, p)) if truth.any() and not truth.all() else None


def reliability(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What was promised and what came, in equally wide bins of probability.

    Returns:
        `(promised, observed, reviews)`, a row per bin that is not empty: mean probability float64[k], share of
        positive reviews float64[k], and number of reviews int[k].
    """
    truth, p = _checked(labels, probabilities)
    bins = np.minimum((p * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    reviews = np.bincount(bins, minlength=CALIBRATION_BINS)
    filled = reviews > 0
    promised = np.bincount(bins, p, CALIBRATION_BINS)[filled] / reviews[filled]
    observed = np.bincount(bins, truth, CALIBRATION_BINS)[filled] / reviews[filled]
    return promised, observed, reviews[filled]


def calibration_error(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Expected calibration error: |promised - observed| of "positive", averaged over the reviews of 15 bins.

    The bins are of the probability of "positive", from 0 to 1 (Naeini et al. 2015), so that both classes count.
    """
    promised, observed, reviews = reliability(labels, probabilities)
    return float((np.abs(promised - observed) * reviews).sum() / reviews.sum())


def mcnemar(labels: np.ndarray, a: np.ndarray, b: np.ndarray) -> dict[str, Any]:
    """Whether two classifiers differ in accuracy, judged on the same reviews (McNemar 1947, exact).

    Only reviews that one gets right and the other wrong tell them apart. Were both equally good, each such
    review would go either way like a fair coin; `p_value` is the two-sided binomial probability of a split as
    uneven as the one found.

    Args:
        labels: int8[n].
        a: float[n], probabilities of one classifier.
        b: float[n], of the other, for the same reviews in the same order.

    Returns:
        `only_a_right`, `only_b_right` (numbers of reviews) and `p_value`.
    """
    truth, p_a = _checked(labels, a)
    _, p_b = _checked(labels, b)
    right_a, right_b = (p_a >= THRESHOLD) == truth, (p_b >= THRESHOLD) == truth
    only_a, only_b = int((right_a & ~right_b).sum()), int((~right_a & right_b).sum())
    # Where no review tells them apart, nothing speaks against a fair coin.
    p_value = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    return {"only_a_right": only_a, "only_b_right": only_b, "p_value": p_value}


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusts the p-values of several tests so that all their verdicts hold together (Holm 1979).

    The smallest of m is multiplied by m, the next by m - 1, and so on; none falls below a smaller one's.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(p_values)
    floor = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        floor = max(floor, min(1.0, p_values[index] * (len(p_values) - rank)))
        adjusted[index] = floor
    return adjusted


def _checked(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """bool[n] and float64[n], or a ValueError: a wrong shape would broadcast into a plausible wrong figure."""
    truth, p = np.asarray(labels), np.asarray(probabilities, np.float64)
    if truth.ndim != 1 or truth.shape != p.shape or not len(truth):
        raise ValueError(f"expected one probability for each of at least one label; found {p.shape} for {truth.shape}")
    if not np.isin(truth, (0, 1)).all():
        raise ValueError("expected labels 0 and 1; found others")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("expected probabilities from 0 to 1; found others")
    return truth == 1, p
