"""Saved runs evaluated again: on the test split they were saved with, or on other reviews.

Evaluating reads a run and never changes it, and nothing is chosen by its result. Probabilities are computed as when the
run was saved, by Keras, or by ONNX Runtime where a shipped run has no Keras model. The figures are the saved ones,
unless a later release reads some texts in another way.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.config import Classes
from sentiment.data.dataset import same_split
from sentiment.data.fingerprints import known
from sentiment.data.labels.values import is_number
from sentiment.data.reviews import Reviews
from sentiment.data.splits import Examples, Splits, split
from sentiment.errors import ReviewsError
from sentiment.inference.engines import load_engine
from sentiment.metrics.class_balance import balance
from sentiment.metrics.measures import Figures, measure, shortcomings
from sentiment.runs.provenance import SplitsOfRuns
from sentiment.runs.saved_run import SavedRun, qualified_name
from sentiment.text.cleaning import clean
from sentiment.text.familiarity import Vocabulary

# The labels of equal reviews are equal, whatever they are called in one file or the other.
_UNNAMED = {"labels": None, "positive": None, "negative": None}
# What decides how a run reads a file of which nothing is said.
_LEARNT = ("classes", "labels", "positive", "negative", "label_values", "text_column", "label_column", "reading")


@dataclass(frozen=True)
class Evaluation:
    """Figures of one run on labelled reviews."""

    run: str  # dataset/name
    reviews: str  # "test" for the run's own test split, else the name of the reviews
    saved_accuracy: float | None  # on its own test split; else None
    metrics: Figures
    classes: Classes
    left_out: int = 0  # reviews that the run has learnt from
    unknown: int = 0  # reviews used that a prediction calls uncertain: the vocabulary lacks too many of their words


def evaluate_own(
    runs: Iterable[SavedRun], cache: Path, skipped: Callable[[str], None] | None = None
) -> list[Evaluation]:
    """Each run on its own test split: dataset by dataset, and within one the highest accuracy first.

    Args:
        runs: verified runs.
        cache: folder of parsed copies of reviews.
        skipped: receives a line for a run whose reviews are missing or have changed; None: that is an error.

    Raises:
        ReviewsError: the reviews of a run are missing or have changed; or all runs were skipped.
    """
    splits = SplitsOfRuns(cache)
    evaluations = _evaluate_each(runs, lambda run: _evaluate_test(run, splits.load(run)), skipped)
    # Accuracies on reviews of different datasets are not comparable.
    return sorted(evaluations, key=lambda each: (each.run.partition("/")[0], -each.metrics["accuracy"]))


def evaluate_as_learnt(
    runs: Iterable[SavedRun],
    read: Callable[[SavedRun], Reviews],
    skipped: Callable[[str], None] | None = None,
    notify: Callable[[str], object] = str,  # a function without an effect
) -> list[Evaluation]:
    """Each run on other reviews, read once for all runs that learnt from the same columns and labels.

    Args:
        runs: verified runs.
        read: reads the reviews in the way of a run.
        skipped: as for `evaluate_on`; also for a run in whose way the reviews cannot be read.
        notify: as for `evaluate_on`.

    Raises:
        ReviewsError: as `evaluate_on`; or the reviews cannot be read.
    """
    groups: dict[str, list[SavedRun]] = {}
    for run in runs:
        learnt = {key: value for key in _LEARNT if (value := run.record.dataset.get(key))}
        groups.setdefault(json.dumps(learnt, default=asdict), []).append(run)
    evaluations: list[Evaluation] = []
    reason = None
    for group in groups.values():
        try:
            reviews = read(group[0])
        except ReviewsError as error:
            if skipped is None or len(groups) == 1:
                raise
            reason = error
            skipped(f"{', '.join(qualified_name(run.folder) for run in group)}: left out: {error}")
            continue
        try:
            evaluations += evaluate_on(group, reviews, skipped, notify)
        except ReviewsError as error:
            if skipped is None or len(groups) == 1:
                raise
            reason = error
    if not evaluations and reason:
        raise reason
    return sorted(evaluations, key=lambda each: -each.metrics["accuracy"])


def evaluate_on(
    runs: Iterable[SavedRun],
    reviews: Reviews,
    skipped: Callable[[str], None] | None = None,
    notify: Callable[[str], object] = str,  # a function without an effect
) -> list[Evaluation]:
    """Each run on other reviews, the highest accuracy first: on their test split where they have one, else on all.

    A run that learnt from these very reviews is evaluated on its own test split only; one that learnt from some of
    them, in whatever file, on the rest.

    Args:
        runs: verified runs.
        reviews: what the runs are evaluated on.
        skipped: receives a line for a run that has learnt from all of them; None: that is an error.
        notify: receives a line about labelled reviews that are not used, and about repeated ones.

    Raises:
        ReviewsError: none of the reviews has a label, or a run has learnt from all that have one; or all runs were
            skipped.
    """
    table = reviews.table[reviews.table["label"].notna()]
    if (table["split"] == "test").any():
        labelled, table = len(table), table[table["split"] == "test"]
        if len(table) < labelled:
            notify(
                f"judged on the {len(table):,} reviews of its test split; {labelled - len(table):,} labelled reviews "
                "of other splits are not"
            )
    if table.empty:
        raise ReviewsError(f"expected labelled reviews in {reviews.source}; found none; add a label column")
    examples = Examples([clean(text) for text in table["text"]], table["label"].to_numpy(np.int8))
    if line := _repeated(examples):
        notify(line)
    splits_by_settings: dict[tuple[Any, ...], Splits] = {}  # which most runs share

    def evaluate(run: SavedRun) -> Evaluation:
        if run.record.dataset["content_hash"] == reviews.content_hash:
            key = tuple(run.config.split.values())
            if key not in splits_by_settings:
                splits_by_settings[key] = split(reviews, **run.config.split)
            splits = splits_by_settings[key]
            if same_split(run.record.dataset | _UNNAMED, asdict(splits.dataset) | _UNNAMED):
                if len(splits.test) < len(examples):
                    notify(
                        f"{qualified_name(run.folder)} has learnt from these reviews: it is judged on the "
                        f"{len(splits.test):,} of them that were its own test split"
                    )
                return _evaluate_test(run, splits)
        return _evaluate_new(run, examples, reviews)

    return sorted(_evaluate_each(runs, evaluate, skipped), key=lambda each: -each.metrics["accuracy"])


def _evaluate_each(
    runs: Iterable[SavedRun], evaluate: Callable[[SavedRun], Evaluation], skipped: Callable[[str], None] | None
) -> list[Evaluation]:
    """The evaluations of all runs but those that are skipped. Raises where all of them are."""
    evaluations, reason = [], None
    for run in runs:
        try:
            evaluations.append(evaluate(run))
        except ReviewsError as error:
            if skipped is None:
                raise
            reason = error
            skipped(f"{qualified_name(run.folder)} is left out: {error}")
    if not evaluations and reason:
        raise reason
    return evaluations


def rows(evaluations: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """A flat row for each evaluation, ready for JSON.

    Returns:
        The figures of `sentiment.metrics.measures.measure`; `balance`, a sentence on the shares of the classes; and
        `shortcoming`, one without its subject on why the accuracy misleads, None where it does not.
    """
    sentences = [shortcomings([each.metrics["confusion"]], each.classes, "reviews")[0] for each in evaluations]
    return [
        {
            "run": evaluation.run,
            "reviews": evaluation.reviews,
            "number": evaluation.metrics["reviews"],
            "left_out": evaluation.left_out,
            "unknown": evaluation.unknown,
            "saved_accuracy": evaluation.saved_accuracy,
            **{key: value for key, value in evaluation.metrics.items() if key != "reviews"},
            "balance": balance(
                evaluation.metrics["confusion"],
                evaluation.classes.names,
                "test reviews" if evaluation.reviews == "test" else f"reviews of {evaluation.reviews}",
            ),
            "shortcoming": shortcoming,
        }
        for evaluation, shortcoming in zip(evaluations, sentences, strict=True)
    ]


def _evaluate_test(run: SavedRun, splits: Splits) -> Evaluation:
    """On its own test split."""
    return replace(_evaluate(run, splits.test, "test"), saved_accuracy=run.record.test["accuracy"])


def _evaluate_new(run: SavedRun, examples: Examples, reviews: Reviews) -> Evaluation:
    """On the reviews that it has not learnt from."""
    new = np.flatnonzero(~known(run.folder, examples.texts))
    if not len(new):
        raise ReviewsError(
            f"expected reviews in {reviews.source} that are new to {run.folder.name}; found that it has learnt from "
            f"all {len(examples):,}; give others"
        )
    unseen = Examples([examples.texts[row] for row in new], labels_of(run, reviews, examples.labels[new]))
    return replace(_evaluate(run, unseen, reviews.name), left_out=len(examples) - len(new))


def labels_of(run: SavedRun, reviews: Reviews, labels: np.ndarray) -> np.ndarray:
    """The labels of reviews as indices of the classes of a run, which are matched by name."""
    names = run.config.classes.names
    highest, other = names[-1], reviews.classes.names[-1]
    if run.config.classes.ordered and is_number(highest) and is_number(other) and highest != other:
        raise ReviewsError(
            f"expected grades up to {highest}, as {run.folder.name} gives them, in {reviews.source}; found grades up "
            f"to {other}, where the same numbers mean something else; say which labels mean these grades with "
            "--labels, or evaluate another run"
        )
    if strange := [name for name in reviews.classes.names if name not in names]:
        raise ReviewsError(
            f"expected reviews of the classes of {run.folder.name}, {run.config.classes.listed()}, in "
            f"{reviews.source}; found {', '.join(strange)}; say which labels mean these classes with --labels, "
            f"{_example(run.config.classes, reviews.classes)}or evaluate another run"
        )
    return np.array([names.index(name) for name in reviews.classes.names], np.int8)[labels]


def _example(wanted: Classes, present: Classes) -> str:
    """The option that makes negative and positive reviews of grades, as part of a sentence; empty where none does."""
    if not wanted.is_polarity or not present.is_graded:
        return ""
    ends = max(1, round(0.4 * len(present)))
    low, high = ",".join(present.names[:ends]), ",".join(present.names[-ends:])
    return f'such as --labels "{low}=negative; {high}=positive", '


def _repeated(examples: Examples) -> str:
    """A line on texts that are there more than once, all of which are used; empty where none is."""
    labels: dict[str, set[int]] = {}
    for text, label in zip(examples.texts, examples.labels.tolist(), strict=True):
        labels.setdefault(text, set()).add(label)
    if not (copies := len(examples) - len(labels)):
        return ""
    both = sum(len(some) > 1 for some in labels.values())
    return (
        f"{copies:,} of the {len(examples):,} reviews repeat the text of another"
        + (f", and {both:,} of the texts stand{'s' * (both == 1)} there with different labels" if both else "")
        + "; all of them are judged, and the interval takes them for independent ones"
    )


def _evaluate(run: SavedRun, examples: Examples, reviews: str) -> Evaluation:
    engine = load_engine("keras" if run.has_keras_model else "onnx", run)
    tokenizer = run.tokenizer()
    vocabulary, whole = Vocabulary(tokenizer), tokenizer.token_ids(examples.texts, whole=True)
    scored = engine.start([tokenizer.shorten(token_ids) for token_ids in whole])()
    unknown = sum(
        vocabulary.familiarity(text, token_ids).reason is not None
        for text, token_ids in zip(examples.texts, whole, strict=True)
    )
    classes = run.config.classes
    return Evaluation(
        qualified_name(run.folder), reviews, None, measure(examples.labels, scored, classes), classes, unknown=unknown
    )
