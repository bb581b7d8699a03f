"""Scales of grades in words and in faces, as questionnaires have them: from the worst to the best.

A column is of a scale if all its values are. Words of one step say the same in different words, so a column may have
one of them: nobody knows whether "awful" is worse than "terrible".
"""

import re
from collections.abc import Collection
from itertools import chain

from sentiment.text.emoji import EMOTICONS, undressed

# Steps from the worst to the best, with a comma between the words of one step.
_WORDS = (
    "strongly disagree, completely disagree, totally disagree; disagree; somewhat disagree, slightly disagree; "
    "neutral, neither agree nor disagree, undecided, neither; somewhat agree, slightly agree; agree; "
    "strongly agree, completely agree, totally agree",
    "very dissatisfied, very unsatisfied, extremely dissatisfied, extremely unsatisfied; dissatisfied, unsatisfied; "
    "somewhat dissatisfied, slightly dissatisfied; neutral, neither satisfied nor dissatisfied; "
    "somewhat satisfied, slightly satisfied; satisfied; very satisfied, extremely satisfied",
    "very unlikely, extremely unlikely; unlikely; somewhat unlikely; neutral, neither likely nor unlikely; "
    "somewhat likely; likely; very likely, extremely likely",
    "terrible, awful, horrible, very bad, very poor; bad, poor; "
    "fair, average, okay, acceptable, so-so, mediocre, neutral; good; very good, great; "
    "excellent, outstanding, amazing, perfect",
    "very unhappy, extremely unhappy; unhappy; somewhat unhappy; neutral, neither happy nor unhappy; somewhat happy; "
    "happy; very happy, extremely happy",
    "detractor, detractors; passive, passives; promoter, promoters",
    "hated it, hate it, hate; disliked it, did not like it, didn't like it, dislike; it was okay, okay, neutral; "
    "liked it, like it, like; loved it, love it, love",
)
_FACES = (
    "😡, 😠, 🤬, 😢, 😭, 😩, 😫, 😖; 🙁, ☹, 😞, 😟, 😕, 😔, 😦; 😐, 😑, 😶; 🙂, 😊, ☺; 😀, 😃, 😄, 😁, 😍, 🤩, 🥰",
    ">:(, :'(; :(; :|, :/; :); :d",
)
_NUMBERED = re.compile(r"[(\[]?(?P<number>\d{1,2}) ?[-–—.:)\]=]+ ?(?P<word>[^\d\s].*)")  # "1 - strongly disagree"
_SPELLINGS = {"ok": "okay", "o.k.": "okay", "it was ok": "it was okay", "so so": "so-so"}


def _steps(scale: str) -> dict[str, int]:
    return {word: step for step, words in enumerate(scale.split("; ")) for word in words.split(", ")}


_WORD_SCALES, _SCALES = tuple(map(_steps, _WORDS)), tuple(map(_steps, _WORDS + _FACES))
WORDS = frozenset(chain(*_WORD_SCALES))


def plain_value(value: str) -> str:
    """A normal value without a skin tone, or in its usual spelling: "ok" is "okay", and ":-)" is ":)"."""
    value = undressed(value)
    return _SPELLINGS.get(value) or EMOTICONS.get(value, value)


def ranks_of(values: Collection[str]) -> dict[str, int] | None:
    """The step of each normal value, if there is a scale with all of them and at most one word of each step."""
    plain = {value: plain_value(value) for value in values}
    for scale in _SCALES:
        words = set(plain.values())
        if words <= scale.keys() and len(words) == len({scale[word] for word in words}) > 1:
            return {value: scale[word] for value, word in plain.items()}
    return None


def ranks_of_numbered(values: Collection[str]) -> dict[str, int] | None:
    """As `ranks_of`, of values like "1 - strongly disagree", if their numbers rise, or fall, with the steps."""
    parts = {value: _NUMBERED.fullmatch(value) for value in values}
    numbers = {value: int(match["number"]) for value, match in parts.items() if match}
    if len(numbers) < len(values) or len(set(numbers.values())) < len(values):
        return None
    words = {value: match["word"] for value, match in parts.items() if match}
    ranks = ranks_of(set(words.values()))
    if ranks is None:
        return None
    by_number = [ranks[words[value]] for value in sorted(values, key=numbers.__getitem__)]
    if by_number not in (sorted(by_number), sorted(by_number, reverse=True)):
        return None
    return {value: ranks[word] for value, word in words.items()}


def share_a_scale(values: Collection[str]) -> bool:
    """Whether two different words of one scale are among the values."""
    words = set(map(plain_value, values))
    return any(len(words & scale.keys()) > 1 for scale in _WORD_SCALES)


def likely_steps(values: Collection[str]) -> list[list[str]] | None:
    """The values from the worst to the best, where all are words of some scale, in different ones or in one step."""
    height: dict[str, float] = {}
    for value in values:
        scale = next((scale for scale in _WORD_SCALES if plain_value(value) in scale), None)
        if scale is None:
            return None
        height[value] = scale[plain_value(value)] / max(scale.values())
    return [[value for value in values if height[value] == step] for step in sorted(set(height.values()))]
