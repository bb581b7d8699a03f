"""Probabilities as they are saved, and the class that they say. Imports NumPy alone.

Those of two classes are float[n], of the second class; those of several are float[n, classes].
"""

import math

import numpy as np

THRESHOLD = 0.5  # from which the second of two classes is predicted


def in_percent(probability: float) -> str:
    """A probability for people, who are never told 0% or 100%: "86%", "under 1%", "over 99%"."""
    rounded = math.floor(100 * probability + 0.5)  # as JavaScript rounds; `round` takes halves to even numbers
    return "under 1%" if rounded < 1 else "over 99%" if rounded > 99 else f"{rounded}%"


def of_all_classes(probabilities: np.ndarray) -> np.ndarray:
    """Float64[n, classes] of probabilities as they are saved, which have one column fewer for two classes."""
    p = np.asarray(probabilities, np.float64)
    return np.stack([1 - p, p], axis=1) if p.ndim == 1 else p


def as_saved(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities float[n, classes] of all classes as they are saved: float[n] of the second of two."""
    return probabilities[:, 1] if probabilities.shape[1] == 2 else probabilities


def predicted_classes(probabilities: np.ndarray) -> np.ndarray:
    """int[n]: the most probable class, by its index; the second of two from one half on."""
    p = np.asarray(probabilities)
    return (p >= THRESHOLD).astype(int) if p.ndim == 1 else p.argmax(axis=1)
