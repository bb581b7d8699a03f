"""A block of a matrix product in vector registers, written in LLVM's language: C[rows, columns] (+)= A B.

LLVM turns it into the machine code of any processor: AVX-512, AVX2, NEON. The two kinds differ in what a word of 32
bits holds: one float32, or two bfloat16, neighbours along the axis that is summed over, which AVX-512 BF16 multiplies
and adds in pairs.
"""

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from sentiment.layers.fast.kernel.processor import registers


class _BFloat(ir.Type):
    def _to_string(self) -> str:
        return "bfloat"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _BFloat)

    def __hash__(self) -> int:
        return hash("bfloat")


_I32, _I64, _F32 = ir.IntType(32), ir.IntType(64), ir.FloatType()


LANES, ROWS = registers()
VECTORS = 2
COLUMNS = LANES * VECTORS


def _float_sum(builder: ir.IRBuilder, total: ir.Value, a: ir.Value, b: ir.Value) -> ir.Value:
    return builder.fadd(total, builder.fmul(a, b, flags=("contract",)), flags=("contract",))


def _pair_sum(builder: ir.IRBuilder, total: ir.Value, a: ir.Value, b: ir.Value) -> ir.Value:
    pairs = ir.VectorType(_BFloat(), 2 * LANES)
    name = "llvm.x86.avx512bf16.dpbf16ps.512"
    function = builder.module.globals.get(name) or ir.Function(
        builder.module, ir.FunctionType(total.type, [total.type, pairs, pairs]), name
    )
    return builder.call(function, [total, builder.bitcast(a, pairs), builder.bitcast(b, pairs)])


def make_block(rows: int, pairs: bool) -> Callable[..., None]:
    """C[rows, COLUMNS] (+)= A[rows, words] B[words, COLUMNS], as a function for compiled code.

    Its arguments are integers: the address of A, bytes from a row to the next and from a word to the next, the address
    of B, whose rows lie one after the other, the address of C, bytes from a row of it to the next, the number of words,
    and whether to add to C.
    """
    word, add_products = (_I32, _pair_sum) if pairs else (_F32, _float_sum)

    def generate(context: Any, builder: ir.IRBuilder, _: Any, arguments: Sequence[ir.Value]) -> ir.Value:
        a, a_row, a_word, b, c, c_row, words, add = arguments
        vector, words_vector = ir.VectorType(_F32, LANES), ir.VectorType(word, LANES)
        first_lane = ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES)
        places = [(row, column) for row in range(rows) for column in range(VECTORS)]

        def load(address: ir.Value, kind: ir.Type) -> ir.Value:
            return builder.load(builder.inttoptr(address, kind.as_pointer()), align=4)

        def place(row: int, column: int) -> ir.Value:
            offset = builder.add(builder.mul(c_row, _I64(row)), _I64(4 * LANES * column))
            return builder.inttoptr(builder.add(c, offset), vector.as_pointer())

        totals = {at: cgutils.alloca_once(builder, vector) for at in places}  # become registers
        with builder.if_else(add) as (then, otherwise):
            with then:
                for at in places:
                    builder.store(builder.load(place(*at), align=4), totals[at])
            with otherwise:
                for at in places:
                    builder.store(ir.Constant(vector, [0.0] * LANES), totals[at])
        with cgutils.for_range(builder, words) as loop:
            a_at = builder.add(a, builder.mul(loop.index, a_word))
            b_at = builder.add(b, builder.mul(loop.index, _I64(4 * COLUMNS)))
            b_vectors = [load(builder.add(b_at, _I64(4 * LANES * v)), words_vector) for v in range(VECTORS)]
            for row in range(rows):
                single = load(builder.add(a_at, builder.mul(a_row, _I64(row))), word)
                undefined = ir.Constant(words_vector, ir.Undefined)
                every_lane = builder.shuffle_vector(
                    builder.insert_element(undefined, single, _I32(0)), undefined, first_lane
                )
                for v in range(VECTORS):
                    total = totals[row, v]
                    builder.store(add_products(builder, builder.load(total), every_lane, b_vectors[v]), total)
        for at in places:
            builder.store(builder.load(totals[at]), place(*at), align=4)
        return context.get_dummy_value()

    @intrinsic
    def block(_, a, a_row, a_word, b, c, c_row, words, add):  # noqa: ARG001  Numba reads the names
        return types.void(*[types.int64] * 7, types.boolean), generate

    return block
