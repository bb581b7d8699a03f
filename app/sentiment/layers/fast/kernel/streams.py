"""All steps of an LSTM for some rows of a batch, forward and backward: one call of compiled code for each.

A stream needs nothing of another and lets go of Python's lock, so several run at once. Sizes of features and units are
padded, see `products.matrices`; the padding holds zeros and stays zero. `step_inputs`, [x, h] of each token, and `dz`
have the type that the back end multiplies, float32 or the bits of bfloat16; everything else is float32.
"""

import numpy as np
from numba import types
from numba.extending import overload

from sentiment.layers.fast.kernel.compiling import compiled
from sentiment.layers.fast.kernel.products.matrices import accumulate, multiply, start, stop
from sentiment.layers.fast.kernel.scalars import narrow
from sentiment.layers.fast.kernel.steps import step, step_gradients


def put(row, values, count):
    """Copies the first numbers of float32[n] to the start of float32 or uint16[n or more], in compiled code."""
    raise NotImplementedError


@overload(put)
def _put(row, values, count):  # noqa: ARG001
    def copied(row, values, count):
        for j in range(count):
            row[j] = values[j]

    def rounded(row, values, count):
        for j in range(count):
            row[j] = narrow(values[j])

    return rounded if row.dtype == types.uint16 else copied


@compiled
def add(row, values, count):
    """Adds the first numbers of float32[n] to float32[n or more]."""
    for j in range(count):
        row[j] += values[j]


@compiled
def forward(
    backend, inputs, starts, tokens, shown, shown_before, weights, bias, is_stored, step_inputs, z, gates, hidden, cell,
    outputs,
):  # fmt: skip
    """Reads the rows of a packing.

    Args:
        backend: a value of `Backend`.
        inputs: float32[batch * time, input].
        starts, tokens, shown, shown_before: of the `Packing`.
        weights: packed, of float32[padded input + padded units, 4 padded units].
        bias: float32[4, units].
        is_stored: whether what the backward pass needs stays. Without it two blocks of `step_inputs` and `cell`, and
            one row of `gates`, are used again and again. (Not one block of `cell`: a loop over numbers that may lie
            where its results go is not vectorised.)
        step_inputs: [tokens, padded input + padded units], to be filled.
        z: float32[rows, 4, units], memory for a step.
        gates: float32[tokens, 4, units], to be filled.
        hidden: float32[rows, units], the initial state; afterwards the last one.
        cell: float32[rows + tokens, units], the initial state and those of each step, to be filled; without storing
            [2 rows, units].
        outputs: float32[batch * outputs of a row, units of the layer], to be filled where a state is shown.
    """
    (rows, units), width, features = hidden.shape, outputs.shape[1], inputs.shape[1]
    first_hidden = step_inputs.shape[1] - units
    z_rows = z.reshape(len(z), 4 * units)
    start(backend)
    for token in range(len(step_inputs)):
        for j in range(features, first_hidden):
            step_inputs[token, j] = 0
    for row in range(rows):
        if len(tokens) and row < starts[1]:  # the others have no token
            put(step_inputs[row, first_hidden:], hidden[row], units)
        for output in range(shown_before[row, 0], shown_before[row, 1]):
            put(outputs[output], hidden[row], width)
    for t in range(len(starts) - 1):
        first, size = starts[t], starts[t + 1] - starts[t]
        following = starts[t + 2] - starts[t + 1] if t + 2 < len(starts) else 0
        now, then = (first, starts[t + 1]) if is_stored else ((t % 2) * rows, ((t + 1) % 2) * rows)
        for row in range(size):
            put(step_inputs[now + row], inputs[tokens[first + row]], features)
        multiply(backend, step_inputs[now : now + size], weights, z_rows[:size])
        for row in range(size):
            token = first + row
            old, new, kept = (t % 2) * rows + row, ((t + 1) % 2) * rows + row, 0
            if is_stored:
                old, new, kept = (row if t == 0 else rows + starts[t - 1] + row), rows + token, token
            step(z[row], bias, cell[old], cell[new], gates[kept], hidden[row], width)
            if row < following:
                put(step_inputs[then + row, first_hidden:], hidden[row], units)
            for output in range(shown[token, 0], shown[token, 1]):
                put(outputs[output], hidden[row], width)
    stop(backend)


@compiled
def backward(
    backend, d_outputs, starts, tokens, shown, shown_before, kernel, recurrent_kernel, step_inputs, gates, cell, chunk,
    dz, packed_inputs, packed_dz, d_rows, d_last, d_hidden, d_cell, d_inputs, d_weights, d_bias,
):  # fmt: skip
    """Backpropagation through time for the rows of a packing.

    Args:
        backend, starts, tokens, shown, shown_before, step_inputs, gates, cell: as in, and from, `forward`.
        d_outputs: float32[batch * outputs of a row, units of the layer].
        kernel, recurrent_kernel: packed, of the transposed float32[4 padded units, padded input] and [..., units].
        chunk: at most so many tokens, or one step, wait for the product that sums the gradient of the weights.
        dz: [tokens of a chunk, 4 units], memory.
        packed_inputs, packed_dz: memory for packing a chunk.
        d_rows: float32[tokens of a chunk, padded input], memory.
        d_last: float32[rows, units], the gradients of the last hidden states.
        d_hidden: float32[rows, units], afterwards the gradients of the initial hidden states.
        d_cell: float32[rows, units], the gradients of the last cell states; afterwards of the initial ones.
        d_inputs: float32[batch * time, input], to be filled at the tokens of the packing.
        d_weights: float32[padded input + padded units, 4 units], to be added to.
        d_bias: float32[4, units], to be added to.
    """
    rows, units = d_last.shape
    width, features, steps = d_outputs.shape[1], d_inputs.shape[1], len(starts) - 1
    dz_row = np.zeros((4, units), np.float32)
    dz_numbers, reading = dz_row.reshape(4 * units), 0
    start(backend)
    end = steps
    while end > 0:
        begin = end - 1
        while begin > 0 and starts[end] - starts[begin - 1] <= chunk:
            begin -= 1
        first = starts[begin]
        for t in range(end - 1, begin - 1, -1):
            size = starts[t + 1] - starts[t]
            for row in range(reading, size):  # whose last step this is
                put(d_hidden[row], d_last[row], units)
            reading = size
            for row in range(size):
                token = starts[t] + row
                for output in range(shown[token, 0], shown[token, 1]):
                    add(d_hidden[row], d_outputs[output], width)
                old = row if t == 0 else rows + starts[t - 1] + row
                step_gradients(
                    gates[token], cell[old], cell[rows + token], d_hidden[row], d_cell[row], dz_row, d_bias, width
                )
                put(dz[token - first], dz_numbers, 4 * units)
            multiply(backend, dz[starts[t] - first : starts[t + 1] - first], recurrent_kernel, d_hidden[:size])
        count = starts[end] - first
        multiply(backend, dz[:count], kernel, d_rows[:count])
        for place in range(count):
            put(d_inputs[tokens[first + place]], d_rows[place], features)
        accumulate(backend, step_inputs[first : first + count], dz[:count], d_weights, packed_inputs, packed_dz)
        end = begin
    for row in range(reading, rows):  # without a token
        put(d_hidden[row], d_last[row], units)
    for row in range(rows):
        for output in range(shown_before[row, 0], shown_before[row, 1]):
            add(d_hidden[row], d_outputs[output], width)
    stop(backend)
