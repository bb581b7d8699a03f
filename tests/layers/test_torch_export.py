"""torch writes a layer to a program of its own operations, without the fast path, which it could not hold."""

import keras
import numpy as np
import pytest

from sentiment.layers import LSTM

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="exports of torch")


@pytest.mark.parametrize("how", ["export", "trace"])
def test_a_layer_that_torch_exports_computes_the_same(how, rng):
    import torch

    layer, x = LSTM(8, return_sequences=True), torch.tensor(rng.normal(size=(2, 5, 4)).astype("float32"))
    expected = keras.ops.convert_to_numpy(layer(x))
    exported = torch.export.export(layer, (x,)).module() if how == "export" else torch.jit.trace(layer, (x,))
    np.testing.assert_allclose(exported(x).detach().numpy(), expected, atol=1e-6)
