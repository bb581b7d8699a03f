"""The NumPy LSTM: its numbers by hand, both layouts of weights, its gradients, and its limits."""

import doctest
from pathlib import Path

import numpy as np
import pytest

from helpers.lstm_layers import GATES, joined, joined_from_columns
from sentiment.layers.reference import Weights, sequence, sequence_gradients, sigmoid, step

ROOT = Path(__file__).parents[2]
INPUT, UNITS = 3, 4


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def some_weights(rng, features=INPUT, units=UNITS):
    shapes = (features, 4 * units), (units, 4 * units), (4 * units,)
    return Weights(*(rng.normal(size=shape) for shape in shapes))


def test_one_matrix_per_gate_on_column_vectors_gives_the_same_step(rng):
    for hidden_first in (False, True):
        w = {gate: rng.normal(size=(UNITS, INPUT + UNITS)) for gate in GATES}
        b = {gate: rng.normal(size=(UNITS, 1)) for gate in GATES}
        x, prev_h, prev_c = (rng.normal(size=(n, 1)) for n in (INPUT, UNITS, UNITS))
        column = np.vstack([prev_h, x] if hidden_first else [x, prev_h])
        i, f, o = (1 / (1 + np.exp(-(w[gate] @ column + b[gate]))) for gate in "ifo")
        c = f * prev_c + i * np.tanh(w["g"] @ column + b["g"])
        h = o * np.tanh(c)

        weights = joined_from_columns(w, b, hidden_first=hidden_first)
        ours = step(weights, x.T, prev_h.T, prev_c.T)
        np.testing.assert_allclose(ours.hidden.T, h, atol=1e-12)
        np.testing.assert_allclose(ours.cell.T, c, atol=1e-12)


def test_separate_matrices_over_a_whole_sequence_give_every_hidden_and_cell_state(rng):
    w = {gate: rng.normal(size=(INPUT, UNITS)) for gate in GATES}
    u = {gate: rng.normal(size=(UNITS, UNITS)) for gate in GATES}
    b = {gate: rng.normal(size=UNITS) for gate in GATES}
    inputs = rng.normal(size=(6, INPUT))
    h, c, hidden, cell = np.zeros(UNITS), np.zeros(UNITS), [], []
    for x in inputs:
        z = {gate: x @ w[gate] + h @ u[gate] + b[gate] for gate in GATES}
        i, f, o = (1 / (1 + np.exp(-z[gate])) for gate in "ifo")
        c = f * c + i * np.tanh(z["g"])
        h = o * np.tanh(c)
        hidden.append(h)
        cell.append(c)

    ours = sequence(joined(w, u, b), inputs)
    np.testing.assert_allclose(ours.hidden, hidden, atol=1e-12)
    np.testing.assert_allclose(ours.cell, cell, atol=1e-12)


@pytest.mark.parametrize(
    ("previous_cell", "cell", "hidden"),
    [
        (
            0.0,
            [-0.04734437, 0.45816843, 0.10852366, -0.02435484, 0.40383116],
            [-0.02247277, 0.29571634, 0.05943684, -0.0118707, 0.25606443],
        ),
        (
            0.5,
            [0.19016603, 0.80315567, 0.38344066, 0.21939646, 0.73792504],
            [0.08925944, 0.45938312, 0.20106976, 0.10527265, 0.41954834],
        ),
    ],
)
def test_the_step_equals_one_computed_by_hand(previous_cell, cell, hidden):
    identities = np.hstack([np.eye(5)] * 4)
    h, x = np.array([0, 0.5, 0.1, 0.2, 0.6]), np.array([-0.1, 0.3, 0.1, -0.25, 0.1])
    now = step(Weights(identities, identities, np.zeros(20)), x, h, np.full(5, previous_cell))
    for gate in (now.forget_gate, now.input_gate, now.output_gate):
        np.testing.assert_allclose(gate, [0.47502081, 0.68997448, 0.549834, 0.4875026, 0.66818777], atol=1e-8)
    np.testing.assert_allclose(now.candidate, [-0.09966799, 0.66403677, 0.19737532, -0.04995837, 0.60436778], atol=1e-8)
    np.testing.assert_allclose(now.cell, cell, atol=1e-8)
    np.testing.assert_allclose(now.hidden, hidden, atol=1e-8)


def test_the_documented_step_prints_the_numbers_it_shows():
    result = doctest.testfile(str(ROOT / "docs" / "lstm-step.md"), module_relative=False)
    assert result.attempted > 10
    assert result.failed == 0


def test_a_sigmoid_is_exact_where_the_textbook_formula_overflows():
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_array_equal(sigmoid(np.array([-1000.0, 0.0, 1000.0])), [0, 0.5, 1])


def test_weights_of_a_thousand_give_gates_of_zero_and_one_and_finite_gradients(rng):
    weights = Weights(*(1000 * np.sign(part) for part in some_weights(rng)))
    inputs = np.sign(rng.normal(size=(2, 5, INPUT)))
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        steps = sequence(weights, inputs)
        gradients = sequence_gradients(weights, inputs, np.ones((2, 5, UNITS)))
    np.testing.assert_allclose(2 * steps.forget_gate, np.round(2 * steps.forget_gate), atol=1e-100)  # 0, 1/2, 1
    assert all(np.isfinite(part).all() for part in (*steps, *gradients))


def test_a_masked_step_keeps_the_state_and_closes_the_gates(rng):
    weights, inputs = some_weights(rng), rng.normal(size=(2, 5, INPUT))
    initial = rng.normal(size=(2, UNITS)), rng.normal(size=(2, UNITS))
    mask = np.array([[False, True, False, True, False], [True, True, True, False, False]])
    steps = sequence(weights, inputs, initial, mask)
    for row in range(2):
        unmasked = sequence(weights, inputs[row, mask[row]], (initial[0][row], initial[1][row]))
        np.testing.assert_allclose(steps.hidden[row, mask[row]], unmasked.hidden)
        np.testing.assert_allclose(steps.hidden[row, -1], unmasked.hidden[-1])
    np.testing.assert_array_equal(steps.cell[0, 0], initial[1][0])
    np.testing.assert_array_equal(steps.cell[0, 2], steps.cell[0, 1])
    assert not steps.forget_gate[~mask].any()
    assert (steps.forget_gate[mask] > 0).all()


@pytest.mark.parametrize("masked", [False, True])
def test_gradients_agree_with_finite_differences(rng, masked):
    weights, inputs = some_weights(rng), rng.normal(size=(2, 5, INPUT))
    h, c = rng.normal(size=(2, UNITS)), rng.normal(size=(2, UNITS))
    mask = np.array([[False, True, False, True, True], [True, True, True, False, False]]) if masked else None
    d_hidden, d_h, d_c = rng.normal(size=(2, 5, UNITS)), rng.normal(size=(2, UNITS)), rng.normal(size=(2, UNITS))
    arguments = [inputs, h, c, weights.kernel, weights.recurrent_kernel, weights.bias]

    def loss() -> float:
        steps = sequence(weights, inputs, (h, c), mask)
        last = (steps.hidden[:, -1] * d_h).sum() + (steps.cell[:, -1] * d_c).sum()
        return (steps.hidden * d_hidden).sum() + last

    gradients = sequence_gradients(weights, inputs, d_hidden, (d_h, d_c), (h, c), mask)
    for values, gradient, name in zip(arguments, gradients, gradients._fields, strict=True):
        assert gradient.shape == values.shape
        numeric = np.zeros_like(values)
        for at in np.ndindex(values.shape):
            before = values[at]
            values[at] = before + 1e-6
            above = loss()
            values[at] = before - 1e-6
            numeric[at] = (above - loss()) / 2e-6
            values[at] = before
        np.testing.assert_allclose(gradient, numeric, atol=1e-7, rtol=1e-6, err_msg=name)


def test_float32_in_gives_float32_out(rng):
    weights = Weights(*(part.astype("float32") for part in some_weights(rng)))
    inputs = rng.normal(size=(2, 5, INPUT)).astype("float32")
    results = (*sequence(weights, inputs), *sequence_gradients(weights, inputs, np.ones((2, 5, UNITS), "float32")))
    assert {part.dtype.name for part in results} == {"float32"}
