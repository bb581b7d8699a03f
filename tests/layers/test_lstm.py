"""Our LSTM equals Keras', with random weights, inputs, masks and states: outputs, final states and all gradients.

Runs on whichever back end Keras runs on; `test_other_back_ends.py` runs it on the others.
"""

import keras
import numpy as np
import pytest

from helpers.lstm_layers import (
    BATCH,
    GATES,
    INPUT,
    TIME,
    UNITS,
    joined_from_columns,
    some_inputs,
    some_upstream,
    with_random_weights,
)
from sentiment.layers import LSTM, reference

EXACT = 1e-5  # of each tensor's largest magnitude

# 1: a real step; a row per review.
MASKS = {
    "no mask": None,
    "right-padded rows": ["1111111", "1110000", "1111100", "1111110"],
    "holes in the middle": ["1101011", "1000001", "1111111", "1010101"],
    "first step masked": ["0111111", "0011100", "0101010", "1111111"],
    "rows of one token": ["1000000", "0001000", "0000001", "1000000"],
    "a row without a token": ["0000000", "1111111", "1100000", "0000011"],
}
SETTINGS = {
    "whole sequence": {"return_sequences": True},
    "last step only": {},
    "backwards": {"return_sequences": True, "go_backwards": True},
    "unrolled": {"return_sequences": True, "unroll": True},
    "masked outputs zero": {"return_sequences": True, "zero_output_for_mask": True},
    "masked last output zero": {"zero_output_for_mask": True},
    "without bias": {"return_sequences": True, "use_bias": False},
    "other activations": {"activation": "softsign", "recurrent_activation": "hard_sigmoid"},
}
# Every mask in both directions, every other setting with the two masks that ask the most.
CASES = [(mask, setting) for setting in ("whole sequence", "backwards") for mask in MASKS]
CASES += [(mask, setting) for setting in list(SETTINGS)[1:] for mask in ("holes in the middle", "first step masked")]
CASES = list(dict.fromkeys(CASES))


def some_mask(rows):
    return None if rows is None else np.array([[token == "1" for token in row] for row in rows])


def largest_difference(ours, theirs):
    """Of each tensor, as a share of its largest magnitude."""
    assert ours.keys() == theirs.keys()
    return {name: np.abs(ours[name] - theirs[name]).max() / np.abs(theirs[name]).max() for name in ours}


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize(("mask", "setting"), CASES)
def test_the_lstm_equals_keras_lstm(mask, setting, rng, differentiate):
    rows, settings = MASKS[mask], SETTINGS[setting]
    theirs = with_random_weights(keras.layers.LSTM(UNITS, return_state=True, **settings), rng)
    ours = with_random_weights(LSTM(UNITS, return_state=True, **settings), rng)
    ours.set_weights(theirs.get_weights())
    arguments = some_inputs(rng), some_mask(rows), some_upstream(rng, settings)
    difference = largest_difference(differentiate(ours, *arguments), differentiate(theirs, *arguments))
    assert len(difference) == 9 - (not settings.get("use_bias", True))
    assert max(difference.values()) < EXACT, difference


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("rows", MASKS.values(), ids=MASKS)
def test_the_lstm_equals_the_numpy_reference(rows, rng, differentiate):
    layer = with_random_weights(LSTM(UNITS, return_sequences=True, return_state=True), rng)
    inputs, h, c = some_inputs(rng)
    mask = some_mask(rows)
    upstream = some_upstream(rng, {"return_sequences": True})
    if mask is not None:  # before the first real step the back ends differ: zero, or the initial state
        upstream[0] = upstream[0] * np.logical_or.accumulate(mask, axis=1)[..., None]

    ours = differentiate(layer, [inputs, h, c], mask, upstream)
    weights = reference.Weights(*layer.get_weights())
    steps = reference.sequence(weights, inputs, (h, c), mask)
    gradients = reference.sequence_gradients(weights, inputs, upstream[0], (upstream[1], upstream[2]), (h, c), mask)
    seen = upstream[0] != 0
    ours["outputs"] = ours["outputs"] * seen
    expected = [steps.hidden * seen, steps.hidden[:, -1], steps.cell[:, -1], *gradients]
    difference = largest_difference(ours, dict(zip(ours, expected, strict=True)))
    assert max(difference.values()) < EXACT, difference


def test_the_lstm_gives_the_hidden_and_cell_state_of_a_cell_with_one_matrix_per_gate(rng):
    w = {gate: rng.normal(size=(UNITS, INPUT + UNITS)) for gate in GATES}
    b = {gate: rng.normal(size=(UNITS, 1)) for gate in GATES}
    weights = joined_from_columns(w, b)
    inputs, h, c = some_inputs(rng)
    layer = LSTM(UNITS, return_state=True)
    layer.build(inputs.shape)
    layer.set_weights([weights.kernel, weights.recurrent_kernel, weights.bias])
    _, hidden, cell = layer(inputs[:, :1], initial_state=[h, c])
    expected = reference.step(weights, inputs[:, 0], h, c)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(hidden), expected.hidden, atol=1e-6)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(cell), expected.cell, atol=2e-6)


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("rows", [MASKS["no mask"], MASKS["holes in the middle"]], ids=["no mask", "holes"])
def test_mixed_bfloat16_differs_by_no_more_than_bfloat16_rounds(rows, rng, differentiate):
    """Errors, as a share of each float32 tensor's largest magnitude: at most 2^-5, on average 2^-7.

    bfloat16 has 8 significant bits, so weights, inputs, hidden states and products are each off by up to 2^-8. The sum
    behind a gate has a few such terms of size one with random signs: about 2^-7. A sigmoid passes on at most a quarter
    of that, tanh all of it; the cell adds up the two to four steps that a forget gate of 1/2 to 3/4 remembers. The
    backward pass repeats this, averaged over more terms.
    """
    arguments = some_inputs(rng), some_mask(rows), some_upstream(rng, {"return_sequences": True})
    settings = {"return_sequences": True, "return_state": True}
    exact = with_random_weights(keras.layers.LSTM(UNITS, **settings), rng)
    ours = with_random_weights(LSTM(UNITS, dtype="mixed_bfloat16", **settings), rng)
    theirs = with_random_weights(keras.layers.LSTM(UNITS, dtype="mixed_bfloat16", **settings), rng)
    for layer in (ours, theirs):
        layer.set_weights(exact.get_weights())
    exact, ours, theirs = (differentiate(layer, *arguments) for layer in (exact, ours, theirs))

    assert max(largest_difference(ours, exact).values()) > EXACT  # or this compares float32 with itself
    for name, difference in largest_difference(ours, exact).items():
        assert difference < 2**-5, name
        assert np.abs(ours[name] - exact[name]).mean() < 2**-7 * np.abs(exact[name]).max(), name

    def error(results):
        return np.mean([np.abs(results[name] - exact[name]).mean() / np.abs(exact[name]).max() for name in exact])

    assert error(ours) < error(theirs)  # states in float32 are worth it


@pytest.mark.parametrize(
    "rates",
    [
        {"dropout": 0.4},
        {"recurrent_dropout": 0.4},
        {"dropout": 0.4, "recurrent_dropout": 0.3},
        {"dropout": 0.4, "implementation": 1},
    ],
    ids=str,
)
@pytest.mark.usefixtures("path")
def test_the_same_seed_drops_the_same_features_as_keras(rates, rng):
    inputs, *states = some_inputs(rng)
    mask = keras.ops.convert_to_tensor(some_mask(MASKS["holes in the middle"]))
    # Without use_cudnn=False, Keras 3.15.1 fails on a mask per gate.
    theirs = keras.layers.LSTM(UNITS, return_sequences=True, seed=11, use_cudnn=False, **rates)
    theirs = with_random_weights(theirs, rng)
    ours = with_random_weights(LSTM(UNITS, return_sequences=True, seed=11, **rates), rng)
    ours.set_weights(theirs.get_weights())

    def run(layer, training):
        return keras.ops.convert_to_numpy(layer(inputs, initial_state=states, mask=mask, training=training))

    for _ in range(2):  # the second call has other masks than the first
        np.testing.assert_allclose(run(ours, True), run(theirs, True), atol=1e-5)
    assert np.abs(run(ours, True) - run(ours, False)).max() > 0.01
    np.testing.assert_allclose(run(ours, False), run(theirs, False), atol=1e-5)


def test_the_same_global_seed_gives_the_same_initial_weights_as_keras():
    drawn = []
    for kind in (LSTM, keras.layers.LSTM):
        keras.utils.set_random_seed(5)
        layer = kind(UNITS)
        layer.build((BATCH, TIME, INPUT))
        drawn.append(layer.get_weights())
    for ours, theirs in zip(*drawn, strict=True):
        np.testing.assert_array_equal(ours, theirs)
