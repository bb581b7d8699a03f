"""Texts, written in another way: in capitals, with typos, without apostrophes. Each takes a text and chance."""

import re
from collections.abc import Callable
from random import Random

_LONG_WORD = re.compile(r"\b[A-Za-z]{5,}\b")
_WORD = re.compile(r"\b[A-Za-z']{4,}\b")
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def in_capitals(text: str, chance: Random) -> str:  # noqa: ARG001
    """All of it in capitals."""
    return text.upper()


def lower_case(text: str, chance: Random) -> str:  # noqa: ARG001
    """All of it in lower case."""
    return text.lower()


def stressed(text: str, chance: Random) -> str:
    """One word in capitals."""
    return _in_one_word(text, chance, _WORD, str.upper)


def doubled(text: str, chance: Random) -> str:
    """One letter within a long word typed twice."""
    return _in_one_word(text, chance, _LONG_WORD, lambda word: _at(word, chance, lambda letters: letters[0] * 2, 1))


def dropped(text: str, chance: Random) -> str:
    """One letter within a long word left out."""
    return _in_one_word(text, chance, _LONG_WORD, lambda word: _at(word, chance, lambda _: "", 1))


def exchanged(text: str, chance: Random) -> str:
    """Two letters within a long word exchanged."""
    return _in_one_word(text, chance, _LONG_WORD, lambda word: _at(word, chance, lambda letters: letters[::-1], 2))


def neighbouring_key(text: str, chance: Random) -> str:
    """One letter within a long word replaced by its neighbour on the keyboard."""
    return _in_one_word(text, chance, _LONG_WORD, lambda word: _at(word, chance, _neighbour, 1))


def without_apostrophes(text: str, chance: Random) -> str:  # noqa: ARG001
    """Every apostrophe lost."""
    return text.replace("'", "")


def with_other_apostrophes(text: str, chance: Random) -> str:
    """Every apostrophe as another character, or with a blank behind the letter."""
    return text.replace("'", chance.choice(("\u2019", "`", "\u00b4", " ")))


def _in_one_word(text: str, chance: Random, words: re.Pattern[str], change: Callable[[str], str]) -> str:
    matches = list(words.finditer(text))
    if not matches:
        return text
    match = chance.choice(matches)
    return text[: match.start()] + change(match[0]) + text[match.end() :]


def _at(word: str, chance: Random, change: Callable[[str], str], letters: int) -> str:
    """Changes letters within a word, not its first and not its last one."""
    place = chance.randrange(1, len(word) - letters)
    return word[:place] + change(word[place : place + letters]) + word[place + letters :]


def _neighbour(letter: str) -> str:
    row = next(row for row in _KEYS if letter.lower() in row)
    place = row.index(letter.lower())
    return row[place + 1] if place + 1 < len(row) else row[place - 1]
