"""From a network's logits to the probabilities of its classes, and back again.

    two classes         logits float[n]                 -> float[n], of the second class: sigmoid
    several             logits float[n, classes]        -> float[n, classes]: softmax
    several, ordered    logits float[n, classes - 1]    -> float[n, classes]: continuation ratios

Continuation ratios are the probabilities of CORN (Shi, Cao and Raschka 2023; the model is Fienberg's of 1980): logit j
says how likely a review is better than grade j if it is not worse. So no grade gets a probability below 0. Where the
classes have finer grades, there is a logit for each grade but one, and a class has the sum of its grades.
"""

import numpy as np
from scipy.special import expit, log_expit, log_softmax, logit, softmax

from sentiment.config import Classes

_CERTAIN = 1e-12  # distance of a probability from 0 and 1, at least, before its logit is taken


def probabilities_of(logits: np.ndarray, classes: Classes) -> np.ndarray:
    """The probabilities float64[n] or float64[n, classes] of logits, see the head of this module."""
    logits = np.asarray(logits, np.float64)
    if classes.is_binary:
        return expit(logits)
    return np.exp(_log_grades(logits, classes)) if classes.is_graded else softmax(logits, axis=1)


def log_probabilities_of(logits: np.ndarray, classes: Classes) -> np.ndarray:
    """Natural logarithms of the probabilities of all classes, float64[n, classes], also of two."""
    if classes.is_binary:
        return np.stack([log_expit(-logits), log_expit(logits)], axis=1)
    return _log_grades(logits, classes) if classes.is_graded else log_softmax(logits, axis=1)


def logits_of(probabilities: np.ndarray, classes: Classes, certain: float = _CERTAIN) -> np.ndarray:
    """The logits of probabilities, as float64; the inverse of `probabilities_of`, but for a constant in a softmax.

    Those of classes with finer grades are the logits of the same classes without them.

    Args:
        probabilities: float[n] or float[n, classes].
        classes: theirs.
        certain: no probability counts as nearer to 0 and 1 than this.
    """
    p = np.asarray(probabilities, np.float64)
    if classes.is_binary:
        return logit(np.clip(p, certain, 1 - certain))
    if not classes.is_graded:
        return np.log(np.clip(p, certain, 1 - certain))
    at_least = np.cumsum(p[:, ::-1], axis=1)[:, ::-1]  # of this grade or a better one
    continues = at_least[:, 1:] / np.maximum(at_least[:, :-1], certain)
    return logit(np.clip(continues, certain, 1 - certain))


def mean_grade_of(logits: np.ndarray, classes: Classes) -> np.ndarray | None:
    """The mean grade from 1, float64[n], of a network with finer grades than classes; None of any other."""
    if not classes.grades:
        return None
    return np.exp(_log_of_grades(np.asarray(logits, np.float64))) @ np.arange(1.0, sum(classes.grades) + 1)


def _log_grades(logits: np.ndarray, classes: Classes) -> np.ndarray:
    """The logarithms of the probabilities of ordered classes; of those with finer grades, of their sums."""
    grades = _log_of_grades(logits)
    return np.logaddexp.reduceat(grades, classes.first_grades, axis=1) if classes.grades else grades


def _log_of_grades(logits: np.ndarray) -> np.ndarray:
    """log P(grade k) = log P(better than 1) + ... + log P(better than k-1) + log P(not better than k)."""
    better, not_better = log_expit(logits), log_expit(-logits)
    none = np.zeros((len(logits), 1))
    return np.concatenate([none, np.cumsum(better, axis=1)], axis=1) + np.concatenate([not_better, none], axis=1)
