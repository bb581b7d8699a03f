"""A saved run for one's own texts and classes: its network with another last layer, in seconds and without TensorFlow.

    Splits, and the ONNX file of a run
        -> pooled features of the training and validation reviews    ONNX Runtime
        -> a last layer                                              sentiment.teaching.linear_head
        -> all other weights too, if that is wanted                  sentiment.teaching.fine_tuning, with TensorFlow
        -> a run, measured once on test, beside the run as it is, a linear model and the most frequent class

The last layer learns from the training and the validation reviews together. What it says of a validation review comes
from a fit without it, so it is a prediction all the same. The linear model has the same reviews and the same choice.
"""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, helper

from sentiment.config import ARCHITECTURE_NAMES, Classes, Config
from sentiment.data.dataset import Examples, Splits
from sentiment.data.fingerprints import known, require_unfamiliar, save_learnt
from sentiment.errors import ConfigError, ExportError, ReviewsError, RunError
from sentiment.experiments.adaptation.rivals import LAST_LAYER, advice, rivals_of, verdict
from sentiment.inference.engines import OnnxEngine
from sentiment.metrics.certainty import Certainty, certainty
from sentiment.metrics.class_probabilities import probabilities_of
from sentiment.metrics.measures import Figures, measure, wilson
from sentiment.metrics.verdicts import predicted_classes
from sentiment.networks.onnx_files import read_onnx
from sentiment.networks.onnx_head import features_of, head_of, outputs_of, with_head
from sentiment.networks.onnx_storage import STORAGE, properties_of
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
from sentiment.teaching.linear_head import LinearModel, as_network, fit_head

PRESET = "adapted"
_FEWEST = 2  # reviews of a class: one to learn from, one to choose by
_TOLERANCE = 1e-4  # a larger difference of a probability is an error in the export


@dataclass(frozen=True)
class Adapted:
    """A run with another last layer, and what it is compared with."""

    run: SavedRun
    compared: dict[str, Figures]  # on the test reviews: the run itself first, then the others
    sentence: str  # which is the most accurate, and whether by more than chance
    cross_validated: str  # a sentence on the accuracy on the reviews that the run learnt from, by fits without them
    advice: str  # what to try next; empty where nothing suggests itself


class Features:
    """The pooled features of a saved run.

    Args:
        run: a verified run.
        threads: of ONNX Runtime; None: one per core.

    Raises:
        RunError: it has no ONNX file, or one without a layer of logits.
    """

    def __init__(self, run: SavedRun, threads: int | None = None) -> None:
        if not (run.folder / ONNX).is_file():
            command = f"sentiment export --run {run.folder}"
            raise RunError(f"expected {ONNX} in the run {run.folder}; found none; write it with: {command}")
        self.model = onnx.load_model_from_string(read_onnx(run.folder / ONNX))
        self.old_head = head_of(self.model)  # kernel float32[features, outputs] and bias float32[outputs]
        self._engine = OnnxEngine(features_of(self.model).SerializeToString(), threads)

    def __call__(self, token_ids: list[np.ndarray]) -> np.ndarray:
        """float32[n, features] of int32[time] of each review."""
        return self._engine.start(token_ids)().astype(np.float32)


@dataclass(frozen=True)
class _Fitted:
    """A network that has learnt the reviews, before it is measured."""

    network: ModelProto
    config: Config
    on_validation: np.ndarray  # probabilities of the validation reviews, by fits without them
    compute: Callable[[list[np.ndarray]], np.ndarray]  # what it says of token ids, computed without ONNX Runtime
    temperature: float
    parameters: int
    settings: dict[str, float]
    certainty: Certainty | None  # None also where no reviews were left out of what the network learnt
    epochs: int | None = None  # of fine-tuning; None: the last layer alone was fitted


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
    network, tokenizer, classes = Features(source), source.tokenizer(), splits.classes
    learnt = learnt_from(splits)
    familiar = int(known(source.folder, learnt.texts).sum())
    if familiar:
        notify(
            f"{qualified_name(source.folder)} had learnt from {familiar:,} of these {len(learnt):,} reviews before, "
            "and is surer of them than of new ones: the probabilities of the new run may be too sure"
        )
    test_ids = tokenizer.token_ids(splits.test.texts)
    others = rivals_of(source, splits, learnt, test_ids)
    started = time.perf_counter()
    features = network(tokenizer.token_ids(learnt.texts))
    head = fit_head(features, learnt.labels, classes)
    left_out = probabilities_of(as_network(head.out_of_fold, classes), classes)
    right = int((predicted_classes(left_out) == learnt.labels).sum())
    fitted = last_layer = _with_new_head(source, network, head, splits, left_out)
    if deep:
        fitted = _fine_tuned(source, last_layer, head, features, splits, deep, notify)
    seconds = time.perf_counter() - started
    if deep:
        others = {LAST_LAYER: last_layer.compute(test_ids), **others}
    on_test = OnnxEngine(fitted.network.SerializeToString()).start(test_ids)()
    difference = float(np.abs(on_test - fitted.compute(test_ids)).max())
    if difference > _TOLERANCE:
        raise ExportError(
            f"expected {ONNX} to give the probabilities of the fit, to {_TOLERANCE}; found a difference of "
            f"{difference:.2g}; please report this with the versions in {METRICS}"
        )
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
    helper.set_model_props(fitted.network, {**properties_of(fitted.network), "run": name})
    with new_folder(target) as folder:
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
    run = load_run(target)
    low, high = wilson(right, len(learnt))
    cross_validated = (
        f"Cross-validated{' before fine-tuning' if deep else ''} on the {len(learnt):,} reviews that it learnt from, "
        f"which also chose the strength of its regularisation: {right / len(learnt):.2%} "
        f"({100 * low:.1f}–{100 * high:.1f})."
    )
    next_step = advice(qualified_name(target), on_test, others, splits.test.labels, len(learnt))
    return Adapted(run, {qualified_name(target): run.record.test, **compared}, sentence, cross_validated, next_step)


def _with_new_head(
    source: SavedRun, network: Features, head: LinearModel, splits: Splits, left_out: np.ndarray
) -> _Fitted:
    """The network with another last layer."""
    classes = splits.classes
    return _Fitted(
        with_head(network.model, head.kernel, head.bias, classes, _properties(classes)),
        _config(source, classes),
        left_out[len(splits.train) :],
        lambda token_ids: _probabilities(head, network(token_ids), classes),
        head.temperature,
        source.record.parameters + head.size - sum(part.size for part in network.old_head),
        {},
        certainty(learnt_from(splits).labels, left_out),
    )


def _fine_tuned(
    source: SavedRun,
    fitted: _Fitted,
    head: LinearModel,
    features: np.ndarray,
    splits: Splits,
    report: TrainingProgress,
    notify: Callable[[str], object],
) -> _Fitted:
    """The network after all of its weights were trained on; that with another last layer where this is better."""
    from sentiment.networks.onnx_graph import to_onnx  # these import Keras
    from sentiment.networks.scoring import probabilities
    from sentiment.support.threads import settle
    from sentiment.teaching.fine_tuning import Labelled, fine_tune, settings_for
    from sentiment.training.encoders import encoder_of

    settle(loops=source.config.model.architecture != ARCHITECTURE_NAMES[0])
    learnt, tokenizer, encoder = learnt_from(splits), source.tokenizer(), encoder_of(source)
    labelled = Labelled(
        tokenizer.token_ids(learnt.texts, whole=True), tokenizer.token_ids(learnt.texts), features, learnt.labels
    )
    config = settings_for(source, encoder, splits.classes).replace(**_drawn())
    tuned = fine_tune(encoder, labelled, len(splits.validation), head, config, report)
    if not tuned.epochs:
        what = "the run is as it was, but for a temperature" if tuned.keeps_head else "the last layer alone is new"
        notify(f"the validation reviews are predicted better without fine-tuning: {what}")
        if not tuned.keeps_head:
            return fitted
    config, classes = config.replace(classes=tuned.classes), tuned.classes
    on_validation, known_certainty = fitted.on_validation, None
    if tuned.validation_logits is not None:
        on_validation = probabilities_of(tuned.validation_logits, classes)
        known_certainty = certainty(splits.validation.labels, on_validation)
    return _Fitted(
        to_onnx(tuned.model, {**properties_of(fitted.network), **_properties(classes), STORAGE: ""}, classes),
        config,
        on_validation,
        lambda token_ids: probabilities(tuned.model, token_ids, classes),
        tuned.temperature,
        tuned.model.count_params(),
        {
            "learning_rate": config.training.learning_rate,
            "keeps_last_layer": float(tuned.keeps_head),
            "validation_chose": float(tuned.validation_logits is not None),
        },
        known_certainty,
        tuned.epochs,
    )


def _properties(classes: Classes) -> dict[str, str]:
    """What the metadata of an ONNX file says of its classes."""
    return {"classes": json.dumps(classes.names, ensure_ascii=False), "output": outputs_of(classes)}


def learnt_from(splits: Splits) -> Examples:
    """The training reviews, and behind them the validation reviews.

    Raises:
        ReviewsError: fewer than two of a class are among them.
    """
    texts = [*splits.train.texts, *splits.validation.texts]
    labels = np.concatenate([splits.train.labels, splits.validation.labels]).astype(int)
    counts = np.bincount(labels, minlength=len(splits.classes))
    if counts.min() < _FEWEST:
        rare = splits.classes.names[int(counts.argmin())]
        raise ReviewsError(
            f"expected at least {_FEWEST} reviews of each class to learn from, beside those of the test split; found "
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


def _probabilities(model: LinearModel, features: object, classes: Classes) -> np.ndarray:
    return probabilities_of(as_network(model.logits(features), classes), classes)


def _config(source: SavedRun, classes: Classes) -> Config:
    """The settings of the source, with the classes and the split of the new run."""
    return source.config.replace(preset=PRESET, classes=classes, **_drawn())


def _drawn() -> dict[str, Any]:
    """How the reviews were split."""
    names = ("validation_fraction", "validation_limit", "test_fraction")
    return {name: getattr(Config().training, name) for name in names}
