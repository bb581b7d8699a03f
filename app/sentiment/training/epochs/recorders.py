"""Callbacks of `fit` that judge, save and stop.

To Keras, a training is one epoch, because Keras can start in the middle of a training but not of an epoch. The
recorders count the steps, and begin and end our epochs.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from sentiment.config import Classes
from sentiment.distributed import ALONE, Workers
from sentiment.errors import ConfigError
from sentiment.metrics.class_balance import one_class
from sentiment.metrics.measures import log_loss, measure
from sentiment.networks.scoring import probabilities
from sentiment.support.progress import TrainingProgress
from sentiment.training.epochs.checkpoints import (
    Checkpoint,
    Progress,
    continue_random,
    restart_random,
    running_variables,
)


class _Recorder(keras.callbacks.Callback):
    """Seeds every epoch, reports its steps, and saves the state of the training in between.

    Args:
        tokens: that an epoch reads, without padding.
        progress: of earlier starts, to which this object adds.
        checkpoint: where the state goes.
        report: receives every step and epoch.
        seed: with the epoch, decides the dropout.
        steps: of an epoch.
        epochs: of the whole training.
        workers: that train together; the first one saves.
    """

    def __init__(
        self,
        tokens: float,
        progress: Progress,
        checkpoint: Checkpoint,
        report: TrainingProgress,
        seed: int,
        steps: int,
        epochs: int,
        workers: Workers = ALONE,
    ) -> None:
        super().__init__()
        self._workers = workers
        self._tokens = tokens
        self._progress = progress
        self._checkpoint = checkpoint
        self._report = report
        self._seed = seed
        self._steps = steps
        self._epochs = epochs

    @property
    def done(self) -> int:
        """Steps taken so far."""
        return len(self._progress.history) * self._steps + self._progress.epoch_step

    @property
    def left(self) -> int:
        """Steps to take at most."""
        return self._epochs * self._steps - self.done

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._started = time.perf_counter() - self._progress.seconds

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Once, before the first step."""
        if not self._progress.epoch_step:
            self._begin_epoch()
            return
        self._epoch_started = time.perf_counter() - self._progress.epoch_seconds
        for variable, value in zip(running_variables(self.model), self._progress.running, strict=True):
            variable.assign(value)
        if self._workers.rank:
            continue_random(self.model, self._seed, len(self._progress.history), self._workers.rank)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._progress.epoch_step += 1
        self._report.step()
        ended = self._progress.epoch_step == self._steps
        if not (ended or (self._workers.is_first and self._checkpoint.is_due)):
            return
        if keras.backend.backend() == "jax":
            self.model.jax_state_sync()  # the variables are elsewhere between two steps
        if not ended:
            self._save()
            return
        self._progress.epoch_step = 0
        logs = self._workers.mean_of(logs or {})
        line = self._end_epoch(len(self._progress.history) + 1, time.perf_counter() - self._epoch_started, logs)
        self._save()
        self._report.epoch(line)
        if not self.model.stop_training and self.left:
            self._begin_epoch()

    def _begin_epoch(self) -> None:
        self.model.reset_metrics()
        restart_random(self.model, self._seed, len(self._progress.history), self._workers.rank)
        self._epoch_started = time.perf_counter()

    def _end_epoch(self, epoch: int, seconds: float, logs: dict[str, float]) -> str:
        """Adds a row to the history, stops the training where it is over, and returns a line for people."""
        raise NotImplementedError

    def _save(self) -> None:
        now = time.perf_counter()
        self._progress.seconds, self._progress.epoch_seconds = now - self._started, now - self._epoch_started
        if self._workers.is_first:
            self._checkpoint.save(self.model, self._progress)


class EpochRecorder(_Recorder):
    """Measures every epoch on the validation split, keeps the weights of the best, and stops early.

    What is measured are the averaged weights, where the optimiser has them.

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

    @property
    def left(self) -> int:
        """Steps to take at most; none after epochs without a lower validation loss."""
        epochs = len(self._progress.history)
        return 0 if epochs and epochs - self._progress.best_epoch >= self._patience else super().left

    def _end_epoch(self, epoch: int, seconds: float, logs: dict[str, float]) -> str:
        token_ids, labels = self._validation
        with _averaged(self.model):
            scored = probabilities(self.model, token_ids, self._classes)
            if not np.isfinite(scored).all():
                raise ConfigError(
                    f"expected a loss that falls; found that training diverged in epoch {epoch}: the network gives no "
                    "numbers; set a lower learning_rate or weight_decay with --set"
                )
            judged = measure(labels, scored, self._classes)
            row = {
                "epoch": epoch,
                "train_loss": logs.get("loss", float("nan")),
                "train_accuracy": logs.get("accuracy", float("nan")),
                "validation_loss": log_loss(labels, scored, self._weights),
                "validation_accuracy": judged["accuracy"],
                "seconds": seconds,
                "tokens_per_second": self._tokens / seconds,
            }
            self._progress.history.append(self._workers.from_first(row))
            if self._progress.best_epoch == epoch:
                self._progress.best_weights = self.model.get_weights()
        self.model.stop_training = not self.left
        return line_of(row, one_class(judged["confusion"], self._classes.names))


class SegmentRecorder(_Recorder):
    """Records the segments of a pretraining, which are its epochs here, and stops when the minutes are over.

    Args:
        *shared: as for `_Recorder`.
        minutes: None: no limit.
    """

    def __init__(self, *shared: Any, minutes: float | None) -> None:
        super().__init__(*shared)
        self._end = math.inf if minutes is None else time.monotonic() + 60 * minutes

    def _end_epoch(self, epoch: int, seconds: float, logs: dict[str, float]) -> str:
        steps, loss = epoch * self._steps, logs.get("loss", float("nan"))
        if not math.isfinite(loss):  # checked before it is saved: it could never recover
            raise ConfigError(
                f"expected a loss that falls; found that training diverged before step {steps:,}: the loss is no "
                "number; set a lower learning_rate with --set"
            )
        speed = self._tokens / seconds
        row = {"steps": steps, "train_loss": loss, "seconds": seconds, "tokens_per_second": speed}
        self._progress.history.append(row)
        self.model.stop_training = self._workers.from_first(time.monotonic() + seconds > self._end)
        return f"step {steps:,}: sampled loss {loss:.3f}, {seconds:.0f} s, {speed / 1000:.1f}k tokens/s"


def line_of(row: dict[str, float], constant: str | None) -> str:
    """The figures of an epoch, with a note where the network predicts one class for every review."""
    note = f' (all called "{constant}")' if constant else ""
    return (
        f"epoch {row['epoch']:.0f}: loss {row['train_loss']:.3f}, validation loss {row['validation_loss']:.3f}, "
        f"validation accuracy {row['validation_accuracy']:.2%}{note}, {row['seconds']:.0f} s, "
        f"{row['tokens_per_second'] / 1000:.0f}k tokens/s"
    )


@contextmanager
def _averaged(model: keras.Model) -> Iterator[None]:
    """A block in which a model has the moving averages of its weights; its own weights return bit by bit."""
    variables, averages = model.trainable_variables, model.optimizer.averages
    if not averages:
        yield
        return
    visited = [np.array(variable.numpy()) for variable in variables]
    for variable, average in zip(variables, averages, strict=True):
        variable.assign(average)
    try:
        yield
    finally:
        for variable, value in zip(variables, visited, strict=True):
            variable.assign(value)
