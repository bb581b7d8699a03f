"""The packed LSTM equals the reference, however rows are masked and split among workers."""

import numpy as np
import pytest

from sentiment.layers import reference
from sentiment.layers.fast import packed, workers
from sentiment.layers.fast.packed import Result
from sentiment.layers.fast.packing import Options, pack

BATCH, TIME, INPUT, UNITS = 40, 9, 3, 4


@pytest.fixture
def arrays(rng):
    """Inputs, a mask with holes, rows of every length and one without a token, initial states that are not zero."""
    mask = rng.random((BATCH, TIME)) < 0.6
    mask[0], mask[1] = False, True
    return rng.normal(size=(BATCH, TIME, INPUT)), mask, rng.normal(size=(BATCH, UNITS)), rng.normal(size=(BATCH, UNITS))


@pytest.fixture
def weights(rng):
    return reference.Weights(
        *(rng.normal(size=shape) for shape in ((INPUT, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,)))
    )


def run(arrays, weights, options, by_result):
    result, activations = packed.forward(*arrays, weights, options)
    return result, packed.backward(arrays[1], activations, by_result, weights, options)


def some_gradients(rng):
    return Result(*(rng.normal(size=shape) for shape in ((BATCH, TIME, UNITS), (BATCH, UNITS), (BATCH, UNITS))))


def test_three_rows_are_packed_step_by_step_with_the_longest_first():
    mask = np.array([[True, True, True], [True, False, False], [True, True, False]])
    packing = pack(mask, np.arange(3), Options())
    a, b, c = 0, 3, 6  # where each row's first token lies in the batch
    assert packing.rows.tolist() == [0, 2, 1]
    assert packing.tokens.tolist() == [a, c, b, a + 1, c + 1, a + 2]
    assert packing.sizes == [3, 3, 2, 1]  # the initial states, then the steps
    assert packing.shown.tolist() == [[3, 6, 8], [4, 7, 7], [5, 5, 5]]


def test_a_row_that_is_read_backwards_starts_at_its_last_token():
    packing = pack(np.array([[True, True, False]]), np.arange(1), Options(reverse=True))
    assert packing.tokens.tolist() == [1, 0]
    assert packing.shown.tolist() == [[-1, 1, 2]]


def test_packed_outputs_states_and_gradients_equal_the_reference(arrays, weights, rng):
    inputs, mask, h, c = arrays
    by_result = some_gradients(rng)
    result, gradients = run(arrays, weights, Options(zero_before=False), by_result)
    steps = reference.sequence(weights, inputs, (h, c), mask)
    expected = reference.sequence_gradients(weights, inputs, by_result.outputs, by_result[1:], (h, c), mask)
    wanted = (steps.hidden, steps.hidden[:, -1], steps.cell[:, -1], *expected)
    for value, of_reference in zip((*result, *gradients), wanted, strict=True):
        np.testing.assert_allclose(value, of_reference, atol=1e-12)


@pytest.mark.parametrize("options", [Options(), Options(reverse=True), Options(zero_masked=True)], ids=str)
def test_the_number_of_workers_and_the_size_of_chunks_change_nothing(arrays, weights, rng, options, monkeypatch):
    by_result = some_gradients(rng)
    results = []
    for cores, chunk in ((1, 2**20), (3, 1), (1, 50 * 4 * UNITS)):
        monkeypatch.setattr(workers, "cores", lambda cores=cores: cores)
        monkeypatch.setattr(packed, "CHUNK", chunk)
        result, gradients = run(arrays, weights, options, by_result)
        results.append((*result, *gradients))
    for whole, *parts in zip(*results, strict=True):
        for part in parts:
            np.testing.assert_allclose(part, whole, atol=1e-12)


def test_the_activations_can_be_used_for_several_backward_passes(arrays, weights, rng):
    by_result = some_gradients(rng)
    _, activations = packed.forward(*arrays, weights, Options())
    first, second = (packed.backward(arrays[1], activations, by_result, weights, Options()) for _ in range(2))
    np.testing.assert_array_equal(first.kernel, second.kernel)


def test_gates_stay_finite_at_weights_of_a_thousand_and_keep_the_cell_state(arrays, weights):
    inputs, mask, h, c = arrays
    result, activations = packed.forward(inputs * 1000, mask, h, c, weights, Options())
    assert np.isfinite(result.outputs).all()
    assert activations.gates.min() >= -1
    assert activations.gates.max() <= 1


def test_the_thread_limit_of_matrix_products_is_restored(arrays, weights):
    before = [library["num_threads"] for library in workers.blas_libraries().info()]
    packed.forward(*arrays, weights, Options())
    assert [library["num_threads"] for library in workers.blas_libraries().info()] == before
    assert before


@pytest.mark.parametrize("kind", ["uint8", "int64", "float32"])
def test_a_mask_of_numbers_is_refused(arrays, weights, kind):
    inputs, mask, h, c = arrays
    with pytest.raises(TypeError, match=f"expected a mask of bool; found {kind}"):
        packed.forward(inputs, mask.astype(kind), h, c, weights, Options())


@pytest.mark.parametrize(
    ("place", "name"), [*enumerate(["a kernel", "a mask", "an initial hidden state", "an initial cell state"])]
)
@pytest.mark.parametrize("axis", [-1, 0])
def test_shapes_that_do_not_fit_are_refused_before_anything_is_read(arrays, weights, place, name, axis):
    changed = list(arrays)
    changed[place] = np.concatenate([changed[place]] * 2, axis=axis)
    name = "a mask" if (place, axis) == (0, 0) else name
    with pytest.raises(ValueError, match=f"expected {name} of shape .*; found"):
        packed.forward(*changed, weights, Options())


def test_sequences_without_a_step_are_refused(arrays, weights):
    inputs, mask, h, c = arrays
    with pytest.raises(ValueError, match="at least one step"):
        packed.forward(inputs[:, :0], mask[:, :0], h, c, weights, Options(last_only=True))
