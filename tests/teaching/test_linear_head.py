"""A last layer that is fitted to few labels: as strong as left-out reviews allow, calibrated."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from sentiment.config import POLARITY, Classes
from sentiment.metrics.class_probabilities import probabilities_of
from sentiment.metrics.measures import log_loss
from sentiment.teaching import linear_head
from sentiment.teaching.linear_head import as_network, cross_validated, fit_head

SEVERAL = Classes(("a", "b", "c"))
GRADES = Classes(("1", "2", "3", "4"), ordered=True)


def reviews(n: int, classes: Classes, features: int = 60, noise: float = 0.5, seed: int = 0):
    """Features, labels that depend on as many directions as there are logits, and those directions."""
    random = np.random.default_rng(seed)
    directions = np.random.default_rng(99).normal(size=(features, len(classes) if not classes.ordered else 1))
    states = random.normal(size=(n, features))
    scores = states @ directions + noise * random.normal(size=(n, directions.shape[1]))
    if classes.is_binary:
        return states, (scores[:, 0] > 0).astype(int), directions[:, :1]
    if classes.ordered:
        return states, np.digitize(scores[:, 0], np.array([-7, 0, 7])), directions
    return states, scores.argmax(axis=1), directions


def accuracy(model, classes: Classes, seed: int = 5) -> float:
    states, labels, _ = reviews(500, classes, seed=seed)
    scored = probabilities_of(as_network(model.logits(states), classes), classes)
    return float(np.mean((scored > 0.5 if classes.is_binary else scored.argmax(axis=1)) == labels))


@pytest.mark.parametrize("classes", [POLARITY, SEVERAL, GRADES], ids=["two", "several", "grades"])
def test_a_head_learns_any_classes(classes):
    states, labels, _ = reviews(600, classes)
    head = fit_head(states, labels, classes)
    assert head.kernel.shape == (60, classes.outputs)
    assert head.bias.shape == (classes.outputs,)
    assert head.size == 61 * classes.outputs
    assert accuracy(head, classes) > 0.8


def test_the_scale_and_the_place_of_features_change_nothing():
    states, labels, _ = reviews(80, POLARITY)
    scale, place = 10.0 ** np.linspace(-2, 2, 60), np.arange(60.0)
    moved = fit_head(states * scale + place, labels, POLARITY)
    plain = fit_head(states, labels, POLARITY)
    np.testing.assert_allclose(moved.logits(states * scale + place), plain.logits(states), atol=0.05)
    assert np.abs(plain.logits(states)).max() > 0.5


@pytest.mark.parametrize("classes", [POLARITY, SEVERAL, GRADES], ids=["two", "several", "grades"])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_fit_in_fewer_dimensions_is_the_same_fit(classes, sparse, monkeypatch):
    states, labels, _ = reviews(50, classes)
    states = csr_matrix(states) if sparse else states
    monkeypatch.setattr(linear_head, "STRENGTHS", (0.01,))
    rotated = cross_validated(states, labels, classes, (0.01,))
    monkeypatch.setattr(linear_head, "_ROTATED", 0)
    plain = cross_validated(states, labels, classes, (0.01,))
    np.testing.assert_allclose(rotated.logits(states), plain.logits(states), atol=0.02)
    assert np.abs(plain.logits(states)).max() > 0.2


def test_what_is_said_of_a_review_comes_from_fits_without_it():
    states, _, _ = reviews(60, POLARITY)
    coins = np.random.default_rng(4).integers(0, 2, 60)
    learnt = cross_validated(states, coins, POLARITY, (100.0,))
    assert log_loss(coins, probabilities_of(learnt.logits(states)[:, 0], POLARITY)) < 0.6  # it knows them by heart
    assert log_loss(coins, probabilities_of(learnt.out_of_fold[:, 0], POLARITY)) > 0.65  # and has learnt nothing
    chosen = fit_head(states, coins, POLARITY)
    assert log_loss(coins, probabilities_of(chosen.out_of_fold[:, 0], POLARITY)) < 0.72  # and knows that it has not


def test_a_head_that_is_too_sure_is_made_less_sure():
    states, labels, _ = reviews(100, POLARITY, noise=8)
    free = cross_validated(states, labels, POLARITY, (100.0,))
    assert free.temperature > 1.5
    sure = log_loss(labels, probabilities_of(free.temperature * free.out_of_fold[:, 0], POLARITY))
    assert log_loss(labels, probabilities_of(free.out_of_fold[:, 0], POLARITY)) < sure


def test_two_reviews_of_a_class_are_enough():
    states, _, _ = reviews(30, SEVERAL)
    labels = np.array([0] * 20 + [1] * 8 + [2] * 2)
    head = fit_head(states, labels, SEVERAL)
    assert head.out_of_fold.shape == (30, 3)
    assert np.isfinite(head.out_of_fold).all()
