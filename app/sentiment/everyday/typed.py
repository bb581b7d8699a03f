"""Texts as people type them in a hurry: a letter lost or typed twice, no capitals, no apostrophes.

A network that reads words should not hang on any one of them (noise in training texts, Belinkov and Bisk 2018,
"Synthetic and Natural Noise Both Break Neural Machine Translation", ICLR).
"""

import re
from random import Random

_LONG_WORD = re.compile(r"\b[A-Za-z]{5,}\b")


def as_typed(text: str, chance: Random) -> str:
    """The text in one of those ways, which may be as it is.

    Args:
        text: clean.
        chance: chooses the way, the word and the letter.
    """
    way = chance.choice((_one_letter_lost, _one_letter_twice, _without_capitals, _without_apostrophes))
    return way(text, chance)


def _one_letter_lost(text: str, chance: Random) -> str:
    return _at_a_letter(text, chance, "")


def _one_letter_twice(text: str, chance: Random) -> str:
    return _at_a_letter(text, chance, r"\g<0>\g<0>")


def _without_capitals(text: str, _: Random) -> str:
    return text.lower()


def _without_apostrophes(text: str, _: Random) -> str:
    return text.replace("'", "")


def _at_a_letter(text: str, chance: Random, becomes: str) -> str:
    """Changes a letter within a long word, not its first and not its last one."""
    words = list(_LONG_WORD.finditer(text))
    if not words:
        return text
    word = chance.choice(words)
    place = chance.randrange(word.start() + 1, word.end() - 1)
    return text[:place] + re.sub(".", becomes, text[place]) + text[place + 1 :]
