"""What the values of a label column mean: positive, negative, no label, or something else.

A column is judged by all its values together. Exactly two values of one family are understood without being told:
positive and negative (or pos and neg), true and false, 1 and 0. Everything else is refused, because a guess would be
wrong in silence: 0 and 1 of a column with 0, 1 and 2 are not negative and positive. A person then names the values of
both classes (`--positive 4,5 --negative 1,2`), and rows with other values are set aside on purpose.
"""

import csv
import math
import numbers
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from sentiment.errors import ReviewsError

NO_LABEL = ""
_NOTHING = ("nan", "none", "null", "n/a", "na", "<na>")  # how programs write that there is no value
_FAMILIES = (
    {"positive": 1, "pos": 1, "negative": 0, "neg": 0},
    {"true": 1, "false": 0},
    {"1": 1, "0": 0},
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,4})?")
_SHOWN = 10  # values named in a message
_LONGEST = 30  # characters of a value in a message
_LARGEST = 18  # digits before or behind the point of a number that is written out
_SCALE = 20  # values of a scale, at most; a column of more numbers is no scale


@dataclass(frozen=True)
class Classes:
    """Which values of a label column are positive and which negative, in the form that `value_of` gives them.

    Both are None where nobody has named any: then the column has to speak for itself.
    """

    positive: tuple[str, ...] | None = None
    negative: tuple[str, ...] | None = None

    @classmethod
    def named(cls, positive: Iterable[object] | None, negative: Iterable[object] | None) -> "Classes":
        """The classes that a person names.

        Args:
            positive: values of the positive class, or one string with commas between them; None where none are named.
            negative: those of the negative class.

        Raises:
            ReviewsError: only one class has values, one is empty, or a value is in both.
        """
        if positive is None and negative is None:
            return cls()
        values = {
            option: _values_in(named) if isinstance(named, str) else named
            for option, named in (("--positive", positive), ("--negative", negative))
        }
        for option, named in values.items():
            if named is None:
                other = next(name for name in values if name != option)
                raise ReviewsError(
                    f"expected --positive and --negative together; found {other} alone; "
                    f"give {option} the values of the other class, too"
                )
        read = {option: tuple(dict.fromkeys(map(value_of, named or ()))) for option, named in values.items()}
        for option, named in read.items():
            if not named or NO_LABEL in named:
                raise ReviewsError(
                    f"expected values of the label column after {option}, separated by commas; found "
                    f"{'none' if not named or len(named) == 1 else 'an empty one among them'}; for example {option} "
                    f"{'4,5' if option == '--positive' else '1,2'} (blanks, none, null, nan and n/a are no label)"
                )
        if both := [value for value in read["--positive"] if value in read["--negative"]]:
            raise ReviewsError(
                f"expected no value in both classes; found {', '.join(both)} after --positive and after --negative; "
                "leave it out of one of them, or of both to set its rows aside"
            )
        return cls(read["--positive"], read["--negative"])

    def __bool__(self) -> bool:
        """Whether somebody has named values."""
        return self.positive is not None


def value_of(value: object) -> str:
    """The same text for all ways to write a label: 1, 1.0, " 01 " and Decimal("1.00") are "1", Pos and pos are "pos".

    Args:
        value: as a file has it: a string, a number of Python, NumPy or `decimal`, a boolean, or nothing.

    Returns:
        In lower case; "true" or "false" for a boolean; NO_LABEL for nothing, blanks, and none, null, nan or n/a.
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return NO_LABEL
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float | np.floating) and math.isnan(value):
        return NO_LABEL
    text = " ".join(str(value).split()).lower()
    if text in _NOTHING:
        return NO_LABEL
    return _number(text) if isinstance(value, str | numbers.Number) else text


def _values_in(typed: str) -> list[str]:
    """The values in an option; one with a comma in it stands in double quotes."""
    lines = csv.reader(typed.splitlines(), skipinitialspace=True)  # one line, or those of a file
    return [value for line in lines for value in line]


def _number(text: str) -> str:
    """A number in its shortest form, any other text as it is."""
    if not _NUMBER.fullmatch(text) or abs((number := Decimal(text)).adjusted()) > _LARGEST:
        return text
    return f"{number.normalize():f}" if number else "0"


@dataclass(frozen=True)
class Judged:
    """What the values of a label column mean."""

    label_of: dict[str, int]  # 1 positive, 0 negative; a value that is not there is set aside, or no label
    shown: dict[str, str]  # by value, how to write it in a message


def judge(values: Sequence[str], originals: Sequence[object], classes: Classes, source: Path) -> Judged:
    """Says what the values of a label column mean, or refuses it.

    Args:
        values: from `value_of`, of all rows that should have a label.
        originals: the same as the file has them.
        classes: named by a person, if they are.
        source: named in the messages.

    Raises:
        ReviewsError: nobody has named the classes, and the values are not all of one family; or a value that was named
            is not there.
    """
    counts = Counter(value for value in values if value != NO_LABEL)
    shown: dict[str, str] = {}
    for value, original in zip(values, originals, strict=True):
        if value not in shown:
            shown[value] = _short(value if _is_number(value) else " ".join(str(original).split()))
    if classes:
        label_of = dict.fromkeys(classes.positive or (), 1) | dict.fromkeys(classes.negative or (), 0)
        if missing := [value for value in label_of if value not in counts]:
            raise ReviewsError(
                f"expected the values of --positive and --negative in the label column of {source}; found no row with "
                f"{', '.join(map(_short, missing))}; the values are {in_words(counts, shown) or 'none'}; write them as "
                "they stand there"
            )
        return Judged(label_of, shown)
    for family in _FAMILIES:
        if counts.keys() <= family.keys():
            return Judged({value: label for value, label in family.items() if value in counts}, shown)
    raise ReviewsError(
        "expected labels of two classes, positive and negative (or pos and neg), 1 and 0, or true and false, in "
        f"{source}; found {_how_many(len(counts))}: {in_words(counts, shown)}; {_advice(counts, shown)}"
    )


def in_words(counts: Counter[str], shown: Mapping[str, str] | None = None) -> str:
    """Values with their number of rows: "1 (20 rows), 2 (1 row) and 3 more values"; numbers rise, words go by count.

    Args:
        counts: of rows, by value.
        shown: how to write a value; None: as it is.
    """
    if all(map(_is_number, counts)):
        ordered = sorted(counts, key=Decimal)
    else:
        ordered = [value for value, _ in counts.most_common()]
    names = shown or {}
    named = [
        f"{names.get(value, value)} ({counts[value]:,} {'row' if counts[value] == 1 else 'rows'})" for value in ordered
    ]
    more = len(named) - _SHOWN
    others = f" and {more:,} more value{'s' if more > 1 else ''}" if more > 0 else ""
    return ", ".join(named[:_SHOWN]) + others


def _how_many(values: int) -> str:
    return "1 value" if values == 1 else f"{values:,} values"


def _advice(counts: Counter[str], shown: dict[str, str]) -> str:
    """What to do about values that nobody may guess the meaning of, with those of the file."""
    aside = "rows with other values are then set aside on purpose"
    if all(map(_is_number, counts)):
        if 1 < len(counts) <= _SCALE:
            negative, positive = _ends(sorted(counts, key=Decimal))
            return (
                "say which are positive and which negative; if the larger numbers are the better ones, for example "
                f"{_options(positive, negative)}; {aside}"
            )
    else:
        known = {value: label for family in _FAMILIES for value, label in family.items() if value in counts}
        families = sum(any(value in family for value in counts) for family in _FAMILIES)
        numbers_besides = any(_is_number(value) for value in counts if value not in known)  # 0 and 1 may be of a scale
        whole = len(known) == len(counts)
        if set(known.values()) == {0, 1} and (whole or (families == 1 and not numbers_besides)):
            positive, negative = (
                [_typed(shown[value]) for value, label in known.items() if label == wanted] for wanted in (1, 0)
            )
            if whole:
                return f"write them alike, or say that they mean the same: {_options(positive, negative)}"
            return f"correct what is misspelt, or name the values that count: {_options(positive, negative)}; {aside}"
    return (
        "say which values are positive and which negative with --positive A,B --negative C; "
        f"{aside}; if this is not the label column, name it with --label-column"
    )


def _ends(ordered: list[str]) -> tuple[list[str], list[str]]:
    """The lower and the upper values of a scale: 1, 2 and 4, 5 of 1 to 5; of 1 to 10, four each."""
    many = len(ordered) // 2 if len(ordered) <= 4 else round(0.4 * len(ordered))
    return ordered[:many], ordered[-many:]


def _options(positive: list[str], negative: list[str]) -> str:
    return f"--positive {shlex.quote(','.join(positive))} --negative {shlex.quote(','.join(negative))}"


def _typed(value: str) -> str:
    """A value as it is typed in a list with commas."""
    return f'"{value}"' if "," in value else value


def _is_number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1].rstrip() + "…"
