"""Temperature scaling finds how much too sure a net is."""

import numpy as np
import pytest
from scipy.special import expit

from app.calibration import LIMITS, temperature


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_a_net_whose_logits_are_too_large_by_a_factor_gets_that_factor(factor):
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, 20_000)
    labels = rng.random(20_000) < expit(honest)
    assert temperature(honest * factor, labels) == pytest.approx(factor, rel=0.05)


def test_a_net_that_is_never_wrong_is_not_made_infinitely_sure():
    assert temperature(np.array([-1.0, 1.0]), np.array([0, 1])) >= LIMITS[0]
