"""The long short-term memory, in three levels: a step, a cell with weights, a layer over time.

A step (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000):

    [i, f, g, o] = x W + h U + b            x [batch, input], h and c [batch, units], W [input, 4 units], ...
    i = sigmoid(i)                          input gate: how much of the candidate enters
    f = sigmoid(f)                          forget gate: how much of the old cell stays
    g = tanh(g)                             candidate: what could enter
    o = sigmoid(o)                          output gate: how much of the cell is shown
    c' = f * c + i * g                      cell: the long-term memory
    h' = o * tanh(c')                       hidden: what the next step and the next layer see

Weights and gate order are those of `keras.layers.LSTM`, so weights can be moved there and back. There is no
peephole variant: three more weight vectors and a second order of computation would cost every reader some
clarity, and Greff et al. (2017) found no gain in accuracy.
"""

import contextlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
from keras import KerasTensor, activations, constraints, initializers, ops, regularizers


class Step(NamedTuple):
    """All that happens in one time step, each `float[batch, units]`."""

    input_gate: KerasTensor
    forget_gate: KerasTensor
    candidate: KerasTensor
    output_gate: KerasTensor
    cell: KerasTensor
    hidden: KerasTensor


_WEIGHTS = ("kernel", "recurrent", "bias")


@keras.saving.register_keras_serializable(package="sentiment")
class LSTMCell(keras.layers.Layer):
    """One step of the memory, with its weights.

    Takes `inputs` float[batch, input] and `states` [hidden, cell], float[batch, units] each; gives
    `(hidden, [hidden, cell])`. The arguments are those of `LSTM`, which also does the dropout: its masks stay the
    same over all steps of a sequence, so a single step cannot choose them.
    """

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        unit_forget_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if units <= 0:
            raise ValueError(f"expected a positive number of units; found {units}")
        self.units = units
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
        self.state_size = [units, units]
        self.output_size = units
        self._input_mask: KerasTensor | None = None
        self._recurrent_mask: KerasTensor | None = None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.kernel = self._weight("kernel", (input_shape[-1], 4 * self.units), self.kernel_initializer)
        self.recurrent_kernel = self._weight("recurrent", (self.units, 4 * self.units), self.recurrent_initializer)
        self.bias = self._weight("bias", (4 * self.units,), self._initial_bias) if self.use_bias else None
        self.built = True

    def step(self, inputs: KerasTensor, hidden: KerasTensor, cell: KerasTensor) -> Step:
        """The equations at the head of this file."""
        gates = ops.matmul(inputs, self.kernel) + ops.matmul(hidden, self.recurrent_kernel)
        if self.use_bias:
            gates = gates + self.bias
        i, f, g, o = ops.split(gates, 4, axis=-1)
        i = self.recurrent_activation(i)
        f = self.recurrent_activation(f)
        g = self.activation(g)
        o = self.recurrent_activation(o)
        cell = f * cell + i * g
        hidden = o * self.activation(cell)
        return Step(i, f, g, o, cell, hidden)

    def call(
        self,
        inputs: KerasTensor,
        states: list[KerasTensor],
        training: bool = False,  # noqa: ARG002
    ) -> tuple[KerasTensor, list[KerasTensor]]:
        hidden, cell = states
        if self._input_mask is not None:
            inputs = inputs * self._input_mask
        if self._recurrent_mask is not None:
            hidden = hidden * self._recurrent_mask
        step = self.step(inputs, hidden, cell)
        return step.hidden, [step.hidden, step.cell]

    def get_initial_state(self, batch_size: int | None = None) -> list[KerasTensor]:
        """Zeros: nothing was read yet."""
        return [ops.zeros((batch_size, self.units), dtype=self.compute_dtype) for _ in self.state_size]

    @contextlib.contextmanager
    def dropped(self, input_mask: KerasTensor | None, recurrent_mask: KerasTensor | None) -> Iterator[None]:
        """Within this block, every step multiplies its inputs and its hidden state by these masks."""
        self._input_mask, self._recurrent_mask = input_mask, recurrent_mask
        try:
            yield
        finally:
            self._input_mask = self._recurrent_mask = None

    def get_config(self) -> dict[str, Any]:
        config = {name: getattr(self, name) for name in ("units", "use_bias", "unit_forget_bias")}
        config |= {name: activations.serialize(getattr(self, name)) for name in ("activation", "recurrent_activation")}
        for kind in (initializers, regularizers, constraints):
            suffix = kind.__name__.rsplit(".", 1)[-1].removesuffix("s")
            config |= {f"{w}_{suffix}": kind.serialize(getattr(self, f"{w}_{suffix}")) for w in _WEIGHTS}
        return {**super().get_config(), **config}

    def _weight(self, role: str, shape: tuple[int | None, ...], initializer: Any) -> keras.Variable:
        return self.add_weight(
            name="recurrent_kernel" if role == "recurrent" else role,
            shape=shape,
            initializer=initializer,
            regularizer=getattr(self, f"{role}_regularizer"),
            constraint=getattr(self, f"{role}_constraint"),
        )

    def _initial_bias(self, shape: tuple[int, ...], *args: Any, **kwargs: Any) -> KerasTensor:
        """The forget gate starts open (Jozefowicz et al. 2015), or an LSTM starts by forgetting half of all."""
        if not self.unit_forget_bias:
            return self.bias_initializer(shape, *args, **kwargs)
        i = self.bias_initializer((self.units,), *args, **kwargs)
        f = initializers.Ones()((self.units,), *args, **kwargs)
        g_o = self.bias_initializer((2 * self.units,), *args, **kwargs)
        return ops.concatenate([i, f, g_o])


@keras.saving.register_keras_serializable(package="sentiment")
class LSTM(keras.layers.RNN):
    """The memory over a whole sequence: a drop-in for `keras.layers.LSTM`, with its arguments and its weights.

    Takes float[batch, time, input] and a mask bool[batch, time]; gives float[batch, units], the hidden state after
    the last step, or with `return_sequences` float[batch, time, units], one after each; with `return_state` the
    last hidden and cell state too. A masked step is not read: states stay as they are.

    Example:
        >>> ours, theirs = LSTM(4), keras.layers.LSTM(4)
        >>> x = keras.random.normal((2, 5, 3))
        >>> _ = ours(x), theirs(x)
        >>> ours.set_weights(theirs.get_weights())
        >>> bool(ops.all(ops.isclose(ours(x), theirs(x), atol=1e-6)))
        True

    Args:
        units: features of the hidden and the cell state.
        dropout: share of the input features dropped while training, the same ones at every step and for every gate
            (Gal and Ghahramani 2016).
        recurrent_dropout: the same for the hidden state that a step reads.
        seed: of the dropout.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask: as in
            `keras.layers.RNN`.
        implementation, use_cudnn: accepted and without meaning here: there is one way to compute a step.
        **kwargs: everything that `LSTMCell` takes, and `name`, `dtype` and `trainable`.

    Raises:
        ValueError: units below 1, or a dropout outside [0, 1).
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
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: Any = "auto",  # noqa: ARG002
        implementation: int = 2,  # noqa: ARG002
        **kwargs: Any,
    ) -> None:
        for name, rate in (("dropout", dropout), ("recurrent_dropout", recurrent_dropout)):
            if not 0 <= rate < 1:
                raise ValueError(f"expected {name} in [0, 1); found {rate}")
        cell = LSTMCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            unit_forget_bias=unit_forget_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name="lstm_cell",
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.units = units
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.seed = seed
        self._dropout_generator = keras.random.SeedGenerator(seed)
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def inner_loop(
        self, sequences: KerasTensor, initial_state: Any, mask: KerasTensor | None, training: bool = False
    ) -> Any:
        # Drawn once, before the loop, so that all steps of a sequence share them.
        batch, features = ops.shape(sequences)[0], sequences.shape[-1]
        input_mask = self._dropout_mask((batch, features), self.dropout, training)
        recurrent_mask = self._dropout_mask((batch, self.units), self.recurrent_dropout, training)
        with self.cell.dropped(input_mask, recurrent_mask):
            return super().inner_loop(sequences, initial_state, mask, training)

    def get_config(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("dropout", "recurrent_dropout", "seed")}
        own["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        cell = self.cell.get_config()
        rnn = super().get_config()
        rnn.pop("cell")
        return {**cell, **rnn, **own}  # name and dtype are the layer's

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "LSTM":  # noqa: ARG003
        return cls(**config)

    def _dropout_mask(self, shape: tuple[Any, int], rate: float, training: bool) -> KerasTensor | None:
        if not training or rate == 0:
            return None
        return keras.random.dropout(ops.ones(shape, dtype=self.compute_dtype), rate, seed=self._dropout_generator)
