"""Every setting of a run, in one place.

A `Config` decides a run: with the same configuration, the same reviews and the same machine, training gives the same
validation figures. `settings` has the dataclasses and their bounds, `presets` the named configurations, `classes` what
a classifier tells apart, `idle_settings` what a user has set and what changes nothing.
"""

from sentiment.config.classes import MOST_CLASSES, NEGATIVE, NEUTRAL, POLARITY, POSITIVE, RESERVED, Classes
from sentiment.config.presets import MANY_LABELS, PRESETS, customised, default_preset, preset, pretrained_preset
from sentiment.config.settings import (
    ARCHITECTURE_NAMES,
    ARCHITECTURE_TITLES,
    ITSELF,
    OURS,
    READING,
    SIZES_OF_ENCODER,
    Config,
    ModelConfig,
    PretrainingConfig,
    TokenizerConfig,
    TrainingConfig,
    parse_settings,
)  # fmt: skip

__all__ = [
    "ARCHITECTURE_NAMES", "ARCHITECTURE_TITLES", "ITSELF", "MANY_LABELS", "MOST_CLASSES", "NEGATIVE", "NEUTRAL", "OURS",
    "POLARITY", "POSITIVE", "PRESETS", "READING", "RESERVED", "SIZES_OF_ENCODER", "Classes", "Config", "ModelConfig",
    "PretrainingConfig", "TokenizerConfig", "TrainingConfig", "customised", "default_preset", "parse_settings",
    "preset", "pretrained_preset",
]  # fmt: skip
