"""The ONNX graph: what Keras computes, with native nodes, whatever the padding."""

import keras
import numpy as np
import onnxruntime
import pytest
from onnx.reference import ReferenceEvaluator

from helpers.trained import spread_out
from sentiment.config import Classes, ModelConfig, TokenizerConfig
from sentiment.data.reviews import load_reviews
from sentiment.errors import ExportError
from sentiment.networks.architectures import ARCHITECTURES, build
from sentiment.networks.onnx_graph import to_onnx
from sentiment.networks.onnx_head import INPUT, OUTPUT, OUTPUT_OF_SEVERAL
from sentiment.networks.scoring import probabilities
from sentiment.support.paths import SAMPLE
from sentiment.text.padding import pad
from sentiment.text.tokenizer import ReviewTokenizer

VOCABULARY = 50
ALL = ("max", "mean", "last")


@pytest.fixture(params=ARCHITECTURES)
def name(request) -> str:
    return request.param


def small(name: str, vocabulary: int = VOCABULARY, **settings) -> keras.Model:
    config = ModelConfig(architecture=name, embedding_size=8, units=6, **settings)
    return spread_out(build(config, vocabulary, seed=1))


def session(model: keras.Model) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(to_onnx(model, {}).SerializeToString())


def run(loaded: onnxruntime.InferenceSession, token_ids: np.ndarray) -> np.ndarray:
    return loaded.run([OUTPUT], {INPUT: token_ids})[0]


@pytest.mark.parametrize("ordered", [False, True])
def test_it_gives_keras_probabilities_of_several_classes(name, ordered):
    classes = Classes(("1", "2", "3", "4"), ordered)
    config = ModelConfig(architecture=name, embedding_size=8, units=6)
    model = spread_out(build(config, VOCABULARY, seed=1, classes=classes))
    content = to_onnx(model, {}, classes).SerializeToString()
    scored = onnxruntime.InferenceSession(content).run([OUTPUT_OF_SEVERAL], {INPUT: pad(random_reviews(), 40)})[0]
    expected = probabilities(model, random_reviews(), classes)
    assert scored.shape == expected.shape == (7, 4)
    np.testing.assert_allclose(scored, expected, atol=1e-5)
    np.testing.assert_allclose(scored.sum(axis=1), 1, atol=1e-6)
    assert np.ptp(scored, axis=0).max() > 0.02  # the reviews do differ


def random_reviews() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(1, VOCABULARY, length).astype(np.int32) for length in (1, 2, 5, 9, 17, 30, 31)]


@pytest.mark.parametrize("pooling", [ALL, ("last",), ("mean", "max")], ids="+".join)
def test_it_gives_keras_probabilities_alone_in_a_batch_and_with_more_padding(name, pooling):
    model, reviews = small(name, pooling=pooling), random_reviews()
    loaded = session(model)
    expected = probabilities(model, reviews)
    assert np.ptp(expected) > 0.02  # the reviews do differ
    for result in (
        run(loaded, pad(reviews)),
        run(loaded, pad(reviews, 131)),
        np.concatenate([run(loaded, review[None]) for review in reviews]),
    ):
        assert (result.dtype, result.shape) == (np.float32, (len(reviews),))
        np.testing.assert_allclose(result, expected, atol=1e-5)


def test_the_standard_s_own_reading_of_it_is_the_same_on_rows_without_padding(name):
    model = small(name, pooling=ALL)
    reference = ReferenceEvaluator(to_onnx(model, {}))  # reads every row to its end, whatever its length
    token_ids = np.random.default_rng(2).integers(1, VOCABULARY, (3, 11)).astype(np.int32)
    [result] = reference.run([OUTPUT], {INPUT: token_ids})
    np.testing.assert_allclose(result, probabilities(model, list(token_ids)), atol=1e-5)


def test_the_recurrent_layer_is_one_native_node(name):
    kinds = [node.op_type for node in to_onnx(small(name), {}).graph.node]
    assert kinds.count("GRU") + kinds.count("LSTM") == 1
    assert kinds.count("GRU") == ("gru" in name)
    assert not {"Loop", "Scan"} & set(kinds)


def test_what_a_user_needs_stands_in_the_file(name):
    assert session(small(name)).get_modelmeta().custom_metadata_map == {}
    loaded = onnxruntime.InferenceSession(to_onnx(small(name), {"architecture": name}).SerializeToString())
    assert loaded.get_modelmeta().custom_metadata_map == {"architecture": name}
    [fed], [got] = loaded.get_inputs(), loaded.get_outputs()
    assert (fed.name, fed.type, fed.shape) == (INPUT, "tensor(int32)", ["batch", "time"])
    assert (got.name, got.type, got.shape) == (OUTPUT, "tensor(float)", ["batch"])


def on_reviews(name: str, texts: list[str]) -> None:
    tokenizer = ReviewTokenizer.fit(texts, TokenizerConfig(vocabulary_size=2_000, max_length=300))
    token_ids = tokenizer.token_ids(texts)
    model = small(name, tokenizer.vocabulary_size)
    loaded = session(model)
    groups = [token_ids[start : start + 50] for start in range(0, len(token_ids), 50)]
    result = np.concatenate([run(loaded, pad(group)) for group in groups])
    np.testing.assert_allclose(result, probabilities(model, token_ids), atol=1e-5)


def test_a_thousand_sample_reviews_are_the_same_to_one_in_a_hundred_thousand(name):
    on_reviews(name, load_reviews(SAMPLE).table["text"].tolist()[:1_000])


@pytest.mark.slow
def test_a_thousand_real_reviews_are_the_same_to_one_in_a_hundred_thousand(name, real_reviews):
    table = load_reviews(real_reviews).table
    on_reviews(name, table[table["split"] == "test"].sample(1_000, random_state=1)["text"].tolist())


def test_a_layer_without_a_counterpart_is_refused_by_its_name():
    token_ids = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(5, 2, mask_zero=True)(token_ids)
    model = keras.Model(token_ids, keras.layers.GlobalAveragePooling1D(name="average")(embedded))
    with pytest.raises(ExportError, match="average, a GlobalAveragePooling1D"):
        to_onnx(model, {})


@pytest.mark.parametrize(
    ("layer", "part"),
    [
        (keras.layers.LSTM(3, return_sequences=True, activation="relu"), "activation=tanh.*relu"),
        (keras.layers.GRU(3, return_sequences=True, reset_after=False), "reset_after=True.*False"),
        (keras.layers.LSTM(3), "return_sequences=True.*False"),
        (keras.layers.LSTM(3, return_sequences=True, go_backwards=True), "go_backwards=False.*True"),
    ],
    ids=["activation", "reset", "sequences", "backwards"],
)
def test_a_setting_without_a_counterpart_is_refused(layer, part):
    token_ids = keras.Input((None,), dtype="int32")
    model = keras.Model(token_ids, layer(keras.layers.Embedding(5, 2, mask_zero=True)(token_ids)))
    with pytest.raises(ExportError, match=part):
        to_onnx(model, {})
