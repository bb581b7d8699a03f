"""A saved run for one's own texts and classes: its network with another last layer. In seconds, without TensorFlow.

    Splits, and the ONNX file of a run
        -> pooled features of the training and validation reviews    ONNX Runtime
        -> a last layer                                              sentiment.teaching.linear_head
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

import numpy as np
import onnx

from sentiment.config import Classes, Config
from sentiment.data.dataset import Examples, Splits
from sentiment.data.fingerprints import known, require_unfamiliar, save_learnt
from sentiment.errors import ConfigError, ExportError, ReviewsError, RunError
from sentiment.inference.engines import OnnxEngine
from sentiment.metrics.certainty import certainty
from sentiment.metrics.class_probabilities import probabilities_of
from sentiment.metrics.measures import SIGNIFICANT, Figures, holm, mcnemar, measure, p_text, wilson
from sentiment.metrics.verdicts import as_saved, of_all_classes, predicted_classes
from sentiment.networks.onnx_files import read_onnx
from sentiment.networks.onnx_head import features_of, head_of, outputs_of, with_head
from sentiment.publishing.cards import adapted_card
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
from sentiment.support.storage import new_folder
from sentiment.teaching.linear_head import LinearModel, as_network, cross_validated, fit_head
from sentiment.training.baselines import tfidf_features
from sentiment.training.identity import identity

PRESET = "adapted"
LINEAR, MAJORITY = "TF-IDF + logistic regression", "the most frequent class"
LINEAR_STRENGTHS = (0.1, 1.0, 10.0, 100.0)
_FEWEST = 2  # reviews of a class: one to learn from, one to choose by
_TOLERANCE = 1e-4  # a larger difference of a probability is an error in the export


@dataclass(frozen=True)
class Adapted:
    """A run with another last layer, and what it is compared with."""

    run: SavedRun
    compared: dict[str, Figures]  # on the test reviews: the run itself first, then the others
    sentence: str  # which is the most accurate, and whether by more than chance
    cross_validated: str  # a sentence on the accuracy on the reviews that the run learnt from, by fits without them


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


def adapt(
    source: SavedRun, splits: Splits, dataset_folder: Path, name: str, notify: Callable[[str], object] = str
) -> Adapted:
    """Fits a last layer to reviews and saves the run.

    Args:
        source: whose network the new run has.
        splits: the reviews, of any classes.
        dataset_folder: of their runs.
        name: of the new run in it; an adapted run of that name is replaced.
        notify: receives a line where a figure needs an explanation.

    Raises:
        ConfigError: the source has learnt from test reviews.
        ReviewsError: fewer than two reviews of a class to learn from, or no two of them share a word.
        RunError: the source has no ONNX file; or the name cannot be that of a run, or another run has it.
        ExportError: ONNX Runtime computes other probabilities than NumPy.
        StorageError: the disk is full or cannot be written.
    """
    target = require_place(dataset_folder, name)
    require_unfamiliar(splits.test.texts, [source.folder])
    network, tokenizer, classes = Features(source), source.tokenizer(), splits.classes
    learnt = learnt_from(splits)
    familiar = int(known(source.folder, learnt.texts).sum())
    if familiar:
        notify(
            f"{qualified_name(source.folder)} had learnt from {familiar:,} of these {len(learnt):,} reviews before, "
            "and is surer of them than of new ones: the probabilities of the new run may be too sure"
        )
    started = time.perf_counter()
    head = fit_head(network(tokenizer.token_ids(learnt.texts)), learnt.labels, classes)
    seconds = time.perf_counter() - started
    config = _config(source, classes)
    metadata = {"run": name, "classes": json.dumps(classes.names, ensure_ascii=False), "output": outputs_of(classes)}
    adapted = with_head(network.model, head.kernel, head.bias, classes, metadata)
    test_ids = tokenizer.token_ids(splits.test.texts)
    on_test = OnnxEngine(adapted.SerializeToString()).start(test_ids)()
    difference = float(np.abs(on_test - _probabilities(head, network(test_ids), classes)).max())
    if difference > _TOLERANCE:
        raise ExportError(
            f"expected {ONNX} to give the probabilities of the fit, to {_TOLERANCE}; found a difference of "
            f"{difference:.2g}; please report this with the versions in {METRICS}"
        )
    left_out = probabilities_of(as_network(head.out_of_fold, classes), classes)
    right = int((predicted_classes(left_out) == learnt.labels).sum())
    on_validation = left_out[len(splits.train) :]
    others = _others(source, splits, learnt, test_ids)
    compared = {label: measure(splits.test.labels, values, classes) for label, values in others.items()}
    record = RunRecord(
        name=name,
        kind=Kind.ADAPTED,
        architecture=source.record.architecture,
        dtype=source.record.dtype,
        parameters=source.record.parameters + head.size - sum(part.size for part in network.old_head),
        encoder=source.record.encoder,
        teachers=source.record.teachers,
        validation=measure(splits.validation.labels, on_validation, classes),
        test=measure(splits.test.labels, on_test, classes),
        train_seconds=seconds,
        built_from=source.record.training_times,
        temperature=head.temperature,
        certainty=certainty(learnt.labels, left_out),
        settings={"C": head.strength, "cross_validated_accuracy": right / len(learnt)},
        identity=identity(splits.dataset.content_hash, adapted_from=source.record.id, config=asdict(config)),
        dataset=asdict(splits.dataset),
        confidently_wrong=confidently_wrong(splits.test.texts, splits.test.labels, on_test),
        versions=versions(),
        machine=machine(),
        adapted_from={"run": qualified_name(source.folder), "id": source.record.id, "familiar": familiar},
        compared=compared,
    )
    sentence = verdict(f"{dataset_folder.name}/{name}", on_test, others, splits.test.labels)
    with new_folder(target) as folder:
        (folder / ONNX).write_bytes(adapted.SerializeToString())
        shutil.copy(source.folder / TOKENIZER, folder / TOKENIZER)
        save_learnt(folder, learnt.texts, [source.folder])
        (folder / CONFIG).write_text(config.to_json() + "\n", encoding="utf-8")
        (folder / METRICS).write_text(record.to_json(), encoding="utf-8")
        write_predictions(folder, splits.test.labels, on_test)
        write_predictions(folder, splits.validation.labels, on_validation, VALIDATION_PREDICTIONS)
        onnx_figures = {"bytes": (folder / ONNX).stat().st_size, "largest_probability_difference": difference}
        reason = "an adapted run has its ONNX file in float32 alone"
        write_json(folder / EXPORT, {"onnx": onnx_figures, "int8": {"kept": False, "reason": reason}})
        (folder / CARD).write_text(adapted_card(record, sentence), encoding="utf-8")
        write_manifest(folder)
    run = load_run(target)
    low, high = wilson(right, len(learnt))
    cross_validated = (
        f"Cross-validated on the {len(learnt):,} reviews that it learnt from, which also chose the strength of its "
        f"regularisation: {right / len(learnt):.2%} ({100 * low:.1f}–{100 * high:.1f})."
    )
    return Adapted(run, {qualified_name(target): run.record.test, **compared}, sentence, cross_validated)


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


def tfidf_model(learnt: Examples, classes: Classes) -> Callable[[list[str]], np.ndarray]:
    """The linear model that an adapted run is compared with: a function of texts to probabilities, as they are saved.

    Raises:
        ReviewsError: no two reviews share a word.
    """
    features, encode = tfidf_features(learnt.texts)
    unordered = Classes(classes.names)
    model = cross_validated(features, learnt.labels, unordered, LINEAR_STRENGTHS)
    return lambda texts: _probabilities(model, encode(texts), unordered)


def verdict(name: str, on_test: np.ndarray, others: dict[str, np.ndarray], labels: np.ndarray) -> str:
    """Which classifier is the most accurate on the test reviews, and whether the next one differs by more than chance.

    Args:
        name: of the adapted run.
        on_test: its probabilities, as they are saved.
        others: those of the others, by name.
        labels: int[n].
    """
    probabilities = {name: on_test, **others}
    right = {key: float(np.mean(predicted_classes(values) == labels)) for key, values in probabilities.items()}
    best = max(right, key=lambda key: (right[key], key == name))
    rival = max((key for key in others), key=lambda key: right[key]) if best == name else name
    tests = {key: mcnemar(labels, on_test, values)["p_value"] for key, values in others.items()}
    adjusted = dict(zip(tests, holm(list(tests.values())), strict=True))
    p_value = adjusted[rival if best == name else best]
    first = f"{best} gets {right[best]:.2%} of the {len(labels):,} test reviews right, {rival} {right[rival]:.2%}"
    if right[best] == right[rival]:
        return f"{first}: no difference."
    if p_value < SIGNIFICANT:
        return f"{first}: more than chance (McNemar, adjusted p {p_text(p_value)})."
    return f"{first}: chance alone could explain the difference (McNemar, adjusted p {p_text(p_value)})."


def as_it_is(source: SavedRun, classes: Classes, token_ids: list[np.ndarray]) -> np.ndarray | None:
    """What a run says of reviews without being adapted, as it is saved; None where its classes have other names."""
    names = source.config.classes.names
    if set(names) != set(classes.names):
        return None
    by_class = of_all_classes(OnnxEngine(source.folder / ONNX).start(token_ids)())
    return as_saved(by_class[:, [names.index(name) for name in classes.names]])


def _others(source: SavedRun, splits: Splits, learnt: Examples, token_ids: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Probabilities of the test reviews by what an adapted run is compared with."""
    classes = splits.classes
    shares = np.bincount(learnt.labels, minlength=len(classes)) / len(learnt)
    unadapted = as_it_is(source, classes, token_ids)
    return {
        **({} if unadapted is None else {f"{qualified_name(source.folder)} as it is": unadapted}),
        LINEAR: tfidf_model(learnt, classes)(splits.test.texts),
        MAJORITY: as_saved(np.tile(shares, (len(splits.test), 1))),
    }


def _probabilities(model: LinearModel, features: object, classes: Classes) -> np.ndarray:
    return probabilities_of(as_network(model.logits(features), classes), classes)


def _config(source: SavedRun, classes: Classes) -> Config:
    """The settings of the source, with the classes and the split of the new run."""
    split = {
        name: getattr(Config().training, name) for name in ("validation_fraction", "validation_limit", "test_fraction")
    }
    return source.config.replace(preset=PRESET, classes=classes, **split)
