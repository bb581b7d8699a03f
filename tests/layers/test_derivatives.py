"""Derivatives beside the first in reverse mode: second ones, and forward mode, equal those of Keras' layer."""

import keras
import numpy as np
import pytest

from helpers.lstm_layers import BATCH, INPUT, PATHS, TIME, numpy, pair
from sentiment.layers import portable

MASK = np.array([[token == "1" for token in row] for row in ("1101011", "0000001", "1111111", "0101010")])
CASES = [
    ({"return_sequences": True}, False),
    ({}, True),
    ({"return_sequences": True, "go_backwards": True, "zero_output_for_mask": True}, True),
]
TENSORFLOW = keras.backend.backend() == "tensorflow"


@pytest.fixture
def sequences(rng):
    return rng.normal(size=(BATCH, TIME, INPUT)).astype("float32")


def by_tensorflow(layer, sequences, training):
    """A loss on the gradients of another, by inputs and weights; and the derivative of outputs along the inputs."""
    import tensorflow as tf

    x, mask = tf.constant(sequences), tf.constant(MASK)

    def call(x):
        return layer(x, mask=mask, training=training)

    def penalty():
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(call(x) ** 2)
            slope = tf.reduce_sum(inner.gradient(loss, x) ** 2)
        return outer.gradient(slope, [x, *(v.value for v in layer.trainable_variables)])

    with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as forward:
        outputs = call(x)
    return [*penalty(), *tf.function(penalty)(), forward.jvp(outputs)]


def by_jax(layer, sequences, training):
    import jax

    state = [v.value for v in layer.non_trainable_variables]

    def call(trained, x):
        return layer.stateless_call(trained, state, x, mask=MASK, training=training)[0]

    def penalty(trained, x):
        slope = jax.grad(lambda x: (call(trained, x) ** 2).sum())(x)
        return (slope**2).sum()

    trained = [v.value for v in layer.trainable_variables]
    by_trained, by_x = jax.jit(jax.grad(penalty, argnums=(0, 1)))(trained, sequences)
    along = (sequences,), (np.ones_like(sequences),)
    _, hessian_product = jax.jvp(jax.grad(lambda x: call(trained, x).sum()), *along)
    _, forward = jax.jvp(lambda x: call(trained, x), *along)
    return [by_x, *by_trained, hessian_product, forward]


def by_torch(layer, sequences, training):
    import torch

    x, mask = torch.tensor(sequences, requires_grad=True), torch.tensor(MASK)

    def call(x):
        return layer(x, mask=mask, training=training)

    (slope,) = torch.autograd.grad((call(x) ** 2).sum(), x, create_graph=True)
    penalty = torch.autograd.grad((slope**2).sum(), [x, *(v.value for v in layer.trainable_variables)])
    _, forward = torch.func.jvp(call, (x.detach(),), (torch.ones_like(x),))
    return [*penalty, forward]


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize(("settings", "training"), CASES, ids=str)
def test_second_derivatives_and_forward_mode_equal_keras(settings, training, rng, sequences):
    ours, theirs = pair(rng, **settings)
    derivatives = {"tensorflow": by_tensorflow, "jax": by_jax, "torch": by_torch}[keras.backend.backend()]
    results = derivatives(ours, sequences, training), derivatives(theirs, sequences, training)
    for mine, other in zip(*results, strict=True):
        mine, other = numpy(mine), numpy(other)
        assert np.abs(other).max() > 1e-3  # or both could be missing
        np.testing.assert_allclose(mine, other, atol=1e-5 * np.abs(other).max())


@pytest.mark.skipif("fast" not in PATHS or not TENSORFLOW, reason="the fast path in a graph of TensorFlow")
def test_forward_mode_of_a_function_with_the_fast_path_is_refused_with_advice(rng, sequences):
    import tensorflow as tf

    ours, theirs = pair(rng)
    x = tf.constant(sequences)

    def forward(layer):
        with tf.autodiff.ForwardAccumulator(x, tf.ones_like(x)) as accumulator:
            outputs = tf.function(layer)(x)
        return accumulator.jvp(outputs)

    with pytest.raises(NotImplementedError, match=r"sentiment\.layers\.portable\(\)"):
        forward(ours)
    with portable():
        np.testing.assert_allclose(forward(ours), forward(theirs), atol=1e-5)
