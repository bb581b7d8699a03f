"""What `fit` needs around an epoch: the batches, the state of a training, and callbacks that save it, judge and stop.

A stopped training continues from its checkpoint and ends with the figures of one that was not stopped.
"""

import json
import math
import shutil
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from sentiment.config import Classes
from sentiment.errors import ConfigError
from sentiment.metrics.class_balance import one_class
from sentiment.metrics.measures import log_loss, measure
from sentiment.networks.scoring import probabilities
from sentiment.support.progress import TrainingProgress
from sentiment.support.storage import new_folder
from sentiment.text.batches import Batches
from sentiment.text.tokenizer import PADDING_ID
from sentiment.training.identity import same_identity


class Epochs(keras.utils.PyDataset):
    """Batches without an end; `fit` needs the steps per epoch.

    For a dataset that ends, Keras makes a new TensorFlow iterator in every epoch. Destroying the old one waits for a
    thread that may be asleep: every other epoch, training stood still for about a fifth of an epoch.

    Args:
        batches: put in the order of each epoch here.
        first_step: batches that were trained on before.
    """

    def __init__(self, batches: Batches, first_step: int = 0) -> None:
        super().__init__()
        self._batches = batches
        self._first_step = first_step

    @property
    def num_batches(self) -> None:
        """None: Keras' value for no end."""
        return None

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        token_ids, labels = self._at(index)
        # As in `Batches`, the first two must differ in width, also where a training goes on in the middle of an epoch.
        if index == 1 and token_ids.shape[1] == self._at(0)[0].shape[1]:
            token_ids = np.pad(token_ids, ((0, 0), (0, 8)), constant_values=PADDING_ID)
        return token_ids, labels

    def _at(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        epoch, step = divmod(self._first_step + index, len(self._batches))
        self._batches.start_epoch(epoch)
        return self._batches[step]


@dataclass
class Progress:
    """What finished epochs leave behind, apart from the model and its optimiser."""

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
        folder: of this checkpoint alone.
        identity: what the training is made of, see `sentiment.training.identity`. A checkpoint with another identity
            is not used.
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
            np.savez(folder / "weights.npz", *model.get_weights())
            np.savez(folder / "optimizer.npz", *[variable.numpy() for variable in model.optimizer.variables])
            np.savez(folder / "best.npz", *progress.best_weights)
            state = {"identity": self._identity, "history": progress.history, "seconds": progress.seconds}
            (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")

    def restore(self, model: keras.Model) -> Progress:
        """Restores a compiled model and its optimiser.

        Returns:
            The progress of the finished epochs; an empty one, and an unchanged model, without a usable checkpoint.
        """
        try:
            state = json.loads((self._folder / "state.json").read_text(encoding="utf-8"))
            if not same_identity(state["identity"], self._identity):
                return Progress()
            weights, optimizer, best = (
                _read(self._folder / f"{name}.npz") for name in ("weights", "optimizer", "best")
            )
        except (ConfigError, OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return Progress()  # starting again costs time only
        # The optimiser is made by the code and not read from a file, which would not have its weight-decay exclusions.
        model.optimizer.build(model.trainable_variables)
        model.set_weights(weights)
        for variable, value in zip(model.optimizer.variables, optimizer, strict=True):
            variable.assign(value)
        return Progress(state["history"], best, state["seconds"])

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _read(path: Path) -> list[np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        return [arrays[f"arr_{i}"] for i in range(len(arrays.files))]


class _Recorder(keras.callbacks.Callback):
    """Seeds every epoch, and reports its steps.

    Args:
        tokens: that an epoch reads, without padding.
        progress: history of earlier epochs, to which this object adds.
        checkpoint: where the state goes between epochs.
        report: receives every step and epoch.
        seed: with the epoch, decides the dropout.
    """

    def __init__(
        self, tokens: float, progress: Progress, checkpoint: Checkpoint, report: TrainingProgress, seed: int
    ) -> None:
        super().__init__()
        self._tokens = tokens
        self._progress = progress
        self._checkpoint = checkpoint
        self._report = report
        self._seed = seed

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        restart_random(self.model, self._seed, epoch)
        self._epoch_started = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._report.step()


class EpochRecorder(_Recorder):
    """Measures every epoch on the validation split, keeps the weights of the best, and stops early.

    Comes after `keras.callbacks.SwapEMAWeights(swap_on_epoch=True)` in the list of callbacks: at the end of an epoch
    the model then has the averaged weights, which are measured; at the beginning of the next it has the optimiser's
    own, which the checkpoint needs.

    Args:
        *shared: as for `_Recorder`.
        validation: token ids, int32[time] each, and labels, int[n].
        classes: of the labels.
        weights: float[classes], how much a review of each class counts in the loss; None: all the same.
        patience: epochs without a lower validation loss before training stops.
    """

    def __init__(
        self,
        *shared: Any,
        validation: tuple[list[np.ndarray], np.ndarray],
        classes: Classes,
        weights: np.ndarray | None,
        patience: int,
    ) -> None:
        super().__init__(*shared)
        self._validation = validation
        self._classes = classes
        self._weights = weights
        self._patience = patience
        self._first_epoch = len(self._progress.history)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._started = time.perf_counter() - self._progress.seconds

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if epoch > self._first_epoch:
            self._progress.seconds = time.perf_counter() - self._started
            self._checkpoint.save(self.model, self._progress)
        super().on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        seconds = time.perf_counter() - self._epoch_started
        token_ids, labels = self._validation
        scored = probabilities(self.model, token_ids, self._classes)
        if not np.isfinite(scored).all():
            raise ConfigError(
                f"expected a loss that falls; found that training diverged in epoch {epoch + 1}: the network gives no "
                "numbers; set a lower learning_rate or weight_decay with --set"
            )
        judged = measure(labels, scored, self._classes)
        self._progress.history.append(
            {
                "epoch": epoch + 1,
                "train_loss": logs["loss"] if logs else float("nan"),
                "train_accuracy": logs["accuracy"] if logs else float("nan"),
                "validation_loss": log_loss(labels, scored, self._weights),
                "validation_accuracy": judged["accuracy"],
                "seconds": seconds,
                "tokens_per_second": self._tokens / seconds,
            }
        )
        self._report.epoch(_line(self._progress.history[-1], one_class(judged["confusion"], self._classes.names)))
        if self._progress.best_epoch == epoch + 1:
            self._progress.best_weights = self.model.get_weights()
        elif epoch + 1 - self._progress.best_epoch >= self._patience:
            self.model.stop_training = True
        self._progress.seconds = time.perf_counter() - self._started


class SegmentRecorder(_Recorder):
    """Saves the state of a pretraining after every segment, Keras' epoch, and stops when the minutes are over.

    Args:
        *shared: as for `_Recorder`.
        steps: of a segment.
        minutes: None: no limit.
    """

    def __init__(self, *shared: Any, steps: int, minutes: float | None) -> None:
        super().__init__(*shared)
        self._steps = steps
        self._end = math.inf if minutes is None else time.monotonic() + 60 * minutes

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        seconds = time.perf_counter() - self._epoch_started
        steps = (epoch + 1) * self._steps
        loss = logs["loss"] if logs else float("nan")
        if logs and not math.isfinite(loss):  # checked before it is saved: it could never recover
            raise ConfigError(
                f"expected a loss that falls; found that training diverged before step {steps:,}: the loss is no "
                "number; set a lower learning_rate with --set"
            )
        speed = self._tokens / seconds
        row = {"steps": steps, "train_loss": loss, "seconds": seconds, "tokens_per_second": speed}
        self._progress.history.append(row)
        self._progress.seconds += seconds
        self._checkpoint.save(self.model, self._progress)
        self._report.epoch(f"step {steps:,}: sampled loss {loss:.3f}, {seconds:.0f} s, {speed / 1000:.1f}k tokens/s")
        if time.monotonic() + seconds > self._end:
            self.model.stop_training = True


def restart_random(model: keras.Model, seed: int, epoch: int) -> None:
    """Seeds everything random in a network by the seed and the epoch alone, so that a resumed training repeats it."""
    states = [variable for variable in model.variables if variable.name.startswith("seed_generator")]
    for index, state in enumerate(states):
        state.assign(np.random.default_rng((seed, epoch, index)).integers(0, 2**31, 2).astype("uint32"))


def _line(row: dict[str, float], constant: str | None) -> str:
    """The figures of an epoch, with a note where the network predicts one class for every review."""
    note = f' (all called "{constant}")' if constant else ""
    return (
        f"epoch {row['epoch']:.0f}: loss {row['train_loss']:.3f}, validation loss {row['validation_loss']:.3f}, "
        f"validation accuracy {row['validation_accuracy']:.2%}{note}, {row['seconds']:.0f} s, "
        f"{row['tokens_per_second'] / 1000:.0f}k tokens/s"
    )
