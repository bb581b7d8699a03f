"""The values of a label column: one text for all spellings of a value, and how messages list them."""

import math
import numbers
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np

NO_LABEL = ""
_MISSING = ("nan", "none", "null", "n/a", "na", "<na>")  # how programs write that there is no value
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,4})?")
_PREFIX = re.compile(r"(?:__label__|label_)(?=\S)")  # of fastText, and of Hugging Face where nobody named the classes
_SHOWN = 10  # values in a message
_LONGEST = 30  # characters of a value in a message
_DIGITS = 18  # before or behind the point of a number that is written out, at most

_DECIMAL_COMMA = re.compile(r"-?\d{1,3},\d{1,2}")
_RATING = re.compile(
    r"(?:rated )?(?P<number>\d+(?:\.\d+)?)"
    r"(?: ?(?:/|out of|of) ?(?P<of>5|10|100))?"
    r"(?P<unit> ?(?:stars?(?: rating)?|stern(?:e|en)?|étoiles?|estrellas?|stell[ae]|\*|★|points?|%))?"
)
_DRAWN_STARS = re.compile(r"(?:[★⭐]\ufe0f?)+☆*|\*{1,5}|●+○*")
_SPELT = {"zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5"}
_SPELT_STARS = re.compile(rf"({'|'.join(_SPELT)}) stars?")
_PROTECTED = re.compile(r'="(.*)"')  # how some programs keep Excel from reading a number


def normal_value(value: object) -> str:
    """One text for all spellings of a label: 1, 1.0, " 01 " and Decimal("1.00") are "1"; Pos and pos are "pos".

    Args:
        value: a string, a number of Python, NumPy or `decimal`, a boolean, or a missing value.

    Returns:
        In lower case and without the prefixes `__label__` and `LABEL_`; "true" or "false" for a boolean; NO_LABEL for
        missing values, blanks, none, null, nan and n/a.
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):  # of pandas, which is not imported here
        return NO_LABEL
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float | np.floating) and math.isnan(value):
        return NO_LABEL
    text = _PREFIX.sub("", _PROTECTED.sub(r"\1", " ".join(str(value).split()).lower()), count=1)
    if text in _MISSING:
        return NO_LABEL
    if not (isinstance(value, str | numbers.Number) and is_number(text)):
        return text
    number = Decimal(text)
    if abs(number.adjusted()) > _DIGITS:
        return text
    return f"{number.normalize():f}" if number else "0"


def is_number(value: str) -> bool:
    """Whether a normal value is a number."""
    return _NUMBER.fullmatch(value) is not None


class Rating(NamedTuple):
    """A number that a value says."""

    number: Fraction
    scale: str  # on which it says to be: "", "stars", "/5", "/10", "/100" or "%"


def rating(value: str) -> Rating | None:
    """The number in a normal value; None where it is no number.

    "4 out of 5 stars" is 4 on "/5"; "★★★☆☆" is 3 on "stars".
    """
    if is_number(value):
        return Rating(Fraction(Decimal(value)), "")
    if _DECIMAL_COMMA.fullmatch(value):
        return Rating(Fraction(Decimal(value.replace(",", "."))), "")
    if _DRAWN_STARS.fullmatch(value):
        return Rating(Fraction(sum(map(value.count, "★⭐*●"))), "stars")
    if spelt := _SPELT_STARS.fullmatch(value):
        return Rating(Fraction(_SPELT[spelt[1]]), "stars")
    if value.endswith("%") and _DECIMAL_COMMA.fullmatch(number := value[:-1].rstrip()):
        value = number.replace(",", ".") + "%"
    if not (match := _RATING.fullmatch(value)):
        return None
    unit = (match["unit"] or "").strip()
    scale = f"/{match['of']}" if match["of"] else "%" if unit == "%" else "stars"
    return Rating(Fraction(match["number"]), scale)


def spellings(values: Sequence[str], originals: Sequence[object]) -> dict[str, str]:
    """How a message writes each normal value: numbers as they are, words as in the first row of the file."""
    shown: dict[str, str] = {}
    for value, original in zip(values, originals, strict=True):
        if value not in shown:
            shown[value] = value if is_number(value) else " ".join(str(original).split())
    return shown


def short(value: str) -> str:
    """The beginning of a value for a message."""
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1].rstrip() + "…"


def with_counts(counts: Counter[str], shown: Mapping[str, str] | None = None) -> str:
    """Values with their numbers of rows: "1 (20 rows), 2 (1 row) and 3 more values". Numbers rise; words go by count.

    `shown` has the spelling of values; None: as they are.
    """
    if all(map(is_number, counts)):
        ordered = sorted(counts, key=Decimal)
    else:
        ordered = [value for value, _ in counts.most_common()]
    listed = [
        f"{short((shown or {}).get(value, value))} ({counts[value]:,} {'row' if counts[value] == 1 else 'rows'})"
        for value in ordered[:_SHOWN]
    ]
    more = len(ordered) - _SHOWN
    return ", ".join(listed) + (f" and {more:,} more value{'s' if more > 1 else ''}" if more > 0 else "")
