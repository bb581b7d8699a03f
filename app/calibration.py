"""Temperature scaling: probabilities that mean what they say."""

import numpy as np
from scipy.optimize import minimize_scalar

LIMITS = (0.25, 4.0)  # a net that wants more than that has learned nothing, or the reviews by heart


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """By what logits are divided so that the log loss is lowest (Guo et al. 2017).

    No verdict changes: a logit keeps its sign. The net's last layer is linear, so dividing its weights does it, and
    whoever loads them, in whatever format, need not know.

    Args:
        logits: float[n], of reviews that the net was not trained on.
        labels: int[n], 0 or 1.
    """
    sign = 1 - 2 * np.asarray(labels, np.float64)

    def log_loss(log_temperature: float) -> float:
        return float(np.logaddexp(0, sign * logits / np.exp(log_temperature)).mean())

    low, high = np.log(LIMITS)
    return float(np.exp(minimize_scalar(log_loss, bounds=(low, high), method="bounded").x))
