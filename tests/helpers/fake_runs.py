"""Saved runs with records but without networks."""

import os
from pathlib import Path

from sentiment.config import Config
from sentiment.runs.record import METRICS, Kind, RunRecord
from sentiment.runs.saved_run import CONFIG, MODEL, ONNX, TOKENIZER, write_manifest


def fake_record(name: str = "run", accuracy: float = 0.5, log_loss: float = 0.7) -> RunRecord:
    """A record of a network with made-up figures."""
    figures = {
        "accuracy": accuracy, "log_loss": log_loss, "confusion": [[1, 1], [1, 1]],
        "recall": {"negative": 0.5, "positive": 0.5}, "predicted": {"negative": 0.5, "positive": 0.5}, "macro_f1": 0.5,
    }  # fmt: skip
    return RunRecord(name, Kind.NETWORK, "gru", 1, dataset={}, validation=figures, test=figures)


def save_fake(
    models: Path, dataset: str = "films", name: str = "gru-standard-seed1", log_loss: float = 0.3,
    trained: float | None = 1.0,
) -> Path:  # fmt: skip
    """The folder of a run that was trained at that time; None: of a shipped one, which has no Keras model."""
    folder = models / dataset / name
    folder.mkdir(parents=True)
    (folder / CONFIG).write_text(Config().to_json())
    (folder / METRICS).write_text(fake_record(name, log_loss=log_loss).to_json())
    (folder / TOKENIZER).write_text("{}")
    (folder / ONNX).write_bytes(b"network")
    if trained is not None:
        (folder / MODEL).write_bytes(b"network")
        os.utime(folder / MODEL, (trained, trained))
    write_manifest(folder)
    return folder
