"""Adversarial training: the weights of the model itself are trained, and the saved model has no trace of it."""

import keras
import numpy as np
import pytest

from helpers.trained import good_and_bad
from sentiment.config import Config
from sentiment.networks.architectures import ARCHITECTURES, build
from sentiment.text.padding import pad
from sentiment.text.tokenizer import ReviewTokenizer
from sentiment.training.regularisation import regularised

SIZES = {"units": 8, "embedding_size": 8, "embedding_dropout": 0.0, "head_dropout": 0.0}
MOVES = ["adversarial", "virtual_adversarial"]


@pytest.fixture
def batch():
    examples = good_and_bad(32)
    config = Config().tokenizer
    token_ids = ReviewTokenizer.fit(examples.texts, config).token_ids(examples.texts)
    return pad(token_ids), examples.labels.astype(np.float32)[:, None]


def classifier(
    rate: float = 0.02, architecture: str = "custom-lstm", **harder: float
) -> tuple[keras.Model, keras.Model]:
    config = Config().replace(architecture=architecture, **SIZES, **harder)
    model = build(config.model, 200, seed=1)
    learner = regularised(model, config.training)
    learner.compile(keras.optimizers.SGD(rate), keras.losses.BinaryCrossentropy(from_logits=True))
    return model, learner


def values(model: keras.Model) -> list[list]:
    """The values of the trainable and of the other variables."""
    return [[v.value for v in variables] for variables in (model.trainable_variables, model.non_trainable_variables)]


def furthest(model: keras.Model, other: keras.Model) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(model.get_weights(), other.get_weights(), strict=True))


def test_without_regularisation_the_model_itself_is_trained():
    model, learner = classifier()
    assert learner is model


def test_a_tiny_adversarial_step_trains_as_plain_training_does(batch):
    (plain, fit_plainly), (model, learner) = classifier(), classifier(adversarial=1e-6)
    for _ in range(3):
        fit_plainly.train_on_batch(*batch)
        learner.train_on_batch(*batch)
    assert furthest(model, plain) < 1e-5


def test_a_tiny_virtual_adversarial_step_halves_the_plain_step(batch):
    """The divergence of a prediction from itself has no gradient, so the step is half the plain one."""
    (plain, fit_plainly), (model, learner) = classifier(0.02), classifier(0.04, virtual_adversarial=1e-6)
    for _ in range(3):
        fit_plainly.train_on_batch(*batch)
        learner.train_on_batch(*batch)
    assert furthest(model, plain) < 1e-4


@pytest.mark.parametrize("kind", MOVES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_real_adversarial_step_changes_the_weights_and_still_learns(batch, kind, architecture):
    plain, fit_plainly = classifier(0.5, architecture)
    model, learner = classifier(0.5, architecture, **{kind: 1.0})
    first = learner.evaluate(*batch, verbose=0)
    for _ in range(120):
        fit_plainly.train_on_batch(*batch)
        learner.train_on_batch(*batch)
    assert learner.evaluate(*batch, verbose=0) < 0.8 * first
    assert furthest(model, plain) > 1e-3


def test_an_adversarial_step_raises_the_loss_more_than_a_random_one_of_its_length(batch):
    _, learner = classifier(0.5, adversarial=1.0)
    for _ in range(100):
        learner.train_on_batch(*batch)
    moves = []
    layer = learner.get_layer("perturbation")
    original = learner._logits

    def listening(weights, state, token_ids, move, training=True):
        moves.append(move)
        return original(weights, state, token_ids, move, training)

    learner._logits = listening
    learner._step(*values(learner), *(keras.ops.convert_to_tensor(part) for part in batch))
    move = keras.ops.convert_to_numpy(moves[-1])
    random = np.random.default_rng(0).normal(size=move.shape) * (move != 0)
    random *= np.sqrt((move**2).sum((1, 2), keepdims=True) / (random**2).sum((1, 2), keepdims=True))

    def loss(by: np.ndarray) -> float:
        layer.move = keras.ops.convert_to_tensor(by.astype(np.float32))
        logits = learner(batch[0])
        layer.move = None
        return float(learner.compute_loss(y=batch[1], y_pred=logits))

    assert loss(move) > loss(random)
    assert loss(move) > loss(np.zeros_like(move))


def test_the_adversarial_step_grows_with_the_embedding(batch):
    """Steps are measured in standard deviations, as if the embedding were normalised."""
    _, learner = classifier(adversarial=1.0)

    def spread() -> np.ndarray:
        return keras.ops.convert_to_numpy(learner._spread(values(learner)[0], keras.ops.convert_to_tensor(batch[0])))

    before = spread()
    table, embedding = learner.get_layer("embedding").get_weights()[0], learner.get_layer("embedding")
    np.testing.assert_allclose(before, table[batch[0][batch[0] > 0]].std(axis=0), rtol=1e-4)
    embedding.set_weights([10 * table])
    np.testing.assert_allclose(spread(), 10 * before, rtol=1e-4)


def test_the_saved_classifier_has_no_trace_of_the_regularisation(batch):
    model, learner = classifier(adversarial=0.3)
    learner.train_on_batch(*batch)
    assert "perturbation" not in [layer.name for layer in model.layers]
    np.testing.assert_allclose(model.predict_on_batch(batch[0]), learner.predict_on_batch(batch[0]), atol=1e-6)
