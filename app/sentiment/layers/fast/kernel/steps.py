"""One step of the LSTM for one row of a batch, forward and backward: the loops that the fast path exists for.

Line for line the equations of `sentiment.layers.reference`. Arrays are float32; those of gates are [4, units] in the
order i, f, g, o. They may be longer than the layer has units: the padding stays zero, which an infinite input would
turn into NaN.
"""

from sentiment.layers.fast.kernel.compiling import compiled
from sentiment.layers.fast.kernel.scalars import ONE, sigmoid, tanh


@compiled
def step(z, bias, cell, new_cell, gates, hidden, units):
    """Reads z = x @ kernel + h @ recurrent_kernel and the old cell; writes the new cell, the gates, and h'."""
    for j in range(units):
        i = sigmoid(z[0, j] + bias[0, j])
        f = sigmoid(z[1, j] + bias[1, j])
        g = tanh(z[2, j] + bias[2, j])
        o = sigmoid(z[3, j] + bias[3, j])
        c = f * cell[j] + i * g
        h = o * tanh(c)
        gates[0, j], gates[1, j], gates[2, j], gates[3, j] = i, f, g, o
        new_cell[j], hidden[j] = c, h


@compiled
def step_gradients(gates, old_cell, new_cell, dh, dc, dz, d_bias, units):
    """Reads dh' and what the step left; changes dc' to dc; writes dz, and adds it to the bias' gradient."""
    for j in range(units):
        i, f, g, o = gates[0, j], gates[1, j], gates[2, j], gates[3, j]
        tanh_c = tanh(new_cell[j])
        d_cell = dc[j] + dh[j] * o * (ONE - tanh_c * tanh_c)
        di = d_cell * g * i * (ONE - i)
        df = d_cell * old_cell[j] * f * (ONE - f)
        dg = d_cell * i * (ONE - g * g)
        do = dh[j] * tanh_c * o * (ONE - o)
        dc[j] = d_cell * f
        dz[0, j], dz[1, j], dz[2, j], dz[3, j] = di, df, dg, do
        d_bias[0, j] += di
        d_bias[1, j] += df
        d_bias[2, j] += dg
        d_bias[3, j] += do
