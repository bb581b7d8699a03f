"""What labels buy: networks from a pretrained encoder, from scratch, and linear models, on the same few reviews.

    Splits -> so many labels, drawn at random -> each method fitted on the draw -> accuracy on the test split: a cell
           -> all cells of all sizes and draws -> models/<dataset>/label_efficiency.json, .md, .png

Of a draw a method has what somebody has who owns these labels and no others: the validation split comes out of it, too.
The other reviews are there without their labels: the encoder has read them, and a network and a linear model that
learnt the draw say what they think of them, by which the next ones learn (see `sentiment.teaching.self_training`).
A cell is kept as soon as it is done, so that the same command goes on where it was stopped; one of the same reviews
and settings is not computed again.
"""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from sentiment.config import PRESETS, Config, TrainingConfig, default_preset, preset, pretrained_preset
from sentiment.data.dataset import FEWEST, account
from sentiment.data.fingerprints import require_unfamiliar
from sentiment.data.reviews import Reviews
from sentiment.data.splits import Examples, Splits, split, with_fewer_labels
from sentiment.errors import ConfigError
from sentiment.inference.engines import OnnxEngine
from sentiment.metrics.class_balance import one_class
from sentiment.metrics.measures import THRESHOLD, measure
from sentiment.networks.architectures import OURS
from sentiment.networks.onnx_graph import to_onnx
from sentiment.report.label_efficiency import (
    PRETRAINED,
    SCRATCH,
    SELF_TAUGHT,
    Cell,
    LabelEfficiencyPaths,
    beside_earlier,
    method_title,
    write_label_efficiency,
)
from sentiment.report.tables import percent
from sentiment.runs.record import TrainingTimes, json_text, total_seconds
from sentiment.runs.results import published
from sentiment.support.environment import machine, versions
from sentiment.support.progress import TrainingProgress
from sentiment.support.storage import write_text
from sentiment.support.threads import settle
from sentiment.teaching.distillation import TEACHINGS, a_baseline, taught
from sentiment.teaching.self_training import LINEAR, self_taught, teaching_itself
from sentiment.training.baselines import baseline_identity, fit_baseline
from sentiment.training.checkpoint import Checkpoint
from sentiment.training.classifier import encode, fit
from sentiment.training.encoders import ARCHITECTURES_OF, Encoder

SIZES = (100, 300, 1_000, 3_000, 10_000, 25_000)
CELLS = ".label-efficiency"  # cells that are done, beside the runs of a dataset; may be deleted
_LINEAR = ("tfidf-logistic", "nb-svm")
_SUBSET_SEED = 0  # of the test reviews, where not all are asked
_VALIDATION = {name: Config().split[name] for name in ("validation_fraction", "validation_limit")}


@dataclass(frozen=True)
class Method:
    """What is fitted on a draw."""

    architecture: str  # of a network, or the name of a baseline
    start: str | None = None  # PRETRAINED, SELF_TAUGHT or SCRATCH; None for a baseline that learns the labels
    config: Config | None = None  # of a network


def measure_label_efficiency(
    reviews: Reviews,
    encoder: Encoder,
    models: Path,
    report: TrainingProgress,
    *,
    sizes: Sequence[int] = SIZES,
    draws: int = 3,
    names: Sequence[str] | None = None,
    test_reviews: int | None = None,
) -> LabelEfficiencyPaths:
    """Fits every method on every draw, or finds the cell that is there, and writes the table and the picture.

    What an earlier call measured with other sizes or another encoder stays in them, if it was on the same test reviews,
    with as many draws and the same settings, and on such a machine.

    Args:
        reviews: where the draws come from; all have the same test split.
        encoder: what networks start from.
        models: folder of all datasets.
        report: is told of every step, epoch and cell.
        sizes: labels in a draw, training and validation together; of those above what there is, one with all of it.
        draws: of each size, with the seeds 1 to this, which also decide the weights and the dropout of a network.
        names: of the architectures, which must be able to start from the encoder; None for the first that is.
        test_reviews: measure on so many of the test reviews, always the same ones; None for all.

    Raises:
        ConfigError: an architecture that cannot start from the encoder, an encoder that has read test reviews, or a
            size too small to split.
        ReviewsError: too few reviews, or of one class only.
        StorageError: the disk is full or cannot be written.
    """
    able = ARCHITECTURES_OF[encoder.config.reads]
    architectures = list(dict.fromkeys(names or able[:1]))
    if lacking := [name for name in architectures if name not in able]:
        raise ConfigError(
            f"expected architectures that can start from {encoder.folder}, {', '.join(able)}; "
            f"found {', '.join(lacking)}"
        )
    if min(sizes) < FEWEST:
        raise ConfigError(f"expected at least {FEWEST} labels in a draw; found {min(sizes)}; draw more")
    settle(loops=any(name != OURS for name in architectures))
    whole = split(reviews, **Config().split)
    require_unfamiliar(whole.test.texts, [encoder.folder])
    report.note(account(asdict(whole.dataset)))
    asked = dataclasses.replace(whole, test=_some(whole.test, test_reviews))
    if test_reviews is not None and test_reviews > len(whole.test):
        report.note(f"there are {len(whole.test):,} test reviews, not {test_reviews:,}: measured on all of them")
    folder = models / reviews.name
    cells = []
    there = len(whole.train) + len(whole.validation)
    if beyond := sorted({size for size in sizes if size > there}):
        report.note(f"there are {there:,} labels: drawn are all of them instead of {', '.join(map(str, beyond))}")
    for size in sorted({size if size < there - 1 else there for size in sizes}):  # one less is all, see there
        for draw in range(1, draws + 1):
            splits = with_fewer_labels(asked, size, seed=draw, **_VALIDATION)
            drawn = baseline_identity(splits, draw)  # every review of the three parts, and the seed
            for method in _methods(splits, draw, encoder, architectures):
                cells.append(_cell(method, splits, draw, drawn, folder, report, encoder))
    known = {
        "sha256": encoder.identity, "units": encoder.config.units, "perplexity": encoder.metrics["held_out_perplexity"],
    }  # fmt: skip
    results = {
        "dataset": published(asdict(whole.dataset)),
        "test_reviews": len(asked.test),
        "draws": draws,
        "machine": machine(),
        "versions": versions(),
        "presets": {name: _digest(json.loads(settings.to_json())) for name, settings in PRESETS.items()},
        "encoders": {encoder.folder.name: known},
        "cells": [asdict(cell) for cell in cells],
    }
    return write_label_efficiency(folder, beside_earlier(folder, results))


def _some(test: Examples, reviews: int | None) -> Examples:
    if reviews is None or reviews >= len(test):
        return test
    rows = np.sort(np.random.default_rng(_SUBSET_SEED).choice(len(test), reviews, replace=False))
    return Examples([test.texts[row] for row in rows], test.labels[rows])


def _methods(splits: Splits, draw: int, encoder: Encoder, architectures: Sequence[str]) -> list[Method]:
    """What a person gets who trains with these labels and names no preset; self-taught networks; linear models."""
    labels, dataset = len(splits.train) + len(splits.validation), splits.dataset.name
    pretrained, scratch = preset(pretrained_preset(labels, encoder.config.units)), preset(default_preset(dataset))
    starts = ((PRETRAINED, encoder.sized(pretrained)), (SCRATCH, scratch))
    networks = [
        Method(architecture, start, config.replace(architecture=architecture, seed=draw))
        for architecture in architectures
        for start, config in starts
    ]
    linear = [Method(name) for name in _LINEAR]
    if splits.unlabelled:
        pupil = encoder.sized(preset("self-taught")).replace(seed=draw)
        networks += [Method(name, SELF_TAUGHT, pupil.replace(architecture=name)) for name in architectures]
        linear.append(Method(LINEAR, SELF_TAUGHT))
    return [*networks, *linear]


def _cell(
    method: Method,
    splits: Splits,
    draw: int,
    drawn: dict[str, Any],
    folder: Path,
    report: TrainingProgress,
    encoder: Encoder,
) -> Cell:
    """The cell of a method and a draw: the one that is there, or a new one, which is kept."""
    config, start, teaches_itself = method.config, None if method.start == SCRATCH else encoder, False
    if method.start == SELF_TAUGHT:
        teaches_itself, drawn = True, {**drawn, "unlabelled": splits.dataset.content_hash}
        config = teaching_itself(config, splits, start) if config else None
    identity = {"architecture": method.architecture, "settings": _settings(config), **drawn}
    digest, labels = _digest(identity), len(splits.train) + len(splits.validation)
    kept = folder / CELLS / f"{method.architecture}-{method.start or 'linear'}-{labels}-draw{draw}-{digest[:16]}.json"
    read = encoder.folder.name if start and config else None
    if (there := _read(kept)) is not None:
        return dataclasses.replace(there, encoder=read)  # its folder may have another name by now
    checkpoint = Checkpoint(folder / ".training" / kept.stem, identity)
    learnt, costs = splits, TrainingTimes()
    if config:
        if teaches_itself:
            learnt, costs = self_taught(splits, config, start, folder, report)
        on_validation, on_test, seconds = _network(config, learnt, checkpoint, report, start)
    else:
        if teaches_itself:
            asked = [a_baseline(method.architecture, splits)]
            learnt, costs = taught(splits, asked, TrainingConfig(), folder / TEACHINGS, report)
            hard = (learnt.train.labels >= THRESHOLD).astype(np.int8)  # it learns from nothing between 0 and 1
            learnt = dataclasses.replace(learnt, train=Examples(learnt.train.texts, hard))
        fitted = fit_baseline(method.architecture, learnt, draw)
        on_validation = _accuracy(splits.validation, fitted.predict(splits.validation.texts))
        on_test = measure(splits.test.labels, fitted.predict(splits.test.texts))
        seconds = fitted.train_seconds
    cell = Cell(
        labels=labels,
        draw=draw,
        architecture=method.architecture,
        start=method.start,
        encoder=read,
        preset=config.preset if config else None,
        validation_accuracy=on_validation,
        test_accuracy=on_test["accuracy"],
        test_confusion=on_test["confusion"],
        seconds=seconds + (total_seconds(costs) or 0.0),
        identity=digest,
    )
    write_text(kept, json_text(asdict(cell)))
    checkpoint.remove()
    constant = one_class(on_test["confusion"])
    report.note(
        f"{cell.labels:,} labels, draw {draw}, {method_title(cell.method)}: {percent(cell.test_accuracy)} of the test "
        "reviews" + (f', all called "{constant}"' if constant else "")
    )
    return cell


def _digest(identity: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()


def _settings(config: Config | None) -> dict[str, Any] | None:
    return json.loads(config.to_json()) if config else None


def _network(
    config: Config, splits: Splits, checkpoint: Checkpoint, report: TrainingProgress, encoder: Encoder | None
) -> tuple[float, dict[str, Any], float]:
    """Accuracy on validation, all figures on test, and seconds of training."""
    encoded = encode(splits, config.tokenizer, encoder)
    model, progress = fit(encoded, config, checkpoint, report, encoder)
    engine = OnnxEngine(to_onnx(model, {}).SerializeToString())  # some times as fast as Keras
    on_test = measure(splits.test.labels, engine.start(encoded.test)())
    keras.utils.clear_session()  # or dozens of networks add up in memory
    return progress.history[progress.best_epoch - 1]["validation_accuracy"], on_test, progress.seconds


def _accuracy(examples: Examples, probabilities: np.ndarray) -> float:
    return float(np.mean((probabilities >= THRESHOLD) == (examples.labels == 1)))


def _read(kept: Path) -> Cell | None:
    try:
        return Cell(**json.loads(kept.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # computing it anew costs time only
