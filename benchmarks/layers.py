"""The LSTM layers of this project, of Keras and of torch, measured side by side and written to a folder:

- layers/<kind of CPU>.json   everything: each measurement, what it was done with, the targets
- layers/<kind of CPU>.png    tokens per second against units and against length
- layers.md                   the tables of every kind of CPU that was measured
"""

import importlib.util
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.contenders import CONTENDERS, OURS, OURS_ON_JAX, TORCH, Contender, Task
from benchmarks.costs import compile_time, peak_memory
from benchmarks.curves import measure_curves
from benchmarks.field import Field, Measured, keras_best, our_best, torch_best
from benchmarks.kinds import read_kinds, require_no_real_figures, write_kind
from benchmarks.limit import measure_limit
from benchmarks.plots import draw_curves
from benchmarks.process import Processes
from benchmarks.record import Note, Written, with_what
from benchmarks.settings import Settings
from benchmarks.summary import summary
from benchmarks.targets import judge
from sentiment.support.environment import cpu_kind


def benchmark_layers(folder: Path, settings: Settings, note: Note) -> Written:
    """Measures everything, then writes; a run that is stopped or fails leaves older files as they are.

    What was measured on another kind of CPU stays, see `benchmarks.kinds`.

    Args:
        folder: for the files.
        settings: how much to do.
        note: is told what is being done, a line at a time.

    Raises:
        BenchmarkError: a contender failed, or did not compute what the others do; an older file in the folder does
            not hold a measurement; or a smoke run would replace one.
        StorageError: no room left, or no permission.
    """
    about = with_what()["machine"]
    read_kinds(folder)  # what is wrong with the others is said now, and not after all the work
    if settings.smoke:
        require_no_real_figures(folder, about)
    note(f"this kind of CPU: {cpu_kind(about)}")
    results = _measure(settings, note)
    return write_kind(folder, results, draw_curves(results))


def _measure(settings: Settings, note: Note) -> dict[str, Any]:
    contenders = [contender for contender in CONTENDERS if _is_installed(contender)]
    absent = [contender.title for contender in (*CONTENDERS, OURS_ON_JAX) if not _is_installed(contender)]
    for title in absent:
        note(f"absent: {title}; its library is not installed")
    results = with_what() | {"settings": asdict(settings), "absent": absent}
    note("the limit: products of large matrices")
    results["limit_flop_per_second"] = measure_limit(settings.limit_size)
    with Processes() as processes:
        field = Field(processes, settings, note)
        tasks = [Task(shape, training) for shape in settings.shapes for training in (True, False)]
        note("preliminary round: each contender at each thread setting")
        field.preliminary(contenders, tasks)
        for task in [*tasks, *(Task(task.shape, task.training, bidirectional=True) for task in tasks)]:
            note(f"measuring: {task}")
            field.measure(task)
        note("measuring: training steps against units and against length")
        chosen = _chosen(field, Task(settings.shapes[0], training=True))
        slowest = settings.not_drawn_from * min(row.glance for row in chosen)
        chosen = [row for row in chosen if row.glance <= slowest]
        results["curves"] = measure_curves([field.process(row) for row in chosen], settings)
    results["measurements"] = [_row(row) for row in field.measured]
    results["targets"] = judge(field.measured)
    note("measuring: compile time")
    compiled = [contender for contender in (OURS, OURS_ON_JAX) if _is_installed(contender)]
    results["compile_time"] = compile_time(settings, compiled)
    note("measuring: memory")
    results["peak_memory"] = []
    for shape in settings.shapes:
        rows = _chosen(field, Task(shape, training=True))
        pair = [(row.contender, row.threads) for row in rows if row.contender.family != TORCH.family]
        results["peak_memory"] += peak_memory(shape, pair, settings.steps_for_memory)
    return results


def _chosen(field: Field, task: Task) -> list[Measured]:
    """Our best, Keras' best and, where it is installed, torch's."""
    rows = field.rows(task)
    named = [choose(rows) for choose in (our_best, keras_best, torch_best)]
    return [row for contender in named for row in rows if row.contender == contender]


def _row(row: Measured) -> dict[str, Any]:
    """Of a contender that was dropped, only what its preliminary round gave."""
    task = row.task
    return {
        "shape": task.shape.name,
        "step": task.step,
        "directions": 1 + task.bidirectional,
        "contender": row.contender.name,
        "threads": row.threads,
        "preliminary_seconds_by_threads": row.preliminary,
        "difference": row.difference,
        "dropped": not row.seconds,
    } | (summary(row.seconds, task.shape.tokens) if row.seconds else {})


def _is_installed(contender: Contender) -> bool:
    return importlib.util.find_spec(contender.back_end) is not None
