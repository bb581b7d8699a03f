"""Small networks and reviews that many tests share."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from sentiment.config import Config
from sentiment.data.splits import DatasetInfo, Examples, Splits
from sentiment.runs.saved_run import SavedRun, load_run
from sentiment.support.progress import Silence
from sentiment.training.classifier import encode, train

FILLERS = ["film", "plot", "cast", "music", "scene", "story"]


def spread_out(model: keras.Model) -> keras.Model:
    """Sets larger random weights, so that padding that leaks or swapped gates change the output visibly."""
    random = np.random.default_rng(1)
    model.set_weights([random.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
    return model


def good_and_bad(n: int) -> Examples:
    """Texts whose label is whether they contain "good" or "bad"."""
    random = np.random.default_rng(0)
    labels = (np.arange(n) % 2).astype(np.int8)
    texts = [
        f"a {'good' if label else 'bad'} {' '.join(random.choice(FILLERS, 6))} {i}" for i, label in enumerate(labels)
    ]
    return Examples(texts, labels)


def labelled_reviews(n: int) -> pd.DataFrame:
    """Texts of `good_and_bad` in a column `review`, and their labels as words in a column `sentiment`."""
    examples = good_and_bad(n)
    return pd.DataFrame({"review": examples.texts, "sentiment": np.where(examples.labels == 1, "positive", "negative")})


def train_tiny(models: Path, architecture: str = "custom-lstm") -> SavedRun:
    """A copy in `models / "films"` of a small run that was trained on texts of `good_and_bad`."""
    trained = _trained(architecture)
    return load_run(shutil.copytree(trained.folder, models / "films" / trained.name))


@cache
def _trained(architecture: str) -> SavedRun:
    """Trained once in a process, for all tests that need one."""
    examples = good_and_bad(120)
    parts = [Examples(examples.texts[a:b], examples.labels[a:b]) for a, b in ((0, 80), (80, 100), (100, 120))]
    counts = {"train": 80, "validation": 20, "test": 20, "unlabelled": 0}
    info = DatasetInfo("films", "films.csv", 120, "0" * 64, **counts, duplicates_removed=0, test_overlap_removed=0,
                       unlabelled_overlap_removed=0)  # fmt: skip
    config = Config().replace(
        architecture=architecture, preset="tiny", units=8, embedding_size=8, batch_size=8, epochs=8, minimum_steps=1,
        learning_rate=0.02, averaging=0.9, word_dropout=0.0, rare_word_dropout=0.0, embedding_dropout=0.0,
    )  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="sentiment-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return train(encode(Splits(*parts, [], info), config.tokenizer), config, folder / "films", Silence())
