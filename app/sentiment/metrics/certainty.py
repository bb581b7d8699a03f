"""How probable a verdict must be so that a stated share of such verdicts is right.

This is classification with a reject option (Geifman and El-Yaniv 2017). The least confidence is chosen on validation by
tests in a fixed order, from the surest half of the texts to all of them, which stop at the first that fails (Learn then
Test, Angelopoulos et al. 2021). So the share holds with 95% certainty for texts like those of the validation split; for
other texts nothing is promised.
"""

import math
from typing import TypedDict

import numpy as np

from sentiment.metrics.verdicts import in_percent, of_all_classes

SHARES = (0.99, 0.98, 0.95, 0.9, 0.85, 0.8)  # of which the highest is taken that decides enough texts
DECIDED = 0.75  # fraction of the validation texts that are decided, at least
_ABOVE_CHANCE = 1.2  # times the probability of a guess, is a sure verdict at least
_SIGNIFICANT = 0.05
_ROUNDING = 1e-9  # of percents, to which binary fractions only come close
_STEPS = 51  # tests, from half of the texts to all


class Certainty(TypedDict):
    """From which confidence on a verdict counts as sure."""

    share: float  # of the sure verdicts, how many are right
    confidence: float  # of a sure verdict, at least; in older records as measured; `RunRecord.sure_from` decides
    decided: float  # fraction of the validation texts with a sure verdict


def certainty(labels: np.ndarray, probabilities: np.ndarray) -> Certainty | None:
    """The certainty of a classifier.

    Args:
        labels: int[n] of the validation split.
        probabilities: float[n] of the second of two classes, or float[n, classes].

    Returns:
        None where no share of `SHARES` holds for enough texts: the classifier is too weak, or the texts are too few.
    """
    p = of_all_classes(probabilities)
    confidence = p.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    confidence, right = confidence[order], (p.argmax(axis=1) == labels)[order]
    for share in SHARES:
        decided = _decided(right, share)
        if decided >= DECIDED * len(right):
            least = rounded_up(max(float(confidence[decided - 1]), above_chance(p.shape[1])))
            return {"share": share, "confidence": least, "decided": float(np.mean(confidence >= least))}
    return None


def above_chance(classes: int) -> float:
    """The confidence of a sure verdict on one of so many classes, at least: no guess is sure."""
    return _ABOVE_CHANCE / classes


def rounded_up(confidence: float) -> float:
    """The next confidence from which on `in_percent` says a higher percent, so that what people read decides.

    A verdict of 63.8% is shown as 64%, as one of 64.1% is. Only one of both being sure would contradict what is told.
    """
    percent = math.ceil(100 * confidence + 0.5 - _ROUNDING)
    return (percent - 0.5) / 100 if percent <= 100 else confidence


def in_words(known: Certainty) -> str:
    """What a sure verdict is worth, in a sentence without a full stop."""
    return (
        f"verdicts of {sure_percent(known)} or more are sure, of which {known['share']:.0%} are right on texts like "
        "those that it was validated on"
    )


def sure_percent(known: Certainty) -> str:
    """The percent of a sure verdict, at least, as it is shown."""
    return in_percent(rounded_up(known["confidence"]))


def _decided(right: np.ndarray, share: float) -> int:
    """The number of texts, the surest first, of which the share is right; 0: of none."""
    from scipy.stats import binom

    decided = 0
    for number in np.unique(np.ceil(np.linspace(0.5, 1, _STEPS) * len(right)).astype(int)):
        mistakes = number - right[:number].sum()
        if binom.cdf(mistakes, number, 1 - share) > _SIGNIFICANT:
            break
        decided = int(number)
    return decided
