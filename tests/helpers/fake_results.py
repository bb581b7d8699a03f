"""Result folders as training and baselines write them, and a page as a browser reads it."""

import json
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sentiment.config import Classes, Config
from sentiment.metrics.measures import measure, wilson
from sentiment.report.leaderboard import Row, ShippedRow, write_shipped
from sentiment.runs.record import Kind, RunRecord, parse_teachers, read_record
from sentiment.runs.results import HISTORY, confidently_wrong, published, write_result
from sentiment.runs.saved_run import write_manifest
from sentiment.support.paths import SHIPPED_MODELS

REVIEWS = 400
LABELS = (np.arange(REVIEWS) % 2).astype(np.int8)
HOSTILE = "<script>alert('x')</script> | *best* [film](http://example.com) & more"
BLANK = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 180 200" />'  # in place of a figure
SECONDS = {"custom-lstm": 4.0, "lstm": 6.0, "bilstm": 12.0, "gru": 5.0}


def result(
    folder: Path,
    architecture: str,
    right: int,
    *,
    seed: int | None = 1,
    preset: str | None = "standard",
    dtype: str = "float32",
    encoder: str = "",
    teachers: str = "",
    built_from: dict[str, float | None] | None = None,
    short_texts: dict[str, dict[str, float]] | None = None,
    validation_log_loss: float = 0.3,
    folder_name: str | None = None,
    kind: Kind | None = None,
    name: str = "imdb",
    content_hash: str = "a" * 64,
    validation_accuracy: float | None = None,
    labels: np.ndarray = LABELS,
    validation: int = 200,
    learning_rate: float = 3e-3,
) -> None:
    """A result folder with that many correct test predictions, as training or a baseline writes it."""
    random = np.random.default_rng(right)
    sure = random.uniform(0.55, 0.99, len(labels))
    correct = random.permutation(len(labels)) < right
    probabilities = np.where((labels == 1) == correct, sure, 1 - sure)
    if architecture == "majority":
        probabilities = np.full(len(labels), 0.5)
    is_run = preset is not None
    settings = {"architecture": architecture, "preset": preset, "seed": seed, "learning_rate": learning_rate}
    config = Config().replace(**settings, encoder=encoder, teachers=teachers) if is_run else None
    test = measure(labels, probabilities)
    record = RunRecord(
        name=folder_name or (f"{architecture}-{preset}-seed{seed}" if is_run else architecture),
        kind=kind or (Kind.NETWORK if is_run else Kind.BASELINE),
        architecture=architecture,
        preset=preset,
        seed=seed if is_run else None,
        dtype=dtype,
        parameters=1234567,
        encoder=encoder,
        teachers=parse_teachers(teachers),
        validation=test | {"accuracy": validation_accuracy or test["accuracy"], "log_loss": validation_log_loss},
        validation_short_texts=short_texts,
        identity={"config": json.loads(config.to_json()) if config else {}},
        test=test,
        train_seconds=3 * SECONDS.get(architecture, 1.0),
        built_from=built_from or {},
        seconds_per_epoch=SECONDS[architecture] if is_run else None,
        tokens_per_second=200_000.0 if is_run else None,
        epochs=3 if is_run else None,
        best_epoch=2 if is_run else None,
        dataset={
            "name": name,
            "source": "/home/someone/reviews.csv",
            "reviews": 2_000,
            "content_hash": content_hash,
            "train": 1_600 - validation,
            "validation": validation,
            "test": len(labels),
            "unlabelled": 0,
            "duplicates_removed": 12,
            "contradictions_removed": 40,
            "test_overlap_removed": 3,
            "unlabelled_overlap_removed": 0,
            "left_out": {"set aside on purpose": 304},
        },
        confidently_wrong=confidently_wrong([HOSTILE] * len(labels), labels, probabilities),
        versions={"python": "3.11"},
        machine={"processor": "A Processor", "cores": 2, "system": "Linux"},
    )
    target = folder / record.name if is_run else folder / "baselines" / architecture
    write_result(target, record, labels, probabilities)
    if is_run:
        epochs = pd.DataFrame({"epoch": [1, 2, 3], "train_loss": [0.6, 0.4, 0.3], "train_accuracy": [0.7, 0.8, 0.9]})
        epochs["validation_loss"], epochs["validation_accuracy"] = [0.5, 0.4, 0.5], [0.75, 0.85, 0.84]
        epochs["seconds"], epochs["tokens_per_second"] = SECONDS[architecture], 200_000.0
        epochs.to_csv(target / HISTORY, index=False)
        write_manifest(target)


def fill(folder: Path) -> Path:
    """Four networks and three baselines, a linear one the best of all."""
    for architecture, right in (("custom-lstm", 340), ("lstm", 342), ("bilstm", 350), ("gru", 352)):
        result(folder, architecture, right)
    for architecture, right in (("nb-svm", 390), ("tfidf-logistic", 360), ("majority", 0)):
        result(folder, architecture, right, preset=None)
    return folder


def shipped(folder: Path, right: int = 396, **others: Any) -> Row:
    """The row of a shipped model on the test reviews of the results in a folder, as training saves it."""
    record = read_record(next(folder.glob("*-seed*")))
    row = Row(
        name="mixed-reviews/everyday", kind=Kind.SHIPPED, architecture="custom-lstm", preset=None, seeds=[],
        dtype="reduced", parameters=3_333_124, validation_accuracy=None, test_accuracy=right / REVIEWS,
        test_accuracy_ci95=list(wilson(right, REVIEWS)), test_accuracy_sd=None, test_accuracy_seeds_ci95=None,
        recall=dict.fromkeys(record.classes.names, right / REVIEWS), macro_f1=right / REVIEWS, roc_auc=None,
        log_loss=0.3, calibration_error=0.02, train_seconds=None, seconds_per_epoch=None, tokens_per_second=None,
        dataset=published(record.dataset) | others,
    )  # fmt: skip
    write_shipped(folder, ShippedRow(read_record(SHIPPED_MODELS / row.name).id, row))
    return row


MOSTLY_POSITIVE = (np.arange(REVIEWS) >= 24).astype(np.int8)  # 94% of them


def saying(folder: Path, architecture: str, probabilities: np.ndarray, labels: np.ndarray, **settings: Any) -> None:
    """A result folder of a classifier that says these probabilities."""
    result(folder, architecture, 0, labels=labels, **settings)
    name = f"{architecture}-standard-seed{settings.get('seed', 1)}"
    target = folder / name if "preset" not in settings else folder / "baselines" / architecture
    figures = measure(labels, probabilities)
    record = replace(read_record(target), test=figures, validation=figures)
    history = target / HISTORY
    losses = history.read_bytes() if history.is_file() else b""
    write_result(target, record, labels, probabilities)
    if losses:
        history.write_bytes(losses)


def of_classes(
    folder: Path, architecture: str, labels: np.ndarray, probabilities: np.ndarray, classes: Classes, **settings: Any
) -> None:
    """A result folder of a classifier that says these probabilities, float[n, classes]."""
    result(folder, architecture, 0, labels=labels % 2, **settings)
    name = f"{architecture}-standard-seed{settings.get('seed', 1)}"
    target = folder / name if "preset" not in settings else folder / "baselines" / architecture
    figures, record = measure(labels, probabilities, classes), read_record(target)
    record = replace(
        record,
        dataset=record.dataset | {"classes": asdict(classes)},
        test=figures,
        validation=figures,
        confidently_wrong=confidently_wrong([HOSTILE] * len(labels), labels, probabilities),
    )
    history = target / HISTORY
    losses = history.read_bytes() if history.is_file() else b""
    write_result(target, record, labels, probabilities)
    if losses:
        history.write_bytes(losses)


def always_positive(seed: int) -> np.ndarray:
    """Probabilities above one half for every review, each a different one."""
    return np.random.default_rng(seed).uniform(0.6, 0.99, REVIEWS)


class Page(HTMLParser):
    """Tags, addresses and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data", "action")]

    def handle_data(self, data: str) -> None:
        self.text += data
