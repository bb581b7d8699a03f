"""The optimiser is AdamW, and scales the learning rate of layers."""

import keras
import numpy as np
import tensorflow as tf

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


def test_the_updates_are_those_of_keras_adamw_within_rounding():
    settings = TrainingConfig(learning_rate=0.01, weight_decay=0.1, clip_norm=0.5)
    random = np.random.default_rng(0)
    start = {"words": random.normal(size=(6, 3)), "bias": random.normal(size=3)}
    ours = adamw(settings, 20)
    theirs = keras.optimizers.AdamW(
        ours._learning_rate, weight_decay=settings.weight_decay, global_clipnorm=settings.clip_norm
    )
    theirs.exclude_from_weight_decay(var_names=["bias"])
    variables = [[keras.Variable(value, name=name) for name, value in start.items()] for _ in range(2)]
    for step in range(10):
        rows = tf.IndexedSlices(tf.constant(random.normal(size=(4, 3)), "float32"), tf.constant([0, 2, 2, step % 6]))
        gradients = [tf.IndexedSlices(rows.values, rows.indices, (6, 3)), tf.constant(random.normal(size=3), "float32")]
        for optimizer, values in zip((ours, theirs), variables, strict=True):
            optimizer.apply(gradients, values)
    for ours_value, theirs_value, first in zip(*variables, start.values(), strict=True):
        assert np.abs(ours_value.numpy() - first).max() > 0.01
        np.testing.assert_allclose(ours_value.numpy(), theirs_value.numpy(), atol=1e-6)
    for ours_value, theirs_value in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(ours_value.numpy(), theirs_value.numpy(), atol=1e-6)
