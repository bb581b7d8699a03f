"""Layers, inputs and weights that the tests of the LSTM share."""

import keras
import numpy as np

from sentiment.layers import LSTM
from sentiment.layers.fast import path
from sentiment.layers.reference import Weights

BATCH, TIME, INPUT, UNITS = 4, 7, 5, 6
# The portable path is Keras' own loop. JAX compiles it anew in every test, which takes minutes, so TensorFlow and torch
# test it for all three.
PATHS = (
    ["portable"] if not path.is_available() else ["fast"] if keras.backend.backend() == "jax" else ["fast", "portable"]
)
GATES = "ifgo"


def numpy(values):
    return keras.ops.convert_to_numpy(values)


def with_random_weights(layer, rng):
    layer.build((BATCH, TIME, INPUT))
    layer.set_weights([rng.normal(size=weight.shape, scale=0.5) for weight in layer.weights])
    return layer


def pair(rng, **settings):
    """Our layer and that of Keras, with the same random weights."""
    ours = with_random_weights(LSTM(UNITS, **settings), rng)
    theirs = with_random_weights(keras.layers.LSTM(UNITS, **settings), rng)
    theirs.set_weights(ours.get_weights())
    return ours, theirs


def some_inputs(rng):
    """Sequences, and a hidden and a cell state that are not zero."""
    shapes = (BATCH, TIME, INPUT), (BATCH, UNITS), (BATCH, UNITS)
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def some_upstream(rng, settings):
    """Gradients of outputs, hidden and cell."""
    outputs = (BATCH, TIME, UNITS) if settings.get("return_sequences") else (BATCH, UNITS)
    return [rng.normal(size=shape).astype("float32") for shape in (outputs, (BATCH, UNITS), (BATCH, UNITS))]


def joined(w, u, b):
    """Weights from a matrix per gate for the input [input, units], one for the hidden state, and a bias."""
    kernel, recurrent_kernel = (np.concatenate([part[gate] for gate in GATES], axis=1) for part in (w, u))
    return Weights(kernel, recurrent_kernel, np.concatenate([np.ravel(b[gate]) for gate in GATES]))


def joined_from_columns(w, b, *, hidden_first=False):
    """Weights from one matrix per gate that multiplies input and hidden state stacked into one column vector."""
    units = np.size(b["i"])
    first = units if hidden_first else w["i"].shape[1] - units
    upper = {gate: matrix[:, :first].T for gate, matrix in w.items()}
    lower = {gate: matrix[:, first:].T for gate, matrix in w.items()}
    return joined(lower, upper, b) if hidden_first else joined(upper, lower, b)
