"""Pooling sees the real tokens only."""

import keras
import numpy as np
import pytest

from sentiment.layers.pooling import MODES, MaskedPooling

STATES = np.array([[[1.0, 5.0], [3.0, 2.0], [9.0, 9.0]]], np.float32)
MASK = np.array([[True, True, False]])


@pytest.mark.parametrize(
    ("mode", "expected"), [("max", [3.0, 5.0]), ("mean", [2.0, 3.5]), ("last", [3.0, 2.0])], ids=MODES
)
def test_each_mode_gives_the_vector_of_the_worked_example(mode, expected):
    pooled = MaskedPooling([mode])(STATES, mask=MASK)
    np.testing.assert_allclose(pooled, [expected])


def test_modes_are_concatenated_in_their_order():
    pooled = MaskedPooling(["last", "max"])(STATES, mask=MASK)
    np.testing.assert_allclose(pooled, [[3.0, 2.0, 3.0, 5.0]])


def test_the_backward_half_of_a_bidirectional_layer_ends_at_the_first_token():
    pooled = MaskedPooling(["last"], bidirectional=True)(STATES, mask=MASK)
    np.testing.assert_allclose(pooled, [[3.0, 5.0]])


def test_a_row_of_negative_states_does_not_take_its_maximum_from_the_padding():
    pooled = MaskedPooling(["max"])(-STATES, mask=MASK)
    np.testing.assert_allclose(pooled, [[-1.0, -2.0]])


def test_the_padding_gets_no_gradient():
    import tensorflow as tf

    states = tf.constant(STATES)
    with tf.GradientTape() as tape:
        tape.watch(states)
        total = tf.reduce_sum(MaskedPooling(MODES)(states, mask=tf.constant(MASK)))
    np.testing.assert_array_equal(tape.gradient(total, states)[:, 2], [[0.0, 0.0]])


def test_pooling_without_a_mask_is_refused():
    with pytest.raises(ValueError, match="expected a mask"):
        MaskedPooling(["max"])(STATES)


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="expected modes"):
        MaskedPooling(["median"])


def test_a_serialised_pooling_layer_is_the_same_layer():
    layer = MaskedPooling(("max", "last"), bidirectional=True)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert copy.modes == ("max", "last")
    assert copy.bidirectional
