"""Saved runs with all that can be judged without a network, made in no time."""

import json
import os
from pathlib import Path

from sentiment.config import Config
from sentiment.runs.saved_run import CONFIG, METRICS, MODEL, ONNX, TOKENIZER, write_manifest


def save_fake(
    models: Path, dataset: str = "films", name: str = "gru-standard-seed1", log_loss: float = 0.3,
    trained: float | None = 1.0,
) -> Path:  # fmt: skip
    """The folder of a run that was trained at that time; None: of a shipped one, which has no Keras model."""
    folder = models / dataset / name
    folder.mkdir(parents=True)
    (folder / CONFIG).write_text(Config().to_json())
    (folder / METRICS).write_text(json.dumps({"validation": {"log_loss": log_loss}}))
    (folder / TOKENIZER).write_text("{}")
    (folder / ONNX).write_bytes(b"network")
    if trained is not None:
        (folder / MODEL).write_bytes(b"network")
        os.utime(folder / MODEL, (trained, trained))
    write_manifest(folder)
    return folder
