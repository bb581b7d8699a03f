"""Where the rows of a source went: into a split, or out of the data for a reason. No pandas."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.config import POLARITY, Classes
from sentiment.data.files.sources import is_remote, shown
from sentiment.errors import ReviewsError
from sentiment.support.paths import PROJECT

FEWEST = 20  # labelled reviews; fewer leave nothing to validate and to test with
CORPUS = "reviews of many domains and the Large Movie Review Dataset"  # the source of the everyday model: no one file
IN_SHARDS = " (in shards)"  # at the end of the source of reviews that were read from shards
PARTS = {"training": "train", "validation": "validation", "test": "test", "unlabelled": "unlabelled"}
_REMOVED = {
    "duplicates": "duplicates_removed",
    "reviews whose text has different labels": "contradictions_removed",
    "also in the test split": "test_overlap_removed",
    "unlabelled, also in the test or validation split": "unlabelled_overlap_removed",
    "unlabelled duplicates": "unlabelled_duplicates_removed",
}
_SPLIT_BY = ("content_hash", "train", "validation", "test", "positive", "negative", "labels", "classes")


@dataclass(frozen=True)
class Examples:
    """Clean reviews and their labels."""

    texts: list[str]
    # int8[n], the index of the class. Where teachers had a say, probabilities: float32[n] of the second of two classes,
    # or float32[n, classes].
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class DatasetInfo:
    """Which reviews were read, and how many are in each split.

    The counts below `content_hash` add up to `reviews`; with those of `left_out`, to the rows of the source.
    """

    name: str
    source: str
    reviews: int  # read from the source, with unlabelled ones
    content_hash: str  # SHA-256 of the source's reviews, before cleaning
    train: int
    validation: int
    test: int
    unlabelled: int
    duplicates_removed: int  # training reviews whose text comes before, or is in a split drawn from them
    test_overlap_removed: int  # training reviews whose text is in the test split
    unlabelled_overlap_removed: int  # unlabelled reviews whose text is in the test or the validation split
    unlabelled_duplicates_removed: int = 0  # unlabelled reviews whose text comes before
    contradictions_removed: int = 0  # training reviews whose text has different labels
    text_column: str | None = None  # how the source was read, see `sentiment.data.reviews.load_reviews`
    label_column: str | None = None
    rejected: bool = False
    positive: Sequence[str] | None = None  # values of the class as a person named them; None for the usual ones
    negative: Sequence[str] | None = None
    labels: str | None = None  # what the values mean, as a person said it; see `sentiment.data.labels`
    classes: Classes = POLARITY
    left_out: dict[str, int] = field(default_factory=dict)  # rows of the source that were not read, by reason
    reading: dict[str, Any] = field(default_factory=dict)  # of `ReadingOptions`, beside the columns above
    label_values: dict[str, str] = field(default_factory=dict)  # the class of each value; empty where there are many

    def __post_init__(self) -> None:
        """Takes classes as JSON has them, too."""
        object.__setattr__(self, "classes", Classes.from_values(self.classes))


@dataclass(frozen=True)
class Splits:
    """Reviews to learn from, to choose the epoch by and to measure on, and texts without a label."""

    train: Examples
    validation: Examples
    test: Examples
    unlabelled: list[str]
    dataset: DatasetInfo
    excerpts: Examples | None = None  # of the training texts, where teachers have labelled them
    excerpts_seed: int = 0  # of the excerpts; without any, of those to be drawn

    @property
    def classes(self) -> Classes:
        """What the labels are of."""
        return self.dataset.classes


def classes_of(dataset: Mapping[str, Any]) -> Classes:
    """The classes of a `DatasetInfo`, which is a dictionary here and maybe of an older version."""
    return Classes.from_values(dataset.get("classes"))


def same_split(saved: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether reviews were split then as they are now.

    The hash alone does not say so: it is of the reviews before cleaning. If texts are cleaned in another way now, other
    reviews are duplicates, and the same seed draws training reviews of then as test reviews.

    Args:
        saved: a `DatasetInfo` as a dictionary, from `metrics.json`.
        now: of the reviews as they are read and split today.
    """

    def identity(info: Mapping[str, Any]) -> list[Any]:
        values = {name: info.get(name) for name in _SPLIT_BY} | {"classes": asdict(classes_of(info))}
        return json.loads(json.dumps([values[name] for name in _SPLIT_BY]))

    return identity(saved) == identity(now)


def rows_of_source(dataset: Mapping[str, Any]) -> int:
    """How many rows the source of a `DatasetInfo` has, which is a dictionary here and maybe of an older version."""
    return int(dataset["reviews"]) + sum((dataset.get("left_out") or {}).values())


def removed(dataset: Mapping[str, Any]) -> dict[str, int]:
    """How many rows of the source are in no split, by reason, without reasons of no row; see `rows_of_source`."""
    counts = {reason: int(dataset.get(name, 0)) for reason, name in _REMOVED.items()}
    return {reason: count for reason, count in (counts | (dataset.get("left_out") or {})).items() if count}


def account(dataset: Mapping[str, Any]) -> str:
    """One line with the number of rows in each split and left out, which add up to all; see `rows_of_source`."""
    parts = ", ".join(f"{dataset[name]:,} {part}" for part, name in PARTS.items() if dataset[name])
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in removed(dataset).items())
    return f"{dataset['name']}: {rows_of_source(dataset):,} rows: {parts}; left out: {reasons or 'none'}"


def place_of(source: str) -> str:
    """A path to reviews that is the same from every folder: relative to the project's if inside it, else absolute.

    An address stays as it is, but for its password and signature.
    """
    if is_remote(source):
        return shown(source)
    absolute = Path(os.path.abspath(source))  # noqa: PTH100 (resolve would follow links, which may change)
    return str(absolute.relative_to(PROJECT) if absolute.is_relative_to(PROJECT) else absolute)


def require_enough(labels: Sequence[int], source: str, classes: Classes = POLARITY) -> None:
    """Raises ReviewsError for fewer than 20 labels, or where all are of one class."""
    if len(labels) < FEWEST:
        raise ReviewsError(
            f"expected at least {FEWEST} labelled reviews in {source}; found {len(labels)}; give a file with more"
        )
    counts = np.bincount(np.asarray(labels, int), minlength=len(classes))
    if (counts > 0).sum() < 2:
        raise ReviewsError(
            f"expected reviews of at least two classes ({classes.listed()}) in {source}; "
            f"found {classes.names[int(labels[0])]} ones only; give a file with others, too"
        )
