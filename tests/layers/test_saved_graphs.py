"""Files that Keras and TensorFlow write of a model run in another process, or are not written."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from sentiment.layers import LSTM, portable
from sentiment.layers.fast import path as fast_path
from sentiment.layers.fast.bridges import in_tensorflow

pytestmark = pytest.mark.skipif(not fast_path.is_available(), reason="the fast path is TensorFlow's, on a CPU")

IDS = np.array([[1, 2, 3, 0, 0], [4, 5, 6, 7, 8]], np.int32)
FORMS = [
    "model.export",
    "ExportArchive",
    "ExportArchive of a layer",
    "saved_model.save",
    "saved_model.save of a function",
]

# Runs every file given, without our package.
ELSEWHERE = """
import sys
sys.modules["sentiment"] = sys.modules["keras"] = None
import numpy as np, tensorflow as tf
for folder in sys.argv[1:]:
    run = tf.saved_model.load(folder).signatures["serving_default"]
    name, = run.structured_input_signature[1]
    result, = run(**{name: tf.constant(np.load(folder + "/ids.npy"))}).values()
    np.save(folder + "/result.npy", result.numpy())
"""


def token_ids():
    import tensorflow as tf

    return tf.TensorSpec((None, None), tf.int32)


@pytest.fixture(scope="module")
def model():
    """Trained and used before, so that Keras keeps functions with the fast path in them."""
    inputs = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(10, 3, mask_zero=True)(inputs)
    both = keras.layers.Bidirectional(LSTM(4, return_sequences=True, dropout=0.1))(embedded)
    model = keras.Model(inputs, keras.layers.Dense(1)(LSTM(5)(both)))
    model.compile("sgd", "mse")
    model.fit(IDS, np.ones((2, 1)), verbose=0)
    model.predict(IDS, verbose=0)
    return model


@pytest.fixture(scope="module")
def results(model, tmp_path_factory):
    """What another process computes of `IDS`, by the form in which the model was written."""
    import tensorflow as tf

    folders = {form: tmp_path_factory.mktemp("written") for form in FORMS}
    model.export(folders["model.export"], verbose=False)
    for form, endpoint in (
        ("ExportArchive", model.__call__),
        (
            "ExportArchive of a layer",
            lambda ids: model.layers[-1](model.layers[-2](model.layers[2](model.layers[1](ids)))),
        ),
    ):
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serve", endpoint, input_signature=[token_ids()])
        archive.write_out(folders[form], verbose=False)
    tf.saved_model.save(model, folders["saved_model.save"])
    module = tf.Module()
    module.model, module.function = model, tf.function(model, input_signature=[token_ids()])
    module.function(IDS)  # traced for this process first
    tf.saved_model.save(
        module, folders["saved_model.save of a function"], signatures={"serving_default": module.function}
    )
    for folder in folders.values():
        np.save(folder / "ids.npy", IDS)
    subprocess.run([sys.executable, "-c", ELSEWHERE, *map(str, folders.values())], check=True, cwd=folder)
    return {form: np.load(folder / "result.npy") for form, folder in folders.items()}


@pytest.mark.parametrize("form", FORMS)
def test_a_saved_graph_gives_the_same_numbers_in_another_process(form, results, model):
    np.testing.assert_allclose(results[form], keras.ops.convert_to_numpy(model(IDS)), atol=1e-6)


@pytest.fixture(scope="module")
def model_of_fixed_size():
    """For TensorFlow Lite, whose own operations loop over fixed sizes only."""
    inputs = keras.Input(batch_shape=IDS.shape, dtype="int32")
    embedded = keras.layers.Embedding(10, 3, mask_zero=True)(inputs)
    both = keras.layers.Bidirectional(LSTM(4, return_sequences=True, dropout=0.1))(embedded)
    model = keras.Model(inputs, keras.layers.Dense(1)(LSTM(5)(both)))
    model.compile("sgd", "mse")
    model.train_on_batch(IDS, np.ones((2, 1)))
    return model


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
def test_a_converted_model_gives_the_same_numbers_in_tensorflow_lite(model_of_fixed_size):
    import tensorflow as tf

    content = tf.lite.TFLiteConverter.from_keras_model(model_of_fixed_size).convert()
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], IDS)
    interpreter.invoke()
    result = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(result, keras.ops.convert_to_numpy(model_of_fixed_size(IDS)), atol=1e-5)


def test_exported_to_tensorflow_lite_a_model_has_no_operation_that_calls_python(model_of_fixed_size, tmp_path):
    # To run it takes TensorFlow's operations in TensorFlow Lite, as with Keras' layer.
    model_of_fixed_size.export(tmp_path / "model.tflite", format="litert", verbose=False)
    content = (tmp_path / "model.tflite").read_bytes()
    assert b"While" in content or b"while" in content
    assert b"PyFunc" not in content


def test_a_function_traced_with_the_fast_path_is_refused_with_advice_and_nothing_is_written(model, tmp_path):
    import tensorflow as tf

    def write(folder):
        function = tf.function(model, input_signature=[token_ids()])  # without one TensorFlow traces it anew
        function(IDS)
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serve", function)
        archive.write_out(folder, verbose=False)

    with pytest.raises(AssertionError, match=r"works in this process alone.*sentiment\.layers\.portable\(\)"):
        write(tmp_path / "fast")
    assert not (tmp_path / "fast").exists()
    with portable():
        write(tmp_path / "portable")
    assert (tmp_path / "portable" / "saved_model.pb").exists()


def test_a_concrete_function_traced_with_the_fast_path_is_refused_with_advice(model, tmp_path):
    import tensorflow as tf

    function = tf.function(model).get_concrete_function(token_ids())
    with pytest.raises(AssertionError, match=r"sentiment\.layers\.portable\(\)"):
        tf.saved_model.save(model, tmp_path / "fast", signatures=function)
    assert not (tmp_path / "fast" / "saved_model.pb").exists()


def test_xla_cannot_compile_a_function_traced_before_and_the_message_says_what_to_do(model):
    import tensorflow as tf

    function = tf.function(model)
    function(IDS)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"sentiment\.layers\.portable"):
        tf.function(function, jit_compile=True)(IDS)


def test_after_writing_a_file_the_model_still_takes_the_fast_path(model, tmp_path, monkeypatch):
    passes, forward = [], in_tensorflow.forward
    monkeypatch.setattr(in_tensorflow, "forward", lambda *arguments: passes.append(1) or forward(*arguments))
    model.export(tmp_path / "folder", verbose=False)
    assert not passes
    model.train_on_batch(IDS, np.ones((2, 1)))
    assert passes
