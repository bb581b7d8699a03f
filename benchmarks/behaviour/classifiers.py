"""Whatever is tested, behind one function: texts in, answers out."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.behaviour.word_list import word_balance
from sentiment.config import Classes
from sentiment.config.classes import NEGATIVE, NEUTRAL, POLARITY, POSITIVE
from sentiment.data.reviews import Reviews
from sentiment.data.splits import split
from sentiment.errors import ConfigError
from sentiment.inference.prediction import UNCERTAIN
from sentiment.inference.predictor import Predictor
from sentiment.metrics.verdicts import THRESHOLD
from sentiment.text.cleaning import clean


@dataclass(frozen=True)
class Answer:
    """A verdict, and how positive it is."""

    label: str  # negative, neutral, positive, or uncertain
    positivity: float  # from 0 to 1; of two classes, the probability of positive


@dataclass(frozen=True)
class Classifier:
    """What is tested."""

    name: str  # in results.json
    title: str  # in tables
    has_neutral: bool  # whether it can answer "neutral"
    answer: Callable[[Sequence[str]], list[Answer]]


def saved_run(predictor: Predictor, name: str) -> Classifier:
    """A saved run, through the predictor that answers everywhere else.

    Raises:
        ConfigError: its classes do not say how positive a text is.
    """
    classes = predictor.classes
    degrees = positivity_of_classes(classes)
    names = {label: degree_label(degree) for label, degree in degrees.items()} | {UNCERTAIN: UNCERTAIN}

    def answer(texts: Sequence[str]) -> list[Answer]:
        return [
            Answer(
                names[prediction.label or UNCERTAIN],
                sum(share * degrees[label] for label, share in prediction.probabilities.items()),
            )
            for prediction in predictor.predict(texts)
        ]

    return Classifier(name, f"`{name.rpartition('/')[2]}`", NEUTRAL in names.values(), answer)


def positivity_of_classes(classes: Classes) -> dict[str, float]:
    """How positive each class is, from 0 to 1: negative and positive, with or without neutral; or grades.

    Raises:
        ConfigError: they are other classes.
    """
    named: Mapping[str, float] = {NEGATIVE: 0.0, NEUTRAL: 0.5, POSITIVE: 1.0}
    if classes.is_graded:
        return {name: place / (len(classes) - 1) for place, name in enumerate(classes.names)}
    if set(classes.names) <= set(named):
        return {name: named[name] for name in classes.names}
    raise ConfigError(
        f"expected a run that says how positive a text is, by the classes negative, neutral and positive or by grades; "
        f"found the classes {classes.listed()}; test another run"
    )


def degree_label(degree: float) -> str:
    """The class of a grade: 1 and 2 of 5 stars are negative, 3 is neutral, 4 and 5 are positive."""
    return NEGATIVE if degree < 0.4 else POSITIVE if degree > 0.6 else NEUTRAL


def word_list() -> Classifier:
    """The count of words of praise and blame."""

    def answer(texts: Sequence[str]) -> list[Answer]:
        balances = [word_balance(text) for text in texts]
        return [
            Answer(NEUTRAL if not balance else POSITIVE if balance > 0 else NEGATIVE, 1 / (1 + math.exp(-balance)))
            for balance in balances
        ]

    return Classifier("word-list", "Word list", has_neutral=True, answer=answer)


def linear_model(reviews: Reviews) -> Classifier:
    """TF-IDF of words and pairs of words with logistic regression, fitted here to the training reviews.

    Raises:
        ConfigError: the reviews are not negative and positive.
        ReviewsError: they cannot be split, or share no words.
    """
    from sentiment.config import Config
    from sentiment.training.baselines import fit_baseline  # scikit-learn

    if reviews.classes != POLARITY:
        raise ConfigError(
            f"expected negative and positive reviews for the linear model; found the classes "
            f"{reviews.classes.listed()} in {reviews.source}; name others with --data"
        )
    fitted = fit_baseline("tfidf-logistic", split(reviews, **Config().split))

    def answer(texts: Sequence[str]) -> list[Answer]:
        probabilities = fitted.predict([clean(text) for text in texts])
        return [Answer(POSITIVE if p >= THRESHOLD else NEGATIVE, float(p)) for p in probabilities]

    return Classifier("tfidf-logistic", "TF-IDF + logistic", has_neutral=False, answer=answer)
