"""A trained Keras classifier as an ONNX graph, with native LSTM and GRU nodes.

    token_ids        int32[batch, time]         padding id 0 on the right, at least one real token in each row
    probability      float32[batch]             of the second class, where there are two; or else
    probabilities    float32[batch, classes]    of each

Each layer becomes a few nodes; layers for training alone become none. Time comes first, as in ONNX Runtime's recurrent
nodes:

    token_ids --Transpose--> [time, batch] --Gather--> [time, batch, input]
        --LSTM or GRU, with sequence_lens--> states [time, directions, batch, units], last [directions, batch, units]
        --masked pooling--> [directions, batch, units] per mode --> float32[batch, features] --Gemm, head-->

With `sequence_lens` a recurrent node skips the padding and reads a row backwards from its own end, as Keras does with a
mask. Pooling masks the padding once more: the ONNX standard does not define a node's output there.

Everything is float32, whatever dtype policy the training had.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

from sentiment.config import POLARITY, Classes
from sentiment.errors import ExportError
from sentiment.layers import LSTM, MaskedPooling
from sentiment.networks.onnx_head import INPUT, GrowingGraph, add_logits, add_outputs
from sentiment.networks.onnx_storage import arrays_of, expand
from sentiment.text.tokenizer import PADDING_ID

_OPSET = 17
_IR_VERSION = 8  # that of opset 17, so that older runtimes read the file
_TABLE = "embeddings"
_ONNX_GATES = {  # the place of each gate of ONNX in Keras' order
    "LSTM": [0, 3, 1, 2],  # from Keras' i, f, g, o to ONNX' i, o, f, g
    "GRU": [0, 1, 2],  # both have z, r, h
}
_LEAST = np.float32(-1e4)  # less than any state, as in sentiment.layers.pooling

_TRAINING_ONLY = (keras.layers.SpatialDropout1D, keras.layers.Dropout, keras.layers.GaussianNoise)


def to_onnx(model: keras.Model, metadata: dict[str, str], classes: Classes = POLARITY) -> ModelProto:
    """The classifier as a checked ONNX model with its weights.

    Args:
        model: from int32[batch, time] to logits float32[batch, outputs], a chain of the layers of
            `sentiment.networks.architectures`.
        metadata: becomes the model's metadata properties.
        classes: what it tells apart.

    Raises:
        ExportError: a layer, or one of its settings, has no counterpart here.
    """
    graph = GrowingGraph(INPUT)
    for layer in model.layers:
        if isinstance(layer, (keras.layers.InputLayer, *_TRAINING_ONLY)):
            continue
        convert = next((function for kind, function in _CONVERTERS.items() if isinstance(layer, kind)), None)
        if convert is None:
            known = ", ".join(sorted({kind.__name__ for kind in _CONVERTERS}))
            raise ExportError(
                f"expected layers of the kinds {known}; found {layer.name}, a {type(layer).__name__}; "
                "add a converter for it to networks/onnx_graph.py"
            )
        convert(graph, layer)
    outputs = add_outputs(graph, classes)
    onnx_graph = helper.make_graph(
        graph.nodes,
        model.name,
        [helper.make_tensor_value_info(INPUT, TensorProto.INT32, ["batch", "time"])],
        outputs,
        [numpy_helper.from_array(array, name) for name, array in graph.constants.items()],
    )
    opsets = [helper.make_opsetid("", _OPSET)]
    onnx_model = helper.make_model(onnx_graph, producer_name="sentiment", opset_imports=opsets, ir_version=_IR_VERSION)
    helper.set_model_props(onnx_model, metadata)
    checker.check_model(onnx_model, full_check=True)
    return onnx_model


def weights_in(exported: ModelProto) -> list[np.ndarray]:
    """The embedding and the recurrent layer of a network that `to_onnx` wrote, as Keras' `set_weights` takes them.

    `to_onnx` of a model with these weights writes the same numbers, bit for bit.

    Args:
        exported: also with the smaller weights of `sentiment.networks.onnx_storage`, or with another last layer.

    Returns:
        float32 arrays: the table [vocabulary, features], then kernel, recurrent kernel and bias of each direction.

    Raises:
        ExportError: it has no such layers, or its LSTM or GRU is stored in int8.
    """
    plain = expand(exported)
    arrays = arrays_of(plain)
    recurrent = [node for node in plain.graph.node if node.op_type in _ONNX_GATES]
    if len(recurrent) != 1 or _TABLE not in arrays:
        raise ExportError(f"expected {_TABLE} and one LSTM or GRU node in float32; found {len(recurrent)} such nodes")
    gates = _ONNX_GATES[recurrent[0].op_type]
    back = np.argsort(gates)

    def ordered(array: np.ndarray) -> np.ndarray:
        parts = np.split(array, len(gates), axis=-1)
        return np.concatenate([parts[gate] for gate in back], axis=-1)

    weights = [arrays[_TABLE]]
    for kernel, recurrent_kernel, biases in zip(*(arrays[name] for name in recurrent[0].input[1:4]), strict=True):
        of_input, of_state = (ordered(bias) for bias in np.split(biases, 2))
        bias = np.stack([of_input, of_state]) if recurrent[0].op_type == "GRU" else of_input + of_state
        weights += [ordered(kernel.T), ordered(recurrent_kernel.T), bias]
    return weights


def _embedding(graph: GrowingGraph, layer: keras.layers.Embedding) -> None:
    """Gather, and beside it the mask bool[time, batch] and the lengths int32[batch]."""
    graph.node("Transpose", [INPUT], "ids_by_time", perm=[1, 0])
    padding = graph.constant("padding_id", np.array(PADDING_ID, np.int32))
    graph.node("Equal", ["ids_by_time", padding], "is_padding")
    graph.node("Not", ["is_padding"], "mask")
    graph.node("Cast", ["mask"], "mask_int32", to=TensorProto.INT32)
    time = graph.constant("time_axis", np.array([0]))
    graph.node("ReduceSum", ["mask_int32", time], "lengths", keepdims=0)
    table = graph.weights(_TABLE, layer.get_weights()[0])
    graph.value = graph.node("Gather", [table, "ids_by_time"], "embedded")


def _recurrent(graph: GrowingGraph, layer: keras.layers.Layer) -> None:
    """One LSTM or GRU node, for one direction or both."""
    directions = [layer]
    if isinstance(layer, keras.layers.Bidirectional):
        _require(layer, merge_mode="concat")
        directions = [layer.forward_layer, layer.backward_layer]
    is_gru = isinstance(directions[0], keras.layers.GRU)
    stacked = [_weights(direction, backward=index == 1) for index, direction in enumerate(directions)]
    names = [f"{layer.name}_{part}" for part in ("kernel", "recurrent_kernel", "bias")]
    for name, arrays in zip(names, zip(*stacked, strict=True), strict=True):
        graph.weights(name, np.stack(arrays))
    graph.value = graph.node(
        "GRU" if is_gru else "LSTM", [graph.value, *names, "lengths"], f"{layer.name}_states", f"{layer.name}_last",
        hidden_size=directions[0].units, direction="bidirectional" if len(directions) == 2 else "forward",
        **({"linear_before_reset": 1} if is_gru else {}),
    )  # fmt: skip


def _weights(layer: Any, *, backward: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kernel [gates * units, input], recurrent kernel [gates * units, units] and bias [2 * gates * units] of ONNX."""
    _require(
        layer, return_sequences=True, go_backwards=backward, stateful=False, use_bias=True,
        activation=keras.activations.tanh, recurrent_activation=keras.activations.sigmoid,
    )  # fmt: skip
    kernel, recurrent_kernel, bias = (np.asarray(array, np.float32) for array in layer.get_weights())
    if isinstance(layer, keras.layers.GRU):
        _require(layer, reset_after=True)
        order = _ONNX_GATES["GRU"]
        biases = list(bias)  # of the input and of the state
    else:
        order = _ONNX_GATES["LSTM"]
        biases = [bias, np.zeros_like(bias)]

    def ordered(array: np.ndarray) -> np.ndarray:
        gates = np.split(array, len(order), axis=-1)
        return np.concatenate([gates[gate] for gate in order], axis=-1)

    return ordered(kernel).T, ordered(recurrent_kernel).T, np.concatenate([ordered(bias) for bias in biases])


def _require(layer: Any, **settings: Any) -> None:
    for name, expected in settings.items():
        if (value := getattr(layer, name)) != expected:
            expected, value = (getattr(setting, "__name__", setting) for setting in (expected, value))
            raise ExportError(f"expected {name}={expected} in the layer {layer.name}; found {value}")


def _pooling(graph: GrowingGraph, layer: MaskedPooling) -> None:
    """For each mode [directions, batch, units]; then float32[batch, modes * directions * units]."""
    states, last = graph.value, graph.value.removesuffix("_states") + "_last"
    over_units = graph.constant("direction_and_unit_axes", np.array([1, 3]))
    graph.node("Unsqueeze", ["mask", over_units], "mask_of_states")  # [time, 1, batch, 1]
    graph.constant("flat", np.array([0, -1]))
    pooled = []
    for mode in layer.modes:
        source = last if mode == "last" else f"pooled_{mode}"  # the recurrent node itself returns the last state
        if mode == "max":
            least = graph.constant("least", np.array(_LEAST))
            graph.node("Where", ["mask_of_states", states, least], "states_or_least")
            graph.node("ReduceMax", ["states_or_least"], source, axes=[0], keepdims=0)
        elif mode == "mean":
            graph.node("Where", ["mask_of_states", states, graph.constant("zero", np.array(0, np.float32))], "read")
            graph.node("ReduceSum", ["read", "time_axis"], "sum_of_states", keepdims=0)
            graph.node("Cast", ["lengths"], "lengths_float", to=TensorProto.FLOAT)
            graph.node("Unsqueeze", ["lengths_float", graph.constant("unit_axis", np.array([1]))], "length_of_row")
            graph.node("Div", ["sum_of_states", "length_of_row"], source)
        graph.node("Transpose", [source], f"{mode}_by_row", perm=[1, 0, 2])
        pooled.append(graph.node("Reshape", [f"{mode}_by_row", "flat"], f"{mode}_of_row"))
    graph.value = graph.node("Concat", pooled, "pooled", axis=1)


def _dense(graph: GrowingGraph, layer: keras.layers.Dense) -> None:
    _require(layer, activation=keras.activations.linear, use_bias=True)
    kernel, bias = layer.get_weights()
    add_logits(graph, kernel, bias)


_CONVERTERS: dict[type[keras.layers.Layer], Callable[[GrowingGraph, Any], None]] = {
    keras.layers.Embedding: _embedding,
    LSTM: _recurrent,
    keras.layers.LSTM: _recurrent,
    keras.layers.GRU: _recurrent,
    keras.layers.Bidirectional: _recurrent,
    MaskedPooling: _pooling,
    keras.layers.Dense: _dense,
}
