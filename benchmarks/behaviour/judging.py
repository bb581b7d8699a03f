"""When an answer is right, and how many are."""

from collections.abc import Sequence

from benchmarks.behaviour.classifiers import Answer, Classifier
from benchmarks.behaviour.filling import Case
from benchmarks.behaviour.frames import Kind
from sentiment.config.classes import NEUTRAL, POSITIVE
from sentiment.inference.prediction import UNCERTAIN

# A classifier of two classes cannot say "neutral". It is right on a neutral text if it says "uncertain", or if the
# probability of positive is in the middle third.
MIDDLE = (1 / 3, 2 / 3)
STEP = 0.05  # of positivity: the least that a second text must move,
END = 0.05  # unless it is at most this far from the end of the scale


def is_right(case: Case, answers: Sequence[Answer], *, has_neutral: bool) -> bool:
    """Whether the answers to the texts of a case are what is expected.

    Args:
        case: a text or a pair.
        answers: one for each text.
        has_neutral: whether "neutral" is among the classes.
    """
    first, last = answers[0], answers[-1]
    if case.kind is Kind.INV:
        return first.label == last.label
    if case.kind is Kind.DIR:
        ahead, moved = last.positivity, last.positivity - first.positivity
        if case.expected != POSITIVE:
            ahead, moved = 1 - ahead, -moved
        return moved >= STEP or ahead >= 1 - END
    if case.expected == NEUTRAL and not has_neutral:
        return last.label == UNCERTAIN or MIDDLE[0] <= last.positivity <= MIDDLE[1]
    return last.label == case.expected


def judge(classifier: Classifier, cases: Sequence[Case]) -> list[bool]:
    """Whether each case is answered rightly."""
    texts = list(dict.fromkeys(text for case in cases for text in case.texts))
    answers = dict(zip(texts, classifier.answer(texts), strict=True))
    return [
        is_right(case, [answers[text] for text in case.texts], has_neutral=classifier.has_neutral) for case in cases
    ]
