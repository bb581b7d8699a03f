"""`sentiment export`."""

import shutil

from helpers.command_line import refused, sentiment, sentiment_process


def test_a_run_is_exported_for_tensorflow_serving(models, tmp_path):
    shutil.copytree(models, tmp_path / "models")
    done = sentiment_process("export", "--models", tmp_path / "models", "--format", "savedmodel")
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "models").glob("films/*/savedmodel/1/saved_model.pb"))
    refused(sentiment("export", "--models", tmp_path / "models", "--format", "tflite"), "onnx, savedmodel, hub")


def test_a_run_is_exported_for_a_model_hub_and_the_card_says_what_was_given(models, tmp_path):
    [run, *_] = sorted(models.glob("films/*/manifest.json"))
    options = ["export", "--models", models, "--format", "hub", "--run", f"films/{run.parent.name}"]
    done = sentiment(*options, "--output", tmp_path / "first")
    assert done.returncode == 0, done.stderr
    assert "the card names no license" in done.stderr
    assert "license:" not in (tmp_path / "first" / "README.md").read_text()
    done = sentiment(*options, "--output", tmp_path / "second", "--license", "cc-by-4.0", "--language", "fr")
    assert "names no" not in done.stderr
    card = (tmp_path / "second" / "README.md").read_text()
    assert "license: cc-by-4.0" in card
    assert "language: fr" in card
    assert (tmp_path / "second" / "predict.py").is_file()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note.txt").touch()
    refused(sentiment(*options, "--output", tmp_path / "mine"), "choose another with --output")


def test_options_of_a_hub_are_refused_with_other_formats(models):
    refused(sentiment("export", "--models", models, "--license", "mit"), "--license with --format hub alone")
