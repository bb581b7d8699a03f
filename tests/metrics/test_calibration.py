"""Temperature scaling finds how much too sure a net is."""

import numpy as np
import pytest
from scipy.special import expit

from sentiment.metrics.calibration import LIMITS, temperature


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_a_net_whose_logits_are_too_large_by_a_factor_gets_that_factor(factor):
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, 20_000)
    labels = rng.random(20_000) < expit(honest)
    assert temperature(honest * factor, labels) == pytest.approx(factor, rel=0.05)


def test_a_net_that_is_never_wrong_on_few_reviews_is_not_made_sure_of_everything():
    logits = np.repeat([-3.0, 3.0], 50)
    calibrated = expit(logits / temperature(logits, logits > 0))
    assert 0.97 < calibrated.max() < 0.99


@pytest.mark.parametrize("right", [True, False])
def test_it_stays_within_its_limits(right):
    logits = np.repeat([-0.01, 0.01], 500)
    low, high = LIMITS
    assert temperature(logits, (logits > 0) == right) == pytest.approx(low if right else high, rel=0.01)
