"""Baselines by name: fitted, and saved as results."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.config import Classes
from sentiment.data.dataset import Splits, same_split
from sentiment.errors import ConfigError, RunError
from sentiment.metrics.calibration import calibrated, temperature
from sentiment.metrics.class_probabilities import logits_of
from sentiment.metrics.measures import measure
from sentiment.runs import identity as identities
from sentiment.runs.archive import find_record
from sentiment.runs.record import Kind, RunRecord
from sentiment.runs.results import confidently_wrong, on_short_texts, write_result
from sentiment.support.environment import machine, versions
from sentiment.training.baselines.document_vectors import document_vectors
from sentiment.training.baselines.fitting import FittedBaseline, sharing_words
from sentiment.training.baselines.linear import majority, nb_svm, tfidf_logistic
from sentiment.training.baselines.perceptron import mlp

BASELINES: dict[str, Callable[[Splits, int], FittedBaseline]] = {
    "tfidf-logistic": tfidf_logistic,
    "nb-svm": nb_svm,
    "document-vectors": document_vectors,
    "mlp": mlp,
    "majority": majority,
}


def usable_baselines() -> list[str]:
    """The names of those that can be fitted here: document vectors need Numba."""
    return [name for name in BASELINES if name != "document-vectors" or find_spec("numba")]


def fit_baseline(name: str, splits: Splits, seed: int = 0) -> FittedBaseline:
    """Fits one baseline on the training split and chooses on validation.

    Raises:
        ConfigError: there is no baseline of that name.
        ReviewsError: no two reviews share a word.
    """
    if name not in BASELINES:
        raise ConfigError(f"expected a baseline, one of {', '.join(BASELINES)}; found {name!r}")
    with sharing_words(splits.train.texts):
        return BASELINES[name](splits, seed)


def baseline_identity(splits: Splits, seed: int = 0) -> dict[str, Any]:
    """What a baseline is made of: every review of the three parts, with its label and its place, and the seed."""
    digest = hashlib.sha256()
    for part in (splits.train, splits.validation, splits.test):
        digest.update(json.dumps([part.texts, part.labels.tolist()]).encode())
    return identities.identity(digest.hexdigest(), seed=seed, **unless_polarity(splits.classes))


def unless_polarity(classes: Classes) -> dict[str, Any]:
    """What an identity says of classes: nothing of negative and positive ones, as before there were others."""
    return {} if classes.is_polarity else {"classes": classes.to_values()}


def is_fitted(name: str, splits: Splits, folder: Path) -> bool:
    """Whether a folder or the archive has the figures of a baseline of the same reviews, all that are measured now."""
    try:
        record = find_record(folder.parent, f"{folder.name}/{name}")
    except RunError:
        return False
    if record is None or not same_split(record.dataset, asdict(splits.dataset)):
        return False
    measured = None not in (record.validation_short_texts, record.temperature)
    return measured and identities.same_identity(record.identity, baseline_identity(splits))


def save_baseline(name: str, splits: Splits, folder: Path) -> None:
    """Fits a baseline and writes its figures to `folder / name`.

    Args:
        name: a key of `BASELINES`.
        splits: the reviews.
        folder: of all baselines of the dataset.

    Raises:
        ConfigError: there is no baseline of that name.
        ReviewsError: no two reviews share a word.
        StorageError: no space left, or no permission.
    """
    fitted, classes = fit_baseline(name, splits), splits.classes
    # Networks are calibrated, so what they are compared with is calibrated as well.
    degrees = temperature(
        logits_of(fitted.predict(splits.validation.texts), classes), splits.validation.labels, classes
    )

    def predict(texts: Sequence[str]) -> np.ndarray:
        return calibrated(fitted.predict(texts), degrees, classes)

    on_validation, on_test = predict(splits.validation.texts), predict(splits.test.texts)
    record = RunRecord(
        name=name,
        kind=Kind.BASELINE,
        architecture=name,
        dtype=fitted.dtype,
        parameters=fitted.parameters,
        validation=measure(splits.validation.labels, on_validation, classes),
        validation_short_texts=on_short_texts(splits.validation, classes, predict),
        test=measure(splits.test.labels, on_test, classes),
        train_seconds=fitted.train_seconds,
        epochs=fitted.epochs,
        best_epoch=fitted.epochs,
        temperature=degrees,
        settings=fitted.settings,
        identity=baseline_identity(splits),
        dataset=asdict(splits.dataset),
        confidently_wrong=confidently_wrong(splits.test.texts, splits.test.labels, on_test),
        versions=versions(),
        machine=machine(),
    )
    write_result(folder / name, record, splits.test.labels, on_test, (splits.validation.labels, on_validation))
