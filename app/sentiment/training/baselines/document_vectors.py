"""Document vectors of n-grams: a linear classifier on what the n-grams of a text have in common.

Each text and each n-gram of one to three words has a vector. Those of a text and of an n-gram in it are made similar,
and those of a text and of a random n-gram dissimilar, by cosine (DV-ngrams-cosine, Thongtan and Phienthrakul 2019):

    loss = log(1 + exp(-a cos(d, w))) + m / k * sum over k random v of log(1 + exp(a cos(d, v)))

N-grams that tell the classes apart are drawn more often, by their log-count ratio (Bingyu and Arefyev 2022, who also
correct the figures of the former paper). The ratio that draws the n-grams of a labelled text is that of other labelled
texts, so that its own label does not enter its vector. Texts without labels train the vectors, too. A new text gets
its vector afterwards, with those of the n-grams fixed.
"""

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from sentiment.data.dataset import Splits
from sentiment.metrics.measures import log_loss
from sentiment.metrics.verdicts import as_saved
from sentiment.training.baselines.fitting import FittedBaseline, Words, vectorizer_settings

_SETS = 2  # of vectors, independent, one for each thread, whose probabilities are averaged
_STRENGTHS = (1e-4, 1e-3, 1e-2)  # the inverse of the regularisation
_MANY = 10_000  # texts, from which on rare n-grams are left out
_MOST = 100_000  # texts that are read, those with labels first: time goes with them
_NGRAMS = 1_500_000  # the most frequent ones, at most: memory goes with them


@dataclass(frozen=True)
class Settings:
    """Of the vectors; chosen on validation reviews of films."""

    size: int = 192
    slope: float = 6.0  # a
    negatives: int = 3  # k, for each n-gram drawn
    negative_weight: float = 5.0  # m
    draws: int = 100  # n-grams of a text in a pass
    passes: int = 13
    rate: float = 0.05  # falls to 0 in a line
    power: float = 1.5  # of the log-count ratio by which n-grams are drawn
    smoothing: float = 10.0  # of the ratio
    folds: int = 5  # of the labelled texts, for the ratio
    fewest: int = 4  # texts that an n-gram occurs in, at least; fewer where texts are few


class DocumentVectors:
    """Vectors of n-grams, trained.

    Args:
        texts: tokens of the training texts, those with labels first.
        labels: int[labelled], the classes of the first texts.
        seed: of vectors and draws.
        settings: see `Settings`.
    """

    def __init__(
        self, texts: Sequence[list[str]], labels: np.ndarray, seed: int = 0, settings: Settings | None = None
    ) -> None:
        self.settings = s = settings or Settings()
        fewest = s.fewest if len(texts) >= _MANY else vectorizer_settings(texts)["min_df"]
        self._vectorizer = CountVectorizer(
            ngram_range=(1, 3), max_features=_NGRAMS, **vectorizer_settings(texts) | {"min_df": fewest}
        )
        counts = self._vectorizer.fit_transform(texts)
        labelled, folds = len(labels), np.arange(len(labels)) % s.folds
        weights = [_weights(counts[:labelled][folds != fold], labels[folds != fold], s) for fold in range(s.folds)]
        self._weights = _weights(counts[:labelled], labels, s)
        by_text = [*(weights[fold] for fold in folds), *[self._weights] * (len(texts) - labelled)]
        self._negatives = _negatives(counts, self._weights)
        self._ngrams = _unit(np.random.default_rng(seed), counts.shape[1], s.size)
        self.labelled = self._train(counts, by_text, seed, fixed=False)[:labelled]  # float32[labelled, size]

    @property
    def size(self) -> int:
        """Numbers in the vectors of all n-grams."""
        return self._ngrams.size

    def infer(self, texts: Sequence[list[str]], seed: int = 0) -> np.ndarray:
        """The vectors of new texts, float32[n, size], of length sqrt(size); those of texts without an n-gram are 0."""
        counts = self._vectorizer.transform(texts)
        return self._train(counts, [self._weights] * len(texts), seed, fixed=True)

    def _train(self, counts: csr_matrix, weights: Sequence[np.ndarray], seed: int, *, fixed: bool) -> np.ndarray:
        s, random = self.settings, np.random.default_rng([seed, fixed])
        vectors = _unit(random, counts.shape[0], s.size)
        starts, ngrams = counts.indptr.astype(np.int64), counts.indices.astype(np.int32)
        cumulative = np.empty(len(ngrams), np.float32)  # within each text, by what its n-grams are drawn with
        for row, weight in enumerate(weights):
            place = slice(starts[row], starts[row + 1])
            cumulative[place] = np.cumsum(weight[ngrams[place]] * counts.data[place])
        step = _compiled_pass()
        for number in range(s.passes):
            step(
                random.permutation(counts.shape[0]) if not fixed else np.arange(counts.shape[0]),
                vectors, self._ngrams, ngrams, starts, cumulative, self._negatives,
                np.float32(s.rate * (1 - number / s.passes)), np.float32(s.rate * (1 - (number + 1) / s.passes)),
                np.float32(s.slope), np.float32(s.negative_weight / s.negatives), s.negatives, s.draws, fixed,
                np.uint64(random.integers(1, 2**63)),
            )  # fmt: skip
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        known = (np.diff(starts) > 0)[:, None]
        return np.where(known, vectors / np.maximum(length, 1e-12) * math.sqrt(s.size), 0).astype(np.float32)


def document_vectors(splits: Splits, seed: int) -> FittedBaseline:
    """A (multinomial) logistic regression on document vectors; needs Numba. It reads 100,000 texts at most."""
    started = time.perf_counter()
    words, labels = Words(splits.train.texts), np.asarray(splits.train.labels)[:_MOST]
    texts = words([*splits.train.texts, *splits.unlabelled][:_MOST])
    with ThreadPoolExecutor(_SETS) as pool:  # the compiled loop lets go of Python's lock
        sets = list(pool.map(lambda number: DocumentVectors(texts, labels, _SETS * seed + number), range(_SETS)))
        validation = words(splits.validation.texts)
        on_validation = list(pool.map(lambda vectors: vectors.infer(validation), sets))

    def fitted(strength: float) -> list[LogisticRegression]:
        return [LogisticRegression(C=strength, max_iter=1_000).fit(vectors.labelled, labels) for vectors in sets]

    def averaged(models: Sequence[LogisticRegression], features: Sequence[np.ndarray]) -> np.ndarray:
        p = np.mean([m.predict_proba(x) for m, x in zip(models, features, strict=True)], axis=0)
        return as_saved(p.astype(np.float64))

    by_strength = [fitted(strength) for strength in _STRENGTHS]
    losses = [log_loss(splits.validation.labels, averaged(models, on_validation)) for models in by_strength]
    best = by_strength[int(np.argmin(losses))]
    seconds = time.perf_counter() - started

    def predict(texts: Sequence[str]) -> np.ndarray:
        tokens = words(texts)
        with ThreadPoolExecutor(_SETS) as pool:
            return averaged(best, list(pool.map(lambda vectors: vectors.infer(tokens), sets)))

    return FittedBaseline(
        predict,
        train_seconds=seconds,
        parameters=sum(vectors.size for vectors in sets)
        + sum(model.coef_.size + model.intercept_.size for model in best),
        dtype="float32",
        epochs=sets[0].settings.passes,
        settings={"C": _STRENGTHS[int(np.argmin(losses))]},
    )


def _unit(random: np.random.Generator, rows: int, size: int) -> np.ndarray:
    vectors = random.standard_normal((rows, size), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _weights(counts: csr_matrix, labels: np.ndarray, settings: Settings) -> np.ndarray:
    """float32[n-grams]: the largest log-count ratio of a class against the others, to a power; never 0."""
    occurs = (counts > 0).astype(np.float64)

    def distribution(rows: np.ndarray) -> np.ndarray:
        smoothed = settings.smoothing + np.asarray(occurs[rows].sum(axis=0)).ravel()
        return smoothed / smoothed.sum()

    ratios = [np.log(distribution(labels == label) / distribution(labels != label)) for label in np.unique(labels)]
    return (np.abs(ratios).max(axis=0) ** settings.power + 1e-3).astype(np.float32)


def _negatives(counts: csr_matrix, weights: np.ndarray, size: int = 1 << 22) -> np.ndarray:
    """int32[size]: n-grams as often as they are drawn as negatives, by frequency and weight to the power 3/4."""
    share = (np.asarray(counts.sum(axis=0), np.float64).ravel() * weights) ** 0.75
    places = (np.arange(size) + 0.5) / size
    return np.searchsorted(np.cumsum(share / share.sum()), places).clip(0, len(share) - 1).astype(np.int32)


def _compiled_pass() -> Callable[..., None]:
    """The loop over texts; Numba is imported here, as the other baselines do without it."""
    from sentiment.training.baselines.draws import draw_and_move

    return draw_and_move
