"""Tokens per second of a training step, against units and against length."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from benchmarks.contenders import Shape, Task
from benchmarks.process import Process
from benchmarks.rounds import affordable, alternate, first_glance
from benchmarks.settings import Settings
from benchmarks.summary import summary
from benchmarks.talking import prepare_all


def measure_curves(processes: Sequence[Process], settings: Settings) -> list[dict[str, Any]]:
    """A row for each contender at each point.

    Args:
        processes: contenders, at the setting that is best for the first shape.
        settings: the points.

    Raises:
        BenchmarkError: a contender failed.
    """
    rows = []
    for against, shapes in points(settings).items():
        for shape in shapes:
            task = Task(shape, training=True)
            first = {process: answer["seconds"] for process, answer in prepare_all(processes, task).items()}
            glances = first_glance(first, task, 1)
            budget = settings.seconds_a_measurement / 5
            rounds = {
                process: affordable(seconds, settings.curve_rounds, budget, fewest=1)
                for process, seconds in glances.items()
            }
            for process, seconds in alternate(rounds, partial(Process.seconds, task=task)).items():
                row = {"against": against, "units": shape.units, "time": shape.time}
                row |= {"contender": process.contender.name, "threads": process.threads}
                rows.append(row | summary(seconds, shape.tokens))
                process.ask("forget")
                process.answer()
    return rows


def points(settings: Settings) -> dict[str, list[Shape]]:
    """The shapes of the two curves."""
    return {
        "units": [replace(settings.curve, units=units) for units in settings.units],
        "time": [replace(settings.curve, time=time) for time in settings.lengths],
    }
