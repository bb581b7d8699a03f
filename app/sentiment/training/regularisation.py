"""Steps of training that are harder than the reviews: weights are missing, and words are moved to where it hurts.

- Weight dropout (Merity et al. 2018): every pass misses other entries of the recurrent matrices.
- Adversarial training (Miyato et al. 2017): the gradient of the loss by the embedded words says in which direction they
  hurt the most; the review moved there keeps its label.
- Virtual adversarial training (the same): the direction is the one that changes the network's own verdict the most, and
  the moved review keeps that verdict. It needs no label, and pays with two more passes.

How far a review is moved is counted in standard deviations of the embedding's features in the batch, as if they were
normalised: a network cannot escape by making its embedding larger. A step takes the mean of what its parts ask for.
"""

from collections.abc import Callable
from typing import Any, Protocol

import keras
from keras import KerasTensor, ops

from sentiment.networks.gradients import value_and_gradients
from sentiment.text.tokenizer import PADDING_ID

_AFTER = "embedding_dropout"  # the layer whose output is moved
_RECURRENT = "recurrent_kernel"  # how Keras' layers and ours call their recurrent matrices
_PROBE = 0.1  # how far a review is moved to see which direction matters


class RegularisationSettings(Protocol):
    """What a configuration says of it; see `sentiment.config`."""

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

    def train_step(self, *given: Any) -> Any:
        """One step on token ids int32[batch, time] and labels float32[batch, 1], as Keras' `fit` takes it.

        JAX gives the values of all variables and wants the new ones back; the others give the data alone.
        """
        functional = keras.backend.backend() == "jax"
        if functional:
            (weights, state, optimizer, measures), data = given
        else:
            (data,) = given
            weights = [variable.value for variable in self.trainable_variables]
            state = [variable.value for variable in self.non_trainable_variables]
        token_ids, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        token_ids, labels = ops.convert_to_tensor(token_ids), ops.convert_to_tensor(labels)
        loss, (logits, state), gradients = self._step(weights, state, token_ids, labels)
        if functional:
            weights, optimizer = self.optimizer.stateless_apply(optimizer, gradients, weights)
            with keras.StatelessScope(list(zip(self.metrics_variables, measures, strict=True))) as scope:
                logs = self._measured(loss, token_ids, labels, logits)
            measures = [scope.get_current_value(variable) for variable in self.metrics_variables]
            return logs, (weights, state, optimizer, measures)
        for variable, value in zip(self.non_trainable_variables, state, strict=True):
            variable.assign(value)
        self.optimizer.apply(gradients, self.trainable_variables)
        return self._measured(loss, token_ids, labels, logits)

    def _measured(self, loss: Any, token_ids: Any, labels: Any, logits: Any) -> Any:
        self._loss_tracker.update_state(loss, sample_weight=ops.shape(token_ids)[0])
        return self.compute_metrics(token_ids, labels, ops.stop_gradient(logits))

    def _step(self, weights: list[Any], state: list[Any], token_ids: Any, labels: Any) -> tuple[Any, Any, list[Any]]:
        """Loss and (logits, new state) of the reviews as they are, and the mean gradient of all parts of the step."""

        def plainly(arguments: Any) -> tuple[Any, Any]:
            logits, after = self._logits(arguments[:-1], state, token_ids, arguments[-1])
            return self._loss(token_ids, labels, logits), (logits, after)

        spread = self._spread(weights, token_ids)
        unmoved = ops.zeros((*ops.shape(token_ids), spread.shape[-1]))
        loss, (logits, state), (*asked, by_words) = value_and_gradients(plainly, [*weights, unmoved])
        parts = [asked]
        if norm := self.settings.adversarial:
            move = norm * _towards(by_words, spread)

            def hurting(weights: Any) -> tuple[Any, Any]:
                moved, after = self._logits(weights, state, token_ids, move)
                return self._loss(token_ids, labels, moved), after

            _, state, asked = value_and_gradients(hurting, weights)
            parts.append(asked)
        if norm := self.settings.virtual_adversarial:
            verdict = ops.sigmoid(self._logits(weights, state, token_ids, None, training=False)[0])
            noise, state = self._drawn(state, lambda seed: keras.random.normal(ops.shape(unmoved), seed=seed))
            read = ops.cast(token_ids != PADDING_ID, unmoved.dtype)[:, :, None]  # padding is no direction

            def differing(arguments: Any) -> tuple[Any, Any]:
                logits, _ = self._logits(weights, state, token_ids, arguments[0], training=False)
                return _divergence(verdict, logits), None

            _, _, (by_words,) = value_and_gradients(differing, [_PROBE * _towards(read * noise, spread)])
            away = norm * _towards(by_words, spread)

            def agreeing(weights: Any) -> tuple[Any, Any]:
                moved, after = self._logits(weights, state, token_ids, away)
                return _divergence(verdict, moved), after

            _, state, asked = value_and_gradients(agreeing, weights)
            parts.append(asked)
        return loss, (logits, state), [sum(ones) / len(parts) for ones in zip(*parts, strict=True)]

    def _loss(self, token_ids: Any, labels: Any, logits: Any) -> Any:
        return self.compute_loss(x=token_ids, y=labels, y_pred=logits, training=True)

    def _logits(
        self, weights: Any, state: list[Any], token_ids: Any, told: Any, training: bool = True
    ) -> tuple[Any, list[Any]]:
        """Logits float32[batch, 1] of the reviews, moved by what is told, and the new state."""
        if training:
            weights, state = self._with_dropout(weights, state)
        layer = self.get_layer("perturbation")
        layer.told = told
        logits, state = self.stateless_call(weights, state, token_ids, training=training)
        layer.told = None
        return logits, state

    def _drawn(self, state: list[Any], draw: Callable[[keras.random.SeedGenerator], Any]) -> tuple[Any, list[Any]]:
        """Something random, and the state in which the next will be another."""
        with keras.StatelessScope(list(zip(self.non_trainable_variables, state, strict=True))) as scope:
            drawn = draw(self.get_layer("perturbation").random)
        return drawn, [scope.get_current_value(variable) for variable in self.non_trainable_variables]

    def _with_dropout(self, weights: Any, state: list[Any]) -> tuple[list[Any], list[Any]]:
        if not (rate := self.settings.weight_dropout):
            return list(weights), state

        def draw(seed: keras.random.SeedGenerator) -> list[Any]:
            return [
                keras.random.dropout(value, rate, seed=seed) if of.name == _RECURRENT else value
                for of, value in zip(self.trainable_variables, weights, strict=True)
            ]

        return self._drawn(state, draw)

    def _spread(self, weights: list[Any], token_ids: Any) -> Any:
        """Standard deviation of each feature over the words of the batch, float32[features]."""
        table = self.get_layer("embedding").embeddings
        embeddings = next(value for of, value in zip(self.trainable_variables, weights, strict=True) if of is table)
        embedded = ops.take(embeddings, token_ids, axis=0)
        read = ops.cast(token_ids != PADDING_ID, embedded.dtype)[:, :, None]
        words = ops.sum(read)
        mean = ops.sum(read * embedded, axis=(0, 1)) / words
        return ops.sqrt(ops.sum(read * (embedded - mean) ** 2, axis=(0, 1)) / words)


def _towards(direction: Any, spread: Any) -> Any:
    """A move in a direction, one standard deviation long over all words and features of a review.

    Of what grows along `direction` in the words as they are, `spread * direction` is the gradient in normalised words.
    """
    normalised = spread * direction
    length = ops.sqrt(ops.sum(normalised**2, axis=(1, 2), keepdims=True) + 1e-24)
    return ops.stop_gradient(spread * normalised / length)


def _divergence(verdict: Any, logits: Any) -> Any:
    """Cross entropy, the Kullback-Leibler divergence but for a constant, of probabilities float32[batch, 1]."""
    return ops.mean(ops.binary_crossentropy(ops.stop_gradient(verdict), logits, from_logits=True))


def regularised(model: keras.Model, settings: RegularisationSettings) -> keras.Model:
    """A model with the same layers and weights that trains in harder steps; the model itself if none is asked for.

    Args:
        model: a classifier as `sentiment.networks.architectures.build` makes it.
        settings: the share of recurrent weights that a pass misses, and how far a review is moved: the Euclidean norm
            over all its words and features, in standard deviations of the features. Zeros are for none.
    """
    if not (settings.weight_dropout or settings.adversarial or settings.virtual_adversarial):
        return model
    token_ids = keras.Input((None,), dtype="int32")
    x = token_ids
    for layer in model.layers[1:]:
        x = layer(x)
        if layer.name == _AFTER:
            x = Perturbation(name="perturbation")(x)
    training = RegularisedModel(token_ids, x)
    training.settings = settings
    return training
