"""Very small networks with random weights, as saved runs."""

from pathlib import Path

import keras
import numpy as np

from helpers.fake_runs import fake_record
from sentiment.config import Classes, Config
from sentiment.networks.architectures import build
from sentiment.networks.onnx_graph import to_onnx
from sentiment.runs.record import METRICS
from sentiment.runs.saved_run import CONFIG, ONNX, TOKENIZER, write_manifest
from sentiment.text.tokenizer import ReviewTokenizer

GRADES = Classes(("1", "2", "3", "4", "5"), ordered=True)
STARS = Classes(("poor", "fair", "fine"), ordered=True, grades=(2, 1, 2))  # the network has five grades
TOPICS = Classes(("food", "price", "staff"))
WORDS = "it was a good bad not film don't naïve i̇stanbul , . & ❤ 7"


def save_run(folder: Path, model: keras.Model, config: Config) -> Path:
    """Saves what the explanation of a prediction reads."""
    folder.mkdir(parents=True)
    ReviewTokenizer.fit([WORDS], config.tokenizer).save(folder / TOKENIZER)
    (folder / CONFIG).write_text(config.to_json(), encoding="utf-8")
    (folder / METRICS).write_text(fake_record(folder.name).to_json(), encoding="utf-8")
    metadata = {"pooling": "+".join(config.model.pooling)}
    (folder / ONNX).write_bytes(to_onnx(model, metadata, config.classes).SerializeToString())
    write_manifest(folder)
    return folder


def network(config: Config, seed: int = 3) -> keras.Model:
    """A network with random weights, large enough that every word moves the verdict; biases included."""
    vocabulary = ReviewTokenizer.fit([WORDS], config.tokenizer).vocabulary_size
    model = build(config.model, vocabulary, seed, config.classes)
    random = np.random.default_rng(seed)
    model.set_weights([random.normal(0, 0.6, array.shape).astype(array.dtype) for array in model.get_weights()])
    return model
