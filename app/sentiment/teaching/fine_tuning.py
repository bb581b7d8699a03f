"""A saved run's network, trained on with other labels: from the last layer that `adapt` fits, for a few epochs.

    labels -> a last layer on the network as it is      sentiment.teaching.linear_head
           -> all weights, at a small rate, from there

A last layer that is fitted first spares the network the large gradients of a random one, which distort what it knows
(Kumar et al. 2022). All layers learn at one rate, which falls to 0, and the weights that are kept are a moving
average. Where the classes are those of the run, its own last layer is the start if it fits the labels better than a
new one does in cross-validation; it keeps its finer grades.

Validation reviews, if they are enough, are left out of a first training and choose its epoch, or none, and the
temperature. A second training learns from them, too, for as many epochs. Fewer would choose by chance: then there is
one training, from all reviews and of a fixed length, and the weights that are kept lie halfway between those of the
start and those of its end (Wortsman et al. 2022), which are too sure of themselves.
"""

import dataclasses
import math
from dataclasses import dataclass

import keras
import numpy as np

from sentiment.config import Classes, Config, preset
from sentiment.errors import ConfigError
from sentiment.metrics.calibration import temperature
from sentiment.metrics.class_probabilities import probabilities_of
from sentiment.metrics.measures import log_loss
from sentiment.networks.architectures import build
from sentiment.networks.heads import ClassLoss, targets
from sentiment.networks.scoring import logits
from sentiment.runs.saved_run import SavedRun
from sentiment.support.progress import TrainingProgress
from sentiment.teaching.linear_head import FEWEST, LinearModel, as_network, fit_head
from sentiment.text.batches import Batches, dropout_of_words
from sentiment.training.encoders import Encoder, Head, same_logits
from sentiment.training.epochs import Epochs, restart_random
from sentiment.training.optimizers import adamw

PRESET = "fine-tuned"
ENOUGH = 100  # validation reviews, from which they choose the epoch and the temperature
_SHARE = 0.5  # of the way from the start to the end of a training that no validation reviews have judged
_LEAST = 1e-6  # probability of a grade, so that a class can be divided


@dataclass(frozen=True)
class Labelled:
    """Reviews to learn from, as the network reads them."""

    token_ids: list[np.ndarray]  # int32[time] of each, whole
    shortened: list[np.ndarray]  # the same as a prediction reads them
    features: np.ndarray  # float32[n, features] that the network pools as it is
    labels: np.ndarray  # int[n], the index of the class

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, begin: int, end: int) -> "Labelled":
        """Some of them, in their order."""
        rows = slice(begin, end)
        return Labelled(self.token_ids[rows], self.shortened[rows], self.features[rows], self.labels[rows])


@dataclass(frozen=True)
class Start:
    """What fine-tuning starts from."""

    encoder: Encoder  # the network, with `head`
    head: Head
    is_old: bool  # whether the head is the run's own
    targets: np.ndarray  # float32[n, k] of the reviews, see `sentiment.networks.heads`


@dataclass(frozen=True)
class FineTuned:
    """A network after fine-tuning."""

    model: keras.Model
    classes: Classes  # those of the labels, with the finer grades of the run's own last layer where it was kept
    keeps_head: bool  # whether it started from the run's own last layer
    epochs: int  # that it learnt for; 0: the validation reviews say that the start is better
    temperature: float  # by which the last layer was divided after the last epoch
    # float64[n] or float64[n, outputs] of the validation reviews, by the network that did not learn from them.
    validation_logits: np.ndarray | None


def settings_for(run: SavedRun, encoder: Encoder, classes: Classes, seed: int = 1) -> Config:
    """The settings of a run that is fine-tuned: its sizes and how it reads, with the training of the preset.

    Args:
        run: whose network it is.
        encoder: its network.
        classes: of the labels.
        seed: of the dropout and of the order of the reviews.
    """
    learning, model = preset(PRESET), run.config.model
    dropout = {name: getattr(learning.model, name) for name in ("embedding_dropout", "head_dropout", "dtype")}
    return dataclasses.replace(
        learning,
        seed=seed,
        encoder=encoder.identity,
        classes=classes,
        tokenizer=run.config.tokenizer,
        model=dataclasses.replace(model, **dropout),
    )


def fine_tune(
    encoder: Encoder, learnt: Labelled, validation: int, head: LinearModel, config: Config, report: TrainingProgress
) -> FineTuned:
    """Trains the network of a run on.

    Args:
        encoder: of `sentiment.training.encoders.encoder_of`.
        learnt: reviews to learn from; the last of them are the validation reviews.
        validation: how many these are.
        head: fitted to the features of all of `learnt`.
        config: of `settings_for`.
        report: receives every step and epoch.

    Raises:
        ConfigError: the training diverged.
    """
    divisor, epochs, validation_logits, keep = 1.0, None, None, None
    rest, held_out = learnt.part(0, len(learnt) - validation), learnt.part(len(learnt) - validation, len(learnt))
    fewest = np.bincount(rest.labels, minlength=len(config.classes)).min()
    if validation >= ENOUGH and fewest >= FEWEST:
        apart = fit_head(rest.features, rest.labels, config.classes)
        choice = _Choice(held_out, start_of(encoder, rest, apart, config.classes), config.training.patience)
        _trained(choice.start, rest, config, report, choice=choice)
        epochs, validation_logits = choice.epoch, choice.logits
        divisor = temperature(validation_logits, held_out.labels, choice.start.head.classes)
        validation_logits, keep = validation_logits / divisor, choice.start.is_old
    start = start_of(encoder, learnt, head, config.classes, keep)
    share = 1.0 if validation_logits is not None else _SHARE
    model, passes = _trained(start, learnt, config, report, epochs=epochs, share=share)
    last = model.get_layer("logit")
    last.set_weights([weight / divisor for weight in last.get_weights()])
    return FineTuned(model, start.head.classes, start.is_old, passes, divisor, validation_logits)


def start_of(
    encoder: Encoder, learnt: Labelled, head: LinearModel, classes: Classes, keep: bool | None = None
) -> Start:
    """What fine-tuning starts from: a last layer that was fitted to the reviews, or the run's own where it is better.

    Args:
        encoder: the network of the run, with its last layer.
        learnt: the reviews.
        head: fitted to their features.
        classes: of their labels.
        keep: whether it is the run's own, where that is decided already; None: whether it is better.
    """
    pooling = encoder.head.pooling if encoder.head else ()
    new = Head(head.kernel.astype(np.float32), head.bias.astype(np.float32), classes, pooling)
    start = Start(dataclasses.replace(encoder, head=new), new, False, targets(learnt.labels, classes))
    old = encoder.head
    if keep is False or old is None or not (old.classes.names == classes.names or same_logits(old.classes, classes)):
        return start
    meant = old.classes if old.classes.names == classes.names else classes
    scores = as_network((learnt.features @ old.kernel + old.bias).astype(np.float64), meant)
    divisor = temperature(scores, learnt.labels, meant)
    old_loss = log_loss(learnt.labels, probabilities_of(scores / divisor, meant))
    if keep is None and old_loss >= log_loss(
        learnt.labels, probabilities_of(as_network(head.out_of_fold, classes), classes)
    ):
        return start
    tempered = Head(old.kernel / divisor, old.bias / divisor, meant, old.pooling)
    aims = _grades_of(scores / divisor, learnt.labels, meant) if meant.grades else learnt.labels
    return Start(dataclasses.replace(encoder, head=tempered), tempered, True, targets(aims, meant))


def _grades_of(scores: np.ndarray, labels: np.ndarray, classes: Classes) -> np.ndarray:
    """float64[n, grades]: a label divided among the grades of its class as the network would divide it."""
    grades = Classes(tuple(str(grade) for grade in range(sum(classes.grades))), ordered=True)
    probabilities = probabilities_of(scores, grades) + _LEAST
    inside = np.repeat(np.arange(len(classes)), classes.grades) == labels[:, None]
    return probabilities * inside / (probabilities * inside).sum(axis=1, keepdims=True)


class _Choice:
    """The epoch with the lowest log loss on validation reviews; 0 for the start.

    Args:
        validation: reviews that the start did not learn from.
        start: of the training.
        patience: epochs without a lower loss before the training stops.
    """

    def __init__(self, validation: Labelled, start: Start, patience: int) -> None:
        self.start = start
        self._validation, self._patience = validation, patience
        self.epoch, self._lowest = 0, math.inf
        self.judge(0, as_network(validation.features @ start.head.kernel + start.head.bias, start.head.classes))

    def judge(self, epoch: int, scores: np.ndarray) -> tuple[float, bool]:
        """The log loss of logits of the validation reviews, and whether patience is over."""
        classes = self.start.head.classes
        loss = log_loss(self._validation.labels, probabilities_of(scores, classes))
        if loss < self._lowest:
            self.epoch, self._lowest, self.logits = epoch, loss, scores
        return loss, epoch - self.epoch >= self._patience

    def judge_model(self, epoch: int, model: keras.Model) -> tuple[float, bool]:
        """The same of the network after an epoch."""
        return self.judge(epoch, logits(model, self._validation.shortened, self.start.head.classes))


class _Recorder(keras.callbacks.Callback):
    """Keeps the averaged weights of the last epoch. Comes after `keras.callbacks.SwapEMAWeights`."""

    def __init__(self, seed: int, epochs: int, report: TrainingProgress, choice: _Choice | None) -> None:
        super().__init__()
        self._seed, self._epochs, self._report, self._choice = seed, epochs, report, choice
        self.weights: list[np.ndarray] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        restart_random(self.model, self._seed, epoch)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        self._report.step()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        loss = logs["loss"] if logs else math.nan
        if not math.isfinite(loss):
            raise ConfigError(
                "expected a loss that falls; found that fine-tuning diverged: the loss is no number; "
                "adapt the last layer alone, without --deep"
            )
        line, is_over = f"epoch {epoch + 1}: loss {loss:.3f}", False
        if self._choice:
            on_validation, is_over = self._choice.judge_model(epoch + 1, self.model)
            line += f", validation loss {on_validation:.3f}"
        self._report.epoch(line)
        if is_over or epoch + 1 == self._epochs:
            self.weights = self.model.get_weights()
            self.model.stop_training = True


def _trained(
    start: Start,
    learnt: Labelled,
    config: Config,
    report: TrainingProgress,
    *,
    epochs: int | None = None,
    choice: _Choice | None = None,
    share: float = 1.0,
) -> tuple[keras.Model, int]:
    """The network after some epochs of a training, and their number.

    Args:
        start: its weights and targets.
        learnt: the reviews.
        config: the learning rate falls to 0 over as many epochs as it says.
        report: receives every step and epoch.
        epochs: to stop after; None: all of them.
        choice: judges every epoch, and may stop.
        share: of the way from the weights of the start to those after the last epoch.
    """
    settings, classes = config.training, start.head.classes
    model = build(config.model, len(start.encoder.weights[0]), config.seed, classes)
    start.encoder.initialise(model)
    before = model.get_weights()
    if epochs == 0:
        return model, 0
    dropped = dropout_of_words(learnt.token_ids, len(start.encoder.weights[0]), settings.word_dropout, 0.0)
    batches = Batches(learnt.token_ids, start.targets, settings.batch_size, config.seed, settings.crop_length, dropped)
    planned = max(settings.epochs, math.ceil(settings.minimum_steps / len(batches)))
    steps, epochs = planned * len(batches), epochs or planned
    shares = dict.fromkeys(("embedding", "recurrent"), settings.encoder_rate)
    model.compile(adamw(settings, steps, settings.averaging, shares), loss=ClassLoss(classes, settings.label_smoothing))
    model.optimizer.build(model.trainable_variables)  # or the first step makes its variables, and is traced twice
    recorder = _Recorder(config.seed, epochs, report, choice)
    report.start(config.name, epochs * len(batches), 0)
    model.fit(
        Epochs(batches),
        steps_per_epoch=len(batches),
        epochs=epochs,
        shuffle=False,  # the batches shuffle themselves, by seed and epoch
        verbose=0,
        callbacks=[keras.callbacks.SwapEMAWeights(swap_on_epoch=True), recorder],
    )
    ways = zip(before, recorder.weights, strict=True)
    model.set_weights([(1 - share) * first + share * last for first, last in ways])
    return model, epochs
