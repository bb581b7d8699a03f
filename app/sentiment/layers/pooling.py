"""Pooling over the real tokens of a sequence.

Keras' own pooling layers ignore the mask (max), or pool what a bidirectional layer writes at the padding. This one
gives a review the same vector alone, in a batch, and with any amount of padding.
"""

from typing import Any

import keras
from keras import KerasTensor, ops

from sentiment.layers.masks import real_tokens

MODES = ("max", "mean", "last")


@keras.saving.register_keras_serializable(package="sentiment")
class MaskedPooling(keras.layers.Layer):
    """From float32[batch, time, features] to float32[batch, features * len(modes)].

    The states [[1, 5], [3, 2], [9, 9]] with the mask [True, True, False] become

        max   [3, 5]        the largest value of each feature
        mean  [2, 3.5]
        last  [3, 2]        the state after the last real token

    Howard and Ruder (2018) concatenate all three.

    Args:
        modes: any of "max", "mean", "last"; the results are concatenated in this order.
        bidirectional: the second half of the features was read backwards, so its last state is at the first token.

    Raises:
        ValueError: an unknown mode, or no mask when called.
    """

    def __init__(self, modes: tuple[str, ...] | list[str], bidirectional: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        unknown = set(modes) - set(MODES)
        if unknown or not modes:
            raise ValueError(f"expected modes from {MODES}; found {tuple(modes)}")
        self.modes = tuple(modes)
        self.bidirectional = bidirectional
        self.supports_masking = True

    def call(self, states: KerasTensor, mask: KerasTensor | None = None) -> KerasTensor:
        mask = real_tokens(mask, states)
        if mask is None:
            raise ValueError("expected a mask bool[batch, time]; found none: the embedding must have mask_zero=True")
        real = ops.expand_dims(ops.cast(mask, states.dtype), -1)  # [batch, time, 1]
        pooled = [getattr(self, f"_{mode}")(states, real) for mode in self.modes]
        return ops.concatenate(pooled, axis=-1)

    def compute_mask(self, _inputs: KerasTensor, mask: KerasTensor | None = None) -> None:  # noqa: ARG002
        return None  # the time axis is gone

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], input_shape[-1] * len(self.modes))  # type: ignore[operator]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "modes": list(self.modes), "bidirectional": self.bidirectional}

    def _max(self, states: KerasTensor, real: KerasTensor) -> KerasTensor:
        return ops.max(ops.where(real > 0, states, -1e4), axis=1)

    def _mean(self, states: KerasTensor, real: KerasTensor) -> KerasTensor:
        return ops.sum(states * real, axis=1) / ops.sum(real, axis=1)

    def _last(self, states: KerasTensor, real: KerasTensor) -> KerasTensor:
        following = ops.pad(real[:, 1:], [[0, 0], [0, 1], [0, 0]])  # is the next token real?
        forward = ops.sum(states * real * (1.0 - following), axis=1)
        if not self.bidirectional:
            return forward
        half = states.shape[-1] // 2
        return ops.concatenate([forward[:, :half], states[:, 0, half:]], axis=-1)
