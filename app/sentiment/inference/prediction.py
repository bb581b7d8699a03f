"""The prediction for one text, as programs and people read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sentiment.config import RESERVED
from sentiment.metrics.verdicts import THRESHOLD, in_percent
from sentiment.text.familiarity import NO_TEXT

UNCERTAIN = RESERVED
CLOSE = "near threshold"
BY_THRESHOLD = "by threshold"  # what people read of a label that is not the most probable class


@dataclass(frozen=True)
class Prediction:
    """The prediction for one text.

    An empty text has neither label nor probabilities. A text with too few known words is "uncertain" whatever its
    probabilities, which are computed from the few known words, or from none.
    """

    label: str | None  # the name of a class, such as "positive", or "uncertain"; None: empty text
    probability: float | None  # goes with 0.4, see `probabilities`: of the second of two classes; None: empty, or more
    truncated: bool  # whether the text was too long and its middle was left out
    unknown_share: float = 0.0  # fraction of the words that are not in the vocabulary
    reason: str | None = None  # why the label is "uncertain" or None: see `sentiment.text.familiarity`, or `CLOSE`
    probabilities: dict[str, float] = field(default_factory=dict, hash=False)  # by class; empty: empty text
    stars: float | None = None  # the mean grade, such as 4.6 of 5; None: empty text, or a run without finer grades
    sure: bool = True  # whether it is as probable as the run's `certainty` wants; False where there is a reason

    @property
    def confidence(self) -> float | None:
        """The probability of the label; of an uncertain text, of the most probable class; None: empty text."""
        return self.probabilities.get(self.label or "", max(self.probabilities.values(), default=None))

    @property
    def is_by_threshold(self) -> bool:
        """Whether another class is more probable than the label, which a threshold other than one half decided."""
        return self.label in self.probabilities and self.confidence != max(self.probabilities.values())

    def __str__(self) -> str:
        """For people: "negative, 86%", "not sure: rather negative, 56%", or "uncertain: unknown words".

        Where another class is more probable: "negative, 20% (by threshold)".
        """
        if self.reason or self.confidence is None:
            return ": ".join(filter(None, (self.label, self.reason)))
        stars = "" if self.stars is None else f", {self.stars:.1f} stars"
        verdict = f"{self.label}, {in_percent(self.confidence)}{stars}"
        if self.is_by_threshold:
            return f"{verdict} ({BY_THRESHOLD})"
        return verdict if self.sure else f"not sure: rather {verdict}"


def verdict(
    shares: Mapping[str, float],
    reason: str | None,
    sure_from: float,
    threshold: float = THRESHOLD,
    uncertain: float = 0.0,
) -> tuple[str, str | None, bool]:
    """Label, reason and `sure` of a prediction.

    Args:
        shares: the probabilities by class, in the order of the classes.
        reason: why nothing can be said of the text; None: something can.
        sure_from: the confidence of a sure verdict, at least.
        threshold: as of `Predictor.predict`.
        uncertain: as of `Predictor.predict`.
    """
    first, *_, last = shares
    if len(shares) == 2:
        label, distance = (last if shares[last] >= threshold else first), abs(shares[last] - threshold)
    else:
        label = max(shares, key=shares.__getitem__)
        second_highest, highest = sorted(shares.values())[-2:]
        distance = (highest - second_highest) / 2
    reason = reason or (CLOSE if distance < uncertain else None)
    return UNCERTAIN if reason else label, reason, reason is None and shares[label] >= sure_from


def decided(prediction: Prediction, sure_from: float, threshold: float, uncertain: float) -> Prediction:
    """A prediction of the usual threshold with the `verdict` that other wishes give it."""
    if not prediction.probabilities:
        return prediction
    label, reason, sure = verdict(prediction.probabilities, prediction.reason, sure_from, threshold, uncertain)
    return replace(prediction, label=label, reason=reason, sure=sure)


EMPTY = Prediction(None, None, truncated=False, reason=NO_TEXT, sure=False)
