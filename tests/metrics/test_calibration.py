"""Temperature scaling finds how much too sure a net is."""

import numpy as np
import pytest
from scipy.special import expit

from sentiment.config import POLARITY, Classes
from sentiment.metrics.calibration import LIMITS, calibrated, temperature
from sentiment.metrics.class_probabilities import logits_of, probabilities_of


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_a_net_whose_logits_are_too_large_by_a_factor_gets_that_factor(factor):
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, 20_000)
    labels = rng.random(20_000) < expit(honest)
    assert temperature(honest * factor, labels, POLARITY) == pytest.approx(factor, rel=0.05)


def test_a_net_that_is_never_wrong_on_few_reviews_is_not_made_sure_of_everything():
    logits = np.repeat([-3.0, 3.0], 50)
    calibrated = expit(logits / temperature(logits, logits > 0, POLARITY))
    assert 0.97 < calibrated.max() < 0.99


@pytest.mark.parametrize("right", [True, False])
def test_it_stays_within_its_limits(right):
    logits = np.repeat([-0.01, 0.01], 500)
    low, high = LIMITS
    assert temperature(logits, (logits > 0) == right, POLARITY) == pytest.approx(low if right else high, rel=0.01)


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_one_temperature_is_found_for_all_of_several_classes(ordered, factor):
    rng = np.random.default_rng(0)
    classes = Classes(("1", "2", "3", "4"), ordered)
    honest = rng.normal(0, 2, (20_000, classes.outputs))
    shares = probabilities_of(honest, classes)
    labels = (shares.cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    assert temperature(honest * factor, labels, classes) == pytest.approx(factor, rel=0.05)
    assert calibrated(probabilities_of(honest * factor, classes), factor, classes) == pytest.approx(shares, abs=1e-3)


def test_calibration_moves_no_review_to_another_class_where_classes_have_no_order():
    classes = Classes(("a", "b", "c"))
    shares = probabilities_of(np.random.default_rng(1).normal(0, 2, (500, 3)), classes)
    assert (calibrated(shares, 2.5, classes).argmax(axis=1) == shares.argmax(axis=1)).all()


@pytest.mark.parametrize("classes", [POLARITY, Classes(("a", "b", "c")), Classes(("1", "2", "3"), ordered=True)])
def test_logits_become_probabilities_and_these_the_same_probabilities_again(classes):
    logits = np.random.default_rng(2).normal(0, 3, (200, classes.outputs))
    logits = logits[:, 0] if classes.is_binary else logits
    shares = probabilities_of(logits, classes)
    assert probabilities_of(logits_of(shares, classes), classes) == pytest.approx(shares, abs=1e-9)
    if not classes.is_binary:
        assert shares.sum(axis=1) == pytest.approx(np.ones(200))
    if classes.is_graded:  # logit j asks whether a review is better than grade j if it is not worse
        assert shares[:, 1:].sum(axis=1) == pytest.approx(1 / (1 + np.exp(-logits[:, 0])))
        assert shares[:, 2] / shares[:, 1:].sum(axis=1) == pytest.approx(1 / (1 + np.exp(-logits[:, 1])))
