"""Training a classifier: reviews and a configuration in, a saved run out.

    Splits -> encode -> EncodedSplits -> fit (Keras) -> the epoch with the lowest validation loss
           -> measured on validation, then once on test -> models/<dataset>/<name>/

The weights that are judged and saved are a moving average of those that the optimiser visits (Polyak and Juditsky
1992). The state of the training is written each minute and after every epoch, so that a training that was stopped
or killed loses a minute at most and ends with the same weights.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np
import pandas as pd

from sentiment.config import Classes, Config, TokenizerConfig, TrainingConfig
from sentiment.data.dataset import Examples, Splits
from sentiment.data.fingerprints import save_learnt
from sentiment.data.templates import TRAINING_KINDS, excerpts, short_texts
from sentiment.metrics.calibration import temperature
from sentiment.metrics.certainty import certainty
from sentiment.metrics.measures import measure
from sentiment.networks.architectures import build
from sentiment.networks.heads import ClassLoss, agrees, balanced_weights, initial_bias, targets
from sentiment.networks.onnx_graph import to_onnx
from sentiment.networks.scoring import logits, probabilities
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
from sentiment.training import identity as identities
from sentiment.training.encoders import Encoder
from sentiment.training.epochs import Checkpoint, EpochRecorder, Epochs, Progress
from sentiment.training.idle_settings import idle_settings
from sentiment.training.optimizers import adamw
from sentiment.training.regularisation import regularised

_MANY_JUDGED = 5_000  # reviews, from which on saving a run takes more than some seconds
MOST_EPOCHS = 50  # beyond, an epoch is several passes: on small data, judging and saving cost more than the steps


@dataclass(frozen=True)
class EncodedSplits:
    """The splits as token ids, shared by all architectures."""

    splits: Splits
    tokenizer: ReviewTokenizer
    train: list[np.ndarray]  # int32[time] for each review, whole
    validation: list[np.ndarray]  # shortened to the tokenizer's max_length
    test: list[np.ndarray]


def encode(splits: Splits, config: TokenizerConfig, encoder: Encoder | None = None) -> EncodedSplits:
    """Encodes all three parts with a tokenizer fitted on the training split, or with that of a pretrained encoder."""
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
    *,
    again: bool = False,
) -> SavedRun:
    """Trains one architecture and saves it as `dataset_folder / config.name`.

    Arguments and errors are those of `fit`, and:

    Args:
        dataset_folder: folder of the dataset's runs.
        teaching: seconds of the teachers whose probabilities are among the labels.
        teachers: folders of those teachers that are saved runs.
        again: train also what is there already, unless another process has made it while this one waited.
    """
    checkpoint = checkpoint_of(config, encoded.splits, dataset_folder)
    with checkpoint.alone(report) as waited:
        # Another process may have trained it since this one began.
        if (waited or not again) and is_trained(config, encoded.splits, dataset_folder):
            return load_run(dataset_folder / config.name)
        model, progress = fit(encoded, config, checkpoint, report, encoder, chosen)
        if len(encoded.validation) + len(encoded.test) >= _MANY_JUDGED:
            report.note(f"{config.name}: measuring and saving it (some seconds to a minute)")
        built_from = merged([encoder.training_times if encoder else {}, teaching or {}])
        origins = [*([encoder.folder] if encoder else []), *teachers]
        run = _save(model, encoded, config, progress, built_from, dataset_folder, origins)
        checkpoint.remove()
    return run


def checkpoint_of(config: Config, splits: Splits, dataset_folder: Path) -> Checkpoint:
    """Where the state of a training is saved."""
    return Checkpoint(dataset_folder / ".training" / config.name, identity(config, splits))


def fit(
    encoded: EncodedSplits,
    config: Config,
    checkpoint: Checkpoint,
    report: TrainingProgress,
    encoder: Encoder | None = None,
    chosen: Collection[str] = (),
) -> tuple[keras.Model, Progress]:
    """Trains one architecture and saves nothing but the checkpoint.

    Args:
        encoded: the reviews; the test split is not read.
        config: all settings.
        checkpoint: where training continues if it was stopped. The caller removes it when the result is saved.
        report: receives every step and epoch.
        encoder: initial weights instead of fresh ones; `encoded` has its vocabulary.
        chosen: names of settings that the user has set. The report receives a note where one is overridden.

    Returns:
        The network of the epoch with the lowest validation loss, and the history of all epochs.

    Raises:
        ConfigError: the architecture cannot start from that encoder, or training diverged.
        StorageError: the disk is full or cannot be written.
    """
    settings = config.training
    size, classes = encoded.tokenizer.vocabulary_size, config.classes
    dropped = dropout_of_words(encoded.train, size, settings.word_dropout, settings.rare_word_dropout)
    short = (
        short_texts(encoded.splits.train, settings.short_texts) if settings.short_texts and classes.is_polarity else {}
    )
    token_ids, labels = _training_texts(encoded, short, settings.excerpts)
    batches = Batches(
        token_ids, targets(labels, classes), settings.batch_size, config.seed, settings.crop_length, dropped
    )
    epochs, steps = _length(settings, len(batches))
    notes = idle_settings(
        config,
        chosen,
        lengths=[len(ids) for ids in token_ids],
        longest_judged=max(map(len, [*encoded.validation, *encoded.test])),
        words=size,
        reviews=len(encoded.splits.excerpts or encoded.splits.train),
        epochs=epochs,
        steps=steps,
    )
    counts = {kind: len(short.get(kind, ())) for kind in TRAINING_KINDS}
    if "short_texts" in chosen and min(counts.values()) < settings.short_texts:
        available = ", ".join(f"{count:,} of {kind}" for kind, count in counts.items())
        notes.append(f"short_texts={settings.short_texts} is more than there are: {available}")
    for line in notes:
        report.note(line)
    model = build(config.model, size, config.seed, classes)
    weights = None
    if settings.class_weights == "balanced":
        weights = balanced_weights(encoded.splits.train.labels, classes)
    if not classes.is_binary:
        last = model.get_layer("logit")
        last.set_weights([last.get_weights()[0], initial_bias(encoded.splits.train.labels, classes, weights)])
    to_onnx(model, {}, classes)  # a layer that cannot be exported is refused before the first epoch
    shares = {}
    if encoder:
        encoder.initialise(model)
        shares = {"embedding": settings.encoder_rate, "recurrent": settings.encoder_rate}
    learner = regularised(model, settings, classes)
    learner.compile(
        optimizer=adamw(settings, epochs * steps, settings.averaging, shares),
        loss=ClassLoss(classes, settings.label_smoothing, weights),
        metrics=[keras.metrics.MeanMetricWrapper(agrees(classes), name="accuracy")],
    )
    # Keras makes the means of the metrics when they first measure; a checkpoint inside an epoch has their values.
    learner.compute_metrics(None, batches[0][1][:1], np.zeros((1, classes.outputs), np.float32))
    progress = checkpoint.restore(learner)
    recorder = EpochRecorder(
        batches.tokens * steps // len(batches),
        progress,
        checkpoint,
        report,
        config.seed,
        steps,
        epochs,
        validation=(encoded.validation, encoded.splits.validation.labels),
        classes=classes,
        weights=weights,
        patience=settings.patience,
    )
    report.start(config.name, epochs * steps, recorder.done)
    if recorder.left:
        learner.fit(
            Epochs(batches, recorder.done),
            steps_per_epoch=recorder.left,
            shuffle=False,  # the batches shuffle themselves, by seed and epoch
            verbose=0,
            callbacks=[recorder],
        )
    model.set_weights(progress.best_weights)
    return model, progress


def _length(settings: TrainingConfig, batches: int) -> tuple[int, int]:
    """Epochs, and steps of each: more epochs than are set where these would have fewer than `minimum_steps`."""
    passes = max(settings.epochs, math.ceil(settings.minimum_steps / batches))
    steps = batches * math.ceil(passes / max(MOST_EPOCHS, settings.epochs))
    return math.ceil(passes * batches / steps), steps


def _training_texts(
    encoded: EncodedSplits, short: dict[str, Examples], excerpt_count: int
) -> tuple[list[np.ndarray], np.ndarray]:
    """Token ids and labels of the training reviews, of short texts made of them, and of excerpts."""
    splits = encoded.splits
    extra = [short[kind] for kind in TRAINING_KINDS if kind in short]
    if excerpt_count:
        extra.append(splits.excerpts or excerpts(splits.train, excerpt_count, splits.excerpts_seed))
    token_ids = [*encoded.train, *(ids for examples in extra for ids in encoded.tokenizer.token_ids(examples.texts))]
    return token_ids, np.concatenate([splits.train.labels, *(examples.labels for examples in extra)])


def identity(config: Config, splits: Splits) -> dict[str, Any]:
    """What a run is made of, see `sentiment.training.identity`."""
    return identities.identity(splits.dataset.content_hash, config=asdict(config))


def is_trained(config: Config, splits: Splits, dataset_folder: Path) -> bool:
    """Whether the run with these settings, trained on these reviews, is there and whole."""
    return identities.is_there(dataset_folder / config.name, identity(config, splits), splits.dataset)


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
