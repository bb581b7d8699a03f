"""A saved run in the formats that others run: ONNX in float32 and int8, and a TensorFlow SavedModel.

    model.onnx         always; computes what Keras computes, in float32
    model.int8.onnx    LSTM weights in int8, quantised as it runs (ONNX Runtime has no int8 GRU); kept only where it
                       loses 0.2 points of accuracy at most on the validation reviews, and 2 points of the recall of a
                       class
    export.json        how far each is from Keras on the validation reviews
    savedmodel/1/      on demand: the layout that TensorFlow Serving expects

A run that was trained before it could be exported gets its files by `export_run`.
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

from sentiment.config import Config
from sentiment.errors import ConfigError, ExportError
from sentiment.inference.engines import OnnxEngine
from sentiment.layers import portable
from sentiment.metrics.class_balance import CLASSES, by_class
from sentiment.metrics.measures import measure
from sentiment.networks.onnx_graph import INPUT, OUTPUT, to_onnx
from sentiment.networks.scoring import probabilities
from sentiment.runs.results import write_json
from sentiment.runs.saved_run import EXPORT, ONNX, ONNX_INT8, SAVEDMODEL, SavedRun, load_run, write_manifest
from sentiment.support.storage import new_folder
from sentiment.text.tokenizer import PADDING_ID, UNKNOWN_ID

FORMATS = ("onnx", "savedmodel")
ACCURACY_LOSS = 0.002  # share of the validation reviews by which int8 may be worse and is still kept
RECALL_LOSS = 0.02  # share of the reviews of a class; where one class is rare, accuracy does not notice what it loses
_ROUNDING = 1e-9  # of differences of shares: a loss of exactly the limit is allowed
_SAME = 1e-4  # probabilities further than this from Keras' mean a mistake in the export, not rounding


@dataclass(frozen=True)
class Judged:
    """Validation reviews and what Keras says of them."""

    token_ids: Sequence[np.ndarray]  # int32[time] for each review
    labels: np.ndarray  # int8[n]
    probabilities: np.ndarray  # float64[n], of positive


def export_onnx(model: keras.Model, config: Config, folder: Path, judged: Judged | None) -> dict[str, Any]:
    """Writes `model.onnx`, `export.json` and, where it is nearly as accurate, `model.int8.onnx`.

    Args:
        model: from `int32[batch, time]` to the logit `float32[batch, 1]`.
        config: the settings it was trained with; they become metadata of the files.
        folder: where to write; its manifest is not written here.
        judged: the validation reviews; without them int8 cannot be judged: what an earlier export wrote stays, and
            nothing new is written.

    Returns:
        What `export.json` says.

    Raises:
        ExportError: the network has something in it that the format does not have, or ONNX Runtime computes other
            probabilities than Keras.
    """
    exported = to_onnx(model, _metadata(model, config))
    (folder / ONNX).write_bytes(exported.SerializeToString())
    figures: dict[str, Any] = {"onnx": {"bytes": (folder / ONNX).stat().st_size}}
    if judged is not None:
        scored = OnnxEngine(folder / ONNX).start(judged.token_ids)()
        figures["onnx"] |= _compared(scored, judged)
        difference = figures["onnx"]["largest_probability_difference"]
        if config.model.dtype == "float32" and difference > _SAME:
            raise ExportError(
                f"expected {ONNX} to give the probabilities that Keras gives, to {_SAME}; found a difference of "
                f"{difference:.2g}; please report this with the versions in metrics.json"
            )
    figures["int8"] = _export_int8(exported, folder, judged)
    write_json(folder / EXPORT, figures)
    return figures


def export_run(run: SavedRun, format_name: str, judged: Judged | None = None) -> SavedRun:
    """The same run with its network in one more format; the run is replaced as a whole.

    Args:
        run: a verified run.
        format_name: "onnx" or "savedmodel".
        judged: for ONNX, as in `export_onnx`.

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
            export_onnx(model, run.config, folder, judged)
        else:
            _export_savedmodel(model, folder / SAVEDMODEL / "1")
        write_manifest(folder)
    return load_run(run.folder)


def quantise(exported: ModelProto, target: Path) -> None:
    """Writes the network with the weights of its LSTM layers in int8; what they are multiplied with is quantised as it
    runs.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    copy = ModelProto.FromString(exported.SerializeToString())
    properties = {prop.key: prop.value for prop in copy.metadata_props}
    # The last one says that shapes are inferred and nothing is left to fold, which else is asked for in a warning.
    ready = {**properties, "dtype": "int8", "onnx.quant.pre_process": "onnxruntime.quant"}
    helper.set_model_props(copy, ready)
    quantize_dynamic(copy, target, op_types_to_quantize=["LSTM"], weight_type=QuantType.QInt8)


def judge(run: SavedRun, texts: Sequence[str], labels: np.ndarray) -> Judged:
    """What a run says of validation reviews, computed by Keras.

    Args:
        run: a verified run.
        texts: cleaned reviews.
        labels: int8[n].
    """
    token_ids = run.tokenizer().token_ids(texts)
    return Judged(token_ids, labels, probabilities(run.model(), token_ids))


def _metadata(model: keras.Model, config: Config) -> dict[str, str]:
    """What somebody who has the file alone needs in order to use it."""
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
        "output": f"{OUTPUT}: float32[batch], of positive",
        "dtype": "float32",
    }


def _export_int8(exported: ModelProto, folder: Path, judged: Judged | None) -> dict[str, Any]:
    target = folder / ONNX_INT8
    if judged is None and target.is_file() and (folder / EXPORT).is_file():
        return json.loads((folder / EXPORT).read_text(encoding="utf-8"))["int8"]
    target.unlink(missing_ok=True)
    if not any(node.op_type == "LSTM" for node in exported.graph.node):
        return {"kept": False, "reason": "ONNX Runtime quantises LSTM layers; this network has none"}
    if judged is None:
        return {"kept": False, "reason": "the reviews of the run were not there to measure what it costs"}
    quantise(exported, target)
    figures = {"bytes": target.stat().st_size, **_compared(OnnxEngine(target).start(judged.token_ids)(), judged)}
    if cost := too_much(figures["accuracy_loss"], figures["recall_loss"], "validation"):
        target.unlink()
        return {"kept": False, "reason": str(cost), **figures}
    return {"kept": True, **figures}


class TooMuch(NamedTuple):
    """What smaller weights cost, where it is more than they may."""

    what: str
    loss: float
    limit: float

    def __str__(self) -> str:
        return f"{self.what} falls by {self.loss:.2%}, more than {self.limit:.1%}"


def too_much(accuracy_loss: float, recall_losses: Mapping[str, float], reviews: str) -> TooMuch | None:
    """Whether smaller weights cost more accuracy than they may, or more of the reviews of one class.

    Args:
        accuracy_loss: share of all reviews by which fewer are classified correctly.
        recall_losses: the same by class, a share of its reviews, see `recall_loss`.
        reviews: what they are called, "validation" or "test".
    """
    if accuracy_loss > ACCURACY_LOSS + _ROUNDING:
        return TooMuch(f"{reviews} accuracy", accuracy_loss, ACCURACY_LOSS)
    for label, loss in recall_losses.items():
        if loss > RECALL_LOSS + _ROUNDING:
            return TooMuch(f"recall of {label} {reviews} reviews", loss, RECALL_LOSS)
    return None


def recall_loss(before: dict[str, Any], after: dict[str, Any]) -> dict[str, float]:
    """By class, how much of its recall is lost from one measurement to another; a class without reviews is left out.

    Args:
        before: what `sentiment.metrics.measures.measure` gives, or at least its `confusion`.
        after: the same on the same reviews.
    """
    first, second = by_class(before["confusion"]), by_class(after["confusion"])
    losses = {}
    for label in CLASSES:
        a, b = first[f"recall_{label}"], second[f"recall_{label}"]
        if a is not None and b is not None:
            losses[label] = a - b
    return losses


def _compared(scored: np.ndarray, judged: Judged) -> dict[str, Any]:
    difference = np.abs(scored - judged.probabilities)
    before, after = measure(judged.labels, judged.probabilities), measure(judged.labels, scored)
    return {
        "validation_reviews": len(scored),
        "accuracy": after["accuracy"],
        "accuracy_loss": before["accuracy"] - after["accuracy"],
        "recall_loss": recall_loss(before, after),
        "largest_probability_difference": float(difference.max()),
        "mean_probability_difference": float(difference.mean()),
    }


def _export_savedmodel(model: keras.Model, folder: Path) -> None:
    """A SavedModel whose only signature takes `token_ids` int32[batch, time] and gives `probability` float32[batch]."""
    import tensorflow as tf

    if keras.backend.backend() != "tensorflow":
        raise ExportError(
            f"expected Keras on TensorFlow to write a SavedModel; found {keras.backend.backend()}; "
            "set KERAS_BACKEND=tensorflow"
        )

    def serve(token_ids: tf.Tensor) -> dict[str, tf.Tensor]:
        return {OUTPUT: tf.sigmoid(model(token_ids, training=False)[:, 0])}

    shutil.rmtree(folder, ignore_errors=True)  # of an earlier export
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", serve, input_signature=[tf.TensorSpec((None, None), tf.int32, name=INPUT)])
    with portable():  # it is traced here, for a process that has none of our Python
        archive.write_out(str(folder), verbose=False)
