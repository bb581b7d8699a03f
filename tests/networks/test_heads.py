"""The head of a network: its loss, its probabilities and its verdicts, for any classes, against NumPy and Keras."""

import keras
import numpy as np
import pytest
from keras import ops

from sentiment.config import POLARITY, Classes
from sentiment.metrics.class_probabilities import log_probabilities_of, probabilities_of
from sentiment.metrics.verdicts import predicted_classes
from sentiment.networks.heads import (
    ClassLoss,
    agrees,
    balanced_weights,
    class_counts,
    class_probabilities,
    initial_bias,
    targets,
)

TOPICS, STARS = Classes(("a", "b", "c")), Classes(("1", "2", "3", "4"), ordered=True)
ALL = pytest.mark.parametrize("classes", [POLARITY, TOPICS, STARS], ids=["two", "several", "ordered"])


def some_logits(classes: Classes, reviews: int = 60) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 3, (reviews, classes.outputs)).astype(np.float32)


def in_numpy(logits: np.ndarray, classes: Classes) -> np.ndarray:
    """Logits in the shape that NumPy's functions take."""
    return logits[:, 0] if classes.is_binary else logits


def soft_labels(classes: Classes, reviews: int = 60) -> np.ndarray:
    shares = np.random.default_rng(2).dirichlet(np.ones(len(classes)), reviews)
    return shares[:, 1] if classes.is_binary else shares


@ALL
def test_the_loss_is_the_cross_entropy_of_the_targets_and_the_probabilities(classes: Classes) -> None:
    logits, soft = some_logits(classes), soft_labels(classes)
    shares = np.stack([1 - soft, soft], axis=1) if classes.is_binary else soft
    expected = -(shares * log_probabilities_of(in_numpy(logits, classes), classes)).sum(axis=1).mean()
    assert float(ClassLoss(classes)(targets(soft, classes), logits)) == pytest.approx(expected, rel=1e-5)


@ALL
def test_the_loss_of_a_label_is_minus_the_logarithm_of_its_probability(classes: Classes) -> None:
    logits, labels = some_logits(classes), np.random.default_rng(3).integers(0, len(classes), 60)
    expected = -log_probabilities_of(in_numpy(logits, classes), classes)[np.arange(60), labels].mean()
    assert float(ClassLoss(classes)(targets(labels, classes), logits)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_loss_of_two_classes_is_exactly_that_of_keras(smoothing: float) -> None:
    logits, labels = some_logits(POLARITY), targets(soft_labels(POLARITY), POLARITY)
    expected = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing)(labels, logits)
    assert float(ClassLoss(POLARITY, smoothing)(labels, logits)) == float(expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_loss_of_several_classes_is_that_of_keras(smoothing: float) -> None:
    logits, labels = some_logits(TOPICS), targets(soft_labels(TOPICS), TOPICS)
    expected = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)(labels, logits)
    assert float(ClassLoss(TOPICS, smoothing)(labels, logits)) == pytest.approx(float(expected), rel=1e-6)


@ALL
def test_balanced_weights_let_every_class_count_the_same(classes: Classes) -> None:
    labels = np.repeat(np.arange(len(classes)), np.arange(1, len(classes) + 1) ** 3)
    weights = balanced_weights(class_counts(labels, classes))
    total = [weights[label] * (labels == label).sum() for label in range(len(classes))]
    assert total == pytest.approx([len(labels) / len(classes)] * len(classes))
    logits = some_logits(classes, len(labels))
    each = -log_probabilities_of(in_numpy(logits, classes), classes)[np.arange(len(labels)), labels]
    loss = float(ClassLoss(classes, weights=weights)(targets(labels, classes), logits))
    assert loss == pytest.approx((each * weights[labels]).mean(), rel=1e-5)


@ALL
def test_probabilities_and_verdicts_are_those_of_numpy(classes: Classes) -> None:
    logits, labels = some_logits(classes), np.random.default_rng(3).integers(0, len(classes), 60)
    expected = probabilities_of(in_numpy(logits, classes), classes)
    computed = ops.convert_to_numpy(class_probabilities(ops.convert_to_tensor(logits), classes))
    np.testing.assert_allclose(in_numpy(computed, classes), expected, atol=1e-6)
    right = ops.convert_to_numpy(agrees(classes)(targets(labels, classes), ops.convert_to_tensor(logits)))
    assert right[:, 0].tolist() == (predicted_classes(expected) == labels).tolist()


@pytest.mark.parametrize("classes", [TOPICS, STARS], ids=["several", "ordered"])
def test_a_network_that_reads_nothing_starts_with_the_shares_of_the_classes(classes: Classes) -> None:
    labels = np.repeat(np.arange(len(classes)), np.arange(1, len(classes) + 1) * 10)
    shares = np.bincount(labels) / len(labels)
    assert probabilities_of(initial_bias(class_counts(labels, classes), classes)[None], classes)[0] == pytest.approx(
        shares, abs=1e-6
    )
    counts = class_counts(labels, classes)
    balanced = initial_bias(counts, classes, balanced_weights(counts))
    assert probabilities_of(balanced[None], classes)[0] == pytest.approx([1 / len(classes)] * len(classes), abs=1e-6)
