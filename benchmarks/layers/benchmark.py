"""Everything that is measured of the layers, written to a folder, see `benchmarks.layers.files`."""

import importlib.util
import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.layers.contenders import (
    CONTENDERS,
    OURS,
    OURS_ON_JAX,
    Contender,
    MatmulTask,
    Settings,
    Shape,
    Task,
)
from benchmarks.layers.contest import Contest, Worker, forget, preliminary_seconds
from benchmarks.layers.files import read_kinds, require_no_real_figures, write_kind
from benchmarks.layers.parts import measure_parts
from benchmarks.layers.report import draw
from benchmarks.layers.targets import COMPILE_TARGET, Measured, judge, keras_best, our_best, torch_best
from benchmarks.protocol import prepare_all
from benchmarks.results import Note, Written, provenance
from benchmarks.rounds import affordable, alternate
from benchmarks.summary import summary
from sentiment.support.environment import cpu_kind


def benchmark_layers(folder: Path, settings: Settings, note: Note) -> Written:
    """Measures everything, then writes; a run that is stopped or fails leaves older files as they are.

    Measurements of other kinds of CPU stay.

    Args:
        folder: for the files.
        settings: how much to do.
        note: gets a line about what is being done.

    Raises:
        BenchmarkError: a contender failed, or did not compute what the others do; an older file in the folder does
            not hold a measurement; or a smoke run would replace one.
        StorageError: the disk is full, or the folder cannot be written.
    """
    about = provenance()["machine"]
    read_kinds(folder)  # reports what is wrong with the other files before all the work
    if settings.smoke:
        require_no_real_figures(folder, about)
    note(f"this kind of CPU: {cpu_kind(about)}")
    results = _measure(settings, note)
    return write_kind(folder, results, draw(results))


def _measure(settings: Settings, note: Note) -> dict[str, Any]:
    contenders = [contender for contender in CONTENDERS if _is_installed(contender)]
    absent = [contender.title for contender in (*CONTENDERS, OURS_ON_JAX) if not _is_installed(contender)]
    for title in absent:
        note(f"absent: {title}; its library is not installed")
    results = provenance() | {"settings": asdict(settings), "absent": absent}
    with ExitStack() as stack:
        contest = Contest(stack, settings, note)
        tasks = [Task(shape, training) for shape in settings.shapes for training in (True, False)]
        note("preliminary round: each contender at each thread setting")
        contest.preliminary(contenders, tasks)
        for task in [*tasks, *(replace(task, bidirectional=True) for task in tasks)]:
            note(f"measuring: {task}")
            contest.measure(task)
        note("measuring: training steps against units and against length")
        best = _best(contest, Task(settings.shapes[0], training=True))
        slowest = settings.not_drawn_from * min(row.preliminary_seconds for row in best)
        drawn = [contest.worker(row) for row in best if row.preliminary_seconds <= slowest]
        results["curves"] = measure_curves(drawn, settings)
    results["measurements"] = [_row(row) for row in contest.measured]
    results["targets"] = judge(contest.measured, results["machine"].get("instructions"))
    note("measuring: products of large matrices, the upper limit, and compile time")
    with Worker(OURS, max(settings.threads)) as worker:
        results["limit_flop_per_second"] = worker.ask("matmul", MatmulTask(settings.matmul_size))
        results["compile_time"] = [compile_time(worker, settings)]
    if _is_installed(OURS_ON_JAX):
        with Worker(OURS_ON_JAX, max(settings.threads)) as worker:
            results["compile_time"].append(compile_time(worker, settings))
    note("measuring: the parts of our training step")
    results["parts"] = [row for shape in settings.shapes for row in measure_parts(shape, settings.curve_rounds)]
    note("measuring: memory")
    results["peak_memory"] = [
        peak_memory(row.contender, row.threads, shape, settings.steps_for_memory)
        for shape in settings.shapes
        for row in _best(contest, Task(shape, training=True))
        if row.contender.family != "torch"
    ]
    return results


def _best(contest: Contest, task: Task) -> list[Measured]:
    """The rows of our best, Keras' best and, where it is installed, torch's."""
    rows = contest.rows(task)
    named = [choose(rows) for choose in (our_best, keras_best, torch_best)]
    return [row for contender in named for row in rows if row.contender == contender]


def _row(row: Measured) -> dict[str, Any]:
    """What the file holds of a measurement; of a dropped contender only the preliminary figures."""
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


def measure_curves(workers: Sequence[Worker], settings: Settings) -> list[dict[str, Any]]:
    """Tokens per second of a training step against units and against length: a row for each contender and point.

    Args:
        workers: contenders at their best setting for the first shape.
        settings: the points.

    Raises:
        BenchmarkError: a contender failed.
    """
    points = [("units", replace(settings.curve, units=units)) for units in settings.units]
    points += [("time", replace(settings.curve, time=time)) for time in settings.lengths]
    budget = settings.seconds_a_measurement / 5
    rows = []
    for against, shape in points:
        task = Task(shape, training=True)
        prepared = {worker: answer["seconds"] for worker, answer in prepare_all(workers, task).items()}
        first = preliminary_seconds(prepared, task, 1)
        rounds = {worker: affordable(first[worker], settings.curve_rounds, budget, fewest=1) for worker in workers}
        for worker, seconds in alternate(rounds, partial(Worker.seconds, task=task)).items():
            row = {"against": against, "units": shape.units, "time": shape.time}
            row |= {"contender": worker.contender.name, "threads": worker.threads}
            rows.append(row | summary(seconds, shape.tokens))
        forget(workers)
    return rows


def peak_memory(contender: Contender, threads: int, shape: Shape, steps: int) -> dict[str, Any]:
    """The most bytes that compiling and some training steps took, above those that a new process had before.

    Bytes are null outside Linux.

    Raises:
        BenchmarkError: the contender failed.
    """
    task = Task(shape, training=True)
    with Worker(contender, threads) as worker:
        worker.ask("prepare", task)
        for _ in range(steps):
            worker.seconds(task)
        memory = worker.ask("memory")
    used = None if None in memory.values() else max(0, memory["peak"] - memory["before"])
    return {"shape": shape.name, "contender": contender.name, "peak_bytes": used}


def compile_time(worker: Worker, settings: Settings) -> dict[str, Any]:
    """Seconds of the first training step less those of a later one, for a short and for a long sequence.

    A contender that unrolls the loop over time takes longer for a longer sequence.

    Returns:
        Medians by steps, their ratio, the target.

    Raises:
        BenchmarkError: the contender failed.
    """
    short = Task(settings.compiled, training=True)
    long = Task(replace(settings.compiled, time=settings.compiled_longer), training=True)
    seconds: dict[Task, list[float]] = {short: [], long: []}
    # What a library does only once is not compiling.
    worker.ask("prepare", Task(replace(settings.compiled, time=2), training=True))
    for _ in range(settings.compilations):
        for task, compilations in seconds.items():
            first = worker.ask("prepare", task)["seconds"]
            compilations.append(first - preliminary_seconds({worker: first}, task, 2)[worker])
            forget([worker])
    medians = {task.shape.time: statistics.median(compilations) for task, compilations in seconds.items()}
    ratio = medians[long.shape.time] / medians[short.shape.time]
    row = {"contender": worker.contender.name, "seconds_by_steps": medians, "ratio": ratio}
    return {**row, "at_most": COMPILE_TARGET, "met": ratio <= COMPILE_TARGET}
