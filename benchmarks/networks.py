"""Saved runs with fresh weights, to be timed.

python -m benchmarks.networks '{"folder": "...", "tokenizer": "...", "networks": [{...}]}'

It is a process of its own, so that whoever measures afterwards has no TensorFlow in memory.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.talking import environment
from benchmarks.ways import Network
from sentiment.config import Config
from sentiment.errors import BenchmarkError
from sentiment.runs.record import METRICS, Kind, RunRecord
from sentiment.runs.saved_run import CONFIG, MODEL, ONNX, ONNX_INT8, TOKENIZER, write_manifest
from sentiment.support.storage import new_folder
from sentiment.text.tokenizer import ReviewTokenizer

DATASET = "fresh"


def config_of(network: Network) -> Config:
    """The settings of a network's run."""
    name = network.name.replace(" ", "-")
    return Config().replace(preset=name, units=network.units, embedding_size=network.embedding_size)


def make_runs(models: Path, tokenizer: Path, networks: Sequence[Network]) -> dict[Network, Path]:
    """Writes a run for each network.

    Args:
        models: where the folder of their dataset goes.
        tokenizer: a fitted one, as it was saved.
        networks: their sizes.

    Returns:
        Their folders.

    Raises:
        BenchmarkError: one could not be made.
    """
    given = {"folder": str(models / DATASET), "tokenizer": str(tokenizer), "networks": [*map(asdict, networks)]}
    command = [sys.executable, "-m", "benchmarks.networks", json.dumps(given)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    if done.returncode:
        word = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise BenchmarkError(f"expected networks with fresh weights to be made; found: {word[:300]}")
    return {network: models / DATASET / config_of(network).name for network in networks}


def _make_run(target: Path, tokenizer: Path, config: Config) -> None:
    import onnx

    from sentiment.networks.architectures import build
    from sentiment.networks.onnx_files import read_onnx
    from sentiment.publishing.export import export_onnx, quantise

    fitted = ReviewTokenizer.load(tokenizer, config.tokenizer)
    model = build(config.model, fitted.vocabulary_size, config.seed)
    _spread(model)
    with new_folder(target) as folder:
        model.save(folder / MODEL)
        shutil.copyfile(tokenizer, folder / TOKENIZER)
        (folder / CONFIG).write_text(config.to_json() + "\n", encoding="utf-8")
        figures = {"accuracy": 0.5, "log_loss": 0.7}
        record = RunRecord(
            name=config.name,
            kind=Kind.NETWORK,
            architecture=config.model.architecture,
            parameters=model.count_params(),
            dataset={},
            validation=figures,
            test=figures,
        )
        (folder / METRICS).write_text(record.to_json(), encoding="utf-8")
        export_onnx(model, config, folder, None)
        network = onnx.load_model_from_string(read_onnx(folder / ONNX))
        quantise(network, folder / ONNX_INT8)  # whatever it costs: nothing was learnt
        write_manifest(folder)


def _spread(model: Any) -> None:
    """Embeddings and biases as large as training makes them, so that probabilities differ, and mistakes show."""
    import numpy as np

    random = np.random.default_rng(7)
    scales = {"embeddings": 0.5, "bias": 0.1}
    for variable in model.trainable_variables:
        if scale := scales.get(variable.name):
            variable.assign(random.normal(0, scale, variable.shape))


def _main() -> None:
    given = json.loads(sys.argv[1])
    for values in given["networks"]:
        config = config_of(Network(**values))
        _make_run(Path(given["folder"]) / config.name, Path(given["tokenizer"]), config)


if __name__ == "__main__":
    _main()
