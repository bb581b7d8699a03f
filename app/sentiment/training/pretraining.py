"""Pretraining: reviews without their labels in, an encoder out that classifiers can start from (Dai and Le 2015).

    Reviews -> texts of the training reviews, labelled and unlabelled -> token ids -> LanguageModel
            -> its embedding and recurrent layer -> models/<dataset>/<name>/

Reviews of the test split are never read; those of the validation split only measure the perplexity. The state is
written beside the encoder every few minutes, so that a training that was stopped, or that ran for the minutes it was
given, goes on from there.
"""

import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from sentiment import __version__
from sentiment.config import PretrainingConfig, TokenizerConfig, value_of
from sentiment.data.dataset import account
from sentiment.data.reviews import Reviews
from sentiment.data.splits import split
from sentiment.errors import ConfigError, ReviewsError, RunError
from sentiment.layers import LSTM
from sentiment.networks.language_model import LanguageModel
from sentiment.runs.saved_run import ENCODER
from sentiment.support.environment import machine, versions
from sentiment.support.progress import TrainingProgress
from sentiment.text.batches import Batches
from sentiment.text.cleaning import clean
from sentiment.text.padding import pad
from sentiment.text.tokenizer import ReviewTokenizer
from sentiment.training.callbacks import restart_random
from sentiment.training.checkpoint import Checkpoint, Progress
from sentiment.training.encoders import Encoder, load_encoder, save_encoder
from sentiment.training.epochs import Epochs
from sentiment.training.optimizers import adamw

SEGMENT = 100  # steps between two checkpoints
_FEWEST = 100  # reviews without labels; one in so many is held out
_HELD_OUT = 300  # reviews that the perplexity is measured on
_AT_ONCE = 16  # of them


@dataclass(frozen=True)
class Reader:
    """What recurrent layer learns to read, and which way."""

    recurrent: Callable[[PretrainingConfig], keras.layers.Layer]
    backward: bool = False  # from the last word to the first, beside an encoder that reads forward


READERS = {
    "lstm": Reader(lambda config: LSTM(config.units, return_sequences=True, name="recurrent")),
    "gru": Reader(lambda config: keras.layers.GRU(config.units, return_sequences=True, name="recurrent")),
    "bilstm": Reader(lambda config: LSTM(config.units, return_sequences=True, name="recurrent"), backward=True),
}


@dataclass(frozen=True)
class Corpus:
    """Texts to learn from, and others to measure the perplexity on."""

    texts: list[str]
    held_out: list[str]
    dataset: str
    content_hash: str  # SHA-256 of the source's reviews
    account: str = ""  # what became of every row of the source, in a line


def corpus(reviews: Reviews, split_settings: dict[str, Any]) -> Corpus:
    """The reviews that may be learnt from: those of the training split and the unlabelled ones.

    Args:
        reviews: with or without labels.
        split_settings: how the classifiers will split them, so that their validation and test splits stay apart.

    Raises:
        ReviewsError: too few reviews, or, with labels, of one class only.
    """
    if reviews.table["label"].notna().any():
        splits = split(reviews, **split_settings)
        texts, held_out = [*splits.train.texts, *splits.unlabelled], splits.validation.texts
        became = account(asdict(splits.dataset))
    else:
        found = list(dict.fromkeys(clean(text) for text in reviews.table["text"]))
        if len(found) < _FEWEST:
            raise ReviewsError(
                f"expected at least {_FEWEST} different reviews in {reviews.source}; found {len(found)}; "
                "give a file with more"
            )
        texts = [text for i, text in enumerate(found) if i % _FEWEST]
        held_out = found[::_FEWEST]
        reasons = {"duplicates": len(reviews.table) - len(found)} | reviews.left_out
        left_out = ", ".join(f"{many:,} {reason}" for reason, many in reasons.items() if many)
        became = (
            f"{reviews.name}: {len(found) + sum(reasons.values()):,} rows: {len(texts):,} to learn from, "
            f"{len(held_out):,} held out; left out: {left_out or 'none'}"
        )
    return Corpus(texts, held_out, reviews.name, reviews.content_hash, became)


def pretrain(
    corpus: Corpus,
    config: PretrainingConfig,
    target: Path,
    report: TrainingProgress,
    minutes: float | None = None,
    *,
    beside: Encoder | None = None,
    again: bool = False,
) -> Encoder | None:
    """Trains a language model and saves its encoder, or goes on with one that was stopped.

    Args:
        corpus: what to learn from.
        config: all settings.
        target: becomes the folder of the encoder. One that is there, made of the same settings and reviews, is
            returned as it is.
        report: is told of every step and segment.
        minutes: after so many the state is written and nothing returned; call again to go on.
        beside: for a reader in both directions, the encoder that reads forward. Its words stay as they are, only the
            way back is learnt, and what is saved has both.
        again: train also what is there already.

    Raises:
        ConfigError: no such reader, or none that fits beside it; or the training diverged.
        ReviewsError: reviews of one word, from which no next one can be learnt.
        RunError: `target` is there and is no encoder.
        StorageError: the disk is full or cannot be written.
    """
    if config.reads not in READERS:
        raise ConfigError(f"expected what reads to be one of {', '.join(READERS)}; found {config.reads!r}")
    reader = READERS[config.reads]
    _require_beside(reader, config, beside)
    identity = _identity(corpus, config, beside)
    if not again and (there := _encoder_at(target, identity)):
        report.note(f"{target.name} is there already, pretrained with these settings on these reviews")
        return there
    if target.exists() and not (target / ENCODER).is_file():
        raise RunError(f"expected a name that is free, or that of an encoder; found {target}; choose another name")
    words = TokenizerConfig(vocabulary_size=config.vocabulary_size)
    tokenizer = beside.tokenizer(words) if beside else ReviewTokenizer.fit(corpus.texts, words)
    way = -1 if reader.backward else 1
    held_out = [ids[::way] for ids in tokenizer.token_ids(corpus.held_out[:_HELD_OUT])]
    if all(len(ids) < 2 for ids in held_out):
        raise ReviewsError(
            f"expected reviews of more than one word; found that those held out of {corpus.dataset} have one each; is "
            "it the right column of the text?"
        )
    token_ids = [ids[::way] for ids in tokenizer.token_ids(corpus.texts, whole=True)]
    counts = np.bincount(np.concatenate(token_ids), minlength=tokenizer.vocabulary_size)
    batches = Batches(token_ids, np.zeros(len(token_ids)), config.batch_size, config.seed, config.crop_length)
    steps = config.epochs * len(batches)
    checkpoint = Checkpoint(target.parent / ".training" / target.name, identity)

    keras.utils.set_random_seed(config.seed)
    model = LanguageModel(reader.recurrent(config), config, counts, config.seed)
    if beside:
        model.embedding.set_weights(beside.weights[:1])
        model.embedding.trainable = False
    model.compile(optimizer=adamw(config, steps))
    progress = checkpoint.restore(model)
    segments = math.ceil(steps / SEGMENT)
    done = len(progress.history)
    report.start(target.name, steps, done * SEGMENT)
    recorder = _Recorder(progress, checkpoint, report, config.seed, batches.tokens / len(batches), minutes)
    model.fit(
        Epochs(batches, done * SEGMENT),
        steps_per_epoch=SEGMENT,
        epochs=segments,
        initial_epoch=done,
        shuffle=False,
        verbose=0,
        callbacks=[recorder],
    )
    if len(progress.history) < segments:
        return None
    metrics = {
        "name": target.name,
        "reads": config.reads,
        "held_out_perplexity": perplexity(model, held_out),
        "held_out_reviews": len(held_out),
        "reviews": len(corpus.texts),
        "tokens": round(batches.tokens / len(batches) * segments * SEGMENT),
        "train_seconds": progress.seconds,
        "built_from": beside.training_times if beside else {},
        "history": progress.history,
        "identity": identity,
        "dataset": corpus.dataset,
        "versions": versions(),
        "machine": machine(),
    }
    forward = beside.weights[1:] if beside else []
    weights = [*model.embedding.get_weights(), *forward, *model.recurrent.get_weights()]
    encoder = save_encoder(target, config, tokenizer, weights, metrics, [*corpus.texts, *corpus.held_out], beside)
    checkpoint.remove()
    return encoder


def _require_beside(reader: Reader, config: PretrainingConfig, beside: Encoder | None) -> None:
    if reader.backward != (beside is not None):
        raise ConfigError(
            f"expected {'an encoder that reads forward' if reader.backward else 'no encoder'} beside {config.reads}; "
            f"found {beside.folder if beside else 'none'}; see --beside"
        )
    if beside and _sizes(beside.config) != _sizes(dataclasses.replace(config, reads="lstm")):
        raise ConfigError(
            f"expected an encoder beside it that is {_sizes(dataclasses.replace(config, reads='lstm'))}; found "
            f"{beside.folder}, {_sizes(beside.config)}; give others with --set, or another encoder"
        )


def _sizes(config: PretrainingConfig) -> str:
    return (
        f"an {config.reads} of {config.units} units with {config.vocabulary_size:,} words of {config.embedding_size} "
        "features"
    )


def require_its_place(target: Path, corpus: Corpus, config: PretrainingConfig, beside: Encoder | None = None) -> None:
    """Refuses to put an encoder in the place of one that `pretrain` would not return, which took an hour or more.

    Raises:
        RunError: there is one, of other settings or reviews, or of another version.
    """
    if (target / ENCODER).is_file() and not _encoder_at(target, _identity(corpus, config, beside)):
        raise RunError(
            f"expected no other encoder at {target}; found one of other settings or reviews, or of another version; "
            "choose another with --name, or add --again to replace it"
        )


def _identity(corpus: Corpus, config: PretrainingConfig, beside: Encoder | None) -> dict[str, Any]:
    own = {"config": asdict(config), "reviews": corpus.content_hash, "version": __version__}
    return own | ({"beside": beside.identity} if beside else {})


def _encoder_at(folder: Path, identity: dict[str, Any]) -> Encoder | None:
    """The encoder there, if it is whole and of that identity."""
    try:
        encoder = load_encoder(folder)
    except RunError:
        return None
    return encoder if encoder.metrics["identity"] == identity else None


def perplexity(model: LanguageModel, token_ids: list[np.ndarray]) -> float:
    """How many words the model is torn between, on average: the exponential of the mean cross-entropy of all words.

    Args:
        model: judged with all words as candidates.
        token_ids: int32[time] for each review.
    """
    ordered = sorted((ids for ids in token_ids if len(ids) > 1), key=len)
    found = [model.log_likelihoods(pad(ordered[i : i + _AT_ONCE])) for i in range(0, len(ordered), _AT_ONCE)]
    return float(np.exp(-np.concatenate(found).mean()))


class _Recorder(keras.callbacks.Callback):
    """Writes the state after every segment, and stops when the minutes are over."""

    def __init__(
        self,
        progress: Progress,
        checkpoint: Checkpoint,
        report: TrainingProgress,
        seed: int,
        tokens: float,
        minutes: float | None,
    ) -> None:
        super().__init__()
        self._progress = progress
        self._checkpoint = checkpoint
        self._report = report
        self._seed = seed
        self._tokens = tokens  # of a step
        self._end = math.inf if minutes is None else time.monotonic() + 60 * minutes

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        restart_random(self.model, self._seed, epoch)
        self._started = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        self._report.step()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        seconds = time.perf_counter() - self._started
        if logs and not math.isfinite(logs["loss"]):  # before the checkpoint, from which it could never recover
            raise ConfigError(
                f"expected the training to get somewhere; found that it diverged before step "
                f"{(epoch + 1) * SEGMENT:,}: the loss is no number any more; give a lower learning_rate with --set"
            )
        row = {
            "steps": (epoch + 1) * SEGMENT,
            "train_loss": logs["loss"] if logs else float("nan"),
            "seconds": seconds,
            "tokens_per_second": self._tokens * SEGMENT / seconds,
        }
        self._progress.history.append(row)
        self._progress.seconds += seconds
        self._checkpoint.save(self.model, self._progress)
        self._report.epoch(
            f"step {row['steps']:,}: sampled loss {row['train_loss']:.3f}, {seconds:.0f} s, "
            f"{row['tokens_per_second'] / 1000:.1f}k tokens/s"
        )
        if time.monotonic() + seconds > self._end:
            self.model.stop_training = True


def replaced(config: PretrainingConfig, settings: list[str]) -> PretrainingConfig:
    """A configuration with some `name=value` settings replaced.

    Raises:
        ConfigError: an unknown setting, one that has no effect or is there twice, or a value of the wrong kind or size.
    """
    known = {field.name for field in dataclasses.fields(PretrainingConfig)}
    chosen: set[str] = set()
    for setting in settings:
        name, _, text = setting.partition("=")
        if name not in known:
            raise ConfigError(f"expected name=value with one of {', '.join(sorted(known))}; found {setting!r}")
        if name == "averaging":
            raise ConfigError(f"expected no averaging of weights in pretraining; found {setting!r}; leave it out")
        if name in chosen:
            raise ConfigError(f"expected {name} once; found {setting!r} beside another; leave one of them out")
        chosen.add(name)
        config = dataclasses.replace(config, **{name: value_of(name, text, getattr(config, name))})
    return config
