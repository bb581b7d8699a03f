"""Random shapes, lengths, masks and states: the layer equals the NumPy reference, outputs and gradients."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment.layers import LSTM, reference

SIZES = {
    "batch": st.integers(1, 5),
    "time": st.integers(1, 9),
    "features": st.integers(1, 7),
    "units": st.integers(1, 9),
}


@pytest.mark.usefixtures("path")
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # its functions hold nothing between examples
)
@given(
    sizes=st.fixed_dictionaries(SIZES),
    density=st.sampled_from([0.2, 0.6, 1.0]),
    reverse=st.booleans(),
    seed=st.integers(0, 99),
)
def test_the_layer_equals_the_reference(differentiate, sizes, density, reverse, seed):
    batch, time, features, units = sizes.values()
    rng = np.random.default_rng(seed)
    mask = rng.random((batch, time)) < density
    inputs, hidden, cell = (
        rng.normal(size=shape).astype("float32") for shape in ((batch, time, features), (batch, units), (batch, units))
    )
    upstream = [
        rng.normal(size=shape).astype("float32") for shape in ((batch, time, units), (batch, units), (batch, units))
    ]
    layer = LSTM(units, return_sequences=True, return_state=True, go_backwards=reverse)
    layer.build(inputs.shape)
    layer.set_weights([rng.normal(size=weight.shape, scale=0.5) for weight in layer.weights])

    order = slice(None, None, -1 if reverse else 1)
    real = mask[:, order]
    begun = np.logical_or.accumulate(real, axis=1)[
        ..., None
    ]  # before it the back ends differ: zero, or the initial state
    upstream[0] *= begun
    weights = reference.Weights(*layer.get_weights())
    steps = reference.sequence(weights, inputs[:, order], (hidden, cell), real)
    gradients = reference.sequence_gradients(
        weights, inputs[:, order], upstream[0], (upstream[1], upstream[2]), (hidden, cell), real
    )
    expected = [
        steps.hidden * begun,
        steps.hidden[:, -1],
        steps.cell[:, -1],
        gradients.inputs[:, order],
        *gradients[1:],
    ]

    ours = differentiate(layer, [inputs, hidden, cell], mask, upstream)
    ours["outputs"] = ours["outputs"] * begun
    for (name, mine), other in zip(ours.items(), expected, strict=True):
        np.testing.assert_allclose(mine, other, atol=2e-5 * max(1, np.abs(other).max()), err_msg=name)
