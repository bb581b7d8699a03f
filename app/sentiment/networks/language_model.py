"""A language model: it predicts the next word at every word of a review.

token_ids int32[batch, time]
    -> Embedding               float32[batch, time, embedding_size]
    -> embedding dropout       float32[batch, time, embedding_size]
    -> the recurrent layer     float32[batch, time, units]
    -> output dropout          float32[batch, time, units]
    -> projection              float32[batch, time, embedding_size]
    -> product with the embedding of every word, and its bias: logits of the next word

A call of the model ends before the projection: in training, the rest is one operation with the loss.

Input and output words share their vectors (Press and Wolf 2017; Inan et al. 2017). Training compares the right word
with a random sample instead of with all words (Bengio and Senecal 2003).
"""

from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

from sentiment.config import PretrainingConfig
from sentiment.layers import portable
from sentiment.networks.sampled.logits import IMPOSSIBLE, Logits
from sentiment.networks.sampled.loss import choose, mean_loss
from sentiment.text.tokenizer import PADDING_ID, UNKNOWN_ID

_BATCH = 512  # words whose likelihood is computed together


class LanguageModel(keras.Model):
    """Predicts the next word; its loss is the cross-entropy per word, in nats.

    Args:
        recurrent: from float32[batch, time, embedding_size] to float32[batch, time, units].
        config: sizes, dropout and the size of the sample.
        counts: int[vocabulary_size], the frequency of each word in the training reviews.
        seed: of the sample.
    """

    def __init__(self, recurrent: keras.layers.Layer, config: PretrainingConfig, counts: np.ndarray, seed: int) -> None:
        super().__init__(name="language_model")
        size = len(counts)
        self.embedding = keras.layers.Embedding(size, config.embedding_size, mask_zero=PADDING_ID == 0)
        self.embedding_dropout = keras.layers.SpatialDropout1D(config.embedding_dropout)
        self.recurrent = recurrent
        self.output_dropout = keras.layers.Dropout(config.output_dropout)
        self.projection = keras.layers.Dense(config.embedding_size)
        smoothed = counts + 1.0
        self.word_bias = self.add_weight(
            shape=(size,), initializer=keras.initializers.Constant(np.log(smoothed / smoothed.sum())), name="word_bias"
        )
        # The exponent flattens the frequencies (Mikolov et al. 2013), so that rarer words are drawn too.
        probabilities = smoothed**0.75
        probabilities[PADDING_ID] = 0.0
        probabilities /= probabilities.sum()
        self._sample_size = config.candidates
        self._cumulative = np.cumsum(probabilities).astype("float32")
        self._log_expected = np.log(config.candidates * np.maximum(probabilities, 1e-12)).astype("float32")
        self._sample_seed = keras.random.SeedGenerator(seed)
        self.projection.build((None, config.units))
        with portable():  # for two tokens, no path of the LSTM need be measured
            self(np.full((1, 2), UNKNOWN_ID, np.int32))  # creates the other weights

    def call(self, token_ids: KerasTensor, training: bool | None = None) -> KerasTensor:
        """The state after each word, float32[batch, time, units]."""
        embedded = self.embedding(token_ids)
        mask = self.embedding.compute_mask(token_ids)
        embedded = self.embedding_dropout(embedded, training=training)
        states = self.recurrent(embedded, mask=mask, training=training)
        return self.output_dropout(states, training=training)

    def compute_loss(
        self,
        x: KerasTensor = None,
        y: KerasTensor = None,  # noqa: ARG002  the next word is in x
        y_pred: KerasTensor = None,
        sample_weight: KerasTensor = None,
        training: bool = True,  # noqa: ARG002
    ) -> KerasTensor:
        """The mean over all words but the first of a review, estimated from the sample.

        `sample_weight`, float32[batch] and the same for all rows, is how much the batch counts beside those of others.
        """
        following = ops.reshape(ops.pad(x[:, 1:], ((0, 0), (0, 1)), constant_values=PADDING_ID), (-1,))
        uniform = keras.random.uniform((self._sample_size,), maxval=self._cumulative[-1], seed=self._sample_seed)
        sample = ops.cast(ops.searchsorted(ops.convert_to_tensor(self._cumulative), uniform, side="right"), "int32")
        log_expected = ops.convert_to_tensor(self._log_expected)
        vectors = self.embedding.embeddings
        inputs = Logits(
            ops.cast(ops.reshape(y_pred, (-1, y_pred.shape[-1])), "float32"),
            self.projection.kernel,
            self.projection.bias,
            ops.take(vectors, following, axis=0),
            ops.take(self.word_bias, following),
            ops.take(vectors, sample, axis=0),
            # Divided by its expected number in the sample, each word makes the sum over all words unbiased.
            ops.take(self.word_bias, sample) - ops.take(log_expected, sample),
        )
        backend = choose(x.shape[0], vectors.shape[-1], y_pred.shape[-1], self.recurrent.compute_dtype)
        loss = mean_loss(backend, inputs, following, sample)
        return loss if sample_weight is None else loss * ops.mean(sample_weight)

    @property
    def common_random_states(self) -> list[keras.Variable]:
        """Random states that all workers of a training have alike: they compare with the same words."""
        return [self._sample_seed.state]

    def log_likelihoods(self, token_ids: np.ndarray) -> np.ndarray:
        """The log probability, in nats, of each word but the first, given the words before it.

        Args:
            token_ids: int32[batch, time], padded on the right.

        Returns:
            float32[words], row after row.
        """
        states = ops.convert_to_numpy(self.predict_on_batch(token_ids))[:, :-1]
        following = token_ids[:, 1:]
        real = following != PADDING_ID
        vectors, bias = (ops.convert_to_numpy(value) for value in (self.embedding.embeddings, self.word_bias))
        kernel, projection_bias = self.projection.get_weights()
        expected, following = states[real].astype(np.float32) @ kernel + projection_bias, following[real]
        result = np.empty(len(following), np.float32)
        for start in range(0, len(result), _BATCH):  # the logits of a word are as many as the vocabulary has words
            rows = slice(start, start + _BATCH)
            logits = expected[rows] @ vectors.T + bias
            logits[:, PADDING_ID] = IMPOSSIBLE
            highest = logits.max(axis=-1, keepdims=True)
            normaliser = highest[:, 0] + np.log(np.exp(logits - highest).sum(axis=-1))
            result[rows] = logits[np.arange(len(logits)), following[rows]] - normaliser
        return result

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError("a language model is not saved; its encoder is, see sentiment.training.encoders")
