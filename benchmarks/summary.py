"""Medians, quartiles, and ratios with their intervals."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

DRAWS = 2000
COVERAGE = 0.95


class Ratio(NamedTuple):
    """How many times as fast ours is; above one, it is faster."""

    figure: float  # their median over ours
    low: float  # of the 95% interval
    high: float


def ratio(theirs: Sequence[float], ours: Sequence[float]) -> Ratio:
    """The ratio of the medians of two series of seconds, with a bootstrap interval over rounds.

    Both series are resampled by the same rounds, because a slow round is slow for both. Where one has fewer rounds,
    each series is resampled by itself.
    """
    random = np.random.default_rng(5)
    a, b = np.array(theirs), np.array(ours)
    drawn_a = random.integers(len(a), size=(DRAWS, len(a)))
    drawn_b = drawn_a if len(a) == len(b) else random.integers(len(b), size=(DRAWS, len(b)))
    ratios = np.median(a[drawn_a], axis=1) / np.median(b[drawn_b], axis=1)
    low, high = np.quantile(ratios, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return Ratio(float(np.median(a) / np.median(b)), float(low), float(high))


def spread(values: Sequence[float], unit: str = "seconds") -> dict[str, Any]:
    """Median, quartiles and every single measurement."""
    low, median, high = (float(value) for value in np.quantile(values, [0.25, 0.5, 0.75]))
    return {
        "rounds": len(values),
        f"median_{unit}": median,
        f"quartiles_{unit}": [low, high],
        unit: list(values),
    }


def summary(seconds: Sequence[float], tokens: int) -> dict[str, Any]:
    """The spread of the seconds of some steps, and tokens per second by the median."""
    figures = spread(seconds)
    return figures | {"tokens_per_second": tokens / figures["median_seconds"]}


def largest_difference(samples: Mapping[str, Sequence[float]], reference: Mapping[str, Sequence[float]]) -> float:
    """The largest difference over all arrays, each as a share of the largest value of its reference."""
    return max(
        float(np.abs(np.subtract(samples[name], expected)).max() / np.abs(expected).max())
        for name, expected in reference.items()
    )
