"""Exports a saved run: ONNX in float32 and int8, and a TensorFlow SavedModel.

model.onnx         always; computes what Keras computes, in float32
model.int8.onnx    LSTM weights in int8, activations quantised while it runs; ONNX Runtime has no int8 GRU. Kept
                   only if it loses at most 0.2 points of validation accuracy and 2 points of recall of a class
export.json        how far both are from Keras on the validation reviews
savedmodel/1/      on demand, in the layout of TensorFlow Serving
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from onnx import ModelProto, helper

from sentiment.config import Classes, Config
from sentiment.errors import ConfigError, ExportError
from sentiment.inference import OnnxEngine
from sentiment.layers import portable
from sentiment.metrics.measures import Figures, measure
from sentiment.networks.heads import by_class, class_probabilities
from sentiment.networks.onnx_graph import to_onnx
from sentiment.networks.onnx_head import INPUT, OUTPUT, OUTPUT_OF_SEVERAL, STARS, outputs_of
from sentiment.networks.scoring import probabilities
from sentiment.runs.results import write_json
from sentiment.runs.saved_run import EXPORT, ONNX, ONNX_INT8, SAVEDMODEL, SavedRun, load_run, write_manifest
from sentiment.support.storage import new_folder
from sentiment.text.tokenizer import PADDING_ID, UNKNOWN_ID

FORMATS = ("onnx", "savedmodel")
MAX_ACCURACY_LOSS = 0.002  # fraction of all reviews
MAX_RECALL_LOSS = 0.02  # fraction of the reviews of a class: accuracy hides what a rare class loses
_ROUNDING = 1e-9  # a loss of exactly the maximum is allowed
_TOLERANCE = 1e-4  # a larger difference from Keras' probabilities is an error in the export


@dataclass(frozen=True)
class Reference:
    """Validation reviews and the probabilities that Keras computes for them."""

    token_ids: Sequence[np.ndarray]  # int32[time] for each review
    labels: np.ndarray  # int8[n]
    probabilities: np.ndarray  # float64[n] of the second of two classes, or float64[n, classes]


def reference_predictions(run: SavedRun, texts: Sequence[str], labels: np.ndarray) -> Reference:
    """The predictions of Keras for validation reviews.

    Args:
        run: a verified run.
        texts: cleaned reviews.
        labels: int8[n].
    """
    token_ids = run.tokenizer().token_ids(texts)
    return Reference(token_ids, labels, probabilities(run.model(), token_ids, run.config.classes))


def export_onnx(model: keras.Model, config: Config, folder: Path, reference: Reference | None) -> dict[str, Any]:
    """Writes `model.onnx`, `export.json` and, if it is accurate enough, `model.int8.onnx`; not the manifest.

    Args:
        model: from `int32[batch, time]` to logits `float32[batch, outputs]`.
        config: of its training; some settings become metadata of the files.
        folder: where to write.
        reference: without it, int8 cannot be measured: an int8 file that is there stays, and none is written.

    Returns:
        The content of `export.json`.

    Raises:
        ExportError: the network contains something that ONNX lacks, or ONNX Runtime computes other probabilities than
            Keras.
    """
    exported = to_onnx(model, _metadata(model, config), config.classes)
    (folder / ONNX).write_bytes(exported.SerializeToString())
    figures: dict[str, Any] = {"onnx": {"bytes": (folder / ONNX).stat().st_size}}
    if reference is not None:
        figures["onnx"] |= _comparison(folder / ONNX, reference, config.classes)
        difference = figures["onnx"]["largest_probability_difference"]
        if config.model.dtype == "float32" and difference > _TOLERANCE:
            raise ExportError(
                f"expected {ONNX} to give the probabilities that Keras gives, to {_TOLERANCE}; found a difference of "
                f"{difference:.2g}; please report this with the versions in metrics.json"
            )
    figures["int8"] = _export_int8(exported, folder, reference, config.classes)
    write_json(folder / EXPORT, figures)
    return figures


def export_run(run: SavedRun, format_name: str, reference: Reference | None = None) -> SavedRun:
    """The same run with its network in one more format; the folder is replaced as a whole.

    Args:
        run: a verified run.
        format_name: "onnx" or "savedmodel".
        reference: for ONNX, as in `export_onnx`.

    Raises:
        ConfigError: there is no such format.
        ExportError: the network cannot be exported.
        RunError: this version of Keras cannot read the run.
        StorageError: the disk is full or cannot be written.
    """
    if format_name not in FORMATS:
        raise ConfigError(f"expected a format, one of {', '.join(FORMATS)}; found {format_name!r}")
    model = run.model()
    with new_folder(run.folder) as folder:
        shutil.copytree(run.folder, folder, dirs_exist_ok=True)
        if format_name == "onnx":
            export_onnx(model, run.config, folder, reference)
        else:
            _export_savedmodel(model, folder / SAVEDMODEL / "1", run.config.classes)
        write_manifest(folder)
    return load_run(run.folder)


def quantise(exported: ModelProto, target: Path) -> None:
    """Writes the network with the weights of its LSTM layers in int8; activations are quantised while it runs."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    copy = ModelProto.FromString(exported.SerializeToString())
    properties = {prop.key: prop.value for prop in copy.metadata_props}
    # The last property says that the model was preprocessed: without it, a warning asks for that.
    helper.set_model_props(copy, {**properties, "dtype": "int8", "onnx.quant.pre_process": "onnxruntime.quant"})
    quantize_dynamic(copy, target, op_types_to_quantize=["LSTM"], weight_type=QuantType.QInt8)


class ExcessLoss(NamedTuple):
    """A loss of smaller weights above its maximum."""

    what: str
    loss: float
    maximum: float

    def __str__(self) -> str:
        return f"{self.what} falls by {self.loss:.2%}, more than {self.maximum:.1%}"


def excess_loss(accuracy_loss: float, recall_losses: Mapping[str, float], reviews: str) -> ExcessLoss | None:
    """The first loss of smaller weights that is above its maximum; None if all are within.

    Args:
        accuracy_loss: fraction of all reviews.
        recall_losses: by class, see `recall_loss`.
        reviews: their name in the message, "validation" or "test".
    """
    losses = [(f"{reviews} accuracy", accuracy_loss, MAX_ACCURACY_LOSS)]
    losses += [(f"recall of {label} {reviews} reviews", loss, MAX_RECALL_LOSS) for label, loss in recall_losses.items()]
    return next((ExcessLoss(*loss) for loss in losses if loss[1] > loss[2] + _ROUNDING), None)


def recall_loss(before: Figures, after: Figures) -> dict[str, float]:
    """By class, the fraction of recall lost between two measurements on the same reviews; without empty classes."""
    losses = {}
    for name, first in before["recall"].items():
        if first is not None and (second := after["recall"][name]) is not None:
            losses[name] = first - second
    return losses


def _metadata(model: keras.Model, config: Config) -> dict[str, str]:
    """What a user of the ONNX file alone needs."""
    classes = config.classes
    return {
        "run": config.name,
        "architecture": config.model.architecture,
        "units": str(config.model.units),
        "embedding_size": str(config.model.embedding_size),
        "pooling": "+".join(config.model.pooling),
        "vocabulary_size": str(model.get_layer("embedding").input_dim),
        "max_length": str(config.tokenizer.max_length),
        "head_fraction": str(config.tokenizer.head_fraction),
        "padding_id": str(PADDING_ID),
        "unknown_id": str(UNKNOWN_ID),
        "tokenizer": "tokenizer.json",
        "input": f"{INPUT}: int32[batch, time], padded on the right, at least one token in each row",
        "output": outputs_of(classes),
        "classes": json.dumps(classes.names, ensure_ascii=False),
        "dtype": "float32",
    }


def _export_int8(exported: ModelProto, folder: Path, reference: Reference | None, classes: Classes) -> dict[str, Any]:
    target = folder / ONNX_INT8
    if reference is None and target.is_file() and (folder / EXPORT).is_file():
        return json.loads((folder / EXPORT).read_text(encoding="utf-8"))["int8"]
    target.unlink(missing_ok=True)
    if not any(node.op_type == "LSTM" for node in exported.graph.node):
        return {"kept": False, "reason": "ONNX Runtime quantises LSTM layers; this network has none"}
    if reference is None:
        return {"kept": False, "reason": "the reviews of the run were not there to measure its loss"}
    quantise(exported, target)
    figures = {"bytes": target.stat().st_size, **_comparison(target, reference, classes)}
    if excess := excess_loss(figures["accuracy_loss"], figures["recall_loss"], "validation"):
        target.unlink()
        return {"kept": False, "reason": str(excess), **figures}
    return {"kept": True, **figures}


def _comparison(path: Path, reference: Reference, classes: Classes) -> dict[str, Any]:
    scored = OnnxEngine(path).start(reference.token_ids)()
    difference = np.abs(scored - reference.probabilities)
    before, after = (measure(reference.labels, values, classes) for values in (reference.probabilities, scored))
    return {
        "validation_reviews": len(scored),
        "accuracy": after["accuracy"],
        "accuracy_loss": before["accuracy"] - after["accuracy"],
        "recall_loss": recall_loss(before, after),
        "largest_probability_difference": float(difference.max()),
        "mean_probability_difference": float(difference.mean()),
    }


def _export_savedmodel(model: keras.Model, folder: Path, classes: Classes) -> None:
    """A SavedModel with one signature; its input and its output are named and shaped as those of the ONNX file."""
    import tensorflow as tf

    if keras.backend.backend() != "tensorflow":
        raise ExportError(
            f"expected Keras on TensorFlow to write a SavedModel; found {keras.backend.backend()}; "
            "set KERAS_BACKEND=tensorflow"
        )

    def serve(token_ids: tf.Tensor) -> dict[str, tf.Tensor]:
        computed = class_probabilities(model(token_ids, training=False), classes)
        if classes.is_binary:
            return {OUTPUT: computed[:, 0]}
        if not classes.grades:
            return {OUTPUT_OF_SEVERAL: computed}
        values = tf.range(1.0, sum(classes.grades) + 1)
        return {OUTPUT_OF_SEVERAL: by_class(computed, classes), STARS: tf.linalg.matvec(computed, values)}

    shutil.rmtree(folder, ignore_errors=True)  # an earlier export
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", serve, input_signature=[tf.TensorSpec((None, None), tf.int32, name=INPUT)])
    with portable():  # traced without our Python operations, which TensorFlow Serving does not have
        archive.write_out(str(folder), verbose=False)
