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

from typing import Any

import keras
from keras import KerasTensor, activations, constraints, initializers, ops, regularizers

from sentiment.layers.dropout import NO_DROPOUT, CellWithDropout, DropoutMasks
from sentiment.layers.reference import Step

# What the configuration holds beside numbers and flags, and the module of Keras that reads and writes it.
_OBJECTS = {
    "activation": activations,
    "recurrent_activation": activations,
    "kernel_initializer": initializers,
    "recurrent_initializer": initializers,
    "bias_initializer": initializers,
    "kernel_regularizer": regularizers,
    "recurrent_regularizer": regularizers,
    "bias_regularizer": regularizers,
    "kernel_constraint": constraints,
    "recurrent_constraint": constraints,
    "bias_constraint": constraints,
}


@keras.saving.register_keras_serializable(package="sentiment")
class LSTMCell(keras.layers.Layer, CellWithDropout):
    """One step, with `kernel` float[input, 4 units], `recurrent_kernel` float[units, 4 units], `bias` float[4 units].

    Reads `x` float[batch, input] and the states, hidden and cell, float[batch, units] each. Returns the new hidden
    state, and both new states. Matrix products run in the compute dtype, all else in the dtype of the states.

    Takes the place of `keras.layers.LSTMCell`: `keras.layers.RNN(LSTMCell(4))`. A call may bring its dropout masks. If
    it brings none, training uses those of `sentiment.layers.dropout`.

    Args:
        units: size of the hidden and of the cell state.
        activation: of the candidate and the cell; None: none.
        recurrent_activation: of the three gates; None: none.
        use_bias: whether there is a bias.
        unit_forget_bias: start the forget gate's bias at one, whatever `bias_initializer` is. With a bias of zero, half
            of the cell would be lost at each step (Jozefowicz et al. 2015).
        *_initializer, *_regularizer, *_constraint: names or objects of Keras.
        dropout: share of the input features dropped in training, the same at every step of a sequence (Gal and
            Ghahramani 2016). As in Keras 3.15.1, a share of 1 drops nothing.
        recurrent_dropout: share of the hidden state's features dropped before a step reads it, per gate.
        seed: of the dropout.
        implementation: 1 drops other input features for each gate; without dropout it has no effect.

    Raises:
        ValueError: units is not positive, or a dropout is not in [0, 1].
    """

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
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        implementation: int = 2,
        **kwargs: Any,
    ) -> None:
        if units <= 0:
            raise ValueError(f"expected a positive number of units; found {units}")
        for name, rate in (("dropout", dropout), ("recurrent_dropout", recurrent_dropout)):
            if not 0 <= rate <= 1:
                raise ValueError(f"expected {name} in [0, 1]; found {rate}")
        # Autocast would round the states to the compute dtype.
        super().__init__(**{**kwargs, "autocast": False})
        self.units = self.output_size = units
        self.state_size = [units, units]
        self.activation = activations.get(activation)
        self.recurrent_activation = activations.get(recurrent_activation)
        self.use_bias = use_bias
        self.unit_forget_bias = unit_forget_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.implementation = implementation

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], 4 * self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(self.units, 4 * self.units),
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(4 * self.units,),
                initializer=self._forget_bias_of_one if self.unit_forget_bias else self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
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
        self,
        x: KerasTensor,
        states: list[KerasTensor],
        training: bool = False,
        dropout: DropoutMasks | None = None,
    ) -> tuple[KerasTensor, list[KerasTensor]]:
        hidden, cell = states
        if dropout is None:
            dropout = self.kept_masks(x, hidden) if training else NO_DROPOUT
        after = self.step(x, hidden, cell, dropout)
        return after.hidden, [after.hidden, after.cell]

    def get_initial_state(self, batch_size: int | None = None) -> list[KerasTensor]:
        return [ops.zeros((batch_size, self.units), dtype=self.compute_dtype) for _ in self.state_size]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name in ("units", "use_bias", "unit_forget_bias", "dropout", "recurrent_dropout", "seed"):
            config[name] = getattr(self, name)
        for name, module in _OBJECTS.items():
            config[name] = module.serialize(getattr(self, name))
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

    def _forget_bias_of_one(self, shape: tuple[int, ...], dtype: Any = None) -> KerasTensor:
        units = shape[0] // 4
        input_gate = self.bias_initializer((units,), dtype=dtype)
        rest = self.bias_initializer((2 * units,), dtype=dtype)
        return ops.concatenate([input_gate, ops.ones((units,), dtype=dtype), rest])
