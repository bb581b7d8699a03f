"""Saved runs judged again: on the test split they were saved with, or on other people's reviews.

Evaluating reads a run and never changes it, so it can be repeated, and nothing is chosen by what comes out.
Probabilities are computed as when the run was saved, by Keras, or by ONNX Runtime where the run was shipped without its
Keras model: the figures are the same to the last digit, unless the project has learnt to read a text otherwise since.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.data.dataset import same_split
from sentiment.data.fingerprints import known
from sentiment.data.reviews import Reviews
from sentiment.data.splits import Examples, Splits, split
from sentiment.errors import ReviewsError
from sentiment.inference.engines import load_engine
from sentiment.metrics.class_balance import balance
from sentiment.metrics.measures import measure, shortcomings
from sentiment.runs.provenance import OwnSplits
from sentiment.runs.saved_run import SavedRun
from sentiment.text.cleaning import clean
from sentiment.text.familiarity import Vocabulary

# The labels of equal reviews are equal, whatever they are called in one file or the other.
_UNNAMED = {"positive": None, "negative": None}


@dataclass(frozen=True)
class Evaluation:
    """What one run says of labelled reviews."""

    run: str  # dataset/name
    reviews: str  # "test" for the run's own test split, else the name of the reviews
    saved_accuracy: float | None  # on its own test split: the accuracy it was saved with
    metrics: dict[str, Any]  # see sentiment.metrics.measures.measure
    left_out: int = 0  # reviews that the run has learnt from
    unknown: int = 0  # reviews judged here that a prediction calls uncertain, because the run knows too little of them


def evaluate_own(
    runs: Iterable[SavedRun], cache: Path, skipped: Callable[[str], None] | None = None
) -> list[Evaluation]:
    """Each run on its own test split: dataset by dataset, and within one the highest accuracy first.

    Args:
        runs: verified runs.
        cache: where parsed copies of reviews lie.
        skipped: is told of a run whose reviews are not on this machine, or are others now; None: that is an error.

    Raises:
        ReviewsError: the reviews of a run are gone, or are others now; or all runs were skipped.
    """
    own = OwnSplits(cache)
    evaluations, reason = [], None
    for run in runs:
        try:
            test = own.of(run).test
        except ReviewsError as error:
            if skipped is None:
                raise
            reason = error
            skipped(f"{run.folder.parent.name}/{run.name} is left out: {error}")
            continue
        evaluations.append(_evaluate(run, test, "test", run.record.test["accuracy"]))
    if not evaluations and reason:
        raise reason
    # Accuracies on reviews of different datasets are not comparable.
    return sorted(evaluations, key=lambda each: (each.run.partition("/")[0], -each.metrics["accuracy"]))


def evaluate_on(
    runs: Iterable[SavedRun],
    reviews: Reviews,
    skipped: Callable[[str], None] | None = None,
    notify: Callable[[str], None] | None = None,
) -> list[Evaluation]:
    """Each run on other reviews, the highest accuracy first: on their test split where they have one, else on all.

    A run that learnt from these very reviews is judged on its own test split only; one that learnt from some of them,
    in whatever file, on the rest.

    Args:
        runs: verified runs.
        reviews: what they are judged on.
        skipped: is told of a run that has learnt from all of them; None: that is an error.
        notify: is told, a line each, which labelled reviews are not judged, and how many stand there more than once.

    Raises:
        ReviewsError: none of the reviews has a label, or a run has learnt from all that have one; or all runs were
            skipped.
    """
    table = reviews.table[reviews.table["label"].notna()]
    if (table["split"] == "test").any():
        labelled, table = len(table), table[table["split"] == "test"]
        if notify and len(table) < labelled:
            notify(
                f"judged on the {len(table):,} reviews of its test split; {labelled - len(table):,} labelled reviews "
                "of other splits are not"
            )
    if table.empty:
        raise ReviewsError(f"expected labelled reviews in {reviews.source}; found none; add a label column")
    examples = Examples([clean(text) for text in table["text"]], table["label"].to_numpy(np.int8))
    if notify and (line := _repeated(examples)):
        notify(line)
    evaluations, reason = [], None
    own: dict[tuple[Any, ...], Splits] = {}  # by how it was split, which most runs share
    for run in runs:
        if run.record.dataset["content_hash"] == reviews.content_hash:
            how = tuple(run.config.split.values())
            if how not in own:
                own[how] = split(reviews, **run.config.split)
            if same_split(run.record.dataset | _UNNAMED, asdict(own[how].dataset) | _UNNAMED):
                evaluations.append(_evaluate(run, own[how].test, "test", run.record.test["accuracy"]))
                if notify and len(own[how].test) < len(examples):
                    notify(
                        f"{run.folder.parent.name}/{run.name} has learnt from these reviews: it is judged on the "
                        f"{len(own[how].test):,} of them that were its own test split"
                    )
                continue
        try:
            evaluations.append(_evaluate_on_new(run, examples, reviews))
        except ReviewsError as error:
            if skipped is None:
                raise
            reason = error
            skipped(f"{run.folder.parent.name}/{run.name} is left out: {error}")
    if not evaluations and reason:
        raise reason
    return sorted(evaluations, key=lambda evaluation: -evaluation.metrics["accuracy"])


def rows(evaluations: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """A flat row for each evaluation, ready for JSON.

    Returns:
        The figures of `sentiment.metrics.measures.measure`, and beside them `balance`, a sentence on how the classes
        are shared out, and `shortcoming`, one on why the accuracy misleads, without its subject; None where it does
        not.
    """
    sentences = shortcomings([evaluation.metrics["confusion"] for evaluation in evaluations], "reviews")
    return [
        {
            "run": evaluation.run,
            "reviews": evaluation.reviews,
            "number": evaluation.metrics["reviews"],
            "left_out": evaluation.left_out,
            "unknown": evaluation.unknown,
            "saved_accuracy": evaluation.saved_accuracy,
            **{key: value for key, value in evaluation.metrics.items() if key != "reviews"},
            "balance": balance(evaluation.metrics["confusion"], _called(evaluation)),
            "shortcoming": shortcoming,
        }
        for evaluation, shortcoming in zip(evaluations, sentences, strict=True)
    ]


def _called(evaluation: Evaluation) -> str:
    return "test reviews" if evaluation.reviews == "test" else f"reviews of {evaluation.reviews}"


def _evaluate_on_new(run: SavedRun, examples: Examples, reviews: Reviews) -> Evaluation:
    """On those that it has not learnt from."""
    new = np.flatnonzero(~known(run.folder, examples.texts))
    if not len(new):
        raise ReviewsError(
            f"expected reviews in {reviews.source} that are new to {run.folder.name}; found that it has learnt from "
            f"all {len(examples):,}; give others"
        )
    asked = Examples([examples.texts[row] for row in new], examples.labels[new])
    return replace(_evaluate(run, asked, reviews.name, None), left_out=len(examples) - len(new))


def _repeated(examples: Examples) -> str:
    """How many texts stand there more than once, all of which are judged; empty where none does."""
    labels: dict[str, set[int]] = {}
    for text, label in zip(examples.texts, examples.labels.tolist(), strict=True):
        labels.setdefault(text, set()).add(label)
    if not (copies := len(examples) - len(labels)):
        return ""
    both = sum(len(some) == 2 for some in labels.values())
    return (
        f"{copies:,} of the {len(examples):,} reviews repeat the text of another"
        + (f", and {both:,} of the texts stand{'s' * (both == 1)} there with both labels" if both else "")
        + "; all of them are judged, and the interval takes them for independent ones"
    )


def _evaluate(run: SavedRun, examples: Examples, reviews: str, saved_accuracy: float | None) -> Evaluation:
    engine = load_engine("keras" if run.has_keras_model else "onnx", run)
    tokenizer = run.tokenizer()
    vocabulary, whole = Vocabulary(tokenizer), tokenizer.token_ids(examples.texts, whole=True)
    scored = engine.start([tokenizer.shorten(token_ids) for token_ids in whole])()
    unknown = sum(
        vocabulary.familiarity(text, token_ids).reason is not None
        for text, token_ids in zip(examples.texts, whole, strict=True)
    )
    name = f"{run.folder.parent.name}/{run.name}"
    return Evaluation(name, reviews, saved_accuracy, measure(examples.labels, scored), unknown=unknown)
