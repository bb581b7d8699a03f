"""The classes that a classifier tells apart: their names, and whether they are grades in an order.

classes             outputs of the network         from outputs to probabilities
two                 one logit, of the second       sigmoid
several             one logit for each             softmax
several, ordered    one logit for each but one     continuation ratios, see `sentiment.metrics.class_probabilities`

A network may tell finer grades apart than its classes are: five stars, of which the first two are negative. Its outputs
are then those of the grades, and the probability of a class is the sum over its grades.

Probabilities of two classes are float[n], of the second class; those of several are float[n, classes].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Self

from sentiment.errors import ConfigError

NEGATIVE, NEUTRAL, POSITIVE = "negative", "neutral", "positive"
MOST_CLASSES = 20
RESERVED = "uncertain"  # what a text without a verdict is called
_LONGEST = 60  # characters of a name


@dataclass(frozen=True)
class Classes:
    """Classes in the order of a classifier's outputs.

    Raises:
        ConfigError: there are fewer than two or more than `MOST_CLASSES` names, or one is empty, too long, or there
            twice.
    """

    names: tuple[str, ...] = (NEGATIVE, POSITIVE)
    ordered: bool = False  # grades, from the lowest to the highest; means nothing for two classes
    # How many grades of the network each class is, such as (2, 1, 2) where 1 and 2 of 5 stars are negative; empty: one.
    grades: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "grades", tuple(self.grades))
        fitting = all(isinstance(name, str) and 0 < len(name) <= _LONGEST for name in self.names)
        if RESERVED in self.names:
            raise ConfigError(
                f"expected no class called {RESERVED}, as texts without a verdict are; found one; rename it"
            )
        if not (2 <= len(self.names) <= MOST_CLASSES and fitting and len(set(self.names)) == len(self.names)):
            raise ConfigError(
                f"expected 2 to {MOST_CLASSES} classes with different names of 1 to {_LONGEST} characters; "
                f"found {', '.join(map(str, self.names)) or 'none'}"
            )

        numbers = all(type(number) is int and number >= 1 for number in self.grades)
        if self.grades and not (
            numbers and self.is_graded and len(self.grades) == len(self) and sum(self.grades) <= MOST_CLASSES
        ):
            raise ConfigError(
                f"expected one number of grades for each of three or more ordered classes, {MOST_CLASSES} in all at "
                f"most; found {', '.join(map(str, self.grades))} for {self.listed()}"
            )

    def __len__(self) -> int:
        return len(self.names)

    def to_values(self) -> dict[str, Any]:
        """What `from_values` reads, as it was written before there were finer grades where there are none."""
        values: dict[str, Any] = {"names": self.names, "ordered": self.ordered}
        return values | ({"grades": self.grades} if self.grades else {})

    @property
    def is_binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.names) == 2

    @property
    def is_graded(self) -> bool:
        """Whether there are three or more classes in an order, so that some mistakes are larger than others."""
        return self.ordered and not self.is_binary

    @property
    def is_polarity(self) -> bool:
        """Whether they are negative and positive, of which templates make texts."""
        return self.names == (NEGATIVE, POSITIVE)

    @property
    def outputs(self) -> int:
        """Logits of a network."""
        return 1 if self.is_binary else (sum(self.grades) or len(self.names)) - self.is_graded

    @property
    def first_grades(self) -> list[int]:
        """The lowest grade of each class, from 0; of a network without finer grades, the class itself."""
        return list(accumulate(self.grades[:-1], initial=0)) if self.grades else list(range(len(self)))

    @property
    def plain(self) -> "Classes":
        """The same classes as those of a network without finer grades."""
        return Classes(self.names, self.ordered)

    def listed(self) -> str:
        """The names in one line: with "<" between grades, with commas between other classes."""
        return (" < " if self.is_graded else ", ").join(self.names)

    @classmethod
    def from_values(cls, values: "Self | Mapping[str, Any] | None") -> Self:
        """Reads what `dataclasses.asdict` gave; None: negative and positive, as before there were others.

        Raises:
            ConfigError: they are no classes.
        """
        if values is None or isinstance(values, cls):
            return values or cls()
        try:
            return cls(**values)  # type: ignore[arg-type]  # a mapping
        except TypeError as error:
            raise ConfigError(f"expected classes with names and an order; found {values!r}: {error}") from None


POLARITY = Classes()
