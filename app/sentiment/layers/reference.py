"""The long short-term memory in NumPy: the specification that the layer in `sentiment.layers` is tested against.

A step (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000):

    i, f, g, o = split(x @ kernel + h @ recurrent_kernel + bias)
    i = sigmoid(i)              input gate: how much of the candidate enters
    f = sigmoid(f)              forget gate: how much of the old cell stays
    g = tanh(g)                 candidate: what could enter
    o = sigmoid(o)              output gate: how much of the cell is shown
    c' = f * c + i * g          cell: the long-term memory
    h' = o * tanh(c')           hidden: what the next step and the next layer see

Backwards, where `dy` is the gradient of the loss by y; dh' and dc' arrive from all that reads h' and c' (Greff et al.
2017, appendix):

    do = dh' * tanh(c')
    dc' = dc' + dh' * o * (1 - tanh(c')^2)
    di, df, dg = dc' * g, dc' * c, dc' * i
    dz = [di * i * (1 - i), df * f * (1 - f), dg * (1 - g^2), do * o * (1 - o)]
    dx, dh, dc = dz @ kernel.T, dz @ recurrent_kernel.T, dc' * f

and the gradients of the weights are sums over steps and rows: kernel x.T @ dz, recurrent_kernel h.T @ dz, bias dz.

Arrays are float[..., features]: the axes before the last may be none, a batch, or more. A sequence is
float[..., time, features]. Imports neither Keras nor TensorFlow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

Array = TypeVar("Array")
State = tuple[np.ndarray, np.ndarray]  # hidden, cell


class Step(NamedTuple, Generic[Array]):
    """All that happens in one step, float[..., units] each, or over a sequence, float[..., time, units] each.

    At a masked step nothing is read: the gates and the candidate are zero, cell and hidden stay as they were.
    """

    input_gate: Array
    forget_gate: Array
    candidate: Array
    output_gate: Array
    cell: Array
    hidden: Array


@dataclass(frozen=True)
class Weights:
    """What an LSTM has learned, in the layout of Keras: `Weights(*layer.get_weights())`."""

    kernel: np.ndarray  # float[input, 4 units], gates in the order i, f, c, o (c is the candidate)
    recurrent_kernel: np.ndarray  # float[units, 4 units]
    bias: np.ndarray  # float[4 units]

    @property
    def units(self) -> int:
        return self.recurrent_kernel.shape[0]

    @classmethod
    def from_separate(
        cls, w: Mapping[str, np.ndarray], u: Mapping[str, np.ndarray], b: Mapping[str, np.ndarray]
    ) -> "Weights":
        """From matrices per gate, under the keys i, f, c and o.

        Args:
            w: of the input, float[input, units] each.
            u: of the hidden state, float[units, units] each.
            b: biases, any shape of `units` numbers each.
        """
        kernel, recurrent_kernel = (np.concatenate([part[gate] for gate in "ifco"], axis=1) for part in (w, u))
        return cls(kernel, recurrent_kernel, np.concatenate([np.ravel(b[gate]) for gate in "ifco"]))

    @classmethod
    def from_concatenated(
        cls, w: Mapping[str, np.ndarray], b: Mapping[str, np.ndarray], *, hidden_first: bool = False
    ) -> "Weights":
        """From one matrix per gate that multiplies input and hidden state stacked into one column vector.

        Args:
            w: float[units, input + units] each, under the keys i, f, c and o.
            b: biases, float[units, 1] each.
            hidden_first: the column vector has the hidden state above the input.
        """
        units = np.size(b["i"])
        first = units if hidden_first else w["i"].shape[1] - units
        above = {gate: matrix[:, :first].T for gate, matrix in w.items()}
        below = {gate: matrix[:, first:].T for gate, matrix in w.items()}
        return cls.from_separate(below, above, b) if hidden_first else cls.from_separate(above, below, b)


class Gradients(NamedTuple):
    """Of a loss, by everything an LSTM was given, each in the shape of what it belongs to."""

    inputs: np.ndarray
    hidden: np.ndarray  # the initial one
    cell: np.ndarray  # the initial one
    kernel: np.ndarray
    recurrent_kernel: np.ndarray
    bias: np.ndarray


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), for any x: the logarithm of the denominator never overflows."""
    return np.exp(-np.logaddexp(0, -x))


def step(weights: Weights, x: np.ndarray, h: np.ndarray, c: np.ndarray) -> Step[np.ndarray]:
    """One step forward.

    Args:
        weights: of this LSTM.
        x: inputs, float[..., input].
        h: the hidden state before, float[..., units].
        c: the cell state before, float[..., units].
    """
    i, f, g, o = np.split(x @ weights.kernel + h @ weights.recurrent_kernel + weights.bias, 4, axis=-1)
    i = sigmoid(i)
    f = sigmoid(f)
    g = np.tanh(g)
    o = sigmoid(o)
    c = f * c + i * g
    h = o * np.tanh(c)
    return Step(i, f, g, o, c, h)


def sequence(
    weights: Weights, inputs: np.ndarray, initial: State | None = None, mask: np.ndarray | None = None
) -> Step[np.ndarray]:
    """All steps forward.

    Args:
        weights: of this LSTM.
        inputs: float[..., time, input].
        initial: hidden and cell state before the first step, float[..., units] each; None: zeros.
        mask: bool[..., time], False where nothing is to be read; None: True everywhere.

    Returns:
        Every gate and state after every step, float[..., time, units].
    """
    h, c = initial or _zeros(weights, inputs)
    nothing = np.zeros_like(h)
    steps = []
    for t in range(inputs.shape[-2]):
        now = step(weights, inputs[..., t, :], h, c)
        if mask is not None:
            unread = Step(nothing, nothing, nothing, nothing, c, h)
            now = Step(*(np.where(mask[..., t, None], new, old) for new, old in zip(now, unread, strict=True)))
        h, c = now.hidden, now.cell
        steps.append(now)
    return Step(*(np.stack(values, axis=-2) for values in zip(*steps, strict=True)))


def sequence_gradients(
    weights: Weights,
    inputs: np.ndarray,
    d_hidden: np.ndarray,
    d_final: State | None = None,
    initial: State | None = None,
    mask: np.ndarray | None = None,
) -> Gradients:
    """All steps backward: backpropagation through time.

    Args:
        weights: as in `sequence`.
        inputs: as in `sequence`.
        d_hidden: gradient of the loss by the hidden state after every step, float[..., time, units].
        d_final: gradient by the last hidden and cell state, beside what `d_hidden` holds; None: zeros.
        initial: as in `sequence`.
        mask: as in `sequence`.
    """
    first_h, first_c = initial or _zeros(weights, inputs)
    steps = sequence(weights, inputs, (first_h, first_c), mask)
    previous_h, previous_c = _before(steps.hidden, first_h), _before(steps.cell, first_c)
    dz = np.zeros((*d_hidden.shape[:-1], 4 * weights.units), d_hidden.dtype)
    dh, dc = d_final or (np.zeros_like(first_h), np.zeros_like(first_c))
    for t in reversed(range(inputs.shape[-2])):
        i, f, g, o, c, _ = (values[..., t, :] for values in steps)
        read = np.True_ if mask is None else mask[..., t, None]
        dh = dh + d_hidden[..., t, :]
        do = dh * np.tanh(c)
        d_cell = dc + dh * o * (1 - np.tanh(c) ** 2)
        di, df, dg = d_cell * g, d_cell * previous_c[..., t, :], d_cell * i
        gates = [di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)]
        dz[..., t, :] = np.where(read, np.concatenate(gates, axis=-1), 0)
        # A step that read nothing hands on what arrived: it only copied the state.
        dh = np.where(read, dz[..., t, :] @ weights.recurrent_kernel.T, dh)
        dc = np.where(read, d_cell * f, dc)
    rows = dz.reshape(-1, dz.shape[-1])
    return Gradients(
        inputs=dz @ weights.kernel.T,
        hidden=dh,
        cell=dc,
        kernel=inputs.reshape(-1, inputs.shape[-1]).T @ rows,
        recurrent_kernel=previous_h.reshape(-1, weights.units).T @ rows,
        bias=rows.sum(axis=0),
    )


def _zeros(weights: Weights, inputs: np.ndarray) -> State:
    shape: tuple[Any, ...] = (*inputs.shape[:-2], weights.units)
    return np.zeros(shape, inputs.dtype), np.zeros(shape, inputs.dtype)


def _before(states: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The state before every step, from the states after every step and the one before the first."""
    return np.concatenate([first[..., None, :], states[..., :-1, :]], axis=-2)
