"""Steps of a pretraining with several workers against one, and memory by the number of reviews, written to a folder:

- scaling.json    all figures
- scaling.md      the tables

Each worker has one core and one thread. Rounds of one worker and of several take turns, so that what else runs on the
machine disturbs both.
"""

import json
import os
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.results import Note, Written, provenance
from benchmarks.scaling.memory import memory_by_rows
from benchmarks.scaling.report import markdown
from sentiment.config import PretrainingConfig
from sentiment.distributed import launch
from sentiment.errors import BenchmarkError
from sentiment.support.storage import write_text

FIGURES, TABLES = "scaling.json", "scaling.md"
TARGET = 1.7  # steps of two workers of one thread each against one of one thread


@dataclass(frozen=True)
class ScalingSettings:
    """What is measured."""

    workers: tuple[int, ...] = (1, 2)
    batch_sizes: tuple[int, ...] = (PretrainingConfig.batch_size, 2 * PretrainingConfig.batch_size)
    config: dict[str, Any] = field(default_factory=lambda: {"units": PretrainingConfig.units})
    steps: int = 8
    warm_steps: int = 2
    rounds: int = 3
    reviews: tuple[int, ...] = (20_000, 80_000, 320_000, 1_280_000)
    smoke: bool = False


def quick_settings() -> ScalingSettings:
    """A smoke run."""
    config = {"units": 8, "embedding_size": 8, "vocabulary_size": 100, "candidates": 16}
    return ScalingSettings(batch_sizes=(8,), config=config, steps=2, warm_steps=1, rounds=1, reviews=(200,), smoke=True)


def benchmark_scaling(folder: Path, settings: ScalingSettings, note: Note) -> Written:
    """Measures and writes.

    Raises:
        BenchmarkError: a worker failed.
        MissingExtraError: PyTorch is missing.
        StorageError: the folder cannot be written.
    """
    load = os.getloadavg()[0]
    cases = [(batch_size, count) for batch_size in settings.batch_sizes for count in settings.workers]
    rounds: dict[tuple[int, int], list[dict[str, Any]]] = {case: [] for case in cases}
    for number in range(settings.rounds):
        for batch_size, count in cases:
            note(f"round {number + 1} of {settings.rounds}: {batch_size} reviews a step, workers: {count}")
            rounds[batch_size, count].append(_timed(batch_size, count, settings, note))
    results: dict[str, Any] = provenance() | {
        "settings": asdict(settings),
        "absent": [],
        "target": TARGET,
        "usual_batch_size": PretrainingConfig.batch_size,
        "load_before": load,  # programs that computed when this began
        "workers": [
            {"batch_size": batch_size, "workers": count, "rounds": figures, **_summary(figures)}
            for (batch_size, count), figures in rounds.items()
        ],
        "memory": memory_by_rows(list(settings.reviews), note),
    }
    write_text(folder / FIGURES, json.dumps(results, indent=1) + "\n")
    write_text(folder / TABLES, markdown(results))
    return Written(results, (folder / FIGURES, folder / TABLES))


def _summary(rounds: list[dict[str, Any]]) -> dict[str, float]:
    """Of the best round: what else runs only makes steps slower."""
    best = min(rounds, key=lambda figures: statistics.median(figures["seconds"]))
    return {name: statistics.median(best[name]) for name in ("seconds", "processor_seconds")}


def _timed(batch_size: int, count: int, settings: ScalingSettings, note: Note) -> dict[str, Any]:
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        config = {**settings.config, "batch_size": batch_size}
        values = {"config": config, "steps": settings.steps, "warm_steps": settings.warm_steps}
        command = [sys.executable, "-m", "benchmarks.scaling.worker", str(file), json.dumps(values)]
        if cores:
            os.sched_setaffinity(0, set(sorted(cores)[:count]))
        try:
            code = launch(command, count, note, restarts=0)
        finally:
            if cores:
                os.sched_setaffinity(0, cores)
        if code:
            raise BenchmarkError(f"expected {count} workers to end well; found exit code {code}")
        return dict(json.loads(file.read_text(encoding="utf-8")))
