"""A linear model of grades: TF-IDF of words and pairs of words, with two logistic regressions.

    P(grade) = P(class) P(grade within its class)

The first regression learns negative, neutral and positive from all texts, the second the five grades from those with
stars. So texts that have a label alone count, too. It is what the network has to beat, and it teaches the network.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from sentiment.everyday.corpus import CLASSES, STARS, Graded

_STRENGTH = 4.0  # C, the inverse of the regularisation
_STEPS = 1_000  # at most; it takes some 180 until it has learnt what it can
_FOLDS = 3
_MOST_TERMS = 400_000
_TOKEN = r"(?u)[^\W_]+(?:['\u2019][^\W_]+)*|[!?]|[\U0001f300-\U0001faff\u2600-\u27bf]|[:;]-?[()D]"
_LEAST = 1e-9  # probability of a grade, so that a class can be divided


@dataclass(frozen=True)
class LinearGrades:
    """A fitted model."""

    terms: TfidfVectorizer
    of_classes: LogisticRegression
    of_grades: LogisticRegression

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """The probability of each grade, float32[n, 5], of clean texts."""
        return _grades(self.of_classes, self.of_grades, self.terms.transform(texts))


@threadpool_limits.wrap(limits=1)
def fit_linear(graded: Graded) -> LinearGrades:
    """The linear model of texts."""
    # In float32 the search ends too early, at a model that is a point worse.
    terms = TfidfVectorizer(
        ngram_range=(1, 2), min_df=3, sublinear_tf=True, token_pattern=_TOKEN, max_features=_MOST_TERMS
    )
    features = terms.fit_transform(graded.texts)
    return LinearGrades(terms, *_fitted(features, graded))


@threadpool_limits.wrap(limits=1)
def cross_fitted(model: LinearGrades, graded: Graded) -> np.ndarray:
    """What models that have not learnt a text say of it, float32[n, 5]. A text and its copies are left out together."""
    features = model.terms.transform(graded.texts)
    folds = pd.util.hash_array(np.array(graded.texts, object)) % _FOLDS
    answers = np.zeros((len(graded), STARS), np.float32)
    for fold in range(_FOLDS):
        learnt, left_out = folds != fold, folds == fold
        models = _fitted(features[learnt], graded.at(learnt))
        answers[left_out] = _grades(*models, features[left_out])
    return answers


def _fitted(features: csr_matrix, graded: Graded) -> tuple[LogisticRegression, LogisticRegression]:
    def regression(rows: csr_matrix, labels: np.ndarray) -> LogisticRegression:
        return LogisticRegression(C=_STRENGTH, max_iter=_STEPS).fit(rows, labels)

    stars = graded.has_stars
    return regression(features, graded.classes), regression(features[stars], graded.lowest[stars])


def _grades(of_classes: LogisticRegression, of_grades: LogisticRegression, features: csr_matrix) -> np.ndarray:
    classes = of_classes.predict_proba(features)
    grades = of_grades.predict_proba(features) + _LEAST
    within = grades / np.repeat(np.add.reduceat(grades, CLASSES.first_grades, axis=1), CLASSES.grades, axis=1)
    return (np.repeat(classes, CLASSES.grades, axis=1) * within).astype(np.float32)
