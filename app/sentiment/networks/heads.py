"""From the logits of a network to its loss and its verdict, for any classes, in Keras' operations.

`sentiment.metrics.class_probabilities` has the same formulas in NumPy. A target is what a loss compares logits with:

    two classes         float32[batch, 1], the probability of the second one
    several             float32[batch, classes], the probability of each; of classes with finer grades, of each grade

Labels are certain targets; those of teachers lie between. The loss is the cross entropy of the target and the
probabilities. Of ordered classes it is that of CORN (Shi, Cao and Raschka 2023): a review of grade k is an example for
the logits 1 to k alone, which ask whether it is better than each of these grades.
"""

from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

from sentiment.config import Classes
from sentiment.metrics.class_probabilities import logits_of

_RAREST = 1e-3  # share of a class, at least, with which a network starts


def targets(labels: np.ndarray, classes: Classes) -> np.ndarray:
    """Targets of labels int[n], or of probabilities: float[n] of the second of two classes, or float[n, classes].

    Raises:
        ValueError: labels of classes with finer grades, of which a label does not say one.
    """
    labels = np.asarray(labels)
    if classes.is_binary:
        return labels.astype(np.float32).reshape(-1, 1)
    if classes.grades and labels.ndim != 2:
        raise ValueError(f"expected probabilities of {sum(classes.grades)} grades; received labels of their classes")
    return labels.astype(np.float32) if labels.ndim == 2 else np.eye(len(classes), dtype=np.float32)[labels.astype(int)]


def class_counts(labels: np.ndarray, classes: Classes) -> np.ndarray:
    """float64[classes]: how many reviews each class has, or each grade of classes with finer ones.

    Args:
        labels: int[n], or probabilities in the shapes of `targets`.
        classes: theirs.
    """
    known = targets(labels, classes).astype(np.float64)
    return np.array([len(known) - known.sum(), known.sum()]) if classes.is_binary else known.sum(axis=0)


def balanced_weights(counts: np.ndarray) -> np.ndarray:
    """float64[classes]: how much a review of each class counts, so that all classes count the same and the mean is 1.

    Args:
        counts: float64[classes], from `class_counts`.
    """
    return counts.sum() / (len(counts) * np.maximum(counts, 1e-9))


def initial_bias(counts: np.ndarray, classes: Classes, weights: np.ndarray | None = None) -> np.ndarray:
    """float32[outputs]: the bias of the last layer with which a network that reads nothing gives the shares of classes.

    With a bias of 0, the first of several grades has one half, the second one quarter, and so on: a network would spend
    its first epochs on learning how frequent the classes are.

    Args:
        counts: float64[classes], from `class_counts`; of several classes.
        classes: theirs.
        weights: float[classes], how much a review of each class counts in the loss; None: all the same.
    """
    shares = counts * (1 if weights is None else weights)
    return logits_of((shares / shares.sum())[None], classes, _RAREST)[0].astype(np.float32)


@keras.saving.register_keras_serializable("sentiment")
class ClassLoss(keras.losses.Loss):
    """The cross entropy of targets and logits, a mean over the batch.

    Args:
        classes: of the targets.
        smoothing: how far targets move towards equal shares of all classes, from 0 to below 1.
        weights: float[classes], how much a review of each class counts; None: all the same.
    """

    def __init__(self, classes: Classes, smoothing: float = 0.0, weights: np.ndarray | None = None) -> None:
        super().__init__(name="class_loss", reduction="sum_over_batch_size", dtype="float32")
        self._classes = classes
        self._smoothing = smoothing
        self._weights = None if weights is None else [float(weight) for weight in weights]

    def call(self, y_true: KerasTensor, y_pred: KerasTensor) -> KerasTensor:
        """float32[batch] of targets and logits."""
        width = 2 if self._classes.is_binary else y_true.shape[-1]
        smooth = y_true * (1 - self._smoothing) + self._smoothing / width
        loss = cross_entropy(smooth, y_pred, self._classes)
        if self._weights is None:
            return loss
        if self._classes.is_binary:
            first, second = self._weights
            return loss * (first + (second - first) * y_true[:, 0])
        return loss * ops.sum(y_true * ops.convert_to_tensor(self._weights, "float32"), axis=-1)


def cross_entropy(target: Any, logits: Any, classes: Classes) -> Any:
    """float32[batch]: the cross entropy of targets and the probabilities of logits float32[batch, outputs]."""
    if classes.is_binary:
        return ops.mean(ops.binary_crossentropy(target, logits, from_logits=True), axis=-1)
    if not classes.is_graded:
        return ops.categorical_crossentropy(target, logits, from_logits=True)
    better = ops.flip(ops.cumsum(ops.flip(target, axis=1), axis=1), axis=1)[:, 1:]  # target of "better than grade j"
    return -ops.sum(better * ops.log_sigmoid(logits) + target[:, :-1] * ops.log_sigmoid(-logits), axis=-1)


def class_probabilities(logits: Any, classes: Classes) -> Any:
    """The probabilities of logits, in the shape of a target: of classes with finer grades, those of the grades."""
    if classes.is_binary:
        return ops.sigmoid(logits)
    if not classes.is_graded:
        return ops.softmax(logits)
    none = ops.zeros_like(logits[:, :1])
    better = ops.cumsum(ops.log_sigmoid(logits), axis=1)
    stops = ops.concatenate([ops.log_sigmoid(-logits), none], axis=1)
    return ops.exp(ops.concatenate([none, better], axis=1) + stops)


def by_class(values: Any, classes: Classes) -> Any:
    """Probabilities or targets of finer grades as those of their classes, float32[batch, classes]; others unchanged."""
    if not classes.grades:
        return values
    members = np.repeat(np.eye(len(classes), dtype=np.float32), classes.grades, axis=0)
    return ops.matmul(values, ops.convert_to_tensor(members))


def agrees(classes: Classes) -> Any:
    """A function of targets and logits: whether the most probable class is that of the target, float32[batch, 1]."""

    def both_sides(target: KerasTensor, logits: KerasTensor) -> KerasTensor:
        return ops.cast(ops.equal(ops.greater_equal(target, 0.5), ops.greater(logits, 0.0)), "float32")

    def same_class(target: KerasTensor, logits: KerasTensor) -> KerasTensor:
        predicted = ops.argmax(by_class(class_probabilities(logits, classes), classes), axis=-1)
        return ops.cast(ops.equal(predicted, ops.argmax(by_class(target, classes), axis=-1)), "float32")[:, None]

    return both_sides if classes.is_binary else same_class
