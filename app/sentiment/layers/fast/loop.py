"""The loop over time with `keras.ops` alone, as a function of weights: what the fast path takes its derivatives from.

The fast path has hand-written first derivatives and no others. Second derivatives, and forward mode, are those of this
loop: slower, and seldom wanted.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import keras
from keras import KerasTensor, ops

from sentiment.layers.fast.options import Options


def loop(
    sequences: KerasTensor,
    mask: KerasTensor | None,
    initial_state: list[KerasTensor],
    weights: tuple[KerasTensor, KerasTensor, KerasTensor],
    options: Options,
) -> tuple[KerasTensor, KerasTensor, KerasTensor]:
    """Outputs, hidden and cell as from `sentiment.layers.fast.path.run`, with the same arguments."""
    layer = keras.layers.RNN(
        _Cell(weights),
        return_sequences=not options.last_only,
        go_backwards=options.reverse,
        zero_output_for_mask=options.zero_masked,
        name="loop",
    )
    _, outputs, (hidden, cell) = layer.inner_loop(sequences, initial_state, mask)
    return outputs[:, -1:] if options.last_only else outputs, hidden, cell  # JAX returns all of them with a mask


@cache
def second_derivative(options: Options) -> Callable[..., Any]:
    """A function of TensorFlow: the gradients of the fast path's gradients.

    It takes sequences, mask, hidden, cell, the three weights, the gradients of a loss by outputs, hidden and cell, and
    the gradients of another loss by the six gradients that follow from these. It returns the gradients of the latter
    loss by all of them but the mask.

    A graph, since `tf.autodiff.ForwardAccumulator` calls it where a `tf.GradientTape` would record nothing.
    """
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def function(x: Any, mask: Any, h: Any, c: Any, *rest: Any) -> list[Any]:
        weights, by_result, by_gradients = rest[:3], rest[3:6], rest[6:]
        variables = [x, h, c, *weights]
        gradients = tf.gradients(loop(x, mask, [h, c], weights, options), variables, by_result)
        return tf.gradients(gradients, [*variables, *by_result], by_gradients, unconnected_gradients="zero")

    return function


class _Cell:
    """The equations of `sentiment.layers.reference.step`, for `keras.layers.RNN`."""

    def __init__(self, weights: tuple[KerasTensor, KerasTensor, KerasTensor]) -> None:
        self.weights = weights
        self.output_size = weights[1].shape[0]
        self.state_size = [self.output_size, self.output_size]

    def call(self, x: KerasTensor, states: list[KerasTensor]) -> Any:
        (h, c), (kernel, recurrent_kernel, bias) = states, self.weights
        i, f, g, o = ops.split(ops.matmul(x, kernel) + ops.matmul(h, recurrent_kernel) + bias, 4, axis=-1)
        i = ops.sigmoid(i)
        f = ops.sigmoid(f)
        g = ops.tanh(g)
        o = ops.sigmoid(o)
        c = f * c + i * g
        h = o * ops.tanh(c)
        return h, [h, c]

    __call__ = call
