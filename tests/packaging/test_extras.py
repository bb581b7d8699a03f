"""A package that the base install lacks: the message names the extra and the command that installs it."""

import sys

import pytest

from sentiment.errors import MissingExtraError, SentimentError
from sentiment.support import extras
from sentiment.support.extras import naming_the_extra


@pytest.mark.parametrize(
    ("module", "extra"), [("pandas", "train"), ("keras.src.layers", "train"), ("fastapi", "serve")]
)
def test_an_import_that_fails_names_the_extra(module, extra, monkeypatch):
    monkeypatch.setattr(extras, "CHECKOUT", None)
    with pytest.raises(MissingExtraError) as caught, naming_the_extra():
        raise ModuleNotFoundError(name=module)
    assert str(caught.value) == (
        f"expected the packages of the extra {extra}; {module.split('.')[0]} is not installed; "
        f"get them with: pip install 'sentiment[{extra}]'"
    )
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, SentimentError)


def test_a_command_that_needs_a_part_of_an_extra_names_that_part():
    with pytest.raises(MissingExtraError, match="the extra adapt; sklearn"), naming_the_extra("adapt"):
        raise ModuleNotFoundError(name="sklearn")
    with pytest.raises(MissingExtraError, match="the extra train; pyarrow"), naming_the_extra("adapt"):
        raise ModuleNotFoundError(name="pyarrow")


@pytest.mark.parametrize(("module", "command"), [("pandas", "make setup"), ("fastapi", "make serve")])
def test_in_the_environment_of_a_checkout_it_names_the_target(module, command, monkeypatch, tmp_path):
    monkeypatch.setattr(extras, "CHECKOUT", tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    with pytest.raises(MissingExtraError, match=f"get them with: {command}$"), naming_the_extra():
        raise ModuleNotFoundError(name=module)


@pytest.mark.parametrize("name", ["sentiment.nothing", "numpy", None])
def test_other_imports_fail_as_they_do(name):
    with pytest.raises(ModuleNotFoundError) as caught, naming_the_extra():
        raise ModuleNotFoundError(name=name)
    assert not isinstance(caught.value, MissingExtraError)
