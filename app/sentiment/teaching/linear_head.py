"""Linear classifiers whose regularisation is cross-validated: a new last layer on the features of a network. No Keras.

A head is fitted to the features that a network pools, shifted to mean 0 and scaled to deviation 1. All of this is
linear, so the head is one kernel and one bias in the end, and a scale and a shift that were learnt could add nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from sentiment.config import Classes
from sentiment.metrics.calibration import temperature
from sentiment.metrics.class_probabilities import probabilities_of
from sentiment.metrics.measures import log_loss

STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # C, the inverse of the regularisation
FEWEST = 2  # reviews of a class: one to learn from, one to choose by
_FOLDS = 5  # at most
_FEW = 200  # labels; the folds of fewer are drawn three times, because a single draw is noisy
_ROTATED = 1_000  # labels, up to which a fit has as many features as labels; the rotation of more takes longer
_WORSE = 2  # strengths in a row, after which weaker regularisation is not tried
_SEED = 0  # of the folds
_one_thread = threadpool_limits.wrap(limits=1)  # threads would wait for one another: each step of a fit is short


@dataclass(frozen=True)
class LinearModel:
    """A linear classifier, and what it says of the reviews that it was fitted to."""

    kernel: np.ndarray  # float64[features, outputs]
    bias: np.ndarray  # float64[outputs]
    strength: float  # C
    temperature: float  # by which the logits of the fit were divided
    out_of_fold: np.ndarray  # logits float64[n, outputs] of each review, by models that were not fitted to it

    @property
    def size(self) -> int:
        """Its parameters."""
        return self.kernel.size + self.bias.size

    def logits(self, features: Any) -> np.ndarray:
        """float64[n, outputs] of features [n, features], which may be sparse."""
        return features @ self.kernel + self.bias


def fit_head(features: np.ndarray, labels: np.ndarray, classes: Classes) -> LinearModel:
    """A new last layer for a network.

    Args:
        features: float[n, features] that the network pools.
        labels: int[n], the index of the class; at least two of each.
        classes: theirs.
    """
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-6
    scale = 1 / (deviation * np.sqrt(features.shape[1]))  # a review has length 1 then, whatever the network
    fitted = cross_validated((features - mean) * scale, labels, classes)
    kernel = scale[:, None] * fitted.kernel
    return replace(fitted, kernel=kernel, bias=fitted.bias - mean @ kernel)


@_one_thread
def cross_validated(
    features: Any, labels: np.ndarray, classes: Classes, strengths: Sequence[float] = STRENGTHS
) -> LinearModel:
    """Logistic regression with the strength of the lowest log loss on reviews that were left out, calibrated on them.

    Args:
        features: float[n, features], dense or sparse.
        labels: int[n], the index of the class; at least two of each.
        classes: theirs. Of two, the regression is of the second; of several, multinomial; of grades, one of "better
            than this grade" for each but the highest, on the reviews that are not worse.
        strengths: to choose from, in ascending order.
    """
    back = None
    if len(labels) <= min(features.shape[1], _ROTATED):
        features, back = _rotated(features)
    fewest = int(np.bincount(labels, minlength=len(classes)).min())
    repeats = 3 if len(labels) < _FEW else 1
    folds = [
        fold
        for seed in range(_SEED, _SEED + repeats)
        for fold in StratifiedKFold(max(2, min(_FOLDS, fewest)), shuffle=True, random_state=seed).split(labels, labels)
    ]
    best: tuple[float, np.ndarray] = strengths[0], np.zeros(0)
    lowest, worse = np.inf, 0
    for strength in strengths:
        logits = np.zeros((len(labels), classes.outputs))
        for learnt, left_out in folds:
            kernel, bias = _fitted(features[learnt], labels[learnt], classes, strength)
            logits[left_out] += (features[left_out] @ kernel + bias) / repeats
        loss = log_loss(labels, probabilities_of(as_network(logits, classes), classes))
        best, worse = ((strength, logits), 0) if loss < lowest else (best, worse + 1)
        lowest = min(loss, lowest)
        if worse == _WORSE:
            break
    strength, left_out_logits = best
    degrees = temperature(as_network(left_out_logits, classes), labels, classes)
    kernel, bias = _fitted(features, labels, classes, strength)
    kernel = kernel if back is None else back @ kernel
    return LinearModel(kernel / degrees, bias / degrees, strength, degrees, left_out_logits / degrees)


def as_network(logits: np.ndarray, classes: Classes) -> np.ndarray:
    """Logits float[n, outputs] in the shape that those of two classes have elsewhere, float[n]."""
    return logits[:, 0] if classes.is_binary else logits


def _rotated(features: Any) -> tuple[np.ndarray, np.ndarray]:
    """The features in as many dimensions as there are reviews, in which the same fit is faster, and the way back.

    Regularised weights are sums of the features of reviews (the representer theorem), and a rotation keeps distances.
    """
    features = features.astype(np.float64)  # small directions are the square roots of small differences
    products = features @ features.T
    values, vectors = np.linalg.eigh(products if isinstance(products, np.ndarray) else products.toarray())
    large = values > 1e-9 * values[-1]
    lengths, vectors = np.sqrt(values[large]), vectors[:, large]
    return vectors * lengths, features.T @ (vectors / lengths)


def _fitted(features: Any, labels: np.ndarray, classes: Classes, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Kernel float64[features, outputs] and bias float64[outputs]."""

    def regression(rows: Any, targets: np.ndarray) -> LogisticRegression:
        return LogisticRegression(C=strength, max_iter=1_000, tol=1e-3).fit(rows, targets)

    if classes.is_graded:  # the first grades have all reviews, the last ones those that are as good
        steps = range(len(classes) - 1)
        models = [regression(features[labels >= grade], labels[labels >= grade] > grade) for grade in steps]
    else:
        models = [regression(features, labels)]
    kernel = np.concatenate([model.coef_ for model in models]).T.astype(np.float64)
    return kernel, np.concatenate([model.intercept_ for model in models]).astype(np.float64)
