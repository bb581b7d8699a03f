"""From a network's logits to the score of a class, which an explanation explains: its log-odds.

    score = log p - log(1 - p)

Of the second of two classes it is the logit itself. Unlike a probability, it does not saturate where a network is
certain. All of it is computed from one array: the logarithms of the probabilities, but for a constant that the classes
share.

    two classes         0, z
    several             z_1, ..., z_K                                                   softmax
    several, ordered    sums of log sigmoid(z_j) and log sigmoid(-z_j)                  continuation ratios

Classes of finer grades have the sum of the probabilities of their grades.

`sentiment.metrics.class_probabilities` has the probabilities and their source. This module imports NumPy alone.
"""

import numpy as np

from sentiment.config import Classes
from sentiment.layers.reference import sigmoid


def score(logits: np.ndarray, classes: Classes, target: int) -> np.ndarray:
    """The log-odds of a class, float64[...], of logits float64[..., outputs]; `target` is its index."""
    evidence = _evidence(logits, classes)
    return evidence[..., target] - np.logaddexp.reduce(np.delete(evidence, target, axis=-1), axis=-1)


def score_gradient(logits: np.ndarray, classes: Classes, target: int) -> np.ndarray:
    """The gradient of `score` with respect to the logits, float64[..., outputs]."""
    others = np.delete(_evidence(logits, classes), target, axis=-1)
    shares = np.exp(others - np.logaddexp.reduce(others, axis=-1, keepdims=True))
    d_evidence = np.insert(-shares, target, 1.0, axis=-1)
    if classes.is_binary:
        return d_evidence[..., 1:]
    if not classes.is_graded:
        return d_evidence
    if classes.grades:  # the share of each grade in its class
        grades = _evidence_of_grades(logits)
        classes_of_grades = np.repeat(np.arange(len(classes)), classes.grades)
        d_evidence = d_evidence[..., classes_of_grades] * np.exp(
            grades - _evidence(logits, classes)[..., classes_of_grades]
        )
    of_better_grades = np.cumsum(d_evidence[..., :0:-1], axis=-1)[..., ::-1]
    return sigmoid(-logits) * of_better_grades - sigmoid(logits) * d_evidence[..., :-1]


def probabilities(logits: np.ndarray, classes: Classes) -> np.ndarray:
    """The probabilities of all classes, float64[..., classes], of logits float64[..., outputs]."""
    return sigmoid(np.stack([score(logits, classes, target) for target in range(len(classes))], axis=-1))


def mean_grade(logits: np.ndarray, classes: Classes) -> np.ndarray | None:
    """The mean grade from 1, float64[...], of a network with finer grades than classes; None of any other."""
    if not classes.grades:
        return None
    return np.exp(_evidence_of_grades(logits)) @ np.arange(1.0, sum(classes.grades) + 1)


def _evidence(logits: np.ndarray, classes: Classes) -> np.ndarray:
    """The logarithm of each probability, but for a constant that the classes share, float64[..., classes]."""
    none = np.zeros_like(logits[..., :1])
    if classes.is_binary:
        return np.concatenate([none, logits], axis=-1)
    if not classes.is_graded:
        return logits
    grades = _evidence_of_grades(logits)
    return np.logaddexp.reduceat(grades, classes.first_grades, axis=-1) if classes.grades else grades


def _evidence_of_grades(logits: np.ndarray) -> np.ndarray:
    """The logarithm of the probability of each grade of the network, float64[..., outputs + 1]."""
    none = np.zeros_like(logits[..., :1])
    better, not_better = -np.logaddexp(0, -logits), -np.logaddexp(0, logits)
    return np.concatenate([none, np.cumsum(better, axis=-1)], axis=-1) + np.concatenate([not_better, none], axis=-1)
