"""Medians, quartiles, and how sure a ratio is."""

from collections.abc import Sequence
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
    """Of the medians of two series of seconds, with an interval by the bootstrap over rounds.

    Rounds are drawn, not steps: what slowed down both in one round says nothing of either. Where one sat out some
    rounds, each series is drawn by itself.
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
    """The spread of some steps' seconds, and tokens per second by the median."""
    found = spread(seconds)
    return found | {"tokens_per_second": tokens / found["median_seconds"]}


def largest_difference(found: dict[str, list[float]], reference: dict[str, list[float]]) -> float:
    """Between samples of two workers, as a share of the largest value of the reference; of all arrays the largest."""
    shares = []
    for name, values in reference.items():
        one, other = np.array(values), np.array(found[name])
        shares.append(float(np.abs(other - one).max() / np.abs(one).max()))
    return max(shares)
