"""All steps of a layer in one operation, where there is one.

- On a GPU: the fused kernel of the back end (cuDNN), handed over as `keras.layers.LSTM` does. Keras 3.15.1 has kernels
  with masks on TensorFlow only. There masks must be right-padded, with a token in every row: otherwise Keras' loop
  serves a call outside of a graph, and a graph stops with Keras' message, which names `use_cudnn=False`.
- On a CPU: the fast path, see `sentiment.layers.fast.path`, unless Keras' loop was measured to be faster.
- On a CPU with torch, for float32 without a mask: the loop in torch that `keras.layers.LSTM` takes.

None of them serves an unusual layer, nor a graph that is written to a file, nor anything within `portable`.
"""

from typing import Any

import keras
from keras import KerasTensor, activations, ops

from sentiment.layers.dropout import DropoutMasks
from sentiment.layers.fast import internals, path
from sentiment.layers.fast.options import Options
from sentiment.layers.reference import Weights

Loop = tuple[KerasTensor, KerasTensor, list[KerasTensor]]


def fused_loop(
    layer: Any,
    sequences: KerasTensor,
    states: list[KerasTensor],
    mask: KerasTensor | None,
    dropout: DropoutMasks,
    training: bool,
) -> Loop | None:
    """What `keras.layers.RNN.inner_loop` returns, or None if only Keras' loop can compute it.

    Args:
        layer: an `sentiment.layers.LSTM` that is built.
        sequences: float[batch, time, input].
        states: hidden and cell, float32 or float64[batch, units] each.
        mask: bool[batch, time], or None.
        dropout: the masks of this call.
        training: whether a gradient is likely to be asked for.

    Raises:
        ValueError: the layer has `use_cudnn=True`, and there is no fused kernel for it.
    """
    if path.is_switched_off():
        return None
    if len(dropout.inputs) <= 1 and not dropout.hidden:
        inputs = sequences * dropout.inputs[0][:, None] if dropout.inputs else sequences
        if layer.use_cudnn is not True and _is_plain(layer, states):
            backend = path.backend_for(layer, inputs, states)
            if backend is not None:
                return _on_fast_path(backend, layer, inputs, states, mask, training)
        if layer.use_cudnn is not False and _may_be_handed_over(layer, inputs, states):
            result = _handed_over(layer, inputs, states, mask)
            if result is not None:
                return result
    if layer.use_cudnn is True:
        raise ValueError(
            "expected a layer and a device that cuDNN serves, for use_cudnn=True; found "
            f"{keras.backend.backend()} without a fused kernel for these settings; pass use_cudnn='auto'"
        )
    return None


def _is_plain(layer: Any, states: list[KerasTensor]) -> bool:
    """Whether the fast path knows the settings of a layer."""
    plain = (layer.activation, layer.recurrent_activation) == (activations.tanh, activations.sigmoid)
    return plain and not layer.unroll and _dtype(states[0]) == "float32"


def _on_fast_path(
    backend: Any,
    layer: Any,
    sequences: KerasTensor,
    states: list[KerasTensor],
    mask: KerasTensor | None,
    training: bool,
) -> Loop:
    cell = layer.cell
    # Rounded to the compute dtype, as in Keras' loop, then widened to the dtype of the states.
    sequences, kernel, recurrent_kernel = (
        ops.cast(ops.cast(value, layer.compute_dtype), "float32")
        for value in (sequences, cell.kernel, cell.recurrent_kernel)
    )
    bias = ops.zeros((4 * cell.units,), "float32") if cell.bias is None else ops.cast(cell.bias, "float32")
    options = Options(
        reverse=layer.go_backwards,
        last_only=not layer.return_sequences,
        zero_before=keras.backend.backend() != "jax",  # as in Keras' loop on each
        zero_masked=layer.zero_output_for_mask,
    )
    result = path.run(backend, sequences, mask, states, Weights(kernel, recurrent_kernel, bias), options, training)
    return result.outputs[:, -1], result.outputs, [result.hidden, result.cell]


def _may_be_handed_over(layer: Any, sequences: KerasTensor, states: list[KerasTensor]) -> bool:
    if keras.backend.backend() == "torch" and sequences.device.type == "cpu":
        return layer.compute_dtype == _dtype(states[0])  # torch's loop would keep the states in a narrower dtype
    return not internals.traced_for_a_file()


def _handed_over(
    layer: Any, sequences: KerasTensor, states: list[KerasTensor], mask: KerasTensor | None
) -> Loop | None:
    """From the LSTM of the back end, with states in the compute dtype; None where it has none."""
    cell = layer.cell
    # Keras 3.15.1 returns the outputs of JAX's kernel in another order backwards, so it always reads forward.
    flipped = layer.go_backwards and mask is None
    arguments = (ops.flip(sequences, axis=1) if flipped else sequences, *states)
    weights = (cell.kernel, cell.recurrent_kernel, cell.bias)
    kernel, recurrent_kernel, bias = (None if w is None else ops.cast(w, layer.compute_dtype) for w in weights)
    try:
        last, outputs, final = internals.back_end_lstm()(
            *(ops.cast(value, layer.compute_dtype) for value in arguments),
            mask,
            kernel=kernel,
            recurrent_kernel=recurrent_kernel,
            bias=bias,
            activation=cell.activation,
            recurrent_activation=cell.recurrent_activation,
            return_sequences=layer.return_sequences,
            go_backwards=layer.go_backwards and not flipped,
            unroll=layer.unroll,
        )
    except NotImplementedError:
        return None
    if keras.backend.backend() == "tensorflow":
        layer.supports_jit = False  # XLA cannot compile the kernel, so Keras must not choose XLA by itself
    if mask is not None:  # the kernel writes zeros at the padding
        if layer.zero_output_for_mask:
            reads_last = mask[:, 0] if layer.go_backwards else mask[:, -1]
            last = ops.where(reads_last[:, None], last, ops.zeros_like(last))
        elif layer.return_sequences and not layer.go_backwards:
            outputs = ops.where(mask[..., None], outputs, last[:, None])
    return last, outputs, final


def _dtype(values: KerasTensor) -> str:
    return keras.backend.standardize_dtype(values.dtype)
