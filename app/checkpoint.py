"""The state of a training between two epochs, so that one that was stopped can go on."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from app.storage import new_folder


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
            model.save(folder / "model.keras")
            np.savez(folder / "best.npz", *progress.best_weights)
            state = {"identity": self._identity, "history": progress.history, "seconds": progress.seconds}
            (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")

    def load(self) -> tuple[keras.Model, Progress] | None:
        """The compiled model and its progress, or None where there is no usable checkpoint."""
        try:
            state = json.loads((self._folder / "state.json").read_text(encoding="utf-8"))
            if state["identity"] != self._identity:
                return None
            model = keras.saving.load_model(self._folder / "model.keras", safe_mode=True)
            with np.load(self._folder / "best.npz", allow_pickle=False) as arrays:
                best_weights = [arrays[f"arr_{i}"] for i in range(len(arrays.files))]
        except (OSError, ValueError, KeyError):
            return None  # starting anew costs time only
        return model, Progress(state["history"], best_weights, state["seconds"])

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
