"""Where files lie: in a checkout, installed, and where a person says otherwise."""

import pytest

from sentiment.support import paths


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A working folder and a user's data folder that have nothing yet; nobody has set SENTIMENT_MODELS."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.delenv("SENTIMENT_MODELS", raising=False)
    return tmp_path


@pytest.fixture
def installed(elsewhere, monkeypatch):
    monkeypatch.setattr(paths, "CHECKOUT", None)
    return elsewhere


@pytest.mark.usefixtures("elsewhere")
def test_a_checkout_has_its_files_beside_the_package():
    assert (paths.CHECKOUT / "pyproject.toml").is_file()
    assert paths.models_folder() == paths.CHECKOUT / "models" == paths.SHIPPED_MODELS
    assert paths.data_folder() == paths.CHECKOUT / "data"
    assert paths.cache_folder() == paths.CHECKOUT / "data" / "cache"
    assert paths.SAMPLE.is_file()


def test_an_installed_package_writes_to_the_user_s_data_folder(installed):
    assert paths.models_folder() == installed / "share" / "sentiment" / "models"
    assert paths.data_folder() == installed / "share" / "sentiment" / "data"
    assert paths.cache_folder() == installed / "share" / "sentiment" / "data" / "cache"
    assert list(installed.iterdir()) == [installed / "work"]  # asking makes no folder


def test_a_folder_models_in_the_working_folder_comes_first_and_the_environment_before_it(installed, monkeypatch):
    (installed / "work" / "models").mkdir()
    assert paths.models_folder() == installed / "work" / "models"
    monkeypatch.setenv("SENTIMENT_MODELS", "named")
    assert paths.models_folder() == installed / "work" / "named"
    monkeypatch.setenv("SENTIMENT_MODELS", "~/named")
    monkeypatch.setenv("HOME", str(installed))
    assert paths.models_folder() == installed / "named"


@pytest.mark.parametrize("named", ["relative", "~nobody-has-this-name/models"])
def test_a_folder_that_cannot_be_had_is_no_traceback(elsewhere, monkeypatch, named):
    monkeypatch.setenv("SENTIMENT_MODELS", named)
    (elsewhere / "work").rmdir()
    assert not paths.models_folder().exists()


def test_the_shipped_models_answer_beside_the_runs_of_a_folder_that_no_option_named(installed, monkeypatch):
    assert paths.is_default_models(installed / "share" / "sentiment" / "models")
    (installed / "work" / "models").mkdir()
    assert paths.is_default_models(installed / "work" / "models")
    assert not paths.is_default_models(installed / "named")
    monkeypatch.setenv("SENTIMENT_MODELS", str(installed / "named"))
    assert paths.is_default_models(installed / "named")


def test_nothing_is_written_beside_a_shipped_model_in_the_package(installed):
    assert paths.writable(paths.SHIPPED_MODELS / "imdb") == paths.models_folder() / "imdb"
    assert paths.writable(installed / "work") == installed / "work"


def test_a_working_folder_that_was_deleted_is_no_error(installed):
    (installed / "work").rmdir()
    assert paths.models_folder() == installed / "share" / "sentiment" / "models"
    assert paths.is_default_models(paths.models_folder())
