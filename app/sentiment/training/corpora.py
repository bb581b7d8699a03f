"""What a language model learns from: texts in memory, or shards of any size; both become token ids in batches."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np

from sentiment.config import PretrainingConfig, TokenizerConfig
from sentiment.data.dataset import Splits, account
from sentiment.data.fingerprints import fingerprints
from sentiment.data.reviews import Reviews
from sentiment.errors import ReviewsError
from sentiment.shards import ShardBatches, Shards
from sentiment.shards.folder import require_vocabulary
from sentiment.text.batches import Batches
from sentiment.text.cleaning import clean
from sentiment.text.tokenizer import ReviewTokenizer
from sentiment.training.encoders import Encoder

_FEWEST = 100  # unlabelled reviews; one in so many is held out
_HELD_OUT = 300  # reviews that the perplexity is measured on, at most


@dataclass(frozen=True)
class Tokenized:
    """A corpus as a language model reads it."""

    tokenizer: ReviewTokenizer
    batches: "Batches | ShardBatches"
    counts: np.ndarray  # int64[vocabulary_size], how often each word occurs
    held_out: list[np.ndarray]  # int32[time] of each review that the perplexity is measured on
    reviews: int  # to learn from
    longest: int  # tokens of one of them
    fingerprints: Callable[[], np.ndarray]  # uint32[n], of what is read and of what is held out


class Corpus(Protocol):
    """Reviews to learn from, and others to measure the perplexity on."""

    @property
    def dataset(self) -> str:
        """Name of the dataset."""

    @property
    def content_hash(self) -> str:
        """SHA-256 of the source's reviews."""

    @property
    def account(self) -> str:
        """What became of every row of the source, in a line."""

    @property
    def vocabulary_size(self) -> int | None:
        """That of token ids that are there already; None: that of the settings."""

    def tokenized(self, config: PretrainingConfig, beside: Encoder | None) -> Tokenized:
        """Token ids in batches.

        Args:
            config: all settings.
            beside: an encoder whose vocabulary is taken; None: one of the reviews.
        """


@dataclass(frozen=True)
class Texts:
    """A corpus in memory."""

    texts: list[str]
    held_out: list[str]
    dataset: str
    content_hash: str
    account: str = ""
    vocabulary_size: None = None

    def tokenized(self, config: PretrainingConfig, beside: Encoder | None) -> Tokenized:
        words = TokenizerConfig(vocabulary_size=config.vocabulary_size)
        tokenizer = beside.tokenizer(words) if beside else ReviewTokenizer.fit(self.texts, words)
        direction = _direction(config)
        token_ids = [ids[::direction] for ids in tokenizer.token_ids(self.texts, whole=True)]
        return Tokenized(
            tokenizer,
            Batches(token_ids, np.zeros(len(token_ids)), config.batch_size, config.seed, config.crop_length),
            np.bincount(np.concatenate(token_ids), minlength=tokenizer.vocabulary_size),
            [ids[::direction] for ids in tokenizer.token_ids(self.held_out[:_HELD_OUT])],
            len(token_ids),
            max(map(len, token_ids)),
            lambda: fingerprints([*self.texts, *self.held_out]),
        )


@dataclass(frozen=True)
class Sharded:
    """A corpus of any size, in shards."""

    shards: Shards

    @property
    def dataset(self) -> str:
        return self.shards.info.name

    @property
    def content_hash(self) -> str:
        return self.shards.info.content_hash

    @property
    def account(self) -> str:
        return account(asdict(self.shards.info))

    @property
    def vocabulary_size(self) -> int:
        return self.shards.words.vocabulary_size

    def tokenized(self, config: PretrainingConfig, beside: Encoder | None) -> Tokenized:
        """Raises ConfigError for another size of the vocabulary, and RunError for another one than `beside` has."""
        require_vocabulary(self.shards, config.vocabulary_size, beside.folder if beside else None)
        parts = "train", "unlabelled"
        reading, tokenizer = self.shards.reading(*parts), self.shards.tokenizer(self.shards.words)
        direction, held_out = _direction(config), self.shards.held_out("validation").texts
        return Tokenized(
            tokenizer,
            ShardBatches(reading, config.batch_size, config.seed, config.crop_length, backward=direction < 0),
            reading.words,
            [ids[::direction] for ids in tokenizer.token_ids(held_out[:_HELD_OUT])],
            len(reading),
            reading.longest,
            lambda: np.concatenate([self.shards.fingerprints(*parts), fingerprints(held_out)]),
        )


def labelled_corpus(splits: Splits) -> Texts:
    """The texts of the training split and the unlabelled ones; the validation split is held out."""
    info = splits.dataset
    texts = [*splits.train.texts, *splits.unlabelled]
    return Texts(texts, splits.validation.texts, info.name, info.content_hash, account(asdict(info)))


def unlabelled_corpus(reviews: Reviews) -> Texts:
    """The texts of reviews without any label, of which one in a hundred is held out.

    Raises:
        ReviewsError: too few reviews.
    """
    distinct = list(dict.fromkeys(clean(text) for text in reviews.table["text"]))
    if len(distinct) < _FEWEST:
        raise ReviewsError(
            f"expected at least {_FEWEST} different reviews in {reviews.source}; found {len(distinct)}; "
            "give a file with more"
        )
    texts, held_out = [text for i, text in enumerate(distinct) if i % _FEWEST], distinct[::_FEWEST]
    reasons = {"duplicates": len(reviews.table) - len(distinct)} | reviews.left_out
    left_out = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items() if count)
    line = (
        f"{reviews.name}: {len(distinct) + sum(reasons.values()):,} rows: {len(texts):,} to learn from, "
        f"{len(held_out):,} held out; left out: {left_out or 'none'}"
    )
    return Texts(texts, held_out, reviews.name, reviews.content_hash, line)


def _direction(config: PretrainingConfig) -> int:
    return -1 if config.reads == "bilstm" else 1
