"""Masks of every type and shape that Keras takes give what they give there; all others are refused with advice."""

import keras
import numpy as np
import pytest

from helpers.lstm_layers import BATCH, INPUT, PATHS, TIME, UNITS, numpy, pair, some_inputs, some_upstream
from sentiment.layers import LSTM, MaskedPooling

TENSORFLOW = keras.backend.backend() == "tensorflow"
REAL = np.array([[token == "1" for token in row] for row in ("1101011", "1000001", "1111111", "0101010")])
COUNTS = REAL * np.arange(1, TIME + 1)  # not zero at every token to be read, but seldom one

ACCEPTED = {
    **{name: COUNTS.astype(name) for name in ("int8", "uint8", "int32", "int64", "float16", "float32", "float64")},
    "negative": -COUNTS,
    "less than one": COUNTS.astype("float32") / 100,
    "not a number": np.where(REAL, np.nan, 0).astype("float32"),
    "bool[batch, time, 1]": REAL[..., None],
    "float32[batch, time, 1]": COUNTS[..., None].astype("float32"),
    "int32[batch, time, 1]": COUNTS[..., None].astype("int32"),
    "int32[1, time]": COUNTS[:1].astype("int32"),
}
REFUSED = {
    "a size for every feature": REAL[..., None].repeat(UNITS, axis=-1),
    "one step more": np.pad(REAL, [(0, 0), (0, 1)]),
    "one step less": REAL[:, :-1],
    "one step": REAL[:, :1],
    "one row more": np.pad(REAL, [(0, 1), (0, 0)]),
    "one row less": REAL[:-1],
    "a row alone": REAL[0],
    "lists": REAL.tolist(),
    "a single value": True,
}


@pytest.fixture
def sequences(rng):
    return rng.normal(size=(BATCH, TIME, INPUT)).astype("float32")


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize(
    "settings", [{"return_sequences": True, "zero_output_for_mask": True}, {"go_backwards": True}], ids=str
)
@pytest.mark.parametrize("mask", ACCEPTED.values(), ids=ACCEPTED)
def test_with_a_mask_outputs_states_and_gradients_equal_keras(mask, settings, rng, differentiate):
    ours, theirs = pair(rng, return_state=True, **settings)
    inputs, upstream = some_inputs(rng), some_upstream(rng, settings)
    expected = differentiate(theirs, inputs, mask, upstream)
    for name, value in differentiate(ours, inputs, mask, upstream).items():
        np.testing.assert_allclose(value, expected[name], atol=1e-5 * np.abs(expected[name]).max(), err_msg=name)


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("mask", ACCEPTED.values(), ids=ACCEPTED)
def test_a_mask_may_be_a_numpy_array(mask, rng, sequences):
    ours, theirs = pair(rng, return_sequences=True)
    np.testing.assert_allclose(numpy(ours(sequences, mask=mask)), numpy(theirs(sequences, mask=mask)), atol=1e-6)


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("kind", ["int32", "float32", "uint8"])
def test_a_stateful_layer_takes_masks(kind, rng, sequences):
    ours, theirs = pair(rng, stateful=True)
    mask = COUNTS.astype(kind)
    for _ in range(2):
        np.testing.assert_allclose(numpy(ours(sequences, mask=mask)), numpy(theirs(sequences, mask=mask)), atol=1e-6)


class MaskOf(keras.layers.Layer):
    """Gives its inputs a mask that is not zero where their first feature is not."""

    def __init__(self, kind, rank):
        super().__init__()
        self.kind, self.rank, self.supports_masking = kind, rank, True

    def call(self, inputs):
        return inputs

    def compute_mask(self, inputs, _mask=None):
        mask = 2 * keras.ops.cast(keras.ops.not_equal(inputs[..., 0], 0), "int32")
        mask = keras.ops.cast(mask, self.kind)
        return mask[..., None] if self.rank == 3 else mask


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize(("kind", "rank"), [("int32", 2), ("uint8", 2), ("float32", 2), ("int32", 3), ("bool", 3)])
def test_stacked_bidirectional_layers_take_the_mask_of_an_earlier_layer(kind, rank, sequences):
    def model(lstm):
        inputs = keras.Input((None, INPUT))
        both = keras.layers.Bidirectional(lstm(UNITS, return_sequences=True))(MaskOf(kind, rank)(inputs))
        return keras.Model(inputs, lstm(UNITS)(both))

    ours, theirs = model(LSTM), model(keras.layers.LSTM)
    ours.set_weights(theirs.get_weights())
    sequences[..., 0] *= REAL
    expected = numpy(theirs(sequences))
    np.testing.assert_allclose(numpy(ours(sequences)), expected, atol=1e-6)
    np.testing.assert_allclose(ours.predict(sequences, verbose=0), expected, atol=1e-6)


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("mask", REFUSED.values(), ids=REFUSED)
def test_a_mask_that_does_not_fit_the_sequences_is_refused(mask, sequences):
    with pytest.raises(ValueError, match=r"expected a mask of shape \[batch, time\].*; found"):
        LSTM(UNITS)(sequences, mask=mask)
    with pytest.raises(ValueError, match=r"expected a mask of shape \[batch, time\].*; found"):
        LSTM(UNITS).trace(sequences, mask=mask)
    with pytest.raises(ValueError, match=r"expected a mask of shape \[batch, time\].*; found"):
        MaskedPooling(["max"])(sequences, mask=mask)


def test_the_refusal_of_a_mask_says_what_to_do(sequences):
    with pytest.raises(ValueError, match=r"found shape \[4, 7, 6\] for sequences \[4, 7, 5\]; reduce it with .*any"):
        LSTM(UNITS)(sequences, mask=REFUSED["a size for every feature"])
    with pytest.raises(ValueError, match=r"found list .*numpy\.asarray"):
        LSTM(UNITS)(sequences, mask=REFUSED["lists"])


@pytest.mark.parametrize("mask", ACCEPTED.values(), ids=ACCEPTED)
def test_the_trace_and_the_pooling_take_the_same_masks(mask, rng, sequences):
    layer, _ = pair(rng)
    real = np.broadcast_to(REAL[:1], REAL.shape) if len(mask) == 1 else REAL
    for mine, other in zip(layer.trace(sequences, mask=mask), layer.trace(sequences, mask=real), strict=True):
        np.testing.assert_array_equal(numpy(mine), numpy(other))
    pooling = MaskedPooling(["max", "mean", "last"])
    np.testing.assert_array_equal(numpy(pooling(sequences, mask=mask)), numpy(pooling(sequences, mask=real)))


@pytest.mark.skipif(not TENSORFLOW, reason="only a graph of TensorFlow has sizes that are known when it runs")
@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("mask", ACCEPTED.values(), ids=ACCEPTED)
def test_a_graph_takes_masks_of_unknown_size(mask, rng, sequences):
    ours, theirs = pair(rng, return_sequences=True)
    function = in_a_graph(ours, mask)
    np.testing.assert_allclose(function(sequences, mask), numpy(theirs(sequences, mask=mask)), atol=1e-6)


@pytest.mark.skipif("fast" not in PATHS or keras.backend.backend() != "tensorflow", reason="a graph of TensorFlow")
@pytest.mark.parametrize("name", ["one step more", "one step less", "one step", "one row more", "one row less"])
def test_a_graph_refuses_a_mask_that_does_not_fit_when_it_runs(name, rng, sequences):
    import tensorflow as tf

    ours, _ = pair(rng, return_sequences=True)
    mask = REFUSED[name]
    with pytest.raises(tf.errors.OpError, match=r"expected a mask of shape \(4, 7\); found"):
        in_a_graph(ours, mask)(sequences, mask)


def in_a_graph(layer, mask):
    """Traced for sequences and a mask of which only the rank is known."""
    import tensorflow as tf

    specs = [tf.TensorSpec((None, None, INPUT)), tf.TensorSpec([None] * mask.ndim, mask.dtype)]
    return tf.function(lambda sequences, mask: layer(sequences, mask=mask), input_signature=specs)
