"""A trained network becomes a saved run: calibrated on validation, measured on it and then once on test.

network -> divided by its temperature -> validation and test measured -> models/<dataset>/<name>/
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np
import pandas as pd

from sentiment.config import Classes, Config
from sentiment.data.dataset import Splits
from sentiment.data.fingerprints import fingerprints, save_fingerprints
from sentiment.metrics.calibration import temperature
from sentiment.metrics.certainty import certainty
from sentiment.metrics.measures import measure
from sentiment.networks.architectures import build
from sentiment.networks.scoring import logits, probabilities
from sentiment.publishing.export import Reference, export_onnx
from sentiment.runs import identity as identities
from sentiment.runs.record import METRICS, Kind, RunRecord, TrainingTimes, parse_teachers
from sentiment.runs.results import (
    HISTORY,
    VALIDATION_PREDICTIONS,
    confidently_wrong,
    on_short_texts,
    write_predictions,
)
from sentiment.runs.saved_run import CONFIG, MODEL, TOKENIZER, SavedRun, load_run, write_manifest
from sentiment.support.environment import machine, versions
from sentiment.support.storage import new_folder
from sentiment.training.encoding import EncodedSplits
from sentiment.training.epochs import Progress


def identity(config: Config, splits: Splits, averaged: Sequence[SavedRun] = ()) -> dict[str, Any]:
    """What a run is made of, see `sentiment.runs.identity`."""
    parts = {"averaged": [run.record.id for run in averaged]} if averaged else {}
    return identities.identity(splits.dataset.content_hash, config=asdict(config), **parts)


def is_trained(config: Config, splits: Splits, dataset_folder: Path, averaged: Sequence[SavedRun] = ()) -> bool:
    """Whether the run with these settings, trained on these reviews, is there and whole."""
    return identities.is_there(dataset_folder / config.name, identity(config, splits, averaged), splits.dataset)


def save(
    model: keras.Model,
    encoded: EncodedSplits,
    config: Config,
    progress: Progress,
    built_from: TrainingTimes,
    dataset_folder: Path,
    origins: Sequence[Path],
    averaged: Sequence[SavedRun] = (),
    known: Iterable[str] | None = None,
) -> SavedRun:
    """Calibrates and measures a network, and writes it as `dataset_folder / config.name`.

    Args:
        model: with the weights to save; its last layer is divided by the temperature.
        encoded: the reviews it was trained with; the test split is read here, once.
        config: all settings.
        progress: the history of its training.
        built_from: seconds of what it was built from.
        dataset_folder: folder of the dataset's runs.
        origins: folders of the encoder and the teachers.
        averaged: the runs whose mean its weights are; none: it was trained.
        known: clean texts of which it gets the fingerprints beside those of the origins; None: all training and
            validation texts.
    """
    splits, history = encoded.splits, pd.DataFrame(progress.history)
    model = _without_optimizer(model, config)
    degrees = _calibrate(model, encoded, config.classes)
    classes = config.classes
    on_validation = probabilities(model, encoded.validation, classes)
    on_test = probabilities(model, encoded.test, classes)
    record = RunRecord(
        name=config.name,
        kind=Kind.NETWORK,
        architecture=config.model.architecture,
        preset=config.preset,
        seed=config.seed,
        dtype=config.model.dtype,
        parameters=model.count_params(),
        encoder=config.encoder,
        teachers=parse_teachers(config.teachers),
        validation=measure(splits.validation.labels, on_validation, classes),
        validation_short_texts=on_short_texts(
            splits.validation, classes, lambda texts: probabilities(model, encoded.tokenizer.token_ids(texts), classes)
        ),
        test=measure(splits.test.labels, on_test, classes),
        train_seconds=progress.seconds,
        built_from=built_from,
        seconds_per_epoch=median(history["seconds"]),
        tokens_per_second=median(history["tokens_per_second"]),
        epochs=len(history),
        best_epoch=progress.best_epoch,
        temperature=degrees,
        certainty=certainty(splits.validation.labels, on_validation),
        excerpts_seed=splits.excerpts_seed,
        averaged=tuple(run.name for run in averaged),
        identity=identity(config, splits, averaged),
        dataset=asdict(splits.dataset),
        confidently_wrong=confidently_wrong(splits.test.texts, splits.test.labels, on_test),
        versions=versions(),
        machine=machine(),
    )
    target = dataset_folder / config.name
    with new_folder(target) as folder:
        model.save(folder / MODEL)
        encoded.tokenizer.save(folder / TOKENIZER)
        learnt = fingerprints([*splits.train.texts, *splits.validation.texts] if known is None else known)
        if encoded.shards:
            learnt = np.concatenate([learnt, encoded.shards.fingerprints("train")])
        save_fingerprints(folder, learnt, origins)
        (folder / CONFIG).write_text(config.to_json() + "\n", encoding="utf-8")
        (folder / METRICS).write_text(record.to_json(), encoding="utf-8")
        history.to_csv(folder / HISTORY, index=False)
        write_predictions(folder, splits.test.labels, on_test)
        write_predictions(folder, splits.validation.labels, on_validation, VALIDATION_PREDICTIONS)
        export_onnx(model, config, folder, Reference(encoded.validation, splits.validation.labels, on_validation))
        write_manifest(folder)
    return load_run(target)


def _without_optimizer(model: keras.Model, config: Config) -> keras.Model:
    """The same network, a quarter the size on disk: an optimiser keeps three more numbers for every weight."""
    copy = build(config.model, model.get_layer("embedding").input_dim, config.seed, config.classes)
    copy.set_weights(model.get_weights())
    return copy


def _calibrate(model: keras.Model, encoded: EncodedSplits, classes: Classes) -> float:
    """Divides the weights of the last layer by the temperature that fits the validation split best."""
    degrees = temperature(logits(model, encoded.validation, classes), encoded.splits.validation.labels, classes)
    last = model.get_layer("logit")
    last.set_weights([weight / degrees for weight in last.get_weights()])
    return degrees
