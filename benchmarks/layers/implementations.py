"""How each library does a task. Every contender gets the same inputs and the same weights.

Libraries are imported where they are used: a process has one of them.
"""

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from benchmarks.layers.contenders import BFLOAT16, Contender, Task
from sentiment.support.environment import cores

Step = Callable[[], list[Any]]


class Start(NamedTuple):
    """What all contenders start from, float32."""

    inputs: np.ndarray  # [batch, time, features]
    upstream: np.ndarray  # gradient by the outputs, [batch, time, units * directions]
    weights: list[np.ndarray]  # kernel, recurrent kernel and bias, of each direction


class Prepared(NamedTuple):
    """A task that is ready to run."""

    step: Step  # gives outputs and, in training, the gradients by the inputs and by all weights, fully computed
    to_numpy: Callable[[Any], np.ndarray]


def start_of(task: Task) -> Start:
    """The same numbers in every process; no gate is fully open or closed."""
    shape, directions = task.shape, 1 + task.bidirectional
    random = np.random.default_rng(17)

    def normal(*size: int, scale: float = 1.0) -> np.ndarray:
        return scale * random.standard_normal(size, np.float32)

    weights = []
    for _ in range(directions):
        weights.append(normal(shape.features, 4 * shape.units, scale=shape.features**-0.5))
        weights.append(normal(shape.units, 4 * shape.units, scale=0.5 * shape.units**-0.5))
        weights.append(normal(4 * shape.units, scale=0.1))
    inputs = normal(shape.batch, shape.time, shape.features)
    return Start(inputs, normal(shape.batch, shape.time, directions * shape.units), weights)


def use_threads(contender: Contender, threads: int) -> None:
    """Sets how many threads work on one operation: TensorFlow's intra-op threads, or torch's threads.

    To be called before anything else in a process. Independent operations may run on all cores. JAX has no such
    setting.
    """
    if contender.back_end == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(cores())
    elif contender.back_end == "torch":
        import torch

        torch.set_num_threads(threads)


def prepare(contender: Contender, task: Task) -> Prepared:
    """Builds what the task needs; nothing is compiled before the first step."""
    return _IMPLEMENTATIONS[contender.back_end](contender, task, start_of(task))


def _tensorflow(contender: Contender, task: Task, start: Start) -> Prepared:
    import tensorflow as tf

    from sentiment.layers import portable

    layer = _layer(contender, task, start)
    variables = [variable.value for variable in layer.trainable_variables]
    dtype = tf.bfloat16 if contender.dtype == BFLOAT16 else tf.float32
    inputs, upstream = (tf.cast(array, dtype) for array in (start.inputs, start.upstream))
    within = portable if contender.portable else contextlib.nullcontext

    @tf.function(jit_compile=contender.xla or None, autograph=False)
    def forward(x: Any) -> list[Any]:
        return [layer(x, training=False)]

    @tf.function(jit_compile=contender.xla or None, autograph=False)
    def training(x: Any, by_outputs: Any) -> list[Any]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x, training=True)
        by_outputs = tf.cast(by_outputs, outputs.dtype)
        return [outputs, *tape.gradient(outputs, [x, *variables], output_gradients=by_outputs)]

    def step() -> list[Any]:
        with within():
            return training(inputs, upstream) if task.training else forward(inputs)

    return Prepared(step, lambda tensor: tensor.numpy().astype(np.float32))


def _jax(contender: Contender, task: Task, start: Start) -> Prepared:
    import jax

    layer = _layer(contender, task, start)
    trained, state = ([v.value for v in part] for part in (layer.trainable_variables, layer.non_trainable_variables))
    inputs, upstream = (jax.numpy.asarray(array, contender.dtype) for array in (start.inputs, start.upstream))

    @jax.jit
    def forward(weights: Any, x: Any) -> list[Any]:
        return [layer.stateless_call(weights, state, x, training=False)[0]]

    @jax.jit
    def training(weights: Any, x: Any, by_outputs: Any) -> list[Any]:
        outputs, back = jax.vjp(lambda w, x: layer.stateless_call(w, state, x, training=True)[0], weights, x)
        by_weights, by_inputs = back(by_outputs.astype(outputs.dtype))
        return [outputs, by_inputs, *by_weights]

    def step() -> list[Any]:
        arrays = training(trained, inputs, upstream) if task.training else forward(trained, inputs)
        return jax.block_until_ready(arrays)

    return Prepared(step, lambda array: np.asarray(array).astype(np.float32))


def _torch(contender: Contender, task: Task, start: Start) -> Prepared:
    import torch

    shape, dtype = task.shape, getattr(torch, contender.dtype)
    layer = torch.nn.LSTM(shape.features, shape.units, batch_first=True, bidirectional=task.bidirectional)
    parameters = list(layer.parameters())  # kernel, recurrent kernel, two biases, of each direction
    with torch.no_grad():
        for direction in range(1 + task.bidirectional):
            kernel, recurrent_kernel, bias = start.weights[3 * direction : 3 * direction + 3]
            targets = parameters[4 * direction : 4 * direction + 4]
            for parameter, values in zip(targets, (kernel.T, recurrent_kernel.T, bias, 0 * bias), strict=True):
                parameter.copy_(torch.tensor(values))
    layer = layer.to(dtype)
    parameters = list(layer.parameters())
    inputs = torch.tensor(start.inputs, dtype=dtype, requires_grad=task.training)
    upstream = torch.tensor(start.upstream, dtype=dtype)

    def step() -> list[Any]:
        if not task.training:
            with torch.inference_mode():
                return [layer(inputs)[0]]
        outputs = layer(inputs)[0]
        by_inputs, *by_weights = torch.autograd.grad(outputs, [inputs, *parameters], upstream)
        # Keras has one bias, torch two.
        return [outputs, by_inputs, *(gradient for i, gradient in enumerate(by_weights) if i % 4 < 3)]

    return Prepared(step, lambda tensor: tensor.detach().float().numpy())


_IMPLEMENTATIONS: dict[str, Callable[[Contender, Task, Start], Prepared]] = {
    "tensorflow": _tensorflow,
    "jax": _jax,
    "torch": _torch,
}


def _layer(contender: Contender, task: Task, start: Start) -> Any:
    import keras

    from sentiment.layers import LSTM

    policy = "mixed_bfloat16" if contender.dtype == BFLOAT16 else contender.dtype
    kind = LSTM if contender.family == "ours" else keras.layers.LSTM
    layer = kind(task.shape.units, return_sequences=True, dtype=policy)
    if task.bidirectional:
        layer = keras.layers.Bidirectional(layer, dtype=policy)
    layer.build(start.inputs.shape)
    layer.set_weights(start.weights)
    return layer
