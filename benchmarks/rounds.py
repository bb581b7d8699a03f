"""Contenders that take turns, so that whatever else the machine does meets all of them alike."""

import time
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from benchmarks.contenders import Task
from benchmarks.process import Process

PAUSE = 0.05  # seconds between two contenders: threads of the last one that wait actively fall asleep meanwhile

Contending = TypeVar("Contending", bound=Hashable)
Found = TypeVar("Found")


def first_glance(
    prepared: Mapping[Process, float], task: Task, steps: int, enough: float = 3.0, slow: float = 10.0
) -> dict[Process, float]:
    """The fastest of some steps of each, in turns, in seconds.

    Args:
        prepared: the seconds of each one's first step. Those of torch, which compiles nothing, are a glance already
            where they are more than `slow`: bfloat16 without instructions for it takes very long.
        task: what they prepared.
        steps: how many of each.
        enough: after so many seconds, one does no further step.
        slow: see above.
    """
    found: dict[Process, list[float]] = {
        process: [first] if process.contender.back_end == "torch" and first > slow else []
        for process, first in prepared.items()
    }
    for _ in range(steps):
        for process, seconds in found.items():
            if sum(seconds) < enough:
                time.sleep(PAUSE)
                seconds.append(process.seconds(task))
    return {process: min(seconds) for process, seconds in found.items()}


def alternate(rounds: Mapping[Contending, int], step: Callable[[Contending], Found]) -> dict[Contending, list[Found]]:
    """What every step of every contender gave.

    Args:
        rounds: how many steps each does, one a round; it sits out the last rounds if others do more.
        step: does one of a contender, for example `Process.seconds` of a task that is prepared.
    """
    found: dict[Contending, list[Found]] = {contending: [] for contending in rounds}
    for turn in range(max(rounds.values())):
        for contending, of_all in found.items():
            if turn < rounds[contending]:
                time.sleep(PAUSE)
                of_all.append(step(contending))
    return found


def affordable(seconds: float, rounds: int, budget: float, fewest: int = 3) -> int:
    """How many rounds of a step fit into a budget of seconds: at most `rounds`, and at least `fewest`, or a single one
    where that alone is more than the budget.
    """
    return min(rounds, max(fewest if seconds < budget else 1, int(budget / seconds)))
