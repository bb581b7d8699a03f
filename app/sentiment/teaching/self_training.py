"""Self-training: a network and a linear model that learnt few labels teach another network, round by round.

    labels -> a network, NB-SVM -> what both predict for all reviews, also for those without a label
           -> the next network, which starts from the encoder again -> what it and the same NB-SVM predict -> ...

A student learns from many times the reviews that have labels, and becomes better than its teachers (Yarowsky 1995). The
linear model is always the one that learnt the labels alone: its mistakes differ from a network's and correct it, while
one that had learnt from networks would repeat theirs.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import keras

from sentiment.config import ITSELF, Config, default_preset, preset, pretrained_preset
from sentiment.data.splits import Splits
from sentiment.inference.engines import OnnxEngine
from sentiment.networks.onnx_graph import to_onnx
from sentiment.runs.identity import digest
from sentiment.runs.record import TrainingTimes, merged
from sentiment.support.progress import TrainingProgress
from sentiment.teaching.distillation import (
    TEACHER_PREDICTIONS,
    Teacher,
    baseline_teacher,
    distilled,
    identity_of,
)
from sentiment.training.baselines import Fitted, baseline_identity
from sentiment.training.classifier import fit
from sentiment.training.encoders import Encoder
from sentiment.training.encoding import encode
from sentiment.training.epochs import Checkpoint

LINEAR = "nb-svm"  # the linear model that teaches beside a network


def with_first_teachers(config: Config, splits: Splits, encoder: Encoder | None) -> Config:
    """The settings of a self-taught network, with its first teachers.

    Args:
        config: settings, with the number of rounds.
        splits: with the labels that exist.
        encoder: what every network starts from; None for fresh weights.
    """
    first = json.dumps(_first(splits, encoder).as_first_written(), indent=2)
    content = hashlib.sha256(first.encode()).hexdigest()
    return config.replace(teachers=f"{ITSELF} {content[:16]}, {identity_of([baseline_teacher(LINEAR, splits)])}")


def self_taught(
    splits: Splits, config: Config, encoder: Encoder | None, folder: Path, report: TrainingProgress
) -> tuple[Splits, TrainingTimes]:
    """What the network of the last round learns from, and the seconds of all rounds before it is trained.

    The teachers' predictions of each round are saved. A self-training that was stopped continues in the same round,
    and within it in the same epoch.

    Args:
        splits: with the labels that exist, and the unlabelled reviews.
        config: settings of the `training.rounds` networks. The caller trains the last.
        encoder: what every network starts from; None for fresh weights.
        folder: of the dataset, for checkpoints and predictions.
        report: receives every round and epoch.

    Returns:
        The splits and the seconds, as `sentiment.teaching.distillation.distilled` gives them.

    Raises:
        StorageError: the disk is full or cannot be written.
    """
    first = _first(splits, encoder)
    if encoder:
        first = encoder.sized(first)
    settings = first.replace(architecture=config.model.architecture, seed=config.seed)
    linear = baseline_teacher(LINEAR, splits)
    learnt, rounds = splits, config.training.rounds
    times: TrainingTimes = {}
    for number in range(1, rounds + 1):
        report.note(f"{config.name}, round {number} of {rounds}: {settings.preset} and {LINEAR} teach")
        identity = {"settings": asdict(settings), **baseline_identity(learnt)}
        content = digest(identity | {"settings": settings.as_first_written()})
        checkpoint = Checkpoint(folder / ".training" / f"{settings.name}-{content[:16]}", identity)
        with checkpoint.alone(report):  # who has waited takes the predictions that the other process has saved
            network = _network_teacher(learnt, settings, encoder, content, checkpoint, report)
            teachers, cache = [network, linear], folder / TEACHER_PREDICTIONS
            learnt, seconds = distilled(splits, teachers, config.training, cache, report)
            checkpoint.remove()  # the predictions are saved
        times, settings = merged([times, seconds]), config
    return learnt, times


def _first(splits: Splits, encoder: Encoder | None) -> Config:
    """The preset of the network that learns the labels alone: what a user gets who names none."""
    labels = len(splits.train) + len(splits.validation)
    name = pretrained_preset(labels, encoder.config.units) if encoder else default_preset(splits.dataset.name)
    return preset(name).replace(classes=splits.classes)


def _network_teacher(
    learnt: Splits,
    config: Config,
    encoder: Encoder | None,
    content: str,
    checkpoint: Checkpoint,
    report: TrainingProgress,
) -> Teacher:
    """A network that is trained, and not saved, to teach."""

    def train() -> Fitted:
        encoded = encode(learnt, config.tokenizer, encoder)
        model, progress = fit(encoded, config, checkpoint, report, encoder)
        engine = OnnxEngine(to_onnx(model, {}, config.classes).SerializeToString())  # several times as fast as Keras
        keras.utils.clear_session()
        return Fitted(lambda texts: engine.start(encoded.tokenizer.token_ids(texts))(), progress.seconds)

    return Teacher(config.name, content, train, excerpts_seed=learnt.excerpts_seed)
