"""A trial: a network that is trained with some settings, and measured on validation. It never sees a test review."""

import dataclasses
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from sentiment.config import OURS, Config, customised
from sentiment.data.dataset import Examples, Splits
from sentiment.errors import ConfigError
from sentiment.parallel.lines import Renamed
from sentiment.search.journal import Outcome, Trial
from sentiment.support.progress import TrainingProgress
from sentiment.support.threads import settle
from sentiment.training.classifier import fit
from sentiment.training.encoders import Encoder
from sentiment.training.encoding import encode
from sentiment.training.epochs import Checkpoint
from sentiment.training.saving import identity

SEED = 1  # that of a training for which nobody names a number of seeds


@dataclass(frozen=True)
class Trials:
    """What all trials of a search share."""

    splits: Splits  # made by `without_test`
    architecture: str
    preset: str
    settings: tuple[str, ...]  # `name=value` of what is set and does not vary
    encoder: Encoder | None  # what networks start from; None for fresh weights
    checkpoints: Path  # an absolute folder
    name: str  # of the search

    def config(self, drawn: Sequence[str]) -> Config:
        """All settings of a trial: those that `sentiment train` has with the same options."""
        config = customised(self.preset, [*self.settings, *drawn])
        if self.encoder:
            config = self.encoder.sized(config)
        return config.replace(architecture=self.architecture, seed=SEED, classes=self.splits.classes)

    def checkpoint(self, trial: Trial) -> Checkpoint:
        """Where the state of a trial is saved."""
        folder = self.checkpoints / f"{self.name}-trial{trial.number}"
        return Checkpoint(folder, identity(self.config(trial.settings), self.splits))


def without_test(splits: Splits) -> Splits:
    """The splits with an empty test split, so that no search can use it."""
    return dataclasses.replace(splits, test=Examples([], np.empty(0, splits.test.labels.dtype)))


def title(trial: Trial) -> str:
    """The name of a trial in lines of progress."""
    return f"trial {trial.number}"


def tried(trials: Trials, trial: Trial, report: TrainingProgress) -> Outcome:
    """Trains a network, which is not kept. Its checkpoint stays until the outcome is written, see `forget`."""
    settle(loops=trials.architecture != OURS)
    config, checkpoint = trials.config(trial.settings), trials.checkpoint(trial)
    encoder = trials.encoder and trials.encoder.for_classifier(config)
    report = Renamed(report, title(trial))
    encoded = encode(trials.splits, config.tokenizer, encoder)
    with checkpoint.alone(report):
        try:
            _, progress = fit(encoded, config, checkpoint, report, encoder)
        except ConfigError as error:  # training diverged, which is a result, too
            return Outcome(failure=str(error))
    keras.utils.clear_session()  # or dozens of networks add up in memory
    best = progress.history[progress.best_epoch - 1]
    return Outcome(
        log_loss=best["validation_loss"],
        accuracy=best["validation_accuracy"],
        epochs=len(progress.history),
        best_epoch=progress.best_epoch,
        seconds=progress.seconds,
    )


def forget(trials: Trials, trial: Trial) -> None:
    """Deletes the checkpoint of a trial whose outcome is written."""
    shutil.rmtree(trials.checkpoint(trial).folder, ignore_errors=True)
