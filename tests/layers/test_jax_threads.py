"""The kernel on JAX waits for nothing that waits for it, also with one core and with calls side by side."""

import importlib.util
import os
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed"),
    pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no system call that limits a process to a core"),
]

TRAINING = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import keras, numpy as np
from sentiment.layers import LSTM
model = keras.Sequential([keras.Input((64, 64)), LSTM(64, return_sequences=True), LSTM(64), keras.layers.Dense(1)])
model.compile("adam", "mse")
model.fit(np.ones((128, 64, 64), np.float32), np.ones((128, 1)), batch_size=64, verbose=0)
"""
CALLS = """
import threading
import jax, numpy as np
from sentiment.layers import LSTM
layer = LSTM(64, return_sequences=True)
x = np.ones((64, 64, 64), np.float32)
layer.build(x.shape)
function = jax.jit(lambda x: layer(x))
expected = np.asarray(function(x))
results = {}
def call(name):
    for _ in range(5):
        results[name] = np.asarray(function(x))
threads = [threading.Thread(target=call, args=[name], daemon=True) for name in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(results) == 4
for result in results.values(): np.testing.assert_array_equal(result, expected)
"""


@pytest.mark.parametrize("program", [TRAINING, CALLS], ids=["one core", "four threads"])
def test_nothing_waits_for_ever(program):
    subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        check=True,
        timeout=240,
    )
