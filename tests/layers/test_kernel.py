"""The compiled LSTM equals the reference, with every back end of products, however rows are masked and divided."""

import os
import select

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment.layers import reference
from sentiment.layers.fast import selection
from sentiment.layers.fast.kernel import passes, workers
from sentiment.layers.fast.kernel.packing import pack
from sentiment.layers.fast.kernel.passes import Result
from sentiment.layers.fast.kernel.products.matrices import Backend
from sentiment.layers.fast.options import Options

BATCH, TIME, INPUT, UNITS = 40, 9, 3, 4
BACKENDS = [*selection.backends("float32"), *(set(selection.backends("bfloat16")) - set(selection.backends("float32")))]
# bfloat16 has eight bits; sums of a few products of numbers around one are off by some hundredths.
ERROR = {np.float32: 2e-5, np.uint16: 0.06}


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name.lower())
def backend(request):
    return request.param


def draw(rng, *shape):
    return rng.normal(size=shape, scale=0.5).astype(np.float32)


def some_arrays(rng, batch=BATCH, time=TIME, features=INPUT, units=UNITS):
    """Inputs, a mask with holes, rows of every length and one without a token, initial states that are not zero."""
    mask = rng.random((batch, time)) < 0.6
    mask[0], mask[-1] = False, True
    return draw(rng, batch, time, features), mask, draw(rng, batch, units), draw(rng, batch, units)


def some_weights(rng, features=INPUT, units=UNITS):
    return reference.Weights(draw(rng, features, 4 * units), draw(rng, units, 4 * units), draw(rng, 4 * units))


@pytest.fixture
def arrays(rng):
    return some_arrays(rng)


@pytest.fixture
def weights(rng):
    return some_weights(rng)


def run(backend, arrays, weights, options, by_result):
    result, stored = passes.forward(backend, *arrays, weights, options, True)
    return result, passes.backward(backend, arrays[1], stored, by_result, weights, options)


def some_gradients(rng, batch=BATCH, time=TIME, units=UNITS):
    return Result(draw(rng, batch, time, units), draw(rng, batch, units), draw(rng, batch, units))


def assert_equals_the_reference(backend, arrays, weights, by_result):
    """Outputs, last states and all gradients, to the largest value of each."""
    result, gradients = run(backend, arrays, weights, Options(zero_before=False), by_result)
    inputs, mask, h, c = arrays
    exact = reference.Weights(*(value.astype(np.float64) for value in weights))
    steps = reference.sequence(exact, inputs.astype(np.float64), (h, c), mask)
    expected = reference.sequence_gradients(
        exact, inputs.astype(np.float64), by_result.outputs.astype(np.float64), by_result[1:], (h, c), mask
    )
    wanted = (steps.hidden, steps.hidden[:, -1], steps.cell[:, -1], *expected)
    for value, of_reference in zip((*result, *gradients), wanted, strict=True):
        largest = np.abs(of_reference).max()
        np.testing.assert_allclose(value, of_reference, atol=ERROR[backend.dtype] * max(1, largest), rtol=0)


def test_three_rows_are_packed_step_by_step_with_the_longest_first():
    mask = np.array([[True, True, True], [True, False, False], [True, True, False]])
    packing = pack(mask, np.arange(3), Options())
    a, b, c = 0, 3, 6  # where each row's first token lies in the batch
    assert packing.rows.tolist() == [0, 2, 1]
    assert packing.tokens.tolist() == [a, c, b, a + 1, c + 1, a + 2]
    assert packing.starts.tolist() == [0, 3, 5, 6]
    # The state after the only token of b is shown by all of its outputs, that after the last of c by two.
    assert packing.shown.tolist() == [[0, 1], [6, 7], [3, 6], [1, 2], [7, 9], [2, 3]]


def test_a_row_that_is_read_backwards_starts_at_its_last_token():
    packing = pack(np.array([[True, True, False]]), np.arange(1), Options(reverse=True))
    assert packing.tokens.tolist() == [1, 0]
    assert packing.shown.tolist() == [[1, 2], [2, 3]]


def test_of_a_row_that_returns_its_last_output_only_the_last_state_is_shown():
    packing = pack(np.array([[False, False], [True, True]]), np.arange(2), Options(last_only=True, zero_before=False))
    assert packing.rows.tolist() == [1, 0]
    assert packing.shown.tolist() == [[0, 0], [1, 2]]
    assert packing.shown_before.tolist() == [[0, 0], [0, 1]]


def test_outputs_states_and_gradients_equal_the_reference(backend, arrays, weights, rng):
    assert_equals_the_reference(backend, arrays, weights, some_gradients(rng))


@settings(max_examples=25, deadline=None)
@given(sizes=st.tuples(*[st.integers(1, most) for most in (70, 12, 70, 70)]), seed=st.integers(0, 999))
@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.name.lower())
def test_sequences_of_any_sizes_and_masks_equal_the_reference(backend, sizes, seed):
    batch, time, features, units = sizes
    rng = np.random.default_rng(seed)
    arrays, weights = some_arrays(rng, batch, time, features, units), some_weights(rng, features, units)
    weights = reference.Weights(*(value / np.sqrt(features + units) for value in weights))
    assert_equals_the_reference(backend, arrays, weights, some_gradients(rng, batch, time, units))


@pytest.mark.parametrize("reverse", [False, True])
def test_a_layer_that_returns_its_last_output_equals_the_reference(backend, arrays, weights, rng, reverse):
    inputs, mask, h, c = arrays
    by_result = some_gradients(rng, time=1)
    options = Options(reverse=reverse, last_only=True, zero_before=False)
    result, gradients = run(backend, arrays, weights, options, by_result)
    turned = slice(None, None, -1 if reverse else 1)
    steps = reference.sequence(weights, inputs[:, turned], (h, c), mask[:, turned])
    by_hidden = np.zeros_like(steps.hidden)
    by_hidden[:, -1:] = by_result.outputs
    expected = reference.sequence_gradients(
        weights, inputs[:, turned], by_hidden, by_result[1:], (h, c), mask[:, turned]
    )
    expected = expected._replace(inputs=expected.inputs[:, turned])
    wanted = (steps.hidden[:, -1:], steps.hidden[:, -1], steps.cell[:, -1], *expected)
    for value, of_reference in zip((*result, *gradients), wanted, strict=True):
        largest = np.abs(of_reference).max()
        np.testing.assert_allclose(value, of_reference, atol=ERROR[backend.dtype] * max(1, largest), rtol=0)


def test_a_forked_process_computes_with_threads_of_its_own(arrays, weights):
    expected, _ = passes.forward(Backend.VECTORS, *arrays, weights, Options(), False)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        result, _ = passes.forward(Backend.VECTORS, *arrays, weights, Options(), False)
        os.write(write, b"equal" if np.array_equal(result.outputs, expected.outputs) else b"not equal")
        os._exit(0)
    assert select.select([read], [], [], 60)[0], "the forked process waits for a thread that it does not have"
    assert os.read(read, 20) == b"equal"
    os.waitpid(child, 0)


def test_what_the_backward_pass_needs_is_kept_only_if_it_is_wanted(backend, arrays, weights):
    wanted, stored = passes.forward(backend, *arrays, weights, Options(), True)
    alone, nothing = passes.forward(backend, *arrays, weights, Options(), False)
    assert (stored is None, nothing is None) == (False, True)
    for value, other in zip(alone, wanted, strict=True):
        np.testing.assert_array_equal(value, other)


@pytest.mark.parametrize("options", [Options(), Options(reverse=True), Options(zero_masked=True)], ids=str)
def test_the_number_of_streams_and_the_size_of_chunks_change_nothing(
    backend, arrays, weights, rng, options, monkeypatch
):
    by_result = some_gradients(rng)
    results = []
    for cores, chunk in ((1, 512), (3, 1), (1, 50)):
        monkeypatch.setattr(workers, "cores", lambda cores=cores: cores)
        monkeypatch.setattr(passes, "CHUNK", chunk)
        result, gradients = run(backend, arrays, weights, options, by_result)
        results.append((*result, *gradients))
    for whole, *parts in zip(*results, strict=True):
        for part in parts:
            np.testing.assert_allclose(part, whole, atol=1e-4, rtol=1e-5)


def test_the_activations_can_be_used_for_several_backward_passes(backend, arrays, weights, rng):
    by_result = some_gradients(rng)
    _, stored = passes.forward(backend, *arrays, weights, Options(), True)
    first, second = (passes.backward(backend, arrays[1], stored, by_result, weights, Options()) for _ in range(2))
    np.testing.assert_array_equal(first.kernel, second.kernel)


def test_gates_stay_between_minus_one_and_one_at_inputs_of_a_thousand(backend, arrays, weights):
    inputs, mask, h, c = arrays
    result, stored = passes.forward(backend, inputs * 1000, mask, h, c, weights, Options(), True)
    assert np.isfinite(result.outputs).all()
    assert stored.gates[..., :UNITS].min() >= -1
    assert stored.gates[..., :UNITS].max() <= 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_reaches_its_own_row_and_no_other(backend, arrays, weights, value):
    inputs, mask, h, c = arrays
    mask = np.ones_like(mask)
    expected, _ = passes.forward(backend, inputs, mask, h, c, weights, Options(), False)
    inputs[3, 2, 1] = value
    found, _ = passes.forward(backend, inputs, mask, h, c, weights, Options(), False)
    others = np.arange(BATCH) != 3
    np.testing.assert_array_equal(found.outputs[others], expected.outputs[others])
    np.testing.assert_array_equal(found.outputs[3, :2], expected.outputs[3, :2])
    with np.errstate(invalid="ignore"):
        steps = reference.sequence(weights, inputs, (h, c), mask)
    np.testing.assert_array_equal(np.isnan(found.outputs[3]), np.isnan(steps.hidden[3]))


def test_the_thread_limit_of_matrix_products_is_restored(arrays, weights):
    before = [library["num_threads"] for library in workers.blas_libraries().info()]
    passes.forward(Backend.BLAS, *arrays, weights, Options(), False)
    assert [library["num_threads"] for library in workers.blas_libraries().info()] == before
    assert before


@pytest.mark.parametrize("kind", ["uint8", "int64", "float32"])
def test_a_mask_of_numbers_is_refused(arrays, weights, kind):
    inputs, mask, h, c = arrays
    with pytest.raises(TypeError, match=f"expected a mask of bool; found {kind}"):
        passes.forward(Backend.VECTORS, inputs, mask.astype(kind), h, c, weights, Options(), False)


@pytest.mark.parametrize(
    ("place", "name"), [*enumerate(["a kernel", "a mask", "an initial hidden state", "an initial cell state"])]
)
@pytest.mark.parametrize("axis", [-1, 0])
def test_shapes_that_do_not_fit_are_refused_before_anything_is_read(arrays, weights, place, name, axis):
    changed = list(arrays)
    changed[place] = np.concatenate([changed[place]] * 2, axis=axis)
    name = "a mask" if (place, axis) == (0, 0) else name
    with pytest.raises(ValueError, match=f"expected {name} of shape .*; found"):
        passes.forward(Backend.VECTORS, *changed, weights, Options(), False)


def test_sequences_without_a_step_are_refused(arrays, weights):
    inputs, mask, h, c = arrays
    with pytest.raises(ValueError, match="at least one step"):
        passes.forward(Backend.VECTORS, inputs[:, :0], mask[:, :0], h, c, weights, Options(last_only=True), False)
