"""An ONNX file is opened only if all its weights are in it, whoever opens it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from sentiment.config import POLARITY
from sentiment.errors import RunError
from sentiment.explain.network import OpenedNetwork
from sentiment.inference.engines import OnnxEngine
from sentiment.networks import onnx_files
from sentiment.networks.onnx_files import read_onnx, require_whole

ROOT = Path(__file__).parents[2]


def elsewhere(location: str = "weights.bin") -> TensorProto:
    """A tensor of two numbers that stands in another file."""
    tensor = numpy_helper.from_array(np.array([1, 2], np.float32), "w")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("length", "8")):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return tensor


def model(nodes: list, weights: list | None = None) -> onnx.ModelProto:
    value = helper.make_tensor_value_info
    x, y = value("x", TensorProto.FLOAT, [2]), value("y", TensorProto.FLOAT, [2])
    return helper.make_model(helper.make_graph(nodes, "g", [x], [y], weights or []))


def places() -> dict[str, onnx.ModelProto]:
    """A model for each place where a tensor may stand."""
    add = helper.make_node("Add", ["x", "w"], ["y"])
    constant = helper.make_node("Constant", [], ["w"], value=elsewhere())
    inner = helper.make_graph([constant], "inner", [], [helper.make_tensor_value_info("w", TensorProto.FLOAT, [2])])
    branch = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
    sparse = helper.make_model(helper.make_graph([add], "g", [], []))
    sparse.graph.sparse_initializer.add().values.CopyFrom(elsewhere())
    function = model([add])
    function.functions.add().node.append(constant)
    training = model([add])
    training.training_info.add().algorithm.initializer.append(elsewhere())
    return {
        "initialiser": model([add], [elsewhere()]),
        "constant": model([constant, add]),
        "branch": model([branch]),
        "sparse": sparse,
        "function": function,
        "training": training,
    }


@pytest.mark.parametrize("place", places())
def test_a_weight_in_another_file_is_refused_wherever_it_stands(tmp_path, place):
    path = tmp_path / "model.onnx"
    path.write_bytes(places()[place].SerializeToString())
    (tmp_path / "weights.bin").write_bytes(np.array([1, 2], np.float32).tobytes())
    with pytest.raises(RunError, match=r"all its weights in .*model\.onnx; found one that reads weights from another"):
        read_onnx(path)


@pytest.mark.parametrize("opened", [OnnxEngine, lambda path: OnnxEngine(path.read_bytes()), OpenedNetwork])
@pytest.mark.parametrize("location", ["weights.bin", "../weights.bin", "/etc/passwd"])
def test_nothing_opens_such_a_file(tmp_path, monkeypatch, opened, location):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.bin").write_bytes(np.array([1, 2], np.float32).tobytes())
    path = tmp_path / "model.onnx"
    path.write_bytes(model([helper.make_node("Add", ["x", "w"], ["y"])], [elsewhere(location)]).SerializeToString())
    with pytest.raises(RunError, match="reads weights from another file"):
        opened(path)


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        (["Cast"], "an output of the shape"),
        (["Cast", "ReduceMax"], "outputs that are no probabilities"),
        (["Cast", "Neg", "Log", "ReduceMax"], "outputs that are no probabilities"),  # NaN
    ],
)
def test_a_network_that_computes_something_else_than_probabilities_is_refused(nodes, reason):
    """What it gives would be shown, sorted and counted as a probability."""
    made = []
    for number, kind in enumerate(nodes):
        how = {"Cast": {"to": TensorProto.FLOAT}, "ReduceMax": {"axes": [1], "keepdims": 0}}.get(kind, {})
        before = f"x{number}" if number else "token_ids"
        after = "y" if number == len(nodes) - 1 else f"x{number + 1}"
        made.append(helper.make_node(kind, [before], [after], **how))
    value = helper.make_tensor_value_info
    inputs, outputs = [value("token_ids", TensorProto.INT32, None)], [value("y", TensorProto.FLOAT, None)]
    opset = helper.make_opsetid("", 17)
    network = helper.make_model(helper.make_graph(made, "g", inputs, outputs), opset_imports=[opset], ir_version=8)
    engine = OnnxEngine(network.SerializeToString(), 1, classes=POLARITY)
    with pytest.raises(RunError, match=f"expected an ONNX model from token ids to probabilities .*found: {reason}"):
        engine.start([np.array([2, 3, 4], np.int32)])()


def test_a_model_with_all_its_weights_is_read_byte_by_byte(tmp_path):
    weights = [numpy_helper.from_array(np.arange(1_000, dtype=np.float32), "w")]
    content = model([helper.make_node("Add", ["x", "w"], ["y"])], weights).SerializeToString()
    (tmp_path / "model.onnx").write_bytes(content)
    assert read_onnx(tmp_path / "model.onnx") == content


@pytest.mark.parametrize(
    "content",
    [b"\x3a\xff\xff\x03", b"\x3b\x3c", b"\xff" * 20, b"\x80", b"ORTM" * 10, b"\xff\xff\xff\xff\xff\x01\x00"],
    ids=["longer than the file", "a group", "an endless number", "half a number", "another format", "a large tag"],
)
def test_what_is_no_onnx_model_is_refused(content):
    with pytest.raises(RunError, match="expected an ONNX model"):
        require_whole(content)


def test_every_way_to_a_tensor_is_walked():
    """Compares with the definition of the format, so that a new version with new places is noticed."""

    def reaches(descriptor, known=()):
        if descriptor.name == "TensorProto":
            return True
        inner = [field.message_type for field in descriptor.fields if field.message_type]
        return any(reaches(kind, (*known, descriptor.name)) for kind in inner if kind.name not in known)

    waiting, expected = [onnx.ModelProto.DESCRIPTOR], {"TensorProto": {}}
    while waiting:
        descriptor = waiting.pop()
        if descriptor.name in expected:
            continue
        paths = {field.number: field.message_type for field in descriptor.fields if field.message_type}
        paths = {number: kind for number, kind in paths.items() if reaches(kind)}
        expected[descriptor.name] = {number: kind.name for number, kind in paths.items()}
        waiting += paths.values()
    assert expected == onnx_files._PATHS
    numbers = {field.name: field.number for field in onnx.TensorProto.DESCRIPTOR.fields}
    assert (numbers["external_data"], numbers["data_location"]) == (
        onnx_files._EXTERNAL_DATA, onnx_files._DATA_LOCATION,
    )  # fmt: skip


def test_looking_into_a_file_does_not_import_onnx():
    code = (
        "import sys, sentiment.inference.engines; from sentiment.networks.onnx_files import require_whole\n"
        "require_whole(b''); print('onnx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "False\n"


def test_no_other_module_opens_onnx_files_itself():
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "app").rglob("*.py")}
    assert [path.name for path, text in texts.items() if "onnx.load(" in text] == []
    # The other one is a product of matrices, which explanations make themselves.
    opening = sorted(path.name for path, text in texts.items() if "InferenceSession(" in text)
    assert opening == ["cells.py", "engines.py"]
