"""What the tests of scoring share: a shipped run, and files of a few rows."""

import random
from pathlib import Path

import pytest

from sentiment.runs.saved_run import SavedRun, load_run

ROOT = Path(__file__).parents[2]
WORDS = "the film was good bad dull great fine acting plot never again best worst so very not it watch".split()


@pytest.fixture(scope="session")
def run() -> SavedRun:
    """The smallest shipped run."""
    return load_run(ROOT / "models" / "imdb" / "compact")


@pytest.fixture(scope="session")
def rows() -> list[dict[str, object]]:
    """Texts of several lengths, some with line breaks, quotes and letters of two bytes, and one that is empty."""
    rng = random.Random(7)
    texts = [" ".join(rng.choices(WORDS, k=rng.randint(1, 60))) for _ in range(120)]
    texts[3], texts[50], texts[77], texts[78] = "a fine\nfilm", 'he said "never", twice', "", "café ❤ naïve"
    return [{"id": number, "text": text, "label": number % 2} for number, text in enumerate(texts)]
