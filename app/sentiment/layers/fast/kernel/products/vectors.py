"""C (+)= A B by blocks in vector registers: float32 on any processor, bfloat16 with AVX-512 BF16."""

from sentiment.layers.fast.kernel.compiling import compiled
from sentiment.layers.fast.kernel.products.blocks import COLUMNS, ROWS, make_block

LOT = 256  # words that are summed before the next block, so that a panel of B stays in the first cache

_floats, _floats_4, _floats_1 = (make_block(rows, pairs=False) for rows in (ROWS, 4, 1))
_pairs, _pairs_4, _pairs_1 = (make_block(rows, pairs=True) for rows in (ROWS, 4, 1))


@compiled
def multiply_floats(a, a_row, a_word, b, c, c_row, m, n, words, add):
    """C[m, n] (+)= A[m, words] B[words, n], B in panels [n / COLUMNS, words, COLUMNS].

    Args:
        a, b, c: addresses.
        a_row, a_word, c_row: bytes from a row, or a word, to the next.
        m, n, words: sizes; n is a multiple of COLUMNS.
        add: whether to add to C.
    """
    for first in range(0, words, LOT):
        lot = min(LOT, words - first)
        further = add or first > 0
        for j in range(n // COLUMNS):
            bj, cj = b + 4 * COLUMNS * (j * words + first), c + 4 * COLUMNS * j
            ai, i = a + first * a_word, 0
            while i + ROWS <= m:
                _floats(ai + i * a_row, a_row, a_word, bj, cj + i * c_row, c_row, lot, further)
                i += ROWS
            while i + 4 <= m:
                _floats_4(ai + i * a_row, a_row, a_word, bj, cj + i * c_row, c_row, lot, further)
                i += 4
            while i < m:
                _floats_1(ai + i * a_row, a_row, a_word, bj, cj + i * c_row, c_row, lot, further)
                i += 1


@compiled
def multiply_pairs(a, a_row, a_word, b, c, c_row, m, n, words, add):
    """As `multiply_floats`, for words of two bfloat16.

    Written out a second time: Numba keeps no machine code of a function that is made by another and closes over blocks.
    """
    for first in range(0, words, LOT):
        lot = min(LOT, words - first)
        further = add or first > 0
        for j in range(n // COLUMNS):
            bj, cj = b + 4 * COLUMNS * (j * words + first), c + 4 * COLUMNS * j
            ai, i = a + first * a_word, 0
            while i + ROWS <= m:
                _pairs(ai + i * a_row, a_row, a_word, bj, cj + i * c_row, c_row, lot, further)
                i += ROWS
            while i + 4 <= m:
                _pairs_4(ai + i * a_row, a_row, a_word, bj, cj + i * c_row, c_row, lot, further)
                i += 4
            while i < m:
                _pairs_1(ai + i * a_row, a_row, a_word, bj, cj + i * c_row, c_row, lot, further)
                i += 1
