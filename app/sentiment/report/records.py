"""Reads result folders into typed values, and keeps those that were measured on the same reviews."""

import hashlib
import json
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sentiment.config import Config
from sentiment.errors import ConfigError, RunError
from sentiment.runs.ensembles import predictions_of
from sentiment.runs.results import (
    BASELINES_FOLDER,
    ENSEMBLES_FOLDER,
    HISTORY,
    read_metrics,
    read_predictions,
    readable,
    result_folders,
)
from sentiment.runs.saved_run import METRICS
from sentiment.runs.training_time import Costs, built_from

ENSEMBLE = "ensemble"  # in the place of an architecture


@dataclass(frozen=True)
class Result:
    """One fitted classifier, or an ensemble of some, and all that was measured of it."""

    name: str
    architecture: str
    preset: str | None  # None for a baseline and for an ensemble
    seed: int | None  # the same
    dtype: str | None
    parameters: int
    validation: dict[
        str, Any
    ]  # what sentiment.metrics.measures.measure gives; empty for an ensemble that was not measured there
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
    history: pd.DataFrame | None = None  # a row per epoch; None for what was not trained in epochs here
    short_texts: dict[str, dict[str, float]] = field(
        default_factory=dict
    )  # what sentiment.runs.results.on_short_texts gives
    built_from: Costs = field(default_factory=dict)
    pretrained: bool = False  # it started from an encoder
    teachers: tuple[str, ...] = ()  # whose probabilities it learnt beside the labels
    members: tuple[str, ...] = ()  # of an ensemble
    recipe: str = ""  # SHA-256 of all settings but the seed
    setting: str = ""  # the same without the architecture, and without the encoder that it needs

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
    outdated: tuple[str, ...]  # names of ensembles of which a member is gone, or says something else now


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
        raise RunError(f"expected results of runs or baselines in {dataset_folder}; found none; train with: make train")
    newest = max(runs or baselines, key=lambda folder: ((folder / METRICS).stat().st_mtime_ns, folder.name))
    standard = read_result(dataset_folder / reference if reference else newest)
    ensembles = {path.stem: read_ensemble(path) for path in sorted((dataset_folder / ENSEMBLES_FOLDER).glob("*.json"))}
    results = [read_result(folder) for folder in (*runs, *baselines)]
    results += [ensemble for ensemble in ensembles.values() if ensemble]
    compared = tuple(result for result in results if _same_reviews(result, standard))
    left_out = tuple(result.name for result in results if not _same_reviews(result, standard))
    outdated = tuple(name for name, ensemble in ensembles.items() if ensemble is None)
    return Results(standard.dataset, compared, left_out, outdated)


def read_result(folder: Path) -> Result:
    """The result in a folder.

    Raises:
        RunError: a file is missing or does not hold what it should.
    """
    with readable(folder, "train it again or delete it"):
        values = read_metrics(folder)
        labels, probabilities = read_predictions(folder)
        # The small copy of a run was not trained.
        is_copy = "full_precision" in values
        history = folder / HISTORY
        config = values.get("identity", {}).get("config", {})
        return Result(
            **{name: values[name] for name in _FROM_METRICS},
            labels=labels,
            probabilities=probabilities,
            history=pd.read_csv(history) if history.is_file() and not is_copy else None,
            short_texts=values.get("validation_short_texts", {}),
            built_from=built_from(values),
            recipe=_digest(config, seed=0),
            setting=_digest(config, seed=0, architecture="", encoder=""),
            pretrained=bool(config.get("encoder")),
            teachers=tuple(said.rsplit(" ", 1)[0] for said in config.get("teachers", "").split(", ") if said),
        )


def read_ensemble(path: Path) -> Result | None:
    """The ensemble in a file; None where its members are not what they were when it was made.

    Raises:
        RunError: the file does not hold what it should.
    """
    with readable(path, "make it again or delete it"):
        values = json.loads(path.read_text(encoding="utf-8"))
        predictions = predictions_of(values, path.parent.parent)
        if predictions is None:
            return None
        return Result(
            **{name: values[name] for name in ("name", "parameters", "test", "dataset", "built_from")},
            architecture=ENSEMBLE,
            validation=values["validation"] or {},
            members=tuple(member["name"] for member in values["members"]),
            labels=predictions[0],
            probabilities=predictions[1],
            preset=None,
            seed=None,
            dtype=None,
            train_seconds=0.0,  # all of its training is that of its members
            seconds_per_epoch=None,
            tokens_per_second=None,
            epochs=None,
            best_epoch=None,
            confidently_wrong=[],
            machine={},
        )


_FROM_METRICS = tuple(
    one.name
    for one in fields(Result)
    if one.default is MISSING and one.default_factory is MISSING and one.name not in ("labels", "probabilities")
)


def _digest(config: dict[str, Any], **alike: Any) -> str:
    """Of a run's settings, but for those that count as alike; one younger than the run has its default; "" for none."""
    try:
        text = Config.from_json(json.dumps(config)).replace(**alike).to_json()
    except ConfigError:
        return ""
    return hashlib.sha256(text.encode()).hexdigest()


def _same_reviews(a: Result, b: Result) -> bool:
    # The same reviews can be split in more than one way; paired tests need the same test reviews in the same order, and
    # who learnt from fewer, or was chosen by other ones, cannot stand beside who had them all.
    same = all(a.dataset[what] == b.dataset[what] for what in ("content_hash", "train", "validation"))
    return same and np.array_equal(a.labels, b.labels)
