"""An encoder: what a classifier starts from. It is the part of a language model, or the network of a saved run.

A language model's is one folder:

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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx

from sentiment.config import (
    OURS,
    SIZES_OF_ENCODER,
    Classes,
    Config,
    PretrainingConfig,
    TokenizerConfig,
    pretrained_preset,
)
from sentiment.data.fingerprints import save_fingerprints
from sentiment.errors import ConfigError, RunError
from sentiment.networks.onnx_files import read_onnx
from sentiment.networks.onnx_graph import weights_in
from sentiment.networks.onnx_head import head_of
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
    SavedRun,
    find_run,
    load_run,
    sha256,
    verify,
    write_manifest,
)
from sentiment.support.storage import new_folder
from sentiment.text.tokenizer import ReviewTokenizer

# Which classifiers can start from an encoder that reads so. The custom and the Keras LSTM compute the same function.
ARCHITECTURES_OF = {"lstm": (OURS, "lstm"), "gru": ("gru",), "bilstm": ("bilstm",)}


@dataclass(frozen=True)
class Head:
    """The last layer of a classifier."""

    kernel: np.ndarray  # float32[features, outputs]
    bias: np.ndarray  # float32[outputs]
    classes: Classes  # whose logits it gives
    pooling: tuple[str, ...]  # what its features are


@dataclass(frozen=True)
class Encoder:
    """A verified encoder on disk."""

    folder: Path
    config: PretrainingConfig
    metrics: dict[str, Any]
    weights: list[np.ndarray]  # float32: the embedding, then those of the recurrent layer
    run: SavedRun | None = None  # whose network it is; None of a language model
    head: Head | None = None  # of the run: a classifier of the same classes starts from it, too

    @property
    def identity(self) -> str:
        """SHA-256 of its weights."""
        return sha256(self.folder / (ONNX if self.run else ENCODER))

    @property
    def training_times(self) -> TrainingTimes:
        """Seconds of its training, and of that of what it was built from."""
        if self.run:
            return self.run.record.training_times
        seconds = training_time(self.folder.name, self.identity, self.metrics["train_seconds"])
        return self.metrics.get("built_from", {}) | seconds

    def tokenizer(self, config: TokenizerConfig) -> ReviewTokenizer:
        """The tokenizer of its vocabulary, with the lengths of a classifier's settings."""
        return ReviewTokenizer.load(self.folder / TOKENIZER, config)

    def sized(self, config: Config) -> Config:
        """The settings of a classifier that starts from it and has its sizes."""
        sizes = {name: getattr(self.config, name) for name in SIZES_OF_ENCODER}
        return config.replace(encoder=self.identity, **sizes)

    def for_classifier(self, config: Config) -> "Encoder":
        """The encoder with its last layer only if it is one for the classes and the pooling of a classifier."""
        head = self.head
        if head and head.pooling == config.model.pooling and same_logits(head.classes, config.classes):
            return self
        return dataclasses.replace(self, head=None)

    def absolute(self) -> "Encoder":
        """The encoder as a process with another working folder finds it, too."""
        return dataclasses.replace(self, folder=self.folder.absolute())

    def initialise(self, model: keras.Model) -> None:
        """Sets the embedding and the recurrent layer of a classifier, and the last layer where there is one.

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
            if self.head:
                model.get_layer("logit").set_weights([self.head.kernel, self.head.bias])
        except ValueError as error:
            raise ConfigError(f"expected a classifier of the sizes of {self.folder}; found: {error}") from None


def save_encoder(
    folder: Path,
    config: PretrainingConfig,
    tokenizer: ReviewTokenizer,
    weights: list[np.ndarray],
    metrics: dict[str, Any],
    learnt: np.ndarray,
    beside: Encoder | None = None,
) -> Encoder:
    """Writes an encoder, whole or not at all.

    Args:
        folder: becomes the encoder's.
        config: the settings of its pretraining.
        tokenizer: the vocabulary that the rows of the embedding stand for.
        weights: the embedding, then those of the recurrent layer.
        metrics: for `metrics.json`, see `sentiment.training.pretraining`.
        learnt: uint32[n], fingerprints of what it has read, see `sentiment.data.fingerprints`.
        beside: the forward encoder that it contains.

    Raises:
        StorageError: no room left, or no permission.
    """
    with new_folder(folder) as temporary:
        np.savez(temporary / ENCODER, *[array.astype(np.float16) for array in weights])
        tokenizer.save(temporary / TOKENIZER)
        save_fingerprints(temporary, learnt, [beside.folder] if beside else [])
        write_json(temporary / CONFIG, dataclasses.asdict(config))
        write_json(temporary / METRICS, metrics)
        (temporary / CARD).write_text(encoder_card(metrics), encoding="utf-8")
        write_manifest(temporary)
    return load_encoder(folder)


def same_logits(first: Classes, second: Classes) -> bool:
    """Whether the logits of a network of the first classes mean the same for the second.

    They do for the same classes, and for five stars and a network that tells five stars apart beneath its classes.
    """
    if first == second:
        return True
    stars = tuple(str(star) for star in range(1, sum(first.grades) + 1))
    return bool(first.grades) and second.is_graded and not second.grades and second.names == stars


def encoder_of(run: SavedRun) -> Encoder:
    """The network of a saved run as what a classifier starts from: its weights, as its ONNX file has them.

    Args:
        run: a verified run, also a shipped or adapted one.

    Raises:
        ConfigError: no encoder reads as a run of its architecture does.
        RunError: it has no ONNX file.
        ExportError: its ONNX file has other layers than those of `sentiment.networks.architectures`.
    """
    if not (run.folder / ONNX).is_file():
        command = f"sentiment export --run {run.folder}"
        raise RunError(f"expected {ONNX} in the run {run.folder}; found none; write it with: {command}")
    config = run.config
    reads = next((reads for reads, names in ARCHITECTURES_OF.items() if config.model.architecture in names), None)
    if reads is None:
        able = ", ".join(name for names in ARCHITECTURES_OF.values() for name in names)
        raise ConfigError(
            f"expected a run of one of the architectures {able} to start from; found {config.model.architecture} in "
            f"{run.folder}; start from another run"
        )
    model = onnx.load_model_from_string(read_onnx(run.folder / ONNX))
    weights, (kernel, bias) = weights_in(model), head_of(model)
    vocabulary_size = config.tokenizer.vocabulary_size
    pretraining = PretrainingConfig(
        reads=reads,
        vocabulary_size=vocabulary_size,
        units=config.model.units,
        embedding_size=config.model.embedding_size,
    )
    head = Head(kernel, bias, config.classes, config.model.pooling)
    return Encoder(run.folder, pretraining, {}, weights, run, head)


def load_start(models: Path, path: Path) -> Encoder:
    """What training starts from: the encoder in a folder, or the network of a run, by its folder or its name.

    Args:
        models: the folder of all datasets.
        path: of a folder, or the name of a run in `models`, such as `imdb/flagship`.

    Raises:
        RunError: there is neither.
        ConfigError: as for `encoder_of`, and ExportError.
    """
    if (path / CONFIG).is_file():
        return encoder_of(load_run(path)) if (path / ONNX).is_file() else load_encoder(path)
    if path.exists() or path.is_absolute():
        return load_encoder(path)  # says what is missing
    try:
        return encoder_of(find_run(models, path.as_posix()))
    except RunError as error:
        raise RunError(
            f"expected a folder with an encoder or a run, or the name of a run, to start from; found {path}: {error}"
        ) from None


def preset_from(encoders: Sequence[Encoder], labels: int) -> str:
    """The preset that fits what training starts from: encoders, or networks of runs, which have learnt labels before.

    Args:
        encoders: one at least.
        labels: how many there are to learn from.
    """
    if any(encoder.run for encoder in encoders):
        return "fine-tuned"
    return pretrained_preset(labels, max(encoder.config.units for encoder in encoders))


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
