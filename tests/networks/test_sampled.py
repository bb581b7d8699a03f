"""The compiled loss equals the one of Keras' operations, with its gradients and with every back end of products."""

import numpy as np
import pytest
import tensorflow as tf

from sentiment.layers import portable
from sentiment.layers.fast import selection
from sentiment.layers.fast.kernel.products.matrices import Backend
from sentiment.layers.fast.selection import VARIABLE
from sentiment.networks.sampled.kernel import CHUNK
from sentiment.networks.sampled.logits import Logits
from sentiment.networks.sampled.loss import choose, mean_loss
from sentiment.networks.sampled.on_cpu import loss_and_gradients
from sentiment.text.tokenizer import PADDING_ID

BACKENDS = [*selection.backends("float32"), *(set(selection.backends("bfloat16")) - set(selection.backends("float32")))]
ERROR = {np.float32: 1e-5, np.uint16: 0.02}  # of a gradient, as a share of its norm


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name.lower())
def backend(request) -> Backend:
    return request.param


def draw(rng, *shape, scale=0.5):
    return rng.normal(size=shape, scale=scale).astype(np.float32)


def some_inputs(rng, tokens=70, units=12, features=7, size=9, scale=0.5):
    """What logits are computed from, right words, some of them padding, and a sample with words that repeat."""
    inputs = Logits(
        draw(rng, tokens, units), draw(rng, units, features, scale=scale), draw(rng, features),
        draw(rng, tokens, features, scale=scale), draw(rng, tokens),
        draw(rng, size, features, scale=scale), draw(rng, size),
    )  # fmt: skip
    following = rng.integers(1, 12, tokens).astype(np.int32)
    following[::5] = PADDING_ID
    return inputs, following, rng.integers(1, 12, size).astype(np.int32)


def portable_loss_and_gradients(inputs, following, sample):
    tensors = Logits(*map(tf.constant, inputs))
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        loss = mean_loss(None, tensors, tf.constant(following), tf.constant(sample))
    return float(loss), Logits(*(tf.convert_to_tensor(value).numpy() for value in tape.gradient(loss, list(tensors))))


def assert_equal(backend, compiled, expected):
    error = ERROR[backend.dtype]
    assert float(compiled[0]) == pytest.approx(expected[0], rel=error, abs=1e-6)
    for name, ours, theirs in zip(Logits._fields, compiled[1], expected[1], strict=True):
        assert ours.shape == theirs.shape
        assert np.linalg.norm(ours - theirs) <= error * np.linalg.norm(theirs) + 1e-7, name


@pytest.mark.parametrize(
    "sizes",
    [(), (1, 1, 1, 1), (2, 3, 5, 40), (CHUNK + 14, 33, 32, 64), (3 * CHUNK, 64, 40, 100)],
)
def test_loss_and_gradients_are_those_of_keras_operations(backend, sizes):
    arrays = some_inputs(np.random.default_rng(1), *sizes)
    assert_equal(backend, loss_and_gradients(backend, *arrays), portable_loss_and_gradients(*arrays))


def test_a_single_token_that_no_padding_precedes_counts(backend):
    inputs, _, sample = some_inputs(np.random.default_rng(2), tokens=1)
    arrays = inputs, np.array([4], np.int32), sample
    expected = portable_loss_and_gradients(*arrays)
    assert expected[0] > 0.1
    assert_equal(backend, loss_and_gradients(backend, *arrays), expected)


def test_logits_far_from_zero_overflow_nowhere(backend):
    inputs, following, sample = some_inputs(np.random.default_rng(3), units=32, features=32, scale=8)
    loss, gradients = loss_and_gradients(backend, inputs, following, sample)
    expected, _ = portable_loss_and_gradients(inputs, following, sample)
    assert expected > 100
    assert float(loss) == pytest.approx(expected, rel=ERROR[backend.dtype])
    assert all(np.isfinite(value).all() for value in gradients)


def test_a_sample_of_right_words_alone_leaves_nothing_to_lose(backend):
    inputs, following, sample = some_inputs(np.random.default_rng(4))
    following[following != PADDING_ID] = 3
    sample[:] = 3
    loss, gradients = loss_and_gradients(backend, inputs, following, sample)
    assert float(loss) == pytest.approx(0, abs=1e-6)
    for value in gradients:
        np.testing.assert_allclose(value, 0, atol=1e-6)


def test_tokens_that_no_word_follows_have_no_gradient_and_change_no_other(backend):
    inputs, following, sample = some_inputs(np.random.default_rng(5))
    loss, gradients = loss_and_gradients(backend, inputs, following, sample)
    inputs.states[following == PADDING_ID] = 1e30
    again, same = loss_and_gradients(backend, inputs, following, sample)
    assert again == loss
    for ours, others in zip(same, gradients, strict=True):
        np.testing.assert_array_equal(ours, others)
    for value in (gradients.states, gradients.right_vectors, gradients.right_bias):
        assert not value[following == PADDING_ID].any()


def test_a_batch_without_a_following_word_has_no_loss_and_no_gradient(backend):
    inputs, following, sample = some_inputs(np.random.default_rng(6))
    loss, gradients = loss_and_gradients(backend, inputs, np.full_like(following, PADDING_ID), sample)
    assert loss == 0
    assert not any(value.any() for value in gradients)


@pytest.mark.parametrize("value", [np.nan, -np.nan, np.inf, -np.inf])
def test_a_state_that_is_no_number_makes_the_loss_no_number(backend, value):
    inputs, following, sample = some_inputs(np.random.default_rng(7))
    inputs.states[1] = value
    assert not np.isfinite(loss_and_gradients(backend, inputs, following, sample)[0])


def test_the_same_batch_gives_the_same_bits_again(backend):
    arrays = some_inputs(np.random.default_rng(8), tokens=500)
    first, second = (loss_and_gradients(backend, *arrays) for _ in range(2))
    for ours, again in zip((first[0], *first[1]), (second[0], *second[1]), strict=True):
        np.testing.assert_array_equal(ours, again)


@pytest.mark.parametrize("graph", [False, True])
def test_tensorflow_differentiates_through_the_compiled_loss(graph):
    inputs, following, sample = some_inputs(np.random.default_rng(9))
    tensors = [tf.constant(value) for value in inputs]

    def step(*tensors):
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            tripled = 3 * mean_loss(Backend.VECTORS, Logits(*tensors), tf.constant(following), tf.constant(sample))
        return tripled, tape.gradient(tripled, tensors)

    loss, gradients = (tf.function(step) if graph else step)(*tensors)
    expected, theirs = portable_loss_and_gradients(inputs, following, sample)
    assert float(loss) == pytest.approx(3 * expected, rel=1e-5)
    for ours, other in zip(gradients, theirs, strict=True):
        np.testing.assert_allclose(ours, 3 * other, atol=1e-5)


def test_the_loss_takes_the_path_of_the_lstm(monkeypatch):
    monkeypatch.setenv(VARIABLE, "fast")
    assert choose(None, 8, 16, "float32") == Backend.VECTORS
    assert choose(None, 8, 16, "bfloat16") == selection.backends("bfloat16")[0]
    with portable():
        assert choose(None, 8, 16, "float32") is None
    monkeypatch.setenv(VARIABLE, "keras")
    assert choose(None, 8, 16, "float32") is None
