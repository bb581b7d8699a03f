"""`sentiment export`."""

import shutil

from helpers.command_line import refused, sentiment, sentiment_process


def test_a_run_is_exported_for_tensorflow_serving(models, tmp_path):
    shutil.copytree(models, tmp_path / "models")
    done = sentiment_process("export", "--models", tmp_path / "models", "--format", "savedmodel")
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "models").glob("films/*/savedmodel/1/saved_model.pb"))
    refused(sentiment("export", "--models", tmp_path / "models", "--format", "tflite"), "onnx, savedmodel")
