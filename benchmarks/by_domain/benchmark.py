"""How right classifiers are in each domain, written to a folder:

- by_domain.json    figures of every classifier in every domain
- by_domain.md      the table

The texts to learn from are those of the everyday model, so that the linear model has learnt what the network has. They
are measured on the test split. Texts that may not be given on with a model are nobody's to learn from; all of their
test and validation split is measured.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.by_domain.report import markdown
from benchmarks.results import Note, Written, provenance
from sentiment.config import NEGATIVE, POLARITY, POSITIVE
from sentiment.everyday.corpus import CLASSES, FILMS, STARS, Corpus, Graded
from sentiment.everyday.linear import fit_linear
from sentiment.inference.predictor import Predictor
from sentiment.metrics.measures import wilson
from sentiment.runs.saved_run import qualified_name
from sentiment.support.storage import write_text

LINEAR = "linear"
FIGURES, TABLES = "by_domain.json", "by_domain.md"
_FEWEST = 50  # texts of a domain
_NEGATIVE, _NEUTRAL, _POSITIVE = range(3)


@dataclass(frozen=True)
class Answers:
    """What a classifier says of n texts."""

    negative: np.ndarray  # float[n], its probability
    positive: np.ndarray
    classes: np.ndarray | None  # int[n], the most probable class of `CLASSES`; None: it knows no neutral texts
    stars: np.ndarray | None  # float[n], from 1 to 5


Classifier = Callable[[list[str]], Answers]


def benchmark_domains(folder: Path, corpus: Corpus, predictors: Sequence[Predictor], note: Note) -> Written:
    """Measures all, and writes both files.

    Args:
        folder: where they go.
        corpus: with the texts.
        predictors: of saved runs that tell negative and positive apart.
        note: gets a line about what is being done.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    classifiers: dict[str, Classifier] = {
        qualified_name(predictor.run.folder): _saved_run(predictor) for predictor in predictors
    }
    note(f"fitting the linear model to {len(corpus.train):,} texts")
    linear = fit_linear(corpus.train)
    classifiers[LINEAR] = lambda texts: _of_grades(linear(texts))
    sets = _sets(corpus)
    texts = [text for _, graded in sets for text in graded.texts]
    ends = np.cumsum([len(graded) for _, graded in sets])[:-1]
    rows: list[dict[str, Any]] = [
        {"domain": name, "learnt": name not in set(corpus.other.sources), "texts": len(graded), "classifiers": {}}
        for name, graded in sets
    ]
    for name, classifier in classifiers.items():
        note(f"{name} judges {len(texts):,} texts")
        answers = classifier(texts)
        for row, (_, graded), places in zip(rows, sets, np.split(np.arange(len(texts)), ends), strict=True):
            row["classifiers"][name] = _measured(graded, answers, places)
    results = provenance() | {"classifiers": list(classifiers), "trained_on": len(corpus.train), "domains": rows}
    paths = folder / FIGURES, folder / TABLES
    write_text(paths[0], json.dumps(results, indent=1) + "\n")
    write_text(paths[1], markdown(results))
    return Written(results, paths)


def _sets(corpus: Corpus) -> list[tuple[str, Graded]]:
    """The test texts by domain, the films of the archive, and the sources that nobody has learnt from."""
    test, other = corpus.test, corpus.other
    reviews = test.at(test.sources != FILMS)
    sets = [(str(name), reviews.at(reviews.domains == name)) for name in np.unique(reviews.domains)]
    sets.append(("whole film reviews", test.at(test.sources == FILMS)))
    sets += [(str(name), other.at(other.sources == name)) for name in np.unique(other.sources)]
    return [(name, graded) for name, graded in sets if len(graded) >= _FEWEST]


def _measured(graded: Graded, answers: Answers, places: np.ndarray) -> dict[str, Any]:
    """Figures of one classifier: of three classes, of the two without neutral ones, and of stars."""
    truth = graded.classes
    polar = truth != _NEUTRAL
    says_positive = answers.positive[places] > answers.negative[places]
    right = int((says_positive[polar] == (truth[polar] == _POSITIVE)).sum())
    figures: dict[str, Any] = {
        "polar_texts": int(polar.sum()),
        "polarity": right / max(1, int(polar.sum())),
        "polarity_ci95": list(wilson(right, int(polar.sum()))) if polar.any() else None,
        "accuracy": None,
        "mean_absolute_error": None,
    }
    if answers.classes is not None and not polar.all():
        figures["accuracy"] = float((answers.classes[places] == truth).mean())
    if answers.stars is not None and graded.has_stars.any():
        distances = np.abs(answers.stars[places] - 1 - graded.lowest)
        figures["mean_absolute_error"] = float(distances[graded.has_stars].mean())
    return figures


def _of_grades(grades: np.ndarray) -> Answers:
    classes = np.add.reduceat(grades, CLASSES.first_grades, axis=1)
    stars = grades @ np.arange(1, STARS + 1)
    return Answers(classes[:, _NEGATIVE], classes[:, _POSITIVE], classes.argmax(axis=1), stars)


def _saved_run(predictor: Predictor) -> Classifier:
    names = predictor.classes.names

    def answer(texts: list[str]) -> Answers:
        predictions = predictor.predict(texts)
        shares = np.array([[each.probabilities.get(name, 0.0) for name in names] for each in predictions])
        stars = [each.stars for each in predictions]
        return Answers(
            shares[:, names.index(NEGATIVE)],
            shares[:, names.index(POSITIVE)],
            None if predictor.classes == POLARITY else shares.argmax(axis=1),
            None if None in stars else np.array(stars, float),
        )

    return answer
