"""Reads result folders into typed values, and keeps those that were measured on the same reviews."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from app.errors import RunError
from app.results import BASELINES_FOLDER, HISTORY, PREDICTIONS
from app.runs import ENCODER, METRICS


@dataclass(frozen=True)
class Result:
    """One fitted classifier and all that was measured of it."""

    name: str
    architecture: str
    preset: str | None  # None for a baseline
    seed: int | None  # None for a baseline
    dtype: str | None
    parameters: int
    validation: dict[str, Any]  # what app.metrics.measure gives
    test: dict[str, Any]
    train_seconds: float
    seconds_per_epoch: float | None
    tokens_per_second: float | None
    epochs: int | None
    best_epoch: int | None
    dataset: dict[str, Any]
    confidently_wrong: list[dict[str, Any]]
    machine: dict[str, Any]
    labels: np.ndarray  # int8[n], of the test split
    probabilities: np.ndarray  # float64[n]
    history: pd.DataFrame | None  # a row per epoch; None for a baseline

    @property
    def is_baseline(self) -> bool:
        return self.preset is None

    @cached_property
    def is_constant(self) -> bool:
        """Whether it says the same of every review, like the majority class."""
        return bool((self.probabilities == self.probabilities[0]).all())


@dataclass(frozen=True)
class Results:
    """The results of a dataset that can be compared, and the names of those that cannot."""

    dataset: dict[str, Any]  # the reviews they were measured on
    compared: tuple[Result, ...]  # by name
    left_out: tuple[str, ...]


def read_results(dataset_folder: Path) -> Results:
    """All results of a dataset that were measured on the same test reviews as its newest run.

    Raises:
        RunError: there is no result, or one cannot be read.
    """
    runs, baselines = _folders(dataset_folder), _folders(dataset_folder / BASELINES_FOLDER)
    if not runs and not baselines:
        raise RunError(f"expected results of runs or baselines in {dataset_folder}; found none; train with: make train")
    newest = max(runs or baselines, key=lambda folder: ((folder / METRICS).stat().st_mtime_ns, folder.name))
    reference = read_result(newest)
    results = [read_result(folder) for folder in (*runs, *baselines)]
    compared = tuple(result for result in results if _same_reviews(result, reference))
    left_out = tuple(result.name for result in results if not _same_reviews(result, reference))
    return Results(reference.dataset, compared, left_out)


def read_result(folder: Path) -> Result:
    """The result in a folder.

    Raises:
        RunError: a file is missing or does not hold what it should.
    """
    try:
        values = json.loads((folder / METRICS).read_text(encoding="utf-8"))
        predictions = pd.read_csv(folder / PREDICTIONS)
        history = folder / HISTORY
        return Result(
            **{name: values[name] for name in _FROM_METRICS},
            labels=predictions["label"].to_numpy(np.int8),
            probabilities=predictions["probability"].to_numpy(np.float64),
            history=pd.read_csv(history) if history.is_file() else None,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise RunError(f"expected a readable result in {folder}; found {reason}; train it again or delete it") from None


_FROM_METRICS = tuple(
    name for name in Result.__dataclass_fields__ if name not in ("labels", "probabilities", "history")
)


def _folders(parent: Path) -> list[Path]:
    folders = sorted(path.parent for path in parent.glob(f"*/{METRICS}"))
    # A name with a dot is something half written; an encoder says nothing of reviews.
    return [folder for folder in folders if not folder.name.startswith(".") and not (folder / ENCODER).exists()]


def _same_reviews(a: Result, b: Result) -> bool:
    # The same reviews can be split in more than one way; paired tests need the same test reviews in the same order.
    return a.dataset["content_hash"] == b.dataset["content_hash"] and np.array_equal(a.labels, b.labels)
