"""What the values of a label column mean: which classes there are, and which one each value is.

All values of a column are interpreted together, because a guess by some of them could be wrong without anybody
noticing: in a column with 0, 1 and 2, 0 is not negative and 1 not positive. A scheme of
`sentiment.data.labels.schemes` is recognised if it alone explains every value. Otherwise a person says what the values
mean, and rows with values that were not named are set aside:

    --labels "1,2=negative; 3=neutral; 4,5=positive"    classes by their values; "<" for ";" makes them grades
    --labels stars                                       1 to 5, in order
    --labels grades                                      numbers, in order, the larger the better
    --labels percent                                     0 to 100, in order, many of them in bands
    --labels classes                                     every value a class of its own, without order
    --positive 4,5 --negative 1,2                        short for --labels "1,2=negative; 4,5=positive"
"""

import csv
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sentiment.config import MOST_CLASSES, NEGATIVE, POLARITY, POSITIVE, Classes
from sentiment.data.labels.scales import likely_steps
from sentiment.data.labels.schemes import (
    FAMILIES,
    FIVE_GRADES,
    OF_FIVE,
    PAIRS,
    Scheme,
    as_classes,
    as_grades,
    as_percentages,
    recognise,
)
from sentiment.data.labels.values import NO_LABEL, is_number, normal_value, rating, short, spellings, with_counts
from sentiment.errors import ConfigError, ReviewsError

SCHEMES = {  # names that `--labels` takes, and the values of each
    "stars": "numbers from 1 to 5",
    "grades": f"2 to {MOST_CLASSES} different numbers",
    "percent": "numbers from 0 to 100",
    "classes": f"2 to {MOST_CLASSES} different values of at most 60 characters",
}
_SEPARATORS = re.compile(r"""[;<](?=(?:[^"]*"[^"]*")*[^"]*$)""")  # outside of double quotes
_EXAMPLE = '--labels "1,2=negative; 3=neutral; 4,5=positive"'
_HIGHEST_OF_FEW = 7  # of a scale whose upper numbers are good for sure
_HIGHEST_RATING = 10  # on scales that are no percentages
_SCALE = 20  # values of a rating scale, at most
_LISTED = 6  # values of a class in a message


@dataclass(frozen=True)
class LabelOptions:
    """What a person said of the labels; falsy if nothing."""

    labels: str | None = None  # a name of `SCHEMES`, or a mapping as it was typed
    positive: tuple[str, ...] | None = None  # values of the positive class, as `normal_value` writes them
    negative: tuple[str, ...] | None = None

    @classmethod
    def named(
        cls,
        labels: str | None = None,
        positive: Iterable[object] | None = None,
        negative: Iterable[object] | None = None,
    ) -> "LabelOptions":
        """The options, checked.

        Args:
            labels: a name of `SCHEMES` or a mapping, see the head of this module.
            positive: values of the positive class, or one string with commas between them.
            negative: those of the negative class.

        Raises:
            ReviewsError: only one class has values, a value is empty or in two classes, a mapping cannot be read, or
                `labels` stands beside the others.
        """
        if labels is not None:
            if positive is not None or negative is not None:
                raise ReviewsError(
                    "expected --labels, or --positive and --negative; found both; say all of it with --labels, "
                    f"for example {_EXAMPLE}"
                )
            if labels.strip().lower() in SCHEMES:
                return cls(labels.strip().lower())
            _mapping(labels)
            return cls(labels)
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
        return cls(None, *values.values())

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return self.labels is not None or self.positive is not None


@dataclass(frozen=True)
class LabelMeaning:
    """What the values of a label column mean."""

    scheme: Scheme
    shown: dict[str, str]  # how a message writes a value
    counts: Counter[str]  # rows of every value

    @property
    def aside(self) -> list[str]:
        """Values whose rows are set aside, because nobody named them."""
        return [value for value in self.counts if value not in self.scheme.index_of]

    def told(self, rows: Sequence[int]) -> str:
        """One line for the user. `rows` has the number of reviews of each class."""
        names = self.scheme.classes.names
        parts = []
        for index, name in enumerate(names):
            values = [value for value, i in self.scheme.index_of.items() if i == index]
            numbers = {value: number for value in values if (number := rating(value))}
            if len(numbers) == len(values):
                values.sort(key=numbers.__getitem__)
            values = [self.shown.get(value, value) for value in values]
            listed = ", ".join(map(short, values[:_LISTED])) or "none"
            if len(values) > _LISTED:
                listed += f" and {len(values) - _LISTED} more"
            parts.append(f"{name}: {rows[index]:,}" if listed == name else f"{name} ({listed}): {rows[index]:,}")
        order = " in order" if self.scheme.classes.is_graded else ""
        return f"labels: {self.scheme.title}{order and ',' + order}; {'; '.join(parts)}"


def interpret_labels(
    values: Sequence[str], originals: Sequence[object], options: LabelOptions, source: Path
) -> LabelMeaning:
    """Interprets the values of a label column: `originals` as in the file, `values` from `normal_value`.

    Raises:
        ReviewsError: nothing is said of the labels, and no scheme explains them; or what is said does not fit them.
    """
    counts = Counter(value for value in values if value != NO_LABEL)
    return interpret_counts(counts, spellings(values, originals), options, source)


def interpret_counts(
    counts: Counter[str], shown: dict[str, str], options: LabelOptions, source: str | Path
) -> LabelMeaning:
    """As `interpret_labels`, of a column whose rows were counted.

    Args:
        counts: rows of every normal value, without rows that have no label.
        shown: how the file writes each value.
        options: what a person said of the labels.
        source: for messages.
    """
    if options:
        return LabelMeaning(_as_said(options, counts, shown, source), shown, counts)
    if not counts:
        return LabelMeaning(Scheme(POLARITY, {}, "none"), shown, counts)
    try:
        scheme = recognise(counts, shown)
    except ConfigError as error:
        raise ReviewsError(f"{error} with --labels, for example {_EXAMPLE}; the labels are of {source}") from None
    if scheme:
        return LabelMeaning(scheme, shown, counts)
    number = f"{len(counts):,} value{'s' if len(counts) > 1 else ''}"
    raise ReviewsError(
        f"expected labels that can be read in one way only (such as negative and positive, 0 and 1, stars from 1 to 5, "
        f"or names of classes) in {source}; found {number}: {with_counts(counts, shown)}; {_advice(counts, shown)}"
    )


def _as_said(options: LabelOptions, counts: Counter[str], shown: dict[str, str], source: str | Path) -> Scheme:
    present = f"the values are {with_counts(counts, shown) or 'none'}"
    if options.labels in SCHEMES:
        try:
            scheme = _scheme(options.labels, list(counts), shown)
        except ConfigError:
            scheme = None
        if scheme is None:
            raise ReviewsError(
                f"expected {SCHEMES[options.labels]} in the label column of {source} with --labels {options.labels}; "
                f"{present}; say what they mean, for example {_EXAMPLE}, which sets other values aside"
            )
        return scheme
    scheme = scheme_as_named(options)
    if missing := [value for value in scheme.index_of if value not in counts]:
        option = "--labels" if options.labels is not None else "--positive and --negative"
        raise ReviewsError(
            f"expected the values of {option} in the label column of {source}; found no row with "
            f"{', '.join(map(short, missing))}; {present}; write them as they stand there"
        )
    return scheme


def scheme_as_named(options: LabelOptions) -> Scheme:
    """The scheme of options that name the values of each class."""
    if options.labels is not None:
        return _mapping(options.labels)
    index_of = dict.fromkeys(options.positive or (), 1) | dict.fromkeys(options.negative or (), 0)
    return Scheme(POLARITY, index_of, "as named")


def _scheme(name: str | None, values: list[str], shown: dict[str, str]) -> Scheme | None:
    if name == "classes":
        return as_classes(values, shown)
    if name == "percent":
        return as_percentages(values)
    scheme = as_grades(values)
    in_stars = all((rated := rating(value)) and 1 <= rated.number <= 5 for value in values)
    if name == "stars":
        return Scheme(scheme.classes, scheme.index_of, "stars") if scheme and in_stars else None
    return scheme


def _mapping(text: str) -> Scheme:
    """Reads "values=name; values=name", or the same with "<" between grades."""
    index_of: dict[str, str] = {}
    names: list[str] = []
    separators = set(_SEPARATORS.findall(text))
    if len(separators) > 1:
        raise ReviewsError(
            f'expected ";" between classes, or "<" between grades after --labels; found both in {text!r}; '
            "use one of them"
        )
    for part in filter(str.strip, _SEPARATORS.split(text)):
        typed, equals, name = part.rpartition("=")
        values, name = _normal_values(typed), " ".join(name.split()).strip("\"'")
        if not equals or not name or not values or NO_LABEL in values:
            raise ReviewsError(
                f"expected one of {', '.join(SCHEMES)}, or values=class for each class, after --labels; "
                f"found {part.strip()!r}; for example {_EXAMPLE}"
            )
        if twice := [value for value in values if value in index_of]:
            raise ReviewsError(
                f"expected every value in one class; found {', '.join(twice)} twice after --labels; leave it out of one"
            )
        index_of |= dict.fromkeys(values, name)
        names += [name] * (name not in names)
    ordered = "<" in separators
    if set(names) <= set(FIVE_GRADES):  # their order is known, however they were typed
        names, ordered = [name for name in FIVE_GRADES if name in names], True
    elif not ordered and all(map(is_number, names)):
        names, ordered = sorted(names, key=Decimal), True
    if set(names) == {NEGATIVE, POSITIVE}:
        ordered = False
    try:
        classes = Classes(tuple(names), ordered)
    except ConfigError as error:
        raise ReviewsError(f"{error} after --labels; for example {_EXAMPLE}") from None
    return Scheme(classes, {value: names.index(name) for value, name in index_of.items()}, "as named")


def _normal_values(typed: Iterable[object]) -> tuple[str, ...]:
    """The values in an option, once each. A value with a comma in it stands in double quotes."""
    if isinstance(typed, str):
        typed = [value for line in csv.reader(typed.splitlines(), skipinitialspace=True) for value in line]
    return tuple(dict.fromkeys(map(normal_value, typed)))


def _advice(counts: Counter[str], shown: dict[str, str]) -> str:
    """What to do about values whose meaning must not be guessed, with options that name values of the file."""
    aside = "rows with other values are then set aside on purpose"
    general = (
        'say what they mean with --labels "VALUE=negative; VALUE=positive", with values as they stand in the file, '
        f"separated by commas; {aside}; if this is not the label column, name it with --label-column"
    )
    if all(map(is_number, counts)):
        as_percent = "if they are percentages, --labels percent; " if _may_be_percentages(counts) else ""
        if not 1 < len(counts) <= _SCALE:
            return as_percent + general
        scale = sorted(counts, key=Decimal)
        as_grades = f"{as_percent}if the larger numbers are the better ones, keep them as grades with --labels grades"
        if Decimal(scale[-1]) > _HIGHEST_OF_FEW:  # a 6 of 10 is bad in one questionnaire and good in another
            return f"{as_grades}; or {general}"
        ends = len(scale) // 2 if len(scale) <= 4 else round(0.4 * len(scale))  # 1, 2 and 4, 5 of 1 to 5
        low, middle, high = scale[:ends], scale[ends:-ends], scale[-ends:]
        groups = [f"{','.join(low)}=negative", f"{','.join(middle)}=neutral", f"{','.join(high)}=positive"]
        mapping = "; ".join(group for group in groups if not group.startswith("="))
        unlabelled = "; if -1 stands for no label, --labels '0=negative; 1=positive'"
        return (
            f"{as_grades}, or put them together, for example --labels {shlex.quote(mapping)}; if they have no order, "
            f"--labels classes; {aside}" + (unlabelled if counts.keys() == {"-1", "0", "1"} else "")
        )
    classes = "; if every value is a class of its own, --labels classes" if 2 <= len(counts) <= MOST_CLASSES else ""
    if classes and (steps := _steps(counts, shown)):
        mapping = " < ".join(f"{_typed(values, shown)}={name}" for name, values in steps.items())
        return f"if this is their order, --labels {shlex.quote(mapping)}; {aside}{classes}"
    known = {value: name for family in FAMILIES for value, name in family.items() if value in counts}
    families = sum(any(value in family for value in counts) for family in PAIRS)
    other_numbers = any(is_number(value) for value in counts)  # 0 and 1 may be of a scale
    if set(known.values()) < {NEGATIVE, POSITIVE} or not known or other_numbers or families > 1:
        return general + classes
    groups = [
        f"{','.join(shown[value] for value in known if known[value] == name)}={name}"
        for name in FIVE_GRADES
        if name in known.values()
    ]
    mapping = f"--labels {shlex.quote('; '.join(groups))}"
    if len(known) == len(counts):
        return f"write them alike, or say that they mean the same: {mapping}"
    return (
        f"correct what is misspelt, or name the values that count: {mapping}; {aside}; if every value is a class of "
        "its own, --labels classes"
    )


def _may_be_percentages(counts: Counter[str]) -> bool:
    """Whether numbers go from 0 to 100, above the scales that end at 10."""
    numbers = list(map(Decimal, counts))
    return len(numbers) > 1 and min(numbers) >= 0 and _HIGHEST_RATING < max(numbers) <= 100


def _steps(values: Iterable[str], shown: dict[str, str]) -> dict[str, list[str]]:
    """Values by grade, from the worst to the best, where that may be it: words of scales, or stars among others."""
    values = list(values)
    stars = {
        value: rated.number
        for value in values
        if (rated := rating(value)) and rated.scale in OF_FIVE and 1 <= rated.number <= 5
    }
    if all(map(rating, values)):
        numbers = sorted(set(stars.values()))
        steps = {f"{float(number):g}": [value for value in stars if stars[value] == number] for number in numbers}
    else:
        steps = {shown[words[0]]: words for words in likely_steps(values) or ()}
    return steps if len(steps) > 1 else {}


def _typed(values: Iterable[str], shown: dict[str, str]) -> str:
    """Values as `--labels` takes them."""
    return ",".join(f'"{shown[value]}"' if "," in shown[value] else shown[value] for value in values)
