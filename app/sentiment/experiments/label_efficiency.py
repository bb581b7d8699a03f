"""What labels buy: networks from a pretrained encoder, from scratch, and linear models, on the same few reviews.

    Splits -> draws of some labels -> a job for each draw and method -> accuracy on the test split: a cell
           -> all cells of all sizes and draws

A method has what somebody has who owns the labels of the draw and no others: the validation split comes out of it, too.
The other reviews are there without their labels. The encoder has read them, and self-taught methods learn what a
network and a linear model, which learnt the draw, predict for them (see `sentiment.teaching.self_training`).
A cell is saved as soon as it is done, so that a measurement that was stopped continues; a cell of the same reviews and
settings is not computed again.
"""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from sentiment.config import OURS, PRESETS, Config, TrainingConfig, default_preset, preset, pretrained_preset
from sentiment.data.dataset import FEWEST, Examples, Splits, account
from sentiment.data.fingerprints import require_unfamiliar
from sentiment.data.splits import with_fewer_labels
from sentiment.errors import ConfigError
from sentiment.inference.engines import OnnxEngine
from sentiment.metrics.class_balance import one_class
from sentiment.metrics.measures import Figures, measure
from sentiment.metrics.verdicts import predicted_classes
from sentiment.networks.onnx_graph import to_onnx
from sentiment.parallel.tasks import Engine, OneByOne, Task, results
from sentiment.report.label_efficiency import PRETRAINED, SCRATCH, SELF_TAUGHT, Cell, method_title
from sentiment.report.tables import percent
from sentiment.runs.identity import digest
from sentiment.runs.record import TrainingTimes, json_text, total_seconds
from sentiment.runs.results import published
from sentiment.support.environment import machine, versions
from sentiment.support.progress import TrainingProgress
from sentiment.support.storage import write_text
from sentiment.support.threads import settle
from sentiment.teaching.distillation import TEACHER_PREDICTIONS, baseline_teacher, distilled
from sentiment.teaching.self_training import LINEAR, self_taught, with_first_teachers
from sentiment.training.baselines import baseline_identity, fit_baseline
from sentiment.training.classifier import fit
from sentiment.training.encoders import ARCHITECTURES_OF, Encoder
from sentiment.training.encoding import encode
from sentiment.training.epochs import Checkpoint

SIZES = (100, 300, 1_000, 3_000, 10_000, 25_000)
CELLS = ".label-efficiency"  # saved cells, beside the runs of a dataset; may be deleted
_LINEAR_MODELS = ("tfidf-logistic", "nb-svm")
_SUBSET_SEED = 0  # of the test reviews, where not all are used
_VALIDATION = {name: Config().split[name] for name in ("validation_fraction", "validation_limit")}


@dataclass(frozen=True)
class CellJob:
    """A method to fit on a draw."""

    splits: Splits  # of the draw
    reviews: dict[str, Any]  # their identity
    draw: int  # its seed
    architecture: str  # of a network, or the name of a baseline
    start: str | None  # PRETRAINED, SELF_TAUGHT or SCRATCH; None for a baseline that learns the labels
    config: Config | None  # of a network
    encoder: Encoder | None  # of a network that does not start from scratch
    folder: Path  # of the dataset's runs

    @property
    def labels(self) -> int:
        return len(self.splits.train) + len(self.splits.validation)

    @property
    def title(self) -> str:
        """What tells it apart from the other cells of a measurement."""
        return f"{self.architecture}-{self.start or 'linear'}-{self.labels}-draw{self.draw}"

    @property
    def path(self) -> Path:
        """Where the cell is saved."""
        return self.folder / CELLS / f"{self.title}-{self.identity[:16]}.json"

    @property
    def identity(self) -> str:
        """SHA-256 of what the cell is made of."""
        made_of: dict[str, Any] = {
            "architecture": self.architecture,
            "settings": self.config.as_first_written() if self.config else None,
            **self.reviews,
        }
        if self.start == SELF_TAUGHT:
            made_of["unlabelled"] = self.splits.dataset.content_hash
        return digest(made_of)


@dataclass(frozen=True)
class _Draws:
    """What all cells share, and of which each can be made again: the reviews of a draw are too many to pass around."""

    measured: Splits  # all reviews, with the test split that is measured on
    encoder: Encoder
    architectures: tuple[str, ...]
    folder: Path  # of the dataset's runs
    loops: bool  # see `settle`
    latest: dict[tuple[int, int], list[CellJob]] = field(default_factory=dict)  # the draw before

    def jobs(self, size: int, draw: int) -> list[CellJob]:
        """The methods on a draw of so many labels."""
        if (size, draw) not in self.latest:
            self.latest.clear()
            drawn = with_fewer_labels(self.measured, size, seed=draw, **_VALIDATION)
            self.latest[size, draw] = _jobs(drawn, draw, self.encoder, self.architectures, self.folder)
        return self.latest[size, draw]


def measure_label_efficiency(
    splits: Splits,
    encoder: Encoder,
    folder: Path,
    report: TrainingProgress,
    *,
    sizes: Sequence[int] = SIZES,
    draws: int = 3,
    names: Sequence[str] | None = None,
    test_reviews: int | None = None,
    engine: Engine | None = None,
) -> dict[str, Any]:
    """Fits every method on every draw, except where the cell is saved.

    Args:
        splits: all reviews; all draws have their test split.
        encoder: what networks start from.
        folder: of the dataset's runs, for saved cells and checkpoints.
        report: receives every step, epoch and cell.
        sizes: labels in a draw, training and validation together; sizes above what there is become one with all of it.
        draws: of each size, with the seeds 1 to this, which also decide the weights and the dropout of a network.
        names: of the architectures, which must be able to start from the encoder; None for the first that is.
        test_reviews: measure on so many of the test reviews, always the same ones; None for all.
        engine: what fits the methods; None for one after the other.

    Returns:
        What `sentiment.report.label_efficiency_files.write_label_efficiency` writes.

    Raises:
        ConfigError: an architecture that cannot start from the encoder, an encoder that has read test reviews, or a
            size too small to split.
        ReviewsError: a draw with too few reviews, or of one class only.
        StorageError: the disk is full or cannot be written.
        SentimentError: the engine cannot do it, see `sentiment.parallel.tasks.Engine`.
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
    loops = any(name != OURS for name in architectures)
    settle(loops=loops)
    require_unfamiliar(splits.test.texts, [encoder.folder])
    report.note(account(asdict(splits.dataset)))
    if test_reviews is not None and test_reviews > len(splits.test):
        report.note(f"there are {len(splits.test):,} test reviews, not {test_reviews:,}: measured on all of them")
    measured = dataclasses.replace(splits, test=_some(splits.test, test_reviews))
    labels = len(splits.train) + len(splits.validation)
    if beyond := sorted({size for size in sizes if size > labels}):
        report.note(f"there are {labels:,} labels: drawn are all of them instead of {', '.join(map(str, beyond))}")
    # A few labels less than all count as all, because a draw leaves one of each class.
    counts = sorted({size if size <= labels - len(splits.classes) else labels for size in sizes})
    draws_of = _Draws(measured, encoder.absolute(), tuple(architectures), folder.absolute(), loops)
    tasks: list[Task[tuple[int, int, int]]] = []
    saved: list[Cell | None] = []
    for size in counts:
        for draw in range(1, draws + 1):
            for index, job in enumerate(draws_of.jobs(size, draw)):
                saved.append(_saved_cell(job, encoder))
                if saved[-1] is None:
                    tasks.append(Task(job.title, (size, draw, index)))
    draws_of.latest.clear()
    fitted = iter(results(engine or OneByOne(), _fit_cell, draws_of, tasks, report, draws_of.folder))
    cells = [cell or next(fitted) for cell in saved]
    used = {
        "sha256": encoder.identity, "units": encoder.config.units, "perplexity": encoder.metrics["held_out_perplexity"],
    }  # fmt: skip
    return {
        "dataset": published(asdict(splits.dataset)),
        "test_reviews": len(measured.test),
        "draws": draws,
        "machine": machine(),
        "versions": versions(),
        "presets": {name: digest(settings.as_first_written()) for name, settings in PRESETS.items()},
        "encoders": {encoder.folder.name: used},
        "cells": [asdict(cell) for cell in cells],
    }


def _some(test: Examples, count: int | None) -> Examples:
    if count is None or count >= len(test):
        return test
    rows = np.sort(np.random.default_rng(_SUBSET_SEED).choice(len(test), count, replace=False))
    return Examples([test.texts[row] for row in rows], test.labels[rows])


def _jobs(splits: Splits, draw: int, encoder: Encoder, architectures: Sequence[str], folder: Path) -> list[CellJob]:
    """Networks with the presets that a user gets who names none, self-taught networks, and linear models."""
    labels, reviews = len(splits.train) + len(splits.validation), baseline_identity(splits, draw)
    pretrained = encoder.sized(preset(pretrained_preset(labels, encoder.config.units)))
    starts = [(PRETRAINED, pretrained, encoder), (SCRATCH, preset(default_preset(splits.dataset.name)), None)]

    def network(name: str, start: str, config: Config, origin: Encoder | None) -> CellJob:
        config = config.replace(architecture=name, seed=draw, classes=splits.classes)
        if start == SELF_TAUGHT:
            config = with_first_teachers(config, splits, origin)
        return CellJob(splits, reviews, draw, name, start, config, origin, folder)

    jobs = [network(name, *start) for name in architectures for start in starts]
    linear: list[tuple[str, str | None]] = [(name, None) for name in _LINEAR_MODELS]
    if splits.unlabelled:
        student = encoder.sized(preset("self-taught"))
        jobs += [network(name, SELF_TAUGHT, student, encoder) for name in architectures]
        linear.append((LINEAR, SELF_TAUGHT))
    return [*jobs, *(CellJob(splits, reviews, draw, name, start, None, None, folder) for name, start in linear)]


def _saved_cell(job: CellJob, encoder: Encoder) -> Cell | None:
    try:
        cell = Cell(**json.loads(job.path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # none, or damaged: computing it again costs time only
    return dataclasses.replace(cell, encoder=encoder.folder.name if job.encoder else None)  # its name may have changed


def _fit_cell(draws: _Draws, job: tuple[int, int, int], report: TrainingProgress) -> Cell:
    """Fits the method of an index on a draw."""
    size, draw, index = job
    settle(loops=draws.loops)
    return _new_cell(draws.jobs(size, draw)[index], draws.encoder, report)


def _new_cell(job: CellJob, encoder: Encoder, report: TrainingProgress) -> Cell:
    """Fits a method on its draw, and saves the cell, unless another process is just doing so."""
    checkpoint = Checkpoint(job.folder / ".training" / job.path.stem, {"cell": job.identity})
    with checkpoint.alone(report) as waited:
        cell = _saved_cell(job, encoder) if waited else None
        return cell or _fitted_cell(job, encoder, checkpoint, report)


def _fitted_cell(job: CellJob, encoder: Encoder, checkpoint: Checkpoint, report: TrainingProgress) -> Cell:
    splits, config, times = job.splits, job.config, TrainingTimes()
    learnt, path, identity = splits, job.path, job.identity
    if config:
        if job.start == SELF_TAUGHT:
            learnt, times = self_taught(splits, config, job.encoder, job.folder, report)
        on_validation, on_test, seconds = _network(config, learnt, checkpoint, report, job.encoder)
    else:
        if job.start == SELF_TAUGHT:
            teachers, cache = [baseline_teacher(job.architecture, splits)], job.folder / TEACHER_PREDICTIONS
            learnt, times = distilled(splits, teachers, TrainingConfig(), cache, report)
            hard = predicted_classes(learnt.train.labels).astype(np.int8)  # a linear model learns no probabilities
            learnt = dataclasses.replace(learnt, train=Examples(learnt.train.texts, hard))
        fitted = fit_baseline(job.architecture, learnt, job.draw)
        verdicts = predicted_classes(fitted.predict(splits.validation.texts))
        on_validation = float(np.mean(verdicts == splits.validation.labels))
        on_test = measure(splits.test.labels, fitted.predict(splits.test.texts), splits.classes)
        seconds = fitted.train_seconds
    cell = Cell(
        labels=job.labels,
        draw=job.draw,
        architecture=job.architecture,
        start=job.start,
        encoder=encoder.folder.name if job.encoder else None,
        preset=config.preset if config else None,
        validation_accuracy=on_validation,
        test_accuracy=on_test["accuracy"],
        test_confusion=on_test["confusion"],
        seconds=seconds + (total_seconds(times) or 0.0),
        identity=identity,
    )
    write_text(path, json_text(asdict(cell)))
    checkpoint.remove()
    constant = one_class(on_test["confusion"], splits.classes.names)
    report.note(
        f"{cell.labels:,} labels, draw {job.draw}, {method_title(cell.method)}: {percent(cell.test_accuracy)} of the "
        "test reviews" + (f', all called "{constant}"' if constant else "")
    )
    return cell


def _network(
    config: Config, splits: Splits, checkpoint: Checkpoint, report: TrainingProgress, encoder: Encoder | None
) -> tuple[float, Figures, float]:
    """Accuracy on validation, all figures on test, and seconds of training."""
    encoded = encode(splits, config.tokenizer, encoder)
    model, progress = fit(encoded, config, checkpoint, report, encoder)
    engine = OnnxEngine(to_onnx(model, {}, splits.classes).SerializeToString())  # several times as fast as Keras
    on_test = measure(splits.test.labels, engine.start(encoded.test)(), splits.classes)
    keras.utils.clear_session()  # or dozens of networks add up in memory
    return progress.history[progress.best_epoch - 1]["validation_accuracy"], on_test, progress.seconds
