"""Accuracy by number of labels in other domains, written to a folder:

- adapt.json    every cell: a method that learnt one draw of labels, on the test reviews of a domain
- adapt.png     a curve for each method and domain
- adapt.md      the table

A method has the labels of the draw and no others, and chooses by cross-validation on them. The draws of all methods are
the same. The pooled features of a text are computed once, because they do not depend on the labels.
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold

from benchmarks.adaptation.report import draw_curves, markdown
from benchmarks.domains import Domain, write_domains
from benchmarks.results import Note, Written, provenance, write
from sentiment.config import Classes, Config
from sentiment.data.dataset import Examples, Splits
from sentiment.data.reviews import load_reviews
from sentiment.data.splits import split, with_fewer_labels
from sentiment.experiments.adaptation import Features, as_it_is, learnt_from, tfidf_model
from sentiment.metrics.class_probabilities import probabilities_of
from sentiment.metrics.measures import log_loss, wilson
from sentiment.metrics.verdicts import as_saved, predicted_classes
from sentiment.runs.saved_run import SavedRun, find_run
from sentiment.teaching.linear_head import as_network, fit_head
from sentiment.training.baselines import NaiveBayesRegression, occurrence_features

_TWO = '--labels "1,2=negative; 4,5=positive"'
DOMAINS: Mapping[str, Domain] = {
    "telephones": Domain(("lenovo_k8",), "label"),
    "hotels": Domain(("booking_boston",), "label"),
    "restaurants": Domain(("zomato_hyderabad", "zomato_skathirmani"), "stars", _TWO),
    "tweets, three classes": Domain(("tweeteval_sentiment",), "label"),
}
NETWORKS = ("imdb/compact", "imdb/flagship")
TFIDF, NB_SVM = "TF-IDF", "NB-SVM"
_NB_STRENGTHS = (0.1, 1.0, 10.0)
_POOL, _TEST = 4_000, 1_000  # reviews at most, to draw labels from and to measure on
_SEED = 0  # of what is left out of both


@dataclass(frozen=True)
class AdaptationSettings:
    """How much is measured."""

    labels: Sequence[int] = (30, 100, 300, 1_000, 3_000)
    draws: int = 3
    part: str = "test"  # what is measured on; "validation" to choose by
    domains: Sequence[str] = tuple(DOMAINS)


def benchmark_adaptation(
    folder: Path, reviews: Path, models: Path, settings: AdaptationSettings, note: Note
) -> Written:
    """Measures and writes the three files.

    Args:
        folder: where they go.
        reviews: the folder of `reviews.parquet`, see `benchmarks.domains`.
        models: with the shipped runs.
        settings: how much is measured.
        note: gets a line for each domain and number of labels.

    Raises:
        ReviewsError: the reviews are missing, or too few for a draw.
        RunError: a shipped run is missing.
        StorageError: no room left, or no permission.
    """
    runs = {name: find_run(models, name) for name in NETWORKS}
    cells: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        files = write_domains(reviews, Path(scratch), {name: DOMAINS[name] for name in settings.domains})
        for name, path in files.items():
            cells += _domain(name, path, runs, settings, note)
    results = {
        **provenance(),
        "settings": {"smoke": False, "part": settings.part, "labels": list(settings.labels), "draws": settings.draws},
        "absent": [],
        "domains": {name: {"sources": DOMAINS[name].sources, "labels": DOMAINS[name].options} for name in files},
        "cells": cells,
    }
    return write(folder / "adapt.json", results, draw_curves(results), folder / "adapt.md", markdown(results))


def _domain(
    name: str, path: Path, runs: Mapping[str, SavedRun], settings: AdaptationSettings, note: Note
) -> list[dict[str, Any]]:
    splits = _splits(name, path, settings.part)
    classes, labels = splits.classes, splits.test.labels
    row_of = {text: row for row, text in enumerate(splits.train.texts)}
    networks = {}
    cells = []

    def measured(method: str, count: int, draw: int, probabilities: np.ndarray, seconds: float) -> None:
        right = int((predicted_classes(probabilities) == labels).sum())
        cells.append(
            {
                "domain": name, "method": method, "labels": count, "draw": draw, "accuracy": right / len(labels),
                "accuracy_ci95": wilson(right, len(labels)), "log_loss": log_loss(labels, probabilities),
                "test_reviews": len(labels), "seconds": round(seconds, 2),
            }
        )  # fmt: skip

    for run_name, run in runs.items():
        features, tokenizer = Features(run), run.tokenizer()
        test_ids = tokenizer.token_ids(splits.test.texts)
        networks[run_name] = features(tokenizer.token_ids(splits.train.texts)), features(test_ids)
        if (unadapted := as_it_is(run, classes, test_ids)) is not None:
            measured(f"{run_name} as it is", 0, 0, unadapted, 0.0)
    shares = np.bincount(splits.train.labels, minlength=len(classes)) / len(splits.train)
    measured("the most frequent class", 0, 0, as_saved(np.tile(shares, (len(labels), 1))), 0.0)
    for count in settings.labels:
        for draw in range(1, settings.draws + 1):
            learnt = learnt_from(with_fewer_labels(splits, count, seed=draw, validation_fraction=0.1))
            rows = [row_of[text] for text in learnt.texts]
            for run_name, (pool, test) in networks.items():
                started = time.perf_counter()
                head = fit_head(pool[rows], learnt.labels, classes)
                seconds = time.perf_counter() - started
                probabilities = probabilities_of(as_network(head.logits(test), classes), classes)
                measured(f"adapt, {run_name}", count, draw, probabilities, seconds)
            for method, fit in _LINEAR.items():
                started = time.perf_counter()
                predict = fit(learnt, classes)
                seconds = time.perf_counter() - started
                measured(method, count, draw, predict(splits.test.texts), seconds)
        note(f"{name}: {count:,} labels")
    return cells


def _splits(name: str, path: Path, part: str) -> Splits:
    """Reviews to draw labels from as the training split, none in the validation split, and those to measure on."""
    labels = DOMAINS[name].options.removeprefix("--labels ").strip('"') or None
    splits = split(load_reviews(path, labels=labels), **Config().split)
    none = Examples([], np.zeros(0, np.int8))
    measured = splits.test if part == "test" else splits.validation
    return replace(splits, train=_some(splits.train, _POOL), validation=none, test=_some(measured, _TEST))


def _some(examples: Examples, count: int) -> Examples:
    rows = np.sort(np.random.default_rng(_SEED).permutation(len(examples))[:count])
    return Examples([examples.texts[row] for row in rows], examples.labels[rows])


def _nb_svm(learnt: Examples, classes: Classes) -> Callable[[list[str]], np.ndarray]:
    """The strength has the lowest log loss on reviews that were left out, as for the other methods."""
    features, encode = occurrence_features(learnt.texts)
    fewest = int(np.bincount(learnt.labels, minlength=len(classes)).min())
    folds = list(StratifiedKFold(max(2, min(5, fewest)), shuffle=True, random_state=0).split(features, learnt.labels))

    def loss(strength: float) -> float:
        left_out = np.zeros((len(learnt), len(classes)))
        for train, rest in folds:
            model = NaiveBayesRegression(strength).fit(features[train], learnt.labels[train])
            left_out[rest] = model.predict_proba(features[rest])
        return log_loss(learnt.labels, as_saved(left_out))

    model = NaiveBayesRegression(min(_NB_STRENGTHS, key=loss)).fit(features, learnt.labels)
    return lambda texts: as_saved(np.clip(model.predict_proba(encode(texts)), 0, 1))


_LINEAR = {TFIDF: tfidf_model, NB_SVM: _nb_svm}
