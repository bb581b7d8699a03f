"""What a search varies: settings between two bounds, or some values of a setting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sentiment.config import customised, parse_settings
from sentiment.config.settings import FIELDS, PARTS
from sentiment.errors import ConfigError

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

# Settings whose best values depend most on the reviews. Each has its value of the preset `standard` within.
DEFAULT = (
    "learning_rate=0.0005..0.02",
    "weight_decay=0.001..0.5",
    "embedding_dropout=0..0.7",
    "head_dropout=0..0.7",
    "word_dropout=0..0.4",
)
_MUCH = 10  # times the lower bound: from there on, a range is searched by factors
_DIGITS = 3  # of a number, so that a person can type it
# Two trials with other values of these could not be compared, or train in another way.
_FIXED = {
    "validation_fraction": "would measure trials on different reviews",
    "validation_limit": "would measure trials on different reviews",
    "test_fraction": "would measure trials on different reviews",
    "class_weights": "changes what the loss on validation means",
    "rounds": "trains several networks",
    "teacher_share": "needs teachers",
    "dtype": "is a property of the machine",
}


@dataclass(frozen=True)
class Variable:
    """A setting that varies."""

    name: str
    values: tuple[Any, ...]  # the bounds of a range, or all choices as a person types them
    is_range: bool

    @property
    def by_factors(self) -> bool:
        """Whether a range is so wide that small values are tried as often as large ones."""
        low, high = self.values[0], self.values[-1]
        return bool(self.is_range and low > 0 and high >= _MUCH * low)

    def distribution(self) -> "BaseDistribution":
        """What Optuna draws from."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        if not self.is_range:
            return CategoricalDistribution(self.values)
        kind = IntDistribution if isinstance(self.values[0], int) else FloatDistribution
        return kind(*self.values, log=self.by_factors)

    def text(self, value: Any) -> str:
        """A drawn value as a person types it, rounded and within the bounds."""
        if not isinstance(value, float):
            return str(value)
        rounded = f"{value:.{_DIGITS}g}"
        low, high = self.values
        return rounded if low <= float(rounded) <= high else str(min(max(float(rounded), low), high))

    def described(self) -> str:
        """The variable in words."""
        if not self.is_range:
            return f"{self.name} of {', '.join(self.values)}"
        return f"{self.name} from {self.values[0]} to {self.values[1]}" + ", by factors" * self.by_factors

    def includes(self, value: Any) -> bool:
        """Whether a value of the setting can be drawn."""
        if not self.is_range:
            return _typed(value) in self.values
        return bool(self.values[0] <= value <= self.values[1])


def parse_space(texts: Sequence[str], preset: str, settings: Sequence[str]) -> tuple[Variable, ...]:
    """The variables of `name=low..high` and `name=value,value` texts.

    Args:
        texts: one at least.
        preset: that is varied.
        settings: `name=value` of what is set and does not vary.

    Raises:
        ConfigError: a setting is unknown, cannot vary, is set or there twice, has a value out of its bounds, or bounds
            in the wrong order.
    """
    fixed = {text.partition("=")[0] for text in settings}
    variables: dict[str, Variable] = {}
    for text in texts:
        name, _, values = text.partition("=")
        if name in _FIXED:
            raise ConfigError(f"expected a setting that can be searched; found {name}, which {_FIXED[name]}")
        if name in fixed or name in variables:
            raise ConfigError(f"expected {name} once; found it twice, with --vary and --vary or --set; leave one out")
        variables[name] = _variable(name, values, text)
        for value in variables[name].values:  # out of bounds, or no value of that setting
            customised(preset, [*settings, f"{name}={value}"])
    return tuple(variables.values())


def _variable(name: str, values: str, text: str) -> Variable:
    low, dots, high = values.partition("..")
    if not dots:
        choices = tuple(dict.fromkeys(value.strip() for value in values.split(",")))
        _values_of(name, choices)
        return Variable(name, choices, is_range=False)
    bounds = _values_of(name, (low, high))
    if any(not isinstance(bound, int | float) for bound in bounds):
        raise ConfigError(f"expected values of {name}, separated by commas, because it is no number; found {text!r}")
    if not bounds[0] < bounds[1]:
        raise ConfigError(f"expected a lower and then a higher bound, such as {name}=1..2; found {text!r}")
    return Variable(name, bounds, is_range=True)


def _values_of(name: str, texts: Sequence[str]) -> tuple[Any, ...]:
    """Values in the type of a setting."""
    shared = [known for part in PARTS for known in FIELDS[part] if known.name != "architecture"]
    return tuple(parse_settings([f"{name}={text}"], shared)[name] for text in texts)


def settings_of(space: Sequence[Variable], drawn: Mapping[str, Any]) -> tuple[str, ...]:
    """The `name=value` texts of drawn values, as `--set` takes them."""
    return tuple(f"{variable.name}={variable.text(drawn[variable.name])}" for variable in space)


def values_of_preset(space: Sequence[Variable], preset: str, settings: Sequence[str]) -> dict[str, Any] | None:
    """What would be drawn if the preset were; None where it is outside the space."""
    config = customised(preset, settings)
    values = {}
    for variable in space:
        value = next(getattr(getattr(config, part), variable.name) for part in PARTS if _has(part, variable.name))
        if not variable.includes(value):
            return None
        values[variable.name] = value if variable.is_range else _typed(value)
    return values


def _has(part: str, name: str) -> bool:
    return name in {setting.name for setting in FIELDS[part]}


def _typed(value: Any) -> str:
    """A value of a setting as a person types it."""
    return "+".join(value) if isinstance(value, tuple) else str(value)
