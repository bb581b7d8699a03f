"""Contenders that alternate, so that whatever else the machine does slows down all of them alike."""

import time
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

PAUSE = 0.05  # seconds between two contenders, in which threads of the last one that spin fall asleep

Contender = TypeVar("Contender", bound=Hashable)
Result = TypeVar("Result")


def alternate(rounds: Mapping[Contender, int], step: Callable[[Contender], Result]) -> dict[Contender, list[Result]]:
    """The results of every step of every contender.

    Args:
        rounds: how many steps each does, one a round; it sits out the last rounds if others do more.
        step: does one step of a contender.
    """
    results: dict[Contender, list[Result]] = {contender: [] for contender in rounds}
    for turn in range(max(rounds.values())):
        for contender, steps in results.items():
            if turn < rounds[contender]:
                time.sleep(PAUSE)
                steps.append(step(contender))
    return results


def affordable(seconds: float, rounds: int, budget: float, fewest: int = 3) -> int:
    """How many steps of so many seconds fit into the budget: at most `rounds`, and at least `fewest`, or a single one
    where one step takes longer than the budget.
    """
    return min(rounds, max(fewest if seconds < budget else 1, int(budget / seconds)))
