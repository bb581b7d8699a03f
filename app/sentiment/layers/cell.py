"""One step of a long short-term memory, with its weights.

    i, f, g, o = split(x @ kernel + h @ recurrent_kernel + bias)
    i = sigmoid(i)              input_gate: how much of the candidate enters the cell
    f = sigmoid(f)              forget_gate: how much of the old cell stays
    g = tanh(g)                 candidate: what could enter the cell
    o = sigmoid(o)              output_gate: how much of the cell is shown
    c' = f * c + i * g          cell: the long-term memory
    h' = o * tanh(c')           hidden: what the next step and the next layer see

Weights and gate order (i, f, g, o) are those of `keras.layers.LSTM`, so weights can be copied both ways. There are no
peephole connections: Keras' weights would no longer fit, and Greff et al. (2017) measured no gain from them.
"""

from typing import Any, NamedTuple

import keras
from keras import KerasTensor, activations, constraints, initializers, ops, regularizers

from sentiment.layers.reference import Step

# The arguments beside `units`: the default of each, and the module of Keras that reads and writes it.
ARGUMENTS: dict[str, tuple[Any, Any]] = {
    "activation": ("tanh", activations),
    "recurrent_activation": ("sigmoid", activations),
    "use_bias": (True, None),
    "kernel_initializer": ("glorot_uniform", initializers),
    "recurrent_initializer": ("orthogonal", initializers),
    "bias_initializer": ("zeros", initializers),
    "unit_forget_bias": (True, None),
    "kernel_regularizer": (None, regularizers),
    "recurrent_regularizer": (None, regularizers),
    "bias_regularizer": (None, regularizers),
    "kernel_constraint": (None, constraints),
    "recurrent_constraint": (None, constraints),
    "bias_constraint": (None, constraints),
}


class DropoutMasks(NamedTuple):
    """The dropout masks of one call: none, one for all gates, or one per gate. Every step multiplies by them."""

    inputs: tuple[KerasTensor, ...] = ()  # float[batch, input] each
    hidden: tuple[KerasTensor, ...] = ()  # float[batch, units] each


NO_DROPOUT = DropoutMasks()


@keras.saving.register_keras_serializable(package="sentiment")
class LSTMCell(keras.layers.Layer):
    """One step, with `kernel` float[input, 4 units], `recurrent_kernel` float[units, 4 units], `bias` float[4 units].

    Reads `x` float[batch, input] and the states, hidden and cell, float[batch, units] each. Returns the new hidden
    state, and both new states. Matrix products run in the compute dtype, all else in the dtype of the states.

    Dropout masks are an argument of each call, not an attribute, so that calls in several threads cannot mix them up.

    Args:
        units: size of the hidden and of the cell state.
        activation: of the candidate and the cell; None: none.
        recurrent_activation: of the three gates; None: none.
        use_bias: whether there is a bias.
        unit_forget_bias: start the forget gate's bias at one, whatever `bias_initializer` is. With a bias of zero, half
            of the cell would be lost at each step (Jozefowicz et al. 2015).
        *_initializer, *_regularizer, *_constraint: names or objects of Keras.

    Raises:
        ValueError: units is not positive.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        if units <= 0:
            raise ValueError(f"expected a positive number of units; found {units}")
        arguments = {name: kwargs.pop(name, default) for name, (default, _) in ARGUMENTS.items()}
        # Autocast would round the states to the compute dtype.
        super().__init__(**{**kwargs, "autocast": False})
        for name, (_, module) in ARGUMENTS.items():
            setattr(self, name, module.get(arguments[name]) if module else arguments[name])
        self.units = self.output_size = units
        self.state_size = [units, units]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.kernel = self._weight("kernel", "kernel", (input_shape[-1], 4 * self.units))
        self.recurrent_kernel = self._weight("recurrent_kernel", "recurrent", (self.units, 4 * self.units))
        self.bias = self._weight("bias", "bias", (4 * self.units,)) if self.use_bias else None
        self.built = True

    def step(
        self, x: KerasTensor, h: KerasTensor, c: KerasTensor, dropout: DropoutMasks = NO_DROPOUT
    ) -> Step[KerasTensor]:
        """The equations at the head of this file."""
        z = self._product(x, self.kernel, dropout.inputs, c.dtype)
        z = z + self._product(h, self.recurrent_kernel, dropout.hidden, c.dtype)
        if self.bias is not None:
            z = ops.add(z, ops.cast(self.bias, c.dtype))  # unlike +, ops.add uses TensorFlow's faster op for a bias
        i, f, g, o = ops.split(z, 4, axis=-1)
        i = self.recurrent_activation(i)
        f = self.recurrent_activation(f)
        g = self.activation(g)
        o = self.recurrent_activation(o)
        c = f * c + i * g
        h = o * self.activation(c)
        return Step(i, f, g, o, c, h)

    def call(
        self, x: KerasTensor, states: list[KerasTensor], dropout: DropoutMasks = NO_DROPOUT
    ) -> tuple[KerasTensor, list[KerasTensor]]:
        hidden, cell = states
        after = self.step(x, hidden, cell, dropout)
        return after.hidden, [after.hidden, after.cell]

    def get_initial_state(self, batch_size: int | None = None) -> list[KerasTensor]:
        return [ops.zeros((batch_size, self.units), dtype=self.compute_dtype) for _ in self.state_size]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config() | {"units": self.units}
        for name, (_, module) in ARGUMENTS.items():
            value = getattr(self, name)
            config[name] = module.serialize(value) if module else value
        return config

    def _product(
        self, values: KerasTensor, weights: keras.Variable, masks: tuple[KerasTensor, ...], dtype: Any
    ) -> KerasTensor:
        values, weights = ops.cast(values, self.compute_dtype), ops.cast(weights, self.compute_dtype)
        if masks:
            columns = ops.split(weights, len(masks), axis=-1)
            parts = [ops.matmul(values * mask, part) for mask, part in zip(masks, columns, strict=True)]
            return ops.cast(ops.concatenate(parts, axis=-1), dtype)
        return ops.cast(ops.matmul(values, weights), dtype)

    def _weight(self, name: str, role: str, shape: tuple[int | None, ...]) -> keras.Variable:
        initializer = getattr(self, f"{role}_initializer")
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=self._forget_bias_of_one if role == "bias" and self.unit_forget_bias else initializer,
            regularizer=getattr(self, f"{role}_regularizer"),
            constraint=getattr(self, f"{role}_constraint"),
        )

    def _forget_bias_of_one(self, shape: tuple[int, ...], dtype: Any = None) -> KerasTensor:
        units = shape[0] // 4
        input_gate = self.bias_initializer((units,), dtype=dtype)
        rest = self.bias_initializer((2 * units,), dtype=dtype)
        return ops.concatenate([input_gate, ops.ones((units,), dtype=dtype), rest])
