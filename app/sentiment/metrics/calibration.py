"""Temperature scaling: probabilities that mean what they say."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit

LIMITS = (0.25, 4.0)  # a network that needs more has learnt nothing, or the reviews by heart
_CERTAIN = 1e-12  # distance of a probability from 0 and 1, at least, before its logit is taken


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The divisor of the logits that minimises the log loss (Guo et al. 2017). No prediction changes sides.

    The labels are smoothed as if one more review of each class had been on the wrong side (Platt 1999); otherwise a
    network without errors on a few hundred reviews would become as sure as `LIMITS` allow. The last layer is linear, so
    dividing its weights does the same, in whatever format they are loaded.

    Args:
        logits: float[n] of reviews that the network was not trained on.
        labels: int[n], 0 or 1.
    """
    labels = np.asarray(labels, bool)
    positive = np.where(labels, (labels.sum() + 1) / (labels.sum() + 2), 1 / ((~labels).sum() + 2))

    def log_loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        return float((positive * np.logaddexp(0, -scaled) + (1 - positive) * np.logaddexp(0, scaled)).mean())

    low, high = np.log(LIMITS)
    return float(np.exp(minimize_scalar(log_loss, bounds=(low, high), method="bounded").x))


def logits_of(probabilities: np.ndarray) -> np.ndarray:
    """float64[n]: the logits of probabilities float[n]."""
    return logit(np.clip(np.asarray(probabilities, np.float64), _CERTAIN, 1 - _CERTAIN))


def calibrated(probabilities: np.ndarray, divisor: float) -> np.ndarray:
    """float64[n]: probabilities whose logits are divided by a temperature."""
    return expit(logits_of(probabilities) / divisor)
