"""Naive Bayes on the words as a saved run: it learns in milliseconds, and is read like a network."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from helpers.fake_runs import fake_record
from sentiment.config import Config
from sentiment.data.dataset import Splits
from sentiment.runs.record import METRICS
from sentiment.runs.saved_run import CONFIG, ONNX, TOKENIZER, SavedRun, load_run, write_manifest
from sentiment.text.tokenizer import PADDING_ID, ReviewTokenizer


def learnt_counts(splits: Splits, config: Config, folder: Path) -> SavedRun:
    """Fits naive Bayes to the words of the training split, and writes it as a run with an ONNX file."""
    tokenizer = ReviewTokenizer.fit(splits.train.texts, config.tokenizer)
    counts = np.full((tokenizer.vocabulary_size, len(splits.classes)), 0.1, np.float32)
    for label, token_ids in zip(splits.train.labels, tokenizer.token_ids(splits.train.texts), strict=True):
        np.add.at(counts[:, label], token_ids, 1.0)
    weights = np.log(counts / counts.sum(axis=0))
    bias = np.log(np.bincount(splits.train.labels, minlength=len(splits.classes)) / len(splits.train))
    if splits.classes.is_binary:  # one logit
        weights, bias = weights[:, 1:] - weights[:, :1], bias[1:] - bias[:1]
    weights[PADDING_ID] = 0
    folder.mkdir(parents=True)
    tokenizer.save(folder / TOKENIZER)
    (folder / CONFIG).write_text(config.replace(classes=splits.classes).to_json(), encoding="utf-8")
    (folder / METRICS).write_text(fake_record(folder.name).to_json(), encoding="utf-8")
    (folder / ONNX).write_bytes(_graph(weights, bias.astype(np.float32)))
    write_manifest(folder)
    return load_run(folder)


def _graph(weights: np.ndarray, bias: np.ndarray) -> bytes:
    """From int32[batch, time] to the probability of the second of two classes, or of each of several."""
    binary = weights.shape[1] == 1
    nodes = [
        helper.make_node("Gather", ["weights", "token_ids"], ["each"]),
        helper.make_node("ReduceSum", ["each", "time"], ["sum"], keepdims=0),
        helper.make_node("Add", ["sum", "bias"], ["logits"]),
        helper.make_node("Sigmoid" if binary else "Softmax", ["logits"], ["shares"]),
        helper.make_node("Squeeze", ["shares", "time"], ["probability"])
        if binary
        else helper.make_node("Identity", ["shares"], ["probability"]),
    ]
    constants = {"weights": weights, "bias": bias, "time": np.array([1])}
    graph = helper.make_graph(
        nodes, "counts",
        [helper.make_tensor_value_info("token_ids", TensorProto.INT32, ["batch", "time"])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    return model.SerializeToString()
