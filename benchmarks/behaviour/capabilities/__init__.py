"""The capabilities, with frames to train on and other frames to test with."""

from dataclasses import replace

from benchmarks.behaviour.capabilities import (
    contrast,
    conversation,
    negation,
    people,
    signs,
    spelling,
    time_and_wishes,
    viewpoints,
    words,
)
from benchmarks.behaviour.frames import Capability
from benchmarks.behaviour.listed import LESSONS, TESTS, frames_in

_WITHOUT_TABLES: tuple[Capability, ...] = (
    words.IN_CONTEXT,
    words.NEUTRAL_FACTS,
    negation.NEAR,
    negation.FAR,
    negation.ELLIPSIS,
    conversation.ANSWERS,
    time_and_wishes.THEN_AND_NOW,
    time_and_wishes.WISHES,
    viewpoints.WHOSE,
    viewpoints.REPORTED,
    contrast.COMPARISON,
    contrast.BUT,
    contrast.FAINT_PRAISE,
    signs.RATINGS,
    signs.EMOJI,
    spelling.CAPITALS,
    spelling.TYPOS,
    spelling.APOSTROPHES,
    people.NAMES,
)

_MORE_TO_TRAIN_ON, _MORE_TO_TEST_WITH = frames_in(LESSONS), frames_in(TESTS)

CAPABILITIES = tuple(
    replace(
        each,
        train=(*each.train, *_MORE_TO_TRAIN_ON.get(each.name, ())),
        test=(*each.test, *_MORE_TO_TEST_WITH.get(each.name, ())),
    )
    for each in _WITHOUT_TABLES
)
