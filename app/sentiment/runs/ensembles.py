"""Several fitted classifiers that answer as one: the mean of their logits (the logarithmic opinion pool, Hinton 1999).

    saved test predictions of runs and baselines -> models/<dataset>/ensembles/<name>.json

An ensemble holds no model, only its members by name and by the SHA-256 of what they said, and the figures of their
mean. It reads its members and changes nothing of them. The test split decides nothing: every member weighs the same,
or has the weight that the saved predictions of the validation split give it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit, softmax

from sentiment.errors import RunError
from sentiment.metrics.measures import measure
from sentiment.runs.record import METRICS, Kind, Member, RunRecord, merged, read_record, readable
from sentiment.runs.results import (
    BASELINES_FOLDER,
    ENSEMBLES_FOLDER,
    PREDICTIONS,
    VALIDATION_PREDICTIONS,
    read_predictions,
    require_name,
)
from sentiment.runs.saved_run import MANIFEST, find_run, sha256
from sentiment.support.environment import versions
from sentiment.support.storage import write_text

_CERTAIN = 1e-6  # how near to 0 and 1 a probability may come before its logit is taken: they are saved to six digits


@dataclass(frozen=True)
class Ensemble:
    """An ensemble as it was written."""

    path: Path
    dataset_folder: Path
    record: RunRecord


def combine(members: Sequence[str], name: str, models: Path, baselines: Sequence[str], *, weighted: bool) -> Ensemble:
    """Judges the mean of several classifiers and writes it down.

    Args:
        members: at least two saved runs of one dataset, as `sentiment.runs.saved_run.find_run` takes them, among them
        names of
            baselines of that dataset.
        name: of the ensemble; an older one of that name is replaced.
        models: folder of all datasets.
        baselines: the names that baselines can have.
        weighted: choose the members' weights by log loss on the validation split, instead of the same for all.

    Raises:
        RunError: a member that is missing, twice there, or measured on other reviews; no run among them; a name that
            cannot be one of a file; weights are wanted and a member has saved no validation predictions.
        StorageError: no room left, or no permission.
    """
    require_name(name)
    folders = _folders(members, models, baselines)
    records = [_record(folder) for folder in folders]
    labels, on_test = _predictions(folders, records, PREDICTIONS)
    has_validation = all((folder / VALIDATION_PREDICTIONS).is_file() for folder in folders)
    weights = np.full(len(folders), 1 / len(folders))
    validation = None
    if weighted and not has_validation:
        lacking = next(folder for folder in folders if not (folder / VALIDATION_PREDICTIONS).is_file())
        raise RunError(
            f"expected {VALIDATION_PREDICTIONS} in {lacking} to choose weights by; found none; train it again, or "
            "leave the weights the same for all"
        )
    if has_validation:
        truth, on_validation = _predictions(folders, records, VALIDATION_PREDICTIONS)
        if weighted:
            weights = _chosen(truth, on_validation)
        validation = measure(truth, _mean(on_validation, weights))
    record = RunRecord(
        name=name,
        kind=Kind.ENSEMBLE,
        architecture="ensemble",
        members=tuple(_member(folder, weight) for folder, weight in zip(folders, weights, strict=True)),
        weights="validation" if weighted else "equal",
        validation=validation,
        test=measure(labels, _mean(on_test, weights)),
        parameters=sum(member.parameters for member in records),
        built_from=merged(member.training_times for member in records),
        dataset=records[0].dataset,
        versions=versions(),
    )
    dataset_folder = next(folder.parent for folder in folders if folder.parent.name != BASELINES_FOLDER)
    path = dataset_folder / ENSEMBLES_FOLDER / f"{name}.json"
    write_text(path, record.to_json())
    return Ensemble(path, dataset_folder, record)


def predictions_of(ensemble: RunRecord, dataset_folder: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Labels, int8[n], and probabilities, float64[n], on the test split; None where a member has changed or gone.

    Args:
        ensemble: its record.
        dataset_folder: where its file lies in `ensembles/`, and its members beside it.
    """
    logits, labels = [], np.zeros(0, np.int8)
    for member in ensemble.members:
        folder = dataset_folder / member.folder
        if not (folder / PREDICTIONS).is_file() or sha256(folder / PREDICTIONS) != member.test_predictions:
            return None
        labels, probabilities = read_predictions(folder)
        logits.append(probabilities)
    return labels, _mean(np.array(logits), np.array([member.weight for member in ensemble.members]))


def _folders(members: Sequence[str], models: Path, baselines: Sequence[str]) -> list[Path]:
    """The folder of each member; baselines are those of the dataset that the runs are of."""
    found = [None if member in baselines else find_run(models, member).folder.resolve() for member in members]
    datasets = list(dict.fromkeys(folder.parent for folder in found if folder))
    if len(datasets) != 1:
        said = ", ".join(folder.name for folder in datasets) or "no run"
        raise RunError(f"expected at least one saved run, and all of one dataset; found {said}; name others")
    folders = [folder or datasets[0] / BASELINES_FOLDER / member for folder, member in zip(found, members, strict=True)]
    if len(set(folders)) != len(folders) or len(folders) < 2:
        raise RunError(f"expected at least two different members; found {', '.join(members)}; name others")
    return folders


def _record(folder: Path) -> RunRecord:
    if not (folder / METRICS).is_file() or not (folder / PREDICTIONS).is_file():
        raise RunError(f"expected {METRICS} and {PREDICTIONS} in {folder}; found none; train it again")
    return read_record(folder, "train it again")


def _predictions(folders: Sequence[Path], records: Sequence[RunRecord], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Labels, int8[n], and probabilities, float64[members, n]."""
    found = []
    for folder in folders:
        with readable(folder, "train it again"):
            found.append(read_predictions(folder, name))
    labels = found[0][0]
    for folder, record, (theirs, _) in zip(folders, records, found, strict=True):
        reviews = record.dataset["content_hash"]
        if reviews != records[0].dataset["content_hash"] or not np.array_equal(labels, theirs):
            raise RunError(
                f"expected members measured on the same reviews; found others in {folder} than in {folders[0]}; "
                "train one of them again"
            )
    return labels, np.array([said for _, said in found])


def _mean(probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Float64[members, n] to float64[n]."""
    return expit(weights @ logit(np.clip(probabilities, _CERTAIN, 1 - _CERTAIN)))


def _chosen(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Weights that add up to one, with the lowest log loss, float64[members]."""

    def log_loss(free: np.ndarray) -> float:
        return float(measure(labels, _mean(probabilities, softmax(free)))["log_loss"])

    return softmax(minimize(log_loss, np.zeros(len(probabilities)), method="Nelder-Mead").x)


def _member(folder: Path, weight: float) -> Member:
    is_baseline = folder.parent.name == BASELINES_FOLDER
    return Member(
        name=folder.name,
        folder=f"{BASELINES_FOLDER}/{folder.name}" if is_baseline else folder.name,
        weight=float(weight),
        manifest=None if is_baseline else sha256(folder / MANIFEST),
        test_predictions=sha256(folder / PREDICTIONS),
    )
