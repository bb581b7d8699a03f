"""C (+)= A B in bfloat16 on the tiles of AMX: 16 rows of 16 words, multiplied in one instruction.

Intel's manual of the instruction set describes tiles, their configuration of 64 bytes, and TDPBF16PS. Linux lends the
tiles to a process that asks for them.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from sentiment.layers.fast.kernel.compiling import compiled

TILE = 16  # rows, and words in a row
BLOCK = 2 * TILE  # rows and columns that are computed at once, in four tiles

# Palette 1: eight tiles of 16 rows of 64 bytes.
CONFIGURATION = np.zeros(64, np.uint8)
CONFIGURATION[0] = 1
CONFIGURATION[16:32].view(np.uint16)[:] = 4 * TILE
CONFIGURATION[48:56] = TILE


def _instruction(name: str, *kinds: ir.Type) -> Callable[..., Any]:
    """What emits an instruction: numbers of tiles come as Python's integers, addresses and strides as values."""

    def emit(context: Any, builder: ir.IRBuilder, values: Sequence[Any]) -> ir.Value:
        function = builder.module.globals.get(f"llvm.x86.{name}") or ir.Function(
            builder.module, ir.FunctionType(ir.VoidType(), kinds), f"llvm.x86.{name}"
        )
        arguments = [
            kind(value)
            if isinstance(value, int)
            else builder.inttoptr(value, kind)
            if isinstance(kind, ir.PointerType)
            else value
            for kind, value in zip(kinds, values, strict=True)
        ]
        builder.call(function, arguments)
        return context.get_dummy_value()

    return emit


_TILE, _STRIDE, _ADDRESS = ir.IntType(8), ir.IntType(64), ir.IntType(8).as_pointer()
_configure = _instruction("ldtilecfg", _ADDRESS)
_release = _instruction("tilerelease")
_zero = _instruction("tilezero", _TILE)
_load = _instruction("tileloadd64", _TILE, _ADDRESS, _STRIDE)
_store = _instruction("tilestored64", _TILE, _ADDRESS, _STRIDE)
_multiply = _instruction("tdpbf16ps", _TILE, _TILE, _TILE)


@intrinsic(prefer_literal=True)
def multiply_tiles(_, c, a, b):
    """Tile c += tile a times tile b."""
    numbers = [number.literal_value for number in (c, a, b)]
    return types.void(c, a, b), lambda context, builder, _signature, _values: _multiply(context, builder, numbers)


@intrinsic(prefer_literal=True)
def load_tile(_, tile, address, stride):  # noqa: ARG001
    """Reads a tile from an address; the rows lie `stride` bytes apart."""
    number = tile.literal_value
    return types.void(tile, types.int64, types.int64), lambda context, builder, _signature, values: _load(
        context, builder, [number, *values[1:]]
    )


@intrinsic(prefer_literal=True)
def store_tile(_, tile, address, stride):  # noqa: ARG001
    """Writes a tile to an address."""
    number = tile.literal_value
    return types.void(tile, types.int64, types.int64), lambda context, builder, _signature, values: _store(
        context, builder, [number, *values[1:]]
    )


@intrinsic(prefer_literal=True)
def clear_tile(_, tile):
    """Sets a tile to zero."""
    number = tile.literal_value
    return types.void(tile), lambda context, builder, _signature, _values: _zero(context, builder, [number])


@intrinsic
def configure_tiles(_, address):  # noqa: ARG001
    """LDTILECFG: the configuration of tiles at an address."""
    return types.void(types.int64), lambda context, builder, _signature, values: _configure(context, builder, values)


@intrinsic
def release_tiles(_):
    """TILERELEASE."""
    return types.void(), lambda context, builder, _signature, _values: _release(context, builder, [])


@compiled
def configure():
    """Makes the tiles usable in this thread, until `release`."""
    configure_tiles(CONFIGURATION.ctypes.data)


@compiled
def release():
    """Gives the tiles back; must follow before a thread goes on to other work."""
    release_tiles()


@compiled
def multiply(a, a_row, a_group, b, c, c_row, m, n, words, add):
    """C[m, n] (+)= A[m, words] B[words, n], with words of two bfloat16; B in panels [n / 32, words, 32].

    Args:
        a, b, c: addresses. Up to 31 rows behind the last of A are read, and behind the last of C written.
        a_row, c_row: bytes from a row to the next.
        a_group: bytes from 16 words of A to the next 16.
        m, n, words: sizes; n is a multiple of 32, words of 16.
        add: whether to add to C.
    """
    a_lower, c_lower, c_right = TILE * a_row, TILE * c_row, 4 * TILE
    for j in range(n // BLOCK):
        for i in range(0, m, BLOCK):
            cij = c + i * c_row + 4 * BLOCK * j
            if add:
                load_tile(0, cij, c_row)
                load_tile(1, cij + c_right, c_row)
                load_tile(2, cij + c_lower, c_row)
                load_tile(3, cij + c_lower + c_right, c_row)
            else:
                clear_tile(0)
                clear_tile(1)
                clear_tile(2)
                clear_tile(3)
            for group in range(words // TILE):
                ai = a + i * a_row + group * a_group
                bj = b + 4 * BLOCK * (j * words + group * TILE)
                load_tile(4, ai, a_row)
                load_tile(6, bj, 4 * BLOCK)
                multiply_tiles(0, 4, 6)
                load_tile(7, bj + c_right, 4 * BLOCK)
                multiply_tiles(1, 4, 7)
                load_tile(5, ai + a_lower, a_row)
                multiply_tiles(2, 5, 6)
                multiply_tiles(3, 5, 7)
            store_tile(0, cij, c_row)
            store_tile(1, cij + c_right, c_row)
            store_tile(2, cij + c_lower, c_row)
            store_tile(3, cij + c_lower + c_right, c_row)
