"""From which confidence on a stated share of verdicts is right."""

import numpy as np
import pytest

from sentiment.metrics.certainty import DECIDED, certainty, in_words, rounded_up
from sentiment.metrics.verdicts import in_percent


def verdicts(texts: int, accuracy, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities of "positive"; `accuracy` says from a confidence how likely a verdict is right."""
    random = np.random.default_rng(seed)
    confidence = random.uniform(0.5, 1, texts)
    positive = random.integers(0, 2, texts)
    right = random.uniform(size=texts) < accuracy(confidence)
    return np.where(right, positive, 1 - positive), np.where(positive == 1, confidence, 1 - confidence)


def test_a_classifier_is_sure_where_the_share_holds_also_on_new_texts():
    chosen = certainty(*verdicts(4_000, np.sqrt))
    assert chosen is not None
    labels, p = verdicts(100_000, np.sqrt, seed=1)
    sure = np.maximum(p, 1 - p) >= chosen["confidence"]
    assert np.mean((p >= 0.5)[sure] == labels[sure]) >= chosen["share"] == 0.85
    assert sure.mean() == pytest.approx(chosen["decided"], abs=0.02)
    assert chosen["decided"] >= DECIDED


def test_the_promise_is_broken_for_at_most_one_draw_in_twenty_or_so():
    broken = 0
    for seed in range(100):
        chosen = certainty(*verdicts(400, np.sqrt, seed))
        if chosen:
            share = np.mean(np.linspace(chosen["confidence"], 1, 1000) ** 0.5)
            broken += share < chosen["share"]
    assert broken <= 10


def test_a_classifier_that_is_hardly_ever_wrong_promises_the_highest_share():
    chosen = certainty(*verdicts(1_000, np.ones_like))
    assert chosen == {"share": 0.99, "confidence": 0.605, "decided": pytest.approx(0.79, abs=0.04)}


@pytest.mark.parametrize(("texts", "accuracy"), [(1_000, 0.6), (8, 1.0), (1, 1.0)])
def test_a_weak_classifier_and_one_of_few_texts_promise_nothing(texts, accuracy):
    assert certainty(*verdicts(texts, lambda confidence: np.full_like(confidence, accuracy))) is None


def test_of_several_classes_the_most_probable_one_counts():
    labels = np.tile([0, 1, 2], 100)
    p = np.full((300, 3), 0.1025)
    p[np.arange(300), labels] = 0.795
    chosen = certainty(labels, p)
    assert chosen == {"share": 0.98, "confidence": 0.795, "decided": 1.0}
    assert in_words(chosen).startswith("verdicts of 80% or more are sure, of which 98% are right")


@pytest.mark.parametrize("least", [0.4, 0.633878, 0.6349, 0.635, 0.6351, 0.798828, 0.805, 0.989, 0.994, 0.995])
def test_the_verdicts_that_are_sure_are_those_that_are_shown_with_the_percent_that_is_told(least):
    from_here = rounded_up(least)
    assert least <= from_here < least + 0.01
    assert rounded_up(from_here) == from_here
    told = in_words({"share": 0.9, "confidence": least, "decided": 0.8})
    assert f"verdicts of {in_percent(from_here)} or more are sure" in told
    assert in_percent(from_here) != in_percent(from_here - 1e-6)


def test_above_the_highest_percent_that_is_shown_the_confidence_itself_counts():
    assert rounded_up(0.9987) == 0.9987
