"""What all tests share: where the real reviews are, and a quiet back end."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Set by a person or by CI to the archive of the Large Movie Review Dataset; without it, tests on it are skipped.
# Taken out of the environment, so that no test trains on it unasked.
_REAL = os.environ.pop("SENTIMENT_DATA", "")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def real_reviews() -> Path:
    """The archive with the real reviews."""
    for path in filter(None, (_REAL, ROOT / "data" / "aclImdb_v1.tar.gz")):
        if Path(path).exists():
            return Path(path).resolve()
    pytest.skip("the real reviews are not here: set SENTIMENT_DATA to aclImdb_v1.tar.gz or put it into data/")
