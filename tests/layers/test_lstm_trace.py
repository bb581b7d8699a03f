"""What the layer shows of itself: every gate and state at every token, equal to the reference."""

import keras
import numpy as np
import pytest

from sentiment.layers import LSTM, reference


@pytest.fixture
def sequences(rng):
    return rng.normal(size=(3, 6, 4)).astype("float32")


def traced(layer, *args, **kwargs):
    return reference.Step(*(keras.ops.convert_to_numpy(values) for values in layer.trace(*args, **kwargs)))


def layer_and_weights(rng, **settings):
    layer = LSTM(5, return_sequences=True, **settings)
    layer.build((None, None, 4))
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    return layer, reference.Weights(*layer.get_weights())


def assert_equal(ours, expected, atol=1e-5):
    for name, mine, other in zip(ours._fields, ours, expected, strict=True):
        assert mine.dtype == "float32"
        np.testing.assert_allclose(mine, other, atol=atol, err_msg=name)


def test_the_trace_equals_that_of_the_reference(rng, sequences):
    layer, weights = layer_and_weights(rng)
    assert_equal(traced(layer, sequences), reference.sequence(weights, sequences))


def test_the_trace_uses_the_mask_and_the_initial_state(rng, sequences):
    layer, weights = layer_and_weights(rng)
    initial = tuple(rng.normal(size=(3, 5)).astype("float32") for _ in range(2))
    mask = np.array([[0, 1, 1, 0, 1, 1], [1, 0, 0, 1, 0, 0], [1, 1, 1, 1, 1, 1]], bool)
    expected = reference.sequence(weights, sequences, initial, mask)
    assert_equal(traced(layer, sequences, initial_state=list(initial), mask=mask), expected)


def test_the_trace_of_a_layer_that_reads_backwards_is_in_the_order_of_the_tokens(rng, sequences):
    layer, weights = layer_and_weights(rng, go_backwards=True)
    expected = reference.sequence(weights, sequences[:, ::-1])
    ours = traced(layer, sequences)
    assert_equal(ours, [values[:, ::-1] for values in expected])
    outputs = keras.ops.convert_to_numpy(layer(sequences))  # Keras' order: the last token comes first
    np.testing.assert_allclose(outputs[:, ::-1], ours.hidden, atol=1e-6)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_the_trace_shows_the_hidden_states_that_a_call_gives(rng, sequences, policy):
    layer, _ = layer_and_weights(rng, dtype=policy, dropout=0.5)
    outputs = keras.ops.convert_to_numpy(keras.ops.cast(layer(sequences), "float32"))
    tolerance = 1e-6 if policy == "float32" else 2**-7  # the trace rounds each hidden state, a call only the last
    np.testing.assert_allclose(traced(layer, sequences).hidden, outputs, atol=tolerance)


def test_a_layer_that_was_never_called_can_be_traced(sequences):
    assert traced(LSTM(2), sequences).input_gate.shape == (3, 6, 2)
