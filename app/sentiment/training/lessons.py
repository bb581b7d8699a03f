"""What a classifier learns from, as token ids in batches: reviews in memory, or in shards of any size."""

from dataclasses import dataclass, field

import numpy as np

from sentiment.config import Config, TrainingConfig
from sentiment.data.dataset import Examples, Splits
from sentiment.data.templates import TRAINING_KINDS, excerpts, short_texts
from sentiment.errors import ConfigError
from sentiment.networks.heads import class_counts, targets
from sentiment.shards import ShardBatches, Shards
from sentiment.text.batches import Batches, dropout_by_counts, dropout_of_words
from sentiment.text.tokenizer import ReviewTokenizer

_OF_TEXTS = ("short_texts", "excerpts", "rounds")  # settings that read training texts again, which shards do not have


@dataclass(frozen=True)
class Lessons:
    """The training reviews, and what is known of all of them together."""

    batches: "Batches | ShardBatches"
    class_counts: np.ndarray  # float64[classes], reviews of each class; of teachers, the sum of probabilities
    texts: int  # that an epoch reads
    longest: int  # tokens of one of them
    reviews: int  # that excerpts are taken from
    short: dict[str, int] = field(default_factory=dict)  # short texts of each kind


def lessons_in_memory(
    splits: Splits, token_ids: list[np.ndarray], tokenizer: ReviewTokenizer, config: Config
) -> Lessons:
    """The training reviews, short texts made of them, and excerpts.

    Args:
        splits: the reviews.
        token_ids: int32[time] of each training review.
        tokenizer: that they were read with.
        config: all settings.
    """
    settings, classes = config.training, config.classes
    dropped = dropout_of_words(token_ids, tokenizer.vocabulary_size, settings.word_dropout, settings.rare_word_dropout)
    short = short_texts(splits.train, settings.short_texts) if settings.short_texts and classes.is_polarity else {}
    extra = [short[kind] for kind in TRAINING_KINDS if kind in short] + _excerpts(splits, settings)
    token_ids = [*token_ids, *(ids for examples in extra for ids in tokenizer.token_ids(examples.texts))]
    labels = np.concatenate([splits.train.labels, *(examples.labels for examples in extra)])
    return Lessons(
        Batches(token_ids, targets(labels, classes), settings.batch_size, config.seed, settings.crop_length, dropped),
        class_counts(splits.train.labels, classes),
        len(token_ids),
        max(map(len, token_ids)),
        len(splits.excerpts or splits.train),
        {kind: len(short.get(kind, ())) for kind in TRAINING_KINDS},
    )


def lessons_in_shards(shards: Shards, config: Config) -> Lessons:
    """The training reviews of a folder of shards.

    Args:
        shards: with labels.
        config: all settings.

    Raises:
        ConfigError: a setting needs the texts of the training reviews.
    """
    settings, classes = config.training, config.classes
    if idle := [name for name in _OF_TEXTS if getattr(settings, name)]:
        raise ConfigError(
            f"expected no {' and no '.join(idle)} with shards, which have token ids and no texts; found preset "
            f"{config.preset}; add {' '.join(f'--set {name}=0' for name in idle)}"
        )
    reading = shards.reading("train")
    dropped = dropout_by_counts(reading.words, settings.word_dropout, settings.rare_word_dropout)
    return Lessons(
        ShardBatches(
            reading, settings.batch_size, config.seed, settings.crop_length, dropped,
            lambda labels: targets(labels, classes),
        ),
        np.array(shards.per_class, np.float64),
        len(reading),
        reading.longest,
        len(reading),
    )  # fmt: skip


def _excerpts(splits: Splits, settings: TrainingConfig) -> list[Examples]:
    if not settings.excerpts:
        return []
    return [splits.excerpts or excerpts(splits.train, settings.excerpts, splits.excerpts_seed)]
