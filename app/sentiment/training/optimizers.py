"""The optimiser of every training here."""

from collections.abc import Mapping
from typing import Any, Protocol

import keras
from keras import ops


class OptimizerSettings(Protocol):
    """What a configuration says of its optimiser; see `sentiment.config`."""

    @property
    def learning_rate(self) -> float: ...
    @property
    def warmup_fraction(self) -> float: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def clip_norm(self) -> float: ...
    @property
    def averaging(self) -> float: ...


class LayerwiseAdamW(keras.optimizers.AdamW):
    """AdamW in which some layers learn later, at a share of the learning rate (Howard and Ruder 2018).

    Args:
        shares: by the name of a layer, for example `{"embedding": 0.1}`; 1 for all others.
        frozen: steps at the beginning in which the layers that are named there do not learn (they only decay).
        **kwargs: of `keras.optimizers.AdamW`.
    """

    def __init__(self, *args: Any, shares: Mapping[str, float] | None = None, frozen: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shares = dict(shares or {})
        self._frozen = frozen

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        # TensorFlow's own variable arrives here; Keras' knows where in the network it is.
        path = self._trainable_variables[self._get_variable_index(variable)].path.split("/")
        share = next((share for name, share in self._shares.items() if name in path), None)
        if share is not None:
            learns = ops.cast(self.iterations >= self._frozen, learning_rate.dtype)
            learning_rate = learning_rate * share * learns
        super().update_step(gradient, variable, learning_rate)


def longest_averaging(steps: int) -> float:
    """The highest decay of an average of weights, by the steps of the training.

    It looks back over a fifth of a training at most, or it would still hold the first weights.
    """
    return 1 - 1 / max(0.2 * steps, 1)


def adamw(
    settings: OptimizerSettings, steps: int, shares: Mapping[str, float] | None = None, frozen_fraction: float = 0.0
) -> LayerwiseAdamW:
    """AdamW (Loshchilov and Hutter 2019) with a short rise and a half cosine fall of the learning rate.

    Args:
        settings: rates and decays; an averaging of 0 is none.
        steps: of the whole training.
        shares: as in `LayerwiseAdamW`.
        frozen_fraction: share of the steps in which the layers named there do not learn.
    """
    warmup = int(steps * settings.warmup_fraction)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, decay_steps=steps - warmup, warmup_target=settings.learning_rate, warmup_steps=warmup
    )
    adam = LayerwiseAdamW(
        schedule,
        weight_decay=settings.weight_decay,
        global_clipnorm=settings.clip_norm,
        use_ema=settings.averaging > 0,
        ema_momentum=min(settings.averaging, longest_averaging(steps)),
        shares=shares,
        frozen=round(frozen_fraction * steps),
    )
    adam.exclude_from_weight_decay(var_names=["bias"])
    return adam
