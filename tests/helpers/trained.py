"""Small networks and reviews that many tests share."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pandas as pd

from sentiment.config import POLARITY, Classes, Config
from sentiment.data.splits import DatasetInfo, Examples, Splits
from sentiment.runs.saved_run import SavedRun, load_run
from sentiment.support.progress import Silence
from sentiment.training.classifier import train
from sentiment.training.encoding import encode

THREE = Classes(("negative", "neutral", "positive"), ordered=True)
TOPICS = Classes(("acting", "music", "plot"))
_WORDS = {
    "negative": "bad",
    "neutral": "fair",
    "positive": "good",
    "acting": "actors",
    "music": "songs",
    "plot": "twists",
}
FILLERS = ["film", "plot", "cast", "music", "scene", "story"]


def spread_out(model: keras.Model) -> keras.Model:
    """Sets larger random weights, so that padding that leaks or swapped gates change the output visibly."""
    random = np.random.default_rng(1)
    model.set_weights([random.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
    return model


def good_and_bad(n: int, classes: Classes = POLARITY) -> Examples:
    """Texts whose label is whether they contain "good" or "bad", or the word of another class."""
    random = np.random.default_rng(0)
    labels = (np.arange(n) % len(classes)).astype(np.int8)
    words = [_WORDS[name] for name in classes.names]
    texts = [f"a {words[label]} {' '.join(random.choice(FILLERS, 6))} {i}" for i, label in enumerate(labels)]
    return Examples(texts, labels)


def three_splits(classes: Classes = POLARITY) -> Splits:
    """Texts of `good_and_bad`: 80 to learn from, 20 to choose the epoch by, 20 to test with."""
    examples = good_and_bad(120, classes)
    parts = [Examples(examples.texts[a:b], examples.labels[a:b]) for a, b in ((0, 80), (80, 100), (100, 120))]
    counts = {"train": 80, "validation": 20, "test": 20, "unlabelled": 0}
    info = DatasetInfo("films", "films.csv", 120, "0" * 64, **counts, duplicates_removed=0, test_overlap_removed=0,
                       unlabelled_overlap_removed=0, classes=classes)  # fmt: skip
    return Splits(*parts, [], info)


def labelled_reviews(n: int) -> pd.DataFrame:
    """Texts of `good_and_bad` in a column `review`, and their labels as words in a column `sentiment`."""
    examples = good_and_bad(n)
    return pd.DataFrame({"review": examples.texts, "sentiment": np.where(examples.labels == 1, "positive", "negative")})


def train_tiny(models: Path, architecture: str = "custom-lstm", classes: Classes = POLARITY) -> SavedRun:
    """A copy in `models / "films"` of a small run that was trained on texts of `good_and_bad`."""
    trained = _trained(architecture, classes)
    return load_run(shutil.copytree(trained.folder, models / "films" / trained.name))


@cache
def _trained(architecture: str, classes: Classes) -> SavedRun:
    """Trained once in a process, for all tests that need one."""
    config = Config().replace(
        architecture=architecture, classes=classes, preset="tiny", units=8, embedding_size=8, batch_size=8,
        epochs=8 if classes.is_binary else 24, minimum_steps=1, learning_rate=0.02, averaging=0.9, word_dropout=0.0,
        rare_word_dropout=0.0, embedding_dropout=0.0,
    )  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="sentiment-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return train(encode(three_splits(classes), config.tokenizer), config, folder / "films", Silence())
