"""Where the fast path is used, and that it can be switched off."""

import keras
import numpy as np
import pytest

from sentiment.layers import LSTM, portable
from sentiment.layers.fast import path as fast_path
from sentiment.layers.fast.bridges import in_tensorflow

pytestmark = pytest.mark.skipif(not fast_path.is_available(), reason="the fast path is TensorFlow's, on a CPU")


@pytest.fixture
def passes(monkeypatch):
    """The forward passes on the fast path."""
    count = []
    forward = in_tensorflow.forward

    def counted(*arguments):
        count.append(arguments)
        return forward(*arguments)

    monkeypatch.setattr(in_tensorflow, "forward", counted)
    return count


def batch(rows=6, time=5, features=3):
    return np.random.default_rng(0).normal(size=(rows, time, features)).astype("float32")


def test_a_plain_layer_takes_the_fast_path(passes):
    LSTM(4)(batch())
    assert len(passes) == 1


@pytest.mark.parametrize(
    "unusual",
    [{"activation": "relu"}, {"recurrent_activation": "hard_sigmoid"}, {"unroll": True}, {"recurrent_dropout": 0.5}],
    ids=str,
)
def test_an_unusual_layer_does_not_take_the_fast_path(passes, unusual):
    LSTM(4, **unusual)(batch(), training=True)
    assert not passes


def test_without_numba_a_layer_computes_the_same_in_keras_loop(passes, monkeypatch):
    layer = LSTM(4, return_sequences=True)
    expected = layer(batch())
    monkeypatch.setattr(fast_path, "_HAS_NUMBA", False)
    np.testing.assert_allclose(layer(batch()), expected, atol=1e-6)
    assert len(passes) == 1


def test_where_keras_loop_was_faster_a_layer_takes_it(passes, monkeypatch):
    monkeypatch.setenv("SENTIMENT_LSTM", "keras")
    LSTM(4)(batch())
    assert not passes


def test_within_portable_no_layer_takes_the_fast_path(passes):
    with portable():
        LSTM(4)(batch())
    assert not passes
    assert fast_path.is_available()


def test_a_model_compiled_by_xla_trains_without_the_fast_path(passes):
    model = keras.Sequential([keras.Input((5, 3)), LSTM(4), keras.layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=True)
    assert np.isfinite(model.train_on_batch(batch(), np.ones((6, 1))))
    assert not passes


def test_a_model_trained_on_the_fast_path_equals_the_portable_one(passes):
    def trained():
        keras.utils.set_random_seed(2)
        model = keras.Sequential([keras.Input((None, 3)), LSTM(4, dropout=0.2), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(batch(32), np.linspace(0, 1, 32)[:, None], batch_size=8, epochs=3, shuffle=False, verbose=0)
        return model.get_weights()

    fast = trained()
    assert len(passes) == 12
    with portable():
        slow = trained()
    assert len(passes) == 12
    for ours, theirs in zip(fast, slow, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_two_losses_of_one_forward_pass_both_get_their_gradient():
    import tensorflow as tf

    layer, x = LSTM(4, return_sequences=True), tf.constant(batch())
    layer.build(x.shape)
    kernel = layer.trainable_variables[0].value
    for training in (False, True):
        with tf.GradientTape(persistent=True) as tape:
            outputs = layer(x, training=training)
            first, second = tf.reduce_sum(outputs[:, 0]), tf.reduce_sum(outputs)
        again = [tape.gradient(loss, kernel).numpy() for loss in (second, first, second)]
        np.testing.assert_array_equal(again[0], again[2])
        assert np.abs(again[0] - again[1]).max() > 1e-3
