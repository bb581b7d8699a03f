"""What the tests of several commands share."""

from pathlib import Path

import pytest

from helpers.trained import train_tiny


@pytest.fixture(scope="session")
def models(tmp_path_factory) -> Path:
    """A folder with one small trained run of a dataset named films; to be read only."""
    folder = tmp_path_factory.mktemp("models")
    train_tiny(folder)
    return folder
