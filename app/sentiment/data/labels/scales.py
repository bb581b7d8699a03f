"""Scales of grades in words and in faces, as questionnaires have them: from the worst to the best.

A column is of a scale if all its values are. Words of one step say the same in different words, so a column may have
one of them: nobody knows whether "awful" is worse than "terrible".
"""

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
    "hated it, hate it, hate; disliked it, did not like it, didn't like it, dislike; it was okay, okay, neutral; "
    "liked it, like it, like; loved it, love it, love",
)
_FACES = (
    "😡, 😠, 🤬, 😢, 😭, 😩, 😫, 😖; 🙁, ☹, 😞, 😟, 😕, 😔, 😦; 😐, 😑, 😶; 🙂, 😊, ☺; 😀, 😃, 😄, 😁, 😍, 🤩, 🥰",
    ">:(, :'(; :(; :|, :/; :); :d",
)
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
