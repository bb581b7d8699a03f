"""The long short-term memory, in three levels: a step, a cell with weights, a layer over time.

A step (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000):

    i, f, g, o = split(x @ kernel + h @ recurrent_kernel + bias)
    i = sigmoid(i)              input gate: how much of the candidate enters
    f = sigmoid(f)              forget gate: how much of the old cell stays
    g = tanh(g)                 candidate: what could enter
    o = sigmoid(o)              output gate: how much of the cell is shown
    c' = f * c + i * g          cell: the long-term memory
    h' = o * tanh(c')           hidden: what the next step and the next layer see

Weights and the order of the gates are those of `keras.layers.LSTM`, so weights can be moved there and back. There is
no peephole variant: three more weight vectors and a second order of computation would cost every reader clarity,
Keras' weights would no longer fit, and Greff et al. (2017) found no gain in accuracy.
"""

from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

import keras
from keras import KerasTensor, activations, ops, regularizers

from sentiment.layers.fast.packed import Reading
from sentiment.layers.fast.path import is_open, walk
from sentiment.layers.masks import real_tokens
from sentiment.layers.recurrent_weights import ARGUMENTS, RecurrentWeights
from sentiment.layers.reference import Step


class Dropped(NamedTuple):
    """Dropout masks of one call: none, one, or one per gate. Each step multiplies what it reads by them."""

    inputs: tuple[KerasTensor, ...] = ()  # float[batch, input] each
    hidden: tuple[KerasTensor, ...] = ()  # float[batch, units] each


NOTHING = Dropped()


@keras.saving.register_keras_serializable(package="sentiment")
class LSTMCell(RecurrentWeights):
    """One step of the memory, with its weights.

    Takes `x` float[batch, input] and `states`, hidden and cell, float[batch, units] each; gives the new hidden state,
    and both. Products run in the compute dtype, everything else in the dtype of the states, which `LSTM` keeps at
    float32 or wider. The arguments are those of `RecurrentWeights`. Dropout masks are arguments of a call and are kept
    nowhere, so that calls in several threads do not see each other's.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Casting every float that comes in to the compute dtype would cast the states too.
        super().__init__(*args, **{**kwargs, "autocast": False})
        self.state_size = [self.units, self.units]
        self.output_size = self.units

    def step(self, x: KerasTensor, h: KerasTensor, c: KerasTensor, dropped: Dropped = NOTHING) -> Step[KerasTensor]:
        """The equations at the head of this file."""
        z = self._product(x, self.kernel, dropped.inputs, c.dtype)
        z = z + self._product(h, self.recurrent_kernel, dropped.hidden, c.dtype)
        if self.bias is not None:
            z = ops.add(z, ops.cast(self.bias, c.dtype))  # TensorFlow has a faster op for a bias, which + misses
        i, f, g, o = ops.split(z, 4, axis=-1)
        i = self.recurrent_activation(i)
        f = self.recurrent_activation(f)
        g = self.activation(g)
        o = self.recurrent_activation(o)
        c = f * c + i * g
        h = o * self.activation(c)
        return Step(i, f, g, o, c, h)

    def call(
        self, x: KerasTensor, states: list[KerasTensor], dropped: Dropped = NOTHING
    ) -> tuple[KerasTensor, list[KerasTensor]]:
        hidden, cell = states
        now = self.step(x, hidden, cell, dropped)
        return now.hidden, [now.hidden, now.cell]

    def get_initial_state(self, batch_size: int | None = None) -> list[KerasTensor]:
        """Zeros: nothing was read yet."""
        return [ops.zeros((batch_size, self.units), dtype=self.compute_dtype) for _ in self.state_size]

    def _product(
        self, values: KerasTensor, weights: keras.Variable, masks: tuple[KerasTensor, ...], dtype: Any
    ) -> KerasTensor:
        values, weights = ops.cast(values, self.compute_dtype), ops.cast(weights, self.compute_dtype)
        if masks:
            columns = ops.split(weights, len(masks), axis=-1)
            parts = [ops.matmul(values * mask, part) for mask, part in zip(masks, columns, strict=True)]
            return ops.cast(ops.concatenate(parts, axis=-1), dtype)
        return ops.cast(ops.matmul(values, weights), dtype)


class _Loop(NamedTuple):
    """What Keras' loop over time asks of a layer, for one call."""

    cell: Any
    go_backwards: bool
    return_sequences: bool
    stateful: bool
    unroll: bool
    zero_output_for_mask: bool


@keras.saving.register_keras_serializable(package="sentiment")
class LSTM(keras.layers.RNN):
    """The memory over a whole sequence: a drop-in for `keras.layers.LSTM`, with its arguments and its weights.

    Takes `sequences` float[batch, time, input], a mask bool[batch, time], and `initial_state`, hidden and cell
    float[batch, units]; gives float[batch, units], the hidden state after the last step, or with `return_sequences`
    float[batch, time, units], one after each; with `return_state` the last hidden and cell state too. A masked step
    is not read: the states stay as they are. (Its output is the one before it; before the first real step that is
    zero on TensorFlow and torch and the initial state on JAX, as in Keras.)

    A mask may have any number type, where all but zero is True. Its shape may also be [batch, time, 1], or [1, time]
    for all rows alike. An initial state may also be [1, units]. Sequences may have any number type.

    Under a mixed policy only the matrix products run in the narrow dtype; states and gates stay in float32.

    Example:
        >>> ours, theirs = LSTM(4), keras.layers.LSTM(4)
        >>> x = keras.random.normal((2, 5, 3))
        >>> _ = ours(x), theirs(x)
        >>> ours.set_weights(theirs.get_weights())
        >>> bool(ops.all(ops.isclose(ours(x), theirs(x), atol=1e-6)))
        True

    Args:
        units ... bias_constraint: as in `RecurrentWeights`.
        dropout: share of the input features dropped in training, the same ones at every step of a sequence (Gal and
            Ghahramani 2016) and, unless `implementation` is 1 or `recurrent_dropout` is set, for every gate.
        recurrent_dropout: share of the hidden state's features dropped before a step reads it, per gate.
        seed: of the dropout. The masks are Keras' own: the same numbers for the same seed, drawn in training only.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask: as in `keras.layers.RNN`.
        use_cudnn: accepted, without meaning: this layer is never cuDNN's.
        implementation: 1 drops other input features for each gate; without dropout it has no meaning here.

    Raises:
        ValueError: units is not positive, or a dropout is not in [0, 1). When called: there is no step, or the mask or
            the initial state does not fit the sequences. Sizes that a graph of TensorFlow learns only when it runs
            raise `tf.errors.InvalidArgumentError` there.
    """

    cell: LSTMCell

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
        use_cudnn: Any = "auto",
        implementation: int = 2,
        **kwargs: Any,
    ) -> None:
        for name, rate in (("dropout", dropout), ("recurrent_dropout", recurrent_dropout)):
            if not 0 <= rate < 1:
                raise ValueError(f"expected {name} in [0, 1); found {rate}")
        given = locals()
        cell = LSTMCell(
            **{name: given[name] for name in ARGUMENTS},
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
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self._masks_of_inputs = 4 if implementation == 1 or recurrent_dropout else 1
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def build(self, sequences_shape: Any, initial_state_shape: Any = None) -> None:
        super().build(sequences_shape, initial_state_shape)
        self.input_spec = keras.layers.InputSpec(ndim=3, axes={-1: sequences_shape[-1]})

    def call(
        self,
        sequences: KerasTensor,
        initial_state: list[KerasTensor] | None = None,
        mask: KerasTensor | None = None,
        training: bool = False,
    ) -> Any:
        if sequences.shape[1] == 0:
            raise ValueError(
                f"expected sequences of at least one step; found shape {tuple(sequences.shape)}; pad them to one step, "
                "or leave them out"
            )
        return super().call(sequences, initial_state, real_tokens(mask, sequences), training)

    def inner_loop(
        self, sequences: KerasTensor, initial_state: list[KerasTensor], mask: KerasTensor | None, training: bool = False
    ) -> Any:
        """All steps: on the fast path where it is open and nothing unusual is asked for, else by Keras' own loop."""
        states = self._states(initial_state, sequences)
        dropped = NOTHING
        if training:  # drawn once, before the first step, so that all steps of a sequence share them
            inputs = self._draw(sequences[:, 0, :], self.dropout, self._masks_of_inputs)
            dropped = Dropped(inputs, self._draw(initial_state[0], self.recurrent_dropout, 4))
        if self._is_plain and len(dropped.inputs) <= 1 and not dropped.hidden and is_open():
            sequences = sequences * dropped.inputs[0][:, None] if dropped.inputs else sequences
            return self._walk_fast(sequences, states, mask, training)
        if not any(dropped):
            return super().inner_loop(sequences, states, mask, training)
        loop = _Loop(
            partial(self.cell, dropped=dropped),  # type: ignore[misc]  # Keras does not say that layers are callable
            self.go_backwards,
            self.return_sequences,
            self.stateful,
            self.unroll,
            self.zero_output_for_mask,
        )
        return keras.layers.RNN.inner_loop(loop, sequences, states, mask, training)

    def _states(self, initial_state: list[KerasTensor], sequences: KerasTensor) -> list[KerasTensor]:
        """Hidden and cell, [batch, units] each, in the dtype of the states."""
        batch, units = sequences.shape[0], self.cell.units
        initial_state = [ops.convert_to_tensor(state) for state in initial_state]
        shapes = [tuple(state.shape) for state in initial_state]
        rows = (None, 1, batch)
        if len(shapes) != 2 or not all(
            len(shape) == 2 and (batch is None or shape[0] in rows) and shape[1] in (None, units) for shape in shapes
        ):
            raise ValueError(
                f"expected an initial_state of two tensors, hidden and cell, of shape ({batch}, {units}) each; found "
                f"{len(shapes)} of shape {', '.join(map(str, shapes))}"
            )
        states = [ops.cast(state, self._state_dtype) for state in initial_state]
        if batch != 1:  # a state of a single row is every row's
            every_row = (ops.shape(sequences)[0], units)
            states = [
                ops.broadcast_to(state, every_row) if shape[0] in (None, 1) else state
                for state, shape in zip(states, shapes, strict=True)
            ]
        return states

    def _walk_fast(
        self, sequences: KerasTensor, states: list[KerasTensor], mask: KerasTensor | None, training: bool
    ) -> Any:
        cell, dtype = self.cell, self._state_dtype
        # Rounded to the compute dtype as on the portable path, then as wide as the states.
        sequences, kernel, recurrent_kernel = (
            ops.cast(ops.cast(value, self.compute_dtype), dtype)
            for value in (sequences, cell.kernel, cell.recurrent_kernel)
        )
        bias = ops.zeros((4 * cell.units,), dtype) if cell.bias is None else ops.cast(cell.bias, dtype)
        reading = Reading(self.go_backwards, not self.return_sequences, zero_masked=self.zero_output_for_mask)
        weights = (kernel, recurrent_kernel, bias)
        walked = walk(sequences, mask, states, weights, reading, training)
        return walked.outputs[:, -1], walked.outputs, [walked.hidden, walked.cell]

    @property
    def _is_plain(self) -> bool:
        cell = self.cell
        return (cell.activation, cell.recurrent_activation) == (activations.tanh, activations.sigmoid) and (
            not self.unroll and self._state_dtype in ("float32", "float64")
        )

    def trace(
        self, sequences: KerasTensor, initial_state: list[KerasTensor] | None = None, mask: KerasTensor | None = None
    ) -> Step[KerasTensor]:
        """What happened at every token, beside what a call returns; without dropout, statefulness not regarded.

        Args:
            sequences: float[batch, time, input].
            initial_state: hidden and cell, float[batch, units] each; None: zeros.
            mask: as in a call; None: True everywhere.

        Returns:
            Gates, candidate, cell and hidden, float32[batch, time, units] each, in the order of the tokens also if the
            layer reads backwards. At a masked token the gates and the candidate are zero and the states stay.

        Raises:
            ValueError: the mask or the states have a shape that does not fit the sequences.
        """
        sequences = ops.convert_to_tensor(sequences)
        if not self.built:
            self.build(sequences.shape)
        batch, time = ops.shape(sequences)[:2]
        mask = ops.ones((batch, time), dtype="bool") if mask is None else real_tokens(mask, sequences)
        initial_state = self.get_initial_state(batch) if initial_state is None else initial_state
        hidden, cell = self._states(initial_state, sequences)
        nothing = ops.zeros_like(hidden)

        def read(before: Step[KerasTensor], token: tuple[KerasTensor, KerasTensor]) -> Any:
            x, real = token
            after = self.cell.step(x, before.hidden, before.cell)
            unread = Step(nothing, nothing, nothing, nothing, before.cell, before.hidden)
            after = Step(*(ops.where(real[:, None], new, old) for new, old in zip(after, unread, strict=True)))
            return after, after

        start = Step(nothing, nothing, nothing, nothing, cell, hidden)
        by_time = (ops.swapaxes(sequences, 0, 1), ops.swapaxes(mask, 0, 1))
        _, steps = ops.scan(read, start, by_time, reverse=self.go_backwards)
        return Step(*(ops.cast(ops.swapaxes(values, 0, 1), "float32") for values in steps))

    def get_config(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("dropout", "recurrent_dropout", "seed")}
        own["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        rnn = super().get_config()
        rnn.pop("cell")
        return {**self.cell.get_config(), **rnn, **own}  # name, dtype and trainable are the layer's

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "LSTM":  # noqa: ARG003
        return cls(**config)

    @property
    def _state_dtype(self) -> str:
        # A cell in bfloat16 would lose what a step adds as soon as it is 256 times smaller than what is there.
        return keras.backend.result_type(self.compute_dtype, "float32")

    def _draw(self, like: KerasTensor, rate: float, count: int) -> tuple[KerasTensor, ...]:
        if rate == 0:
            return ()
        ones = ops.ones_like(like)
        return tuple(keras.random.dropout(ones, rate, seed=self.seed_generator) for _ in range(count))


for _name in ARGUMENTS:  # `layer.units`, `layer.activation`, ... are the cell's
    setattr(LSTM, _name, property(attrgetter(f"cell.{_name}")))
