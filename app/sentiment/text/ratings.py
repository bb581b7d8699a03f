"""Ratings in texts: "9/10", "4.5 stars", "two out of five", "★★☆☆☆", "*** out of ****". Each is one token.

    SPELLINGS   "9 out of 10" -> "<rating 90%>", for every spelling
    PATTERN     an expression of Oniguruma that finds them in lower-cased text

Both are made of the same parts, so that nothing is found that has no meaning. A number of stars alone is out of 5, or
out of 10 where it is above 5. Dates, "24/7", "9/11" and "3/4" are no ratings, nor is a single star, which also marks
items of a list.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

STEPS = tuple(f"<rating {percent}%>" for percent in range(0, 101, 10))

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_WHOLE: dict[str, float] = {"": 0.0}
_HALF: dict[str, float] = dict.fromkeys([".5", ",5", "\u00bd", " \u00bd", " 1/2", "-1/2", " and a half"], 0.5)
_TENTHS: dict[str, float] = {f".{digit}": digit / 10 for digit in range(10)}
_SLASH = ("/", " / ")
_OUT_OF = (" out of ", " stars out of ", " star out of ")
_BLACK_STARS = ("\u2605", "\u2b50", "\u2b50\ufe0f", "\U0001f31f")  # the third asks for its coloured form
_WHITE_STAR = "\u2606"


class _Scale(NamedTuple):
    """Spellings of one kind: each combination of a number, a fraction, and what follows."""

    numbers: Mapping[str, float]
    fractions: Mapping[str, float]
    ends: Sequence[str]
    best: float | None  # the highest number of points; None: it depends on the number

    def spellings(self) -> Iterator[tuple[str, str]]:
        """Each spelling with its step."""
        for (number, points), (fraction, part), end in product(self.numbers.items(), self.fractions.items(), self.ends):
            value = points + part
            best = self.best or (5 if value <= 5 else 10)
            yield f"{number}{fraction}{end}", STEPS[int(min(value / best, 1) * 10 + 0.5)]

    def pattern(self) -> str:
        return "".join(map(_one_of, (self.numbers, self.fractions, self.ends)))


def _one_of(strings: Iterable[str]) -> str:
    # The longest first, because an expression takes the first that fits.
    return f"(?:{'|'.join(map(re.escape, sorted(strings, key=lambda string: (-len(string), string))))})"


def _up_to(highest: int) -> dict[str, float]:
    return {str(number): float(number) for number in range(highest + 1)}


def _of(separators: Iterable[str], *bests: str) -> list[str]:
    return [separator + best for separator in separators for best in bests]


def _rows(star: str, highest: int) -> dict[str, float]:
    return {star * count: float(count) for count in range(1, highest + 1)}


_IN_DIGITS = [
    _Scale(_up_to(12), _WHOLE | _HALF | _TENTHS, _of(_SLASH + _OUT_OF, "10"), 10),  # some are enthusiastic: "11/10"
    _Scale(_up_to(5), _WHOLE | _HALF | _TENTHS, _of(_SLASH + _OUT_OF, "5"), 5),
    _Scale(_up_to(4), _HALF, _of(_SLASH + _OUT_OF, "4"), 4),
    _Scale(_up_to(4), _WHOLE, _of(_OUT_OF, "4"), 4),  # "3/4" is mostly a fraction
    _Scale(_up_to(100), _WHOLE, _of((*_SLASH, " out of "), "100"), 100),
    _Scale(_up_to(10), _WHOLE | _HALF, (" stars", " star", "-stars", "-star", "stars", "star"), None),
]
_IN_WORDS = [
    _Scale({word: float(i) for i, word in enumerate(_WORDS)}, _WHOLE, _of(_OUT_OF, word, str(best)), best)
    for word, best in zip(_WORDS, range(11), strict=True)
    if best in (4, 5, 10)
]
_IN_ASTERISKS = [
    _Scale(_rows("*", best), _WHOLE | _HALF | {"1/2": 0.5}, _of((*_SLASH, " out of "), "*" * best), best)
    for best in (4, 5, 10)
]
_IN_STARS = [
    *(_Scale(_rows(star, 9), _HALF, ("",), None) for star in _BLACK_STARS),
    *(
        _Scale({star * full: float(full)}, _WHOLE, (_WHITE_STAR * (best - full),), best)
        for star in _BLACK_STARS
        for best in (5, 10)
        for full in range(1, best)
    ),
    *(_Scale({star * full: float(full) for full in range(2, 11)}, _WHOLE, ("",), None) for star in _BLACK_STARS),
]

_ALL = (*_IN_DIGITS, *_IN_WORDS, *_IN_ASTERISKS, *_IN_STARS)
SPELLINGS: Mapping[str, str] = {spelling: step for scale in _ALL for spelling, step in scale.spellings()}


def _pattern(scales: Iterable[_Scale], before: str, after: str) -> str:
    return f"{before}(?:{'|'.join(scale.pattern() for scale in scales)}){after}"


_STAR = "[" + "".join(_BLACK_STARS).replace("\ufe0f", "") + _WHITE_STAR + "]"
_FIRST_LETTERS = "".join(sorted({word[0] for word in _WORDS}))
_IN_MARKS = "|".join(
    [
        # A number is no part of a longer one, of a date, of a fraction or of a price.
        _pattern(_IN_DIGITS, r"(?<![\w/.,$\u00a3\u20ac])", r"(?![\w/%\u00bd]|[.,]\d)"),
        _pattern(_IN_ASTERISKS, r"(?<!\*)", r"(?!\*)"),
        _pattern(_IN_STARS, f"(?<!{_STAR})", f"(?!{_STAR})"),
    ]
)
# Two lookaheads, which fail at most letters at once, keep the search fast.
PATTERN = "|".join(
    [
        rf"(?=[\d*{_STAR[1:-1]}])(?:{_IN_MARKS})",
        _pattern(_IN_WORDS, rf"(?=[{_FIRST_LETTERS}]\w{{2,4}} (?:out o|stars? o))(?<!\w)", r"(?!\w)"),
    ]
)

_MAYBE = re.compile(rf"[\d\u00bdf](?: ?/|[.,-]\d|-star)|\*\*|{_STAR}")


def may_have_ratings(text: str) -> bool:
    """Whether there may be ratings with marks in a text."""
    return _MAYBE.search(text) is not None
