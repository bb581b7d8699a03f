"""Dropout as in Keras, in the layer and in a cell that Keras' RNN layers run."""

import threading

import keras
import numpy as np
import pytest

from helpers.lstm_layers import BATCH, INPUT, TIME, UNITS, numpy, pair
from sentiment.layers import LSTM, LSTMCell

RATES = [{"dropout": 0.4}, {"recurrent_dropout": 0.4}, {"dropout": 0.4, "recurrent_dropout": 0.3}]


@pytest.fixture
def sequences(rng):
    return rng.normal(size=(BATCH, TIME, INPUT)).astype("float32")


def cells_in_rnn(rng, cell, **settings):
    layer = keras.layers.RNN([cell(UNITS, seed=3, **settings), cell(UNITS, seed=4, **settings)], return_sequences=True)
    layer.build((BATCH, TIME, INPUT))
    layer.set_weights([rng.normal(size=weight.shape, scale=0.5) for weight in layer.weights])
    return layer


@pytest.mark.parametrize("rates", [*RATES, {"dropout": 0.4, "implementation": 1}], ids=str)
def test_cells_in_keras_rnn_drop_the_same_features_as_keras_cells(rates, sequences):
    ours, theirs = (cells_in_rnn(np.random.default_rng(1), cell, **rates) for cell in (LSTMCell, keras.layers.LSTMCell))
    for training in (True, False, True):
        mine, other = (numpy(layer(sequences, training=training)) for layer in (ours, theirs))
        np.testing.assert_allclose(mine, other, atol=1e-5)
    assert np.abs(mine - numpy(ours(sequences))).max() > 0.01


def test_a_cell_called_step_by_step_keeps_its_masks_until_they_are_reset(rng):
    cell = LSTMCell(UNITS, dropout=0.5, recurrent_dropout=0.5)
    x = rng.normal(size=(BATCH, INPUT)).astype("float32")
    states = [rng.normal(size=(BATCH, UNITS)).astype("float32") for _ in range(2)]
    first, second = (numpy(cell(x, states, training=True)[0]) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    cell.reset_dropout_mask()
    cell.reset_recurrent_dropout_mask()
    assert np.abs(numpy(cell(x, states, training=True)[0]) - first).max() > 0.01


def test_a_call_that_failed_leaves_no_mask_for_the_next(sequences):
    def fail_once(x):
        if not failed:
            failed.append(True)
            raise RuntimeError("stopped in the first step")
        return keras.ops.tanh(x)

    failed = [True]
    layer = keras.layers.RNN(LSTMCell(UNITS, activation=fail_once, dropout=0.5))
    layer.build(sequences.shape)
    failed.clear()
    with pytest.raises(RuntimeError, match="stopped"):
        layer(sequences, training=True)
    assert numpy(layer(sequences[:1], training=True)).shape == (1, UNITS)


def test_cells_that_keras_runs_in_two_threads_each_see_their_own_masks(sequences):
    turns = {name: (threading.Event(), threading.Event()) for name in ("long", "short")}
    results = {}

    def tanh(x):
        reached, go_on = turns.get(threading.current_thread().name, (None, None))
        if reached is not None and not reached.is_set():  # in the middle of the first step
            reached.set()
            assert go_on.wait(60)
        return keras.ops.tanh(x)

    alone, together = (keras.layers.RNN(LSTMCell(UNITS, activation=tanh, dropout=0.5, seed=3)) for _ in range(2))
    for layer in (alone, together):
        layer.build(sequences.shape)
    together.set_weights(alone.get_weights())
    batches = {"long": sequences, "short": sequences[:2]}

    def run(name):
        results[name] = numpy(together(batches[name], training=True))

    threads = [threading.Thread(target=run, args=[name], name=name) for name in batches]
    for thread in threads:
        thread.start()
        assert turns[thread.name][0].wait(60)
    for thread in threads:
        turns[thread.name][1].set()
        thread.join(60)
    for name, batch in batches.items():
        np.testing.assert_array_equal(results[name], numpy(alone(batch, training=True)), err_msg=name)


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("rates", [{"dropout": 1.0}, {"recurrent_dropout": 1.0}], ids=str)
def test_a_dropout_of_one_drops_nothing_as_in_keras_loop(rates, rng, sequences):
    # With use_cudnn="auto", Keras 3.15.1 on torch multiplies by zero instead if there is no mask.
    ours, theirs = pair(rng, use_cudnn=False, **rates)
    result = numpy(ours(sequences, training=True))
    np.testing.assert_allclose(result, numpy(theirs(sequences, training=True)), atol=1e-6)
    np.testing.assert_allclose(result, numpy(ours(sequences, training=False)), atol=1e-6)


def test_inference_draws_no_mask(rng, sequences):
    layer, _ = pair(rng, dropout=0.5, recurrent_dropout=0.5, seed=1)
    before = numpy(layer.cell.seed_generator.state).copy()
    layer(sequences)
    np.testing.assert_array_equal(numpy(layer.cell.seed_generator.state), before)
    layer(sequences, training=True)
    assert (numpy(layer.cell.seed_generator.state) != before).any()


def test_a_layer_has_one_seed_generator_as_in_keras():
    ours, theirs = LSTM(UNITS, dropout=0.1), keras.layers.LSTM(UNITS, dropout=0.1)
    for layer in (ours, theirs):
        layer.build((BATCH, TIME, INPUT))
    assert [variable.name for variable in ours.variables] == [variable.name for variable in theirs.variables]
