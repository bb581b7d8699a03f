"""On a GPU, plain layers are handed to the back end's kernel, as by `keras.layers.LSTM`. The kernel is a fake."""

import inspect

import keras
import numpy as np
import pytest

from helpers.lstm_layers import BATCH, INPUT, TIME, UNITS, numpy, pair, some_inputs
from sentiment.layers import LSTM, portable
from sentiment.layers.fast import internals, path
from sentiment.layers.fast.loop import loop
from sentiment.layers.fast.options import Options

RIGHT_PADDED = np.array([[token == "1" for token in row] for row in ("1111111", "1110000", "1000000", "1111110")])
TENSORFLOW = keras.backend.backend() == "tensorflow"


class Kernel:
    """What Keras' `backend.lstm` is on a GPU; like cuDNN it writes zeros at the padding."""

    def __init__(self):
        self.calls = []

    def __call__(self, inputs, hidden, cell, mask, *, return_sequences, go_backwards, **settings):
        self.calls.append({"inputs": inputs, "mask": mask, "go_backwards": go_backwards} | settings)
        weights = settings["kernel"], settings["recurrent_kernel"], settings["bias"]
        options = Options(go_backwards, not return_sequences, zero_masked=True)
        outputs, hidden, cell = loop(inputs, mask, [hidden, cell], weights, options)
        return hidden, outputs, [hidden, cell]


@pytest.fixture
def kernel(monkeypatch):
    """A fake kernel, where the fast path finds no CPU to run on."""
    fake = Kernel()
    monkeypatch.setattr(path, "is_available", lambda: False)
    monkeypatch.setattr("keras.src.backend.lstm", fake)
    return fake


def states_and_outputs(layer, inputs, mask=None, training=False):
    x, *states = inputs
    mask = None if mask is None else keras.ops.convert_to_tensor(mask)
    return [numpy(value) for value in layer(x, initial_state=states, mask=mask, training=training)]


@pytest.mark.parametrize(
    "settings",
    [
        {"return_sequences": True},
        {},
        {"return_sequences": True, "go_backwards": True},
        {"return_sequences": True, "zero_output_for_mask": True},
        {"return_sequences": True, "go_backwards": True, "zero_output_for_mask": True},
        {"zero_output_for_mask": True},
        {"zero_output_for_mask": True, "go_backwards": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("mask", [None, RIGHT_PADDED], ids=["no mask", "right-padded"])
def test_a_plain_layer_is_handed_over_and_equals_keras_loop(mask, settings, rng, kernel):
    ours, theirs = pair(rng, return_state=True, **settings)
    theirs.use_cudnn = False
    inputs = some_inputs(rng)
    if keras.backend.backend() == "jax":  # whose loop shows the initial state before the first token; no kernel does
        inputs[1:] = map(np.zeros_like, inputs[1:])
    for mine, other in zip(
        states_and_outputs(ours, inputs, mask), states_and_outputs(theirs, inputs, mask), strict=True
    ):
        np.testing.assert_allclose(mine, other, atol=1e-5)
    (call,) = kernel.calls
    # Keras 3.15.1 would return the outputs of JAX's kernel in another order backwards.
    assert call["go_backwards"] == (settings.get("go_backwards", False) and mask is not None)


def test_the_kernel_gets_the_weights_activations_and_mask_of_the_layer(rng, kernel):
    ours, _ = pair(rng)
    inputs = rng.normal(size=(BATCH, TIME, INPUT)).astype("float32")
    ours(inputs, mask=RIGHT_PADDED.astype("int32"))
    (call,) = kernel.calls
    for name, weight in zip(("kernel", "recurrent_kernel", "bias"), ours.get_weights(), strict=True):
        np.testing.assert_array_equal(numpy(call[name]), weight)
    np.testing.assert_array_equal(numpy(call["inputs"]), inputs)
    np.testing.assert_array_equal(numpy(call["mask"]), RIGHT_PADDED)
    assert call["activation"] is keras.activations.tanh
    assert call["recurrent_activation"] is keras.activations.sigmoid
    assert not call["unroll"]


def test_the_kernel_gets_what_dropout_left_of_the_inputs(rng, kernel):
    ours, theirs = pair(rng, return_state=True, dropout=0.5, seed=3)
    theirs.use_cudnn = False
    inputs = some_inputs(rng)
    results = (states_and_outputs(layer, inputs, training=True) for layer in (ours, theirs))
    for mine, other in zip(*results, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)
    assert 0.2 < (numpy(kernel.calls[0]["inputs"]) == 0).mean() < 0.8


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="torch is on a CPU here, where states stay in float32")
def test_under_a_mixed_policy_the_kernel_computes_in_the_compute_dtype(rng, kernel):
    ours, _ = pair(rng, dtype="mixed_bfloat16")
    ours(rng.normal(size=(BATCH, TIME, INPUT)).astype("float32"))
    for name in ("inputs", "kernel", "recurrent_kernel", "bias"):
        assert keras.backend.standardize_dtype(kernel.calls[0][name].dtype) == "bfloat16"


def test_without_a_kernel_keras_loop_serves(rng, monkeypatch):
    def refuse(*_, **__):
        calls.append(1)
        raise NotImplementedError

    calls = []
    monkeypatch.setattr(path, "is_available", lambda: False)
    monkeypatch.setattr("keras.src.backend.lstm", refuse)
    ours, theirs = pair(rng, return_state=True)
    inputs = some_inputs(rng)
    for mine, other in zip(states_and_outputs(ours, inputs), states_and_outputs(theirs, inputs), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)
    assert calls
    ours.use_cudnn = True
    with pytest.raises(ValueError, match=r"use_cudnn=True; found .*; pass use_cudnn='auto'"):
        states_and_outputs(ours, inputs)


@pytest.mark.parametrize(
    "settings", [{"use_cudnn": False}, {"recurrent_dropout": 0.5}, {"dropout": 0.5, "implementation": 1}], ids=str
)
def test_other_layers_are_not_handed_over(settings, rng, kernel):
    ours, _ = pair(rng, **settings)
    ours(rng.normal(size=(BATCH, TIME, INPUT)).astype("float32"), training=True)
    assert not kernel.calls


def test_within_portable_nothing_is_handed_over(rng, kernel):
    ours, _ = pair(rng)
    with portable():
        ours(rng.normal(size=(BATCH, TIME, INPUT)).astype("float32"))
    assert not kernel.calls


@pytest.mark.skipif(not TENSORFLOW, reason="only TensorFlow compiles and writes graphs without the kernel")
def test_graphs_for_xla_and_for_files_are_traced_without_the_kernel(rng, kernel, tmp_path):
    import tensorflow as tf

    inputs = keras.Input((TIME, INPUT))
    model = keras.Model(inputs, LSTM(UNITS)(inputs))
    kernel.calls.clear()
    sequences = rng.normal(size=(BATCH, TIME, INPUT)).astype("float32")
    tf.function(model, jit_compile=True)(sequences)
    model.export(tmp_path / "model", verbose=False)
    assert not kernel.calls
    model(sequences)
    assert kernel.calls
    assert not model.layers[-1].supports_jit  # so Keras does not choose XLA, which would give up the kernel


@pytest.mark.skipif(not TENSORFLOW, reason="the other back ends place arrays themselves")
def test_with_a_gpu_the_fast_path_is_not_available(monkeypatch):
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind=None: ["GPU:0"] if kind == "GPU" else [])
    assert not path.is_available()


def test_keras_back_ends_still_have_the_lstm_that_layers_are_handed_to():
    theirs = internals.back_end_lstm()
    arguments = inspect.signature(theirs).bind(
        "inputs", "h", "c", "mask", kernel=0, recurrent_kernel=0, bias=0, activation=0, recurrent_activation=0,
        return_sequences=True, go_backwards=False, unroll=False,
    )  # fmt: skip
    assert arguments.arguments["initial_state_c"] == "c"
    source = inspect.getsource(keras.layers.LSTM.inner_loop)
    assert "backend.lstm(" in source
    assert "except NotImplementedError" in source
