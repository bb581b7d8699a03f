"""Memory is used again when, and only when, no view of it is left."""

import gc

import numpy as np
import pytest

from sentiment.layers.fast.kernel import buffers
from sentiment.layers.fast.kernel.buffers import ALIGNMENT, MOST_FREE, empty

SIZE = (1000, 7)


@pytest.fixture(autouse=True)
def _no_free_buffers(monkeypatch):
    monkeypatch.setattr(buffers, "_free", [])


def address(array):
    return array.__array_interface__["data"][0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_array_has_its_shape_and_dtype_and_the_alignment_of_tensorflow(dtype):
    array = empty(SIZE, np.dtype(dtype))
    assert array.shape == SIZE
    assert array.dtype == dtype
    assert address(array) % ALIGNMENT == 0
    array[:] = 3
    assert array.sum() == 3 * array.size


def test_the_memory_of_a_deleted_array_is_reused():
    first = empty(SIZE, np.dtype("float32"))
    where = address(first)
    del first
    gc.collect()
    assert address(empty(SIZE, np.dtype("float32"))) == where


def test_a_view_keeps_its_memory():
    first = empty(SIZE, np.dtype("float32"))
    view = first[3:5]
    view[:] = 1
    del first
    gc.collect()
    other = empty(SIZE, np.dtype("float32"))
    other[:] = 2
    assert (view == 1).all()


def test_much_smaller_arrays_do_not_take_large_buffers():
    empty((1000, 1000), np.dtype("float32"))
    gc.collect()
    empty((10, 10), np.dtype("float32"))
    assert len(buffers._free) == 2


def test_the_number_of_free_buffers_is_bounded():
    arrays = [empty((10 * 2**n,), np.dtype("float32")) for n in range(MOST_FREE + 4)]
    del arrays
    gc.collect()
    empty((1,), np.dtype("float32"))
    assert len(buffers._free) <= MOST_FREE + 1
