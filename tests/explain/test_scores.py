"""The score of a class is its log-odds, and its gradient is that of the score."""

import numpy as np
import pytest

from helpers.tiny_runs import GRADES, STARS, TOPICS
from sentiment.config import POLARITY, Classes
from sentiment.explain.scores import mean_grade, probabilities, score, score_gradient
from sentiment.metrics.class_probabilities import probabilities_of
from sentiment.metrics.verdicts import of_all_classes

LETTERS = Classes(("a", "b", "c"), ordered=True)
ALL = [POLARITY, Classes(("ham", "spam"), ordered=True), TOPICS, GRADES, LETTERS, STARS]


@pytest.fixture(params=ALL, ids=lambda classes: classes.listed())
def classes(request) -> Classes:
    return request.param


@pytest.fixture
def logits(classes) -> np.ndarray:
    return np.random.default_rng(5).normal(0, 2, (7, classes.outputs))


def test_probabilities_are_those_that_predictions_have(classes, logits):
    expected = of_all_classes(probabilities_of(logits[:, 0] if classes.is_binary else logits, classes))
    np.testing.assert_allclose(probabilities(logits, classes), expected, atol=1e-12)


def test_the_score_is_the_log_odds_of_the_class(classes, logits):
    p = of_all_classes(probabilities_of(logits[:, 0] if classes.is_binary else logits, classes))
    for target in range(len(classes)):
        expected = np.log(p[:, target]) - np.log1p(-p[:, target])
        np.testing.assert_allclose(score(logits, classes, target), expected, atol=1e-9)


def test_the_score_of_the_second_of_two_classes_is_the_logit_to_the_last_bit():
    logits = np.random.default_rng(6).normal(0, 30, (50, 1)).astype(np.float32).astype(np.float64)
    assert (score(logits, POLARITY, 1) == logits[:, 0]).all()
    assert (score(logits, POLARITY, 0) == -logits[:, 0]).all()
    assert (score_gradient(logits, POLARITY, 1) == 1).all()
    assert (score_gradient(logits, POLARITY, 0) == -1).all()


def test_the_gradient_is_that_of_small_differences(classes, logits):
    step = 1e-6
    for target in range(len(classes)):
        gradient = score_gradient(logits, classes, target)
        assert gradient.shape == logits.shape
        for output in range(classes.outputs):
            moved = np.eye(classes.outputs)[output] * step
            difference = score(logits + moved, classes, target) - score(logits - moved, classes, target)
            np.testing.assert_allclose(gradient[:, output], difference / (2 * step), atol=1e-7)


def test_a_certain_network_has_scores_and_gradients_without_overflow(classes):
    for logits in (np.full(classes.outputs, 800.0), np.linspace(-800, 800, classes.outputs)):
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            for target in range(len(classes)):
                assert np.isfinite(score(logits, classes, target))
                assert np.isfinite(score_gradient(logits, classes, target)).all()


def test_the_mean_grade_is_that_of_the_network_where_it_has_finer_grades_than_classes():
    logits = np.random.default_rng(7).normal(0, 2, (7, 4))
    expected = probabilities_of(logits, GRADES) @ np.arange(1, 6)
    np.testing.assert_allclose(mean_grade(logits, STARS), expected, atol=1e-12)
    assert mean_grade(logits, GRADES) is None
