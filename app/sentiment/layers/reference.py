"""The long short-term memory (LSTM) in NumPy: the specification that the trained layer is tested against.

A step (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000):

    i, f, g, o = split(x @ kernel + h @ recurrent_kernel + bias)
    i = sigmoid(i)              input_gate: how much of the candidate enters the cell
    f = sigmoid(f)              forget_gate: how much of the old cell stays
    g = tanh(g)                 candidate: what could enter the cell
    o = sigmoid(o)              output_gate: how much of the cell is shown
    c' = f * c + i * g          cell: the long-term memory
    h' = o * tanh(c')           hidden: what the next step and the next layer see

The step backward (Greff et al. 2017, appendix). dy is the gradient of the loss with respect to y; dh' and dc' are the
sums over everything that reads h' and c':

    do = dh' * tanh(c')
    dc' = dc' + dh' * o * (1 - tanh(c')^2)
    di, df, dg = dc' * g, dc' * c, dc' * i
    dz = [di * i * (1 - i), df * f * (1 - f), dg * (1 - g^2), do * o * (1 - o)]
    dx, dh, dc = dz @ kernel.T, dz @ recurrent_kernel.T, dc' * f

The gradients of the weights are sums over steps and rows: kernel x.T @ dz, recurrent_kernel h.T @ dz, bias dz.

Arrays are float32 or float64. `...` stands for no axis, a batch axis, or more. Needs neither Keras nor TensorFlow.
"""

from typing import Generic, NamedTuple, TypeVar

import numpy as np

Array = TypeVar("Array")
State = tuple[np.ndarray, np.ndarray]  # hidden, cell


class Step(NamedTuple, Generic[Array]):
    """All values of one step, float[..., units] each, or of a sequence, float[..., time, units] each.

    At a masked step the gates and the candidate are zero; cell and hidden stay as they were.
    """

    input_gate: Array
    forget_gate: Array
    candidate: Array
    output_gate: Array
    cell: Array
    hidden: Array


class Weights(NamedTuple):
    """The weights of an LSTM in the layout of Keras: `Weights(*layer.get_weights())`. Gate order: i, f, g, o."""

    kernel: np.ndarray  # float[input, 4 units]
    recurrent_kernel: np.ndarray  # float[units, 4 units]
    bias: np.ndarray  # float[4 units]

    @property
    def units(self) -> int:
        return self.recurrent_kernel.shape[0]


class Gradients(NamedTuple):
    """Gradients of a loss with respect to everything an LSTM reads, each in the shape of its value."""

    inputs: np.ndarray
    hidden: np.ndarray  # of the initial hidden state
    cell: np.ndarray  # of the initial cell state
    kernel: np.ndarray
    recurrent_kernel: np.ndarray
    bias: np.ndarray


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), without overflow for any x."""
    return np.exp(-np.logaddexp(0, -x))


def step(weights: Weights, x: np.ndarray, h: np.ndarray, c: np.ndarray) -> Step[np.ndarray]:
    """One step forward, from float[..., input] and the hidden and cell state before it, float[..., units]."""
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
        weights: of the LSTM.
        inputs: float[..., time, input].
        initial: hidden and cell state before the first step, float[..., units] each; None: zeros.
        mask: bool[..., time], False at steps that are skipped; None: no step is skipped.

    Returns:
        Every gate and state after every step, float[..., time, units].
    """
    h, c = initial or _zeros(weights, inputs)
    zeros = np.zeros_like(h)
    steps = []
    for t in range(inputs.shape[-2]):
        current = step(weights, inputs[..., t, :], h, c)
        if mask is not None:
            skipped = Step(zeros, zeros, zeros, zeros, c, h)
            current = Step(*(np.where(mask[..., t, None], a, b) for a, b in zip(current, skipped, strict=True)))
        h, c = current.hidden, current.cell
        steps.append(current)
    return Step(*(np.stack(values, axis=-2) for values in zip(*steps, strict=True)))


def sequence_gradients(
    weights: Weights,
    inputs: np.ndarray,
    d_hidden: np.ndarray,
    d_final: State | None = None,
    initial: State | None = None,
    mask: np.ndarray | None = None,
) -> Gradients:
    """All steps backward (backpropagation through time).

    Args:
        weights, inputs, initial, mask: as in `sequence`.
        d_hidden: gradient with respect to the hidden state after every step, float[..., time, units].
        d_final: what to add to it for the last hidden state, and the gradient of the last cell state; None: zeros.
    """
    first_h, first_c = initial or _zeros(weights, inputs)
    steps = sequence(weights, inputs, (first_h, first_c), mask)
    previous_h, previous_c = _shifted(steps.hidden, first_h), _shifted(steps.cell, first_c)
    dz = np.zeros((*d_hidden.shape[:-1], 4 * weights.units), d_hidden.dtype)
    dh, dc = d_final or (np.zeros_like(first_h), np.zeros_like(first_c))
    for t in reversed(range(inputs.shape[-2])):
        i, f, g, o, c, _ = (values[..., t, :] for values in steps)
        real = np.True_ if mask is None else mask[..., t, None]
        dh = dh + d_hidden[..., t, :]
        do = dh * np.tanh(c)
        d_cell = dc + dh * o * (1 - np.tanh(c) ** 2)
        di, df, dg = d_cell * g, d_cell * previous_c[..., t, :], d_cell * i
        d_gates = [di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)]
        dz[..., t, :] = np.where(real, np.concatenate(d_gates, axis=-1), 0)
        # A skipped step copies the state, so it passes the gradient on unchanged.
        dh = np.where(real, dz[..., t, :] @ weights.recurrent_kernel.T, dh)
        dc = np.where(real, d_cell * f, dc)
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
    zeros = np.zeros((*inputs.shape[:-2], weights.units), inputs.dtype)
    return zeros, zeros


def _shifted(states: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The state before every step, from the states after every step and the initial one."""
    return np.concatenate([first[..., None, :], states[..., :-1, :]], axis=-2)
