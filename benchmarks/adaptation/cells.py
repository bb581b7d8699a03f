"""A cell: a method that learnt one draw of labels, on the test reviews of a domain. Saved as soon as it is done.

A measurement that was stopped goes on from the saved cells. They have which reviews were right, so that the difference
of two methods gets an interval; the published results have the intervals alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.metrics.measures import log_loss, wilson
from sentiment.metrics.verdicts import predicted_classes
from sentiment.runs.identity import digest
from sentiment.support.storage import write_text

_RESAMPLES = 2_000
_SEED = 0


@dataclass(frozen=True)
class Cell:
    """What a method says of the test reviews of a domain."""

    domain: str
    method: str
    labels: int  # of the draw; 0: it learns none
    draw: int  # its seed; 0: it learns none
    seconds: float
    log_loss: float
    right: tuple[bool, ...]  # of each test review

    @property
    def accuracy(self) -> float:
        """Share of the test reviews that are right."""
        return float(np.mean(self.right))

    def published(self) -> dict[str, Any]:
        """The cell without the single reviews."""
        values = asdict(self)
        del values["right"]
        return values | {
            "accuracy": self.accuracy,
            "accuracy_ci95": wilson(sum(self.right), len(self.right)),
            "test_reviews": len(self.right),
        }


class Cells:
    """The cells of one measurement, saved in a folder.

    Args:
        folder: of the saved cells.
        made_of: what decides all of them, as JSON has it: the reviews, the part that is measured on, the networks.
        settings: what else decides those of a method, by its name.
    """

    def __init__(self, folder: Path, made_of: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        self._folder, self._made_of, self._settings = folder, made_of, settings
        self.cells: list[Cell] = []

    def saved(self, domain: str, method: str, labels: int, draw: int) -> bool:
        """Whether a cell was computed before; then it counts now."""
        try:
            values = json.loads(self._path(domain, method, labels, draw).read_text(encoding="utf-8"))
            self.cells.append(Cell(**{**values, "right": tuple(map(bool, values["right"]))}))
        except (OSError, ValueError, TypeError, KeyError):
            return False  # none, or damaged: computing it again costs time only
        return True

    def add(
        self, domain: str, method: str, labels: int, draw: int, truth: np.ndarray, answer: tuple[np.ndarray, float]
    ) -> Cell:
        """Saves a cell.

        Args:
            domain: whose reviews.
            method: that learnt.
            labels: how many it learnt.
            draw: of them.
            truth: int[n], the labels of the test reviews.
            answer: probabilities of them as they are saved, and seconds to learn.

        Raises:
            StorageError: no room left, or no permission.
        """
        probabilities, seconds = answer
        right = tuple(bool(value) for value in predicted_classes(probabilities) == truth)
        cell = Cell(domain, method, labels, draw, round(seconds, 2), log_loss(truth, probabilities), right)
        values = {**asdict(cell), "right": [int(value) for value in right]}
        write_text(self._path(domain, method, labels, draw), json.dumps(values) + "\n")
        self.cells.append(cell)
        return cell

    def _path(self, domain: str, method: str, labels: int, draw: int) -> Path:
        cell = {"cell": [domain, method, labels, draw], "settings": self._settings.get(method)}
        name = digest({**self._made_of, **cell})[:24]
        return self._folder / f"{name}.json"


def leads(cells: list[Cell], first: str, others: Sequence[str]) -> list[dict[str, Any]]:
    """How far a method is above the best of others, by domain and number of labels.

    The best is the one with the highest mean accuracy over the draws. The interval is a bootstrap over the test
    reviews, with the draws that both have: it is about other reviews of the domain, not about other draws.

    Args:
        cells: of one measurement.
        first: name of the method.
        others: names of those to be above.
    """
    lines = []
    for domain, labels in dict.fromkeys((cell.domain, cell.labels) for cell in cells if cell.method == first):
        mine = _right(cells, domain, first, labels)
        rivals = {}
        for method in others:
            theirs = _right(cells, domain, method, labels) or _right(cells, domain, method, 0)
            pairs = [(mine[draw], theirs.get(draw, theirs.get(0))) for draw in mine if draw in theirs or 0 in theirs]
            if pairs:
                rivals[method] = np.array([np.mean(one, axis=0) for one in zip(*pairs, strict=True)])
        if not rivals:
            continue
        best = max(rivals, key=lambda method: rivals[method][1].mean())
        difference = rivals[best][0] - rivals[best][1]
        rows = np.random.default_rng(_SEED).integers(0, len(difference), (_RESAMPLES, len(difference)))
        low, high = np.quantile(difference[rows].mean(axis=1), (0.025, 0.975))
        lines.append(
            {
                "domain": domain, "labels": labels, "method": first, "above": best,
                "difference": float(difference.mean()), "ci95": [float(low), float(high)],
            }
        )  # fmt: skip
    return lines


def _right(cells: list[Cell], domain: str, method: str, labels: int) -> dict[int, np.ndarray]:
    """Float[n] of each draw: whether the test reviews are right."""
    return {
        cell.draw: np.array(cell.right, float)
        for cell in cells
        if (cell.domain, cell.method, cell.labels) == (domain, method, labels)
    }
