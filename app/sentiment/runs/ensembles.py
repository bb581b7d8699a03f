"""Ensembles: the mean of the logits of several classifiers (the logarithmic opinion pool, Hinton 1999).

    saved test predictions of runs and baselines -> models/<dataset>/ensembles/<name>.json

An ensemble has no model of its own. Its record has the members, the SHA-256 of their test predictions, and the figures
of their mean. Weights are equal, or chosen on the saved predictions of the validation split.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax

from sentiment.config import Classes
from sentiment.errors import RunError
from sentiment.metrics.class_probabilities import logits_of, probabilities_of
from sentiment.metrics.measures import log_loss, measure
from sentiment.runs.archive import find_result
from sentiment.runs.record import Kind, Member, RunRecord, merged
from sentiment.runs.results import (
    BASELINES_FOLDER,
    ENSEMBLES_FOLDER,
    VALIDATION_PREDICTIONS,
    Result,
    predictions_csv,
    require_name,
)
from sentiment.runs.saved_run import find_run
from sentiment.support.environment import versions
from sentiment.support.storage import write_text

_CERTAIN = 1e-6  # least distance of a probability from 0 and 1: they are saved to six digits


@dataclass(frozen=True)
class Ensemble:
    """A written ensemble."""

    path: Path
    dataset_folder: Path
    record: RunRecord


def combine(members: Sequence[str], name: str, models: Path, baselines: Sequence[str], *, weighted: bool) -> Ensemble:
    """Measures the mean of several classifiers and writes its record.

    Args:
        members: at least two saved runs of one dataset, as `sentiment.runs.saved_run.find_run` takes them, and
            baselines of that dataset.
        name: of the ensemble; an older one of that name is replaced.
        models: folder of all datasets.
        baselines: the names that baselines can have.
        weighted: choose the members' weights by log loss on the validation split, instead of the same for all.

    Raises:
        RunError: a member is missing, repeated, or measured on other reviews; none is a run; the name cannot be that of
            a file; or a member has no validation predictions to choose weights by.
        StorageError: no room left, or no permission.
    """
    require_name(name)
    dataset_folder, results = _members(members, models, baselines)
    labels, on_test = results[0].labels, np.array([result.probabilities for result in results])
    classes = results[0].record.classes
    weights = np.full(len(results), 1 / len(results))
    validation = None
    lacking = next((result.key for result in results if result.validation is None), None)
    if weighted and lacking:
        raise RunError(
            f"expected {VALIDATION_PREDICTIONS} in {dataset_folder / lacking} to choose weights by; found none; train "
            "it again, or leave the weights the same for all"
        )
    if not lacking:
        truth, on_validation = _validation(results)
        if weighted:
            weights = _chosen(truth, on_validation, classes)
        validation = measure(truth, _mean(on_validation, weights, classes), classes)
    record = RunRecord(
        name=name,
        kind=Kind.ENSEMBLE,
        architecture="ensemble",
        members=tuple(_member(result, weight) for result, weight in zip(results, weights, strict=True)),
        weights="validation" if weighted else "equal",
        validation=validation,
        test=measure(labels, _mean(on_test, weights, classes), classes),
        parameters=sum(result.record.parameters for result in results),
        built_from=merged(result.record.training_times for result in results),
        dataset=results[0].record.dataset,
        versions=versions(),
    )
    path = dataset_folder / ENSEMBLES_FOLDER / f"{name}.json"
    write_text(path, record.to_json())
    return Ensemble(path, dataset_folder, record)


def as_result(ensemble: RunRecord, results: Iterable[Result]) -> Result | None:
    """An ensemble with its predictions of the test reviews; None where a member is gone or has changed.

    Args:
        ensemble: its record.
        results: those of the dataset.
    """
    by_key = {result.key: result for result in results}
    members = [by_key.get(member.folder) for member in ensemble.members]
    unchanged = [
        result
        for member, result in zip(ensemble.members, members, strict=True)
        if result and _digest(result) == member.test_predictions
    ]
    if len(unchanged) < len(members):
        return None
    weights = np.array([member.weight for member in ensemble.members])
    probabilities = _mean(np.array([result.probabilities for result in unchanged]), weights, ensemble.classes)
    return Result(ensemble.name, ensemble, (unchanged[0].labels, probabilities))


def _members(names: Sequence[str], models: Path, baselines: Sequence[str]) -> tuple[Path, list[Result]]:
    """The folder of the dataset, and the result of each member; baselines are those of the dataset of the runs."""
    runs = {name: find_run(models, name).folder.resolve() for name in names if name not in baselines}
    datasets = list(dict.fromkeys(folder.parent for folder in runs.values()))
    if len(datasets) != 1:
        listed = ", ".join(folder.name for folder in datasets) or "no run"
        raise RunError(f"expected at least one saved run, and all of one dataset; found {listed}; name others")
    [dataset_folder] = datasets
    keys = [runs[name].name if name in runs else f"{BASELINES_FOLDER}/{name}" for name in names]
    if len(set(keys)) != len(keys) or len(keys) < 2:
        raise RunError(f"expected at least two different members; found {', '.join(names)}; name others")
    results: list[Result] = []
    for key in keys:
        result = find_result(dataset_folder, key)
        if result is None:
            raise RunError(f"expected a result in {dataset_folder / key}; found none; train it again")
        first = (results or [result])[0]
        same_reviews = result.record.dataset["content_hash"] == first.record.dataset["content_hash"]
        same_classes = result.record.classes == first.record.classes
        if not (same_reviews and same_classes and np.array_equal(result.labels, first.labels)):
            raise RunError(
                f"expected members measured on the same reviews; found others in {key} than in {keys[0]}; "
                "train one of them again"
            )
        results.append(result)
    return dataset_folder, results


def _validation(results: Sequence[Result]) -> tuple[np.ndarray, np.ndarray]:
    """Labels, int8[n], and probabilities, float64[members, n] or [members, n, classes], of the validation reviews."""
    saved = [result.validation for result in results if result.validation]
    if any(not np.array_equal(labels, saved[0][0]) for labels, _ in saved):
        raise RunError("expected members measured on the same validation reviews; found others; train them again")
    return saved[0][0], np.array([probabilities for _, probabilities in saved])


def _mean(probabilities: np.ndarray, weights: np.ndarray, classes: Classes) -> np.ndarray:
    """Float64[members, n] to float64[n], or the same with a last axis of classes."""
    logits = np.array([logits_of(member, classes, _CERTAIN) for member in probabilities])
    return probabilities_of(np.tensordot(weights, logits, axes=1), classes.plain)


def _chosen(labels: np.ndarray, probabilities: np.ndarray, classes: Classes) -> np.ndarray:
    """Weights that add up to one, with the lowest log loss, float64[members]."""

    def loss(free: np.ndarray) -> float:
        return log_loss(labels, _mean(probabilities, softmax(free), classes))

    return softmax(minimize(loss, np.zeros(len(probabilities)), method="Nelder-Mead").x)


def _member(result: Result, weight: float) -> Member:
    return Member(result.record.name, result.key, float(weight), _digest(result))


def _digest(result: Result) -> str:
    """SHA-256 of the test predictions as text, which is the same for archived ones."""
    return hashlib.sha256(predictions_csv(*result.test)).hexdigest()
