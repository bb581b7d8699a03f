"""A language model: at every word of a review, which word comes next?

token_ids int32[batch, time]
    -> Embedding               float32[batch, time, embedding_size]
    -> embedding dropout       same
    -> the recurrent layer     float32[batch, time, units]
    -> dropout, projection     float32[batch, time, embedding_size]
    -> against the embedding of every word, and its bias: logits of the next word

The words that come in and those that are foretold share their vectors (Press and Wolf 2017; Inan et al. 2017). Training
compares the right word with some drawn at random instead of with all of them (Bengio and Senecal 2003).
"""

from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

from sentiment.config import PretrainingConfig
from sentiment.text.tokenizer import PADDING_ID, UNKNOWN_ID

_NEVER = -1e9  # a logit
_AT_ONCE = 512  # words whose likelihood is computed together


class LanguageModel(keras.Model):
    """Foretells the next word; its loss is the cross-entropy per word, in nats.

    Args:
        recurrent: from `float32[batch, time, embedding_size]` to `float32[batch, time, units]`.
        config: sizes, dropout and how many words are drawn.
        counts: int[vocabulary_size], how often each word comes up in the reviews it will learn from.
        seed: of the words drawn.
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
        # Words are drawn by a flattened frequency (Mikolov et al. 2013), or the same few would come again and again.
        drawn = smoothed**0.75
        drawn[PADDING_ID] = 0.0
        drawn /= drawn.sum()
        self._candidates = config.candidates
        self._cumulative = np.cumsum(drawn).astype("float32")
        self._log_expected = np.log(config.candidates * np.maximum(drawn, 1e-12)).astype("float32")
        self._draw = keras.random.SeedGenerator(seed)
        self(np.full((1, 2), UNKNOWN_ID, np.int32))  # makes the weights

    def call(self, token_ids: KerasTensor, training: bool | None = None) -> KerasTensor:
        """What is expected after each word: float32[batch, time, embedding_size]."""
        embedded = self.embedding(token_ids)
        mask = self.embedding.compute_mask(token_ids)
        embedded = self.embedding_dropout(embedded, training=training)
        states = self.recurrent(embedded, mask=mask, training=training)
        return self.projection(self.output_dropout(states, training=training))

    def compute_loss(
        self,
        x: KerasTensor = None,
        y: KerasTensor = None,  # noqa: ARG002  the next word is in x
        y_pred: KerasTensor = None,
        sample_weight: KerasTensor = None,  # noqa: ARG002
        training: bool = True,  # noqa: ARG002
    ) -> KerasTensor:
        """Estimated from the words drawn (Bengio and Senecal 2003); the mean over all but the first of a review."""
        following = ops.reshape(x[:, 1:], (-1,))
        expected = ops.reshape(y_pred[:, :-1], (-1, y_pred.shape[-1]))
        uniform = keras.random.uniform((self._candidates,), maxval=self._cumulative[-1], seed=self._draw)
        drawn = ops.cast(ops.searchsorted(ops.convert_to_tensor(self._cumulative), uniform, side="right"), "int32")
        log_expected = ops.convert_to_tensor(self._log_expected)

        vectors = self.embedding.embeddings
        right = ops.sum(expected * ops.take(vectors, following, axis=0), axis=-1) + ops.take(self.word_bias, following)
        # Each word drawn stands for as many as it is drawn too seldom: the sum over all words, estimated without bias.
        weighed = ops.take(self.word_bias, drawn) - ops.take(log_expected, drawn)
        others = ops.matmul(expected, ops.transpose(ops.take(vectors, drawn, axis=0))) + weighed
        others = ops.where(ops.equal(following[:, None], drawn[None, :]), _NEVER, others)
        losses = ops.logaddexp(right, ops.logsumexp(others, axis=-1)) - right
        real = ops.cast(ops.not_equal(following, PADDING_ID), losses.dtype)
        return ops.sum(losses * real) / ops.maximum(ops.sum(real), 1.0)

    def log_likelihoods(self, token_ids: np.ndarray) -> np.ndarray:
        """Natural logarithm of the probability of each word but the first, given those before it, among all words.

        Args:
            token_ids: int32[batch, time], padded on the right.

        Returns:
            float32[words], those of all rows, one after the other.
        """
        expected = ops.convert_to_numpy(self.predict_on_batch(token_ids))[:, :-1]
        following = token_ids[:, 1:]
        real = following != PADDING_ID
        vectors, bias = (ops.convert_to_numpy(value) for value in (self.embedding.embeddings, self.word_bias))
        expected, following = expected[real], following[real]
        found = np.empty(len(following), np.float32)
        for start in range(0, len(found), _AT_ONCE):  # a row has a figure for every word of the vocabulary
            rows = slice(start, start + _AT_ONCE)
            logits = expected[rows] @ vectors.T + bias
            logits[:, PADDING_ID] = _NEVER
            highest = logits.max(axis=-1, keepdims=True)
            normaliser = highest[:, 0] + np.log(np.exp(logits - highest).sum(axis=-1))
            found[rows] = logits[np.arange(len(logits)), following[rows]] - normaliser
        return found

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError("a language model is not saved; its encoder is, see sentiment.training.encoders")
