"""Frames: every one is sound, and no text to test with has the form of one to train on."""

import re
from collections import Counter
from functools import cache

import pytest

from benchmarks.behaviour.capabilities import CAPABILITIES
from benchmarks.behaviour.domains import DOMAINS
from benchmarks.behaviour.everyday import SIDES, WORDS
from benchmarks.behaviour.filling import SLOT, TEST, TRAIN, cases, fillers
from benchmarks.behaviour.frames import HELD, OPPOSITE, SAME, Frame, Kind
from benchmarks.behaviour.listed import LESSONS, TESTS, frames_in
from sentiment.config.classes import NEGATIVE, NEUTRAL, POSITIVE

by_name = pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda capability: capability.name)


def form(text: str) -> str:
    """A frame without its slots, capitals and marks: what its texts have in common."""
    return " ".join(re.findall(r"[\w'_]+", SLOT.sub(" _ ", text).lower()))


@cache
def pattern(frame: Frame) -> re.Pattern[str]:
    """Matches every text that a frame can make, with the words of any domain, split and side."""
    parts, end = [], 0
    for match in SLOT.finditer(frame.texts[0]):
        words = sorted(fillers(match["word"]), key=len, reverse=True)
        parts += [re.escape(frame.texts[0][end : match.start()]), f"(?:{'|'.join(map(re.escape, words))})"]
        end = match.end()
    return re.compile("".join([*parts, re.escape(frame.texts[0][end:])]), re.IGNORECASE)


def words_of(text: str) -> set[str]:
    return set(re.findall(r"[\w']+", text.lower()))


def fixed_words(frame: Frame) -> set[str]:
    """Words that are in every text of a frame: those that no slot is a part of."""
    return words_of(re.sub(rf"[\w']*{SLOT.pattern}[\w']*", " ", frame.texts[0]))


def test_nineteen_capabilities_have_different_names():
    assert len({capability.name for capability in CAPABILITIES}) == len(CAPABILITIES) == 19


@by_name
def test_a_capability_has_several_frames_for_either_purpose(capability):
    assert len(capability.train) >= 3
    assert len(capability.test) >= 8


@pytest.mark.parametrize("path", [LESSONS, TESTS], ids=lambda path: path.stem)
def test_every_frame_in_a_table_is_of_a_capability(path):
    assert set(frames_in(path)) <= {capability.name for capability in CAPABILITIES}


@by_name
def test_a_frame_to_train_on_has_a_label(capability):
    for frame in capability.train:
        assert frame.kind is Kind.MFT
        assert frame.expected in (NEGATIVE, NEUTRAL, POSITIVE, HELD)


@by_name
def test_what_is_expected_fits_the_kind_and_the_slots(capability):
    fitting = {
        Kind.MFT: {NEGATIVE, NEUTRAL, POSITIVE, HELD},
        Kind.INV: {SAME},
        Kind.DIR: {NEGATIVE, POSITIVE, HELD, OPPOSITE},
    }
    for frame in (*capability.train, *capability.test):
        assert frame.expected in fitting[frame.kind]
        assert len(frame.texts) == (1 if frame.kind is Kind.MFT else 2)
        if frame.kind is not Kind.INV:  # what depends on a side needs one, and nothing else has one
            assert frame.has_two_sides == (frame.expected in (HELD, OPPOSITE))


@by_name
def test_no_form_is_to_train_on_and_to_test_with(capability):
    train = {form(frame.texts[0]) for other in CAPABILITIES for frame in other.train}
    assert not train & {form(text) for frame in capability.test for text in frame.texts}


def test_no_frame_is_there_twice():
    frames = Counter(
        (frame.texts, frame.change) for capability in CAPABILITIES for frame in (*capability.train, *capability.test)
    )
    assert set(frames.values()) == {1}


def test_a_pattern_knows_the_texts_of_its_frame():
    for capability in CAPABILITIES:
        for case in cases(capability, TRAIN, per_frame=2):
            assert (
                case.frame.change
                or pattern(case.frame).fullmatch(case.texts[0])
                or re.search(r"\ban ", case.texts[0], re.IGNORECASE)
            )


def test_no_text_to_test_with_can_be_made_by_a_frame_to_train_on():
    patterns = [(fixed_words(frame), pattern(frame)) for capability in CAPABILITIES for frame in capability.train]
    for capability in CAPABILITIES:
        for text in {text for case in cases(capability, TEST) for text in case.texts}:
            words = words_of(text)
            assert not [each.pattern for fixed, each in patterns if fixed <= words and each.fullmatch(text)], text


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_statements_to_test_with_are_others_than_those_to_train_with(domain):
    for label in (NEGATIVE, NEUTRAL, POSITIVE):
        assert len(set(domain.train.of(label)) | set(domain.test.of(label))) == len(domain.train.of(label)) + len(
            domain.test.of(label)
        )
    statements = [
        text for part in (domain.train, domain.test) for label in (NEGATIVE, POSITIVE) for text in part.of(label)
    ]
    assert all(text[0].islower() or text.startswith("I ") for text in statements)
    assert not any(text.endswith((".", "!", "?")) for text in statements)


def test_no_everyday_word_is_praise_and_blame():
    for words in SIDES.values():
        assert not set(words[POSITIVE]) & set(words[NEGATIVE])


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_words_of_a_slot_are_different_and_enough(words):
    assert len(set(words)) == len(words) >= 5
