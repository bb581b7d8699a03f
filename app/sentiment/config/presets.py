"""Presets: the configurations that people want, by name. `--set name=value` replaces a setting of a preset."""

from collections.abc import Sequence
from typing import Any

from sentiment.config.settings import FIELDS, PARTS, Config, parse_settings
from sentiment.errors import ConfigError

MANY_LABELS = 5_000  # with fewer, training from an encoder uses the preset "few-labels"
MANY_UNITS = 256  # an encoder with fewer units must learn nearly as fast as the new layers

# The last state has just read the end, where the verdict mostly stands.
_ALL_STATES: dict[str, Any] = {"pooling": ("last", "max", "mean")}
_START: dict[str, Any] = _ALL_STATES | {
    "word_dropout": 0.1,
    "rare_word_dropout": 0.0,
    "weight_decay": 0.01,
}
_LARGE = _START | {"units": 512, "embedding_size": 256, "vocabulary_size": 25_000}  # an encoder replaces these sizes
_SHORT = {"short_texts": 6_000, "excerpts": 75_000, "max_length": 1_000, "encoder_rate": 0.5}

PRESETS: dict[str, Config] = {
    name: Config().replace(preset=name, **settings)
    for name, settings in {
        # The comparison of the report: the best figures from labels alone in about half an hour for all four.
        "standard": _ALL_STATES,
        # A first look in a few minutes on the full dataset; the figures are not the architectures' best.
        "quick": _ALL_STATES | {
            "max_length": 128, "crop_length": 128, "embedding_size": 64, "units": 64, "epochs": 2, "minimum_steps": 300,
        },
        # From a pretrained encoder.
        "pretrained": _LARGE | {"embedding_dropout": 0.3, "learning_rate": 2e-3, "encoder_rate": 0.3, "epochs": 3},
        # The same with fewer labels than MANY_LABELS. Smoothing keeps the network from being sure before it is right,
        # and patience bridges the noise of a handful of validation reviews.
        "few-labels": _LARGE | {
            "learning_rate": 4e-3, "minimum_steps": 400, "batch_size": 16, "averaging": 0.95, "crop_length": 400,
            "label_smoothing": 0.2, "patience": 12,
        },
        # From the network of a saved run. The rate is small, because the network knows nearly everything already.
        "fine-tuned": _LARGE | {
            "embedding_dropout": 0.2, "head_dropout": 0.2, "learning_rate": 1e-3, "epochs": 4, "minimum_steps": 60,
            "batch_size": 16, "averaging": 0.9, "crop_length": 400, "max_length": 1_000, "patience": 3,
        },
        # Few labels, and what a network and a linear model that learnt them predict for the unlabelled reviews.
        "self-taught": _LARGE | {
            "embedding_dropout": 0.3, "head_dropout": 0.3, "learning_rate": 2e-3, "epochs": 2, "minimum_steps": 300,
            "rounds": 1,
        },
        # Starts as "pretrained" does, and is distilled from that network and a linear model.
        "flagship": _LARGE | _SHORT | {
            "embedding_dropout": 0.3, "head_dropout": 0.3, "learning_rate": 2e-3, "epochs": 4,
        },
        # A small network from a small encoder, distilled from a large network and a linear model.
        "compact": _START | _SHORT | {
            "vocabulary_size": 15_000, "embedding_dropout": 0.2, "head_dropout": 0.2, "epochs": 8,
        },
        # For the bundled sample: few, short and simple reviews, in which nearly every word counts.
        "sample": {
            "embedding_size": 64, "units": 64, "embedding_dropout": 0.3, "head_dropout": 0.3, "word_dropout": 0.05,
            "rare_word_dropout": 0.0, "epochs": 10, "minimum_steps": 1, "patience": 6, "batch_size": 32,
            "weight_decay": 0.01, "averaging": 0.97,
        },
    }.items()
}  # fmt: skip


def default_preset(dataset: str) -> str:
    """Name of the preset for a dataset when the user names none."""
    return "sample" if dataset == "sample" else "standard"


def pretrained_preset(labels: int, units: int) -> str:
    """Name of the preset for training from a pretrained encoder when the user names none.

    Args:
        labels: number of labelled reviews, without those of the test split.
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


_OPTION_OF = {
    "architecture": "--only {}",
    "seed": "--seeds {}, which trains with all seeds from 1 to this one",
    "preset": "--preset {}",
    "encoder": "--from-pretrained {}",
    "teachers": "--teacher {}",
}
# A setting, the one that bounds it in presets, and the value at which that one bounds nothing.
_BOUNDED_BY = {"epochs": ("minimum_steps", 1), "validation_fraction": ("validation_limit", 0)}


def customised(preset_name: str, settings: Sequence[str]) -> Config:
    """A preset with some settings replaced. What is set is what happens.

    `epochs` alone trains that many epochs on a small dataset too, and `validation_fraction` alone has no limit: the
    setting that bounds it in presets is switched off, unless it is set as well.

    Args:
        preset_name: a name in `PRESETS`.
        settings: `name=value` each, for example `units=64`.

    Returns:
        The configuration. Its preset is named after the settings, so that its runs lie beside the preset's; the dtype
        is left out, because the name of a run has it anyway.

    Raises:
        ConfigError: an unknown preset or setting, or a value of the wrong type or out of bounds.
    """
    config = preset(preset_name)
    for setting in settings:
        name, _, text = setting.partition("=")
        if option := _OPTION_OF.get(name):
            what = "that all architectures share" if name == "architecture" else "of a run"
            raise ConfigError(f"expected a setting {what}; found {setting!r}; use {option.format(text)}")
    shared = [known for part in PARTS for known in FIELDS[part] if known.name != "architecture"]
    changes = parse_settings(settings, shared)
    for name, (bound, neutral) in _BOUNDED_BY.items():
        if name in changes:
            changes.setdefault(bound, neutral)
    named = [setting.partition("=") for setting in sorted(settings) if not setting.startswith("dtype=")]
    suffix = "".join(f"-{name}-{text}" for name, _, text in named)
    return config.replace(preset=preset_name + suffix, **changes)
