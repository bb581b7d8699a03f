"""No command takes an empty path for the current folder."""

from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from helpers.command_line import refused, sentiment
from sentiment.cli import app
from sentiment.cli.options import PLACES


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("look", ""), "FILE"),
        (("look", "a.csv", "--models", ""), "--models"),
        (("train", "--data", ""), "--data"),
        (("train", "--data=",), "--data"),
        (("train", "--train", "a.csv", "--test", " "), "--test"),
        (("train", "--data", "a.csv", "--rejects", ""), "--rejects"),
        (("pretrain", "--data", ""), "--data"),
        (("evaluate", "--data", ""), "--data"),
        (("report", ""), "DATASET"),
        (("export", "--models", ""), "--models"),
        (("predict", "--input", ""), "--input"),
        (("predict", "text", "--output", ""), "--output"),
        (("explain", "text", "--png", ""), "--png"),
        (("serve", "--models", ""), "--models"),
        (("use", "--models", ""), "--models"),
    ],
)  # fmt: skip
def test_an_empty_path_is_refused_and_the_option_is_named(arguments, name, tmp_path):
    done = sentiment(*arguments, cwd=tmp_path)
    refused(done, f"expected a path or a name for {name}; found an empty one; name it, or . for this folder")


def test_an_empty_path_in_a_text_is_a_text(models):
    refused(sentiment("predict", "--models", models, ""), "expected a text; found an empty one")


def test_every_path_of_a_command_is_known_as_such():
    hints = [hint for command in app.registered_commands for hint in get_type_hints(command.callback).items()]
    paths = {name for name, hint in hints if Path in (hint, *get_args(hint))}
    assert paths
    assert paths <= PLACES
