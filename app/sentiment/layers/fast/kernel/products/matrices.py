"""Products of matrices for the loops: a back end by its number, arrays in, arrays out.

The type of the left matrix decides what is multiplied: float32, or bfloat16 as its bits in uint16. Sums are always
float32. The right matrix is packed once and used many times.
"""

from enum import IntEnum

import numpy as np
from numba import types
from numba.extending import overload

from sentiment.layers.fast.kernel.compiling import compiled
from sentiment.layers.fast.kernel.processor import has_tiles
from sentiment.layers.fast.kernel.products import tiles, vectors
from sentiment.layers.fast.kernel.products.blocks import COLUMNS
from sentiment.layers.fast.kernel.scalars import narrow

PADDING = 32  # sizes of matrices are padded to a multiple of it, see `padded`
SPARE_ROWS = 32  # so many rows may be read and written behind the last one of the left matrix and of the result
PAIRS = 16  # numbers of pairs are padded to a multiple of it


class Backend(IntEnum):
    """What multiplies. The numbers are compared in compiled code.

    A new one needs its `dtype`, a branch in `pack`, `packing_memory`, `multiply` and `accumulate`, and its place in
    `sentiment.layers.fast.selection.backends`.
    """

    BLAS = 0  # float32, the library that SciPy brings
    VECTORS = 1  # float32
    BFLOAT16_VECTORS = 2  # AVX-512 BF16
    BFLOAT16_TILES = 3  # AMX

    @property
    def dtype(self) -> type[np.generic]:
        """Of the left matrices: float32, or uint16 with the bits of bfloat16."""
        return np.uint16 if self in (Backend.BFLOAT16_VECTORS, Backend.BFLOAT16_TILES) else np.float32


_BLAS, _TILES = int(Backend.BLAS), int(Backend.BFLOAT16_TILES)
_HAS_TILES = has_tiles()
# Without AMX its instructions cannot even be compiled, so nothing compiled may refer to them.
_multiply_tiles = tiles.multiply if _HAS_TILES else vectors.multiply_pairs


def padded(size: int) -> int:
    """The next multiple of `PADDING`."""
    return -(-size // PADDING) * PADDING


def pack(backend: Backend, matrix: np.ndarray) -> np.ndarray:
    """A right matrix as the back end reads it, float32[k n] or uint32[k n / 2].

    Args:
        backend: that will multiply.
        matrix: float32[k, n]; k and n are multiples of `PADDING`.
    """
    k, n = matrix.shape
    if backend == Backend.BLAS:
        return np.ascontiguousarray(matrix).ravel()
    if backend == Backend.VECTORS:
        packed = np.empty(k * n, np.float32)
        pack_floats(np.ascontiguousarray(matrix), packed)
        return packed
    packed = np.empty(k // 2 * n, np.uint32)
    narrowed = np.empty((k, n), np.uint16)
    narrow_all(np.ascontiguousarray(matrix), narrowed)
    pack_pairs(narrowed, packed)
    return packed


@compiled
def narrow_all(matrix, narrowed):
    """Fills uint16[k, n] with the bits of the bfloat16 nearest to float32[k, n]."""
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            narrowed[i, j] = narrow(matrix[i, j])


@compiled
def pack_floats(matrix, packed):
    """Fills float32[k n] with panels [n / COLUMNS, k, COLUMNS] of float32[k, n]."""
    k, n = matrix.shape
    for i in range(k):
        for j in range(n // COLUMNS):
            at = (j * k + i) * COLUMNS
            for q in range(COLUMNS):
                packed[at + q] = matrix[i, j * COLUMNS + q]


@compiled
def pack_pairs(matrix, packed):
    """Fills uint32 with panels [n / 32, pairs, 32] of pairs of neighbours in a column of uint16[k, n].

    The number of pairs is what `packed` holds for each column; those behind the last row are zero.
    """
    k, n = matrix.shape
    pairs = len(packed) // n
    for p in range(pairs):
        for j in range(n // PADDING):
            at = (j * pairs + p) * PADDING
            for q in range(PADDING):
                column = j * PADDING + q
                first = np.uint32(matrix[2 * p, column]) if 2 * p < k else np.uint32(0)
                second = np.uint32(matrix[2 * p + 1, column]) if 2 * p + 1 < k else np.uint32(0)
                packed[at + q] = first | (second << np.uint32(16))


@compiled
def pack_transposed_pairs(matrix, packed):
    """Fills uint32 with [n, pairs], the pairs of `pack_pairs`, a column of uint16[k, n] in each row."""
    k, n = matrix.shape
    pairs = len(packed) // n
    for first in range(0, pairs, PAIRS):
        for column in range(n):
            for p in range(first, first + PAIRS):
                upper = np.uint32(matrix[2 * p, column]) if 2 * p < k else np.uint32(0)
                lower = np.uint32(matrix[2 * p + 1, column]) if 2 * p + 1 < k else np.uint32(0)
                packed[column * pairs + p] = upper | (lower << np.uint32(16))


def start(backend):
    """What a thread needs before its products, in compiled code."""
    raise NotImplementedError


def stop(backend):
    """What a thread needs after its products, before it goes on to other work, in compiled code."""
    raise NotImplementedError


@overload(start)
def _start(backend):  # noqa: ARG001
    def tiles_only(backend):
        if backend == _TILES:
            tiles.configure()

    return tiles_only if _HAS_TILES else lambda backend: None  # noqa: ARG005


@overload(stop)
def _stop(backend):  # noqa: ARG001
    def tiles_only(backend):
        if backend == _TILES:
            tiles.release()

    return tiles_only if _HAS_TILES else lambda backend: None  # noqa: ARG005


def packing_memory(backend: Backend, k: int, m: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Memory in which `accumulate` packs a and d, for at most k rows of m and n columns."""
    if backend == Backend.BLAS:
        return np.empty(m * n, np.float32), np.empty(0, np.float32)
    if backend == Backend.VECTORS:
        return np.empty(0, np.float32), np.empty(k * n, np.float32)
    pairs = -(-k // (2 * PAIRS)) * PAIRS
    return np.empty(pairs * m, np.uint32), np.empty(pairs * n, np.uint32)


def multiply(backend, a, b, c):
    """c = a b, in compiled code.

    Args:
        backend: a value of `Backend`.
        a: float32 or uint16[m, k].
        b: packed, of a matrix [k, n].
        c: float32[m, n].
    """
    raise NotImplementedError


@overload(multiply, jit_options={"nogil": True})
def _multiply(backend, a, b, c):  # noqa: ARG001
    if a.dtype == types.float32:

        def floats(backend, a, b, c):
            (m, k), n = a.shape, c.shape[1]
            if backend == _BLAS:
                np.dot(a, b.reshape(k, n), c)
            else:
                vectors.multiply_floats(a.ctypes.data, 4 * k, 4, b.ctypes.data, c.ctypes.data, 4 * n, m, n, k, False)

        return floats

    def pairs(backend, a, b, c):
        (m, k), n = a.shape, c.shape[1]
        if backend == _TILES:
            _multiply_tiles(a.ctypes.data, 2 * k, 64, b.ctypes.data, c.ctypes.data, 4 * n, m, n, k // 2, False)
        else:
            vectors.multiply_pairs(a.ctypes.data, 2 * k, 4, b.ctypes.data, c.ctypes.data, 4 * n, m, n, k // 2, False)

    return pairs


def accumulate(backend, a, d, c, packed_a, packed_d):
    """c += a.T d, in compiled code.

    Args:
        backend: a value of `Backend`.
        a, d: float32 or uint16[k, m] and [k, n].
        c: float32[m, n].
        packed_a, packed_d: memory for packing, as `packing_memory` gives it.
    """
    raise NotImplementedError


@overload(accumulate, jit_options={"nogil": True})
def _accumulate(backend, a, d, c, packed_a, packed_d):  # noqa: ARG001
    if a.dtype == types.float32:

        def floats(backend, a, d, c, packed_a, packed_d):
            (k, m), n = a.shape, d.shape[1]
            if backend == _BLAS:
                product = packed_a[: m * n].reshape(m, n)
                np.dot(a.T, d, product)
                c += product
            else:
                pack_floats(d, packed_d)
                vectors.multiply_floats(
                    a.ctypes.data, 4, 4 * m, packed_d.ctypes.data, c.ctypes.data, 4 * n, m, n, k, True
                )

        return floats

    def pairs(backend, a, d, c, packed_a, packed_d):
        (k, m), n = a.shape, d.shape[1]
        count = -(-k // (2 * PAIRS)) * PAIRS
        right, left = packed_d[: count * n], packed_a[: count * m]
        pack_pairs(d, right)
        if backend == _TILES:
            pack_transposed_pairs(a, left)
            _multiply_tiles(left.ctypes.data, 4 * count, 64, right.ctypes.data, c.ctypes.data, 4 * n, m, n, count, True)
        else:
            pack_pairs(a, left)
            for j in range(m // PADDING):  # a panel of 32 columns of a, as rows
                vectors.multiply_pairs(
                    left.ctypes.data + 4 * PADDING * count * j, 4, 4 * PADDING, right.ctypes.data,
                    c.ctypes.data + 4 * PADDING * n * j, 4 * n, PADDING, n, count, True,
                )  # fmt: skip

    return pairs
