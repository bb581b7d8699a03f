"""What the values of a label column mean: positive, negative, no label, or something else.

All values of a column are interpreted together. Exactly two values of one family speak for themselves: positive and
negative (or pos and neg), true and false, 1 and 0. Every other column is refused, because a guess could be wrong
without anybody noticing: in a column with 0, 1 and 2, 0 is not negative and 1 not positive. A person then names the
values of both classes (`--positive 4,5 --negative 1,2`), and rows with other values are set aside.
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
_MISSING = ("nan", "none", "null", "n/a", "na", "<na>")  # how programs write that there is no value
_FAMILIES = (
    {"positive": 1, "pos": 1, "negative": 0, "neg": 0},
    {"true": 1, "false": 0},
    {"1": 1, "0": 0},
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,4})?")
_SHOWN = 10  # values in a message
_LONGEST = 30  # characters of a value in a message
_DIGITS = 18  # before or behind the point of a number that is written out, at most
_SCALE = 20  # values of a rating scale, at most


@dataclass(frozen=True)
class Classes:
    """The positive and the negative values of a label column, as `normal_value` writes them; both None: none named."""

    positive: tuple[str, ...] | None = None
    negative: tuple[str, ...] | None = None

    @classmethod
    def named(cls, positive: Iterable[object] | None, negative: Iterable[object] | None) -> "Classes":
        """The classes that a person names.

        Args:
            positive: values of the positive class, or one string with commas between them; None: none named.
            negative: those of the negative class.

        Raises:
            ReviewsError: only one class has values, a value is empty, or one is in both classes.
        """
        if positive is None and negative is None:
            return cls()
        options = {"--positive": positive, "--negative": negative}
        for option, other in (("--positive", "--negative"), ("--negative", "--positive")):
            if options[option] is None:
                raise ReviewsError(
                    f"expected --positive and --negative together; found {other} alone; "
                    f"give {option} the values of the other class, too"
                )
        values = {option: _normal_values(typed or ()) for option, typed in options.items()}
        for option, example in (("--positive", "4,5"), ("--negative", "1,2")):
            if not values[option] or NO_LABEL in values[option]:
                count = "an empty one among them" if len(values[option]) > 1 else "none"
                raise ReviewsError(
                    f"expected values of the label column after {option}, separated by commas; found {count}; for "
                    f"example {option} {example} (blanks, none, null, nan and n/a are no label)"
                )
        if both := [value for value in values["--positive"] if value in values["--negative"]]:
            raise ReviewsError(
                f"expected no value in both classes; found {', '.join(both)} after --positive and after --negative; "
                "leave it out of one of them, or of both to set its rows aside"
            )
        return cls(*values.values())

    def __bool__(self) -> bool:
        """Whether values are named."""
        return self.positive is not None


def normal_value(value: object) -> str:
    """One text for all spellings of a label: 1, 1.0, " 01 " and Decimal("1.00") are "1"; Pos and pos are "pos".

    Args:
        value: a string, a number of Python, NumPy or `decimal`, a boolean, or a missing value.

    Returns:
        In lower case; "true" or "false" for a boolean; NO_LABEL for missing values, blanks, none, null, nan and n/a.
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return NO_LABEL
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float | np.floating) and math.isnan(value):
        return NO_LABEL
    text = " ".join(str(value).split()).lower()
    if text in _MISSING:
        return NO_LABEL
    if not (isinstance(value, str | numbers.Number) and _is_number(text)):
        return text
    number = Decimal(text)
    if abs(number.adjusted()) > _DIGITS:
        return text
    return f"{number.normalize():f}" if number else "0"


def _normal_values(typed: Iterable[object]) -> tuple[str, ...]:
    """The values in an option, once each. A value with a comma in it stands in double quotes."""
    if isinstance(typed, str):
        typed = [value for line in csv.reader(typed.splitlines(), skipinitialspace=True) for value in line]
    return tuple(dict.fromkeys(map(normal_value, typed)))


@dataclass(frozen=True)
class LabelValues:
    """What the values of a label column mean."""

    label_of: dict[str, int]  # 1 positive, 0 negative; other values are set aside, or no label
    shown: dict[str, str]  # how a message writes a value


def label_values(values: Sequence[str], originals: Sequence[object], classes: Classes, source: Path) -> LabelValues:
    """Interprets the values of a label column: `originals` as in the file, `values` from `normal_value`.

    Raises:
        ReviewsError: no classes are named, and the values are not all of one family; or a named value is not there.
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
                f"{', '.join(map(_short, missing))}; the values are {with_counts(counts, shown) or 'none'}; write them "
                "as they stand there"
            )
        return LabelValues(label_of, shown)
    for family in _FAMILIES:
        if counts.keys() <= family.keys():
            return LabelValues({value: label for value, label in family.items() if value in counts}, shown)
    number = f"{len(counts):,} value{'s' if len(counts) > 1 else ''}"
    raise ReviewsError(
        "expected labels of two classes, positive and negative (or pos and neg), 1 and 0, or true and false, in "
        f"{source}; found {number}: {with_counts(counts, shown)}; {_advice(counts, shown)}"
    )


def with_counts(counts: Counter[str], shown: Mapping[str, str] | None = None) -> str:
    """Values with their numbers of rows: "1 (20 rows), 2 (1 row) and 3 more values". Numbers rise; words go by count.

    `shown` has the spelling of values; None: as they are.
    """
    if all(map(_is_number, counts)):
        ordered = sorted(counts, key=Decimal)
    else:
        ordered = [value for value, _ in counts.most_common()]
    listed = [
        f"{(shown or {}).get(value, value)} ({counts[value]:,} {'row' if counts[value] == 1 else 'rows'})"
        for value in ordered[:_SHOWN]
    ]
    more = len(ordered) - _SHOWN
    return ", ".join(listed) + (f" and {more:,} more value{'s' if more > 1 else ''}" if more > 0 else "")


def _advice(counts: Counter[str], shown: dict[str, str]) -> str:
    """What to do about values whose meaning must not be guessed, with options that name values of the file."""
    aside = "rows with other values are then set aside on purpose"
    general = (
        "say which values are positive and which negative with --positive A,B --negative C; "
        f"{aside}; if this is not the label column, name it with --label-column"
    )
    if all(map(_is_number, counts)):
        if not 1 < len(counts) <= _SCALE:
            return general
        scale = sorted(counts, key=Decimal)
        ends = len(scale) // 2 if len(scale) <= 4 else round(0.4 * len(scale))  # 1, 2 and 4, 5 of 1 to 5
        return (
            "say which are positive and which negative; if the larger numbers are the better ones, for example "
            f"{_options(scale[-ends:], scale[:ends])}; {aside}"
        )
    known = {value: label for family in _FAMILIES for value, label in family.items() if value in counts}
    families = sum(any(value in family for value in counts) for family in _FAMILIES)
    other_numbers = any(_is_number(value) for value in counts if value not in known)  # 0 and 1 may be of a scale
    all_known = len(known) == len(counts)
    if set(known.values()) != {0, 1} or not (all_known or (families == 1 and not other_numbers)):
        return general
    options = _options(*([shown[value] for value, label in known.items() if label == wanted] for wanted in (1, 0)))
    if all_known:
        return f"write them alike, or say that they mean the same: {options}"
    return f"correct what is misspelt, or name the values that count: {options}; {aside}"


def _options(positive: list[str], negative: list[str]) -> str:
    return f"--positive {shlex.quote(','.join(positive))} --negative {shlex.quote(','.join(negative))}"


def _is_number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1].rstrip() + "…"
