"""The weights of a recurrent cell: how they start, are penalised and are bounded.

Keras' arguments with Keras' meaning, kept out of the file that holds the equations.
"""

from typing import Any

import keras
from keras import activations, constraints, initializers, ops, regularizers

# What each argument is made from and written back with; None: it is a plain value.
ARGUMENTS: dict[str, Any] = {
    "units": None,
    "activation": activations,
    "recurrent_activation": activations,
    "use_bias": None,
    "kernel_initializer": initializers,
    "recurrent_initializer": initializers,
    "bias_initializer": initializers,
    "unit_forget_bias": None,
    "kernel_regularizer": regularizers,
    "recurrent_regularizer": regularizers,
    "bias_regularizer": regularizers,
    "kernel_constraint": constraints,
    "recurrent_constraint": constraints,
    "bias_constraint": constraints,
}


class RecurrentWeights(keras.layers.Layer):
    """`kernel` float[input, 4 units], `recurrent_kernel` float[units, 4 units] and `bias` float[4 units], or None.

    Args:
        units: features of the state.
        activation: of candidate and cell; None: none.
        recurrent_activation: of the three gates; None: none.
        use_bias: whether there is a bias.
        unit_forget_bias: the forget gate's bias starts at one, whatever `bias_initializer` says: an LSTM that starts
            at zero starts by forgetting half of everything at each step (Jozefowicz et al. 2015).
        *_initializer, *_regularizer, *_constraint: names or objects of Keras.

    Raises:
        ValueError: units is not positive.
    """

    units: int
    activation: Any
    recurrent_activation: Any
    use_bias: bool
    unit_forget_bias: bool
    bias_initializer: Any

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        given = locals()
        if units <= 0:
            raise ValueError(f"expected a positive number of units; found {units}")
        super().__init__(**kwargs)
        for name, kind in ARGUMENTS.items():
            setattr(self, name, kind.get(given[name]) if kind else given[name])

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.kernel = self._weight("kernel", "kernel", (input_shape[-1], 4 * self.units))
        self.recurrent_kernel = self._weight("recurrent_kernel", "recurrent", (self.units, 4 * self.units))
        self.bias = self._weight("bias", "bias", (4 * self.units,)) if self.use_bias else None
        self.built = True

    def get_config(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ARGUMENTS}
        own = {name: kind.serialize(own[name]) if (kind := ARGUMENTS[name]) else own[name] for name in own}
        return {**super().get_config(), **own}

    def _weight(self, name: str, role: str, shape: tuple[int | None, ...]) -> keras.Variable:
        open_at_first = role == "bias" and self.unit_forget_bias
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=self._bias_with_open_forget_gate if open_at_first else getattr(self, f"{role}_initializer"),
            regularizer=getattr(self, f"{role}_regularizer"),
            constraint=getattr(self, f"{role}_constraint"),
        )

    def _bias_with_open_forget_gate(self, shape: tuple[int, ...], dtype: Any = None) -> keras.KerasTensor:
        units = shape[0] // 4
        input_gate = self.bias_initializer((units,), dtype=dtype)
        rest = self.bias_initializer((2 * units,), dtype=dtype)
        return ops.concatenate([input_gate, ops.ones((units,), dtype=dtype), rest])
