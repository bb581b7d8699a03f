"""Sequences and initial states of other types and shapes: as in Keras, or refused; never what memory held before."""

import keras
import numpy as np
import pytest

from helpers.lstm_layers import BATCH, INPUT, PATHS, TIME, UNITS, numpy, pair
from sentiment.layers import LSTM

pytestmark = pytest.mark.usefixtures("path")


@pytest.fixture
def sequences(rng):
    return rng.normal(size=(BATCH, TIME, INPUT)).astype("float32")


@pytest.fixture
def states(rng):
    return [rng.normal(size=(BATCH, UNITS)).astype("float32") for _ in range(2)]


@pytest.mark.parametrize("kind", ["bool", "uint8", "int32", "int64", "float16", "float64"])
def test_sequences_and_states_of_other_dtypes_give_the_same_as_in_keras(kind, rng, sequences, states):
    ours, theirs = pair(rng, return_sequences=True, return_state=True)
    sequences, states = np.abs(2 * sequences).astype(kind), [np.abs(2 * state).astype(kind) for state in states]
    expected = theirs(sequences, initial_state=states)
    for mine, other in zip(ours(sequences, initial_state=states), expected, strict=True):
        assert mine.dtype == other.dtype
        np.testing.assert_allclose(numpy(mine), numpy(other), atol=1e-5)


WRONG_STATES = {
    "one row more": lambda h, c: [np.vstack([h, h[:1]]), np.vstack([c, c[:1]])],
    "one row less": lambda h, c: [h[:-1], c[:-1]],
    "one row more of the cell": lambda h, c: [h, np.vstack([c, c[:1]])],
    "one row less of the hidden": lambda h, c: [h[:-1], c],
    "one unit more": lambda h, c: [np.hstack([h, h[:, :1]]), np.hstack([c, c[:, :1]])],
    "one unit less of the cell": lambda h, c: [h, c[:, :-1]],
    "one unit": lambda h, c: [h, c[:, :1]],
    "no rows": lambda h, c: [h[0], c[0]],
    "steps": lambda h, c: [h[:, None], c[:, None]],
    "the hidden alone": lambda h, _c: [h],
    "three": lambda h, c: [h, c, c],
}


@pytest.mark.parametrize("wrong", WRONG_STATES.values(), ids=WRONG_STATES)
def test_states_that_do_not_fit_are_refused(wrong, sequences, states):
    layer = LSTM(UNITS)
    for call in (layer, layer.trace):
        with pytest.raises(ValueError, match=r"expected an initial_state of two tensors.* \(4, 6\) each; found"):
            call(sequences, initial_state=wrong(*states))


def test_a_state_of_one_row_is_used_for_every_row(rng, sequences, states, differentiate):
    ours, _ = pair(rng, return_state=True)
    upstream = [rng.normal(size=(BATCH, UNITS)).astype("float32") for _ in range(3)]
    once = differentiate(ours, [sequences, *(state[:1] for state in states)], None, upstream)
    each = differentiate(ours, [sequences, *(state[:1].repeat(BATCH, axis=0) for state in states)], None, upstream)
    for name, value in each.items():
        expected = value.sum(axis=0, keepdims=True) if "initial" in name else value
        np.testing.assert_allclose(once[name], expected, atol=1e-5, err_msg=name)


def test_sequences_without_a_step_are_refused(sequences):
    with pytest.raises(ValueError, match=r"expected sequences of at least one step; found shape \(4, 0, 5\)"):
        LSTM(UNITS)(sequences[:, :0])


def test_an_empty_batch_gives_an_empty_batch(rng, sequences):
    ours, _ = pair(rng, return_sequences=True, return_state=True)
    shapes = [tuple(value.shape) for value in ours(sequences[:0])]
    assert shapes == [(0, TIME, UNITS), (0, UNITS), (0, UNITS)]


@pytest.mark.parametrize("features", [INPUT - 1, INPUT + 1])
def test_another_number_of_features_than_the_layer_was_built_for_is_refused(features, rng):
    ours, _ = pair(rng)
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 5"):
        ours(np.zeros((BATCH, TIME, features), "float32"))


@pytest.mark.skipif(
    "fast" not in PATHS or keras.backend.backend() != "tensorflow",
    reason="only a graph of TensorFlow has sizes that are known when it runs",
)
@pytest.mark.parametrize(
    "name", ["one row more", "one row less", "one row more of the cell", "one unit less of the cell"]
)
def test_a_graph_refuses_states_that_do_not_fit_when_it_runs(name, rng, sequences, states):
    import tensorflow as tf

    ours, _ = pair(rng)
    specs = [tf.TensorSpec((None, None, INPUT)), *[tf.TensorSpec((None, None))] * 2]
    function = tf.function(lambda x, h, c: ours(x, initial_state=[h, c]), input_signature=specs)
    function(sequences, *states)
    with pytest.raises(tf.errors.OpError):
        function(sequences, *WRONG_STATES[name](*states))


@pytest.mark.skipif(
    "fast" not in PATHS or keras.backend.backend() != "tensorflow",
    reason="only a graph of TensorFlow has sizes that are known when it runs",
)
def test_a_state_of_one_row_is_used_for_every_row_also_in_a_graph_of_unknown_batch_size(rng, sequences, states):
    import tensorflow as tf

    ours, theirs = pair(rng)
    first = [state[:1] for state in states]
    specs = [tf.TensorSpec((None, None, INPUT)), *[tf.TensorSpec((None, states[0].shape[1]))] * 2]
    function = tf.function(lambda x, h, c: ours(x, initial_state=[h, c]), input_signature=specs)
    for mine, other in zip(function(sequences, *first), theirs(sequences, initial_state=first), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-6)
