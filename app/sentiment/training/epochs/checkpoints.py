"""The state of a training on the disk."""

import contextlib
import json
import shutil
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from sentiment.distributed import Workers
from sentiment.errors import ConfigError
from sentiment.runs.identity import same_identity
from sentiment.support.progress import TrainingProgress
from sentiment.support.storage import checkpoint_seconds, discard, new_folder, one_at_a_time

SECONDS = 60.0  # of training that a kill costs at most


@dataclass
class Progress:
    """What a training leaves behind, apart from the weights of the model and the state of its optimiser."""

    history: list[dict[str, float]] = field(default_factory=list)  # a row per finished epoch
    best_weights: list[np.ndarray] = field(default_factory=list)  # of the best epoch so far
    seconds: float = 0.0  # of training, by all starts together
    epoch_step: int = 0  # steps taken in the epoch that is not finished
    epoch_seconds: float = 0.0  # spent in it
    running: list[np.ndarray] = field(default_factory=list)  # values of `running_variables` in it

    @property
    def best_epoch(self) -> int:
        """Number, from 1, of the epoch with the lowest validation loss."""
        return 1 + min(range(len(self.history)), key=lambda i: self.history[i]["validation_loss"])


class Checkpoint:
    """A folder with the last saved state of one training.

    Args:
        folder: of this checkpoint alone.
        identity: what the training is made of, see `sentiment.runs.identity`. A checkpoint with another identity
            is not used.

    Raises:
        ConfigError: SENTIMENT_CHECKPOINT_SECONDS is set and is no number of seconds.
    """

    def __init__(self, folder: Path, identity: dict[str, Any]) -> None:
        self.folder = folder
        self._identity = json.loads(json.dumps(identity))
        self._seconds = checkpoint_seconds(SECONDS)
        self._saved = time.monotonic()

    @contextlib.contextmanager
    def alone(self, report: TrainingProgress) -> Iterator[bool]:
        """A block that one process at a time enters for a training; says whether it had to wait for another."""
        name = self.folder.name
        with one_at_a_time(self.folder, lambda: report.note(f"another process trains {name}: waiting")) as waited:
            yield waited

    @property
    def is_due(self) -> bool:
        """Whether the last one is a minute old, or as old as SENTIMENT_CHECKPOINT_SECONDS says."""
        return time.monotonic() - self._saved >= self._seconds

    def save(self, model: keras.Model, progress: Progress) -> None:
        """Replaces the checkpoint.

        Raises:
            StorageError: the disk is full or cannot be written.
        """
        inside = running_variables(model) if progress.epoch_step else []
        with new_folder(self.folder) as folder:
            np.savez(folder / "weights.npz", *model.get_weights())
            np.savez(folder / "optimizer.npz", *_values(model.optimizer.variables))
            np.savez(folder / "best.npz", *progress.best_weights)
            np.savez(folder / "running.npz", *_values(inside))
            names = ("history", "seconds", "epoch_step", "epoch_seconds")
            state = {"identity": self._identity} | {name: getattr(progress, name) for name in names}
            (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
        self._saved = time.monotonic()

    def restore(self, model: keras.Model) -> Progress:
        """Restores the weights of a compiled model and the variables of its optimiser, which has been built.

        Keras' own file of an optimiser would lack the exclusions from weight decay.

        Returns:
            The progress so far; an empty one, and an unchanged model, without a usable checkpoint.
        """
        try:
            state = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
            if not same_identity(state.pop("identity"), self._identity):
                return Progress()
            weights, optimizer, best = (_read(self.folder / f"{name}.npz") for name in ("weights", "optimizer", "best"))
            inside = _read(self.folder / "running.npz") if state.get("epoch_step") else []
            progress = Progress(**state, best_weights=best, running=inside)
            saved = [(model.weights, weights), (model.optimizer.variables, optimizer)]
            saved += [(model.weights, best)] if best else []
            saved += [(running_variables(model), inside)] if progress.epoch_step else []
            if not all(_fits(variables, values) for variables, values in saved):
                return Progress()  # of another version of Keras
        except (ConfigError, OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return Progress()  # starting again costs time only
        model.set_weights(weights)
        for variable, value in zip(model.optimizer.variables, optimizer, strict=True):
            variable.assign(value)
        return progress

    def remove(self) -> None:
        """Deletes it, when the result is saved."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def discard(self) -> None:
        """Deletes what a kill between saving the result and `remove` has left; another training's state stays."""
        with contextlib.suppress(ConfigError, OSError, ValueError, KeyError, TypeError):
            state = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
            if same_identity(state["identity"], self._identity):
                discard(self.folder)


def running_variables(model: keras.Model) -> list[keras.Variable]:
    """What changes inside an epoch, beside weights and optimiser: random states, and the means of loss and accuracy."""
    return [*_random_states(model), *model.metrics_variables]


def restored(checkpoint: Checkpoint, model: keras.Model, workers: Workers) -> Progress:
    """As `Checkpoint.restore`, in every worker: the first one reads, and gives its state to the others.

    The optimiser is built here: where the first step would make its variables, TensorFlow would trace that step twice.
    """
    model.optimizer.build(model.trainable_variables)
    progress = checkpoint.restore(model) if workers.is_first else Progress()
    if workers.size > 1:
        state = model.get_weights(), _values(model.optimizer.variables), progress
        weights, optimizer, progress = workers.from_first(state)
        model.set_weights(weights)
        for variable, value in zip(model.optimizer.variables, optimizer, strict=True):
            variable.assign(value)
    return progress


def restart_random(model: keras.Model, seed: int, epoch: int, rank: int = 0) -> None:
    """Seeds everything random in a network by the seed and the epoch alone, so that a resumed training repeats it.

    The dropout of a worker depends on its `rank`, too, or rows of all parts would lose the same features.
    """
    for index, state in enumerate(_random_states(model)):
        state.assign(_first_state(model, state, seed, epoch, index, rank))


def continue_random(model: keras.Model, seed: int, epoch: int, rank: int) -> None:
    """Makes the random states of the first worker, inside an epoch, those that another one has there."""
    for index, state in enumerate(_random_states(model)):
        first, this = (_first_state(model, state, seed, epoch, index, number) for number in (0, rank))
        state.assign(this + (np.asarray(state.numpy()) - first))  # Keras counts draws; uint32 goes round


def _first_state(model: keras.Model, state: keras.Variable, seed: int, epoch: int, index: int, rank: int) -> np.ndarray:
    common = any(state is other for other in getattr(model, "common_random_states", ()))
    place = (seed, epoch, index) if common or not rank else (seed, epoch, index, rank)
    return np.random.default_rng(place).integers(0, 2**31, 2).astype("uint32")


def _random_states(model: keras.Model) -> list[keras.Variable]:
    return [variable for variable in model.variables if variable.name.startswith("seed_generator")]


def _values(variables: list[keras.Variable]) -> list[np.ndarray]:
    return [variable.numpy() for variable in variables]


def _fits(variables: list[keras.Variable], values: list[np.ndarray]) -> bool:
    """Whether each value has the shape of its variable."""
    return [tuple(variable.shape) for variable in variables] == [value.shape for value in values]


def _read(path: Path) -> list[np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        return [arrays[f"arr_{i}"] for i in range(len(arrays.files))]
