"""What a user of `keras.layers.LSTM` relies on: arguments, configuration, weights both ways, saving, wrappers."""

import inspect
import unittest
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from helpers.lstm_layers import numpy
from sentiment.layers import LSTM, LSTMCell

FULL = {
    "units": 4,
    "activation": "softsign",
    "recurrent_activation": "hard_sigmoid",
    "kernel_initializer": "he_normal",
    "recurrent_initializer": "glorot_normal",
    "bias_initializer": "ones",
    "unit_forget_bias": False,
    "kernel_regularizer": keras.regularizers.L2(0.1),
    "recurrent_regularizer": keras.regularizers.L1(0.2),
    "bias_regularizer": keras.regularizers.L2(0.3),
    "activity_regularizer": keras.regularizers.L2(0.4),
    "kernel_constraint": "unit_norm",
    "recurrent_constraint": "non_neg",
    "bias_constraint": "max_norm",
    "dropout": 0.1,
    "recurrent_dropout": 0.2,
    "seed": 9,
    "use_cudnn": False,
    "return_sequences": True,
    "return_state": True,
    "go_backwards": True,
    "unroll": True,
    "zero_output_for_mask": True,
    "name": "memory",
    "dtype": "mixed_bfloat16",
}


@pytest.fixture
def sequences():
    return np.random.default_rng(5).normal(size=(2, 6, 3)).astype("float32")


def test_the_lstm_takes_keras_arguments_in_the_same_order_with_the_same_defaults():
    theirs = [p for p in inspect.signature(keras.layers.LSTM).parameters.values() if p.kind != p.VAR_KEYWORD]
    ours = list(inspect.signature(LSTM).parameters.values())
    assert [(p.name, p.default) for p in ours[: len(theirs)]] == [(p.name, p.default) for p in theirs]
    called = inspect.signature(keras.layers.LSTM.call).parameters
    assert list(inspect.signature(LSTM.call).parameters) == list(called)


def test_the_cell_takes_keras_arguments_in_the_same_order_with_the_same_defaults():
    theirs = [p for p in inspect.signature(keras.layers.LSTMCell).parameters.values() if p.kind != p.VAR_KEYWORD]
    ours = list(inspect.signature(LSTMCell).parameters.values())
    assert [(p.name, p.default) for p in ours[: len(theirs)]] == [(p.name, p.default) for p in theirs]


@pytest.mark.parametrize(
    ("name", "count"),
    [("lstm", 6), ("rnn", 14), ("stacked_rnn_cells", 7), ("bidirectional", 13), ("time_distributed", 11)],
)
def test_our_layers_pass_keras_own_tests_of_recurrent_layers(name, count, monkeypatch, request):
    request.config.addinivalue_line("markers", "requires_trainable_backend: of Keras' own tests")
    keras_tests = pytest.importorskip(f"keras.src.layers.rnn.{name}_test", reason="Keras came without its tests")
    monkeypatch.setattr(
        keras_tests, "layers", SimpleNamespace(**vars(keras.layers) | {"LSTM": LSTM, "LSTMCell": LSTMCell})
    )
    # Bidirectional compares with the class of its own module.
    monkeypatch.setattr("keras.src.layers.rnn.bidirectional.LSTM", LSTM)
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromModule(keras_tests).run(result)
    assert result.testsRun >= count
    assert result.wasSuccessful(), result.errors + result.failures


def test_our_configuration_equals_keras_and_builds_either_layer():
    ours, theirs = LSTM(**FULL), keras.layers.LSTM(**FULL)
    assert ours.get_config() == theirs.get_config()
    assert keras.layers.LSTM.from_config(ours.get_config()).get_config() == theirs.get_config()
    assert LSTM.from_config(theirs.get_config()).get_config() == ours.get_config()


def test_our_arguments_are_attributes_with_keras_names():
    ours, theirs = LSTM(**FULL), keras.layers.LSTM(**FULL)
    for name in FULL.keys() - {"dtype", "seed"}:
        mine, other = getattr(ours, name), getattr(theirs, name)
        assert mine == other or type(mine) is type(other), name


def test_our_lstm_does_not_inherit_from_keras_lstms():
    assert issubclass(LSTM, keras.layers.RNN)
    assert not issubclass(LSTM, keras.layers.LSTM)
    assert not issubclass(LSTMCell, keras.layers.LSTMCell)


def test_weights_can_be_copied_from_keras_and_to_keras_by_name(sequences):
    ours, theirs = LSTM(4, name="lstm"), keras.layers.LSTM(4, name="lstm")
    ours.build(sequences.shape)
    theirs.build(sequences.shape)
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]
    assert len(ours.variables) == len(theirs.variables)
    ours.set_weights(theirs.get_weights())
    expected = numpy(theirs(sequences))
    np.testing.assert_allclose(numpy(ours(sequences)), expected, atol=1e-6)
    theirs.set_weights([0.5 * w for w in ours.get_weights()])
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(numpy(ours(sequences)), numpy(theirs(sequences)), atol=1e-6)
    assert np.abs(numpy(ours(sequences)) - expected).max() > 0.01


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_model_with_our_lstm_is_loaded_in_safe_mode(policy, tmp_path):
    token_ids = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(20, 3, mask_zero=True)(token_ids)
    both = keras.layers.Bidirectional(LSTM(4, return_sequences=True, dropout=0.2, dtype=policy))(embedded)
    model = keras.Model(token_ids, LSTM(5, go_backwards=True, dtype=policy)(both))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    rows = np.array([[3, 7, 1, 0, 0], [4, 4, 9, 2, 6]])
    np.testing.assert_array_equal(numpy(again(rows)), numpy(model(rows)))
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in model.layers]


@pytest.mark.parametrize("merge_mode", ["concat", "sum", None])
def test_inside_bidirectional_our_lstm_equals_keras(merge_mode, sequences):
    settings = {"return_sequences": True, "return_state": True}
    ours = keras.layers.Bidirectional(LSTM(4, **settings), merge_mode=merge_mode)
    theirs = keras.layers.Bidirectional(keras.layers.LSTM(4, **settings), merge_mode=merge_mode)
    mask = keras.ops.convert_to_tensor([[True] * 4 + [False] * 2, [True] * 6])
    ours(sequences)
    theirs(sequences)
    ours.set_weights(theirs.get_weights())
    for mine, other in zip(ours(sequences, mask=mask), theirs(sequences, mask=mask), strict=True):
        np.testing.assert_allclose(numpy(mine), numpy(other), atol=1e-6)


def test_a_stateful_layer_continues_from_its_last_state_until_it_is_reset(sequences):
    whole, halves = LSTM(4), LSTM(4, stateful=True)
    expected = numpy(whole(sequences))
    halves(sequences[:, :3])
    halves.set_weights(whole.get_weights())
    for _ in range(2):
        halves.reset_state()
        halves(sequences[:, :3])
        np.testing.assert_allclose(numpy(halves(sequences[:, 3:])), expected, atol=1e-6)


def test_initializers_can_give_narrow_gaussian_weights_and_zero_biases():
    gaussian = keras.initializers.RandomNormal(stddev=0.01, seed=1)
    layer = LSTM(64, kernel_initializer=gaussian, recurrent_initializer=gaussian, unit_forget_bias=False)
    layer.build((None, None, 32))
    kernel, recurrent_kernel, bias = layer.get_weights()
    assert kernel.std() == pytest.approx(0.01, rel=0.05)
    assert recurrent_kernel.std() == pytest.approx(0.01, rel=0.05)
    assert not bias.any()


def test_by_default_the_forget_gate_starts_open():
    layer = LSTM(2)
    layer.build((None, None, 3))
    np.testing.assert_array_equal(layer.get_weights()[2], [0, 0, 1, 1, 0, 0, 0, 0])


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="torch runs step by step: there is nothing to compile")
@pytest.mark.usefixtures("path")
def test_the_compiled_graph_does_not_grow_with_the_number_of_steps():
    layer = LSTM(4, return_sequences=True)
    layer.build((2, None, 3))

    def size(steps):
        if keras.backend.backend() == "jax":
            import jax

            weights = layer.trainable_variables, layer.non_trainable_variables
            run = jax.make_jaxpr(lambda x: layer.stateless_call(*weights, x)[0])
            return str(run(np.zeros((2, steps, 3), "float32"))).count("\n")
        import tensorflow as tf

        graph = tf.function(layer).get_concrete_function(tf.TensorSpec((2, steps, 3))).graph.as_graph_def()
        return len(graph.node) + sum(len(function.node_def) for function in graph.library.function)

    assert size(512) == size(64)


@pytest.mark.parametrize("wrong", [{"units": 0}, {"units": 4, "dropout": 1.5}, {"units": 4, "recurrent_dropout": -0.1}])
def test_impossible_arguments_are_refused_and_the_error_says_what_was_expected(wrong):
    with pytest.raises(ValueError, match=r"expected .*; found"):
        LSTM(**wrong)


@pytest.mark.parametrize("use_cudnn", [True, False, "auto"])
def test_use_cudnn_is_an_attribute_as_in_keras(use_cudnn):
    assert LSTM(2, use_cudnn=use_cudnn).use_cudnn == use_cudnn
    with pytest.raises(ValueError, match=r"expected use_cudnn .*; found 'maybe'"):
        LSTM(2, use_cudnn="maybe")
