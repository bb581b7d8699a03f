"""Texts of frames: slots filled by chance, the same for the same seed.

slot                                        filled with
{held}, {held_verb}, {held_fact}, ...       praise or blame, as the text is to be
{other}, {other_verb}, {other_fact}, ...    the opposite
{neutral_fact}                              a statement of the domain without an opinion
{thing}, {aspect}, {did}, {again}, {rival}  words of the domain
{day}, {month}, {relative}, {person}, ...   `benchmarks.behaviour.everyday`

`{aspect}` and `{aspect_2}` differ within a text. Each sentence begins with a capital.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.behaviour import everyday
from benchmarks.behaviour.domains import DOMAINS, Domain
from benchmarks.behaviour.frames import OPPOSITES, Capability, Frame, Kind
from sentiment.config.classes import NEGATIVE, NEUTRAL, POSITIVE

SEED = 0
PER_FRAME, PER_CAPABILITY = 24, 320  # most cases of a frame, and about as many of a capability with many frames
TRAIN, TEST = "train", "test"
_TRIES = 20  # for each case; a frame with few words has fewer cases

SLOT = re.compile(r"\{(?P<word>[a-z]+(?:_[a-z]+)*)(?:_\d)?\}")
_SENTENCE_START = re.compile(r"(?:^|(?<=[.!?] )|(?<=[.!?] \"))[a-z]")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou])")


@dataclass(frozen=True)
class Case:
    """A text, or a pair of texts, with what is expected."""

    capability: str
    kind: Kind
    texts: tuple[str, ...]
    expected: str  # MFT: a class; INV: SAME; DIR: the class that the second text is nearer to
    domain: str
    frame: Frame


def cases(capability: Capability, split: str = TEST, per_frame: int | None = None, seed: int = SEED) -> list[Case]:
    """The cases of a capability, without repeated ones.

    Args:
        capability: with frames.
        split: TRAIN or TEST.
        per_frame: most cases of a frame, half of them of each side where it has two; None: as many as in the suite.
        seed: of the words.
    """
    frames = capability.train if split == TRAIN else capability.test
    if per_frame is None:
        per_frame = max(2, min(PER_FRAME, PER_CAPABILITY // max(1, len(frames)) // 2 * 2))
    seen: set[tuple[str, ...]] = set()
    made = []
    for frame in frames:
        sides = (POSITIVE, NEGATIVE) if frame.has_two_sides else (POSITIVE,)
        for side in sides:
            # A frame's words depend on nothing but itself, so that a new frame leaves the cases of others as they are.
            chance = Random(hashlib.sha256(f"{seed} {split} {side} {frame.texts}".encode()).digest())
            for texts, domain in _filled(frame, side, split, per_frame // len(sides), chance):
                if texts not in seen:
                    seen.add(texts)
                    made.append(Case(capability.name, frame.kind, texts, frame.expected_of(side), domain.name, frame))
    return made


def fillers(slot: str) -> tuple[str, ...]:
    """Every word that a slot may have, of both sides, all domains and both splits."""
    side, _, kind = slot.partition("_")
    if slot in ("held_fact", "other_fact"):
        parts = [
            statements.praise + statements.blame for domain in DOMAINS for statements in (domain.train, domain.test)
        ]
    elif slot == "neutral_fact":
        parts = [statements.neutral for domain in DOMAINS for statements in (domain.train, domain.test)]
    elif side in ("held", "other"):
        parts = [*everyday.SIDES[kind].values(), *everyday.MORE_TO_TRAIN_ON.get(kind, {}).values()]
    else:
        parts = [_of_domain(slot, domain) or everyday.WORDS[slot] for domain in DOMAINS]
    return tuple(dict.fromkeys(word for part in parts for word in part))


def _filled(
    frame: Frame, side: str, split: str, number: int, chance: Random
) -> Iterator[tuple[tuple[str, ...], Domain]]:
    """Up to `number` different fillings, one domain after the other."""
    turns = list(DOMAINS)
    chance.shuffle(turns)
    seen: set[tuple[str, ...]] = set()
    for attempt in range(number * _TRIES):
        if len(seen) == number:
            return
        domain = turns[attempt % len(turns)]
        texts = _fill(frame, side, split, domain, chance)
        if len(set(texts)) == len(texts) and texts not in seen:
            seen.add(texts)
            yield texts, domain


def _fill(frame: Frame, side: str, split: str, domain: Domain, chance: Random) -> tuple[str, ...]:
    chosen: dict[str, str] = {}
    used: set[str] = set()

    def word(match: re.Match[str]) -> str:
        if match[0] not in chosen:
            words = [word for word in _words(match["word"], side, split, domain) if word not in used]
            chosen[match[0]] = chance.choice(words)
            used.add(chosen[match[0]])
        return chosen[match[0]]

    texts = [_tidy(SLOT.sub(word, text)) for text in frame.texts]
    if frame.change:
        texts[-1] = frame.change(texts[-1], chance)
    return tuple(texts)


def _words(slot: str, side: str, split: str, domain: Domain) -> Sequence[str]:
    prefix, _, kind = slot.partition("_")
    statements = domain.train if split == TRAIN else domain.test
    if slot == "neutral_fact":
        return statements.of(NEUTRAL)
    if prefix in ("held", "other"):
        label = side if prefix == "held" else OPPOSITES[side]
        if kind == "fact":
            return statements.of(label)
        more = everyday.MORE_TO_TRAIN_ON.get(kind, {}) if split == TRAIN else {}
        return (*everyday.SIDES[kind][label], *more.get(label, ()))
    return _of_domain(slot, domain) or everyday.WORDS[slot]


def _of_domain(slot: str, domain: Domain) -> tuple[str, ...]:
    return {
        "thing": domain.things,
        "aspect": domain.aspects,
        "did": domain.did,
        "again": (domain.again,),
        "rival": domain.rivals,
    }.get(slot, ())


def _tidy(text: str) -> str:
    """With capitals at the start of sentences, and "an" before a vowel."""
    return _ARTICLE.sub(r"\1n ", _SENTENCE_START.sub(lambda match: match[0].upper(), text))
