"""What a classifier's probabilities are worth: figures with intervals, and paired tests between classifiers.

The formulas are scikit-learn's and SciPy's. A label is the index of its class.
"""

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np

from sentiment.config import POLARITY, Classes
from sentiment.metrics.class_balance import Confusion, as_adjective, by_class, larger_class, macro_f1, one_class
from sentiment.metrics.verdicts import predicted_classes

CALIBRATION_BINS = 15
SIGNIFICANT = 0.05  # adjusted p-values below it are more than chance
RARELY = 0.05  # recall below it: the class is as good as never predicted
_TINY = 1e-7  # distance of a probability from 0 and 1, at least: one sure mistake costs 16 nats, not infinity


class Figures(TypedDict):
    """Every figure of a classifier on some reviews, ready for JSON. Classes are in the order of their names."""

    accuracy: float
    accuracy_ci95: list[float]  # [low, high], Wilson
    recall: dict[str, float | None]  # by class; None where no review is of it
    predicted: dict[str, float]  # by class, share of the reviews
    macro_f1: float  # mean F1 of the classes that occur or are predicted
    roc_auc: float | None  # of two classes; None where only one occurs, or there are more
    log_loss: float  # nats
    brier: float  # of two classes, of the second one; of several, summed over them
    calibration_error: float
    confusion: list[list[int]]  # [class][predicted class]
    reviews: int
    mean_absolute_error: float | None  # in grades; None where classes have no order
    quadratic_kappa: float | None  # agreement of grades beyond chance, from -1 to 1; None without order, or undefined


def measure(labels: np.ndarray, probabilities: np.ndarray, classes: Classes = POLARITY) -> Figures:
    """Every figure of a classifier.

    Args:
        labels: int[n], the index of the class, at least one.
        probabilities: float[n] of the second of two classes, or float[n, classes], from 0 to 1.
        classes: of the labels.

    Raises:
        ValueError: no labels, another number of probabilities, or values outside of their range.
    """
    from sklearn import metrics as sk

    truth, p = _checked(labels, probabilities, len(classes))
    indices = list(range(len(classes)))
    predicted = predicted_classes(p)
    confusion = sk.confusion_matrix(truth, predicted, labels=indices).tolist()
    return {
        "accuracy": float(sk.accuracy_score(truth, predicted)),
        "accuracy_ci95": list(wilson(int((predicted == truth).sum()), len(p))),
        **by_class(confusion, classes.names),
        "macro_f1": macro_f1(confusion),
        "roc_auc": roc_auc(labels, p) if classes.is_binary else None,
        "log_loss": log_loss(truth, p),
        "brier": float(np.mean((p - truth) ** 2))
        if classes.is_binary
        else float(np.mean(((p - np.eye(len(classes))[truth]) ** 2).sum(axis=1))),
        "calibration_error": calibration_error(labels, p),
        "confusion": confusion,
        "reviews": len(p),
        "mean_absolute_error": float(np.mean(np.abs(predicted - truth))) if classes.is_graded else None,
        "quadratic_kappa": _quadratic_kappa(truth, predicted, indices) if classes.is_graded else None,
    }


def log_loss(labels: np.ndarray, probabilities: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The mean negative logarithm of the probability of the right class, in nats.

    Args:
        labels: int[n].
        probabilities: float[n] of the second of two classes, or float[n, classes].
        weights: float[classes], how much a review of each class counts; None: all the same.
    """
    from sklearn import metrics as sk

    p = np.clip(probabilities, _TINY, 1 - _TINY)
    names = range(2 if p.ndim == 1 else p.shape[1])
    p = p if p.ndim == 1 else p / p.sum(axis=1, keepdims=True)
    return float(sk.log_loss(labels, p, labels=names, sample_weight=None if weights is None else weights[labels]))


def _quadratic_kappa(truth: np.ndarray, predicted: np.ndarray, indices: list[int]) -> float | None:
    """Cohen's kappa with quadratic weights (Cohen 1968); None where all are of one grade and called so."""
    from sklearn import metrics as sk

    if len(np.union1d(truth, predicted)) < 2:
        return None
    return float(sk.cohen_kappa_score(truth, predicted, labels=indices, weights="quadratic"))


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
    """The rates of false and true positives of two classes, as the threshold falls from above every probability.

    Returns:
        `(false_positive_rate, true_positive_rate)`, float64[k] each, from (0, 0) to (1, 1); reviews with equal
        probabilities cross the threshold together.

    Raises:
        ValueError: only one class occurs.
    """
    from sklearn import metrics as sk

    truth, p = _checked(labels, probabilities, 2)
    if len(np.unique(truth)) < 2:
        raise ValueError("expected labels of both classes; found one")
    false_positive_rate, true_positive_rate, _ = sk.roc_curve(truth, p, drop_intermediate=False)
    return false_positive_rate, true_positive_rate


def roc_auc(labels: np.ndarray, probabilities: np.ndarray) -> float | None:
    """Probability that a review of the second of two classes gets more than one of the first, ties counting half.

    None where only one class occurs.
    """
    from sklearn import metrics as sk

    truth, p = _checked(labels, probabilities, 2)
    return float(sk.roc_auc_score(truth, p)) if len(np.unique(truth)) == 2 else None


def reliability(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predicted and observed shares, in 15 equally wide bins of the probability.

    Of two classes, it is the probability of the second one, from 0 to 1, so that both classes count. Of several, it is
    that of the class which is predicted, and the observed share is that of correct predictions (Guo et al. 2017).

    Returns:
        `(predicted, observed, reviews)` of each bin that is not empty: mean probability float64[k], observed share
        float64[k], number of reviews int[k].
    """
    truth, p = _checked(labels, probabilities)
    if p.ndim == 2:
        truth, p = (predicted_classes(p) == truth).astype(int), p.max(axis=1)
    bins = np.minimum((p * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    reviews = np.bincount(bins, minlength=CALIBRATION_BINS)
    filled = reviews > 0
    predicted = np.bincount(bins, p, CALIBRATION_BINS)[filled] / reviews[filled]
    observed = np.bincount(bins, truth, CALIBRATION_BINS)[filled] / reviews[filled]
    return predicted, observed, reviews[filled]


def calibration_error(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Expected calibration error (Naeini et al. 2015): |predicted - observed| of `reliability`, a mean over reviews."""
    predicted, observed, reviews = reliability(labels, probabilities)
    return float((np.abs(predicted - observed) * reviews).sum() / reviews.sum())


def mcnemar(labels: np.ndarray, a: np.ndarray, b: np.ndarray) -> dict[str, Any]:
    """Whether two classifiers differ in accuracy on the same reviews (McNemar 1947, exact).

    Only reviews that one gets right and the other wrong count. If both were equally good, each of them would go either
    way like a fair coin; `p_value` is the two-sided binomial probability of a split at least as uneven.

    Args:
        labels: int[n].
        a: float[n] or float[n, classes], probabilities of one classifier.
        b: those of the other, for the same reviews in the same order.

    Returns:
        `only_a_right`, `only_b_right` (numbers of reviews) and `p_value`.
    """
    truth, p_a = _checked(labels, a)
    _, p_b = _checked(labels, b)
    right_a, right_b = predicted_classes(p_a) == truth, predicted_classes(p_b) == truth
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


def shortcomings(confusions: Sequence[Confusion], classes: Classes, reviews: str = "test reviews") -> list[str | None]:
    """What is wrong with classifiers in spite of their accuracy.

    The first that holds: it predicts one class alone; its recall of a class is below `RARELY`; it is not clearly more
    accurate than always predicting the larger class (McNemar's exact test on the same reviews, with p-values adjusted
    by Holm over these classifiers).

    Args:
        confusions: of the classifiers, without the majority baseline, which is meant to be so.
        classes: in the order of the confusion matrices.
        reviews: what the sentences call them.

    Returns:
        A sentence without its subject, the name, for each classifier, such as `says "positive" of all 40 test reviews;
        its 95.00% is the share of positive reviews.`; None where nothing is wrong.
    """
    names = classes.names
    adjusted = holm([mcnemar_p(*_against_constant(confusion, names)) for confusion in confusions])
    return [_shortcoming(confusion, names, reviews, p) for confusion, p in zip(confusions, adjusted, strict=True)]


def _against_constant(confusion: Confusion, names: Sequence[str]) -> tuple[int, int]:
    """Reviews that only the classifier gets right, and those that only the constant answer does."""
    largest = names.index(larger_class(confusion, names)[0])
    only_classifier = sum(confusion[index][index] for index in range(len(names)) if index != largest)
    return only_classifier, sum(confusion[largest]) - confusion[largest][largest]


def _shortcoming(confusion: Confusion, names: Sequence[str], reviews: str, adjusted: float) -> str | None:
    count, right = sum(map(sum, confusion)), sum(confusion[index][index] for index in range(len(names)))
    accuracy, (larger, share) = right / count, larger_class(confusion, names)
    if constant := one_class(confusion, names):
        group = f"{constant} reviews" if constant.isalpha() else f"reviews {as_adjective(constant)}"
        return f'says "{constant}" of all {count:,} {reviews}; its {accuracy:.2%} is the share of {group}.'
    if share == 1.0:  # there is no other answer to compare with
        return None
    against = f'{accuracy:.2%} right, a constant "{larger}" {share:.2%}'
    recalls = by_class(confusion, names)["recall"]
    missed = [
        f'{confusion[index][index] or "none"} of the {sum(confusion[index]):,} {reviews} labelled "{name}"'
        for index, name in enumerate(names)
        if (recall := recalls[name]) is not None and recall < RARELY
    ]
    if missed:
        *most, last = missed
        listed = f"{', '.join(most)} and {last}" if most else last
        return f"finds {listed}; it gets {against}."
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


def _checked(
    labels: np.ndarray, probabilities: np.ndarray, classes: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """int[n] and float64 probabilities, or ValueError: a wrong shape would broadcast into a plausible wrong figure."""
    truth, p = np.asarray(labels), np.asarray(probabilities, np.float64)
    width = classes or (2 if p.ndim < 2 else p.shape[1])
    expected = truth.shape if width == 2 else (*truth.shape, width)
    if truth.ndim != 1 or p.shape != expected or not len(truth):
        raise ValueError(f"expected one probability for each of at least one label; found {p.shape} for {truth.shape}")
    if not np.isin(truth, range(width)).all():
        raise ValueError(f"expected labels 0 to {width - 1}; found others")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("expected probabilities from 0 to 1; found others")
    return truth.astype(int), p
