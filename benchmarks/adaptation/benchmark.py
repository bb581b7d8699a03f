"""Accuracy by number of labels in other domains, written to a folder:

- adapt.json    every cell: a method that learnt one draw of labels, on the test reviews of a domain
- adapt.png     a curve for each method and domain
- adapt.md      the tables

The domains are of sources that no shipped model has learnt. A method has the labels of the draw and no others: what it
chooses, it chooses by cross-validation on them or by some of them. The draws of all methods are the same.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.adaptation.cells import Cells, leads
from benchmarks.adaptation.names import (
    CONSTANT,
    ENCODER,
    FROM_ENCODER,
    LINEAR,
    NETWORKS,
    SELF_TAUGHT,
    TARGET_LABELS,
    adapted,
    as_is,
    tuned,
)
from benchmarks.adaptation.report import draw_curves, markdown
from benchmarks.domains import THREE, Domain, write_domains
from benchmarks.results import Note, Written, provenance, write
from sentiment.config import Config, preset
from sentiment.data.dataset import Examples, Splits
from sentiment.data.reviews import load_reviews
from sentiment.data.splits import split, with_fewer_labels
from sentiment.metrics.verdicts import as_saved
from sentiment.runs.saved_run import ONNX, SavedRun, find_run, sha256
from sentiment.support.threads import settle
from sentiment.training.encoders import Encoder, load_start

DOMAINS: Mapping[str, Domain] = {
    "financial news, three classes": Domain(("financial_phrasebank",), "label"),
    "health apps": Domain(("mhealth_apps",), "label"),
    "restaurants and shops, three classes": Domain(("yelp_10k", "yelp_nola"), "stars", THREE),
}
_MIDDLE = (100, 300, 1_000)  # numbers of labels that a second network is fine-tuned with
_LONG = (1_000, 3_000)  # numbers of labels that take long to learn
_POOL, _TEST = 3_400, 1_000  # reviews at most, to draw labels from and to measure on
_SEED = 0  # of what is left out of both


@dataclass(frozen=True)
class AdaptationSettings:
    """How much is measured."""

    labels: Sequence[int] = (30, 100, 300, 1_000, 3_000)
    draws: int = 3
    part: str = "test"  # what is measured on; "validation" to choose by
    domains: Sequence[str] = tuple(DOMAINS)
    minutes: float | None = None  # after which no further cell is begun; None: no limit


@dataclass(frozen=True)
class _Job:
    """A method on one draw of a number of labels."""

    method: str
    labels: int
    draw: int


def benchmark_adaptation(
    folder: Path, reviews: Path, models: Path, settings: AdaptationSettings, note: Note
) -> Written:
    """Measures and writes the three files. What was measured before, by a run that was stopped, is taken over.

    Args:
        folder: where they go; saved cells go into a folder beneath it.
        reviews: the folder of `reviews.parquet`, see `benchmarks.domains`.
        models: with the shipped runs.
        settings: how much is measured.
        note: gets a line for each cell.

    Raises:
        ReviewsError: the reviews are missing, or too few for a draw.
        RunError: a shipped run or its encoder is missing.
        StorageError: no room left, or no permission.
    """
    settle(loops=False)
    end = time.monotonic() + 60 * settings.minutes if settings.minutes is not None else np.inf
    runs = {name: find_run(models, name) for name in NETWORKS}
    encoder = load_start(models, models / ENCODER)
    made_of = {
        "part": settings.part, "test": _TEST, "pool": _POOL, "encoder": encoder.identity,
        "runs": {name: sha256(run.folder / ONNX) for name, run in runs.items()},
    }  # fmt: skip
    absent: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        files = write_domains(reviews, Path(scratch), {name: DOMAINS[name] for name in settings.domains})
        splits = {name: _splits(name, path, settings.part) for name, path in files.items()}
    hashes = {name: each.dataset.content_hash for name, each in splits.items()}
    presets = {
        **{tuned(name): "fine-tuned" for name in NETWORKS}, FROM_ENCODER: "few-labels", SELF_TAUGHT: "self-taught",
    }  # fmt: skip
    learning = {method: preset(name).as_first_written() for method, name in presets.items()}
    cells = Cells(folder / ".adapt-cells", {**made_of, "reviews": hashes}, learning)
    domains = {name: _Domain(name, each, runs, encoder, cells, note) for name, each in splits.items()}
    for job in _jobs(settings):
        for domain in domains.values():
            if job.labels > len(domain.splits.train):
                continue
            if not domain.measure(job, late=time.monotonic() > end):
                absent.append(f"{job.method}, {domain.name}, {job.labels:,} labels, draw {job.draw}")
    results = {
        **provenance(),
        "settings": {"smoke": False, "part": settings.part, "labels": list(settings.labels), "draws": settings.draws},
        "absent": [],
        "not_measured": absent,
        "domains": {
            name: {
                "sources": DOMAINS[name].sources,
                "labels": DOMAINS[name].options,
                "test_reviews": len(each.test),
                "pool": len(each.train),
            }
            for name, each in splits.items()
        },
        "cells": [cell.published() for cell in cells.cells],
        "leads": [
            lead
            for name in NETWORKS
            for method in (adapted(name), tuned(name))
            for others in ((as_is(name),), LINEAR, (adapted(name),))
            if method not in others
            for lead in leads(cells.cells, method, others)
        ],
    }
    return write(folder / "adapt.json", results, draw_curves(results), folder / "adapt.md", markdown(results))


def _jobs(settings: AdaptationSettings) -> Iterator[_Job]:
    """What matters most first, so that a limit of time cuts off further draws, and methods that take long."""
    labels, draws = settings.labels, range(1, settings.draws + 1)
    quick, everyday = (*map(adapted, NETWORKS), *LINEAR), tuned(NETWORKS[0])
    others = [*map(tuned, NETWORKS[1:])]
    for method in (CONSTANT, *map(as_is, NETWORKS)):
        yield _Job(method, 0, 0)
    yield from (_Job(method, count, 1) for method in quick for count in labels)
    yield from (_Job(everyday, count, 1) for count in labels if count not in _LONG[1:])
    for count in sorted(labels, key=lambda count: count != TARGET_LABELS):
        if count not in _LONG:
            yield from (_Job(method, count, draw) for draw in draws[1:] for method in (*quick, everyday))
    yield from (_Job(method, count, 1) for method in others for count in labels if count in _MIDDLE)
    yield from (_Job(method, TARGET_LABELS, 1) for method in (FROM_ENCODER, SELF_TAUGHT) if TARGET_LABELS in labels)
    yield from (_Job(everyday, count, 1) for count in labels if count in _LONG[1:])
    for draw in draws[1:]:
        yield from (_Job(method, count, draw) for method in (*quick, everyday) for count in labels if count in _LONG)
        yield from (_Job(method, count, draw) for method in others for count in labels if count in _MIDDLE)


class _Domain:
    """The reviews of a domain, and the methods that learn them."""

    def __init__(
        self, name: str, splits: Splits, runs: Mapping[str, SavedRun], encoder: Encoder, cells: Cells, note: Note
    ) -> None:
        from benchmarks.adaptation import methods

        self.name, self.splits, self._cells, self._note = name, splits, cells, note
        self._networks = {name: methods.Network(run, splits) for name, run in runs.items()}
        self._learn: dict[str, Callable[[methods.Draw], methods.Answer]] = {
            **{adapted(name): network.adapted for name, network in self._networks.items()},
            **{tuned(name): network.tuned for name, network in self._networks.items()},
            **methods.LINEAR,
            FROM_ENCODER: methods.from_encoder(encoder),
            SELF_TAUGHT: methods.self_taught_by(encoder),
        }
        self._draw, self._answer = methods.Draw, methods.Answer

    def measure(self, job: _Job, *, late: bool) -> bool:
        """Computes a cell, unless it is saved; returns False if there was no time for it."""
        place = self.name, job.method, job.labels, job.draw
        if self._cells.saved(*place):
            return True
        if late:
            return False
        if job.labels:
            drawn = with_fewer_labels(self.splits, job.labels, seed=job.draw, validation_fraction=0.1)
            answer = self._learn[job.method](self._draw(drawn, job.draw))
        else:
            probabilities = self._without_labels(job.method)
            if probabilities is None:
                return True
            answer = self._answer(probabilities, 0.0)
        cell = self._cells.add(*place, self.splits.test.labels, answer)
        self._note(
            f"{self.name}: {job.method}, {job.labels:,} labels, draw {job.draw}: {cell.accuracy:.1%}, "
            f"{cell.seconds:.0f} s"
        )
        return True

    def _without_labels(self, method: str) -> np.ndarray | None:
        if method == CONSTANT:
            classes, labels = self.splits.classes, self.splits.train.labels
            shares = np.bincount(labels, minlength=len(classes)) / len(labels)
            return as_saved(np.tile(shares, (len(self.splits.test), 1)))
        return next(network.as_it_is() for name, network in self._networks.items() if method == as_is(name))


def _splits(name: str, path: Path, part: str) -> Splits:
    """Reviews to draw labels from as the training split, none in the validation split, and those to measure on.

    Nothing is chosen by the validation reviews where the part is "test", so they are measured on, too.
    """
    labels = DOMAINS[name].options.removeprefix("--labels ").strip('"') or None
    splits = split(load_reviews(path, labels=labels), **Config().split)
    none = Examples([], np.zeros(0, np.int8))
    measured = splits.validation
    if part == "test":
        measured = Examples(
            [*splits.test.texts, *splits.validation.texts],
            np.concatenate([splits.test.labels, splits.validation.labels]),
        )
    return replace(splits, train=_some(splits.train, _POOL), validation=none, test=_some(measured, _TEST))


def _some(examples: Examples, count: int) -> Examples:
    rows = np.sort(np.random.default_rng(_SEED).permutation(len(examples))[:count])
    return Examples([examples.texts[row] for row in rows], examples.labels[rows])
