"""Temperature scaling: probabilities that mean what they say."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit

LIMITS = (0.25, 4.0)  # a net that wants more than that has learned nothing, or the reviews by heart
_CERTAIN = 1e-12  # how near to 0 and 1 a probability may come before its logit is taken


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """By what logits are divided so that the log loss is lowest (Guo et al. 2017).

    Labels are taken as slightly uncertain, as if one more review of each class had been seen on the wrong side (Platt
    1999); otherwise a net that errs on none of a few hundred reviews would be made as sure as can be. No verdict
    changes: a logit keeps its sign. The net's last layer is linear, so dividing its weights does it, and
    whoever loads them, in whatever format, need not know.

    Args:
        logits: float[n], of reviews that the net was not trained on.
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
    """Float64[n], the logits of probabilities float[n]."""
    return logit(np.clip(np.asarray(probabilities, np.float64), _CERTAIN, 1 - _CERTAIN))


def calibrated(probabilities: np.ndarray, degrees: float) -> np.ndarray:
    """Float64[n], probabilities whose logits are divided by a temperature."""
    return expit(logits_of(probabilities) / degrees)
