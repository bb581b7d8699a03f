"""The four classifiers that are compared. They differ in one layer.

token_ids int32[batch, time]
    -> Embedding              float32[batch, time, embedding_size], and the mask: token id is not 0
    -> embedding dropout      float32[batch, time, embedding_size]
    -> the recurrent layer    float32[batch, time, features]
    -> MaskedPooling          float32[batch, features * len(pooling)]
    -> Dropout, Dense         logits float32[batch, outputs], one for two classes, see `sentiment.config.Classes`
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from sentiment.config import OURS, POLARITY, Classes, ModelConfig
from sentiment.errors import ConfigError
from sentiment.layers import LSTM, MaskedPooling
from sentiment.text.tokenizer import PADDING_ID

RECURRENT = "recurrent"  # the name of the layer that differs
_SETTINGS: dict[str, Any] = {"return_sequences": True, "name": RECURRENT}


@dataclass(frozen=True)
class Architecture:
    """A classifier by its recurrent layer."""

    name: str
    recurrent: Callable[[int], keras.layers.Layer]  # from the number of units


def _bidirectional(units: int) -> keras.layers.Layer:
    return keras.layers.Bidirectional(keras.layers.LSTM(units, return_sequences=True), name=RECURRENT)


ARCHITECTURES: dict[str, Architecture] = {
    architecture.name: architecture
    for architecture in (
        Architecture(OURS, lambda units: LSTM(units, **_SETTINGS)),
        Architecture("lstm", lambda units: keras.layers.LSTM(units, **_SETTINGS)),
        Architecture("bilstm", _bidirectional),
        Architecture("gru", lambda units: keras.layers.GRU(units, **_SETTINGS)),
    )
}


def architecture(name: str) -> Architecture:
    """The named architecture.

    Raises:
        ConfigError: there is no such architecture.
    """
    if name not in ARCHITECTURES:
        raise ConfigError(f"expected an architecture, one of {', '.join(ARCHITECTURES)}; found {name!r}")
    return ARCHITECTURES[name]


def build(config: ModelConfig, vocabulary_size: int, seed: int, classes: Classes = POLARITY) -> keras.Model:
    """The classifier with fresh weights.

    Args:
        config: the architecture, and the sizes and rates that all of them share.
        vocabulary_size: number of token ids.
        seed: of the initial weights and the dropout.
        classes: what it tells apart.

    Returns:
        A model from int32[batch, time] to logits float32[batch, outputs].

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
        # The same features of every token are dropped, so that no other token can replace them.
        embedded = keras.layers.SpatialDropout1D(config.embedding_dropout, name="embedding_dropout")(embedded)
        recurrent = chosen.recurrent(config.units)
        states = recurrent(embedded)
        bidirectional = isinstance(recurrent, keras.layers.Bidirectional)
        # Sums over hundreds of tokens and the logit stay in float32 under every policy.
        pooled = MaskedPooling(config.pooling, bidirectional, dtype="float32", name="pooling")(states)
        pooled = keras.layers.Dropout(config.head_dropout, dtype="float32", name="head_dropout")(pooled)
        logit = keras.layers.Dense(classes.outputs, dtype="float32", name="logit")(pooled)
    finally:
        keras.config.set_dtype_policy(before)
    return keras.Model(token_ids, logit, name=config.architecture.replace("-", "_"))
