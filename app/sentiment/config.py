"""Every setting of a run, in one place, frozen, with JSON both ways.

A `Config` is what decides a run: with the same configuration, the same reviews and the same machine,
training gives the same validation figures. Presets name the configurations people want; a value given
on the command line replaces one field of a preset.
"""

import dataclasses
import json
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sentiment.errors import ConfigError

# among the teachers of a network that is taught by others of its kind, see sentiment.teaching.self_training
ITSELF = "itself"


@dataclass(frozen=True)
class TokenizerConfig:
    """How a review becomes token ids."""

    vocabulary_size: int = 10_000  # the most frequent words of the training split; the rarer are mostly names of films
    max_length: int = 400  # tokens kept of a review; longer ones lose their middle
    head_fraction: float = 0.25  # share of the kept tokens taken from the beginning: verdicts come late in a review


@dataclass(frozen=True)
class ModelConfig:
    """The network. The four architectures share all of it but the recurrent layer."""

    architecture: str = "custom-lstm"  # a name in sentiment.networks.architectures.ARCHITECTURES
    embedding_size: int = 128  # features of a token
    units: int = 128  # features of the recurrent layer, in each direction
    pooling: tuple[str, ...] = ("max", "mean")  # how the states of all tokens become one vector
    embedding_dropout: float = 0.5  # share of embedding features dropped, the same ones at every token of a review
    head_dropout: float = 0.5  # share of pooled features dropped
    dtype: str = "float32"  # a Keras dtype policy: float32 or mixed_bfloat16


@dataclass(frozen=True)
class TrainingConfig:
    """The budget and the optimiser, the same for every architecture."""

    epochs: int = 6  # passes over the training split, at most
    minimum_steps: int = 900  # a small dataset gets more passes, until at least so many steps; see `customised`
    patience: int = 3  # epochs without a better validation loss before stopping
    batch_size: int = 128  # reviews in a step
    crop_length: int = 160  # tokens of a review that an epoch trains on, at most: another stretch in every epoch
    word_dropout: float = 0.15  # share of tokens replaced by the unknown token
    rare_word_dropout: float = 20.0  # and words that come up so often in the training split, half the time
    learning_rate: float = 3e-3  # at the highest; falls to nothing along a half cosine
    warmup_fraction: float = 0.05  # share of all steps in which the learning rate rises from nothing
    weight_decay: float = 0.2  # decoupled (AdamW), on matrices, not on biases
    clip_norm: float = 1.0  # largest norm of a step's gradient; 0: no limit
    averaging: float = 0.995  # decay of the moving average of the weights; the average is evaluated and saved
    encoder_rate: float = 1.0  # of the learning rate, the share of the layers that come from a pretrained encoder
    frozen_fraction: float = 0.0  # share of all steps in which those layers stay as they came, while the rest learns
    weight_dropout: float = 0.0  # share of the entries of the recurrent matrices that a step does without
    adversarial: float = 0.0  # how far a review is moved to where it hurts, and learnt from there, too; 0: not at all
    virtual_adversarial: float = 0.0  # the same with the network's own verdict as the label
    teacher_share: float = 0.5  # with a teacher, what its probability weighs in the label of a labelled review
    short_texts: int = (
        0  # learnt, too: texts of each kind of sentiment.data.templates.TRAINING_KINDS, of training reviews
    )
    excerpts: int = 0  # learnt, too: a sentence or some of so many training reviews, whose labels they have
    # of networks that teach the next one (see sentiment.teaching.self_training); 0: the labels or given teachers do
    rounds: int = 0
    label_smoothing: float = 0.0  # how far the targets move from 0 and 1 towards one half
    validation_fraction: float = 0.1  # share of the training reviews held out to choose the epoch
    # Reviews held out for it at most, 0: no limit; beyond, they are worth more as training reviews. See `customised`.
    validation_limit: int = 1_250
    test_fraction: float = 0.2  # share held out for testing when the reviews come without a test split


@dataclass(frozen=True)
class PretrainingConfig:
    """A language model of the training reviews; classifiers start from its embedding and its recurrent layer."""

    reads: str = "lstm"  # a name in sentiment.training.pretraining.READERS: what recurrent layer, in which directions
    vocabulary_size: int = 25_000
    embedding_size: int = 256  # features of a word, coming in and foretold
    units: int = 512
    epochs: int = 4  # passes over the reviews
    batch_size: int = 64  # reviews in a step
    crop_length: int = 160  # tokens of a review that a pass reads, at most: another stretch in every pass
    candidates: int = 1_024  # words drawn in a step, to compare the right ones with
    embedding_dropout: float = 0.1
    output_dropout: float = 0.2
    learning_rate: float = 2e-3  # at the highest; falls to nothing along a half cosine
    warmup_fraction: float = 0.05
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    averaging: float = 0.0  # of weights; none here
    seed: int = 1


@dataclass(frozen=True)
class Config:
    """All settings of one run."""

    preset: str = "standard"
    seed: int = 1  # of the weights, the order of the reviews and the dropout; the split has its own
    split_seed: int = 0  # of the validation split, so that runs with other seeds are compared on the same reviews
    encoder: str = ""  # SHA-256 of the pretrained weights that the training starts from; "" for fresh ones
    teachers: str = ""  # names and contents of those whose probabilities are learnt, too; "" for none
    tokenizer: TokenizerConfig = field(default_factory=TokenizerConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    @property
    def split(self) -> dict[str, Any]:
        """The arguments of `sentiment.data.splits.split`."""
        return {
            "seed": self.split_seed,
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
        """A copy in which the named fields of any of the parts have other values.

        Raises:
            ConfigError: no part has a field of that name.
        """
        parts: dict[str, Any] = {}
        for name, value in changes.items():
            owner = _OWNER.get(name)
            if owner is None:
                raise ConfigError(f"expected one of the settings {', '.join(sorted(_OWNER))}; found {name!r}")
            if owner == "":
                parts[name] = value
            else:
                parts[owner] = dataclasses.replace(parts.get(owner, getattr(self, owner)), **{name: value})
        return dataclasses.replace(self, **parts)

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Config":
        """The configuration that `to_json` wrote.

        Raises:
            ConfigError: the text is not JSON, or names settings this version does not have.
        """
        try:
            values = json.loads(text)
            values["model"]["pooling"] = tuple(values["model"]["pooling"])
            return cls(
                tokenizer=TokenizerConfig(**values.pop("tokenizer")),
                model=ModelConfig(**values.pop("model")),
                training=TrainingConfig(**values.pop("training")),
                **values,
            )
        except (ValueError, TypeError, KeyError) as error:
            raise ConfigError(
                f"expected the configuration of a run as JSON; found {error}; train the run again"
            ) from None


# Which part of a Config holds a setting; "" is the Config itself. Names are unique across the parts.
_PARTS = {"tokenizer": TokenizerConfig, "model": ModelConfig, "training": TrainingConfig}
_OWNER = {f.name: part for part, cls in _PARTS.items() for f in dataclasses.fields(cls)} | {
    f.name: "" for f in dataclasses.fields(Config) if f.name not in _PARTS
}

MANY_LABELS = 5_000  # below, a training that starts from an encoder has settings of its own
SIZES_OF_ENCODER = ("units", "embedding_size", "vocabulary_size")  # who starts from one has its sizes
MANY_UNITS = 256  # below, what was pretrained must move nearly as fast as what is new

PRESETS: dict[str, Config] = {
    # The comparison people quote: the best honest figures from the labels alone in about half an hour for all four.
    "standard": Config(),
    # A first look in a few minutes on the full dataset; the figures are not the architectures' best.
    "quick": Config().replace(
        preset="quick", max_length=128, crop_length=128, embedding_size=64, units=64,
        epochs=2, minimum_steps=300,
    ),
    # From a pretrained encoder, whose sizes replace those here.
    "pretrained": Config().replace(
        preset="pretrained", units=512, embedding_size=256, vocabulary_size=25_000, pooling=("last", "max", "mean"),
        word_dropout=0.1, rare_word_dropout=0.0, embedding_dropout=0.3, learning_rate=2e-3, encoder_rate=0.3,
        weight_decay=0.01, epochs=3, crop_length=160,
    ),
    # The same with fewer labels than MANY_LABELS: smaller batches, so that there are some steps, and larger ones.
    "few-labels": Config().replace(
        preset="few-labels", units=512, embedding_size=256, vocabulary_size=25_000, pooling=("last", "max", "mean"),
        word_dropout=0.1, rare_word_dropout=0.0, learning_rate=4e-3, weight_decay=0.01, epochs=6, minimum_steps=400,
        batch_size=16, averaging=0.95, crop_length=400,
        label_smoothing=0.2,  # or it would be sure long before it is right, and the best epoch an early one
        patience=12,  # a handful of validation reviews wavers
    ),
    # Beside few labels, what a network that learnt them and a linear model say of the unlabelled reviews, in rounds.
    "self-taught": Config().replace(
        preset="self-taught", units=512, embedding_size=256, vocabulary_size=25_000, pooling=("last", "max", "mean"),
        word_dropout=0.1, rare_word_dropout=0.0, embedding_dropout=0.3, head_dropout=0.3, learning_rate=2e-3,
        weight_decay=0.01, epochs=2, minimum_steps=300, crop_length=160, rounds=1,
    ),
    # It starts as "pretrained" does, and learns what that one and a linear model say, too.
    "flagship": Config().replace(
        preset="flagship", units=512, embedding_size=256, vocabulary_size=25_000, max_length=1_000,
        pooling=("last", "max", "mean"), word_dropout=0.1, rare_word_dropout=0.0, embedding_dropout=0.3,
        head_dropout=0.3, learning_rate=2e-3, encoder_rate=0.5, weight_decay=0.01, epochs=4, crop_length=160,
        short_texts=6_000, excerpts=75_000,
    ),
    # A small network, at its best taught by a large one on the unlabelled reviews, too; its encoder decides its sizes.
    "compact": Config().replace(
        preset="compact", vocabulary_size=15_000, max_length=1_000, pooling=("last", "max", "mean"), word_dropout=0.1,
        rare_word_dropout=0.0, embedding_dropout=0.2, head_dropout=0.2, encoder_rate=0.5, weight_decay=0.01, epochs=8,
        short_texts=6_000, excerpts=75_000,
    ),
    # For the bundled sample: few, short and simple reviews, in which nearly every word counts.
    "sample": Config().replace(
        preset="sample", embedding_size=64, units=64, embedding_dropout=0.3, head_dropout=0.3,
        word_dropout=0.05, rare_word_dropout=0.0, epochs=10, minimum_steps=1, patience=6, batch_size=32,
        weight_decay=0.01, averaging=0.97,
    ),
}  # fmt: skip


def default_preset(dataset: str) -> str:
    """Name of the preset for a dataset when nobody names one."""
    return dataset if dataset in PRESETS else "standard"


def pretrained_preset(labels: int, units: int) -> str:
    """Name of the preset for a training that starts from a pretrained encoder, when nobody names one.

    Args:
        labels: how many labelled reviews there are, without those to test on.
        units: of the encoder.
    """
    if labels < MANY_LABELS:
        return "few-labels"
    return "compact" if units < MANY_UNITS else "pretrained"


def preset(name: str) -> Config:
    """The named preset.

    Raises:
        ConfigError: there is no preset of that name.
    """
    if name not in PRESETS:
        raise ConfigError(f"expected a preset, one of {', '.join(PRESETS)}; found {name!r}")
    return PRESETS[name]


_CHOICES = {"dtype": ("float32", "mixed_bfloat16"), "pooling": ("last", "max", "mean")}
_MAY_BE_ZERO = (
    "short_texts",
    "excerpts",
    "rounds",
    "seed",
    "validation_limit",
)  # other whole numbers count what there is at least one of
_LOWEST = {"vocabulary_size": 3}  # the padding, the unknown word and another
_SHARES = ("_dropout", "_fraction", "averaging", "label_smoothing")  # of a whole, and never all of it


def value_of(name: str, text: str, before: Any) -> Any:
    """The value that a text gives to a setting.

    Args:
        name: of a field of one of the configurations.
        text: as it stands behind the `=` on the command line; the parts of a tuple are joined by `+`.
        before: the value now, whose type the new one has.

    Raises:
        ConfigError: a value of the wrong kind, or one with which no training can work.
    """
    try:
        value = tuple(text.split("+")) if isinstance(before, tuple) else type(before)(text)
    except ValueError:
        raise ConfigError(f"expected {name} to be like {before!r}; found {text!r}") from None
    if choices := _CHOICES.get(name):
        parts = value if isinstance(value, tuple) else (value,)
        if not set(parts) <= set(choices) or len(set(parts)) < len(parts):
            once = ", each once" if len(set(parts)) < len(parts) else ""
            raise ConfigError(f"expected {name} to be of {', '.join(choices)}{once}; found {text!r}")
    elif isinstance(value, int):
        if value < (lowest := _LOWEST.get(name, int(name not in _MAY_BE_ZERO))):
            raise ConfigError(f"expected {name} to be {lowest} or more; found {text}")
    elif isinstance(value, float):
        if name == "teacher_share":
            fits, bounds = 0.0 <= value <= 1.0, "from 0 to 1"
        elif name.endswith(_SHARES) and name != "rare_word_dropout":  # that one is a count of words
            fits, bounds = 0.0 <= value < 1.0, "from 0 to below 1"
        else:
            fits, bounds = 0.0 <= value < math.inf, "0 or more"
        if not fits:
            raise ConfigError(f"expected {name} to be {bounds}; found {text}")
    return value


# What is chosen by an option of its own.
_OPTION_OF = {
    "architecture": "--only {}",
    "seed": "--seeds {}, which trains with all seeds from 1 to this one",
    "preset": "--preset {}",
    "encoder": "--from-pretrained {}",
    "teachers": "--teacher {}",
}
# A setting that a preset bounds by another one, with the value of that one at which it bounds nothing.
_BOUNDS = {"epochs": ("minimum_steps", 1), "validation_fraction": ("validation_limit", 0)}


def require_effect(
    chosen: Collection[str], config: Config, *, encoder: bool, teachers: bool, test_split: bool = False
) -> None:
    """Refuses chosen settings that would change nothing.

    Args:
        chosen: names of the settings that a person has chosen.
        config: all settings.
        encoder: whether the training starts from a pretrained encoder.
        teachers: whether somebody teaches beside the labels.
        test_split: whether the reviews come with a test split.

    Raises:
        ConfigError: one changes nothing.
    """
    for names, idle, expected, remedy in (
        (("encoder_rate", "frozen_fraction"), not encoder, "a pretrained encoder", "name one with --from-pretrained"),
        (
            ("teacher_share",), not (teachers or config.training.rounds), "teachers or rounds",
            "name one with --teacher, or set rounds=1",
        ),
        (
            ("test_fraction",), test_split, "reviews without a test split",
            "give the reviews as a file without a column split",
        ),
    ):  # fmt: skip
        if idle and (named := [name for name in names if name in chosen]):
            there = "the test split of the reviews, which is taken as it is" if test_split else "none"
            raise ConfigError(
                f"expected {expected} with {' and '.join(named)}; found {there}; leave the setting out, or {remedy}"
            )


def customised(preset_name: str, settings: Sequence[str]) -> Config:
    """A preset with some settings replaced.

    Args:
        preset_name: a name in `PRESETS`.
        settings: `name=value` each, where the name is a field of one of the parts; for example `units=64`.

    Returns:
        The configuration. What is set is what happens: epochs without minimum_steps are that many, on a small dataset,
        too, and a validation_fraction without validation_limit has no limit. Its preset is named after the settings
        too, so that its runs lie beside the preset's; all but the dtype policy, which the name of a run and every table
        say anyway.

    Raises:
        ConfigError: an unknown preset or setting, or a value of the wrong kind or size.
    """
    config = preset(preset_name)
    changes: dict[str, Any] = {}
    for setting in settings:
        name, _, text = setting.partition("=")
        owner = _OWNER.get(name)
        if name in changes:
            raise ConfigError(f"expected {name} once; found {setting!r} beside another; leave one of them out")
        if option := _OPTION_OF.get(name):
            what = "that all architectures share" if name == "architecture" else "of a run"
            raise ConfigError(f"expected a setting {what}; found {setting!r}; use {option.format(text)}")
        if not owner:
            known = ", ".join(sorted(key for key, part in _OWNER.items() if part and key != "architecture"))
            raise ConfigError(f"expected name=value with one of the settings {known}; found {setting!r}")
        changes[name] = value_of(name, text, getattr(getattr(config, owner), name))
    for name, (bound, unbound) in _BOUNDS.items():
        if name in changes:
            changes.setdefault(bound, unbound)
    named = [setting.partition("=") for setting in sorted(settings) if not setting.startswith("dtype=")]
    suffix = "".join(f"-{name}-{text}" for name, _, text in named)
    return config.replace(preset=preset_name + suffix, **changes)
