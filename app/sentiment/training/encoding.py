"""The splits as token ids, from texts in memory or from shards."""

from dataclasses import dataclass

import numpy as np

from sentiment.config import TokenizerConfig
from sentiment.data.dataset import Examples, Splits
from sentiment.errors import ConfigError
from sentiment.shards import Shards
from sentiment.shards.folder import require_vocabulary
from sentiment.text.tokenizer import ReviewTokenizer
from sentiment.training.encoders import Encoder


@dataclass(frozen=True)
class EncodedSplits:
    """The splits as token ids, shared by all architectures."""

    splits: Splits
    tokenizer: ReviewTokenizer
    train: list[np.ndarray]  # int32[time] for each review, whole
    validation: list[np.ndarray]  # shortened to the tokenizer's max_length
    test: list[np.ndarray]
    shards: Shards | None = None  # where the training reviews are that `splits` and `train` then lack


def encode(splits: Splits, config: TokenizerConfig, encoder: Encoder | None = None) -> EncodedSplits:
    """Encodes all three parts with a tokenizer fitted on the training split, or with that of a pretrained encoder."""
    tokenizer = encoder.tokenizer(config) if encoder else ReviewTokenizer.fit(splits.train.texts, config)
    return EncodedSplits(
        splits,
        tokenizer,
        train=tokenizer.token_ids(splits.train.texts, whole=True),
        validation=tokenizer.token_ids(splits.validation.texts),
        test=tokenizer.token_ids(splits.test.texts),
    )


def encode_shards(shards: Shards, config: TokenizerConfig, encoder: Encoder | None = None) -> EncodedSplits:
    """The reviews of a folder of shards, whose training reviews stay there.

    Raises:
        ConfigError: the shards have no labels, or another size of the vocabulary.
        RunError: the encoder has another vocabulary.
    """
    if not shards.info.train:
        raise ConfigError(
            f"expected labelled reviews in {shards.folder}; found none; learn from them with: sentiment pretrain"
        )
    require_vocabulary(shards, config.vocabulary_size, encoder.folder if encoder else None)
    tokenizer = shards.tokenizer(config)
    validation, test = shards.held_out("validation"), shards.held_out("test")
    none = Examples([], np.zeros(0, np.int8))
    return EncodedSplits(
        Splits(none, validation, test, [], shards.info),
        tokenizer,
        train=[],
        validation=tokenizer.token_ids(validation.texts),
        test=tokenizer.token_ids(test.texts),
        shards=shards,
    )
