"""What labels meant to a saved run, so that nobody has to say it again of other reviews with the same labels."""

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sentiment.config import Classes
from sentiment.data.labels.meaning import SCHEMES, LabelMeaning, LabelOptions, scheme_as_named
from sentiment.data.labels.schemes import OF_FIVE, Scheme, band_of, recognise
from sentiment.data.labels.values import NO_LABEL, Rating, normal_value, rating, spellings
from sentiment.errors import ConfigError, ReviewsError

MOST_VALUES = 100  # of a label column whose meaning is stored; one with more has numbers, whose classes are bands
_BAND = re.compile(r"\d+-\d+%")


@dataclass(frozen=True)
class LearntLabels:
    """The classes of a run, and which values were which class."""

    run: str  # its name, for messages
    classes: Classes
    index_of: Mapping[str, int]  # the class of every normal value
    named: bool  # a person said it, so that values of no class are set aside

    @classmethod
    def of_dataset(cls, run: str, dataset: Mapping[str, Any]) -> "LearntLabels":
        """Those of a run whose record has this `DatasetInfo`, as a dictionary and maybe of an older version."""
        classes = Classes.from_values(dataset.get("classes"))
        options = LabelOptions(dataset.get("labels"), *(_tuple(dataset.get(key)) for key in ("positive", "negative")))
        named = bool(options) and options.labels not in SCHEMES
        if named:
            scheme = scheme_as_named(options)
            class_of = {value: scheme.classes.names[index] for value, index in scheme.index_of.items()}
        else:
            class_of = dataset.get("label_values") or {normal_value(name): name for name in classes.names}
        index_of = {value: classes.names.index(name) for value, name in class_of.items() if name in classes.names}
        return cls(run, classes, index_of, named)

    def scheme_of(self, counts: Counter[str]) -> Scheme | None:
        """The scheme of a column, if the run knows its values; None where there is another one that it does not know.

        Where a person said what the values meant, a word of no class is set aside as it was then, and so is a number
        between those that have a class. A number beyond them is of another scale.
        """
        index_of = {value: index for value in counts if (index := self._index(value)) is not None}
        if not index_of or not self._may_be_aside(counts.keys() - index_of.keys()):
            return None
        return Scheme(self.classes, index_of, f"as {self.run} learnt them")

    @property
    def highest(self) -> Fraction | None:
        """The largest number that has a class."""
        return max((rated.number for value in self.index_of if (rated := rating(value))), default=None)

    @property
    def in_bands(self) -> bool:
        """Whether the classes are bands of percentages, which no other values are mistaken for."""
        return all(map(_BAND.fullmatch, self.classes.names))

    def _index(self, value: str) -> int | None:
        if value in self.index_of:
            return self.index_of[value]
        if not (rated := rating(value)):
            return None
        if self.in_bands:
            band = band_of(rated.number) if rated.scale in ("%", "/100") and 0 <= rated.number <= 100 else None
            return self.classes.names.index(band) if band in self.classes.names else None
        alike = (i for known, i in self.index_of.items() if (other := rating(known)) and _same_grade(rated, other))
        return next(alike, None)

    def _may_be_aside(self, others: Iterable[str]) -> bool:
        numbers = [rated.number for value in self.index_of if (rated := rating(value))]
        for value in others:
            if not self.named:
                return False
            rated = rating(value)
            if bool(rated) != bool(numbers) or (rated and not min(numbers) < rated.number < max(numbers)):
                return False
        return True


def interpret_as_learnt(
    values: Sequence[str], originals: Sequence[object], learnt: LearntLabels, source: object
) -> LabelMeaning | None:
    """Interprets the values of a label column as a run learnt them; None where it does not know them.

    Where the column lacks some values of the run, it may be of another scheme: 0 and 1 are neutral and positive beside
    -1, and negative and positive without it.

    Args:
        values: from `normal_value`.
        originals: as in the file.
        learnt: the labels of the run.
        source: for the message.

    Raises:
        ReviewsError: the column could be of another scheme, in which the values are other classes.
    """
    counts = Counter(value for value in values if value != NO_LABEL)
    scheme, shown = learnt.scheme_of(counts), spellings(values, originals)
    if scheme is None:
        return None
    if learnt.in_bands or learnt.index_of.keys() <= counts.keys():
        return LabelMeaning(scheme, shown, counts)
    try:
        other = recognise(counts, shown)
    except ConfigError:
        other = None
    if other and _names(other) != _names(scheme):
        fitting = set(other.classes.names) <= set(learnt.classes.names)
        highest = max((rated.number for value in counts if (rated := rating(value))), default=None)
        if fitting or (other.classes.is_graded and highest != learnt.highest):
            raise ReviewsError(
                f"expected labels that can be read in one way only in {source}; found that they are "
                f"{_as_option(scheme, shown)} as {learnt.run} learnt them, which also had other values, and "
                f"{_as_option(other, shown)} without it; say what they mean with one of these behind --labels"
            )
    return LabelMeaning(scheme, shown, counts)


def _names(scheme: Scheme) -> dict[str, str]:
    return {value: scheme.classes.names[index] for value, index in scheme.index_of.items()}


def _as_option(scheme: Scheme, shown: Mapping[str, str]) -> str:
    """The scheme as `--labels` takes it."""
    values_of: dict[str, list[str]] = {}
    for value, name in sorted(_names(scheme).items(), key=lambda item: scheme.index_of[item[0]]):
        values_of.setdefault(name, []).append(f'"{shown[value]}"' if "," in shown[value] else shown[value])
    separator = " < " if scheme.classes.is_graded else "; "
    return shlex.quote(separator.join(f"{','.join(values)}={name}" for name, values in values_of.items()))


def _same_grade(one: Rating, other: Rating) -> bool:
    return one.number == other.number and (one.scale == other.scale or {one.scale, other.scale} <= set(OF_FIVE))


def _tuple(values: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
