"""Document vectors: steps go down the loss, draws follow weights, and no label draws the n-grams of its own text."""

import numpy as np
import pytest

from sentiment.training.baselines.document_vectors import DocumentVectors, Settings
from sentiment.training.baselines.draws import draw_and_move

SLOPE = 6.0
SMALL = Settings(size=8, passes=4, draws=20, fewest=1)


def loss(text: np.ndarray, ngram: np.ndarray, sign: int) -> float:
    cosine = text @ ngram / np.linalg.norm(text) / np.linalg.norm(ngram)
    return float(np.log1p(np.exp(-sign * SLOPE * cosine)))


def slopes(vector: np.ndarray, of_loss) -> np.ndarray:
    """The numerical gradient."""
    steps = 1e-5 * np.eye(len(vector))
    return np.array([(of_loss(vector + step) - of_loss(vector - step)) / 2e-5 for step in steps])


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_step_goes_down_the_gradient_of_the_loss(sign, fixed):
    random = np.random.default_rng(sign + 1)
    text, ngram, far = (random.standard_normal(6) for _ in range(3))
    texts, vectors = np.float32([text]), np.float32([ngram, far])
    rate, nothing = 1e-3, np.float32(0)
    # One draw and one negative; what is not tested here has no weight or no rate.
    drawn, pushed = (0, 1) if sign == 1 else (1, 0)
    draw_and_move(
        np.array([0]), texts, vectors, np.array([drawn], np.int32), np.array([0, 1]), np.ones(1, np.float32),
        np.array([pushed], np.int32), np.float32(rate), np.float32(rate), np.float32(SLOPE),
        nothing if sign == 1 else np.float32(1), 1, 1, fixed, np.uint64(7),
    )  # fmt: skip
    if sign == 1:
        expected_text = text - rate * slopes(text, lambda t: loss(t, ngram, 1))
        expected_ngram = ngram if fixed else ngram - rate * slopes(ngram, lambda n: loss(text, n, 1))
    else:  # first towards the n-gram that was drawn, then away from the negative
        first = text - rate * slopes(text, lambda t: loss(t, far, 1))
        expected_text = first - rate * slopes(first, lambda t: loss(t, ngram, -1))
        expected_ngram = ngram if fixed else ngram - rate * slopes(ngram, lambda n: loss(first, n, -1))
    np.testing.assert_allclose(texts[0], expected_text, atol=2e-6)
    np.testing.assert_allclose(vectors[0], expected_ngram, atol=2e-6)


def test_ngrams_are_drawn_by_their_weights():
    vectors = np.float32(np.eye(3))
    texts = np.float32([[1, 1, 1]])
    cumulative = np.cumsum(np.float32([0, 9, 1]))  # the first one never, the second one nine times in ten
    draw_and_move(
        np.array([0]), texts, vectors, np.arange(3, dtype=np.int32), np.array([0, 3]), cumulative,
        np.zeros(1, np.int32), np.float32(1e-4), np.float32(1e-4), np.float32(SLOPE), np.float32(0), 0, 2_000, True,
        np.uint64(1),
    )  # fmt: skip
    moved = texts[0] - 1
    # Each draw turns the text by its n-gram, less what all have in common; the first one is that alone.
    assert (moved[1] - moved[0]) / (moved[2] - moved[0]) == pytest.approx(9, rel=0.25)


def test_the_label_of_a_text_does_not_draw_its_own_ngrams(monkeypatch):
    texts = [[word, "film"] for word in ("good", "bad", "fine", "poor", "nice", "dull") * 5]
    labels = np.array([1, 0] * 15)
    drawn: dict[str, list[np.ndarray]] = {}

    def weights_with(name: str, labels: np.ndarray) -> None:
        def keep(self, counts, weights, _seed, **_):
            drawn[name] = list(weights)
            return np.zeros((counts.shape[0], self.settings.size), np.float32)

        monkeypatch.setattr(DocumentVectors, "_train", keep)
        DocumentVectors(texts, labels, settings=SMALL)

    weights_with("true", labels)
    wrong = labels.copy()
    wrong[:: SMALL.folds] = 1 - wrong[:: SMALL.folds]  # those of the first fold
    weights_with("wrong", wrong)
    for place, (once, again) in enumerate(zip(drawn["true"], drawn["wrong"], strict=True)):
        assert np.array_equal(once, again) == (place % SMALL.folds == 0)


def test_new_texts_get_vectors_of_one_length_and_texts_without_a_known_ngram_none():
    texts = [["good", "film"], ["bad", "film"]] * 20
    vectors = DocumentVectors([*texts, ["good", "plot"]], np.array([1, 0] * 20), settings=SMALL)
    known, unknown, empty = vectors.infer([["good"], ["Kuchen"], []])
    assert np.linalg.norm(known) == pytest.approx(SMALL.size**0.5, rel=1e-5)
    assert not unknown.any()
    assert not empty.any()
    assert vectors.labelled.shape == (40, SMALL.size)
    np.testing.assert_array_equal(vectors.infer([["good"]]), vectors.infer([["good"]]))
