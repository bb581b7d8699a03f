"""Training from the network of a saved run: its exact weights, and its last layer for the same classes."""

import json

import numpy as np
import onnx
import pytest

from helpers.command_line import refused, sentiment
from helpers.trained import THREE, spread_out, train_tiny
from sentiment.config import Classes, ModelConfig
from sentiment.errors import ConfigError, ExportError, RunError
from sentiment.inference.engines import OnnxEngine
from sentiment.networks.architectures import ARCHITECTURES, build
from sentiment.networks.onnx_files import read_onnx
from sentiment.networks.onnx_graph import to_onnx, weights_in
from sentiment.networks.onnx_storage import arrays_of, expand, shrink
from sentiment.networks.scoring import probabilities
from sentiment.publishing.export import quantise
from sentiment.runs.saved_run import load_run
from sentiment.support.paths import SHIPPED_MODELS
from sentiment.training.encoders import encoder_of, load_start


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("stored", [lambda model: model, shrink], ids=["plain", "shrunk"])
def test_weights_come_back_from_onnx_bit_for_bit(name, stored):
    config = ModelConfig(architecture=name, embedding_size=64, units=32)
    written = stored(to_onnx(spread_out(build(config, 50, seed=1)), {}))
    model = build(config, 50, seed=2)
    table, *recurrent = weights_in(written)
    model.get_layer("embedding").set_weights([table])
    model.get_layer("recurrent").set_weights(recurrent)
    again, before = arrays_of(to_onnx(model, {})), arrays_of(expand(written))
    for key in ("embeddings", "recurrent_kernel", "recurrent_recurrent_kernel", "recurrent_bias"):
        np.testing.assert_array_equal(again[key], before[key])


def test_a_network_in_int8_has_no_such_weights(tmp_path):
    config = ModelConfig(embedding_size=8, units=8)
    quantise(to_onnx(build(config, 50, seed=1), {}), tmp_path / "int8.onnx")
    with pytest.raises(ExportError, match=r"one LSTM or GRU node in float32; found 0"):
        weights_in(onnx.load(tmp_path / "int8.onnx"))


def test_a_shipped_run_without_a_keras_model_becomes_one_that_says_the_same():
    run = load_run(SHIPPED_MODELS / "imdb" / "compact")
    encoder = encoder_of(run)
    config = run.config.replace(dtype="float32")
    model = build(config.model, len(encoder.weights[0]), 1, config.classes)
    encoder.for_classifier(config).initialise(model)
    token_ids = run.tokenizer().token_ids(["A fine film.", "Dull, and never again.", "Well " * 50])
    expected = OnnxEngine(run.folder / "model.onnx").start(token_ids)()
    np.testing.assert_allclose(probabilities(model, token_ids), expected, atol=1e-6)
    assert encoder.identity == load_start(SHIPPED_MODELS, SHIPPED_MODELS / "imdb" / "compact").identity


def test_the_last_layer_is_kept_for_the_same_classes_and_pooling_alone(tmp_path):
    run = train_tiny(tmp_path)
    encoder = encoder_of(run)
    assert encoder.for_classifier(run.config).head is encoder.head
    assert encoder.for_classifier(run.config.replace(classes=THREE)).head is None
    assert encoder.for_classifier(run.config.replace(classes=Classes(("positive", "negative")))).head is None
    assert encoder.for_classifier(run.config.replace(pooling=("last",))).head is None


def test_a_run_of_an_architecture_that_no_encoder_reads_as_is_refused(tmp_path, monkeypatch):
    run = train_tiny(tmp_path, "gru")
    monkeypatch.setattr("sentiment.training.encoders.ARCHITECTURES_OF", {"lstm": ("lstm",), "bilstm": ("bilstm",)})
    with pytest.raises(ConfigError, match=r"one of the architectures lstm, bilstm to .*; found gru in .*; start"):
        encoder_of(run)


def test_a_start_is_an_encoder_or_a_run_by_its_folder_or_name(tmp_path):
    run = train_tiny(tmp_path)
    assert load_start(tmp_path, run.folder).run == run
    by_name = load_start(tmp_path, type(tmp_path)("films") / run.name)
    assert by_name.run == run
    assert by_name.training_times.keys() >= run.record.training_times.keys()
    assert load_start(SHIPPED_MODELS, SHIPPED_MODELS / "imdb" / "encoder-compact").run is None
    with pytest.raises(RunError, match=r"expected a folder with an encoder or a run, or the name of a run.*nowhere"):
        load_start(tmp_path, type(tmp_path)("nowhere"))
    (run.folder / "model.onnx").unlink()
    with pytest.raises(RunError):
        load_start(tmp_path, run.folder)


def test_train_starts_from_a_run_and_its_run_is_like_any_other(tmp_path):
    run = train_tiny(tmp_path)
    rows = [f"number {500 + i} is {word},{word}" for i in range(30) for word in ("good", "bad")]
    (tmp_path / "mine.csv").write_text("\n".join(["review,label", *rows, ""]), encoding="utf-8")
    done = sentiment(
        "train", "--data", tmp_path / "mine.csv", "--models", tmp_path, "--from-pretrained", f"films/{run.name}",
        "--labels", "bad=negative; good=positive", "--set", "minimum_steps=4", "--set", "epochs=1",
        "--only", "custom-lstm", "--no-baselines", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [made] = [load_run(path.parent) for path in (tmp_path / "mine").glob("custom-lstm-fine-tuned*/config.json")]
    assert made.config.encoder == encoder_of(run).identity
    assert made.config.model.units == 8
    assert made.record.test["accuracy"] > 0.9  # after four steps: it knew the words before
    before = expand(onnx.load_model_from_string(read_onnx(run.folder / "model.onnx")))
    assert len(weights_in(before)[0]) == made.model().get_layer("embedding").input_dim
    refused(
        sentiment("train", "--data", tmp_path / "mine.csv", "--models", tmp_path, "--from-pretrained", "films/other"),
        "the name of a run, to start from; found films/other",
    )
    assert json.loads(done.stdout)
