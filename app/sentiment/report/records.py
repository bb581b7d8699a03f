"""Reads result folders, and keeps the results that were measured on the same reviews."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sentiment.config import Config
from sentiment.errors import ConfigError, RunError
from sentiment.runs.ensembles import predictions_of
from sentiment.runs.record import METRICS, Kind, RunRecord, read_record, readable
from sentiment.runs.results import BASELINES_FOLDER, ENSEMBLES_FOLDER, HISTORY, read_predictions, result_folders


@dataclass(frozen=True)
class Result:
    """One classifier: its record, and its predictions of the test reviews."""

    record: RunRecord
    labels: np.ndarray  # int8[n]
    probabilities: np.ndarray  # float64[n]
    history: pd.DataFrame | None = None  # a row per epoch; None where no epochs were trained

    @property
    def name(self) -> str:
        return self.record.name

    @cached_property
    def is_constant(self) -> bool:
        """Whether every review has the same probability, as from the majority class."""
        return bool((self.probabilities == self.probabilities[0]).all())

    @cached_property
    def recipe(self) -> str:
        """SHA-256 of all settings but the seed; "" where there are none."""
        return _digest(self.record.config, seed=0)

    @cached_property
    def setting(self) -> str:
        """As `recipe`, without the architecture and the encoder that it needs."""
        return _digest(self.record.config, seed=0, architecture="", encoder="")


@dataclass(frozen=True)
class Results:
    """The results of a dataset that can be compared, and the names of those that cannot."""

    dataset: dict[str, Any]  # the reviews they were measured on
    compared: tuple[Result, ...]  # by name
    left_out: tuple[str, ...]
    outdated: tuple[str, ...]  # ensembles with a member that is gone or has changed


def read_results(dataset_folder: Path, reference: str | None = None) -> Results:
    """All results of a dataset with the same split into training, validation and test as one run.

    Args:
        dataset_folder: of its runs and baselines.
        reference: name of the run; None for the newest.

    Raises:
        RunError: there is no result, or one cannot be read.
    """
    runs, baselines = result_folders(dataset_folder), result_folders(dataset_folder / BASELINES_FOLDER)
    if not runs and not baselines:
        raise RunError(
            f"expected results of runs or baselines in {dataset_folder}; found none; train with: sentiment train"
        )
    newest = max(runs or baselines, key=lambda folder: ((folder / METRICS).stat().st_mtime_ns, folder.name))
    standard = read_result(dataset_folder / reference if reference else newest)
    ensembles = {path.stem: read_ensemble(path) for path in sorted((dataset_folder / ENSEMBLES_FOLDER).glob("*.json"))}
    results = [read_result(folder) for folder in (*runs, *baselines)]
    results += [ensemble for ensemble in ensembles.values() if ensemble]
    compared = tuple(result for result in results if _same_reviews(result, standard))
    left_out = tuple(result.name for result in results if not _same_reviews(result, standard))
    outdated = tuple(name for name, ensemble in ensembles.items() if ensemble is None)
    return Results(standard.record.dataset, compared, left_out, outdated)


def read_result(folder: Path) -> Result:
    """The result in a folder.

    Raises:
        RunError: a file is missing or does not hold what it should.
    """
    record = read_record(folder)
    with readable(folder, "train it again or delete it"):
        labels, probabilities = read_predictions(folder)
        is_trained = record.kind == Kind.NETWORK and (folder / HISTORY).is_file()
        return Result(record, labels, probabilities, pd.read_csv(folder / HISTORY) if is_trained else None)


def read_ensemble(path: Path) -> Result | None:
    """The ensemble in a file; None where its members are not what they were when it was made.

    Raises:
        RunError: the file does not hold what it should.
    """
    with readable(path, "make it again or delete it"):
        record = RunRecord.from_json(path.read_text(encoding="utf-8"))
        predictions = predictions_of(record, path.parent.parent)
        return Result(record, *predictions) if predictions else None


def _digest(config: dict[str, Any], **alike: Any) -> str:
    """Of a run's settings, but for those that count as alike; a setting younger than the run has its default."""
    try:
        text = Config.from_json(json.dumps(config)).replace(**alike).to_json()
    except ConfigError:
        return ""
    return hashlib.sha256(text.encode()).hexdigest()


def _same_reviews(a: Result, b: Result) -> bool:
    # The same reviews can be split in more than one way. Paired tests need the same test reviews in the same order, and
    # accuracies are comparable only where training and validation are the same, too.
    same = all(a.record.dataset[name] == b.record.dataset[name] for name in ("content_hash", "train", "validation"))
    return same and np.array_equal(a.labels, b.labels)
