"""Adversarial training: the same weights, a harder step, and nothing of it left in what is saved."""

import keras
import numpy as np
import pytest
from trained import good_and_bad

from app.adversarial import adversarial
from app.architectures import build
from app.config import Config
from app.errors import ConfigError
from app.padding import pad
from app.tokenizer import ReviewTokenizer

SIZES = {"units": 8, "embedding_size": 8, "embedding_dropout": 0.0, "head_dropout": 0.0}


@pytest.fixture
def batch():
    examples = good_and_bad(32)
    config = Config().tokenizer
    token_ids = ReviewTokenizer.fit(examples.texts, config).token_ids(examples.texts)
    return pad(token_ids), examples.labels.astype(np.float32)[:, None]


def classifier(norm: float, rate: float = 0.02) -> tuple[keras.Model, keras.Model]:
    model = build(Config().replace(**SIZES).model, 200, seed=1)
    taught = adversarial(model, norm) if norm else model
    taught.compile(keras.optimizers.SGD(rate), keras.losses.BinaryCrossentropy(from_logits=True))
    return model, taught


def test_a_tiny_move_trains_as_no_move_does(batch):
    (plain, fit_plainly), (model, taught) = classifier(0.0), classifier(1e-6)
    for _ in range(3):
        fit_plainly.train_on_batch(*batch)
        taught.train_on_batch(*batch)
    for ours, expected in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_a_real_move_trains_otherwise_and_still_learns(batch):
    (plain, fit_plainly), (model, taught) = classifier(0.0, 0.5), classifier(0.3, 0.5)
    first = taught.evaluate(*batch, verbose=0)
    for _ in range(150):
        fit_plainly.train_on_batch(*batch)
        taught.train_on_batch(*batch)
    assert taught.evaluate(*batch, verbose=0) < first / 2
    assert any(np.abs(a - b).max() > 1e-3 for a, b in zip(model.get_weights(), plain.get_weights(), strict=True))


def test_the_classifier_that_is_saved_has_no_trace_of_it(batch):
    model, taught = classifier(0.3)
    taught.train_on_batch(*batch)
    assert "perturbation" not in [layer.name for layer in model.layers]
    np.testing.assert_allclose(model.predict_on_batch(batch[0]), taught.predict_on_batch(batch[0]), atol=1e-6)


def test_other_back_ends_are_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ConfigError, match="expected Keras on TensorFlow"):
        adversarial(build(Config().replace(**SIZES).model, 200, seed=1), 0.3)
