"""Calls of one layer in several threads: none sees what another drops."""

import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from helpers.lstm_layers import numpy
from sentiment.layers import LSTM, portable
from sentiment.layers.fast import path as fast_path


@pytest.mark.parametrize("rates", [{"dropout": 0.5, "implementation": 1}, {"recurrent_dropout": 0.5}], ids=str)
def test_inference_and_training_at_the_same_time_give_the_same_as_each_alone(rates):
    turns = {name: (threading.Event(), threading.Event()) for name in ("inference", "training")}
    results = {}

    def tanh(x):
        reached, go_on = turns.get(threading.current_thread().name, (None, None))
        if reached is not None and not reached.is_set():  # in the middle of the first step
            reached.set()
            assert go_on.wait(60)
        return keras.ops.tanh(x)

    sequences = np.random.default_rng(1).normal(size=(3, 5, 4)).astype("float32")
    alone, together = (LSTM(6, activation=tanh, seed=3, **rates) for _ in range(2))
    for layer in (alone, together):
        layer.build(sequences.shape)
    together.set_weights(alone.get_weights())

    def run(training):
        results[training] = numpy(together(sequences, training=training))

    inference = threading.Thread(target=run, args=[False], name="inference")
    training = threading.Thread(target=run, args=[True], name="training")
    for thread in (inference, training):  # the second starts while the first is in its loop, and the first ends first
        thread.start()
        assert turns[thread.name][0].wait(60)
    for thread in (inference, training):
        turns[thread.name][1].set()
        thread.join(60)

    np.testing.assert_array_equal(results[False], numpy(alone(sequences, training=False)))
    np.testing.assert_array_equal(results[True], numpy(alone(sequences, training=True)))
    assert np.abs(results[True] - results[False]).max() > 0.01


def test_many_inferences_beside_trainings_equal_a_single_one():
    sequences = np.random.default_rng(2).normal(size=(16, 12, 4)).astype("float32")
    # Another activation than the usual one keeps the inference off the fast path, which reads no dropout mask.
    layer = LSTM(6, activation="softsign", dropout=0.5, recurrent_dropout=0.5, return_sequences=True)
    expected = numpy(layer(sequences))
    over = threading.Event()

    def train():
        while not over.is_set():
            layer(sequences, training=True)

    thread = threading.Thread(target=train)
    thread.start()
    try:
        for _ in range(15):
            np.testing.assert_array_equal(numpy(layer(sequences)), expected)
    finally:
        over.set()
        thread.join(60)


def test_portable_holds_for_every_thread_until_the_last_block_ends():
    def started():
        seen = []
        thread = threading.Thread(target=lambda: seen.append(fast_path.is_switched_off()))
        thread.start()
        thread.join(60)
        return seen

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(fast_path.is_switched_off).result(60) is False  # its thread is older than the blocks
        with portable():
            with portable():
                assert started() == [True]
            assert started() == [True]
            assert pool.submit(fast_path.is_switched_off).result(60) is True
        assert started() == [False]
        assert pool.submit(fast_path.is_switched_off).result(60) is False


def test_portable_ends_also_with_an_error():
    with pytest.raises(KeyError), portable():
        raise KeyError
    assert not fast_path.is_switched_off()


@pytest.mark.skipif(not fast_path.is_available(), reason="the fast path, on a CPU")
def test_two_models_that_train_at_once_learn_what_each_learns_alone():
    def train(seed, weights):
        rng = np.random.default_rng(seed)
        model = keras.Sequential([keras.Input((12, 4)), LSTM(6, return_sequences=True), LSTM(5), keras.layers.Dense(1)])
        model.set_weights([rng.normal(size=weight.shape) / 2 for weight in model.weights])
        model.compile("sgd", "mse")
        x, y = rng.normal(size=(64, 12, 4)), rng.normal(size=(64, 1))
        model.fit(x, y, epochs=3, shuffle=False, verbose=0)
        weights[seed] = model.get_weights()

    alone, together = {}, {}
    for seed in (1, 2):
        train(seed, alone)
    threads = [threading.Thread(target=train, args=(seed, together)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for seed, weights in alone.items():
        for mine, other in zip(together[seed], weights, strict=True):
            np.testing.assert_allclose(mine, other, atol=1e-6)
