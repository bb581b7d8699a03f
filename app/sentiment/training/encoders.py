"""An encoder: the part of a language model that a classifier starts from. One folder:

encoder.npz       float16 arrays: the embedding, then the weights of the recurrent layer in Keras' order, forward first
tokenizer.json    the vocabulary that its rows stand for
learnt.npy        fingerprints of the reviews it has read
config.json       the settings of its pretraining
metrics.json      its perplexity on held-out reviews, times, dataset, versions
README.md         the card
manifest.json     SHA-256 of each file above
"""

import dataclasses
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from sentiment.config import SIZES_OF_ENCODER, Config, PretrainingConfig, TokenizerConfig
from sentiment.data.fingerprints import save_learnt
from sentiment.errors import ConfigError, RunError
from sentiment.publishing.cards import encoder_card
from sentiment.runs.record import METRICS, TrainingTimes, training_time
from sentiment.runs.results import write_json
from sentiment.runs.saved_run import (
    CARD,
    CONFIG,
    ENCODER,
    MANIFEST,
    ONNX,
    TOKENIZER,
    sha256,
    verify,
    write_manifest,
)
from sentiment.support.storage import new_folder
from sentiment.text.tokenizer import ReviewTokenizer

# Which classifiers can start from an encoder that reads so. The custom and the Keras LSTM compute the same function.
ARCHITECTURES_OF = {"lstm": ("custom-lstm", "lstm"), "gru": ("gru",), "bilstm": ("bilstm",)}


@dataclass(frozen=True)
class Encoder:
    """A verified encoder on disk."""

    folder: Path
    config: PretrainingConfig
    metrics: dict[str, Any]
    weights: list[np.ndarray]  # float32: the embedding, then those of the recurrent layer

    @property
    def identity(self) -> str:
        """SHA-256 of its weights."""
        return sha256(self.folder / ENCODER)

    @property
    def training_times(self) -> TrainingTimes:
        """Seconds of its training, and of that of the forward encoder that it contains."""
        seconds = training_time(self.folder.name, self.identity, self.metrics["train_seconds"])
        return self.metrics.get("built_from", {}) | seconds

    def tokenizer(self, config: TokenizerConfig) -> ReviewTokenizer:
        """The tokenizer of its vocabulary, with the lengths of a classifier's settings."""
        return ReviewTokenizer.load(self.folder / TOKENIZER, config)

    def sized(self, config: Config) -> Config:
        """The settings of a classifier that starts from it and has its sizes."""
        sizes = {name: getattr(self.config, name) for name in SIZES_OF_ENCODER}
        return config.replace(encoder=self.identity, **sizes)

    def initialise(self, model: keras.Model) -> None:
        """Sets the embedding and the recurrent layer of a classifier.

        Raises:
            ConfigError: the classifier has another kind of recurrent layer, or other sizes.
        """
        suitable = ARCHITECTURES_OF[self.config.reads]
        if model.name.replace("_", "-") not in suitable:
            raise ConfigError(
                f"expected one of the architectures {', '.join(suitable)} to start from {self.folder}; "
                f"found {model.name.replace('_', '-')}"
            )
        embedding, *recurrent = self.weights
        try:
            model.get_layer("embedding").set_weights([embedding])
            model.get_layer("recurrent").set_weights(recurrent)
        except ValueError as error:
            raise ConfigError(f"expected a classifier of the sizes of {self.folder}; found: {error}") from None


def save_encoder(
    folder: Path,
    config: PretrainingConfig,
    tokenizer: ReviewTokenizer,
    weights: list[np.ndarray],
    metrics: dict[str, Any],
    texts: Iterable[str],
    beside: Encoder | None = None,
) -> Encoder:
    """Writes an encoder, whole or not at all.

    Args:
        folder: becomes the encoder's.
        config: the settings of its pretraining.
        tokenizer: the vocabulary that the rows of the embedding stand for.
        weights: the embedding, then those of the recurrent layer.
        metrics: for `metrics.json`, see `sentiment.training.pretraining`.
        texts: what it has read.
        beside: the forward encoder that it contains.

    Raises:
        StorageError: no room left, or no permission.
    """
    with new_folder(folder) as temporary:
        np.savez(temporary / ENCODER, *[array.astype(np.float16) for array in weights])
        tokenizer.save(temporary / TOKENIZER)
        save_learnt(temporary, texts, [beside.folder] if beside else [])
        write_json(temporary / CONFIG, dataclasses.asdict(config))
        write_json(temporary / METRICS, metrics)
        (temporary / CARD).write_text(encoder_card(metrics), encoding="utf-8")
        write_manifest(temporary)
    return load_encoder(folder)


def load_encoder(folder: Path) -> Encoder:
    """The encoder in a folder, verified.

    Raises:
        RunError: it is missing, incomplete, changed since it was saved, or cannot be read by this release.
    """
    folder = folder.resolve()  # `.` has no name
    if not (folder / MANIFEST).is_file():
        raise RunError(f"expected a pretrained encoder at {folder}; found none; train one with: sentiment pretrain")
    if (folder / ONNX).is_file():
        raise RunError(
            f"expected a pretrained encoder at {folder}; found a saved run, which is none; train one with: sentiment "
            "pretrain"
        )
    verify(folder)
    try:
        config = PretrainingConfig.from_values(json.loads((folder / CONFIG).read_text(encoding="utf-8")))
        metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
        with np.load(folder / ENCODER, allow_pickle=False) as arrays:
            weights = [arrays[f"arr_{i}"].astype(np.float32) for i in range(len(arrays.files))]
    except (ConfigError, OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(f"expected a pretrained encoder at {folder}; found: {error}; train it again") from None
    return Encoder(folder, config, metrics, weights)
