"""When an answer is right."""

import pytest

from benchmarks.behaviour.classifiers import Answer, Classifier
from benchmarks.behaviour.filling import cases
from benchmarks.behaviour.frames import Capability, changed, held, moves, negative, neutral
from benchmarks.behaviour.judging import is_right, judge
from benchmarks.behaviour.misspelling import in_capitals
from sentiment.config.classes import NEGATIVE, NEUTRAL, POSITIVE

UNCERTAIN = "uncertain"


def case(frames):
    return cases(Capability("reading", "It reads.", (), frames), per_frame=2)[0]


def right(frames, *answers, has_neutral=False):
    return is_right(case(frames), [Answer(*answer) for answer in answers], has_neutral=has_neutral)


def test_a_verdict_is_right_if_it_is_the_expected_class():
    assert right(held("It was {held}."), (POSITIVE, 0.6))
    assert not right(held("It was {held}."), (NEGATIVE, 0.4))
    assert not right(negative("Never again."), (UNCERTAIN, 0.1))


@pytest.mark.parametrize(
    ("label", "probability", "is_it"),
    [
        (POSITIVE, 0.66, True),
        (NEGATIVE, 0.34, True),
        (POSITIVE, 0.7, False),
        (NEGATIVE, 0.3, False),
        (UNCERTAIN, 0.9, True),
    ],
)
def test_of_two_classes_a_neutral_text_needs_uncertain_or_the_middle_third(label, probability, is_it):
    assert right(neutral("I read it."), (label, probability)) == is_it


def test_of_three_classes_a_neutral_text_needs_neutral():
    assert right(neutral("I read it."), (NEUTRAL, 0.9), has_neutral=True)
    assert not right(neutral("I read it."), (POSITIVE, 0.55), has_neutral=True)


def test_an_invariance_needs_the_same_verdict_whatever_the_probability():
    pair = changed(in_capitals, "It was {held}.")
    assert right(pair, (NEGATIVE, 0.1), (NEGATIVE, 0.4))
    assert not right(pair, (NEGATIVE, 0.49), (POSITIVE, 0.51))


@pytest.mark.parametrize(
    ("before", "after", "up", "down"),
    [
        (0.5, 0.6, True, False),
        (0.5, 0.52, False, False),
        (0.6, 0.5, False, True),
        (0.97, 0.96, True, False),
        (0.02, 0.02, False, True),
    ],
)
def test_a_movement_needs_a_step_or_the_end_of_the_scale(before, after, up, down):
    for expected, is_it in ((POSITIVE, up), (NEGATIVE, down)):
        frames = moves(expected, ("It is {day}.", "It is {day}. Well."))
        assert right(frames, (POSITIVE, before), (POSITIVE, after)) == is_it


def test_a_classifier_is_asked_each_text_once():
    received = []

    def answer(texts):
        received.extend(texts)
        return [Answer(POSITIVE, 0.9)] * len(texts)

    suite = cases(Capability("reading", "It reads.", (), held("It was {held}.")))
    verdicts = judge(Classifier("yes", "Yes", has_neutral=False, answer=answer), [*suite, *suite])
    assert len(received) == len(set(received)) == len(suite)
    assert verdicts == [case.expected == POSITIVE for case in [*suite, *suite]]
