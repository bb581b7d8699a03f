"""The settings: frozen dataclasses that check their fields against bounds when they are made, with JSON both ways."""

import dataclasses
import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from sentiment.config.classes import Classes
from sentiment.errors import ConfigError

# Part of the identity of every run, encoder and baseline, and raised by hand whenever a change of the code makes the
# same settings and reviews give another result: how texts are read, or how networks are trained. A release that
# changes neither leaves it as it is, so that nothing is trained again.
READING = 2

OURS = "custom-lstm"  # the architecture with this project's own layer
ARCHITECTURE_TITLES = {OURS: "Custom LSTM", "lstm": "Keras LSTM", "bilstm": "Keras BiLSTM", "gru": "Keras GRU"}
ARCHITECTURE_NAMES = tuple(ARCHITECTURE_TITLES)  # sentiment.networks.architectures has what they build
POOLINGS = ("last", "max", "mean")
ITSELF = "itself"  # stands among the teachers of a self-taught network, see sentiment.teaching.self_training
SIZES_OF_ENCODER = ("units", "embedding_size", "vocabulary_size")  # a pretrained encoder decides them
_SPLIT_SEED = 0  # of the validation split: runs with different seeds are compared on the same reviews


@dataclass(frozen=True)
class _Bounds:
    words: str  # what follows "expected NAME to be"
    include: Callable[[Any], bool]


def _setting(default: Any, words: str, include: Callable[[Any], bool]) -> Any:
    return field(default=default, metadata={"bounds": _Bounds(words, include)})


def _count(default: int, lowest: int = 1) -> Any:
    return _setting(default, f"{lowest} or more", lambda value: value >= lowest)


def _amount(default: float) -> Any:
    return _setting(default, "0 or more", lambda value: 0 <= value < math.inf)


def _share(default: float) -> Any:
    return _setting(default, "from 0 to below 1", lambda value: 0 <= value < 1)


def _part(default: float) -> Any:
    return _setting(default, "between 0 and 1", lambda value: 0 < value < 1)


def _choice(default: str, choices: Sequence[str]) -> Any:
    return _setting(default, f"of {', '.join(choices)}", lambda value: value in choices)


def _subset(default: tuple[str, ...], choices: Sequence[str]) -> Any:
    words = f"of {', '.join(choices)}, each once"
    return _setting(default, words, lambda names: names and len(set(names) & set(choices)) == len(names))


class _Checked:
    """A dataclass whose fields are checked against their bounds when it is made."""

    # Settings of release 0.1.0 that no longer exist, with the value that changed nothing, by the field before them.
    RETIRED: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    ADDED: ClassVar[Collection[str]] = ()  # settings that release 0.1.0 did not have

    def __post_init__(self) -> None:
        """Checks every field that has bounds.

        Raises:
            ConfigError: a value has the wrong type or is out of bounds.
        """
        for setting in dataclasses.fields(self):  # type: ignore[arg-type]
            if not (bounds := setting.metadata.get("bounds")):
                continue
            value, kind = getattr(self, setting.name), type(setting.default)
            if kind is float and type(value) is int:
                value = float(value)
                object.__setattr__(self, setting.name, value)
            if not isinstance(value, kind) or isinstance(value, bool) or not bounds.include(value):
                shown = "+".join(map(str, value)) if isinstance(value, tuple) else value
                raise ConfigError(f"expected {setting.name} to be {bounds.words}; found {shown}")

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Reads the fields that this release or an earlier one has written.

        Raises:
            ConfigError: a value is out of bounds, or a setting that no longer exists changed the training.
            TypeError: a setting is unknown.
        """
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        for retired in cls.RETIRED.values():
            for name, neutral in retired.items():
                if (value := values.pop(name, neutral)) != neutral:
                    raise ConfigError(
                        f"expected {name} to be {neutral}, because this release has no {name}; found {value}"
                    )
        return cls(**values)

    def as_first_written(self) -> dict[str, Any]:
        """The fields as release 0.1.0 wrote them. Hashes are of this form, so that those of then still match.

        What it did not have is left out where it changes nothing.
        """
        values: dict[str, Any] = {}
        default = type(self)()
        for setting in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, setting.name)
            if setting.name in self.ADDED:
                if value != getattr(default, setting.name):
                    values[setting.name] = value.to_values() if isinstance(value, Classes) else value
                continue
            values[setting.name] = value.as_first_written() if isinstance(value, _Checked) else value
            values |= self.RETIRED.get(setting.name, {})
        return values


@dataclass(frozen=True)
class TokenizerConfig(_Checked):
    """How a review becomes token ids."""

    vocabulary_size: int = _count(10_000, lowest=3)  # the padding, the unknown word and the most frequent words
    max_length: int = _count(400)  # tokens kept of a review that is judged; longer ones lose their middle
    head_fraction: float = _share(0.25)  # share of them taken from the beginning: the verdict is mostly near the end


@dataclass(frozen=True)
class ModelConfig(_Checked):
    """The network. The architectures share all of it except the recurrent layer."""

    architecture: str = _choice(OURS, ARCHITECTURE_NAMES)
    embedding_size: int = _count(128)  # features of a token
    units: int = _count(128)  # features of the recurrent layer, in each direction
    pooling: tuple[str, ...] = _subset(("max", "mean"), POOLINGS)  # how the states of all tokens become one vector
    embedding_dropout: float = _share(0.5)  # of the embedding features; the same ones for every token of a review
    head_dropout: float = _share(0.5)  # of the pooled features
    dtype: str = _choice("float32", ("float32", "mixed_bfloat16"))  # a Keras dtype policy


@dataclass(frozen=True)
class TrainingConfig(_Checked):
    """The budget and the optimiser, the same for every architecture."""

    epochs: int = _count(6)  # passes over the training split, at most
    minimum_steps: int = _count(900)  # a small dataset gets more passes until it has this many steps; see `customised`
    patience: int = _count(3)  # epochs without a lower validation loss before training stops
    batch_size: int = _count(128)  # reviews in a step
    crop_length: int = _count(160)  # tokens of a review that an epoch reads at most; each epoch takes another stretch
    word_dropout: float = _share(0.15)  # share of tokens that become the unknown token
    rare_word_dropout: float = _amount(20.0)  # a word with this count in the training split is dropped half the time
    learning_rate: float = _amount(3e-3)  # the highest; it falls to 0 along a half cosine
    warmup_fraction: float = _share(0.05)  # share of all steps in which the learning rate rises from 0
    weight_decay: float = _amount(0.2)  # decoupled (AdamW), on matrices, not on biases
    clip_norm: float = _amount(1.0)  # largest norm of a step's gradient; 0: no limit
    averaging: float = _share(0.995)  # decay of the moving average of the weights, which is evaluated and saved
    encoder_rate: float = _amount(1.0)  # times the learning rate, for layers that come from a pretrained encoder
    adversarial: float = _amount(0.0)  # distance of adversarial moves of the embedded words; 0: none
    virtual_adversarial: float = _amount(0.0)  # the same with the network's own prediction as the label
    # Weight of the teachers' probability in the label of a labelled review; its own label has the rest.
    teacher_share: float = _setting(0.5, "from 0 to 1", lambda value: 0 <= value <= 1)
    short_texts: int = _count(
        0, lowest=0
    )  # of each kind of sentiment.data.templates.TRAINING_KINDS, learnt beside the reviews
    excerpts: int = _count(0, lowest=0)  # of the training reviews, one of each at most, learnt beside them
    rounds: int = _count(0, lowest=0)  # of self-training; 0: none
    class_weights: str = _choice("none", ("none", "balanced"))  # balanced: every class counts the same in the loss
    label_smoothing: float = _share(0.0)  # how far labels move from 0 and 1 towards one half
    validation_fraction: float = _part(0.1)  # of the training reviews, held out to choose the epoch
    validation_limit: int = _count(1_250, lowest=0)  # validation reviews at most; 0: no limit; see `customised`
    test_fraction: float = _part(0.2)  # held out for testing when the reviews come without a test split

    RETIRED: ClassVar = {"encoder_rate": {"frozen_fraction": 0.0, "weight_dropout": 0.0}}
    ADDED: ClassVar = ("class_weights",)


@dataclass(frozen=True)
class PretrainingConfig(_Checked):
    """A language model of the training reviews; classifiers start from its embedding and its recurrent layer."""

    reads: str = _choice("lstm", ("lstm", "gru", "bilstm"))  # the recurrent layer; bilstm learns to read backward
    vocabulary_size: int = _count(25_000, lowest=3)
    embedding_size: int = _count(256)  # features of a word, as input and as prediction
    units: int = _count(512)
    epochs: int = _count(4)  # passes over the reviews
    batch_size: int = _count(64)  # reviews in a step
    crop_length: int = _count(160)  # tokens of a review that an epoch reads at most; each epoch takes another stretch
    candidates: int = _count(1_024)  # words drawn in a step to compare the right ones with
    embedding_dropout: float = _share(0.1)
    output_dropout: float = _share(0.2)
    learning_rate: float = _amount(2e-3)  # the highest; it falls to 0 along a half cosine
    warmup_fraction: float = _share(0.05)
    weight_decay: float = _amount(0.01)
    clip_norm: float = _amount(1.0)
    seed: int = _count(1, lowest=0)
    dtype: str = _choice("float32", ("float32", "mixed_bfloat16"))  # a Keras dtype policy, of the products

    RETIRED: ClassVar = {"clip_norm": {"averaging": 0.0}}
    ADDED: ClassVar = ("dtype",)


@dataclass(frozen=True)
class Config(_Checked):
    """All settings of one run."""

    preset: str = "standard"
    seed: int = _count(1, lowest=0)  # of the weights, the order of the reviews and the dropout
    encoder: str = ""  # SHA-256 of the pretrained weights that training starts from; "" for fresh ones
    teachers: str = ""  # names and contents of the teachers whose probabilities are learnt; "" for none
    classes: Classes = field(default_factory=Classes)  # those of the reviews
    tokenizer: TokenizerConfig = field(default_factory=TokenizerConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    RETIRED: ClassVar = {"seed": {"split_seed": _SPLIT_SEED}}
    ADDED: ClassVar = ("classes",)

    @property
    def split(self) -> dict[str, Any]:
        """The arguments of `sentiment.data.splits.split`."""
        return {
            "seed": _SPLIT_SEED,
            "validation_fraction": self.training.validation_fraction,
            "validation_limit": self.training.validation_limit or None,
            "test_fraction": self.training.test_fraction,
        }

    @property
    def name(self) -> str:
        """Name of the run's folder, for example `gru-standard-seed1`."""
        dtype = "" if self.model.dtype == "float32" else f"-{self.model.dtype}"
        return f"{self.model.architecture}-{self.preset}{dtype}-seed{self.seed}"

    def replace(self, **changes: Any) -> "Config":
        """A copy in which the named fields, of any part, have other values.

        Raises:
            ConfigError: no part has a field of that name, or a value is out of bounds.
        """
        parts: dict[str, Any] = {}
        for name, value in changes.items():
            if name not in PART_OF:
                raise ConfigError(f"expected one of the settings {', '.join(sorted(PART_OF))}; found {name!r}")
            parts.setdefault(PART_OF[name], {})[name] = value
        top = parts.pop("", {})
        changed = {part: dataclasses.replace(getattr(self, part), **values) for part, values in parts.items()}
        return dataclasses.replace(self, **top, **changed)

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self) | {"classes": self.classes.to_values()}, indent=2)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "Config":
        """Reads what `dataclasses.asdict` gave in this release or an earlier one. Raises as for its parts."""
        parts = {part: kind.from_values(values[part]) for part, kind in PARTS.items()}
        return super().from_values({**values, **parts, "classes": Classes.from_values(values.get("classes"))})

    @classmethod
    def from_json(cls, text: str) -> "Config":
        """The configuration that `to_json` of this release or an earlier one wrote.

        Raises:
            ConfigError: the text is not JSON, has unknown settings, or a value is out of bounds.
        """
        try:
            return cls.from_values(json.loads(text))
        except (ConfigError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ConfigError(
                f"expected the configuration of a run as JSON; found: {error}; train the run again"
            ) from None


# The part of a Config that has a setting; "" is the Config itself. Names are unique across the parts.
PARTS: dict[str, type[_Checked]] = {
    "tokenizer": TokenizerConfig, "model": ModelConfig, "training": TrainingConfig,
}  # fmt: skip
FIELDS = {part: dataclasses.fields(kind) for part, kind in PARTS.items()}  # type: ignore[arg-type]
FIELDS[""] = tuple(setting for setting in dataclasses.fields(Config) if setting.name not in PARTS)
PART_OF = {setting.name: part for part, settings in FIELDS.items() for setting in settings}


def parse_settings(texts: Sequence[str], settings: Sequence["dataclasses.Field[Any]"]) -> dict[str, Any]:
    """The values of `name=value` texts, by name; the parts of a tuple are joined by `+`.

    Raises:
        ConfigError: a name is unknown or there twice, or a value has the wrong type.
    """
    defaults = {setting.name: setting.default for setting in settings}
    values: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if name not in defaults:
            raise ConfigError(
                f"expected name=value with one of the settings {', '.join(sorted(defaults))}; found {text!r}"
            )
        if name in values:
            raise ConfigError(f"expected {name} once; found {text!r} beside another; leave one of them out")
        default = defaults[name]
        kind: Any = type(default)
        try:
            values[name] = tuple(value.split("+")) if isinstance(default, tuple) else kind(value)
        except ValueError:
            raise ConfigError(f"expected {name} to be like {default!r}; found {value!r}") from None
    return values


def longest_averaging(steps: int) -> float:
    """The highest decay of a moving average of weights in a training of so many steps.

    The average covers a fifth of the training at most, or it would still contain the first weights.
    """
    return 1 - 1 / max(0.2 * steps, 1)
