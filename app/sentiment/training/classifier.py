"""Training a classifier: reviews and a configuration in, a saved run out.

    Splits -> encode -> EncodedSplits -> fit (Keras) -> the epoch with the lowest validation loss
           -> measured on validation, then once on test -> models/<dataset>/<name>/

The weights that are judged and saved are a moving average of those that the optimiser visits (Polyak and Juditsky
1992). The state of the training is written each minute and after every epoch, so that a training that was stopped
or killed loses a minute at most and ends with the same weights.
"""

import math
from collections.abc import Collection, Sequence
from pathlib import Path

import keras
import numpy as np

from sentiment.config import Config, TrainingConfig
from sentiment.config.idle_settings import idle_settings
from sentiment.data.dataset import Splits
from sentiment.data.fingerprints import require_origins
from sentiment.distributed import ALONE, Workers
from sentiment.networks.architectures import build
from sentiment.networks.heads import ClassLoss, agrees, balanced_weights, initial_bias
from sentiment.networks.onnx_graph import to_onnx
from sentiment.runs.record import TrainingTimes, merged
from sentiment.runs.saved_run import SavedRun, load_run
from sentiment.support.progress import Silence, TrainingProgress
from sentiment.training.encoders import Encoder
from sentiment.training.encoding import EncodedSplits
from sentiment.training.epochs import Checkpoint, EpochRecorder, Epochs, Progress, restored
from sentiment.training.lessons import lessons_in_memory, lessons_in_shards
from sentiment.training.optimizers import adamw
from sentiment.training.regularisation import regularised
from sentiment.training.saving import identity, is_trained, save

_MANY_JUDGED = 5_000  # reviews, from which on saving a run takes more than some seconds
MOST_EPOCHS = 50  # beyond, an epoch is several passes: on small data, judging and saving cost more than the steps


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
    workers: Workers = ALONE,
) -> SavedRun:
    """Trains one architecture and saves it as `dataset_folder / config.name`.

    Arguments and errors are those of `fit`, and:

    Args:
        dataset_folder: folder of the dataset's runs.
        teaching: seconds of the teachers whose probabilities are among the labels.
        teachers: folders of those teachers that are saved runs.
        again: train also what is there already, unless another process has made it while this one waited.
        workers: that train together; this is the first one, and the others `follow`.
    """
    checkpoint = checkpoint_of(config, encoded.splits, dataset_folder)
    with checkpoint.alone(report) as waited:
        # Another process may have trained it since this one began.
        if workers.from_first((waited or not again) and is_trained(config, encoded.splits, dataset_folder)):
            return load_run(dataset_folder / config.name)
        origins = [*([encoder.folder] if encoder else []), *teachers]
        require_origins(origins)  # before hours of training
        model, progress = fit(encoded, config, checkpoint, report, encoder, chosen, workers)
        if len(encoded.validation) + len(encoded.test) >= _MANY_JUDGED:
            report.note(f"{config.name}: measuring and saving it (some seconds to a minute)")
        built_from = merged([encoder.training_times if encoder else {}, teaching or {}])
        run = save(model, encoded, config, progress, built_from, dataset_folder, origins)
        checkpoint.remove()
    return run


def follow(
    encoded: EncodedSplits, config: Config, dataset_folder: Path, encoder: Encoder | None, workers: Workers
) -> None:
    """What all other workers call where the first one calls `train`, with the same arguments. Raises as `fit`."""
    if not workers.from_first(False):
        fit(encoded, config, checkpoint_of(config, encoded.splits, dataset_folder), Silence(), encoder, (), workers)


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
    workers: Workers = ALONE,
) -> tuple[keras.Model, Progress]:
    """Trains one architecture and saves nothing but the checkpoint.

    Args:
        encoded: the reviews; the test split is not read.
        config: all settings.
        checkpoint: where training continues if it was stopped. The caller removes it when the result is saved.
        report: receives every step and epoch.
        encoder: initial weights instead of fresh ones; `encoded` has its vocabulary.
        chosen: names of settings that the user has set. The report receives a note where one is overridden.
        workers: that train together, each in a process that calls this; all return the same.

    Returns:
        The network of the epoch with the lowest validation loss, and the history of all epochs.

    Raises:
        ConfigError: the architecture cannot start from that encoder, or training diverged.
        StorageError: the disk is full or cannot be written.
    """
    settings = config.training
    size, classes = encoded.tokenizer.vocabulary_size, config.classes
    if encoded.shards:
        lessons = lessons_in_shards(encoded.shards, config)
    else:
        lessons = lessons_in_memory(encoded.splits, encoded.train, encoded.tokenizer, config)
    batches = lessons.batches
    epochs, steps = _length(settings, len(batches))
    notes = idle_settings(
        config,
        chosen,
        texts=lessons.texts,
        longest=lessons.longest,
        longest_judged=max(map(len, [*encoded.validation, *encoded.test])),
        words=size,
        reviews=lessons.reviews,
        epochs=epochs,
        steps=steps,
    )
    if "short_texts" in chosen and min(lessons.short.values()) < settings.short_texts:
        available = ", ".join(f"{count:,} of {kind}" for kind, count in lessons.short.items())
        notes.append(f"short_texts={settings.short_texts} is more than there are: {available}")
    for line in notes:
        report.note(line)
    model = build(config.model, size, config.seed, classes)
    weights = None
    if settings.class_weights == "balanced":
        weights = balanced_weights(lessons.class_counts)
    if not classes.is_binary:
        last = model.get_layer("logit")
        last.set_weights([last.get_weights()[0], initial_bias(lessons.class_counts, classes, weights)])
    to_onnx(model, {}, classes)  # a layer that cannot be exported is refused before the first epoch
    shares = {}
    if encoder:
        encoder.initialise(model)
        shares = {"embedding": settings.encoder_rate, "recurrent": settings.encoder_rate}
    learner = regularised(model, settings, classes)
    learner.compile(
        optimizer=adamw(settings, epochs * steps, settings.averaging, shares, workers),
        loss=ClassLoss(classes, settings.label_smoothing, weights),
        metrics=[keras.metrics.MeanMetricWrapper(agrees(classes), name="accuracy")],
    )
    # Keras makes the means of the metrics when they first measure; a checkpoint inside an epoch has their values.
    learner.compute_metrics(None, batches[0][1][:1], np.zeros((1, classes.outputs), np.float32))
    progress = restored(checkpoint, learner, workers)
    recorder = EpochRecorder(
        batches.tokens * steps // len(batches),
        progress,
        checkpoint,
        report,
        config.seed,
        steps,
        epochs,
        workers,
        validation=(encoded.validation, encoded.splits.validation.labels),
        classes=classes,
        weights=weights,
        patience=settings.patience,
    )
    report.start(config.name, epochs * steps, recorder.done)
    if recorder.left:
        with workers.watched():
            learner.fit(
                Epochs(batches, recorder.done, workers),
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
