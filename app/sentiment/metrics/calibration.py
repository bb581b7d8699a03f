"""Temperature scaling: probabilities that mean what they say."""

import numpy as np
from scipy.optimize import minimize_scalar

from sentiment.config import Classes
from sentiment.metrics.class_probabilities import log_probabilities_of, logits_of, probabilities_of

LIMITS = (0.25, 4.0)  # a network that needs more has learnt nothing, or the reviews by heart


def temperature(logits: np.ndarray, labels: np.ndarray, classes: Classes) -> float:
    """The divisor of the logits that minimises the log loss (Guo et al. 2017), one for all classes.

    The labels are smoothed as if one more review of each class had been of each other class (Platt 1999, for two);
    otherwise a network without errors on a few hundred reviews would become as sure as `LIMITS` allow. The last layer
    is linear, so dividing its weights does the same, in whatever format they are loaded. Of two classes, and of several
    without order, the most probable one stays the same.

    Args:
        logits: float[n, outputs] or, of two classes, float[n], of reviews that the network was not trained on.
        labels: int[n], the index of the class.
        classes: of the labels.
    """
    labels = np.asarray(labels, int)
    counts = np.bincount(labels, minlength=len(classes))
    others = 1 / (counts[labels] + len(classes))  # the share of each other class in the label of a review
    smooth = np.repeat(others[:, None], len(classes), axis=1)
    smooth[np.arange(len(labels)), labels] = (counts[labels] + 1) * others

    def log_loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        return float(-(smooth * log_probabilities_of(scaled, classes)).sum(axis=1).mean())

    low, high = np.log(LIMITS)
    return float(np.exp(minimize_scalar(log_loss, bounds=(low, high), method="bounded").x))


def calibrated(probabilities: np.ndarray, divisor: float, classes: Classes) -> np.ndarray:
    """Float64, in the shape of the probabilities: those whose logits are divided by a temperature."""
    return probabilities_of(logits_of(probabilities, classes) / divisor, classes.plain)
