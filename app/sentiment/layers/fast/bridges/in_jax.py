"""The kernel as a callback of a JAX computation, with a gradient of its own.

JAX may repeat a callback or leave it out, so nothing is kept beside it: what the backward pass needs are outputs of the
forward pass. Derivatives of the gradients are those of the loop.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.buffer_callback import buffer_callback

from sentiment.layers.fast.kernel.passes import Activations, Result, backward, forward
from sentiment.layers.fast.kernel.products.matrices import SPARE_ROWS, Backend, padded
from sentiment.layers.fast.loop import loop
from sentiment.layers.fast.options import Options
from sentiment.layers.reference import Weights

# Not `jax.pure_callback`: it copies what it hands over, in a thread of JAX, which may be the one that waits for it.
_callback = partial(buffer_callback, vmap_method="sequential")


def run(
    backend: Backend,
    sequences: jax.Array,
    mask: jax.Array | None,
    initial_state: list[jax.Array],
    weights: Weights,
    options: Options,
    training: bool,  # noqa: ARG001  JAX tells whether a gradient is wanted
) -> Result:
    """All steps; arguments as of `sentiment.layers.fast.path.run`."""
    batch, time, features = sequences.shape
    units = initial_state[0].shape[-1]
    mask = jnp.ones((batch, time), bool) if mask is None else jnp.broadcast_to(mask, (batch, time))
    outputs = (batch, 1 if options.last_only else time, units)
    result_shapes = _shapes(outputs, (batch, units), (batch, units))
    wide, high = padded(features), padded(units)
    stored_shapes = (
        jax.ShapeDtypeStruct((batch * time + SPARE_ROWS, wide + high), backend.dtype),
        *_shapes((batch * time, 4, high), (batch + batch * time, high)),
    )
    gradient_shapes = _shapes(*(value.shape for value in (sequences, *initial_state, *weights)))

    def compute(is_stored: bool, _: Any, outputs: Any, *buffers: Any) -> None:
        real, x, h, c, *arrays = map(np.asarray, buffers)
        result, stored = forward(backend, x, real, h, c, Weights(*arrays), options, is_stored)
        _fill(outputs, (*result, *(stored or ())))

    def compute_gradients(_: Any, outputs: Any, *buffers: Any) -> None:
        real, *arrays = map(np.asarray, buffers)
        weights, stored, by_result = Weights(*arrays[:3]), Activations(*arrays[3:6]), Result(*arrays[6:])
        _fill(outputs, backward(backend, real, stored, by_result, weights, options))

    def by_loop(mask: Any, x: Any, h: Any, c: Any, *weights: Any) -> Any:
        return tuple(loop(x, mask, [h, c], weights, options))

    @jax.custom_jvp
    def storing(mask: Any, *values: Any) -> Any:
        result = _callback(partial(compute, True), (*result_shapes, *stored_shapes))(mask, *values)
        return tuple(result[:3]), tuple(result[3:])

    @jax.custom_jvp
    def gradients(mask: Any, values: Any, stored: Any, by_result: Any) -> Any:
        return tuple(_callback(compute_gradients, gradient_shapes)(mask, *values[3:], *stored, *by_result))

    @storing.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        """What is stored counts as a constant: the derivatives of `gradients` are those by the values themselves."""
        result, stored = storing(*primals)
        along = jax.jvp(partial(by_loop, primals[0]), primals[1:], tangents[1:])[1]
        return (result, stored), (along, tuple(map(_no_tangent, stored)))

    @gradients.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        mask, values, _, by_result = primals

        def of_the_loop(values: Any, by_result: Any) -> Any:
            return jax.vjp(partial(by_loop, mask), *values)[1](by_result)

        _, along = jax.jvp(of_the_loop, (values, by_result), (tangents[1], tangents[3]))
        return gradients(*primals), along

    @jax.custom_vjp
    def operation(mask: Any, *values: Any) -> Any:
        return tuple(_callback(partial(compute, False), result_shapes)(mask, *values))

    def ahead(mask: Any, *values: Any) -> Any:
        result, stored = storing(mask, *values)
        return result, (mask, values, stored)

    def back(kept: Any, by_result: Any) -> Any:
        return None, *gradients(*kept, by_result)

    operation.defvjp(ahead, back)
    return Result(*operation(mask, sequences, *initial_state, *weights))


def _no_tangent(value: jax.Array) -> Any:
    """Zero; integers have a type of their own for it."""
    is_number = jnp.issubdtype(value.dtype, jnp.floating)
    return jnp.zeros_like(value) if is_number else np.zeros(value.shape, jax.dtypes.float0)


def _shapes(*shapes: tuple[int, ...]) -> tuple[jax.ShapeDtypeStruct, ...]:
    return tuple(jax.ShapeDtypeStruct(shape, np.float32) for shape in shapes)


def _fill(outputs: Any, values: Any) -> None:
    """Writes into JAX's buffers. Where a mask leaves tokens out, there are fewer than JAX was told."""
    for output, value in zip(outputs, values, strict=True):
        buffer = np.asarray(output)
        buffer[: len(value)] = value
        buffer[len(value) :] = 0
