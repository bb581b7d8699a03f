"""Steps of training that are harder than the reviews: weights are missing, and words are moved to where it hurts.

- Weight dropout (Merity et al. 2018): every pass misses other entries of the recurrent matrices.
- Adversarial training (Miyato et al. 2017): the gradient of the loss by the embedded words says in which direction they
  hurt the most; the review moved there keeps its label.
- Virtual adversarial training (the same): the direction is the one that changes the network's own verdict the most, and
  the moved review keeps that verdict. It needs no label, and pays with two more passes.

How far a review is moved is counted in standard deviations of the embedding's features in the batch, as if they were
normalised: a network cannot escape by making its embedding larger. A step takes the mean of what its parts ask for.
"""

from typing import Any, Protocol

import keras
from keras import KerasTensor, ops

from app.errors import ConfigError
from app.tokenizer import PADDING_ID

_AFTER = "embedding_dropout"  # the layer whose output is moved
_RECURRENT = "recurrent_kernel"  # how Keras' layers and ours call their recurrent matrices
_PROBE = 0.1  # how far a review is moved to see which direction matters


class RegularisationSettings(Protocol):
    """What a configuration says of it; see `app.config`."""

    @property
    def weight_dropout(self) -> float: ...
    @property
    def adversarial(self) -> float: ...
    @property
    def virtual_adversarial(self) -> float: ...


class Perturbation(keras.layers.Layer):
    """Adds to its input `float32[batch, time, features]` what it was told to; nothing if nothing was told."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.told: Any = None
        # Held by a layer, it starts again with every epoch, as those of dropout do.
        self.random = keras.random.SeedGenerator(1)

    def call(self, embedded: KerasTensor) -> KerasTensor:
        return embedded if self.told is None else embedded + ops.cast(self.told, embedded.dtype)


class RegularisedModel(keras.Model):
    """A classifier with harder steps; made by `regularised`."""

    settings: RegularisationSettings

    def train_step(self, data: tuple[Any, ...]) -> dict[str, Any]:
        """One step on token ids int32[batch, time] and labels float32[batch, 1]."""
        import tensorflow as tf

        token_ids, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        variables = [variable.value for variable in self.trainable_variables]
        spread = self._spread(token_ids)
        unmoved = tf.zeros((*tf.unstack(tf.shape(token_ids)), spread.shape[-1]))
        with tf.GradientTape() as tape:
            tape.watch(unmoved)
            logits = self._logits(token_ids, variables, unmoved)
            loss = self.compute_loss(x=token_ids, y=labels, y_pred=logits, training=True)
        *asked, by_words = tape.gradient(loss, [*variables, unmoved])
        parts = [asked]
        if norm := self.settings.adversarial:
            with tf.GradientTape() as tape:
                moved = self._logits(token_ids, variables, norm * _towards(by_words, spread))
                hurt = self.compute_loss(x=token_ids, y=labels, y_pred=moved, training=True)
            parts.append(tape.gradient(hurt, variables))
        if norm := self.settings.virtual_adversarial:
            verdict = tf.sigmoid(self._logits(token_ids, variables, None, training=False))
            read = tf.cast(token_ids != PADDING_ID, unmoved.dtype)[:, :, None]  # padding is no direction
            probe = _PROBE * _towards(read * keras.random.normal(tf.shape(unmoved), seed=self._random), spread)
            with tf.GradientTape() as tape:
                tape.watch(probe)
                changed = _divergence(verdict, self._logits(token_ids, variables, probe, training=False))
            by_words = tape.gradient(changed, probe)
            with tf.GradientTape() as tape:
                moved = self._logits(token_ids, variables, norm * _towards(by_words, spread))
                hurt = _divergence(verdict, moved)
            parts.append(tape.gradient(hurt, variables))
        gradients = [
            tf.add_n([tf.convert_to_tensor(one) for one in ones]) / len(parts) for ones in zip(*parts, strict=True)
        ]
        self._loss_tracker.update_state(loss, sample_weight=tf.shape(token_ids)[0])
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return self.compute_metrics(token_ids, labels, logits)

    @property
    def _random(self) -> keras.random.SeedGenerator:
        return self.get_layer("perturbation").random

    def _logits(self, token_ids: Any, variables: list[Any], told: Any, training: bool = True) -> Any:
        """Logits float32[batch, 1] of the reviews, moved by what is told."""
        layer = self.get_layer("perturbation")
        layer.told = told
        weights = self._with_dropout(variables) if training else variables
        logits, state = self.stateless_call(weights, self._state(), token_ids, training=training)
        layer.told = None
        for variable, value in zip(self.non_trainable_variables, state, strict=True):
            variable.assign(value)
        return logits

    def _state(self) -> list[Any]:
        return [variable.value for variable in self.non_trainable_variables]

    def _with_dropout(self, variables: list[Any]) -> list[Any]:
        rate = self.settings.weight_dropout
        return [
            keras.random.dropout(value, rate, seed=self._random) if rate and of.name == _RECURRENT else value
            for of, value in zip(self.trainable_variables, variables, strict=True)
        ]

    def _spread(self, token_ids: Any) -> Any:
        """Standard deviation of each feature over the words of the batch, float32[features]."""
        import tensorflow as tf

        words = tf.boolean_mask(token_ids, token_ids != PADDING_ID)
        embedded = tf.gather(tf.convert_to_tensor(self.get_layer("embedding").embeddings), words)
        return tf.math.reduce_std(embedded, axis=0)


def _towards(direction: Any, spread: Any) -> Any:
    """A move in a direction, one standard deviation long over all words and features of a review.

    Of what grows along `direction` in the words as they are, `spread * direction` is the gradient in normalised words.
    """
    import tensorflow as tf

    normalised = spread * direction
    length = tf.sqrt(tf.reduce_sum(normalised**2, axis=(1, 2), keepdims=True) + 1e-24)
    return tf.stop_gradient(spread * normalised / length)


def _divergence(verdict: Any, logits: Any) -> Any:
    """Cross entropy, the Kullback-Leibler divergence but for a constant, of probabilities float32[batch, 1]."""
    import tensorflow as tf

    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.stop_gradient(verdict), logits))


def regularised(model: keras.Model, settings: RegularisationSettings) -> keras.Model:
    """A model with the same layers and weights that trains in harder steps; the model itself if none is asked for.

    Args:
        model: a classifier as `app.architectures.build` makes it.
        settings: the share of recurrent weights that a pass misses, and how far a review is moved: the Euclidean norm
            over all its words and features, in standard deviations of the features. Zeros are for none.

    Raises:
        ConfigError: Keras runs on another back end than TensorFlow.
    """
    if not (settings.weight_dropout or settings.adversarial or settings.virtual_adversarial):
        return model
    if keras.backend.backend() != "tensorflow":
        raise ConfigError(
            f"expected Keras on TensorFlow for harder steps of training; found {keras.backend.backend()}; leave "
            "weight_dropout, adversarial and virtual_adversarial at 0 or set KERAS_BACKEND=tensorflow"
        )
    token_ids = keras.Input((None,), dtype="int32")
    x = token_ids
    for layer in model.layers[1:]:
        x = layer(x)
        if layer.name == _AFTER:
            x = Perturbation(name="perturbation")(x)
    training = RegularisedModel(token_ids, x)
    training.settings = settings
    return training
