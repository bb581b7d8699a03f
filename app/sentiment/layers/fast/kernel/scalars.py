"""Functions of single numbers that the loops need, without branches, so that loops over them are vectorised."""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from sentiment.layers.fast.kernel.compiling import inlined

F = np.float32

# tanh(x) = x P(x^2) / Q(x^2) for |x| <= LIMIT, beyond which float32 knows no other value than 1. Fitted for the least
# largest relative error, 1.3e-7, by Lawson's iteration; with float32's own rounding a result is up to 5e-7 off.
LIMIT = F(7.9)
P0, P1, P2, P3 = F(9.999998694e-01), F(1.293441798e-01), F(2.960473573e-03), F(1.153183813e-05)
Q1, Q2, Q3, Q4 = F(4.626764473e-01), F(2.385408462e-02), F(2.400120677e-04), F(2.492546890e-07)
HALF, ONE = F(0.5), F(1)


@inlined
def tanh(x):
    """Of a float32."""
    inside = LIMIT if x > LIMIT else x  # NaN is not greater, so it stays
    inside = -LIMIT if inside < -LIMIT else inside
    s = inside * inside
    y = inside * (P0 + s * (P1 + s * (P2 + s * P3))) / (ONE + s * (Q1 + s * (Q2 + s * (Q3 + s * Q4))))
    y = ONE if x >= LIMIT else y  # exactly, so that the slope of a gate that is fully open is zero
    return -ONE if x <= -LIMIT else y


@inlined
def sigmoid(x):
    """Of a float32."""
    return HALF + HALF * tanh(HALF * x)


@intrinsic
def _bits(_, x):  # noqa: ARG001  Numba reads the name
    return types.uint32(types.float32), lambda _context, builder, _signature, values: builder.bitcast(
        values[0], ir.IntType(32)
    )


@intrinsic
def _number(_, x):  # noqa: ARG001
    return types.float32(types.uint32), lambda _context, builder, _signature, values: builder.bitcast(
        values[0], ir.FloatType()
    )


@inlined
def narrow(x):
    """The bits of the bfloat16 that is nearest to a float32, ties to even, as uint16; NaN stays NaN."""
    bits = _bits(x)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    return np.uint16(rounded if x == x else np.uint32(0x7FC0))


@inlined
def widen(bits):
    """The float32 of a bfloat16's bits, uint16."""
    return _number(np.uint32(bits) << np.uint32(16))
