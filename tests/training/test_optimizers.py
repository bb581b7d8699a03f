"""The optimiser scales the learning rate of layers."""

import keras
import numpy as np

from sentiment.config import TrainingConfig
from sentiment.training.optimizers import adamw


def test_a_layer_moves_by_its_share_of_the_learning_rate():
    settings = TrainingConfig(learning_rate=0.01, warmup_fraction=0.0, weight_decay=0.0, averaging=0.0)

    def moved(shares):
        keras.utils.set_random_seed(1)
        layers = [keras.layers.Dense(3, name="slow"), keras.layers.Dense(1, name="fast")]
        model = keras.Sequential([keras.Input((4,)), *layers])
        model.compile(adamw(settings, 100, shares=shares), "mse")
        before = model.get_weights()
        random = np.random.default_rng(0)
        model.fit(random.normal(size=(8, 4)), random.normal(size=(8, 1)), epochs=1, verbose=0)
        return [np.abs(after - first).max() for after, first in zip(model.get_weights(), before, strict=True)]

    slow, _, fast, _ = moved({"slow": 0.1})
    np.testing.assert_allclose(slow, 0.1 * fast, rtol=0.01)
    even, _, fast, _ = moved(None)
    np.testing.assert_allclose(even, fast, rtol=0.01)
