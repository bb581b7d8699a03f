"""The weights of an ONNX model in fewer bytes on disk; it still computes in float32.

    embeddings         int8[vocabulary, features] and a float32 scale per word, multiplied where a word is read
    other matrices     float16, converted to float32 once, when ONNX Runtime loads the file
    all else           unchanged

`shrink` takes a network of `sentiment.networks.onnx_graph`, or its int8 variant, to a third of its size or less;
`expand` restores the plain network with the stored weights.
"""

from collections.abc import Iterable

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

STORAGE = "storage"  # the metadata property that says how the weights are stored
_SHRUNK = "embeddings in int8 with a scale for each word, other matrices in float16"

_EMBEDDINGS = "embeddings"  # of sentiment.networks.onnx_graph
_PREFIX = "stored/"  # of the names of the nodes and arrays that `shrink` adds
_ROWS, _SCALES = _PREFIX + "rows", _PREFIX + "scales"
_FEWEST = 1_024  # numbers in an array that is worth converting


def shrink(model: ModelProto) -> ModelProto:
    """A copy of the network that takes less space.

    A weight of an embedding changes by at most a 254th of the largest weight of its word, any other by at most a 2048th
    of itself.

    Args:
        model: with one Gather node, which reads the float32 initializer `embeddings`.
    """
    arrays = arrays_of(model)
    table = arrays.pop(_EMBEDDINGS)
    scales = (np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12) / 127).astype(np.float32)
    halves = [
        name for name, array in arrays.items()
        if array.dtype == np.float32 and array.ndim > 1 and array.size >= _FEWEST
    ]  # fmt: skip
    stored = {_ROWS: np.round(table / scales).astype(np.int8), _SCALES: scales}
    stored |= {_PREFIX + name: arrays.pop(name).astype(np.float16) for name in halves}
    nodes = [_node("Cast", [_PREFIX + name], name, to=TensorProto.FLOAT) for name in halves]
    for node in model.graph.node:
        if node.op_type == "Gather" and node.input[0] == _EMBEDDINGS:
            token_ids, embedded = node.input[1], node.output[0]
            nodes += [
                _node("Gather", [_ROWS, token_ids], _PREFIX + "rows_read"),
                _node("Cast", [_PREFIX + "rows_read"], _PREFIX + "rows_float", to=TensorProto.FLOAT),
                _node("Gather", [_SCALES, token_ids], _PREFIX + "scales_read"),
                _node("Mul", [_PREFIX + "rows_float", _PREFIX + "scales_read"], embedded),
            ]
        else:
            nodes.append(node)
    return _rebuilt(model, nodes, arrays | stored, {STORAGE: _SHRUNK})


def expand(model: ModelProto) -> ModelProto:
    """The plain network of one that `shrink` made; any other network unchanged."""
    if properties_of(model).get(STORAGE) != _SHRUNK:
        return model
    arrays = arrays_of(model)
    arrays[_EMBEDDINGS] = arrays.pop(_ROWS).astype(np.float32) * arrays.pop(_SCALES)
    for name in [name for name in arrays if name.startswith(_PREFIX)]:
        arrays[name.removeprefix(_PREFIX)] = arrays.pop(name).astype(np.float32)
    nodes = []
    for node in model.graph.node:
        if node.op_type == "Gather" and node.input[0] == _ROWS:
            token_ids = node.input[1]
        elif node.op_type == "Mul" and node.input[0].startswith(_PREFIX):
            nodes.append(_node("Gather", [_EMBEDDINGS, token_ids], node.output[0]))
        elif not any(name.startswith(_PREFIX) for name in node.input):
            nodes.append(node)
    return _rebuilt(model, nodes, arrays, {STORAGE: ""})


def arrays_of(model: ModelProto) -> dict[str, np.ndarray]:
    """The weights of a model by name."""
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def properties_of(model: ModelProto) -> dict[str, str]:
    """The metadata of a model by name."""
    return {entry.key: entry.value for entry in model.metadata_props}


def _node(operation: str, inputs: list[str], output: str, **attributes: int) -> NodeProto:
    return helper.make_node(operation, inputs, [output], name=output, **attributes)


def _rebuilt(
    model: ModelProto, nodes: Iterable[NodeProto], arrays: dict[str, np.ndarray], properties: dict[str, str]
) -> ModelProto:
    copy = ModelProto.FromString(model.SerializeToString())
    weights = [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in arrays.items()]
    graph = copy.graph
    graph.CopyFrom(helper.make_graph(list(nodes), graph.name, graph.input, graph.output, weights))
    helper.set_model_props(copy, properties_of(model) | properties)
    checker.check_model(copy)
    return copy
