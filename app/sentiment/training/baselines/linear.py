"""Linear models of n-grams, and the shares of the classes."""

import time

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression

from sentiment.data.dataset import Splits
from sentiment.metrics.verdicts import as_saved
from sentiment.training.baselines.fitting import FittedBaseline, best_linear, occurrence_features, tfidf_features


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


def majority(splits: Splits, seed: int) -> FittedBaseline:  # noqa: ARG001
    """The shares of the classes in training, for every review."""
    shares = np.bincount(splits.train.labels, minlength=len(splits.classes)) / len(splits.train)
    return FittedBaseline(lambda texts: as_saved(np.tile(shares, (len(texts), 1))))


def tfidf_logistic(splits: Splits, seed: int) -> FittedBaseline:
    """Words and pairs of words by TF-IDF with a logarithmic count, and a (multinomial) logistic regression."""
    started = time.perf_counter()
    train, encode = tfidf_features(splits.train.texts)

    def fitted(strength: float) -> LogisticRegression:
        model = LogisticRegression(C=strength, max_iter=1_000, random_state=seed)
        return model.fit(train, splits.train.labels)

    return best_linear(fitted, (1.0, 10.0, 100.0), encode, splits, started)


def nb_svm(splits: Splits, seed: int) -> FittedBaseline:
    """NB-SVM with n-grams of one to three words (Wang and Manning 2012, Mesnil et al. 2014)."""
    started = time.perf_counter()
    occurrences, encode = occurrence_features(splits.train.texts)

    def fitted(strength: float) -> NaiveBayesRegression:
        return NaiveBayesRegression(strength, seed).fit(occurrences, splits.train.labels)

    return best_linear(fitted, (0.1, 1.0, 10.0), encode, splits, started)
