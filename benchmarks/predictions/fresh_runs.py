"""A child process that saves runs with fresh weights, see `benchmarks.protocol`. It ends before anything is measured:

{"do": "make", "task": {...}}    saves a run of one network in the folder of the arguments, with their tokenizer
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.predictions.predictors import Network
from benchmarks.protocol import Handlers, Process, answer_requests
from sentiment.config import Config
from sentiment.metrics.measures import measure
from sentiment.runs.record import METRICS, Kind, RunRecord
from sentiment.runs.saved_run import CONFIG, MODEL, ONNX, ONNX_INT8, TOKENIZER, write_manifest
from sentiment.support.storage import new_folder
from sentiment.text.tokenizer import ReviewTokenizer

DATASET = "fresh"


def make_runs(models: Path, tokenizer: Path, networks: Sequence[Network]) -> dict[Network, Path]:
    """Saves a run of each network, and gives their folders.

    Args:
        models: where the folder of their dataset goes.
        tokenizer: a fitted one, as it was saved.
        networks: their sizes.

    Raises:
        BenchmarkError: a run could not be made.
    """
    arguments = {"folder": str(models / DATASET), "tokenizer": str(tokenizer)}
    with Process("networks with fresh weights", "benchmarks.predictions.fresh_runs", arguments) as process:
        for network in networks:
            process.ask("make", network)
    return {network: models / DATASET / _config(network).name for network in networks}


def _config(network: Network) -> Config:
    name = network.name.replace(" ", "-")
    return Config().replace(preset=name, units=network.units, embedding_size=network.embedding_size)


def _start(arguments: dict[str, Any]) -> Handlers:
    def make(values: dict[str, Any]) -> dict[str, Any]:
        config = _config(Network(**values))
        _make_run(Path(arguments["folder"]) / config.name, Path(arguments["tokenizer"]), config)
        return {}

    return {"make": make}


def _make_run(target: Path, tokenizer: Path, config: Config) -> None:
    import onnx

    from sentiment.networks.architectures import build
    from sentiment.networks.onnx_files import read_onnx
    from sentiment.publishing.export import export_onnx, quantise

    vocabulary_size = ReviewTokenizer.load(tokenizer, config.tokenizer).vocabulary_size
    model = build(config.model, vocabulary_size, config.seed)
    _spread(model)
    with new_folder(target) as folder:
        model.save(folder / MODEL)
        shutil.copyfile(tokenizer, folder / TOKENIZER)
        (folder / CONFIG).write_text(config.to_json() + "\n", encoding="utf-8")
        figures = measure(np.array([0, 1]), np.array([0.4, 0.6]))  # of no reviews, as no benchmark reads them
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
        quantise(network, folder / ONNX_INT8)  # without a check of its accuracy: nothing was learnt
        write_manifest(folder)


def _spread(model: Any) -> None:
    """Makes embeddings and biases as large as training does, so that probabilities differ and mistakes show."""
    random = np.random.default_rng(7)
    scales = {"embeddings": 0.5, "bias": 0.1}
    for variable in model.trainable_variables:
        if scale := scales.get(variable.name):
            variable.assign(random.normal(0, scale, variable.shape))


if __name__ == "__main__":
    answer_requests(_start)
