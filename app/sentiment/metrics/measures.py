"""What a classifier's probabilities are worth: figures with intervals, and paired tests between classifiers.

The formulas are scikit-learn's and SciPy's. A review is predicted positive from a probability of one half on.
"""

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np

from sentiment.metrics.class_balance import CLASSES, Confusion, by_class, larger_class, one_class

THRESHOLD = 0.5
CALIBRATION_BINS = 15
SIGNIFICANT = 0.05  # adjusted p-values below it are more than chance
RARELY = 0.05  # recall below it: the class is as good as never predicted
_TINY = 1e-7  # distance of a probability from 0 and 1, at least: one sure mistake costs 16 nats, not infinity


class Figures(TypedDict):
    """Every figure of a classifier on some reviews, ready for JSON."""

    accuracy: float
    accuracy_ci95: list[float]  # [low, high], Wilson
    recall_negative: float | None  # None where no review is negative
    recall_positive: float | None
    predicted_positive: float | None  # share of the reviews
    f1: float | None  # of "positive"; None where that class neither occurs nor is predicted
    roc_auc: float | None  # None where only one class occurs
    log_loss: float  # nats
    brier: float
    calibration_error: float
    confusion: list[list[int]]  # [[true negatives, false positives], [false negatives, true positives]]
    reviews: int


def measure(labels: np.ndarray, probabilities: np.ndarray) -> Figures:
    """Every figure of a classifier.

    Args:
        labels: int8[n], 1 positive, 0 negative, at least one.
        probabilities: float[n] of "positive", from 0 to 1.

    Raises:
        ValueError: no labels, another number of probabilities, or values outside of their range.
    """
    from sklearn import metrics as sk

    truth, p = _checked(labels, probabilities)
    predicted = p >= THRESHOLD
    confusion = sk.confusion_matrix(truth, predicted, labels=[False, True]).tolist()
    shares = by_class(confusion)
    return {
        "accuracy": sk.accuracy_score(truth, predicted),
        "accuracy_ci95": list(wilson(int((predicted == truth).sum()), len(p))),
        "recall_negative": shares["recall_negative"],
        "recall_positive": shares["recall_positive"],
        "predicted_positive": shares["predicted_positive"],
        "f1": sk.f1_score(truth, predicted, zero_division=0.0) if truth.any() or predicted.any() else None,
        "roc_auc": roc_auc(labels, p),
        "log_loss": sk.log_loss(truth, np.clip(p, _TINY, 1 - _TINY), labels=[False, True]),
        "brier": float(np.mean((p - truth) ** 2)),
        "calibration_error": calibration_error(labels, p),
        "confusion": confusion,
        "reviews": len(p),
    }


def wilson(successes: float, trials: int) -> tuple[float, float]:
    """95% interval of a proportion (Wilson 1927), which stays within 0 and 1, unlike p +- 1.96 s.

    Example:
        >>> low, high = wilson(successes=45, trials=50)
        >>> f"{low:.3f} to {high:.3f}"
        '0.786 to 0.957'
    """
    from scipy.stats import binomtest

    interval = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def roc_curve(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rates of false and true positives, as the threshold falls from above every probability to below.

    Returns:
        `(false_positive_rate, true_positive_rate)`, float64[k] each, from (0, 0) to (1, 1); reviews with equal
        probabilities cross the threshold together.

    Raises:
        ValueError: only one class occurs.
    """
    from sklearn import metrics as sk

    truth, p = _checked(labels, probabilities)
    if truth.all() or not truth.any():
        raise ValueError("expected labels of both classes; found one")
    false_positive_rate, true_positive_rate, _ = sk.roc_curve(truth, p, drop_intermediate=False)
    return false_positive_rate, true_positive_rate


def roc_auc(labels: np.ndarray, probabilities: np.ndarray) -> float | None:
    """Probability that a positive review gets more than a negative one, ties counting half; None for one class."""
    from sklearn import metrics as sk

    truth, p = _checked(labels, probabilities)
    return float(sk.roc_auc_score(truth, p)) if truth.any() and not truth.all() else None


def reliability(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predicted and observed shares of positive reviews, in 15 equally wide bins of the probability.

    Returns:
        `(predicted, observed, reviews)` of each bin that is not empty: mean probability float64[k], share of positive
        reviews float64[k], number of reviews int[k].
    """
    truth, p = _checked(labels, probabilities)
    bins = np.minimum((p * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    reviews = np.bincount(bins, minlength=CALIBRATION_BINS)
    filled = reviews > 0
    predicted = np.bincount(bins, p, CALIBRATION_BINS)[filled] / reviews[filled]
    observed = np.bincount(bins, truth, CALIBRATION_BINS)[filled] / reviews[filled]
    return predicted, observed, reviews[filled]


def calibration_error(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Expected calibration error (Naeini et al. 2015): |predicted - observed| of `reliability`, averaged over reviews.

    The bins are of the probability of "positive", from 0 to 1, so that both classes count.
    """
    predicted, observed, reviews = reliability(labels, probabilities)
    return float((np.abs(predicted - observed) * reviews).sum() / reviews.sum())


def mcnemar(labels: np.ndarray, a: np.ndarray, b: np.ndarray) -> dict[str, Any]:
    """Whether two classifiers differ in accuracy on the same reviews (McNemar 1947, exact).

    Only reviews that one gets right and the other wrong count. If both were equally good, each of them would go either
    way like a fair coin; `p_value` is the two-sided binomial probability of a split at least as uneven.

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
    return {"only_a_right": only_a, "only_b_right": only_b, "p_value": mcnemar_p(only_a, only_b)}


def mcnemar_p(only_a_right: int, only_b_right: int) -> float:
    """The p-value of `mcnemar` from the two numbers of reviews; 1 if both are 0."""
    from scipy.stats import binomtest

    different = only_a_right + only_b_right
    return float(binomtest(only_a_right, different).pvalue) if different else 1.0


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


def shortcomings(confusions: Sequence[Confusion], reviews: str = "test reviews") -> list[str | None]:
    """What is wrong with classifiers in spite of their accuracy.

    The first that holds: it predicts one class alone; its recall of a class is below `RARELY`; it is not clearly more
    accurate than always predicting the larger class (McNemar's exact test on the same reviews, with p-values adjusted
    by Holm over these classifiers).

    Args:
        confusions: of the classifiers, without the majority baseline, which is meant to be so.
        reviews: what the sentences call them.

    Returns:
        A sentence without its subject, the name, for each classifier, such as `says "positive" of all 40 test reviews;
        its 95.00% is the share of positive reviews.`; None where nothing is wrong.
    """
    adjusted = holm([mcnemar_p(*_against_constant(confusion)) for confusion in confusions])
    return [_shortcoming(confusion, reviews, p) for confusion, p in zip(confusions, adjusted, strict=True)]


def _against_constant(confusion: Confusion) -> tuple[int, int]:
    """Reviews that only the classifier gets right, and those that only the constant answer does."""
    (true_negatives, false_positives), (false_negatives, true_positives) = confusion
    if larger_class(confusion)[0] == "positive":
        return true_negatives, false_negatives
    return true_positives, false_positives


def _shortcoming(confusion: Confusion, reviews: str, adjusted: float) -> str | None:
    count, right = sum(map(sum, confusion)), confusion[0][0] + confusion[1][1]
    accuracy, (larger, share) = right / count, larger_class(confusion)
    if constant := one_class(confusion):
        return f'says "{constant}" of all {count:,} {reviews}; its {accuracy:.2%} is the share of {constant} reviews.'
    if share == 1.0:  # there is no other answer to compare with
        return None
    against = f'{accuracy:.2%} right, always saying "{larger}" {share:.2%}'
    recalls = by_class(confusion)
    for index, label in enumerate(CLASSES):
        recall = recalls[f"recall_{label}"]
        if recall is not None and recall < RARELY:
            hits, total = confusion[index][index], sum(confusion[index])
            return f"finds {hits or 'none'} of the {total:,} {label} {reviews}; it gets {against}."
    if accuracy <= share:
        return f"is not more accurate on the {count:,} {reviews} than a constant answer: it gets {against}."
    if adjusted >= SIGNIFICANT:
        return (
            f"is not clearly more accurate on the {count:,} {reviews} than a constant answer: it gets {against}, a "
            f"gap that chance alone could explain (McNemar, adjusted p {p_text(adjusted)})."
        )
    return None


def p_text(p_value: float) -> str:
    """A p-value with three digits, or "< 0.001"."""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _checked(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """bool[n] and float64[n], or ValueError: a wrong shape would broadcast into a plausible wrong figure."""
    truth, p = np.asarray(labels), np.asarray(probabilities, np.float64)
    if truth.ndim != 1 or truth.shape != p.shape or not len(truth):
        raise ValueError(f"expected one probability for each of at least one label; found {p.shape} for {truth.shape}")
    if not np.isin(truth, (0, 1)).all():
        raise ValueError("expected labels 0 and 1; found others")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("expected probabilities from 0 to 1; found others")
    return truth == 1, p
