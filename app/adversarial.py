"""Adversarial training of a text classifier (Miyato et al. 2017): on every review also as its worst neighbour.

The gradient of the loss by the embedded words says in which direction they hurt the most. A step learns from the review
as it is and from the one moved a little in that direction, half each.
"""

from typing import Any

import keras
from keras import KerasTensor, ops

from app.errors import ConfigError

_AFTER = "embedding_dropout"  # the layer whose output is moved


class Perturbation(keras.layers.Layer):
    """Adds to its input `float32[batch, time, features]` what it was told to; nothing if nothing was told."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.told: Any = None

    def call(self, embedded: KerasTensor) -> KerasTensor:
        return embedded if self.told is None else embedded + ops.cast(self.told, embedded.dtype)


class AdversarialModel(keras.Model):
    """A classifier whose training step is adversarial; made by `adversarial`."""

    norm = 0.0

    def train_step(self, data: tuple[Any, ...]) -> dict[str, Any]:
        """One step on token ids int32[batch, time] and labels float32[batch, 1]."""
        import tensorflow as tf

        token_ids, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        layer = self.get_layer("perturbation")
        weights = [variable.value for variable in self.trainable_variables]
        features = self.get_layer(_AFTER).output.shape[-1]
        unmoved = tf.zeros((*tf.unstack(tf.shape(token_ids)), features))

        def loss_of(told: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            layer.told = told
            logits = self(token_ids, training=True)
            layer.told = None
            return self.compute_loss(x=token_ids, y=labels, y_pred=logits, training=True), logits

        with tf.GradientTape() as tape:
            tape.watch(unmoved)
            loss, logits = loss_of(unmoved)
        *by_weights, by_words = tape.gradient(loss, [*weights, unmoved])
        length = tf.sqrt(tf.reduce_sum(by_words**2, axis=(1, 2), keepdims=True) + 1e-24)
        with tf.GradientTape() as tape:
            moved_loss, _ = loss_of(self.norm * by_words / length)
        by_moved = tape.gradient(moved_loss, weights)
        gradients = [
            (tf.convert_to_tensor(one) + tf.convert_to_tensor(other)) / 2
            for one, other in zip(by_weights, by_moved, strict=True)
        ]
        self._loss_tracker.update_state(loss, sample_weight=tf.shape(token_ids)[0])
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return self.compute_metrics(token_ids, labels, logits)


def adversarial(model: keras.Model, norm: float) -> keras.Model:
    """A model with the same layers and weights that trains adversarially.

    Args:
        model: a classifier as `app.architectures.build` makes it.
        norm: how far a review is moved: the Euclidean norm over all its words and features.

    Raises:
        ConfigError: Keras runs on another back end than TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        raise ConfigError(
            f"expected Keras on TensorFlow for adversarial training; found {keras.backend.backend()}; "
            "leave adversarial at 0 or set KERAS_BACKEND=tensorflow"
        )
    token_ids = keras.Input((None,), dtype="int32")
    x = token_ids
    for layer in model.layers[1:]:
        x = layer(x)
        if layer.name == _AFTER:
            x = Perturbation(name="perturbation")(x)
    training = AdversarialModel(token_ids, x)
    training.norm = norm
    return training
