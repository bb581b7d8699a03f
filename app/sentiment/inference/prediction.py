"""The prediction for one text, as programs and people read it."""

from dataclasses import dataclass, field

from sentiment.config import RESERVED
from sentiment.metrics.verdicts import in_percent
from sentiment.text.familiarity import NO_TEXT

UNCERTAIN = RESERVED
CLOSE = "near threshold"


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

    def __str__(self) -> str:
        """For people: "negative, 86%", "not sure: rather negative, 56%", or "uncertain: unknown words"."""
        if self.reason or self.confidence is None:
            return ": ".join(filter(None, (self.label, self.reason)))
        stars = "" if self.stars is None else f", {self.stars:.1f} stars"
        return f"{'' if self.sure else 'not sure: rather '}{self.label}, {in_percent(self.confidence)}{stars}"


EMPTY = Prediction(None, None, truncated=False, reason=NO_TEXT, sure=False)
