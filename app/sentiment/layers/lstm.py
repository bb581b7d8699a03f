"""The long short-term memory as a layer over time: a drop-in for `keras.layers.LSTM`.

The equations are in `sentiment.layers.cell`. Here they run over a whole sequence, with masks, dropout and initial
states: in one operation of `sentiment.layers.fast` where there is one, otherwise in Keras' own loop.
"""

from operator import attrgetter
from typing import Any

import keras
from keras import KerasTensor, ops, regularizers

from sentiment.layers.cell import LSTMCell
from sentiment.layers.dropout import NO_DROPOUT, DropoutMasks
from sentiment.layers.fast.fused import fused_loop
from sentiment.layers.masks import real_tokens
from sentiment.layers.reference import Step


@keras.saving.register_keras_serializable(package="sentiment")
class LSTM(keras.layers.RNN):
    """An LSTM over a whole sequence, with the arguments and the weights of `keras.layers.LSTM`.

    Reads `sequences` float[batch, time, input], a mask bool[batch, time] (or what else `masks.real_tokens` takes) and
    `initial_state`: hidden and cell, float[batch, units] or [1, units] each. Returns the hidden state after the last
    step, float[batch, units]; with `return_sequences` after every step, float[batch, time, units]; with `return_state`
    also the last hidden and cell state. Numbers may have any type. Under a mixed policy only the matrix products run in
    the narrow dtype; states and gates stay in float32.

    A masked step leaves the states as they are, and its output is the previous one. (Before the first real step that is
    zero on TensorFlow and torch and the initial state on JAX, as in Keras.)

    Example:
        >>> ours, theirs = LSTM(4), keras.layers.LSTM(4)
        >>> x = keras.random.normal((2, 5, 3))
        >>> _ = ours(x), theirs(x)
        >>> ours.set_weights(theirs.get_weights())
        >>> bool(ops.all(ops.isclose(ours(x), theirs(x), atol=1e-6)))
        True

    Args:
        units ... bias_constraint: as in `LSTMCell`.
        dropout, recurrent_dropout: as in `LSTMCell`. Masks are drawn in training only.
        seed: of the dropout. In training the same seed gives the same masks as in Keras.
        return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask: as in `keras.layers.RNN`.
        use_cudnn: "auto" runs plain layers in cuDNN on a GPU, False never does, True fails where cuDNN cannot. States
            are then kept in the compute dtype.
        implementation: as in `LSTMCell`.

    Raises:
        ValueError: units is not positive, or a dropout is not in [0, 1]; 1 drops nothing, as in Keras. When called:
            there is no step, or the mask or the initial state does not fit the sequences. (A TensorFlow graph that
            learns sizes when it runs raises `tf.errors.InvalidArgumentError`.)
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
        if use_cudnn not in ("auto", True, False):
            raise ValueError(f"expected use_cudnn to be True, False or 'auto'; found {use_cudnn!r}")
        cell = LSTMCell(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            unit_forget_bias=unit_forget_bias,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            implementation=implementation,
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
        self.use_cudnn = use_cudnn
        self.input_spec = keras.layers.InputSpec(ndim=3)

    # Like Keras' layer, this one shows the arguments of its cell.
    units = property(attrgetter("cell.units"))
    activation = property(attrgetter("cell.activation"))
    recurrent_activation = property(attrgetter("cell.recurrent_activation"))
    use_bias = property(attrgetter("cell.use_bias"))
    unit_forget_bias = property(attrgetter("cell.unit_forget_bias"))
    kernel_initializer = property(attrgetter("cell.kernel_initializer"))
    recurrent_initializer = property(attrgetter("cell.recurrent_initializer"))
    bias_initializer = property(attrgetter("cell.bias_initializer"))
    kernel_regularizer = property(attrgetter("cell.kernel_regularizer"))
    recurrent_regularizer = property(attrgetter("cell.recurrent_regularizer"))
    bias_regularizer = property(attrgetter("cell.bias_regularizer"))
    kernel_constraint = property(attrgetter("cell.kernel_constraint"))
    recurrent_constraint = property(attrgetter("cell.recurrent_constraint"))
    bias_constraint = property(attrgetter("cell.bias_constraint"))
    dropout = property(attrgetter("cell.dropout"))
    recurrent_dropout = property(attrgetter("cell.recurrent_dropout"))

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

    def _maybe_config_dropout_masks(self, *_: Any) -> None:
        """Keras would draw masks here, also for inference, and let the cell keep them. `inner_loop` draws them."""

    def inner_loop(
        self, sequences: KerasTensor, initial_state: list[KerasTensor], mask: KerasTensor | None, training: bool = False
    ) -> Any:
        """All steps: in one operation where there is one for this layer and device, otherwise in Keras' loop."""
        states = self._states(initial_state, sequences)
        # Drawn once, before the first step, so that all steps of a sequence share the masks.
        dropout = self.cell.draw_masks(sequences[:, 0, :], states[0]) if training else NO_DROPOUT
        fused = fused_loop(self, sequences, states, mask, dropout, training)
        if fused is not None:
            return fused
        if not any(dropout):
            return super().inner_loop(sequences, states, mask)
        loop = keras.layers.RNN(
            _CellWithMasks(self.cell, dropout),
            return_sequences=self.return_sequences,
            go_backwards=self.go_backwards,
            unroll=self.unroll,
            zero_output_for_mask=self.zero_output_for_mask,
            name="loop",
        )
        return loop.inner_loop(sequences, states, mask, training)

    def _states(self, initial_state: list[KerasTensor], sequences: KerasTensor) -> list[KerasTensor]:
        """Hidden and cell, float32[batch, units] each, or float64 under that policy."""
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
        if batch != 1:  # a single row stands for all rows
            full = (ops.shape(sequences)[0], units)
            for index, shape in enumerate(shapes):
                if shape[0] in (None, 1):
                    states[index] = ops.broadcast_to(states[index], full)
        return states

    def trace(
        self, sequences: KerasTensor, initial_state: list[KerasTensor] | None = None, mask: KerasTensor | None = None
    ) -> Step[KerasTensor]:
        """Every gate and state at every token, float32[batch, time, units] each; arguments and errors as in a call.

        In the order of the tokens, even if the layer reads backwards. At a masked token the gates and the candidate are
        zero and the states stay. Without dropout; the state of a stateful layer is neither used nor changed.
        """
        sequences = ops.convert_to_tensor(sequences)
        if not self.built:
            self.build(sequences.shape)
        batch, time = ops.shape(sequences)[:2]
        mask = ops.ones((batch, time), dtype="bool") if mask is None else real_tokens(mask, sequences)
        initial_state = self.get_initial_state(batch) if initial_state is None else initial_state
        hidden, cell = self._states(initial_state, sequences)
        zeros = ops.zeros_like(hidden)

        def read(before: Step[KerasTensor], token: tuple[KerasTensor, KerasTensor]) -> Any:
            x, real = token
            step = self.cell.step(x, before.hidden, before.cell)
            skipped = Step(zeros, zeros, zeros, zeros, before.cell, before.hidden)
            after = Step(*(ops.where(real[:, None], a, b) for a, b in zip(step, skipped, strict=True)))
            return after, after

        start = Step(zeros, zeros, zeros, zeros, cell, hidden)
        by_time = (ops.swapaxes(sequences, 0, 1), ops.swapaxes(mask, 0, 1))
        _, steps = ops.scan(read, start, by_time, reverse=self.go_backwards)
        return Step(*(ops.cast(ops.swapaxes(values, 0, 1), "float32") for values in steps))

    def get_config(self) -> dict[str, Any]:
        config = {**self.cell.get_config(), **super().get_config()}  # name, dtype and trainable are the layer's
        del config["cell"]
        return config | {"activity_regularizer": regularizers.serialize(self.activity_regularizer)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "LSTM":  # noqa: ARG003
        return cls(**config)

    @property
    def _state_dtype(self) -> str:
        # A cell in bfloat16 would lose additions that are 256 times smaller than its value.
        return keras.backend.result_type(self.compute_dtype, "float32")


class _CellWithMasks:
    """A cell with the dropout masks of one call, as `keras.layers.RNN` takes it."""

    def __init__(self, cell: LSTMCell, dropout: DropoutMasks) -> None:
        self.cell, self.dropout = cell, dropout
        self.state_size, self.output_size = cell.state_size, cell.output_size

    def call(self, x: KerasTensor, states: list[KerasTensor]) -> Any:
        return self.cell(x, states, dropout=self.dropout)

    __call__ = call
