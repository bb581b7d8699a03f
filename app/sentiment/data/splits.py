"""Clean reviews in a training, a validation and a test split that share no text."""

import dataclasses
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import numpy as np

from sentiment.config import Classes, Config
from sentiment.data.dataset import DatasetInfo, Examples, Splits, place_of, require_enough
from sentiment.errors import ConfigError, ReviewsError
from sentiment.text.cleaning import as_read, clean

if TYPE_CHECKING:
    from sentiment.data.reviews import Reviews


def split(
    reviews: "Reviews",
    *,
    seed: int,
    validation_fraction: float,
    test_fraction: float,
    validation_limit: int | None = None,
) -> Splits:
    """Cleans the reviews and splits them.

    A test split that the source names stays as it is, in order and with duplicates, because figures are compared over
    exactly these reviews; so does a validation split. Otherwise they are drawn. The training reviews lose, after
    cleaning:

    1. reviews whose text is in a split that the source names;
    2. all copies of a text that has different labels, because none of them is more right than another;
    3. all but the first copy of a text.

    Draws keep the shares of the classes, and take at least one review of each. To the models, texts
    that differ only in capitals or in the kind of quotation marks are the same, so training also loses what equals a
    drawn review in this sense. The unlabelled reviews lose what is in the test or the validation split, then their
    duplicates; they may repeat training texts.

    Args:
        reviews: from `sentiment.data.reviews`.
        seed: of the draws.
        validation_fraction: share of the training reviews, between 0 and 1; used where the source has no validation
            split.
        test_fraction: share of all labelled reviews, between 0 and 1; used where the source has no test split.
        validation_limit: most reviews in the validation split; None: no limit.

    Raises:
        ConfigError: a fraction is not between 0 and 1.
        ReviewsError: fewer than 20 labelled reviews are left to train with, or a split would lack a class.
    """
    for name, fraction in (("validation_fraction", validation_fraction), ("test_fraction", test_fraction)):
        if not 0 < fraction < 1:
            raise ConfigError(f"expected {name} between 0 and 1; found {fraction}")
    source, classes = reviews.source, reviews.classes
    texts = [clean(text) for text in reviews.table["text"]]
    as_seen = [as_read(text).lower() for text in texts]  # equal where the models see the same
    labels = reviews.table["label"].fillna(-1).to_numpy(np.int8)
    places = reviews.table["split"].to_numpy(str)
    labelled = labels >= 0
    test = np.flatnonzero((places == "test") & labelled)
    named = np.flatnonzero((places == "validation") & labelled)
    pool = np.flatnonzero(~np.isin(places, ("test", "validation")) & labelled)
    unlabelled = np.flatnonzero(~labelled)

    validation = _without(named, test, as_seen)
    named_overlap = len(named) - len(validation)
    apart = _without(pool, [*test, *validation], as_seen)
    consistent = _without_contradictions(apart, texts, labels)
    train = _first_copies(consistent, texts)
    remainder = f"the training split of {source}" if len(test) else source
    if len(pool) > len(train):
        remainder += ", without its duplicates and the texts that have different labels"
    require_enough(labels[train].tolist(), remainder, classes)
    drawn, in_test = 0, len(test) > 0
    if not in_test:
        train, test = _draw(train, labels, test_fraction, seed, source, classes)
        train, drawn = _without(train, test, as_seen), len(test)
    if not len(named):
        train, validation = _draw_validation(
            train, labels, validation_fraction, validation_limit, seed, source, classes
        )
        train, drawn = _without(train, validation, as_seen), drawn + len(validation)
    for name, rows, is_named in (
        ("training", train, False),
        ("validation", validation, len(named) > 0),
        ("test", test, in_test),
    ):
        _require_all(labels[rows], name, source, classes, is_named)
    free = _without(unlabelled, [*test, *validation], as_seen)
    free_distinct = _first_copies(free, texts)
    dataset = DatasetInfo(
        name=reviews.name,
        source=place_of(source),
        reviews=len(texts),
        content_hash=reviews.content_hash,
        train=len(train),
        validation=len(validation),
        test=len(test),
        unlabelled=len(free_distinct),
        duplicates_removed=len(consistent) - len(train) - drawn,
        test_overlap_removed=len(pool) - len(apart) + named_overlap,
        unlabelled_overlap_removed=len(unlabelled) - len(free),
        unlabelled_duplicates_removed=len(free) - len(free_distinct),
        contradictions_removed=len(apart) - len(consistent),
        text_column=reviews.text_column,
        label_column=reviews.label_column,
        rejected=reviews.rejected,
        positive=reviews.positive,
        negative=reviews.negative,
        labels=reviews.labels,
        classes=classes,
        left_out=reviews.left_out,
        reading=reviews.reading.at(place_of).to_json(),
        label_values=reviews.label_values,
    )
    train_examples, validation_examples, test_examples = (
        Examples([texts[row] for row in rows], labels[rows]) for rows in (train, validation, test)
    )
    unlabelled_texts = [texts[row] for row in free_distinct]
    return Splits(train_examples, validation_examples, test_examples, unlabelled_texts, dataset)


def outdone_in_split(config: Config, dataset: DatasetInfo, chosen: Collection[str]) -> list[str]:
    """A line for each setting of the split that a person chose and that has no effect because of another."""
    fraction, limit = config.training.validation_fraction, config.training.validation_limit
    by_fraction = round(fraction * (dataset.train + dataset.validation))
    if not limit or "validation_limit" not in chosen:
        return []
    if by_fraction < limit:
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
    """The splits of somebody with fewer labels. The test split stays, because figures are compared over it.

    The labels are drawn from the training and the validation reviews together, and the validation split from the drawn
    ones, both with the shares of the classes kept. The others come first among the unlabelled reviews.

    Args:
        splits: of all reviews.
        labels: training and validation reviews together; all of them if there is not one more of each class.
        seed: of the draws.
        validation_fraction: as in `split`, of the drawn reviews.
        validation_limit: as in `split`.

    Raises:
        ReviewsError: fewer than 20 reviews are drawn, or a split would lack a class.
    """
    source, classes = splits.dataset.source, splits.classes
    texts = [*splits.train.texts, *splits.validation.texts]
    truth = np.concatenate([splits.train.labels, splits.validation.labels])
    drawn = np.arange(len(texts))
    if labels <= len(texts) - len(classes):  # a draw leaves at least one review of each class
        # Two of each class, however rare it is: to learn from, and for the validation split.
        _, drawn = _draw(drawn, truth, labels / len(texts), seed, source, classes, least=2)
    require_enough(truth[drawn].tolist(), f"the draw from {source}", classes)
    draw = f"the draw of {len(drawn):,} from {source}"
    train, validation = _draw_validation(drawn, truth, validation_fraction, validation_limit, seed, draw, classes)
    for name, rows in (("training", train), ("validation", validation)):
        _require_all(truth[rows], name, draw, classes)
    labelled = {texts[row] for row in drawn}
    unlabelled = [text for text in dict.fromkeys([*texts, *splits.unlabelled]) if text not in labelled]
    dataset = dataclasses.replace(
        splits.dataset, train=len(train), validation=len(validation), unlabelled=len(unlabelled)
    )
    train_examples, validation_examples = (
        Examples([texts[row] for row in rows], truth[rows]) for rows in (train, validation)
    )
    return Splits(train_examples, validation_examples, splits.test, unlabelled, dataset)


def _without(rows: np.ndarray, others: Iterable[int], texts: list[str]) -> np.ndarray:
    """The rows whose text is none of the others'."""
    known = {texts[row] for row in others}
    return np.array([row for row in rows if texts[row] not in known], dtype=int)


def _without_contradictions(rows: np.ndarray, texts: list[str], labels: np.ndarray) -> np.ndarray:
    label_of: dict[str, int] = {}
    contradictory = {texts[row] for row in rows if label_of.setdefault(texts[row], labels[row]) != labels[row]}
    return np.array([row for row in rows if texts[row] not in contradictory], dtype=int)


def _first_copies(rows: np.ndarray, texts: list[str]) -> np.ndarray:
    first = {texts[row]: row for row in reversed(rows)}
    return np.array(sorted(first.values()), dtype=int)


def _draw_validation(
    rows: np.ndarray, labels: np.ndarray, fraction: float, limit: int | None, seed: int, source: str, classes: Classes
) -> tuple[np.ndarray, np.ndarray]:
    fraction = fraction if limit is None else min(fraction, limit / len(rows))
    return _draw(rows, labels, fraction, seed, source, classes)


def _draw(
    rows: np.ndarray, labels: np.ndarray, fraction: float, seed: int, source: str, classes: Classes, least: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Splits rows into the others and the drawn ones, each with the same shares of the classes.

    Of each class, `least` are drawn, if there are as many and one more.
    """
    from sklearn.model_selection import train_test_split

    count = max(least * len(classes), round(fraction * len(rows)))
    try:
        others, drawn = train_test_split(rows, test_size=count, random_state=seed, stratify=labels[rows])
    except ValueError:
        raise ReviewsError(
            f"expected enough reviews of {_both(classes)} classes in {source} to draw {count} of {len(rows)}; "
            f"found {_counts(labels[rows], classes)}; {_more(classes)}"
        ) from None
    # A class may be so rare that its share of the drawn ones is less.
    random = np.random.default_rng(seed)
    for label in np.unique(labels[rows]):
        while np.sum(labels[drawn] == label) < least and np.sum(labels[others] == label) > 1:
            largest = np.bincount(labels[drawn]).argmax()  # of more than `least`, because `count` has room for all
            out = random.choice(np.flatnonzero(labels[drawn] == largest))
            into = random.choice(np.flatnonzero(labels[others] == label))
            drawn[out], others[into] = others[into], drawn[out]
    return others, drawn


def _require_all(labels: np.ndarray, part: str, source: str, classes: Classes, is_named: bool = False) -> None:
    """Refuses a split that lacks a class; one that the source names may lack some, but has to have two."""
    if len(np.unique(labels)) < (2 if is_named else len(classes)):
        raise ReviewsError(
            f"expected reviews of {_both(classes)} classes in the {part} split of {source}; "
            f"found {_counts(labels, classes)}; {_more(classes)}"
        )


def _both(classes: Classes) -> str:
    return "both" if classes.is_binary else f"all {len(classes)}"


def _counts(labels: np.ndarray, classes: Classes) -> str:
    counts = np.bincount(labels, minlength=len(classes))
    return ", ".join(f"{count:,} {name}" for name, count in zip(classes.names, counts, strict=True))


def _more(classes: Classes) -> str:
    advice = "give a file with more of them"
    return advice if classes.is_binary else f"{advice}, or put a rare class together with another with --labels"
