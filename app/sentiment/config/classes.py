"""The classes that a classifier tells apart: their names, and whether they are grades in an order.

classes             outputs of the network         from outputs to probabilities
two                 one logit, of the second       sigmoid
several             one logit for each             softmax
several, ordered    one logit for each but one     continuation ratios, see `sentiment.metrics.class_probabilities`

Probabilities of two classes are float[n], of the second class; those of several are float[n, classes].
"""

from collections.abc import Mapping
from dataclasses import dataclass
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

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
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

    def __len__(self) -> int:
        return len(self.names)

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
        return 1 if self.is_binary else len(self.names) - self.is_graded

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
