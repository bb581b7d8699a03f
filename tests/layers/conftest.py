"""Fixtures of the LSTM's tests: both paths, random numbers, and gradients on whichever back end Keras runs on."""

import contextlib
from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import ops

from helpers.lstm_layers import PATHS
from sentiment.layers import portable

Results = dict[str, np.ndarray]


@pytest.fixture(params=PATHS)
def path(request):
    """Runs a test on the fast path and in Keras' loop, where there are both."""
    with portable() if request.param == "portable" else contextlib.nullcontext():
        yield


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def _loss(outputs, upstream):
    return sum(ops.sum(ops.cast(y, "float32") * d) for y, d in zip(outputs, upstream, strict=True))


def _tensorflow(layer, inputs, mask, upstream):
    import tensorflow as tf

    @tf.function
    def run(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs[0], initial_state=list(inputs[1:]), mask=mask)
            loss = _loss(outputs, upstream)
        return outputs, tape.gradient(loss, [*inputs, *(v.value for v in layer.trainable_variables)])

    return run(*map(tf.constant, inputs))


def _jax(layer, inputs, mask, upstream):
    import jax

    def loss(trained, *inputs):
        state = [v.value for v in layer.non_trainable_variables]
        outputs, _ = layer.stateless_call(trained, state, inputs[0], initial_state=list(inputs[1:]), mask=mask)
        return _loss(outputs, upstream), outputs

    trained = [v.value for v in layer.trainable_variables]
    by_all = jax.value_and_grad(loss, argnums=range(1 + len(inputs)), has_aux=True)
    (_, outputs), (d_trained, *d_inputs) = jax.jit(by_all)(trained, *inputs)
    return outputs, [*d_inputs, *d_trained]


def _torch(layer, inputs, mask, upstream):
    import torch

    inputs = [torch.tensor(x, requires_grad=True) for x in inputs]
    outputs = layer(inputs[0], initial_state=inputs[1:], mask=mask)
    layer.zero_grad()
    _loss(outputs, [torch.tensor(d) for d in upstream]).backward()
    return outputs, [x.grad for x in inputs] + [v.value.grad for v in layer.trainable_variables]


@pytest.fixture
def differentiate() -> Callable[..., Results]:
    """Of a layer with `return_state`: outputs, and the gradients of their sum weighted with `upstream`."""

    def run(layer, inputs, mask, upstream) -> Results:
        mask = None if mask is None else ops.convert_to_tensor(mask)
        back_end = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}[keras.backend.backend()]
        outputs, gradients = back_end(layer, inputs, mask, upstream)
        names = ["outputs", "hidden", "cell"]
        names += ["d inputs", "d initial hidden", "d initial cell", "d kernel", "d recurrent_kernel", "d bias"]
        # Without a bias the last name has no array.
        return {
            name: np.asarray(ops.convert_to_numpy(ops.cast(value, "float32")))
            for name, value in zip(names, (*outputs, *gradients), strict=False)
        }

    return run
