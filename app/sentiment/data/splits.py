"""Reviews become splits: cleaned, without duplicates, nothing of the test split in any other."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from sentiment.config import Config
from sentiment.data.reviews import Reviews, place_of, require_enough
from sentiment.errors import ConfigError, ReviewsError
from sentiment.text.cleaning import as_read, clean

__all__ = [
    "DatasetInfo",
    "Examples",
    "Splits",
    "account",
    "clean",
    "outdone_in_split",
    "removed",
    "rows_of_source",
    "same_split",
    "split",
    "with_fewer_labels",
]


@dataclass(frozen=True)
class Examples:
    """Clean reviews and what their writers thought."""

    texts: list[str]
    labels: np.ndarray  # int8[n], 1 positive, 0 negative; float32[n] between them where teachers had a say

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class DatasetInfo:
    """Which reviews they were, and what became of each.

    The counts below `content_hash` add up to `reviews`; these and the counts of `left_out` to the rows of the source.
    """

    name: str
    source: str
    reviews: int  # read from the source, unlabelled ones too
    content_hash: str  # SHA-256 of the source's reviews, before cleaning
    train: int
    validation: int
    test: int
    unlabelled: int
    duplicates_removed: int  # training reviews whose text is there before, or in a split drawn from them
    test_overlap_removed: int  # training reviews whose text is in the test split
    unlabelled_overlap_removed: int  # unlabelled reviews whose text is in the test or the validation split
    unlabelled_duplicates_removed: int = 0  # unlabelled reviews whose text is there before
    contradictions_removed: int = 0  # training reviews whose text is there with both labels
    text_column: str | None = None  # how the source was read, see `sentiment.data.reviews.load_reviews`
    label_column: str | None = None
    rejected: bool = False
    positive: Sequence[str] | None = None  # labels of that class as they were named; None for the usual ones
    negative: Sequence[str] | None = None
    left_out: dict[str, int] = field(default_factory=dict)  # rows of the source that were not read, by reason


_SPLIT_BY = ("content_hash", "train", "validation", "test", "positive", "negative")


def same_split(saved: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether reviews were split then as they are now.

    The hash is of the reviews as their source has them. Where texts are cleaned otherwise by now, others of them are
    duplicates, and a draw by the same seed is another one, in which training reviews of then are test reviews of now.

    Args:
        saved: the `DatasetInfo` of then, as `metrics.json` has it.
        now: the one of the reviews as they are read and split today, as a dictionary.
    """

    def of(info: Mapping[str, Any]) -> list[Any]:
        values = (info.get(name) for name in _SPLIT_BY)
        return [list(value) if isinstance(value, tuple) else value for value in values]

    return of(saved) == of(now)


@dataclass(frozen=True)
class Splits:
    """What is learnt from, what the epoch is chosen by, what is measured on, and texts without a label."""

    train: Examples
    validation: Examples
    test: Examples
    unlabelled: list[str]
    dataset: DatasetInfo
    excerpts: Examples | None = None  # of the texts to learn from, where teachers have read them
    excerpts_seed: int = 0  # of their drawing, or of that of others where there are none yet


def split(
    reviews: Reviews,
    *,
    seed: int,
    validation_fraction: float,
    test_fraction: float,
    validation_limit: int | None = None,
) -> Splits:
    """Cleans the reviews and splits them.

    A test split that the source names is taken as it is: the same reviews in the same order, duplicates too, for
    figures are compared over exactly these. Where it names none, the test split is drawn from the rest by the seed.
    What is left for training loses, after cleaning and in this order:

    1. reviews whose text is in the test split;
    2. all copies of a text that is there with both labels, because neither label is more right than the other;
    3. all but the first copy of a text.

    Only then is the validation split drawn from it. Both are drawn with equal shares of positive reviews. So that no
    text is in two splits, training also loses what every model reads as it reads a text of a split drawn from it: of
    two that differ in capitals, or in the kind of their quotation marks, one. The unlabelled reviews lose what is in
    the test or the validation split, then their own duplicates; they may repeat texts of the training split.

    Args:
        reviews: from `sentiment.data.reviews`.
        seed: of the drawing.
        validation_fraction: share of the training reviews, between 0 and 1.
        test_fraction: share of all labelled reviews, between 0 and 1; only used where the source has no test split.
        validation_limit: reviews in the validation split at most; None: no limit.

    Raises:
        ConfigError: a fraction is not between 0 and 1.
        ReviewsError: fewer than 20 labelled reviews are left to train with, or a split would hold one class only.
    """
    for name, fraction in (("validation_fraction", validation_fraction), ("test_fraction", test_fraction)):
        if not 0 < fraction < 1:
            raise ConfigError(f"expected {name} between 0 and 1; found {fraction}")
    texts = [clean(text) for text in reviews.table["text"]]
    labels = reviews.table["label"].fillna(-1).to_numpy(np.int8)
    parts = reviews.table["split"].to_numpy(str)

    def examples(rows: np.ndarray) -> Examples:
        return Examples([texts[row] for row in rows], labels[rows])

    labelled = labels >= 0
    test = np.flatnonzero((parts == "test") & labelled)
    unlabelled = np.flatnonzero(~labelled)
    pool = np.flatnonzero((parts != "test") & labelled)

    # What differs in capitals or quotation marks alone is the same text to every model.
    read = [as_read(text).lower() for text in texts]
    apart = _without(pool, test, read)
    agreed = _without_contradictions(apart.tolist(), texts, labels)
    distinct = np.array(_first_copies(agreed, texts), dtype=int)
    left = f"the training split of {reviews.source}" if len(test) else reviews.source
    if len(pool) > len(distinct):
        left += ", without its duplicates and the texts that have both labels"
    require_enough(labels[distinct].tolist(), left)
    train, drawn = distinct, np.array([], dtype=int)
    if not len(test):
        train, test = _draw(train, labels, test_fraction, seed, reviews.source)
        train, drawn = _without(train, test, read), test
    if validation_limit is not None:
        validation_fraction = min(validation_fraction, validation_limit / len(train))
    train, validation = _draw(train, labels, validation_fraction, seed, reviews.source)
    train = _without(train, validation, read)
    for name, rows in (("training", train), ("validation", validation), ("test", test)):
        _require_both(labels[rows], name, reviews.source)

    free = _without(unlabelled, [*test, *validation], read).tolist()
    free_distinct = _first_copies(free, texts)
    dataset = DatasetInfo(
        name=reviews.name,
        source=place_of(reviews.source),
        reviews=len(texts),
        content_hash=reviews.content_hash,
        train=len(train),
        validation=len(validation),
        test=len(test),
        unlabelled=len(free_distinct),
        duplicates_removed=len(agreed) - len(train) - len(validation) - len(drawn),
        test_overlap_removed=len(pool) - len(apart),
        unlabelled_overlap_removed=len(unlabelled) - len(free),
        unlabelled_duplicates_removed=len(free) - len(free_distinct),
        contradictions_removed=len(apart) - len(agreed),
        text_column=reviews.text_column,
        label_column=reviews.label_column,
        rejected=reviews.rejected,
        positive=reviews.positive,
        negative=reviews.negative,
        left_out=reviews.left_out,
    )
    return Splits(examples(train), examples(validation), examples(test), [texts[row] for row in free_distinct], dataset)


PARTS = {"training": "train", "validation": "validation", "test": "test", "unlabelled": "unlabelled"}
_REMOVED = {
    "duplicates": "duplicates_removed",
    "reviews whose text has both labels": "contradictions_removed",
    "also in the test split": "test_overlap_removed",
    "unlabelled, also in the test or validation split": "unlabelled_overlap_removed",
    "unlabelled duplicates": "unlabelled_duplicates_removed",
}


def rows_of_source(dataset: Mapping[str, Any]) -> int:
    """How many rows the source has.

    Args:
        dataset: a `DatasetInfo` as a dictionary, one of an older version, too.
    """
    return int(dataset["reviews"]) + sum((dataset.get("left_out") or {}).values())


def removed(dataset: Mapping[str, Any]) -> dict[str, int]:
    """How many rows of the source are in none of the parts, by reason; a reason that no row has is left out.

    Args:
        dataset: as for `rows_of_source`; one of the first version does not say all reasons.
    """
    counts = {reason: int(dataset.get(name, 0)) for reason, name in _REMOVED.items()}
    return {reason: many for reason, many in (counts | (dataset.get("left_out") or {})).items() if many}


def account(dataset: Mapping[str, Any]) -> str:
    """What became of the rows of a source, in a line: the parts and the rows in none of them add up to all."""
    parts = ", ".join(f"{dataset[name]:,} {part}" for part, name in PARTS.items() if dataset[name])
    reasons = ", ".join(f"{many:,} {reason}" for reason, many in removed(dataset).items())
    return f"{dataset['name']}: {rows_of_source(dataset):,} rows: {parts}; left out: {reasons or 'none'}"


def outdone_in_split(config: Config, dataset: DatasetInfo, chosen: Collection[str]) -> list[str]:
    """Which chosen settings of the split another one decides instead of, a line each.

    Args:
        config: all settings.
        dataset: what came of the split.
        chosen: names of the settings that a person has chosen.
    """
    fraction, limit = config.training.validation_fraction, config.training.validation_limit
    shared = round(fraction * (dataset.train + dataset.validation))
    if not limit or "validation_limit" not in chosen:
        return []
    if shared < limit:
        return [
            f"validation_limit={limit} changes nothing: validation_fraction={fraction} holds out "
            f"{dataset.validation:,} reviews"
        ]
    if "validation_fraction" in chosen:
        return [f"validation_limit={limit} decides, not validation_fraction={fraction}: {dataset.validation:,} reviews"]
    return []


def with_fewer_labels(
    splits: Splits, labels: int, *, seed: int, validation_fraction: float, validation_limit: int | None = None
) -> Splits:
    """What somebody has who has only so many labels; the test split stays, for figures are compared over it.

    They are drawn from the training and the validation reviews together, with equal shares of positive ones, and the
    validation split is drawn from them alone. The others are there without their labels, before the unlabelled ones.

    Args:
        splits: of all reviews.
        labels: how many reviews are drawn, training and validation together; all where there are no two more.
        seed: of the drawing.
        validation_fraction: as in `split`, of the reviews drawn.
        validation_limit: as in `split`.

    Raises:
        ReviewsError: fewer than 20 reviews are drawn, or a split would hold one class only.
    """
    source = splits.dataset.source
    texts = [*splits.train.texts, *splits.validation.texts]
    truth = np.concatenate([splits.train.labels, splits.validation.labels])
    drawn = np.arange(len(texts))
    if labels < len(texts) - 1:  # one for each class has to stay
        _, drawn = _draw(drawn, truth, labels / len(texts), seed, source)
    require_enough(truth[drawn].tolist(), f"the draw from {source}")
    if validation_limit is not None:
        validation_fraction = min(validation_fraction, validation_limit / len(drawn))
    train, validation = _draw(drawn, truth, validation_fraction, seed, source)
    for name, rows in (("training", train), ("validation", validation)):
        _require_both(truth[rows], name, f"the draw from {source}")
    train_examples, validation_examples = (
        Examples([texts[row] for row in rows], truth[rows]) for rows in (train, validation)
    )
    labelled = {texts[row] for row in drawn}
    unlabelled = [text for text in dict.fromkeys([*texts, *splits.unlabelled]) if text not in labelled]
    dataset = dataclasses.replace(
        splits.dataset, train=len(train), validation=len(validation), unlabelled=len(unlabelled)
    )
    return Splits(train_examples, validation_examples, splits.test, unlabelled, dataset)


def _without(rows: Sequence[int] | np.ndarray, others: Sequence[int] | np.ndarray, texts: list[str]) -> np.ndarray:
    """The rows whose text is none of the others'."""
    known = {texts[row] for row in others}
    return np.array([row for row in rows if texts[row] not in known], dtype=int)


def _without_contradictions(rows: list[int], texts: list[str], labels: np.ndarray) -> list[int]:
    label_of: dict[str, int] = {}
    contradictory = {texts[row] for row in rows if label_of.setdefault(texts[row], labels[row]) != labels[row]}
    return [row for row in rows if texts[row] not in contradictory]


def _first_copies(rows: list[int], texts: list[str]) -> list[int]:
    first: dict[str, int] = {}
    for row in rows:
        first.setdefault(texts[row], row)
    return list(first.values())


def _draw(
    rows: np.ndarray, labels: np.ndarray, fraction: float, seed: int, source: str
) -> tuple[np.ndarray, np.ndarray]:
    """Splits rows into (kept, drawn), each with the same share of positive reviews."""
    drawn = max(2, round(fraction * len(rows)))  # at least one of each class
    try:
        kept, taken = train_test_split(rows, test_size=drawn, random_state=seed, stratify=labels[rows])
    except ValueError:
        counts = np.bincount(labels[rows], minlength=2)
        raise ReviewsError(
            f"expected enough reviews of both classes in {source} to draw {drawn} of {len(rows)}; "
            f"found {counts[1]} positive and {counts[0]} negative ones; give a file with more"
        ) from None
    return kept, taken


def _require_both(labels: np.ndarray, part: str, source: str) -> None:
    if len(np.unique(labels)) < 2:
        counts = np.bincount(labels, minlength=2)
        raise ReviewsError(
            f"expected positive and negative reviews in the {part} split of {source}; found {counts[1]} positive and "
            f"{counts[0]} negative ones; give a file with more of both"
        )
