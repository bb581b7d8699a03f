"""What a training step costs beside its time: memory, and the wait before the first one."""

import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from benchmarks.contenders import Contender, Shape, Task
from benchmarks.process import Processes
from benchmarks.rounds import first_glance
from benchmarks.settings import Settings
from benchmarks.talking import prepare_all
from benchmarks.targets import COMPILE_TARGET


def peak_memory(shape: Shape, contenders: Sequence[tuple[Contender, int]], steps: int) -> list[dict[str, Any]]:
    """Bytes that compiling and some training steps took at most, above what a process had before the first.

    Args:
        shape: of the batch.
        contenders: with their threads; each in a process that has done nothing else.
        steps: how many.

    Returns:
        A row for each; bytes are null outside Linux.

    Raises:
        BenchmarkError: a contender failed.
    """
    task, found = Task(shape, training=True), []
    with Processes() as processes:
        started = [processes.start(contender, threads) for contender, threads in contenders]
        prepare_all(started, task)
        for process in started:
            for _ in range(steps):
                process.seconds(task)
            process.ask("memory")
            memory = process.answer()
            known = None not in memory.values()
            used = max(0, memory["peak"] - memory["before"]) if known else None
            found.append({"shape": shape.name, "contender": process.contender.name, "peak_bytes": used})
    return found


def compile_time(settings: Settings, contenders: Sequence[Contender]) -> list[dict[str, Any]]:
    """Seconds of the first training step less those of a later one, for a short and for a long sequence.

    Whoever unrolls the loop over time pays for its length here.

    Returns:
        A row for each contender: medians by steps, their ratio, the target.

    Raises:
        BenchmarkError: a contender failed.
    """
    short = Task(settings.compiled, training=True)
    long = Task(replace(settings.compiled, time=settings.compiled_longer), training=True)
    warm_up = Task(replace(settings.compiled, time=2), training=True)
    found = []
    for contender in contenders:
        seconds: dict[Task, list[float]] = {short: [], long: []}
        with Processes() as processes:
            process = processes.start(contender, max(settings.threads))
            prepare_all([process], warm_up)  # what a library does once only is not compiling
            for _ in range(settings.compilations):
                for task, of_task in seconds.items():
                    first = prepare_all([process], task)[process]["seconds"]
                    of_task.append(first - first_glance({process: first}, task, 2)[process])
                    process.ask("forget")
                    process.answer()
        medians = {task.shape.time: statistics.median(of_task) for task, of_task in seconds.items()}
        ratio = medians[long.shape.time] / medians[short.shape.time]
        row = {"contender": contender.name, "seconds_by_steps": medians, "ratio": ratio}
        found.append({**row, "at_most": COMPILE_TARGET, "met": ratio <= COMPILE_TARGET})
    return found
