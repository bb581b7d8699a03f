"""Training on reviews in which some words cannot be read."""

from typing import Any

import keras
from keras import KerasTensor, ops


@keras.saving.register_keras_serializable(package="sentiment")
class WordDropout(keras.layers.Layer):
    """Replaces a share of the tokens by the unknown token, while training only (Dai and Le 2015).

    Takes and gives `int32[batch, time]`. Padding (id 0) stays padding, so lengths and masks do not change.

    Args:
        rate: share of the tokens replaced, at least 0 and less than 1.
        unknown_id: what they become.
        seed: of the choice.

    Raises:
        ValueError: a rate outside [0, 1).
    """

    def __init__(self, rate: float, unknown_id: int, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"expected a rate in [0, 1); found {rate}")
        self.rate = rate
        self.unknown_id = unknown_id
        self.seed = seed
        self._generator = keras.random.SeedGenerator(seed)

    def call(self, token_ids: KerasTensor, training: bool = False) -> KerasTensor:
        if not training or self.rate == 0:
            return token_ids
        dropped = keras.random.uniform(ops.shape(token_ids), seed=self._generator) < self.rate
        return ops.where(ops.logical_and(dropped, token_ids != 0), self.unknown_id, token_ids)

    def compute_output_spec(self, token_ids: KerasTensor, training: bool = False) -> KerasTensor:  # noqa: ARG002
        return KerasTensor(token_ids.shape, dtype=token_ids.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "unknown_id": self.unknown_id, "seed": self.seed}
