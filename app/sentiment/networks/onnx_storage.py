"""The weights of an ONNX model in fewer bytes on disk, computed with in float32 as before.

    embeddings         int8[vocabulary, features] and a float32 scale for each word, multiplied where a word is read
    other matrices     float16, made float32 once, when ONNX Runtime loads the file
    the rest           as it was

`shrink` takes a network of `sentiment.networks.onnx_graph`, or its int8 variant, to a third of its size or less;
`expand` gives the plain network back, with the weights as they were stored, for whoever wants to read them.
"""

from collections.abc import Iterable

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

STORAGE = "storage"  # the metadata property that says how the weights are stored
_SHRUNK = "embeddings in int8 with a scale for each word, other matrices in float16"

_EMBEDDINGS = "embeddings"  # of sentiment.networks.onnx_graph
_OURS = "stored/"  # what the names of our nodes and arrays begin with
_ROWS, _SCALES = _OURS + "rows", _OURS + "scales"
_FEWEST = 1_024  # numbers in an array that is worth it


def shrink(model: ModelProto) -> ModelProto:
    """The same network in less room.

    Args:
        model: with one Gather node, which reads the float32 initialiser `embeddings`.

    Returns:
        A copy. A weight of an embedding moves by at most a 254th of the largest of its word, any other by at most a
        2048th of itself.
    """
    arrays = _arrays(model)
    table = arrays.pop(_EMBEDDINGS)
    scales = (np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12) / 127).astype(np.float32)
    halves = [
        name for name, array in arrays.items()
        if array.dtype == np.float32 and array.ndim > 1 and array.size >= _FEWEST
    ]  # fmt: skip
    stored = {_ROWS: np.round(table / scales).astype(np.int8), _SCALES: scales}
    stored |= {_OURS + name: arrays.pop(name).astype(np.float16) for name in halves}
    nodes = [_node("Cast", [_OURS + name], name, to=TensorProto.FLOAT) for name in halves]
    for node in model.graph.node:
        if node.op_type == "Gather" and node.input[0] == _EMBEDDINGS:
            token_ids, embedded = node.input[1], node.output[0]
            nodes += [
                _node("Gather", [_ROWS, token_ids], _OURS + "rows_read"),
                _node("Cast", [_OURS + "rows_read"], _OURS + "rows_float", to=TensorProto.FLOAT),
                _node("Gather", [_SCALES, token_ids], _OURS + "scales_read"),
                _node("Mul", [_OURS + "rows_float", _OURS + "scales_read"], embedded),
            ]
        else:
            nodes.append(node)
    return _rebuilt(model, nodes, arrays | stored, {STORAGE: _SHRUNK})


def expand(model: ModelProto) -> ModelProto:
    """The plain network of one that `shrink` made; any other as it is."""
    if _properties(model).get(STORAGE) != _SHRUNK:
        return model
    arrays = _arrays(model)
    arrays[_EMBEDDINGS] = arrays.pop(_ROWS).astype(np.float32) * arrays.pop(_SCALES)
    for name in [name for name in arrays if name.startswith(_OURS)]:
        arrays[name.removeprefix(_OURS)] = arrays.pop(name).astype(np.float32)
    nodes = []
    for node in model.graph.node:
        if node.op_type == "Gather" and node.input[0] == _ROWS:
            token_ids = node.input[1]
        elif node.op_type == "Mul" and node.input[0].startswith(_OURS):
            nodes.append(helper.make_node("Gather", [_EMBEDDINGS, token_ids], node.output, name=node.output[0]))
        elif not any(name.startswith(_OURS) for name in node.input):
            nodes.append(node)
    return _rebuilt(model, nodes, arrays, {STORAGE: ""})


def _arrays(model: ModelProto) -> dict[str, np.ndarray]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def _properties(model: ModelProto) -> dict[str, str]:
    return {prop.key: prop.value for prop in model.metadata_props}


def _node(operation: str, inputs: list[str], output: str, **attributes: int) -> NodeProto:
    return helper.make_node(operation, inputs, [output], name=output, **attributes)


def _rebuilt(
    model: ModelProto, nodes: Iterable[NodeProto], arrays: dict[str, np.ndarray], properties: dict[str, str]
) -> ModelProto:
    copy = ModelProto.FromString(model.SerializeToString())
    graph = helper.make_graph(
        list(nodes),
        copy.graph.name,
        copy.graph.input,
        copy.graph.output,
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in arrays.items()],
    )
    copy.graph.CopyFrom(graph)
    helper.set_model_props(copy, _properties(model) | properties)
    checker.check_model(copy)
    return copy
