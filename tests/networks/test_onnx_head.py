"""A network with another last layer: the same features, new logits, new classes."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from helpers.tiny_runs import GRADES, STARS, TOPICS, network
from sentiment.config import POLARITY, Config
from sentiment.errors import RunError
from sentiment.inference.engines import OnnxEngine
from sentiment.metrics.class_probabilities import probabilities_of
from sentiment.networks.architectures import ARCHITECTURES
from sentiment.networks.onnx_graph import to_onnx
from sentiment.networks.onnx_head import features_of, head_of, with_head
from sentiment.networks.onnx_storage import expand, shrink
from sentiment.support.paths import SHIPPED_MODELS

TOKEN_IDS = [np.array(ids, np.int32) for ids in ([3, 4, 5], [6], [2, 7, 3, 9, 4])]


def exported(architecture: str = "custom-lstm") -> onnx.ModelProto:
    config = Config().replace(architecture=architecture, units=5, embedding_size=4, pooling=("max", "mean", "last"))
    return to_onnx(network(config), {"pooling": "max+mean+last", "run": "before"})


def computed(model: onnx.ModelProto) -> np.ndarray:
    return OnnxEngine(model.SerializeToString()).start(TOKEN_IDS)()


def random_head(model: onnx.ModelProto, outputs: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    return random.normal(size=(len(head_of(model)[0]), outputs)), random.normal(size=outputs)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_network_with_the_head_that_it_had_answers_as_before(architecture):
    model = exported(architecture)
    np.testing.assert_array_equal(computed(with_head(model, *head_of(model), POLARITY, {})), computed(model))


@pytest.mark.parametrize("classes", [POLARITY, TOPICS, GRADES, STARS], ids=["two", "several", "grades", "stars"])
def test_a_new_head_gives_the_probabilities_of_its_classes(classes):
    model = exported()
    kernel, bias = random_head(model, classes.outputs)
    logits = computed(features_of(model)) @ kernel + bias
    expected = probabilities_of(logits[:, 0] if classes.is_binary else logits, classes)
    np.testing.assert_allclose(computed(with_head(model, kernel, bias, classes, {})), expected, atol=1e-6)


def test_all_other_weights_stay_bit_for_bit_and_the_old_head_is_gone():
    model = exported()
    kernel, bias = random_head(model, GRADES.outputs)
    adapted = with_head(model, kernel, bias, GRADES, {"run": "after"})
    before, after = ({t.name: numpy_helper.to_array(t) for t in each.graph.initializer} for each in (model, adapted))
    for name in ("embeddings", *(name for name in before if "kernel" in name and name != "logit_kernel")):
        np.testing.assert_array_equal(after[name], before[name])
    np.testing.assert_array_equal(after["logit_kernel"], kernel.astype(np.float32))
    read = {name for node in adapted.graph.node for name in node.input}
    assert set(after) <= read
    assert {entry.key: entry.value for entry in adapted.metadata_props} == {"pooling": "max+mean+last", "run": "after"}


@pytest.mark.parametrize("run", ["imdb/compact", "imdb/flagship"])
def test_a_shipped_network_keeps_its_smaller_weights_and_can_be_expanded(run):
    model = onnx.load(SHIPPED_MODELS / run / "model.onnx")
    kernel, bias = random_head(model, TOPICS.outputs)
    adapted = with_head(model, kernel / 10, bias, TOPICS, {})
    assert abs(adapted.ByteSize() / model.ByteSize() - 1) < 0.01
    np.testing.assert_allclose(computed(expand(adapted)), computed(adapted), atol=1e-6)
    np.testing.assert_array_equal(head_of(adapted)[1], bias.astype(np.float32))


def test_the_head_of_a_shrunk_network_is_that_of_the_expanded_one():
    small = shrink(exported())
    for stored, plain in zip(head_of(small), head_of(expand(small)), strict=True):
        np.testing.assert_array_equal(stored, plain)


def test_a_network_without_one_layer_of_logits_is_refused():
    with pytest.raises(RunError, match="expected one Gemm node, the layer of logits, in an ONNX file; found 0"):
        with_head(features_of(exported()), np.zeros((15, 1)), np.zeros(1), POLARITY, {})


def test_a_network_with_finer_grades_says_their_mean_beside_the_probabilities_of_its_classes():
    model = exported()
    head = random_head(model, STARS.outputs)
    stars, grades = (
        OnnxEngine(with_head(model, *head, classes, {}).SerializeToString()).start(TOKEN_IDS).result()
        for classes in (STARS, GRADES)
    )
    by_grade = grades.probabilities
    np.testing.assert_allclose(stars.stars, by_grade @ np.arange(1, 6), atol=1e-5)
    np.testing.assert_allclose(stars.probabilities[:, 0], by_grade[:, :2].sum(axis=1), atol=1e-6)
    np.testing.assert_allclose(stars.probabilities[:, 2], by_grade[:, 3:].sum(axis=1), atol=1e-6)
    assert grades.stars is None
