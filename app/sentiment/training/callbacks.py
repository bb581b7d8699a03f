"""What happens around an epoch: order of the reviews, judgement, early stopping, checkpoint."""

import time
from typing import Any

import keras
import numpy as np

from sentiment.errors import ConfigError
from sentiment.metrics.class_balance import one_class
from sentiment.metrics.measures import measure
from sentiment.networks.scoring import probabilities
from sentiment.support.progress import TrainingProgress
from sentiment.training.checkpoint import Checkpoint, Progress


class EpochRecorder(keras.callbacks.Callback):
    """Judges every epoch on the validation split and keeps the weights of the best.

    Stands behind `keras.callbacks.SwapEMAWeights(swap_on_epoch=True)` in the list of callbacks: at the end of
    an epoch the model then holds the averaged weights, which are judged, and at the beginning of the next the
    optimiser's own, which the checkpoint needs.

    Args:
        tokens: that an epoch reads, without padding.
        validation: token ids, int32[time] each, and labels, int8[n].
        progress: what earlier epochs left behind; this object adds to it.
        checkpoint: where the state goes between epochs.
        report: is told of every epoch.
        seed: with the epoch, decides the dropout.
        patience: epochs without a better validation loss before stopping.
    """

    def __init__(
        self,
        tokens: int,
        validation: tuple[list[np.ndarray], np.ndarray],
        progress: Progress,
        checkpoint: Checkpoint,
        report: TrainingProgress,
        seed: int,
        patience: int,
    ) -> None:
        super().__init__()
        self._tokens = tokens
        self._validation = validation
        self._progress = progress
        self._checkpoint = checkpoint
        self._report = report
        self._seed = seed
        self._patience = patience
        self._first_epoch = len(progress.history)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._started = time.perf_counter() - self._progress.seconds

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        if epoch > self._first_epoch:
            self._progress.seconds = time.perf_counter() - self._started
            self._checkpoint.save(self.model, self._progress)
        restart_random(self.model, self._seed, epoch)
        self._epoch_started = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._report.step()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        seconds = time.perf_counter() - self._epoch_started
        token_ids, labels = self._validation
        scored = probabilities(self.model, token_ids)
        if not np.isfinite(scored).all():
            raise ConfigError(
                f"expected the training to get somewhere; found that it diverged in epoch {epoch + 1}: the network "
                "gives no numbers any more; give a lower learning_rate or weight_decay with --set"
            )
        judged = measure(labels, scored)
        self._progress.history.append(
            {
                "epoch": epoch + 1,
                "train_loss": logs["loss"] if logs else float("nan"),
                "train_accuracy": logs["accuracy"] if logs else float("nan"),
                "validation_loss": judged["log_loss"],
                "validation_accuracy": judged["accuracy"],
                "seconds": seconds,
                "tokens_per_second": self._tokens / seconds,
            }
        )
        self._report.epoch(_line(self._progress.history[-1], one_class(judged["confusion"])))
        if self._progress.best_epoch == epoch + 1:
            self._progress.best_weights = self.model.get_weights()
        elif epoch + 1 - self._progress.best_epoch >= self._patience:
            self.model.stop_training = True
        self._progress.seconds = time.perf_counter() - self._started


def restart_random(model: keras.Model, seed: int, epoch: int) -> None:
    """Restarts what is drawn in an epoch from the seed and the epoch alone, as a resumed training must."""
    generators = [
        value
        for layer in model._flatten_layers()
        for value in vars(layer).values()
        if isinstance(value, keras.random.SeedGenerator)
    ]
    for index, generator in enumerate(generators):
        generator.state.assign(np.random.default_rng((seed, epoch, index)).integers(0, 2**31, 2).astype("uint32"))


def _line(row: dict[str, float], constant: str | None) -> str:
    """The figures of an epoch; an accuracy that comes of saying one class of every review is said to do so."""
    note = f' (all called "{constant}")' if constant else ""
    return (
        f"epoch {row['epoch']:.0f}: loss {row['train_loss']:.3f}, validation loss {row['validation_loss']:.3f}, "
        f"validation accuracy {row['validation_accuracy']:.2%}{note}, {row['seconds']:.0f} s, "
        f"{row['tokens_per_second'] / 1000:.0f}k tokens/s"
    )
