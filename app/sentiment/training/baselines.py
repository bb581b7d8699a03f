"""The scikit-learn rows: what a recurrent network has to beat, fitted on the same split.

They read the same words and marks as the networks. Parameters are fitted on the training split; the strength of the
regularisation and the number of epochs are chosen by log loss on validation. Saved probabilities are calibrated with a
temperature fitted on validation, like those of the networks.
"""

import contextlib
import copy
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Union

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from sentiment.config import Classes, TokenizerConfig
from sentiment.data.dataset import Splits, same_split
from sentiment.errors import ConfigError, ReviewsError, RunError
from sentiment.metrics.calibration import calibrated, temperature
from sentiment.metrics.class_probabilities import logits_of
from sentiment.metrics.measures import log_loss, measure
from sentiment.metrics.verdicts import as_saved
from sentiment.runs.archive import find_record
from sentiment.runs.record import Kind, RunRecord
from sentiment.runs.results import confidently_wrong, on_short_texts, write_result
from sentiment.support.environment import machine, versions
from sentiment.text.tokenizer import ReviewTokenizer
from sentiment.training import identity as identities

_ALL_WORDS = 10_000_000  # more than any training split has

LinearModel = Union[LogisticRegression, "NaiveBayesRegression"]


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


class LogCountRatio(TransformerMixin, BaseEstimator):
    """Weighs n-grams by how much more often one class uses them than the others (Wang and Manning 2012).

    With p and q the smoothed numbers of reviews of that class and of the others that have an n-gram,

        r = log((p / |p|) / (q / |q|)),     x -> x * r,

    naive Bayes becomes a weighting of features, which the classifier behind it corrects.
    """

    def __init__(self, smoothing: float = 1.0) -> None:
        self.smoothing = smoothing

    def fit(self, features: csr_matrix, labels: np.ndarray) -> "LogCountRatio":
        """Learns r from 0/1 features, sparse[n, features], and bool[n]: whether a review is of the class."""
        of_class, of_others = (self._distribution(features[labels == label]) for label in (1, 0))
        self.ratio_ = np.log(of_class / of_others).astype(features.dtype)
        return self

    def transform(self, features: csr_matrix) -> csr_matrix:
        """Sparse[n, features], each column times its r."""
        return features.multiply(self.ratio_).tocsr()

    def _distribution(self, features: csr_matrix) -> np.ndarray:
        counts = self.smoothing + np.asarray(features.sum(axis=0), np.float64).ravel()
        return counts / counts.sum()


class NaiveBayesRegression(BaseEstimator):
    """A logistic regression behind `LogCountRatio`; of several classes, one for each against the others.

    As in Mesnil et al. (2014) the classifier behind the ratio is a logistic regression, which gives probabilities;
    those of several classes are divided by their sum.
    """

    def __init__(self, strength: float = 1.0, seed: int = 0) -> None:
        self.strength = strength
        self.seed = seed

    def fit(self, occurrences: csr_matrix, labels: np.ndarray) -> "NaiveBayesRegression":
        """Learns from 0/1 features, sparse[n, features], and labels, int[n], of which every class occurs."""
        self.classes_ = np.unique(labels)
        learnt = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        self.parts_ = []
        for label in learnt:
            ratio = LogCountRatio().fit(occurrences, labels == label)
            # The dual: one variable per review is far fewer than one per n-gram.
            model = LogisticRegression(
                C=self.strength, solver="liblinear", dual=True, max_iter=1_000, random_state=self.seed
            )
            self.parts_.append((ratio, model.fit(ratio.transform(occurrences), labels == label)))
        return self

    def predict_proba(self, occurrences: csr_matrix) -> np.ndarray:
        """float64[n, classes]."""
        positive = np.stack(
            [model.predict_proba(ratio.transform(occurrences))[:, 1] for ratio, model in self.parts_], axis=1
        )
        if len(self.classes_) == 2:
            return np.concatenate([1 - positive, positive], axis=1)
        return positive / positive.sum(axis=1, keepdims=True)

    @property
    def coef_(self) -> np.ndarray:
        """float64[regressions, features]."""
        return np.concatenate([model.coef_ for _, model in self.parts_])

    @property
    def intercept_(self) -> np.ndarray:
        """float64[regressions]."""
        return np.concatenate([model.intercept_ for _, model in self.parts_])


def _majority(splits: Splits, seed: int) -> FittedBaseline:  # noqa: ARG001
    """The shares of the classes in training, for every review."""
    shares = np.bincount(splits.train.labels, minlength=len(splits.classes)) / len(splits.train)
    return FittedBaseline(lambda texts: as_saved(np.tile(shares, (len(texts), 1))))


def tfidf_features(texts: Sequence[str]) -> tuple[csr_matrix, Callable[[Sequence[str]], csr_matrix]]:
    """Words and pairs of words by TF-IDF with a logarithmic count.

    Args:
        texts: clean training reviews, which decide the words.

    Returns:
        The features of the texts, sparse[n, features], and a function that gives those of other texts.

    Raises:
        ReviewsError: no two reviews share a word.
    """
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, **_vectorizer_settings(texts))
    return _features(vectorizer, texts)


def occurrence_features(texts: Sequence[str]) -> tuple[csr_matrix, Callable[[Sequence[str]], csr_matrix]]:
    """Which n-grams of one to three words occur, 0 or 1; as `tfidf_features` otherwise."""
    return _features(CountVectorizer(ngram_range=(1, 3), binary=True, **_vectorizer_settings(texts)), texts)


def _features(
    vectorizer: CountVectorizer, texts: Sequence[str]
) -> tuple[csr_matrix, Callable[[Sequence[str]], csr_matrix]]:
    words = Words(texts)
    with _sharing_words(texts):
        train = vectorizer.fit_transform(words(texts))
    return train, lambda others: vectorizer.transform(words(others))


def _tfidf_logistic(splits: Splits, seed: int) -> FittedBaseline:
    """Words and pairs of words by TF-IDF with a logarithmic count, and a (multinomial) logistic regression."""
    started = time.perf_counter()
    train, encode = tfidf_features(splits.train.texts)

    def fitted(strength: float) -> LogisticRegression:
        model = LogisticRegression(C=strength, max_iter=1_000, random_state=seed)
        return model.fit(train, splits.train.labels)

    return _best_linear(fitted, (1.0, 10.0, 100.0), encode, splits, started)


def _nb_svm(splits: Splits, seed: int) -> FittedBaseline:
    """NB-SVM with n-grams of one to three words (Wang and Manning 2012, Mesnil et al. 2014)."""
    started = time.perf_counter()
    occurrences, encode = occurrence_features(splits.train.texts)

    def fitted(strength: float) -> NaiveBayesRegression:
        return NaiveBayesRegression(strength, seed).fit(occurrences, splits.train.labels)

    return _best_linear(fitted, (0.1, 1.0, 10.0), encode, splits, started)


def _mlp(splits: Splits, seed: int) -> FittedBaseline:
    """One hidden layer of 64 on the TF-IDF of the 20,000 most frequent words; `alpha` is its weight penalty.

    The epoch is chosen on our validation split, like that of the networks, and not on a share of training.
    """
    started = time.perf_counter()
    words = Words(splits.train.texts)
    vectorizer = TfidfVectorizer(sublinear_tf=True, max_features=20_000, **_vectorizer_settings(splits.train.texts))
    train = vectorizer.fit_transform(words(splits.train.texts))
    validation = vectorizer.transform(words(splits.validation.texts))
    best: Any = None
    lowest, chosen = np.inf, {"alpha": 0.0, "epochs": 0.0}
    for alpha in (1e-4, 1e-2):
        batch = min(128, train.shape[0])
        model = MLPClassifier((64,), alpha=alpha, batch_size=batch, learning_rate_init=1e-3, random_state=seed)
        lowest_here, since = np.inf, 0
        for epoch in range(1, 101):
            model.partial_fit(train, splits.train.labels, classes=range(len(splits.classes)))
            loss = log_loss(splits.validation.labels, _probabilities(model, validation))
            since = 0 if loss < lowest_here else since + 1
            lowest_here = min(loss, lowest_here)
            if loss < lowest:
                best, lowest, chosen = copy.deepcopy(model), loss, {"alpha": alpha, "epochs": float(epoch)}
            if since == 3:
                break
    seconds = time.perf_counter() - started
    parameters = sum(part.size for part in (*best.coefs_, *best.intercepts_))
    return FittedBaseline(
        lambda texts: _probabilities(best, vectorizer.transform(words(texts))),
        train_seconds=seconds,
        parameters=parameters,
        dtype=str(best.coefs_[0].dtype),
        epochs=int(chosen["epochs"]),
        settings={"alpha": chosen["alpha"]},
    )


BASELINES: dict[str, Callable[[Splits, int], FittedBaseline]] = {
    "tfidf-logistic": _tfidf_logistic,
    "nb-svm": _nb_svm,
    "mlp": _mlp,
    "majority": _majority,
}


def fit_baseline(name: str, splits: Splits, seed: int = 0) -> FittedBaseline:
    """Fits one baseline on the training split and chooses on validation.

    Raises:
        ConfigError: there is no baseline of that name.
        ReviewsError: no two reviews share a word.
    """
    if name not in BASELINES:
        raise ConfigError(f"expected a baseline, one of {', '.join(BASELINES)}; found {name!r}")
    with _sharing_words(splits.train.texts):
        return BASELINES[name](splits, seed)


@contextlib.contextmanager
def _sharing_words(texts: Sequence[str]) -> Iterator[None]:
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


def baseline_identity(splits: Splits, seed: int = 0) -> dict[str, Any]:
    """What a baseline is made of: every review of the three parts, with its label and its place, and the seed."""
    digest = hashlib.sha256()
    for part in (splits.train, splits.validation, splits.test):
        digest.update(json.dumps([part.texts, part.labels.tolist()]).encode())
    return identities.identity(digest.hexdigest(), seed=seed, **_unless_polarity(splits.classes))


def _unless_polarity(classes: Classes) -> dict[str, Any]:
    """What an identity says of classes: nothing of negative and positive ones, as before there were others."""
    return {} if classes.is_polarity else {"classes": classes.to_values()}


def is_fitted(name: str, splits: Splits, folder: Path) -> bool:
    """Whether a folder or the archive has the figures of a baseline of the same reviews, all that are measured now."""
    try:
        record = find_record(folder.parent, f"{folder.name}/{name}")
    except RunError:
        return False
    if record is None or not same_split(record.dataset, asdict(splits.dataset)):
        return False
    measured = None not in (record.validation_short_texts, record.temperature)
    return measured and identities.same_identity(record.identity, baseline_identity(splits))


def save_baseline(name: str, splits: Splits, folder: Path) -> None:
    """Fits a baseline and writes its figures to `folder / name`.

    Args:
        name: a key of `BASELINES`.
        splits: the reviews.
        folder: of all baselines of the dataset.

    Raises:
        ConfigError: there is no baseline of that name.
        ReviewsError: no two reviews share a word.
        StorageError: no space left, or no permission.
    """
    fitted, classes = fit_baseline(name, splits), splits.classes
    # Networks are calibrated, so what they are compared with is calibrated as well.
    degrees = temperature(
        logits_of(fitted.predict(splits.validation.texts), classes), splits.validation.labels, classes
    )

    def predict(texts: Sequence[str]) -> np.ndarray:
        return calibrated(fitted.predict(texts), degrees, classes)

    on_validation, on_test = predict(splits.validation.texts), predict(splits.test.texts)
    record = RunRecord(
        name=name,
        kind=Kind.BASELINE,
        architecture=name,
        dtype=fitted.dtype,
        parameters=fitted.parameters,
        validation=measure(splits.validation.labels, on_validation, classes),
        validation_short_texts=on_short_texts(splits.validation, classes, predict),
        test=measure(splits.test.labels, on_test, classes),
        train_seconds=fitted.train_seconds,
        epochs=fitted.epochs,
        best_epoch=fitted.epochs,
        temperature=degrees,
        settings=fitted.settings,
        identity=baseline_identity(splits),
        dataset=asdict(splits.dataset),
        confidently_wrong=confidently_wrong(splits.test.texts, splits.test.labels, on_test),
        versions=versions(),
        machine=machine(),
    )
    write_result(folder / name, record, splits.test.labels, on_test, (splits.validation.labels, on_validation))


def _vectorizer_settings(texts: Sequence[str]) -> dict[str, Any]:
    # A word of one review alone teaches nothing; but a handful of reviews may share no word at all.
    rare = 2 if len(texts) >= 100 else 1
    return {
        "preprocessor": _as_they_are, "tokenizer": _as_they_are, "token_pattern": None, "min_df": rare,
        "dtype": np.float32,
    }  # fmt: skip


def _as_they_are(words: list[str]) -> list[str]:
    return words


def _best_linear(
    fitted: Callable[[float], LinearModel],
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
    losses = [log_loss(splits.validation.labels, _probabilities(model, validation)) for model in models]
    best = int(np.argmin(losses))
    train_seconds += time.perf_counter() - started
    return FittedBaseline(
        lambda texts: _probabilities(models[best], encode(texts)),
        train_seconds=train_seconds,
        parameters=models[best].coef_.size + models[best].intercept_.size,
        dtype=str(models[best].coef_.dtype),
        settings={"C": strengths[best]},
    )


def _probabilities(model: LinearModel | MLPClassifier, features: csr_matrix) -> np.ndarray:
    """float64[n] or float64[n, classes]; float32 arithmetic may put a probability a hair above 1."""
    return as_saved(np.clip(model.predict_proba(features).astype(np.float64), 0.0, 1.0))
