"""The optimiser of every training here."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from sentiment.config import PretrainingConfig, TrainingConfig
from sentiment.config.settings import longest_averaging
from sentiment.distributed import ALONE, Workers, mean_gradients


class LayerwiseAdamW(keras.optimizers.AdamW):
    """AdamW in which some layers learn at a share of the learning rate (Howard and Ruder 2018).

    It overrides `build` and `update_step`, and calls `_get_variable_index`, as the docstring of Keras' `Optimizer`
    shows for an optimiser of one's own (read in Keras 3.15). On TensorFlow one operation updates a variable and both of
    its moments, in a single pass over their memory, where Keras makes a dozen.

    Args:
        shares: by the name of a layer, for example `{"embedding": 0.1}`; 1 for all others.
        workers: that train together; a step takes the mean of their gradients.
        **kwargs: of `keras.optimizers.AdamW`.
    """

    def __init__(self, *args: Any, shares: Mapping[str, float], workers: Workers = ALONE, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._workers = workers
        self._shares = dict(shares)

    def build(self, variables: list[keras.Variable]) -> None:
        super().build(variables)
        layers = [variable.path.split("/") for variable in variables]
        self._rates = [next((rate for name, rate in self._shares.items() if name in path), 1.0) for path in layers]

    @property
    def averages(self) -> list[keras.Variable]:
        """Moving averages of the weights, in the order of the model's trainable variables; empty: none are kept."""
        return list(self._model_variables_moving_average) if self.use_ema else []

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[keras.Variable] | None = None) -> None:
        if self._workers.size > 1:
            grads = mean_gradients(grads, self._workers)
        super().apply(grads, trainable_variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        index = self._get_variable_index(variable)
        learning_rate = learning_rate * self._rates[index]
        if keras.backend.backend() != "tensorflow" or self.amsgrad:
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        step = tf.cast(self.iterations + 1, variable.dtype)
        numbers = {
            "beta1_power": self.beta_1**step, "beta2_power": self.beta_2**step, "lr": learning_rate,
            "beta1": self.beta_1, "beta2": self.beta_2, "epsilon": self.epsilon,
        }  # fmt: skip
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            grad=tf.cast(tf.convert_to_tensor(gradient), variable.dtype),
            **{name: tf.cast(value, variable.dtype) for name, value in numbers.items()},
        )


def adamw(
    settings: TrainingConfig | PretrainingConfig,
    steps: int,
    averaging: float = 0.0,
    shares: Mapping[str, float] | None = None,
    workers: Workers = ALONE,
) -> LayerwiseAdamW:
    """AdamW (Loshchilov and Hutter 2019) with a short linear rise and a half cosine fall of the learning rate.

    Args:
        settings: learning rate, warm-up, weight decay and gradient norm.
        steps: of the whole training.
        averaging: decay of the moving average of the weights; 0: none.
        shares: as in `LayerwiseAdamW`.
        workers: the same.
    """
    warmup = int(steps * settings.warmup_fraction)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, decay_steps=steps - warmup, warmup_target=settings.learning_rate, warmup_steps=warmup
    )
    adam = LayerwiseAdamW(
        schedule,
        weight_decay=settings.weight_decay,
        global_clipnorm=settings.clip_norm,
        use_ema=averaging > 0,
        ema_momentum=min(averaging, longest_averaging(steps)),
        shares=shares or {},
        workers=workers,
    )
    adam.exclude_from_weight_decay(var_names=["bias"])
    return adam
