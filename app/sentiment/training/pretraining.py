"""Pretraining: reviews without their labels in, an encoder out that classifiers can start from (Dai and Le 2015).

    Splits, unlabelled reviews or shards -> Corpus -> token ids -> LanguageModel
            -> its embedding and recurrent layer -> models/<dataset>/<name>/

The test split is never read; the validation split only measures the perplexity. The state is saved each minute, so that
a training that was stopped or killed, or that has used its minutes, continues from there.
"""

import dataclasses
import math
from collections.abc import Callable, Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from sentiment.config import PretrainingConfig
from sentiment.distributed import ALONE, Workers
from sentiment.errors import ConfigError, ReviewsError, RunError
from sentiment.layers import LSTM
from sentiment.networks.language_model import LanguageModel
from sentiment.runs import identity as identities
from sentiment.runs.saved_run import ENCODER
from sentiment.support.environment import machine, versions
from sentiment.support.progress import Silence, TrainingProgress
from sentiment.text.padding import pad
from sentiment.training.corpora import Corpus
from sentiment.training.encoders import Encoder, load_encoder, save_encoder
from sentiment.training.epochs import Checkpoint, Epochs, SegmentRecorder, restored, words_that_follow
from sentiment.training.optimizers import adamw

SEGMENT = 100  # steps between two checkpoints
_AT_ONCE = 16  # of them

_RECURRENT: dict[str, Callable[..., keras.layers.Layer]] = {"lstm": LSTM, "gru": keras.layers.GRU, "bilstm": LSTM}


def recurrent_layer(config: PretrainingConfig) -> keras.layers.Layer:
    """The recurrent layer of the language model. Of a bilstm it is the backward half; the forward half exists."""
    return _RECURRENT[config.reads](config.units, return_sequences=True, dtype=config.dtype, name="recurrent")


def pretrain(
    corpus: Corpus,
    config: PretrainingConfig,
    target: Path,
    report: TrainingProgress,
    minutes: float | None = None,
    *,
    beside: Encoder | None = None,
    again: bool = False,
    chosen: Collection[str] = (),
    workers: Workers = ALONE,
) -> Encoder | None:
    """Trains a language model and saves its encoder, or continues one that was stopped.

    Args:
        corpus: what to learn from.
        config: all settings.
        target: becomes the folder of the encoder. One that is there, made of the same settings and reviews, is
            returned as it is.
        report: receives every step and segment.
        minutes: after this many the state is saved and None returned; another call continues.
        beside: for reads=bilstm, the forward encoder. It stays as it is, only the backward half is learnt, and the
            new encoder contains both.
        again: train even if the encoder is there.
        chosen: names of settings that the user has set. The report receives a note where the reviews override one.
        workers: that train together, each in a process that calls this. The first one saves, and returns the encoder.

    Raises:
        WorkerLostError: another worker is gone.
        ConfigError: `beside` is missing or does not fit, or training diverged.
        ReviewsError: every review has one word only.
        RunError: `target` is there and is no encoder.
        StorageError: the disk is full or cannot be written.
    """
    _require_beside(config, beside)
    identity = _identity(corpus, config, beside)
    checkpoint = Checkpoint(target.parent / ".training" / target.name, identity)
    if not workers.is_first:
        is_there = workers.from_first(False)
        arguments = target, checkpoint, Silence(), minutes, identity, beside, chosen, workers
        return None if is_there else _pretrain(corpus, config, *arguments)
    with checkpoint.alone(report) as waited:
        if workers.from_first((waited or not again) and identities.is_there(target, identity)):
            checkpoint.remove()
            report.note(f"{target.name} is there already, pretrained with these settings on these reviews")
            return load_encoder(target)
        return _pretrain(corpus, config, target, checkpoint, report, minutes, identity, beside, chosen, workers)


def _pretrain(
    corpus: Corpus,
    config: PretrainingConfig,
    target: Path,
    checkpoint: Checkpoint,
    report: TrainingProgress,
    minutes: float | None,
    identity: dict[str, Any],
    beside: Encoder | None,
    chosen: Collection[str],
    workers: Workers,
) -> Encoder | None:
    if target.exists() and not (target / ENCODER).is_file():
        raise RunError(f"expected a name that is free, or that of an encoder; found {target}; choose another name")
    material = corpus.tokenized(config, beside)
    tokenizer, batches = material.tokenizer, material.batches
    if all(len(ids) < 2 for ids in material.held_out):
        raise ReviewsError(
            f"expected reviews of more than one word; found that those held out of {corpus.dataset} have one each; is "
            "it the right column of the text?"
        )
    steps = config.epochs * len(batches)
    for name, limit, what in (
        ("vocabulary_size", tokenizer.vocabulary_size, "words"),
        ("batch_size", material.reviews, "reviews"),
        ("crop_length", material.longest, "tokens in the longest review"),
    ):
        if name in chosen and getattr(config, name) > limit:
            report.note(f"{name}={getattr(config, name)} is more than there are: {limit:,} {what}")
    keras.utils.set_random_seed(config.seed)
    model = LanguageModel(recurrent_layer(config), config, material.counts, config.seed)
    if beside:
        model.embedding.set_weights(beside.weights[:1])
        model.embedding.trainable = False
    model.compile(optimizer=adamw(config, steps, workers=workers))
    progress = restored(checkpoint, model, workers)
    segment = min(SEGMENT, steps)
    segments = math.ceil(steps / segment)
    tokens = batches.tokens / len(batches) * segment
    shared = tokens, progress, checkpoint, report, config.seed, segment, segments, workers
    recorder = SegmentRecorder(*shared, minutes=minutes)
    report.start(target.name, steps, recorder.done)
    if recorder.left:
        with workers.watched():
            model.fit(
                Epochs(batches, recorder.done, workers, words_that_follow),
                steps_per_epoch=recorder.left,
                shuffle=False,
                verbose=0,
                callbacks=[recorder],
            )
    if len(progress.history) < segments or not workers.is_first:
        return None
    metrics = {
        "name": target.name,
        "reads": config.reads,
        "held_out_perplexity": perplexity(model, material.held_out),
        "held_out_reviews": len(material.held_out),
        "reviews": material.reviews,
        "tokens": round(tokens * segments),
        "train_seconds": progress.seconds,
        "workers": workers.size,
        "built_from": beside.training_times if beside else {},
        "history": progress.history,
        "identity": identity,
        "dataset": corpus.dataset,
        "versions": versions(),
        "machine": machine(),
    }
    forward = beside.weights[1:] if beside else []
    weights = [*model.embedding.get_weights(), *forward, *model.recurrent.get_weights()]
    encoder = save_encoder(target, config, tokenizer, weights, metrics, material.fingerprints(), beside)
    checkpoint.remove()
    return encoder


def _require_beside(config: PretrainingConfig, beside: Encoder | None) -> None:
    if (config.reads == "bilstm") != (beside is not None):
        raise ConfigError(
            f"expected {'no encoder' if beside else 'an encoder that reads forward'} beside {config.reads}; "
            f"found {beside.folder if beside else 'none'}; see --beside"
        )
    expected = _sizes(dataclasses.replace(config, reads="lstm"))
    if beside and (sizes := _sizes(beside.config)) != expected:
        raise ConfigError(
            f"expected an encoder beside it that is {expected}; found {beside.folder}, {sizes}; give others with "
            "--set, or another encoder"
        )


def _sizes(config: PretrainingConfig) -> str:
    return (
        f"an {config.reads} of {config.units} units with {config.vocabulary_size:,} words of {config.embedding_size} "
        "features"
    )


def require_its_place(
    target: Path, corpus: Corpus, config: PretrainingConfig, beside: Encoder | None = None, *, renew: bool = False
) -> None:
    """Refuses to replace an encoder, which took an hour or more, by one of other settings or reviews.

    Args:
        target: folder of the encoder.
        corpus: as for `pretrain`.
        config: the same.
        beside: the same.
        renew: an encoder of other reviews may be replaced.

    Raises:
        RunError: another encoder is there.
    """
    if not (target / ENCODER).is_file() or identities.is_there(target, _identity(corpus, config, beside)):
        return
    if not renew:
        raise RunError(
            f"expected no other encoder at {target}; found one of other settings or reviews, or of an earlier release; "
            "choose another with --name, or add --again to replace it"
        )
    try:
        saved = load_encoder(target)
    except RunError:
        return  # it is damaged, and made again
    if saved.config != config and saved.metrics["identity"]["reviews"] == corpus.content_hash:
        raise RunError(
            f"expected no encoder of other settings at {target}; found one; rename it to keep it, or delete it, and "
            "give the same command again"
        )


def _identity(corpus: Corpus, config: PretrainingConfig, beside: Encoder | None) -> dict[str, Any]:
    parts = {"beside": beside.identity} if beside else {}
    return identities.identity(corpus.content_hash, config=asdict(config), **parts)


def perplexity(model: LanguageModel, token_ids: list[np.ndarray]) -> float:
    """The exponential of the mean cross-entropy of all words but the first of each review.

    Args:
        model: measured with all words as candidates.
        token_ids: int32[time] for each review.
    """
    ordered = sorted((ids for ids in token_ids if len(ids) > 1), key=len)
    likelihoods = [model.log_likelihoods(pad(ordered[i : i + _AT_ONCE])) for i in range(0, len(ordered), _AT_ONCE)]
    return float(np.exp(-np.concatenate(likelihoods).mean()))
