"""Weights in fewer bytes: the same network, a little rounded, and the way back."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from helpers.trained import spread_out
from sentiment.config import Config
from sentiment.explain.network import OpenedNetwork
from sentiment.inference.engines import OnnxEngine
from sentiment.networks.architectures import ARCHITECTURES, build
from sentiment.networks.onnx_graph import to_onnx
from sentiment.networks.onnx_storage import STORAGE, expand, shrink
from sentiment.publishing.export import quantise

VOCABULARY = 300


def network(architecture: str = "custom-lstm") -> onnx.ModelProto:
    sizes = {"units": 32, "embedding_size": 24, "pooling": ("last", "max", "mean")}
    config = Config().replace(architecture=architecture, **sizes).model
    model = build(config, VOCABULARY, seed=1)
    model.set_weights([weight / 2 for weight in spread_out(model).get_weights()])
    return to_onnx(model, {"pooling": "last+max+mean"})


def reviews() -> list[np.ndarray]:
    random = np.random.default_rng(2)
    return [random.integers(1, VOCABULARY, random.integers(1, 40)).astype(np.int32) for _ in range(150)]


def scored(model: onnx.ModelProto) -> np.ndarray:
    return OnnxEngine(model.SerializeToString()).start(reviews())()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_shrunk_network_answers_nearly_as_before(architecture):
    plain = network(architecture)
    small = shrink(plain)
    assert 0 < np.abs(scored(small) - scored(plain)).max() < 0.03
    assert len(small.SerializeToString()) < 0.6 * len(plain.SerializeToString())


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_an_expanded_network_answers_as_the_shrunk_one_and_has_the_plain_nodes(architecture):
    plain = network(architecture)
    small = shrink(plain)
    expanded = expand(small)
    np.testing.assert_allclose(scored(expanded), scored(small), atol=1e-6)
    assert [node.op_type for node in expanded.graph.node] == [node.op_type for node in plain.graph.node]


def test_each_weight_moves_no_more_than_documented():
    plain = network()
    before, after = (
        {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        for model in (plain, expand(shrink(plain)))
    )
    assert before.keys() == after.keys()
    largest = np.abs(before["embeddings"]).max(axis=1, keepdims=True)
    assert (np.abs(after.pop("embeddings") - before.pop("embeddings")) <= largest / 254 * 1.001).all()
    for name, array in before.items():
        assert (np.abs(after[name] - array) <= np.abs(array) / 2048 + 1e-7).all(), name


def test_an_int8_network_shrinks_too(tmp_path):
    quantise(network(), tmp_path / "int8.onnx")
    int8 = onnx.load(tmp_path / "int8.onnx")
    small = shrink(int8)
    assert np.abs(scored(small) - scored(int8)).max() < 0.03
    assert len(small.SerializeToString()) < len(int8.SerializeToString())


def test_a_word_of_nothing_but_zeros_stays_so():
    plain = network()
    table = next(tensor for tensor in plain.graph.initializer if tensor.name == "embeddings")
    zeros = numpy_helper.to_array(table).copy()
    zeros[5] = 0
    table.CopyFrom(numpy_helper.from_array(zeros, "embeddings"))
    after = {tensor.name: numpy_helper.to_array(tensor) for tensor in expand(shrink(plain)).graph.initializer}
    assert (after["embeddings"][5] == 0).all()


def test_a_plain_network_is_expanded_to_itself_and_a_shrunk_one_says_how_it_is_stored():
    plain = network()
    assert expand(plain) is plain
    assert {prop.key: prop.value for prop in shrink(plain).metadata_props}[STORAGE].startswith("embeddings in int8")


def test_a_shrunk_network_can_be_looked_into(tmp_path):
    small = shrink(network())
    (tmp_path / "model.onnx").write_bytes(small.SerializeToString())
    opened = OpenedNetwork(tmp_path / "model.onnx")
    weights = opened.lstm
    assert weights is not None
    assert weights.embeddings.shape == (VOCABULARY, 24)
    probabilities = 1 / (1 + np.exp(-opened.logits(reviews())[:, 0]))
    np.testing.assert_allclose(probabilities, scored(small), atol=1e-6)
