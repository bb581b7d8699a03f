"""The network of a saved run learns reviews: a new last layer on its pooled features, or all of its weights."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto

from sentiment.config import OURS, Classes, Config
from sentiment.data.dataset import Examples, Splits
from sentiment.errors import RunError
from sentiment.inference.engines import OnnxEngine
from sentiment.metrics.certainty import Certainty, certainty
from sentiment.metrics.class_probabilities import probabilities_of
from sentiment.networks.onnx_files import read_onnx
from sentiment.networks.onnx_head import features_of, head_of, outputs_of, with_head
from sentiment.networks.onnx_storage import STORAGE, properties_of
from sentiment.runs.saved_run import ONNX, SavedRun
from sentiment.support.progress import TrainingProgress
from sentiment.teaching.linear_head import LinearModel, as_network

PRESET = "adapted"


class Features:
    """The pooled features of a saved run.

    Args:
        run: a verified run.
        threads: of ONNX Runtime; None: one per core.

    Raises:
        RunError: it has no ONNX file, or one without a layer of logits.
    """

    def __init__(self, run: SavedRun, threads: int | None = None) -> None:
        if not (run.folder / ONNX).is_file():
            command = f"sentiment export --run {run.folder}"
            raise RunError(f"expected {ONNX} in the run {run.folder}; found none; write it with: {command}")
        self.model = onnx.load_model_from_string(read_onnx(run.folder / ONNX))
        self.old_head = head_of(self.model)  # kernel float32[features, outputs] and bias float32[outputs]
        self._engine = OnnxEngine(features_of(self.model).SerializeToString(), threads)

    def __call__(self, token_ids: list[np.ndarray]) -> np.ndarray:
        """float32[n, features] of int32[time] of each review."""
        return self._engine.start(token_ids)().astype(np.float32)


@dataclass(frozen=True)
class Fitted:
    """A network that has learnt the reviews, before it is measured."""

    network: ModelProto
    config: Config
    on_validation: np.ndarray  # probabilities of the validation reviews, by fits without them
    compute: Callable[[list[np.ndarray]], np.ndarray]  # what it says of token ids, computed without ONNX Runtime
    temperature: float
    parameters: int
    certainty: Certainty | None  # None also where no reviews were left out of what the network learnt
    settings: dict[str, float] = field(default_factory=dict)
    epochs: int | None = None  # of fine-tuning; None: the last layer alone was fitted


def with_new_head(
    source: SavedRun, pooled: Features, head: LinearModel, splits: Splits, learnt: Examples, left_out: np.ndarray
) -> Fitted:
    """The network with another last layer.

    Args:
        source: whose network it is.
        pooled: its features.
        head: the last layer.
        splits: the reviews.
        learnt: those that the layer is fitted to.
        left_out: its probabilities of these by fits without them, float[n] of the second of two classes, or
            float[n, classes].
    """
    classes = splits.classes
    return Fitted(
        network=with_head(pooled.model, head.kernel, head.bias, classes, _properties(classes)),
        config=source.config.replace(preset=PRESET, classes=classes, **_default_split()),
        on_validation=left_out[len(splits.train) :],
        compute=lambda token_ids: probabilities_of(as_network(head.logits(pooled(token_ids)), classes), classes),
        temperature=head.temperature,
        parameters=source.record.parameters + head.size - sum(part.size for part in pooled.old_head),
        certainty=certainty(learnt.labels, left_out),
    )


def fine_tuned(
    source: SavedRun,
    last_layer: Fitted,
    head: LinearModel,
    features: np.ndarray,
    splits: Splits,
    learnt: Examples,
    report: TrainingProgress,
    notify: Callable[[str], object],
) -> Fitted:
    """The network after all of its weights were trained on; that with another last layer where this is better.

    Args:
        source: whose network it is.
        last_layer: of `with_new_head`.
        head: its last layer.
        features: float32[n, features] of the reviews to learn from.
        splits: the reviews.
        learnt: those to learn from.
        report: receives every step and epoch.
        notify: receives a line where fine-tuning does not help.

    Raises:
        ConfigError: the training diverged.
    """
    from sentiment.networks.onnx_graph import to_onnx  # these import Keras
    from sentiment.networks.scoring import probabilities
    from sentiment.support.threads import settle
    from sentiment.teaching.fine_tuning import Labelled, fine_tune, settings_for
    from sentiment.training.encoders import encoder_of

    settle(loops=source.config.model.architecture != OURS)
    tokenizer, encoder = source.tokenizer(), encoder_of(source)
    labelled = Labelled(
        tokenizer.token_ids(learnt.texts, whole=True), tokenizer.token_ids(learnt.texts), features, learnt.labels
    )
    config = settings_for(source, encoder, splits.classes).replace(**_default_split())
    tuned = fine_tune(encoder, labelled, len(splits.validation), head, config, report)
    if not tuned.epochs:
        what = "the run is as it was, but for a temperature" if tuned.keeps_head else "the last layer alone is new"
        notify(f"the validation reviews are predicted better without fine-tuning: {what}")
        if not tuned.keeps_head:
            return last_layer
    config, classes = config.replace(classes=tuned.classes), tuned.classes
    on_validation, known_certainty = last_layer.on_validation, None
    if tuned.validation_logits is not None:
        on_validation = probabilities_of(tuned.validation_logits, classes)
        known_certainty = certainty(splits.validation.labels, on_validation)
    properties = {**properties_of(last_layer.network), **_properties(classes), STORAGE: ""}
    return Fitted(
        network=to_onnx(tuned.model, properties, classes),
        config=config,
        on_validation=on_validation,
        compute=lambda token_ids: probabilities(tuned.model, token_ids, classes),
        temperature=tuned.temperature,
        parameters=tuned.model.count_params(),
        certainty=known_certainty,
        settings={
            "learning_rate": config.training.learning_rate,
            "keeps_last_layer": float(tuned.keeps_head),
            "validation_chose": float(tuned.validation_logits is not None),
        },
        epochs=tuned.epochs,
    )


def _properties(classes: Classes) -> dict[str, str]:
    """What the metadata of an ONNX file says of its classes."""
    return {"classes": json.dumps(classes.names, ensure_ascii=False), "output": outputs_of(classes)}


def _default_split() -> dict[str, Any]:
    """How `sentiment adapt` splits reviews: by default. Splits do not tell how they were made."""
    names = ("validation_fraction", "validation_limit", "test_fraction")
    return {name: getattr(Config().training, name) for name in names}
