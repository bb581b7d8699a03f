"""A saved run for one's own texts and classes: its network with another last layer, in seconds and without TensorFlow.

    Splits, and the ONNX file of a run
        -> pooled features of the training and validation reviews    ONNX Runtime
        -> a last layer                                              sentiment.teaching.linear_head
        -> all other weights too, if that is wanted                  sentiment.teaching.fine_tuning, with TensorFlow
        -> a run, measured once on test, beside the run as it is, a linear model and the most frequent class

The last layer learns from the training and the validation reviews together. What it says of a validation review comes
from a fit without it, so it is a prediction all the same. The linear model has the same reviews and the same choice.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from onnx import helper

from sentiment.data.dataset import Examples, Splits
from sentiment.data.fingerprints import count_known, require_unfamiliar, save_learnt
from sentiment.errors import ConfigError, ExportError, ReviewsError, RunError
from sentiment.experiments.adaptation.fitting import Features, Fitted, fine_tuned, with_new_head
from sentiment.experiments.adaptation.rivals import LAST_LAYER, advice, rivals_of, verdict
from sentiment.inference.engines import OnnxEngine
from sentiment.metrics.class_probabilities import probabilities_of
from sentiment.metrics.measures import Figures, measure, wilson
from sentiment.metrics.verdicts import predicted_classes
from sentiment.networks.onnx_storage import properties_of
from sentiment.publishing.cards import adapted_card
from sentiment.runs.identity import identity
from sentiment.runs.record import METRICS, Kind, RunRecord
from sentiment.runs.results import (
    VALIDATION_PREDICTIONS,
    confidently_wrong,
    require_name,
    write_json,
    write_predictions,
)
from sentiment.runs.saved_run import (
    CARD,
    CONFIG,
    EXPORT,
    ONNX,
    TOKENIZER,
    SavedRun,
    load_run,
    qualified_name,
    write_manifest,
)
from sentiment.support.environment import machine, versions
from sentiment.support.progress import TrainingProgress
from sentiment.support.storage import new_folder, one_at_a_time
from sentiment.teaching.linear_head import FEWEST, as_network, fit_head

_TOLERANCE = 1e-4  # a larger difference of a probability is an error in the export


@dataclass(frozen=True)
class Adapted:
    """A run with another last layer, and what it is compared with."""

    run: SavedRun
    compared: dict[str, Figures]  # on the test reviews: the run itself first, then the others
    sentence: str  # which is the most accurate, and whether by more than chance
    cross_validated: str  # a sentence on the accuracy on the reviews that the run learnt from, by fits without them
    advice: str  # what to try next; empty where nothing suggests itself


def adapt(
    source: SavedRun,
    splits: Splits,
    dataset_folder: Path,
    name: str,
    notify: Callable[[str], object] = str,
    deep: TrainingProgress | None = None,
) -> Adapted:
    """Fits a last layer to reviews and saves the run.

    Args:
        source: whose network the new run has.
        splits: the reviews, of any classes.
        dataset_folder: of their runs.
        name: of the new run in it; an adapted run of that name is replaced.
        notify: receives a line where a figure needs an explanation.
        deep: train the other weights, too; receives every step and epoch. None: they stay as they are.

    Raises:
        ConfigError: the source has learnt from test reviews, or the training diverged.
        ReviewsError: fewer than two reviews of a class to learn from, or no two of them share a word.
        RunError: the source has no ONNX file; or the name cannot be that of a run, or another run has it.
        ExportError: ONNX Runtime computes other probabilities than NumPy or Keras.
        StorageError: the disk is full or cannot be written.
    """
    target = require_place(dataset_folder, name)
    with one_at_a_time(target, lambda: notify(f"another process makes {name}: waiting")):
        require_place(dataset_folder, name)  # that process may have been a training
        return _adapt(source, splits, target, notify, deep)


def _adapt(
    source: SavedRun, splits: Splits, target: Path, notify: Callable[[str], object], deep: TrainingProgress | None
) -> Adapted:
    name = target.name
    require_unfamiliar(splits.test.texts, [source.folder])
    pooled, tokenizer, classes = Features(source), source.tokenizer(), splits.classes
    learnt = learnt_from(splits)
    familiar = count_known(source.folder, learnt.texts)
    if familiar:
        notify(
            f"{qualified_name(source.folder)} had learnt from {familiar:,} of these {len(learnt):,} reviews before, "
            "and is surer of them than of new ones: the probabilities of the new run may be too sure"
        )
    test_ids = tokenizer.token_ids(splits.test.texts)
    others = rivals_of(source, splits, learnt, test_ids)
    started = time.perf_counter()
    features = pooled(tokenizer.token_ids(learnt.texts))
    head = fit_head(features, learnt.labels, classes)
    left_out = probabilities_of(as_network(head.out_of_fold, classes), classes)
    right = int((predicted_classes(left_out) == learnt.labels).sum())
    last_layer = with_new_head(source, pooled, head, splits, learnt, left_out)
    fitted = fine_tuned(source, last_layer, head, features, splits, learnt, deep, notify) if deep else last_layer
    seconds = time.perf_counter() - started
    if deep:
        others = {LAST_LAYER: last_layer.compute(test_ids), **others}
    on_test = OnnxEngine(fitted.network.SerializeToString()).start(test_ids)()
    difference = _require_same(on_test, fitted.compute(test_ids))
    compared = {label: measure(splits.test.labels, values, classes) for label, values in others.items()}
    record = RunRecord(
        name=name,
        kind=Kind.ADAPTED,
        architecture=source.record.architecture,
        dtype=source.record.dtype,
        parameters=fitted.parameters,
        encoder=source.record.encoder,
        teachers=source.record.teachers,
        validation=measure(splits.validation.labels, fitted.on_validation, classes),
        test=measure(splits.test.labels, on_test, classes),
        train_seconds=seconds,
        built_from=source.record.training_times,
        epochs=fitted.epochs,
        temperature=fitted.temperature,
        certainty=fitted.certainty,
        settings={**fitted.settings, "C": head.strength, "cross_validated_accuracy": right / len(learnt)},
        identity=identity(splits.dataset.content_hash, adapted_from=source.record.id, config=asdict(fitted.config)),
        dataset=asdict(splits.dataset),
        confidently_wrong=confidently_wrong(splits.test.texts, splits.test.labels, on_test),
        versions=versions(),
        machine=machine(),
        adapted_from={"run": qualified_name(source.folder), "id": source.record.id, "familiar": familiar},
        compared=compared,
    )
    sentence = verdict(f"{target.parent.name}/{name}", on_test, others, splits.test.labels)
    with new_folder(target) as folder:
        _save(folder, source, splits, learnt, fitted, record, on_test, difference, sentence)
    run = load_run(target)
    low, high = wilson(right, len(learnt))
    cross_validated = (
        f"Cross-validated{' before fine-tuning' if deep else ''} on the {len(learnt):,} reviews that it learnt from, "
        f"which also chose the strength of its regularisation: {right / len(learnt):.2%} "
        f"({100 * low:.1f}–{100 * high:.1f})."
    )
    next_step = advice(qualified_name(target), on_test, others, splits.test.labels, len(learnt))
    return Adapted(run, {qualified_name(target): run.record.test, **compared}, sentence, cross_validated, next_step)


def _require_same(on_test: np.ndarray, computed: np.ndarray) -> float:
    """The largest difference of the same probabilities, by ONNX Runtime and without it; ExportError if it is large."""
    difference = float(np.abs(on_test - computed).max())
    if difference > _TOLERANCE:
        raise ExportError(
            f"expected {ONNX} to give the probabilities of the fit, to {_TOLERANCE}; found a difference of "
            f"{difference:.2g}; please report this with the versions in {METRICS}"
        )
    return difference


def _save(
    folder: Path,
    source: SavedRun,
    splits: Splits,
    learnt: Examples,
    fitted: Fitted,
    record: RunRecord,
    on_test: np.ndarray,
    difference: float,
    sentence: str,
) -> None:
    """Writes the files of a run."""
    helper.set_model_props(fitted.network, {**properties_of(fitted.network), "run": record.name})
    (folder / ONNX).write_bytes(fitted.network.SerializeToString())
    shutil.copy(source.folder / TOKENIZER, folder / TOKENIZER)
    save_learnt(folder, learnt.texts, [source.folder])
    (folder / CONFIG).write_text(fitted.config.to_json() + "\n", encoding="utf-8")
    (folder / METRICS).write_text(record.to_json(), encoding="utf-8")
    write_predictions(folder, splits.test.labels, on_test)
    write_predictions(folder, splits.validation.labels, fitted.on_validation, VALIDATION_PREDICTIONS)
    onnx_figures = {"bytes": (folder / ONNX).stat().st_size, "largest_probability_difference": difference}
    reason = "an adapted run has its ONNX file in float32 alone"
    write_json(folder / EXPORT, {"onnx": onnx_figures, "int8": {"kept": False, "reason": reason}})
    (folder / CARD).write_text(adapted_card(record, sentence), encoding="utf-8")
    write_manifest(folder)


def learnt_from(splits: Splits) -> Examples:
    """The training reviews, and behind them the validation reviews.

    Raises:
        ReviewsError: fewer than two of a class are among them.
    """
    texts = [*splits.train.texts, *splits.validation.texts]
    labels = np.concatenate([splits.train.labels, splits.validation.labels]).astype(int)
    counts = np.bincount(labels, minlength=len(splits.classes))
    if counts.min() < FEWEST:
        rare = splits.classes.names[int(counts.argmin())]
        raise ReviewsError(
            f"expected at least {FEWEST} reviews of each class to learn from, beside those of the test split; found "
            f"{counts.min()} of {rare}; give more of them, or put classes together with --labels"
        )
    return Examples(texts, labels)


def require_place(dataset_folder: Path, name: str) -> Path:
    """The folder of a new run.

    Raises:
        RunError: the name cannot be that of a run, or what lies there is no adapted run.
    """
    target = dataset_folder / require_name(name)
    if target.exists():
        try:
            is_adapted = load_run(target).record.kind == Kind.ADAPTED
        except (RunError, ConfigError):
            is_adapted = False
        if not is_adapted:
            raise RunError(
                f"expected a name that is free, or that of an adapted run; found {target}; choose another with --name"
            )
    return target
