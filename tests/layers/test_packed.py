"""The packed LSTM equals the reference, however rows are masked and dealt out."""

import numpy as np
import pytest

from sentiment.layers import reference
from sentiment.layers.fast import packed, workers
from sentiment.layers.fast.packed import Reading, Result

BATCH, TIME, INPUT, UNITS = 40, 9, 3, 4


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def given(rng):
    """Inputs, a mask with holes, rows of every length and one without a token, initial states that are not zero."""
    mask = rng.random((BATCH, TIME)) < 0.6
    mask[0], mask[1] = False, True
    return rng.normal(size=(BATCH, TIME, INPUT)), mask, rng.normal(size=(BATCH, UNITS)), rng.normal(size=(BATCH, UNITS))


@pytest.fixture
def weights(rng):
    return packed.Weights(*(rng.normal(size=shape) for shape in ((INPUT, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,))))


def run(given, weights, reading, by_result):
    result, steps = packed.forward(*given, weights, reading)
    return result, packed.backward(given[1], steps, by_result, weights, reading)


def some_gradients(rng):
    return Result(*(rng.normal(size=shape) for shape in ((BATCH, TIME, UNITS), (BATCH, UNITS), (BATCH, UNITS))))


def test_three_rows_are_packed_step_by_step_with_the_longest_first():
    mask = np.array([[True, True, True], [True, False, False], [True, True, False]])
    packing = packed.pack(mask, np.arange(3), Reading())
    a, b, c = 0, 3, 6  # where each row's first token lies in the batch
    assert packing.rows.tolist() == [0, 2, 1]
    assert packing.tokens.tolist() == [a, c, b, a + 1, c + 1, a + 2]
    assert packing.sizes == [3, 3, 2, 1]  # the initial states, then the steps
    assert packing.shown.tolist() == [[3, 6, 8], [4, 7, 7], [5, 5, 5]]


def test_a_row_that_is_read_backwards_starts_at_its_last_token():
    packing = packed.pack(np.array([[True, True, False]]), np.arange(1), Reading(reverse=True))
    assert packing.tokens.tolist() == [1, 0]
    assert packing.shown.tolist() == [[-1, 1, 2]]


def test_outputs_states_and_gradients_are_those_of_the_reference(given, weights, rng):
    inputs, mask, h, c = given
    by_result = some_gradients(rng)
    result, gradients = run(given, weights, Reading(zero_unread=False), by_result)
    ours = reference.Weights(*weights)
    steps = reference.sequence(ours, inputs, (h, c), mask)
    expected = reference.sequence_gradients(ours, inputs, by_result.outputs, by_result[1:], (h, c), mask)
    wanted = (steps.hidden, steps.hidden[:, -1], steps.cell[:, -1], *expected)
    for value, of_reference in zip((*result, *gradients), wanted, strict=True):
        np.testing.assert_allclose(value, of_reference, atol=1e-12)


@pytest.mark.parametrize("reading", [Reading(), Reading(reverse=True), Reading(zero_masked=True)], ids=str)
def test_it_does_not_matter_how_many_streams_there_are_and_how_much_is_done_at_once(
    given, weights, rng, reading, monkeypatch
):
    by_result = some_gradients(rng)
    found = []
    for cores, at_once in ((1, 2**20), (3, 1), (1, 50 * 4 * UNITS)):
        monkeypatch.setattr(workers, "cores", lambda cores=cores: cores)
        monkeypatch.setattr(packed, "AT_ONCE", at_once)
        result, gradients = run(given, weights, reading, by_result)
        found.append((*result, *gradients))
    for whole, *parts in zip(*found, strict=True):
        for part in parts:
            np.testing.assert_allclose(part, whole, atol=1e-12)


def test_the_steps_are_good_for_more_than_one_way_back(given, weights, rng):
    by_result = some_gradients(rng)
    _, steps = packed.forward(*given, weights, Reading())
    first, second = (packed.backward(given[1], steps, by_result, weights, Reading()) for _ in range(2))
    np.testing.assert_array_equal(first.kernel, second.kernel)


def test_gates_stay_finite_at_a_thousand_and_forget_nothing_they_should_keep(given, weights):
    inputs, mask, h, c = given
    result, steps = packed.forward(inputs * 1000, mask, h, c, weights, Reading())
    assert np.isfinite(result.outputs).all()
    assert steps.gates.min() >= -1
    assert steps.gates.max() <= 1


def test_the_number_of_threads_a_product_may_use_is_what_it_was(given, weights):
    before = [library["num_threads"] for library in workers.libraries().info()]
    packed.forward(*given, weights, Reading())
    assert [library["num_threads"] for library in workers.libraries().info()] == before
    assert before


@pytest.mark.parametrize("kind", ["uint8", "int64", "float32"])
def test_a_mask_of_numbers_is_refused(given, weights, kind):
    inputs, mask, h, c = given
    with pytest.raises(TypeError, match=f"expected a mask of bool; found {kind}"):
        packed.forward(inputs, mask.astype(kind), h, c, weights, Reading())


@pytest.mark.parametrize(
    ("place", "name"), [*enumerate(["a kernel", "a mask", "an initial hidden state", "an initial cell state"])]
)
@pytest.mark.parametrize("axis", [-1, 0])
def test_shapes_that_do_not_fit_are_refused_before_anything_is_read(given, weights, place, name, axis):
    arrays = list(given)
    arrays[place] = np.concatenate([arrays[place]] * 2, axis=axis)
    name = "a mask" if (place, axis) == (0, 0) else name
    with pytest.raises(ValueError, match=f"expected {name} of shape .*; found"):
        packed.forward(*arrays, weights, Reading())


def test_sequences_without_a_step_are_refused(given, weights):
    inputs, mask, h, c = given
    with pytest.raises(ValueError, match="at least one step"):
        packed.forward(inputs[:, :0], mask[:, :0], h, c, weights, Reading(last_only=True))
