"""Our LSTM equals `torch.nn.LSTM`. Not collected by name: `test_other_back_ends.py` runs it under torch."""

import numpy as np
import pytest
import torch

from sentiment.layers import LSTM

BATCH, TIME, INPUT, UNITS = 4, 7, 5, 6
LENGTHS = [7, 3, 1, 5]


@pytest.fixture
def rng():
    return np.random.default_rng(17)


def test_equals_the_lstm_of_torch_at_the_real_positions_of_right_padded_rows(rng):
    shapes = (BATCH, TIME, INPUT), (BATCH, UNITS), (BATCH, UNITS)
    values = [torch.tensor(rng.normal(size=shape).astype("float32")) for shape in shapes]
    upstream = [torch.tensor(rng.normal(size=(BATCH, n, UNITS)).astype("float32")) for n in (TIME, 1, 1)]
    real = torch.arange(TIME) < torch.tensor(LENGTHS)[:, None]
    ours = LSTM(UNITS, return_sequences=True, return_state=True)
    ours.build((BATCH, TIME, INPUT))
    ours.set_weights([rng.normal(size=weight.shape, scale=0.5) for weight in ours.weights])
    kernel, recurrent_kernel, bias = (torch.tensor(weight) for weight in ours.get_weights())
    theirs = torch.nn.LSTM(INPUT, UNITS, batch_first=True)
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(kernel.T)
        theirs.weight_hh_l0.copy_(recurrent_kernel.T)
        theirs.bias_ih_l0.copy_(bias)
        theirs.bias_hh_l0.zero_()

    def run_ours(inputs, h, c):
        return ours(inputs, initial_state=[h, c], mask=real)

    def run_theirs(inputs, h, c):
        packed = torch.nn.utils.rnn.pack_padded_sequence(inputs, LENGTHS, batch_first=True, enforce_sorted=False)
        packed, (h, c) = theirs(packed, (h[None], c[None]))
        outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True, total_length=TIME)
        return outputs, h[0], c[0]

    def results(run):
        leaves = [value.clone().requires_grad_() for value in values]
        outputs, h, c = run(*leaves)
        outputs = outputs * real[..., None]
        loss = (outputs * upstream[0]).sum() + (h * upstream[1][:, 0]).sum() + (c * upstream[2][:, 0]).sum()
        loss.backward()
        return [value.detach().numpy() for value in (outputs, h, c, *(x.grad for x in leaves))]

    mine, other = results(run_ours), results(run_theirs)
    d_kernel, d_recurrent_kernel, d_bias = (weight.value.grad.numpy() for weight in ours.weights)
    mine += [d_kernel.T, d_recurrent_kernel.T, d_bias, d_bias]
    parts = theirs.weight_ih_l0, theirs.weight_hh_l0, theirs.bias_ih_l0, theirs.bias_hh_l0
    other += [part.grad.numpy() for part in parts]
    for a, b in zip(mine, other, strict=True):
        assert np.abs(a - b).max() < 1e-5 * np.abs(b).max()


def test_initial_states_may_be_left_out_and_every_weight_can_be_trained(rng):
    inputs = torch.tensor(rng.normal(size=(BATCH, TIME, INPUT)).astype("float32"))
    layer = LSTM(UNITS, return_sequences=True, return_state=True)
    sequence, h, c = layer(inputs)
    assert sequence.shape == (BATCH, TIME, UNITS)
    assert h.shape == c.shape == (BATCH, UNITS)
    torch.testing.assert_close(sequence[:, -1], h)
    sequence.sum().backward()
    assert all(weight.value.grad.abs().max() > 0 for weight in layer.trainable_weights)
