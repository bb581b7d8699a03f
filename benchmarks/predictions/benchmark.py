"""Everything that is measured of predictions, written to a folder:

- predictions.json   everything: each measurement, what it was done with, the targets
- predictions.png    one review alone, and the service under load
- predictions.md     tables

The networks have fresh weights, and are saved and exported as a training does it.
"""

import importlib.util
import json
import sys
import tempfile
from collections.abc import Hashable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.commands import Command
from benchmarks.predictions.fresh_runs import make_runs
from benchmarks.predictions.load import Load
from benchmarks.predictions.predictors import (
    FOR_MANY_REVIEWS,
    FOR_ONE_REVIEW,
    IDS,
    KERAS,
    ONNX,
    REVIEWS,
    TEXT,
    TOKENISING,
    TRANSFORMERS,
    Network,
    PredictionSettings,
    PredictorSpec,
    Workload,
)
from benchmarks.predictions.report import draw_predictions, markdown
from benchmarks.predictions.servers import batching, one_by_one, serving
from benchmarks.predictions.targets import judge_predictions
from benchmarks.predictions.worker import Material
from benchmarks.protocol import Process
from benchmarks.results import Note, Written, provenance, write
from benchmarks.rounds import affordable, alternate
from benchmarks.summary import spread
from sentiment.config import TokenizerConfig
from sentiment.data.reviews import Reviews
from sentiment.errors import BenchmarkError
from sentiment.text.cleaning import clean
from sentiment.text.tokenizer import ReviewTokenizer

_TYPED = "A fine film, and never dull."
_ENGINE_OPTIONS: dict[PredictorSpec, tuple[str, ...]] = {KERAS: ("--engine", KERAS.name), ONNX: ()}

Rows = list[dict[str, Any]]


def benchmark_predictions(folder: Path, reviews: Reviews, settings: PredictionSettings, note: Note) -> Written:
    """Measures everything, then writes; a run that is stopped or fails leaves older files as they are.

    Args:
        folder: for the three files.
        reviews: those of the test split are scored, repeatedly where there are too few.
        settings: how much to do.
        note: gets a line about what is being done.

    Raises:
        BenchmarkError: a predictor failed, or did not compute what the others do.
        StorageError: the disk is full, or the folder cannot be written.
    """
    absent = [predictor.title for predictor in TRANSFORMERS if not _is_installed(predictor)]
    results = provenance() | {"settings": asdict(settings), "absent": absent}
    with tempfile.TemporaryDirectory(prefix="sentiment-benchmark-") as name:
        temporary = Path(name)
        note("making networks with fresh weights")
        material, tokenizer = prepare_material(reviews, settings, temporary)
        path = temporary / "material.json"
        material.write(path)
        runs = make_runs(temporary / "models", tokenizer, settings.networks)
        first = runs[settings.networks[0]]
        results["reviews"] = {"dataset": reviews.name, "number": settings.reviews, "tokens": settings.tokens}
        note("measuring: one review alone")
        results["latency"] = _latency(runs, path, settings)
        note(f"measuring: {settings.reviews:,} reviews together")
        results |= _throughput(first, path, settings)
        note("measuring: a cold start")
        results["cold_start"] = _cold_start(first, settings)
        note("measuring: the service under load")
        results["load"] = _load(first, path, settings)
    results["targets"] = judge_predictions(results)
    figures, tables = folder / "predictions.json", folder / "predictions.md"
    return write(figures, results, draw_predictions(results), tables, markdown(results))


def prepare_material(reviews: Reviews, settings: PredictionSettings, folder: Path) -> tuple[Material, Path]:
    """What is read, and the path of a tokenizer that was fitted on the training reviews."""
    table = reviews.table
    train = table[table["split"] == "train"] if (table["split"] == "train").any() else table
    test = table[table["split"] == "test"] if (table["split"] == "test").any() else table
    texts = [text for text in test["text"] if text.strip()]
    path = folder / "tokenizer.json"
    ReviewTokenizer.fit(map(clean, train["text"]), TokenizerConfig(settings.vocabulary_size)).save(path)
    tokenizer = ReviewTokenizer.load(path, TokenizerConfig(max_length=sys.maxsize))  # which shortens nothing
    text, token_ids = _of_length(tokenizer, texts, settings.tokens)
    return Material(text, token_ids, list(islice(cycle(texts), settings.reviews))), path


def _of_length(tokenizer: ReviewTokenizer, texts: Sequence[str], tokens: int) -> tuple[str, list[int]]:
    """Joined reviews of exactly so many tokens; the last is a full stop, because a text without one gets one."""
    joined = ""
    for text in cycle(texts):
        joined = f"{joined} {clean(text)}"
        [encoded] = tokenizer.encode([joined])
        if len(encoded.token_ids) >= tokens:
            break
    text = joined[int(encoded.offsets[0][0]) : int(encoded.offsets[tokens - 2][1])] + "."
    [exact] = tokenizer.encode([text])
    return text, exact.token_ids.tolist()


class Comparison:
    """Compares the probabilities of predictors with those of the first that did the same."""

    def __init__(self) -> None:
        self._reference: dict[Hashable, list[float]] = {}

    def difference(self, predictor: PredictorSpec, probabilities: list[float], key: Hashable = None) -> float:
        """The largest difference from the first probabilities under the same key.

        Raises:
            BenchmarkError: it is larger than rounding explains.
        """
        reference = self._reference.setdefault(key, probabilities)
        difference = float(np.abs(np.subtract(probabilities, reference)).max())
        if not difference <= predictor.tolerance:  # also where it is not a number
            raise BenchmarkError(
                f"expected {predictor.title} to give the probabilities that the others give, within "
                f"{predictor.tolerance:g}; found a difference of {difference:g}"
            )
        return difference


def _latency(runs: dict[Network, Path], material: Path, settings: PredictionSettings) -> Rows:
    """A row for each predictor of one review and network, from the text and from token ids."""
    rows: dict[tuple[Process, Workload], dict[str, Any]] = {}
    comparison = Comparison()
    from_text, from_ids = (Workload(name, settings.seconds_a_round) for name in (TEXT, IDS))
    sizes = asdict(settings.transformer)
    with ExitStack() as stack:
        started = [
            (network.name, predictor, stack.enter_context(_worker(predictor, material, run=str(run))))
            for network, run in runs.items()
            for predictor in FOR_ONE_REVIEW
        ]
        started += [
            (settings.transformer.name, predictor, stack.enter_context(_worker(predictor, material, transformer=sizes)))
            for predictor in filter(_is_installed, TRANSFORMERS)
        ]
        for network, predictor, process in started:
            for workload in (from_text, from_ids) if predictor in FOR_ONE_REVIEW else (from_ids,):
                probabilities = process.ask("prepare", workload)["probabilities"]
                difference = comparison.difference(predictor, probabilities, (network, workload))
                rows[process, workload] = {"network": network, "asks": workload.name}
                rows[process, workload] |= {"way": predictor.name, "difference": difference}
        budget = settings.seconds_a_measurement / 2  # warming up takes as long again, where one answer takes long
        rounds = {contender: affordable(_seconds(contender), settings.rounds, budget) for contender in rows}
        seconds = alternate(rounds, _seconds)
    return [row | spread(seconds[contender]) for contender, row in rows.items()]


def _throughput(run: Path, material: Path, settings: PredictionSettings) -> dict[str, Any]:
    """A row for each engine that scores all reviews from their texts, and how long tokenising alone takes."""
    workload, comparison = Workload(REVIEWS), Comparison()
    with ExitStack() as stack:
        processes = {
            predictor: stack.enter_context(_worker(predictor, material, run=str(run))) for predictor in FOR_MANY_REVIEWS
        }
        differences = {
            predictor: comparison.difference(predictor, process.ask("prepare", workload)["probabilities"])
            for predictor, process in processes.items()
        }
        tokenising = processes[ONNX], Workload(TOKENISING)
        contenders = [*((process, workload) for process in processes.values()), tokenising]
        seconds = alternate(dict.fromkeys(contenders, settings.rounds_of_reviews), _seconds)
    rows = []
    for predictor, process in processes.items():
        row = {"reviews": settings.reviews, "way": predictor.name, "difference": differences[predictor]}
        figures = spread(seconds[process, workload])
        rows.append(row | figures | {"reviews_per_second": settings.reviews / figures["median_seconds"]})
    return {"throughput": rows, "tokenising": spread(seconds[tokenising]) | {"reviews": settings.reviews}}


def _cold_start(run: Path, settings: PredictionSettings) -> Rows:
    """A row for each engine with which a whole `sentiment predict` starts."""
    command = (sys.executable, "-m", "sentiment", "predict", "--json", "--run", str(run))
    commands = {
        predictor: Command(f"sentiment predict, {predictor.title}", (*command, *options, _TYPED))
        for predictor, options in _ENGINE_OPTIONS.items()
    }
    with Process("the process that runs commands", "benchmarks.commands", {}) as process:
        # The first start of each reads its files from the disk.
        first = {predictor: process.ask("step", command) for predictor, command in commands.items()}
        rounds = dict.fromkeys(commands, settings.cold_starts)
        answers = alternate(rounds, lambda predictor: process.ask("step", commands[predictor]))
    comparison, rows = Comparison(), []
    for predictor, starts in answers.items():
        difference = comparison.difference(predictor, [json.loads(first[predictor]["output"])["probability"]])
        peaks = [start["peak_bytes"] for start in starts]
        row = {"way": predictor.name, "difference": difference, "peak_bytes": None if None in peaks else max(peaks)}
        rows.append(row | spread([start["seconds"] for start in starts]))
    return rows


def _load(run: Path, material: Path, settings: PredictionSettings) -> Rows:
    """A row for each server and number of clients."""
    comparison, rows = Comparison(), []
    commands = {"sentiment serve": batching(run), "one text at a time": one_by_one(run)}
    with ExitStack() as stack:
        process = stack.enter_context(
            Process("the process that sends requests", "benchmarks.predictions.load", {"material": str(material)})
        )
        addresses = {name: stack.enter_context(serving(command)) for name, command in commands.items()}
        loads = [
            Load(name, address, clients, settings.seconds_of_load)
            for clients in settings.clients
            for name, address in addresses.items()
        ]
        for load in loads[: len(addresses)]:
            comparison.difference(ONNX, process.ask("prepare", replace(load, clients=1))["probabilities"])
        answers = alternate(dict.fromkeys(loads, settings.rounds_of_load), lambda load: process.ask("step", load))
    for load, rounds in answers.items():
        row = {"server": load.server, "clients": load.clients}
        row |= {name: sum(answer[name] for answer in rounds) for name in ("requests", "errors")}
        for name in ("requests_per_second", "p50_seconds", "p99_seconds"):
            row |= spread([answer[name] for answer in rounds], name)
        rows.append(row)
    return rows


def _worker(predictor: PredictorSpec, material: Path, **source: Any) -> Process:
    arguments = {"predictor": predictor.name, "material": str(material), **source}
    return Process(predictor.title, "benchmarks.predictions.worker", arguments, predictor.back_end)


def _seconds(contender: tuple[Process, Workload]) -> float:
    process, workload = contender
    return process.seconds(workload)


def _is_installed(predictor: PredictorSpec) -> bool:
    return importlib.util.find_spec(predictor.back_end) is not None
