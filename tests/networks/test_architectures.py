"""The contract that every architecture in the registry keeps."""

import subprocess
import sys
from zipfile import ZipFile

import keras
import numpy as np
import pytest

from helpers.tiny_runs import network, save_run
from sentiment.config import Config, ModelConfig
from sentiment.errors import ConfigError
from sentiment.networks.architectures import ARCHITECTURES, build
from sentiment.networks.scoring import probabilities
from sentiment.runs.saved_run import MODEL, write_manifest
from sentiment.text.padding import pad

VOCABULARY = 50


def small(name: str, **settings) -> keras.Model:
    return build(ModelConfig(architecture=name, embedding_size=8, units=6, **settings), VOCABULARY, seed=1)


def random_reviews(n: int = 7) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(1, VOCABULARY, length).astype(np.int32) for length in (1, 2, 5, 9, 17, 30, 31)[:n]]


def spread_out(model: keras.Model) -> keras.Model:
    """Larger random weights, so that a leak of the padding would be seen."""
    random = np.random.default_rng(1)
    model.set_weights(
        [random.normal(0, 0.5, w.shape).astype(w.dtype) for w in model.get_weights()[:-1]] + [np.zeros(1)]
    )
    return model


@pytest.fixture(params=ARCHITECTURES)
def name(request) -> str:
    return request.param


def test_the_four_are_there():
    assert {"custom-lstm", "lstm", "bilstm", "gru"} <= set(ARCHITECTURES)


@pytest.mark.parametrize("pooling", [("max", "mean", "last"), ("last",)], ids="+".join)
def test_a_review_gets_one_probability_alone_in_a_batch_and_with_more_padding(name, pooling):
    model = spread_out(small(name, pooling=pooling))
    reviews = random_reviews()
    logits = model.predict_on_batch(pad(reviews))
    more = model.predict_on_batch(pad(reviews, 131))
    alone = np.concatenate([model.predict_on_batch(pad([review])) for review in reviews])
    assert np.ptp(logits) > 0.1  # the reviews do differ
    np.testing.assert_allclose(more, logits, atol=1e-5)
    np.testing.assert_allclose(alone, logits, atol=1e-5)


def test_scores_come_in_the_order_of_the_reviews(name):
    model = spread_out(small(name))
    reviews = random_reviews()[::-1]
    together = probabilities(model, reviews)
    alone = [probabilities(model, [review])[0] for review in reviews]
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_saved_model_gives_the_same_probabilities_in_safe_mode(name, tmp_path):
    model = spread_out(small(name))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(probabilities(loaded, random_reviews()), probabilities(model, random_reviews()))


def test_a_training_step_changes_every_weight(name):
    model = small(name)
    before = model.get_weights()
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    model.train_on_batch(pad(random_reviews()), np.array([[1], [0], [1], [0], [1], [0], [0]], np.float32))
    changed = [not np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True)]
    assert all(changed), [w.path for w, c in zip(model.weights, changed, strict=True) if not c]


def test_one_seed_gives_one_set_of_weights_and_another_seed_another(name):
    config = ModelConfig(architecture=name, embedding_size=8, units=6)
    first, same, other = (build(config, VOCABULARY, seed) for seed in (1, 1, 2))
    for mine, again in zip(first.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, again)
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])


def test_the_architectures_differ_in_the_recurrent_layer_only():
    built = {name: [type(layer).__name__ for layer in small(name).layers] for name in ARCHITECTURES}
    position = built["custom-lstm"].index("LSTM")
    assert {layers.pop(position) for layers in built.values()} == {"LSTM", "Bidirectional", "GRU"}
    assert len({tuple(layers) for layers in built.values()}) == 1


def test_the_custom_and_the_keras_lstm_compute_the_same_function():
    custom, keras_lstm = small("custom-lstm"), small("lstm")
    keras_lstm.set_weights(spread_out(custom).get_weights())
    reviews = random_reviews()
    np.testing.assert_allclose(probabilities(custom, reviews), probabilities(keras_lstm, reviews), atol=1e-6)


def test_the_dtype_policy_reaches_the_recurrent_layer_and_not_the_verdict(name):
    model = small(name, dtype="mixed_bfloat16")
    assert [layer.compute_dtype for layer in model.layers if layer.name == "logit"] == ["float32"]
    assert sum(layer.compute_dtype == "bfloat16" for layer in model.layers) >= 2
    assert keras.config.dtype_policy().name == "float32"  # nobody else's policy was changed


def test_an_unknown_architecture_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="custom-lstm, lstm, bilstm, gru"):
        small("transformer")


def test_a_model_saved_under_former_module_names_loads_in_a_process_that_has_not_used_our_layers(tmp_path):
    config = Config().replace(architecture="custom-lstm", units=5, embedding_size=4)
    folder = save_run(tmp_path / "run", network(config), config)
    network(config).save(tmp_path / "new.keras")
    with ZipFile(tmp_path / "new.keras") as new, ZipFile(folder / MODEL, "w") as old:
        for name in new.namelist():
            content = new.read(name)
            if name == "config.json":
                assert b'"sentiment.layers' in content
                content = content.replace(b'"sentiment.layers', b'"app.layers')
            old.writestr(name, content)
    write_manifest(folder)
    code = f"from sentiment.runs.saved_run import load_run; print(load_run({str(folder)!r}).model().count_params())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == network(config).count_params()
