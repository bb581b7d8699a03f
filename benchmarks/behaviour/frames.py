"""Frames of texts: sentences with slots, and what is expected of the texts that they make.

A slot with `held` is filled in two ways: with praise, and with blame. `other` is then filled with the opposite, so
"It was anything but {other}; it was {held}." is a positive and a negative frame in one.

kind    texts   right is
MFT     one     the verdict that is expected (minimum functionality)
INV     two     the same verdict on both (invariance)
DIR     two     the second is clearly more positive, or more negative, than the first (direction)
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from sentiment.config.classes import NEGATIVE, NEUTRAL, POSITIVE

Change = Callable[[str, Random], str]  # a text, written in another way

# What is expected of a frame: a class, or that of the word in a slot with `held`, or the opposite of it.
HELD, OPPOSITE, SAME = "held", "opposite", "same"
OPPOSITES = {POSITIVE: NEGATIVE, NEGATIVE: POSITIVE}


class Kind(StrEnum):
    """The kinds of tests of CheckList (Ribeiro et al. 2020, "Beyond Accuracy", ACL)."""

    MFT = "MFT"
    INV = "INV"
    DIR = "DIR"


@dataclass(frozen=True)
class Frame:
    """One text or two with slots, see `benchmarks.behaviour.filling`."""

    kind: Kind
    texts: tuple[str, ...]
    expected: str  # MFT: a class or HELD; INV: SAME; DIR: the class that it moves to, HELD or OPPOSITE
    change: Change | None = None  # of the last text, after its slots are filled

    @property
    def has_two_sides(self) -> bool:
        """Whether it is filled with praise and with blame."""
        return any("{held" in text or "{other" in text for text in self.texts)

    def expected_of(self, side: str) -> str:
        """What is expected where the slots with `held` are of that class."""
        return {HELD: side, OPPOSITE: OPPOSITES[side]}.get(self.expected, self.expected)


@dataclass(frozen=True)
class Capability:
    """What a classifier should be able to do.

    Frames to train on have labels, so all are of the kind MFT. No text of a frame to test with has the form of one to
    train on.
    """

    name: str
    meaning: str  # a sentence
    train: tuple[Frame, ...]
    test: tuple[Frame, ...]


def held(*texts: str, change: Change | None = None) -> tuple[Frame, ...]:
    """Texts whose verdict is that of the words in slots with `held`."""
    return tuple(Frame(Kind.MFT, (text,), HELD, change) for text in texts)


def positive(*texts: str) -> tuple[Frame, ...]:
    """Texts that are positive."""
    return tuple(Frame(Kind.MFT, (text,), POSITIVE) for text in texts)


def negative(*texts: str) -> tuple[Frame, ...]:
    """Texts that are negative."""
    return tuple(Frame(Kind.MFT, (text,), NEGATIVE) for text in texts)


def neutral(*texts: str) -> tuple[Frame, ...]:
    """Texts without an opinion, or with one between the two."""
    return tuple(Frame(Kind.MFT, (text,), NEUTRAL) for text in texts)


def same(*pairs: tuple[str, str]) -> tuple[Frame, ...]:
    """Pairs with the same verdict."""
    return tuple(Frame(Kind.INV, pair, SAME) for pair in pairs)


def changed(change: Change, *texts: str) -> tuple[Frame, ...]:
    """Texts whose verdict stays when they are written in another way."""
    return tuple(Frame(Kind.INV, (text, text), SAME, change) for text in texts)


def moves(expected: str, *pairs: tuple[str, str]) -> tuple[Frame, ...]:
    """Pairs whose second text is nearer to the expected class: POSITIVE, NEGATIVE, HELD or OPPOSITE."""
    return tuple(Frame(Kind.DIR, pair, expected) for pair in pairs)
