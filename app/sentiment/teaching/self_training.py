"""Self-training: what few labels taught a network and a linear model, the two teach another network, round by round.

    labels -> a network, NB-SVM -> what both say of all reviews, also of those without a label
           -> the next network, which starts from the encoder again -> what it and the same NB-SVM say -> ...

A pupil learns from many times the reviews that have labels, and knows better than its teachers (Yarowsky 1995). The
linear model stays the one that learnt the labels alone: it corrects a network, for the two make different mistakes,
and one that had learnt from networks would make theirs.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import keras

from sentiment.config import ITSELF, Config, default_preset, preset, pretrained_preset
from sentiment.data.splits import Splits
from sentiment.inference.engines import OnnxEngine
from sentiment.networks.onnx_graph import to_onnx
from sentiment.runs.record import TrainingTimes, merged
from sentiment.support.progress import TrainingProgress
from sentiment.teaching.distillation import TEACHINGS, Teacher, a_baseline, identity_of, taught
from sentiment.training.baselines import baseline_identity
from sentiment.training.checkpoint import Checkpoint
from sentiment.training.classifier import encode, fit
from sentiment.training.encoders import Encoder

LINEAR = "nb-svm"  # the linear model that teaches beside a network


def teaching_itself(config: Config, splits: Splits, encoder: Encoder | None) -> Config:
    """The settings of a network that is taught in rounds, with those who teach in the first.

    Args:
        config: settings, with the number of rounds.
        splits: with the labels that there are.
        encoder: what every network starts from; None for fresh weights.
    """
    content = hashlib.sha256(_first(splits, encoder).to_json().encode()).hexdigest()
    return config.replace(teachers=f"{ITSELF} {content[:16]}, {identity_of([a_baseline(LINEAR, splits)])}")


def self_taught(
    splits: Splits, config: Config, encoder: Encoder | None, folder: Path, report: TrainingProgress
) -> tuple[Splits, TrainingTimes]:
    """What the network of the last round learns from, and the seconds of all rounds before it is trained.

    What the teachers of a round said is kept, so that who was stopped goes on with the round, and within it with the
    epoch, where that was.

    Args:
        splits: with the labels that there are, and the reviews without.
        config: settings of the networks that are taught, `training.rounds` of them. The last is left to the caller.
        encoder: what every network starts from; None for fresh weights.
        folder: of the dataset, where states and answers are kept.
        report: is told of every round and epoch.

    Returns:
        The same splits with a training split of soft labels, as `sentiment.teaching.distillation.taught` has them; and
        the costs.

    Raises:
        StorageError: the disk is full or cannot be written.
    """
    first = _first(splits, encoder)
    if encoder:
        first = encoder.sized(first)
    teacher = first.replace(architecture=config.model.architecture, seed=config.seed)
    linear = a_baseline(LINEAR, splits)
    learnt, rounds = splits, config.training.rounds
    costs: TrainingTimes = {}
    for number in range(1, rounds + 1):
        report.note(f"{config.name}, round {number} of {rounds}: {teacher.preset} and {LINEAR} teach")
        identity = {"settings": json.loads(teacher.to_json()), **baseline_identity(learnt)}
        content = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
        checkpoint = Checkpoint(folder / ".training" / f"{teacher.name}-{content[:16]}", identity)
        asked = _asked(learnt, teacher, encoder, checkpoint, report)
        network = Teacher(
            teacher.name, content, asked, excerpts_seed=learnt.excerpts_seed, seconds_before=checkpoint.seconds
        )
        learnt, more = taught(splits, [network, linear], config.training, folder / TEACHINGS, report)
        checkpoint.remove()  # what it said is kept
        costs, teacher = merged([costs, more]), config
    return learnt, costs


def _first(splits: Splits, encoder: Encoder | None) -> Config:
    """The preset of the network that learns the labels alone: what a person gets who names none."""
    labels = len(splits.train) + len(splits.validation)
    return preset(pretrained_preset(labels, encoder.config.units) if encoder else default_preset(splits.dataset.name))


def _asked(
    learnt: Splits, config: Config, encoder: Encoder | None, checkpoint: Checkpoint, report: TrainingProgress
) -> Callable[[Sequence[str]], Sequence[float]]:
    """Probabilities by a network that is trained when it is asked."""

    def predict(texts: Sequence[str]) -> list[float]:
        encoded = encode(learnt, config.tokenizer, encoder)
        model, _ = fit(encoded, config, checkpoint, report, encoder)
        said = OnnxEngine(to_onnx(model, {}).SerializeToString()).start(encoded.tokenizer.token_ids(texts))()
        keras.utils.clear_session()
        return said.tolist()

    return predict
