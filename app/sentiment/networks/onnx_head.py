"""The end of a classifier in ONNX: from pooled features to logits and probabilities. No Keras.

`sentiment.networks.onnx_graph` writes it behind the layers of a Keras model. `features_of` and `with_head` cut it off
and put another in its place, so that a network without a Keras model can tell other classes apart, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, checker, helper, numpy_helper

from sentiment.config import Classes
from sentiment.errors import RunError

INPUT = "token_ids"
OUTPUT = "probability"
OUTPUT_OF_SEVERAL = "probabilities"
STARS = "stars"  # the second output of a network with finer grades than classes: their mean, from 1
_LOGITS = "Gemm"  # the one node of this kind: whatever comes before it are the pooled features


@dataclass
class GrowingGraph:
    """A graph that grows at its end."""

    value: str  # the output of the last layer
    nodes: list[NodeProto] = field(default_factory=list)
    constants: dict[str, np.ndarray] = field(default_factory=dict)

    def node(self, operation: str, inputs: Sequence[str], *outputs: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operation, inputs, outputs, name=outputs[0], **attributes))
        return outputs[0]

    def constant(self, name: str, array: np.ndarray) -> str:
        self.constants[name] = np.ascontiguousarray(array)
        return name

    def weights(self, name: str, array: np.ndarray) -> str:
        return self.constant(name, np.asarray(array, np.float32))


def add_logits(graph: GrowingGraph, kernel: np.ndarray, bias: np.ndarray) -> None:
    """From features float32[batch, features] to logits, with kernel [features, outputs] and bias [outputs]."""
    weights = [graph.weights("logit_kernel", kernel), graph.weights("logit_bias", bias)]
    graph.value = graph.node(_LOGITS, [graph.value, *weights], "logit")


def add_outputs(graph: GrowingGraph, classes: Classes) -> list[ValueInfoProto]:
    """From logits to the outputs; the formulas are those of `sentiment.metrics.class_probabilities`.

    The first are the probabilities. Where the classes have finer grades, the second is the mean grade, from 1.
    """
    if classes.is_binary:
        graph.node("Sigmoid", [graph.value], "second_class")
        graph.node("Squeeze", ["second_class", graph.constant("last_axis", np.array([-1]))], OUTPUT)
        return [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch"])]
    outputs = [helper.make_tensor_value_info(OUTPUT_OF_SEVERAL, TensorProto.FLOAT, ["batch", len(classes)])]
    if classes.is_graded:
        graph.node("Neg", [graph.value], "negated")
        graph.node("Softplus", ["negated"], "minus_log_better")
        graph.node("Neg", ["minus_log_better"], "log_better")
        graph.node("CumSum", ["log_better", graph.constant("grade_axis", np.array(1))], "log_better_than_all")
        graph.node("Exp", ["log_better_than_all"], "at_least")
        # Of the lowest grade or better are all reviews, of one above the highest none.
        before, behind = (
            graph.constant("before", np.array([0, 1, 0, 0])),
            graph.constant("behind", np.array([0, 0, 0, 1])),
        )
        graph.node("Pad", ["at_least", before, graph.weights("all_reviews", np.array(1))], "at_least_each")
        graph.node("Pad", ["at_least", behind, graph.weights("no_review", np.array(0))], "better_than_each")
        grades = "probabilities_of_grades" if classes.grades else OUTPUT_OF_SEVERAL
        graph.node("Sub", ["at_least_each", "better_than_each"], grades)
        if classes.grades:
            members = np.repeat(np.eye(len(classes)), classes.grades, axis=0)
            graph.node("MatMul", [grades, graph.weights("grades_of_classes", members)], OUTPUT_OF_SEVERAL)
            values = graph.weights("values_of_grades", np.arange(1, sum(classes.grades) + 1))
            graph.node("MatMul", [grades, values], STARS)
            outputs.append(helper.make_tensor_value_info(STARS, TensorProto.FLOAT, ["batch"]))
    else:
        graph.node("Softmax", [graph.value], OUTPUT_OF_SEVERAL, axis=1)
    return outputs


def features_of(model: ModelProto) -> ModelProto:
    """The network that returns its pooled features, float32[batch, features], instead of probabilities.

    Args:
        model: of `sentiment.networks.onnx_graph`, also with the smaller weights of `sentiment.networks.onnx_storage`.

    Raises:
        RunError: it has not exactly one layer of logits.
    """
    features = _logits_of(model).input[0]
    output = helper.make_tensor_value_info(features, TensorProto.FLOAT, ["batch", "features"])
    return _ending(model, _needed_for(features, model), {}, [output], {})


def with_head(
    model: ModelProto, kernel: np.ndarray, bias: np.ndarray, classes: Classes, properties: Mapping[str, str]
) -> ModelProto:
    """The network with another last layer. Its own weights stay bit for bit.

    Args:
        model: as for `features_of`.
        kernel: float[features, outputs], from pooled features to logits.
        bias: float[outputs].
        classes: what the new last layer tells apart.
        properties: metadata that replaces that of the model.

    Raises:
        RunError: as `features_of`.
    """
    graph = GrowingGraph(_logits_of(model).input[0])
    nodes = _needed_for(graph.value, model)
    add_logits(graph, kernel, bias)
    outputs = add_outputs(graph, classes)
    return _ending(model, [*nodes, *graph.nodes], graph.constants, outputs, properties)


def head_of(model: ModelProto) -> tuple[np.ndarray, np.ndarray]:
    """The last layer of a network: kernel float32[features, outputs] and bias float32[outputs].

    Raises:
        RunError: as `features_of`, or its weights are not in the file.
    """
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    casts = {node.output[0]: node.input[0] for node in model.graph.node if node.op_type == "Cast"}  # smaller weights
    names = [casts.get(name, name) for name in _logits_of(model).input[1:3]]
    if lacking := [name for name in names if name not in arrays]:
        raise RunError(f"expected the weights {lacking[0]} in an ONNX file; found none; export the run again")
    kernel, bias = (arrays[name].astype(np.float32) for name in names)
    return kernel, bias


def outputs_of(classes: Classes) -> str:
    """What the output of a network is, for its metadata."""
    if classes.is_binary:
        return f"{OUTPUT}: float32[batch], of {classes.names[1]}"
    of_classes = f"{OUTPUT_OF_SEVERAL}: float32[batch, {len(classes)}], in the order of the classes"
    return f"{of_classes}; {STARS}: float32[batch], from 1 to {sum(classes.grades)}" if classes.grades else of_classes


def _logits_of(model: ModelProto) -> NodeProto:
    nodes = [node for node in model.graph.node if node.op_type == _LOGITS]
    if len(nodes) != 1:
        raise RunError(
            f"expected one {_LOGITS} node, the layer of logits, in an ONNX file; found {len(nodes)}; export the run "
            "again with this version"
        )
    return nodes[0]


def _needed_for(value: str, model: ModelProto) -> list[NodeProto]:
    """The nodes that a value is computed from, in their order."""
    needed, nodes = {value}, []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            needed.update(node.input)
            nodes.append(node)
    return nodes[::-1]


def _ending(
    model: ModelProto,
    nodes: Sequence[NodeProto],
    constants: Mapping[str, np.ndarray],
    outputs: Sequence[ValueInfoProto],
    properties: Mapping[str, str],
) -> ModelProto:
    copy = ModelProto()
    copy.CopyFrom(model)
    read = {name for node in nodes for name in node.input} - set(constants)
    weights = [tensor for tensor in model.graph.initializer if tensor.name in read]
    weights += [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = model.graph
    copy.graph.CopyFrom(helper.make_graph(list(nodes), graph.name, graph.input, outputs, weights))
    helper.set_model_props(copy, {entry.key: entry.value for entry in model.metadata_props} | dict(properties))
    checker.check_model(copy)
    return copy
