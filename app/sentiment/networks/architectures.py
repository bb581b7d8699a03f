"""What is compared: four classifiers that differ in one layer.

token_ids int32[batch, time]
    -> Embedding              float32[batch, time, embedding_size], and the mask: token id is not 0
    -> embedding dropout      same
    -> the recurrent layer    float32[batch, time, features]
    -> MaskedPooling          float32[batch, features * len(pooling)]
    -> Dropout, Dense(1)      logit float32[batch, 1]; its sigmoid is the probability of positive
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras

from sentiment.config import ModelConfig
from sentiment.errors import ConfigError
from sentiment.layers import LSTM, MaskedPooling
from sentiment.text.tokenizer import PADDING_ID

RECURRENT = "recurrent"  # name of the one layer that differs
OURS = "custom-lstm"  # the architecture whose layer is this project's own


@dataclass(frozen=True)
class Architecture:
    """One way to read a review, and the one layer that makes it different."""

    name: str
    title: str
    recurrent: Callable[[ModelConfig], keras.layers.Layer]


def _bidirectional(config: ModelConfig) -> keras.layers.Layer:
    return keras.layers.Bidirectional(keras.layers.LSTM(config.units, return_sequences=True), name=RECURRENT)


ARCHITECTURES: dict[str, Architecture] = {
    architecture.name: architecture
    for architecture in (
        Architecture(OURS, "Custom LSTM", lambda config: LSTM(config.units, return_sequences=True, name=RECURRENT)),
        Architecture(
            "lstm", "Keras LSTM", lambda config: keras.layers.LSTM(config.units, return_sequences=True, name=RECURRENT)
        ),
        Architecture("bilstm", "Keras Bidirectional LSTM", _bidirectional),
        Architecture(
            "gru", "Keras GRU", lambda config: keras.layers.GRU(config.units, return_sequences=True, name=RECURRENT)
        ),
    )
}


def architecture(name: str) -> Architecture:
    """The named architecture.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in ARCHITECTURES:
        raise ConfigError(f"expected an architecture, one of {', '.join(ARCHITECTURES)}; found {name!r}")
    return ARCHITECTURES[name]


def build(config: ModelConfig, vocabulary_size: int, seed: int) -> keras.Model:
    """The classifier, with fresh weights.

    Args:
        config: which architecture, and the sizes and rates that all of them share.
        vocabulary_size: number of token ids.
        seed: decides the initial weights and the dropout.

    Returns:
        A model from `int32[batch, time]` to `float32[batch, 1]`, the logit of "positive".

    Raises:
        ConfigError: there is no such architecture.
    """
    chosen = architecture(config.architecture)
    keras.utils.set_random_seed(seed)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.dtype)
    try:
        token_ids = keras.Input((None,), dtype="int32", name="token_ids")
        embedded = keras.layers.Embedding(
            vocabulary_size, config.embedding_size, mask_zero=PADDING_ID == 0, name="embedding"
        )(token_ids)
        # The same features of every token are dropped, so that no other token can stand in for them.
        embedded = keras.layers.SpatialDropout1D(config.embedding_dropout, name="embedding_dropout")(embedded)
        recurrent = chosen.recurrent(config)
        states = recurrent(embedded)
        bidirectional = isinstance(recurrent, keras.layers.Bidirectional)
        # Sums over hundreds of tokens, and the verdict itself, stay in float32 whatever the policy.
        pooled = MaskedPooling(config.pooling, bidirectional, dtype="float32", name="pooling")(states)
        pooled = keras.layers.Dropout(config.head_dropout, dtype="float32", name="head_dropout")(pooled)
        logit = keras.layers.Dense(1, dtype="float32", name="logit")(pooled)
    finally:
        keras.config.set_dtype_policy(before)
    return keras.Model(token_ids, logit, name=config.architecture.replace("-", "_"))
