"""Dropout in a recurrent cell: masks that are drawn once for a sequence and multiply at every step of it.

`sentiment.layers.LSTM` draws them before the first step and hands them to each step. `keras.layers.RNN` cannot: it asks
the cell for masks before the first step, and tells it to forget them after the last, by the names of Keras'
`DropoutRNNCell`. The cell keeps them in between, for each thread apart, so that calls in several threads cannot mix
them up.
"""

from threading import local
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import keras
from keras import KerasTensor, ops
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell  # not public; `keras.layers.RNN` asks this class alone

Masks = tuple[KerasTensor, ...]


class DropoutMasks(NamedTuple):
    """The dropout masks of one call: none, one for all gates, or one per gate. Every step multiplies by them."""

    inputs: Masks = ()  # float[batch, input] each
    hidden: Masks = ()  # float[batch, units] each


NO_DROPOUT = DropoutMasks()


class _Kept(local):
    """The masks that one thread keeps for the cells that Keras runs."""

    def __init__(self) -> None:
        self.inputs: WeakKeyDictionary[Any, Masks] = WeakKeyDictionary()
        self.hidden: WeakKeyDictionary[Any, Masks] = WeakKeyDictionary()


_kept = _Kept()


class CellWithDropout(DropoutRNNCell):
    """A cell that drops a share `dropout` of its inputs and `recurrent_dropout` of the hidden state.

    The hidden state has a mask per gate. So have the inputs if `implementation` is 1 or the hidden state has any;
    otherwise one mask serves all gates. As in Keras 3.15.1, a share of 1 drops nothing.
    """

    dropout: float
    recurrent_dropout: float
    implementation: int
    compute_dtype: str
    seed_generator: keras.random.SeedGenerator

    def draw_masks(self, x: KerasTensor, h: KerasTensor) -> DropoutMasks:
        """New masks for a sequence, in the shapes of `x` float[batch, input] and `h` float[batch, units]."""
        return DropoutMasks(self._draw_for_inputs(x), self._draw(h, self.recurrent_dropout, 4))

    def kept_masks(self, x: KerasTensor, h: KerasTensor) -> DropoutMasks:
        """The masks that this thread keeps until they are reset; drawn if it keeps none."""
        inputs, hidden = _kept.inputs.get(self), _kept.hidden.get(self)
        return DropoutMasks(
            self.get_dropout_mask(x) if inputs is None else inputs,
            self.get_recurrent_dropout_mask(h) if hidden is None else hidden,
        )

    # The names by which `keras.layers.RNN` asks. It does so before every sequence, so no mask of a call that failed
    # half-way serves the next.

    def get_dropout_mask(self, step_input: KerasTensor) -> Masks:
        _kept.inputs[self] = self._draw_for_inputs(step_input)
        return _kept.inputs[self]

    def get_recurrent_dropout_mask(self, step_input: KerasTensor) -> Masks:
        _kept.hidden[self] = self._draw(step_input, self.recurrent_dropout, 4)
        return _kept.hidden[self]

    def reset_dropout_mask(self) -> None:
        _kept.inputs.pop(self, None)

    def reset_recurrent_dropout_mask(self) -> None:
        _kept.hidden.pop(self, None)

    def _draw_for_inputs(self, x: KerasTensor) -> Masks:
        per_gate = self.implementation == 1 or self.recurrent_dropout > 0
        return self._draw(x, self.dropout, 4 if per_gate else 1)

    def _draw(self, like: KerasTensor, rate: float, count: int) -> Masks:
        if not 0 < rate < 1:
            return ()
        ones = ops.ones_like(like, dtype=self.compute_dtype)
        return tuple(keras.random.dropout(ones, rate, seed=self.seed_generator) for _ in range(count))
