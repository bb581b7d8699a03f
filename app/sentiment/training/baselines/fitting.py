"""What all baselines share: words, features, the choice on validation, and a fitted classifier."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from sentiment.config import TokenizerConfig
from sentiment.data.dataset import Splits
from sentiment.errors import ReviewsError
from sentiment.metrics.measures import log_loss
from sentiment.metrics.verdicts import as_saved
from sentiment.text.tokenizer import ReviewTokenizer

_ALL_WORDS = 10_000_000  # more than any training split has


@dataclass(frozen=True)
class Fitted:
    """A trained classifier."""

    # n texts to float64[n], the probability of the second of two classes of each, or to float64[n, classes]
    predict: Callable[[Sequence[str]], np.ndarray]
    train_seconds: float = 0.0  # from texts to the fitted and chosen model


@dataclass(frozen=True)
class FittedBaseline(Fitted):
    """A fitted baseline."""

    parameters: int = 1  # of the classifier
    dtype: str = "float64"  # of its arithmetic
    epochs: int | None = None  # of the chosen model, where it was fitted in epochs
    settings: dict[str, float] = field(default_factory=dict)  # what was chosen on validation


class Words:
    """The words and marks of texts, as the networks read them, without a limit to the vocabulary.

    Args:
        texts: clean training reviews.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._tokenizer = ReviewTokenizer.fit(texts, TokenizerConfig(vocabulary_size=_ALL_WORDS))

    def __call__(self, texts: Sequence[str]) -> list[list[str]]:
        """The tokens of each clean text."""
        return [self._tokenizer.decode(token_ids) for token_ids in self._tokenizer.token_ids(texts, whole=True)]


def tfidf_features(texts: Sequence[str]) -> tuple[csr_matrix, Callable[[Sequence[str]], csr_matrix]]:
    """Words and pairs of words by TF-IDF with a logarithmic count.

    Args:
        texts: clean training reviews, which decide the words.

    Returns:
        The features of the texts, sparse[n, features], and a function that gives those of other texts.

    Raises:
        ReviewsError: no two reviews share a word.
    """
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, **vectorizer_settings(texts))
    return _features(vectorizer, texts)


def occurrence_features(texts: Sequence[str]) -> tuple[csr_matrix, Callable[[Sequence[str]], csr_matrix]]:
    """Which n-grams of one to three words occur, 0 or 1; as `tfidf_features` otherwise."""
    return _features(CountVectorizer(ngram_range=(1, 3), binary=True, **vectorizer_settings(texts)), texts)


def _features(
    vectorizer: CountVectorizer, texts: Sequence[str]
) -> tuple[csr_matrix, Callable[[Sequence[str]], csr_matrix]]:
    words = Words(texts)
    with sharing_words(texts):
        train = vectorizer.fit_transform(words(texts))
    return train, lambda others: vectorizer.transform(words(others))


def best_linear(
    fitted: Callable[[float], Any],
    strengths: Sequence[float],
    encode: Callable[[Sequence[str]], csr_matrix],
    splits: Splits,
    started: float,
) -> FittedBaseline:
    """The fit with the lowest log loss on validation; `strengths` are the inverse of the regularisation."""
    train_seconds = time.perf_counter() - started
    validation = encode(splits.validation.texts)
    started = time.perf_counter()
    models = [fitted(strength) for strength in strengths]
    losses = [log_loss(splits.validation.labels, class_probabilities(model, validation)) for model in models]
    best = int(np.argmin(losses))
    train_seconds += time.perf_counter() - started
    return FittedBaseline(
        lambda texts: class_probabilities(models[best], encode(texts)),
        train_seconds=train_seconds,
        parameters=models[best].coef_.size + models[best].intercept_.size,
        dtype=str(models[best].coef_.dtype),
        settings={"C": strengths[best]},
    )


@contextlib.contextmanager
def sharing_words(texts: Sequence[str]) -> Iterator[None]:
    """Raises ReviewsError in place of the error of a vectorizer that finds no word in two reviews."""
    try:
        yield
    except ValueError as error:
        if not re.search("no terms remain|empty vocabulary", str(error)):
            raise
        raise ReviewsError(
            f"expected reviews that share words; found no word twice in the {len(texts)} training reviews, "
            f"such as {texts[0][:40]!r}; say which column holds the text with --text-column"
        ) from None


def vectorizer_settings(texts: Sequence[Any]) -> dict[str, Any]:
    # A word of one review alone teaches nothing; but a handful of reviews may share no word at all.
    rare = 2 if len(texts) >= 100 else 1
    return {
        "preprocessor": as_they_are, "tokenizer": as_they_are, "token_pattern": None, "min_df": rare,
        "dtype": np.float32,
    }  # fmt: skip


def as_they_are(words: list[str]) -> list[str]:
    return words


def class_probabilities(model: Any, features: csr_matrix) -> np.ndarray:
    """float64[n] or float64[n, classes]; float32 arithmetic may put a probability a hair above 1."""
    return as_saved(np.clip(model.predict_proba(features).astype(np.float64), 0.0, 1.0))
