"""NaN and infinity come out as in Keras where they are read. Where they are masked, they spoil no gradient."""

import keras
import numpy as np
import pytest

from helpers.lstm_layers import PATHS, pair, some_inputs, some_upstream

MASK = np.array([[token == "1" for token in row] for row in ("1111111", "1111000", "1001111", "1111111")])
READ, UNREAD = (1, 2, 0), (1, 5, 0)  # row, token, feature
SETTINGS = {"return_sequences": True, "return_state": True}


def differing(rng, differentiate, value, place):
    """Our results and those of Keras, for inputs with one value that is not finite."""
    inputs, upstream = some_inputs(rng), some_upstream(rng, SETTINGS)
    inputs[0][place] = value
    return [differentiate(layer, inputs, MASK, upstream) for layer in pair(rng, **SETTINGS)]


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_read_gives_the_same_as_in_keras(value, rng, differentiate):
    ours, theirs = differing(rng, differentiate, value, READ)
    masked = np.broadcast_to(~MASK[..., None], ours["d inputs"].shape)
    for results in (ours, theirs):
        # At masked tokens Keras multiplies the zero of the mask by NaN.
        results["d inputs"] = np.where(masked, 0, results["d inputs"])
    for name, expected in theirs.items():
        np.testing.assert_array_equal(np.isnan(ours[name]), np.isnan(expected), err_msg=name)
        np.testing.assert_allclose(ours[name], expected, atol=1e-4, err_msg=name)
    rows = np.isnan(ours["outputs"]).any(axis=(1, 2))
    assert rows.tolist() == [False, bool(np.isnan(value)), False, False]  # the other rows of the batch are untouched


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_masked_value_changes_no_output(value, rng, differentiate):
    ours, theirs = differing(rng, differentiate, value, UNREAD)
    for name in ("outputs", "hidden", "cell"):
        assert np.isfinite(ours[name]).all()
        np.testing.assert_allclose(ours[name], theirs[name], atol=1e-5, err_msg=name)


@pytest.mark.skipif(
    "fast" not in PATHS, reason="Keras' loop multiplies the zero of the mask by NaN, as in Keras' layer"
)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_on_the_fast_path_a_masked_value_spoils_no_gradient(value, rng, differentiate):
    inputs, upstream = some_inputs(rng), some_upstream(rng, SETTINGS)
    layer, _ = pair(rng, **SETTINGS)
    expected = differentiate(layer, inputs, MASK, upstream)
    inputs[0][UNREAD] = value
    for name, result in differentiate(layer, inputs, MASK, upstream).items():
        np.testing.assert_array_equal(result, expected[name], err_msg=name)


@pytest.mark.usefixtures("path")
def test_an_infinite_state_gives_the_same_as_in_keras(rng):
    ours, theirs = pair(rng, **SETTINGS)
    inputs, hidden, cell = some_inputs(rng)
    cell[2, 1], hidden[3, 0] = np.inf, np.nan
    for layer_results in zip(*(layer(inputs, initial_state=[hidden, cell]) for layer in (ours, theirs)), strict=True):
        mine, other = (keras.ops.convert_to_numpy(value) for value in layer_results)
        np.testing.assert_allclose(mine, other, atol=1e-5)
        assert np.isnan(mine[3]).all()
