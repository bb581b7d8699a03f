"""Products on the tiles of AMX, computed by a model of its instructions in NumPy where the processor has none."""

import ctypes

import numpy as np
import pytest

from sentiment.layers.fast.kernel.products import matrices, tiles
from sentiment.layers.fast.kernel.products.matrices import SPARE_ROWS, Backend


class Model:
    """Eight tiles of 16 rows of 64 bytes, with the instructions as Intel's manual describes them."""

    def __init__(self):
        self.tiles = np.zeros((8, 16, 64), np.uint8)

    def load_tile(self, tile, address, stride):
        for row in range(16):
            self.tiles[tile, row] = np.frombuffer(ctypes.string_at(int(address) + row * int(stride), 64), np.uint8)

    def store_tile(self, tile, address, stride):
        for row in range(16):
            ctypes.memmove(int(address) + row * int(stride), self.tiles[tile, row].tobytes(), 64)

    def clear_tile(self, tile):
        self.tiles[tile] = 0

    def multiply_tiles(self, c, a, b):
        """TDPBF16PS: every word of a row of a, a pair, times the word of b in the row of that number."""
        left, right = (
            (self.tiles[tile].view(np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(16, 16, 2)
            for tile in (a, b)
        )
        total = self.tiles[c].view(np.float32)
        total += np.einsum("mki,kni->mn", left, right)


@pytest.fixture
def multiply(monkeypatch):
    """The product on tiles, as Python runs it."""
    model = Model()
    for name in ("load_tile", "store_tile", "clear_tile", "multiply_tiles"):
        monkeypatch.setattr(tiles, name, getattr(model, name))
    return tiles.multiply.py_func


def bfloat16(rng, *shape):
    """Random numbers that bfloat16 holds exactly, and their bits."""
    bits = (rng.normal(size=shape).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    return (bits.astype(np.uint32) << 16).view(np.float32), bits


@pytest.mark.parametrize("add", [False, True])
@pytest.mark.parametrize(("m", "n", "k"), [(32, 32, 32), (37, 64, 96)])
def test_a_product_on_tiles_equals_that_of_numpy(multiply, rng, m, n, k, add):
    (a, a_bits), (b, _) = bfloat16(rng, m + SPARE_ROWS, k), bfloat16(rng, k, n)
    packed = matrices.pack(Backend.BFLOAT16_TILES, b)
    c = np.ones((m + SPARE_ROWS, n), np.float32)
    multiply(a_bits.ctypes.data, 2 * k, 64, packed.ctypes.data, c.ctypes.data, 4 * n, m, n, k // 2, add)
    np.testing.assert_allclose(c[:m], a[:m] @ b + add, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("k", [1, 32, 45])
def test_the_sum_over_tokens_on_tiles_equals_that_of_numpy(multiply, rng, k):
    m, n = 64, 32
    (a, a_bits), (d, d_bits) = bfloat16(rng, k, m), bfloat16(rng, k, n)
    left, right = matrices.packing_memory(Backend.BFLOAT16_TILES, k, m, n)
    matrices.pack_transposed_pairs(a_bits, left)
    matrices.pack_pairs(d_bits, right)
    pairs, c = len(right) // n, np.zeros((m, n), np.float32)
    multiply(left.ctypes.data, 4 * pairs, 64, right.ctypes.data, c.ctypes.data, 4 * n, m, n, pairs, True)
    np.testing.assert_allclose(c, a.T @ d, rtol=1e-4, atol=1e-4)
