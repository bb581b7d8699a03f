"""What the layer is to reach, and what it reached. A miss is a line like any other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.contenders import Contender
from benchmarks.field import Measured, keras_best, keras_float32, our_best, our_float32, torch_best
from benchmarks.summary import ratio

Choice = Callable[[Sequence[Measured]], Contender | None]


@dataclass(frozen=True)
class Target:
    """How many times as fast as another, at least."""

    name: str
    ours: Choice
    theirs: Choice
    training: bool
    bidirectional: bool
    at_least: dict[str, float]  # by the name of the shape


TARGETS = (
    Target("training step, Keras' best", our_best, keras_best, True, False, {"128 units": 2.0, "512 units": 3.0}),
    Target(
        "training step, torch's best", our_best, torch_best, True, False, {"128 units": 1.0, "512 units": 1.0}
    ),
    Target(
        "training step in float32, Keras in float32", our_float32, keras_float32, True, False,
        {"128 units": 1.3, "512 units": 1.3},
    ),
    Target(
        "training step in both directions, Keras' Bidirectional LSTM", our_best, keras_best, True, True,
        {"128 units": 2.0, "512 units": 3.0},
    ),
    Target("forward pass, Keras' best", our_best, keras_best, False, False, {"128 units": 2.0, "512 units": 2.0}),
)  # fmt: skip
COMPILE_TARGET = 1.5  # at most, compile time of a sequence eight times as long


def judge(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    """Each target at each shape: who was compared, the ratio with its interval, the target, whether it is met.

    Ratio and verdict are null where the other contender is not installed.
    """
    found = []
    tasks = list(dict.fromkeys(row.task for row in measured))
    for target in TARGETS:
        for task in tasks:
            if (task.training, task.bidirectional) != (target.training, target.bidirectional):
                continue
            rows = {row.contender: row for row in measured if row.task == task}
            ours, theirs = target.ours(list(rows.values())), target.theirs(list(rows.values()))
            at_least = target.at_least[task.shape.name]
            line = {"name": target.name, "shape": task.shape.name, "at_least": at_least}
            if ours is None or theirs is None:
                found.append({**line, "ours": None, "theirs": None, "ratio": None, "interval": None, "met": None})
                continue
            got = ratio(rows[theirs].seconds, rows[ours].seconds)
            line |= {"ours": ours.name, "theirs": theirs.name}
            found.append({**line, "ratio": got.figure, "interval": [got.low, got.high], "met": got.figure >= at_least})
    return found
