"""Training steps that are harder than the reviews: their words are moved to where it hurts.

- Adversarial training (Miyato et al. 2017): the gradient of the loss by the embedded words is the direction that raises
  the loss most; the review moved there keeps its label.
- Virtual adversarial training (the same paper): the direction is the one that changes the network's prediction most,
  and the moved review keeps that prediction. It needs no label, and two more passes.

Distances are in standard deviations of the embedding's features in the batch, as if they were normalised, so that a
network cannot escape by making its embedding larger. A step takes the mean of the gradients of its parts.
"""

from typing import Any

import keras
from keras import KerasTensor, ops

from sentiment.config import POLARITY, Classes, TrainingConfig
from sentiment.networks.gradients import value_and_gradients
from sentiment.networks.heads import class_probabilities, cross_entropy
from sentiment.text.tokenizer import PADDING_ID

_AFTER = "embedding_dropout"  # the layer whose output is moved
_PROBE = 0.1  # distance of the move that shows which direction matters


class Perturbation(keras.layers.Layer):
    """Adds `move` to its input, both float32[batch, time, features]; nothing where `move` is None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.move: Any = None
        # A layer holds it, so that it is seeded again in every epoch, like those of dropout.
        self.random = keras.random.SeedGenerator(1)

    def call(self, embedded: KerasTensor) -> KerasTensor:
        return embedded if self.move is None else embedded + ops.cast(self.move, embedded.dtype)


class RegularisedModel(keras.Model):
    """A classifier with harder steps; made by `regularised`."""

    settings: TrainingConfig
    classes: Classes

    def train_step(self, *arguments: Any) -> Any:
        """One step on token ids int32[batch, time] and targets float32[batch, k], as Keras' `fit` takes it.

        With JAX, Keras passes the values of all variables too, and takes the new ones back.
        """
        functional = keras.backend.backend() == "jax"
        if functional:
            (weights, state, optimizer, measures), data = arguments
        else:
            (data,) = arguments
            weights = [variable.value for variable in self.trainable_variables]
            state = [variable.value for variable in self.non_trainable_variables]
        token_ids, labels, weight = keras.utils.unpack_x_y_sample_weight(data)
        token_ids, labels = ops.convert_to_tensor(token_ids), ops.convert_to_tensor(labels)
        loss, (logits, state), gradients = self._step(weights, state, token_ids, labels, weight)
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
        tracker = next(metric for metric in self.metrics if metric.name == "loss")
        tracker.update_state(loss, sample_weight=ops.shape(token_ids)[0])
        return self.compute_metrics(token_ids, labels, ops.stop_gradient(logits))

    def _step(
        self, weights: list[Any], state: list[Any], token_ids: Any, labels: Any, weight: Any = None
    ) -> tuple[Any, Any, list[Any]]:
        """Loss and (logits, new state) of the unmoved reviews, and the mean gradient of all parts of the step.

        `weight`, float32[batch] and the same for all rows, is how much the batch counts beside those of other workers;
        None: there are none.
        The spread of the words is that of each worker's part.
        """

        def unmoved_loss(arguments: Any) -> tuple[Any, Any]:
            logits, after = self._logits(arguments[:-1], state, token_ids, arguments[-1])
            return self._loss(token_ids, labels, logits, weight), (logits, after)

        spread = self._spread(weights, token_ids)
        unmoved = ops.zeros((*ops.shape(token_ids), spread.shape[-1]))
        loss, (logits, state), (*by_weights, by_words) = value_and_gradients(unmoved_loss, [*weights, unmoved])
        parts = [by_weights]
        if norm := self.settings.adversarial:
            move = norm * _towards(by_words, spread)

            def moved_loss(weights: Any) -> tuple[Any, Any]:
                moved, after = self._logits(weights, state, token_ids, move)
                return self._loss(token_ids, labels, moved, weight), after

            _, state, by_weights = value_and_gradients(moved_loss, weights)
            parts.append(by_weights)
        if norm := self.settings.virtual_adversarial:
            logits_now = self._logits(weights, state, token_ids, None, training=False)[0]
            prediction = ops.stop_gradient(class_probabilities(logits_now, self.classes))
            variables = self.non_trainable_variables
            with keras.StatelessScope(list(zip(variables, state, strict=True))) as scope:
                noise = keras.random.normal(ops.shape(unmoved), seed=self.get_layer("perturbation").random)
            state = [scope.get_current_value(variable) for variable in variables]
            read = ops.cast(token_ids != PADDING_ID, unmoved.dtype)[:, :, None]  # padding is not moved

            def probe_divergence(arguments: Any) -> tuple[Any, Any]:
                logits, _ = self._logits(weights, state, token_ids, arguments[0], training=False)
                return ops.mean(cross_entropy(prediction, logits, self.classes)), None

            _, _, (by_words,) = value_and_gradients(probe_divergence, [_PROBE * _towards(read * noise, spread)])
            away = norm * _towards(by_words, spread)

            def moved_divergence(weights: Any) -> tuple[Any, Any]:
                moved, after = self._logits(weights, state, token_ids, away)
                divergence = ops.mean(cross_entropy(prediction, moved, self.classes))
                return divergence if weight is None else divergence * ops.mean(weight), after

            _, state, by_weights = value_and_gradients(moved_divergence, weights)
            parts.append(by_weights)
        return loss, (logits, state), [sum(gradients) / len(parts) for gradients in zip(*parts, strict=True)]

    def _loss(self, token_ids: Any, labels: Any, logits: Any, weight: Any) -> Any:
        return self.compute_loss(x=token_ids, y=labels, y_pred=logits, sample_weight=weight, training=True)

    def _logits(
        self, weights: Any, state: list[Any], token_ids: Any, move: Any, training: bool = True
    ) -> tuple[Any, list[Any]]:
        """Logits float32[batch, outputs] of the moved reviews, and the new state."""
        layer = self.get_layer("perturbation")
        layer.move = move
        logits, state = self.stateless_call(list(weights), state, token_ids, training=training)
        layer.move = None
        return logits, state

    def _spread(self, weights: list[Any], token_ids: Any) -> Any:
        """Standard deviation of each feature over the words of the batch, float32[features]."""
        table = self.get_layer("embedding").embeddings
        embeddings = next(v for variable, v in zip(self.trainable_variables, weights, strict=True) if variable is table)
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


def regularised(model: keras.Model, settings: TrainingConfig, classes: Classes = POLARITY) -> keras.Model:
    """A model with the same layers and weights that trains in harder steps; the model itself if none are set.

    Args:
        model: a classifier as `sentiment.networks.architectures.build` makes it.
        settings: the distances of moves: the Euclidean norm over all words and features of a review, in standard
            deviations of the features.
        classes: what the model tells apart.
    """
    if not (settings.adversarial or settings.virtual_adversarial):
        return model
    token_ids = keras.Input((None,), dtype="int32")
    x = token_ids
    for layer in model.layers[1:]:
        x = layer(x)
        if layer.name == _AFTER:
            x = Perturbation(name="perturbation")(x)
    training = RegularisedModel(token_ids, x)
    training.settings, training.classes = settings, classes
    return training
