"""Training: reviews and a configuration in, a saved run out.

    Splits -> encode -> EncodedSplits -> fit (Keras) -> the epoch with the best validation loss
           -> measured on validation, then once on test -> models/<dataset>/<name>/

The weights that are judged and saved are a moving average of those the optimiser visits (Polyak and Juditsky
1992). After every epoch the state of the training is written beside the runs, so that a training that was
stopped goes on from its last finished epoch, with the same figures as if it had never stopped.
"""

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import KerasTensor, ops

from sentiment import __version__
from sentiment.config import Config, TokenizerConfig, TrainingConfig
from sentiment.data.dataset import Splits, same_split
from sentiment.data.fingerprints import save_learnt
from sentiment.data.templates import TRAINING_KINDS, excerpts, short_texts
from sentiment.metrics.calibration import logits_of, temperature
from sentiment.metrics.measures import measure
from sentiment.networks.architectures import build
from sentiment.networks.scoring import probabilities
from sentiment.publishing.export import Reference, export_onnx
from sentiment.runs.record import METRICS, Kind, RunRecord, TrainingTimes, merged, parse_teachers
from sentiment.runs.results import (
    HISTORY,
    VALIDATION_PREDICTIONS,
    confidently_wrong,
    on_short_texts,
    write_predictions,
)
from sentiment.runs.saved_run import CONFIG, MODEL, TOKENIZER, SavedRun, load_run, write_manifest
from sentiment.support.environment import machine, versions
from sentiment.support.progress import TrainingProgress
from sentiment.support.storage import new_folder
from sentiment.text.batches import Batches, dropout_of_words
from sentiment.text.tokenizer import ReviewTokenizer
from sentiment.training.callbacks import EpochRecorder
from sentiment.training.checkpoint import Checkpoint, Progress
from sentiment.training.encoders import Encoder
from sentiment.training.epochs import Epochs
from sentiment.training.optimizers import adamw, longest_averaging
from sentiment.training.regularisation import regularised

MOST_EPOCHS = 50  # beyond, an epoch is several passes: judging and writing cost more than the steps of a small dataset


@dataclass(frozen=True)
class EncodedSplits:
    """The splits as token ids, shared by all architectures."""

    splits: Splits
    tokenizer: ReviewTokenizer
    train: list[np.ndarray]  # int32[time] for each review, whole
    validation: list[np.ndarray]  # shortened as the tokenizer's settings say
    test: list[np.ndarray]


def encode(splits: Splits, config: TokenizerConfig, encoder: Encoder | None = None) -> EncodedSplits:
    """Fits the tokenizer on the training split alone, or takes that of a pretrained encoder, and encodes all three."""
    tokenizer = encoder.tokenizer(config) if encoder else ReviewTokenizer.fit(splits.train.texts, config)
    return EncodedSplits(
        splits,
        tokenizer,
        train=tokenizer.token_ids(splits.train.texts, whole=True),
        validation=tokenizer.token_ids(splits.validation.texts),
        test=tokenizer.token_ids(splits.test.texts),
    )


def train(
    encoded: EncodedSplits,
    config: Config,
    dataset_folder: Path,
    report: TrainingProgress,
    encoder: Encoder | None = None,
    teaching: TrainingTimes | None = None,
    teachers: Sequence[Path] = (),
    chosen: Collection[str] = (),
) -> SavedRun:
    """Trains one architecture and saves it as `dataset_folder / config.name`.

    Args:
        encoded: the reviews.
        config: all settings.
        dataset_folder: where the runs of this dataset lie.
        report: is told of every step and epoch.
        encoder: what to start from instead of fresh weights; `encoded` has its vocabulary.
        teaching: seconds that the teachers took, whose probabilities are among the labels.
        teachers: folders of those of them that are saved runs.
        chosen: as for `fit`.

    Returns:
        The saved run, verified.

    Raises:
        ConfigError: there is no such architecture, or it cannot start from that encoder.
        StorageError: the disk is full or cannot be written.
    """
    checkpoint = Checkpoint(dataset_folder / ".training" / config.name, identity(config, encoded.splits))
    model, progress = fit(encoded, config, checkpoint, report, encoder, chosen)
    built_from = merged([encoder.training_times if encoder else {}, teaching or {}])
    origins = [*([encoder.folder] if encoder else []), *teachers]
    run = _save(model, encoded, config, progress, built_from, dataset_folder, origins)
    checkpoint.remove()
    return run


def fit(
    encoded: EncodedSplits,
    config: Config,
    checkpoint: Checkpoint,
    report: TrainingProgress,
    encoder: Encoder | None = None,
    chosen: Collection[str] = (),
) -> tuple[keras.Model, Progress]:
    """Trains one architecture and saves nothing but the state between two epochs.

    Args:
        encoded: the reviews; those of the test split are not read.
        config: all settings.
        checkpoint: where that state goes, and is found again; who has kept the result removes it.
        report: is told of every step and epoch.
        encoder: what to start from instead of fresh weights; `encoded` has its vocabulary.
        chosen: names of settings that a person has chosen; where another one, or the reviews, decide instead of them,
            the report is told.

    Returns:
        The network of the epoch with the lowest validation loss, and what its epochs left behind.

    Raises:
        ConfigError: there is no such architecture, or it cannot start from that encoder.
        StorageError: the disk is full or cannot be written.
    """
    settings = config.training
    size = encoded.tokenizer.vocabulary_size
    dropped = dropout_of_words(encoded.train, size, settings.word_dropout, settings.rare_word_dropout)
    token_ids, labels = _with_short_texts(encoded, settings.short_texts, settings.excerpts)
    batches = Batches(token_ids, labels, settings.batch_size, config.seed, settings.crop_length, dropped)
    epochs, steps = _length(settings, len(batches))
    for line in _outdone(encoded, config, chosen, len(token_ids), max(map(len, token_ids)), epochs, steps):
        report.note(line)
    model = build(config.model, size, config.seed)
    shares = {}
    if encoder:
        encoder.initialise(model)
        shares = {"embedding": settings.encoder_rate, "recurrent": settings.encoder_rate}
    taught = regularised(model, settings)
    taught.compile(
        optimizer=adamw(settings, epochs * steps, shares, settings.frozen_fraction),
        loss=keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=settings.label_smoothing),
        metrics=[keras.metrics.MeanMetricWrapper(_agrees, name="accuracy")],
    )
    progress = checkpoint.restore(taught)
    done = len(progress.history)
    report.start(config.name, epochs * steps, done * steps)
    validation = (encoded.validation, encoded.splits.validation.labels)
    averages = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if settings.averaging else []
    taught.fit(
        Epochs(batches, done * steps),
        steps_per_epoch=steps,
        epochs=epochs,
        initial_epoch=done,
        shuffle=False,  # the batches shuffle themselves, by seed and epoch
        verbose=0,
        callbacks=[
            *averages,
            EpochRecorder(
                batches.tokens * steps // len(batches),
                validation,
                progress,
                checkpoint,
                report,
                config.seed,
                settings.patience,
            ),
        ],
    )
    model.set_weights(progress.best_weights)
    return model, progress


def _length(settings: TrainingConfig, batches: int) -> tuple[int, int]:
    """Epochs, and the steps of each: as many epochs as are set, or more where these would be too few steps."""
    passes = max(settings.epochs, math.ceil(settings.minimum_steps / batches))
    steps = batches * math.ceil(passes / max(MOST_EPOCHS, settings.epochs))
    return math.ceil(passes * batches / steps), steps


def _outdone(
    encoded: EncodedSplits, config: Config, chosen: Collection[str], texts: int, longest: int, epochs: int, steps: int
) -> list[str]:
    """Which chosen settings another one, or the reviews, decide instead of, a line each.

    Args:
        encoded: the reviews.
        config: all settings.
        chosen: names of the settings that a person has chosen.
        texts: that an epoch reads.
        longest: tokens of the longest of them.
        epochs: of the training.
        steps: of an epoch.
    """
    settings, sizes, train = config.training, config.tokenizer, encoded.splits.train
    total = epochs * steps
    averaging = longest_averaging(total)
    lines = {
        "minimum_steps": (
            settings.minimum_steps <= total and settings.epochs >= epochs,
            f"changes nothing: {epochs:,} epochs have {total:,} steps",
        ),
        "epochs": (settings.epochs < epochs, f"is raised to {epochs:,}: minimum_steps={settings.minimum_steps}"),
        "patience": (
            settings.patience >= epochs,
            f"changes nothing: the training has {epochs:,} epoch{'' if epochs == 1 else 's'} in all",
        ),
        "averaging": (settings.averaging > averaging, f"is lowered to {averaging:.4g}: there are {total:,} steps only"),
        "batch_size": (settings.batch_size > texts, f"is more than there are: every step reads all {texts:,} texts"),
        "crop_length": (settings.crop_length > longest, f"changes nothing: the longest text has {longest:,} tokens"),
        "max_length": (
            sizes.max_length > settings.crop_length and "crop_length" not in chosen,
            f"decides how much is read of a review that is judged; it learns from {settings.crop_length} tokens at a "
            "time: see crop_length",
        ),
        "vocabulary_size": (
            sizes.vocabulary_size > encoded.tokenizer.vocabulary_size,
            f"is more than there are: {encoded.tokenizer.vocabulary_size:,} words",
        ),
        "excerpts": (
            settings.excerpts > len(encoded.splits.excerpts or train),
            f"is more than there are: one of each of the {len(encoded.splits.excerpts or train):,} training reviews",
        ),
    }
    found = [
        f"{name}={getattr(sizes if hasattr(sizes, name) else settings, name)} {line}"
        for name, (outdone, line) in lines.items()
        if outdone and name in chosen
    ]
    if "short_texts" in chosen and settings.short_texts:
        made = short_texts(train, settings.short_texts)
        counts = {kind: len(made.get(kind, ())) for kind in TRAINING_KINDS}
        if min(counts.values()) < settings.short_texts:
            there = ", ".join(f"{many:,} of {kind}" for kind, many in counts.items())
            found.append(f"short_texts={settings.short_texts} is more than there are: {there}")
    return found


def _agrees(labels: KerasTensor, logits: KerasTensor) -> KerasTensor:
    """Whether a logit is on the side of its label, float32[batch, 1]; labels may be probabilities."""
    return ops.cast(ops.equal(ops.greater_equal(labels, 0.5), ops.greater(logits, 0.0)), "float32")


def _with_short_texts(encoded: EncodedSplits, by_rule: int, quoted: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Token ids and labels of the training reviews, and of sentences made of them, denied, stressed and as they are."""
    train = encoded.splits.train
    made = short_texts(train, by_rule) if by_rule else {}
    short = [made[kind] for kind in TRAINING_KINDS if kind in made]
    if quoted:
        short.append(encoded.splits.excerpts or excerpts(train, quoted, encoded.splits.excerpts_seed))
    token_ids, labels = [encoded.train], [train.labels]
    for examples in short:
        token_ids.append(encoded.tokenizer.token_ids(examples.texts))
        labels.append(examples.labels)
    return [ids for some in token_ids for ids in some], np.concatenate(labels)


def identity(config: Config, splits: Splits) -> dict[str, Any]:
    """What a training is made of: two with the same identity give the same run on one machine."""
    return {"config": json.loads(config.to_json()), "reviews": splits.dataset.content_hash, "version": __version__}


def comes_from(run: SavedRun, config: Config, splits: Splits) -> bool:
    """Whether a saved run has this identity and these splits; a setting younger than it counts with its default."""
    saved = {**run.record.identity, "config": json.loads(run.config.to_json())}
    return saved == identity(config, splits) and same_split(run.record.dataset, asdict(splits.dataset))


def _save(
    model: keras.Model,
    encoded: EncodedSplits,
    config: Config,
    progress: Progress,
    built_from: TrainingTimes,
    dataset_folder: Path,
    origins: Sequence[Path],
) -> SavedRun:
    splits, history = encoded.splits, pd.DataFrame(progress.history)
    model = _without_optimizer(model, config)
    degrees = _calibrate(model, encoded)
    on_validation = probabilities(model, encoded.validation)
    on_test = probabilities(model, encoded.test)
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
        validation=measure(splits.validation.labels, on_validation),
        validation_short_texts=on_short_texts(
            splits.validation, lambda texts: probabilities(model, encoded.tokenizer.token_ids(texts))
        ),
        test=measure(splits.test.labels, on_test),
        train_seconds=progress.seconds,
        built_from=built_from,
        seconds_per_epoch=median(history["seconds"]),
        tokens_per_second=median(history["tokens_per_second"]),
        epochs=len(history),
        best_epoch=progress.best_epoch,
        temperature=degrees,
        excerpts_seed=splits.excerpts_seed,
        identity=identity(config, splits),
        dataset=asdict(splits.dataset),
        confidently_wrong=confidently_wrong(splits.test.texts, splits.test.labels, on_test),
        versions=versions(),
        machine=machine(),
    )
    target = dataset_folder / config.name
    with new_folder(target) as folder:
        model.save(folder / MODEL)
        encoded.tokenizer.save(folder / TOKENIZER)
        save_learnt(folder, [*splits.train.texts, *splits.validation.texts], origins)
        (folder / CONFIG).write_text(config.to_json() + "\n", encoding="utf-8")
        (folder / METRICS).write_text(record.to_json(), encoding="utf-8")
        history.to_csv(folder / HISTORY, index=False)
        write_predictions(folder, splits.test.labels, on_test)
        write_predictions(folder, splits.validation.labels, on_validation, VALIDATION_PREDICTIONS)
        export_onnx(model, config, folder, Reference(encoded.validation, splits.validation.labels, on_validation))
        write_manifest(folder)
    return load_run(target)


def _without_optimizer(model: keras.Model, config: Config) -> keras.Model:
    """The same network, a quarter the size on disk: an optimiser keeps three more figures for every weight."""
    copy = build(config.model, model.get_layer("embedding").input_dim, config.seed)
    copy.set_weights(model.get_weights())
    return copy


def _calibrate(model: keras.Model, encoded: EncodedSplits) -> float:
    """Divides the weights of the last layer by the temperature, which the validation split decides."""
    on_validation = probabilities(model, encoded.validation)
    degrees = temperature(logits_of(on_validation), encoded.splits.validation.labels)
    last = model.get_layer("logit")
    last.set_weights([weight / degrees for weight in last.get_weights()])
    return degrees
