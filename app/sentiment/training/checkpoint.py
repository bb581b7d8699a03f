"""The state of a training between two epochs, so that one that was stopped can go on."""

import json
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from sentiment.support.storage import new_folder


@dataclass
class Progress:
    """What an epoch leaves behind, apart from the model and its optimiser."""

    history: list[dict[str, float]] = field(default_factory=list)  # a row per finished epoch
    best_weights: list[np.ndarray] = field(default_factory=list)  # of the best epoch so far
    seconds: float = 0.0  # spent by earlier starts

    @property
    def best_epoch(self) -> int:
        """Number, from 1, of the epoch with the lowest validation loss."""
        return 1 + min(range(len(self.history)), key=lambda i: self.history[i]["validation_loss"])


class Checkpoint:
    """A folder with the last finished epoch of one training.

    Args:
        folder: where it lies; nothing else may.
        identity: what the training is made of (configuration, reviews, version). A checkpoint of another
            identity is not used.
    """

    def __init__(self, folder: Path, identity: dict[str, Any]) -> None:
        self._folder = folder
        self._identity = json.loads(json.dumps(identity))

    def save(self, model: keras.Model, progress: Progress) -> None:
        """Replaces the checkpoint.

        Raises:
            StorageError: the disk is full or cannot be written.
        """
        with new_folder(self._folder) as folder:
            _write(folder / "weights.npz", model.get_weights())
            _write(folder / "optimizer.npz", [variable.numpy() for variable in model.optimizer.variables])
            _write(folder / "best.npz", progress.best_weights)
            state = {"identity": self._identity, "history": progress.history, "seconds": progress.seconds}
            (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")

    def restore(self, model: keras.Model) -> Progress:
        """Puts a compiled model and its optimiser where they were; without a usable checkpoint changes nothing.

        Returns:
            What the finished epochs left behind; an empty progress where there is no usable checkpoint.
        """
        try:
            state = self._state()
            weights, optimizer, best = (
                _read(self._folder / f"{name}.npz") for name in ("weights", "optimizer", "best")
            )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return Progress()  # starting anew costs time only
        # The optimiser is made by the same code as at the first start and not read from a file, because what it
        # excludes from weight decay is not written into one.
        model.optimizer.build(model.trainable_variables)
        model.set_weights(weights)
        for variable, value in zip(model.optimizer.variables, optimizer, strict=True):
            variable.assign(value)
        return Progress(state["history"], best, state["seconds"])

    def seconds(self) -> float:
        """Spent on the training by earlier starts; 0 where there is no usable checkpoint."""
        try:
            return float(self._state()["seconds"])
        except (OSError, ValueError, KeyError):
            return 0.0

    def _state(self) -> dict[str, Any]:
        state = json.loads((self._folder / "state.json").read_text(encoding="utf-8"))
        if state["identity"] != self._identity:
            raise ValueError("the state is that of another training")
        return state

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _write(path: Path, arrays: list[np.ndarray]) -> None:
    np.savez(path, *arrays)


def _read(path: Path) -> list[np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        return [arrays[f"arr_{i}"] for i in range(len(arrays.files))]
