"""What an adapted run is compared with: the run as it is, a linear model and the most frequent class."""

from collections.abc import Callable

import numpy as np

from sentiment.config import Classes
from sentiment.data.dataset import Examples, Splits
from sentiment.inference.engines import OnnxEngine
from sentiment.metrics.class_probabilities import probabilities_of
from sentiment.metrics.measures import SIGNIFICANT, holm, mcnemar, p_text
from sentiment.metrics.verdicts import as_saved, of_all_classes, predicted_classes
from sentiment.runs.saved_run import ONNX, SavedRun, qualified_name
from sentiment.teaching.linear_head import as_network, cross_validated
from sentiment.training.baselines import tfidf_features

LINEAR, MAJORITY = "TF-IDF + logistic regression", "the most frequent class"
LAST_LAYER = "with a new last layer alone"
DEEP_FROM = 1_000  # labels from which fine-tuning is the better choice on average, see models/benchmark/adapt.md
LINEAR_STRENGTHS = (0.1, 1.0, 10.0, 100.0)
_LEAST = 1e-6  # probability of a class, so that they can be divided


def tfidf_model(learnt: Examples, classes: Classes) -> Callable[[list[str]], np.ndarray]:
    """The linear model that an adapted run is compared with: a function of texts to probabilities, as they are saved.

    Raises:
        ReviewsError: no two reviews share a word.
    """
    features, encode = tfidf_features(learnt.texts)
    unordered = Classes(classes.names)
    model = cross_validated(features, learnt.labels, unordered, LINEAR_STRENGTHS)
    return lambda texts: probabilities_of(as_network(model.logits(encode(texts)), unordered), unordered)


def verdict(name: str, on_test: np.ndarray, others: dict[str, np.ndarray], labels: np.ndarray) -> str:
    """Which classifier is the most accurate on the test reviews, and whether the next one differs by more than chance.

    Args:
        name: of the adapted run.
        on_test: its probabilities, as they are saved.
        others: those of the others, by name.
        labels: int[n].
    """
    probabilities = {name: on_test, **others}
    right = {key: float(np.mean(predicted_classes(values) == labels)) for key, values in probabilities.items()}
    best = max(right, key=lambda key: (right[key], key == name))
    rival = max((key for key in others), key=lambda key: right[key]) if best == name else name
    tests = {key: mcnemar(labels, on_test, values)["p_value"] for key, values in others.items()}
    adjusted = dict(zip(tests, holm(list(tests.values())), strict=True))
    p_value = adjusted[rival if best == name else best]
    first = f"{best} gets {right[best]:.2%} of the {len(labels):,} test reviews right, {rival} {right[rival]:.2%}"
    if right[best] == right[rival]:
        return f"{first}: no difference."
    if p_value < SIGNIFICANT:
        return f"{first}: more than chance (McNemar, adjusted p {p_text(p_value)})."
    return f"{first}: chance alone could explain the difference (McNemar, adjusted p {p_text(p_value)})."


def advice(name: str, on_test: np.ndarray, others: dict[str, np.ndarray], labels: np.ndarray, learnt: int) -> str:
    """What to try next, after the figures of `sentiment adapt`; empty where nothing suggests itself.

    Args:
        name: of the adapted run.
        on_test: its probabilities of the test reviews, as they are saved.
        others: those of the others, by name.
        labels: int[n] of the test reviews.
        learnt: number of reviews that it learnt from.
    """
    linear = others[LINEAR]
    ahead = float(np.mean(predicted_classes(linear) == labels) - np.mean(predicted_classes(on_test) == labels))
    if ahead > 0 and mcnemar(labels, on_test, linear)["p_value"] < SIGNIFICANT:
        return (
            f"{LINEAR} is ahead of {name} by more than chance: the labels ask for something else than the network has "
            "learnt. Train networks and linear models of your own, and compare: sentiment train"
        )
    if learnt >= DEEP_FROM and LAST_LAYER not in others:
        return f"With {DEEP_FROM:,} labels or more, training all weights is worth a try: add --deep"
    return ""


def as_it_is(source: SavedRun, classes: Classes, token_ids: list[np.ndarray]) -> np.ndarray | None:
    """What a run says of reviews without being adapted, as it is saved; None where it lacks one of the classes.

    If it has further classes, such as neutral beside negative and positive, their probability is divided among those
    that the reviews have.
    """
    names = source.config.classes.names
    if not set(classes.names) <= set(names):
        return None
    by_class = of_all_classes(OnnxEngine(source.folder / ONNX).start(token_ids)())
    of_these = by_class[:, [names.index(name) for name in classes.names]]
    if len(classes) < len(names):
        of_these = (of_these + _LEAST) / (of_these + _LEAST).sum(axis=1, keepdims=True)
    return as_saved(of_these)


def rivals_of(source: SavedRun, splits: Splits, learnt: Examples, token_ids: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Probabilities of the test reviews by what an adapted run is compared with."""
    classes = splits.classes
    shares = np.bincount(learnt.labels, minlength=len(classes)) / len(learnt)
    unadapted = as_it_is(source, classes, token_ids)
    return {
        **({} if unadapted is None else {f"{qualified_name(source.folder)} as it is": unadapted}),
        LINEAR: tfidf_model(learnt, classes)(splits.test.texts),
        MAJORITY: as_saved(np.tile(shares, (len(splits.test), 1))),
    }
