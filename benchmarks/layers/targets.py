"""The fastest contender of each family, what ours is to reach against it, and what it reached."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.layers.contenders import FLOAT32, OURS, Contender, Task
from benchmarks.summary import ratio


@dataclass
class Measured:
    """A contender on a task."""

    contender: Contender
    task: Task
    threads: int  # the faster setting of the preliminary round
    preliminary: dict[int, float]  # seconds of a step by threads
    difference: float  # from the first contender, see `largest_difference`
    seconds: list[float] = field(default_factory=list)  # of the rounds that count; empty if it was dropped

    @property
    def preliminary_seconds(self) -> float:
        """Of a step in the preliminary round, at the faster setting."""
        return self.preliminary[self.threads]


Choice = Callable[[Sequence[Measured]], Contender | None]


def of_family(rows: Sequence[Measured], family: str) -> list[Measured]:
    """The rows of one family of contenders."""
    return [row for row in rows if row.contender.family == family]


def our_best(rows: Sequence[Measured]) -> Contender | None:
    """The faster dtype of our fast path by the preliminary round: what a user gets who chooses well."""
    return _fastest([row for row in of_family(rows, "ours") if not row.contender.portable])


def keras_best(rows: Sequence[Measured]) -> Contender | None:
    """The fastest of Keras' own layers by the preliminary round."""
    return _fastest(of_family(rows, "keras"))


def our_float32(_rows: Sequence[Measured]) -> Contender | None:
    """Ours in float32."""
    return OURS


def keras_float32(rows: Sequence[Measured]) -> Contender | None:
    """The fastest of Keras' own layers in float32 by the preliminary round."""
    return _fastest([row for row in of_family(rows, "keras") if row.contender.dtype == FLOAT32])


def torch_best(rows: Sequence[Measured]) -> Contender | None:
    """The faster of torch's dtypes; None where torch is not installed."""
    return _fastest(of_family(rows, "torch"))


def _fastest(rows: Sequence[Measured]) -> Contender | None:
    return min(rows, key=lambda row: row.preliminary_seconds).contender if rows else None


@dataclass(frozen=True)
class Target:
    """How many times as fast as another contender ours is to be, at least."""

    name: str
    ours: Choice
    theirs: Choice
    training: bool
    bidirectional: bool
    at_least: dict[str, dict[str, float]]  # by the widest instructions of a processor, then by the name of the shape

    def of(self, instructions: str | None, shape: str) -> float | None:
        """The figure for a kind of processor and a shape; None if there is none, and the ratio is only shown."""
        by_shape = self.at_least.get(instructions or "", self.at_least.get(ANY, {}))
        return by_shape.get(shape)


ANY = "any processor"


def _on(kinds: Sequence[str], **by_units: float) -> dict[str, dict[str, float]]:
    """The same figures for several kinds of processor, by the units of the shape."""
    return {kind: {f"{units[1:]} units": figure for units, figure in by_units.items()} for kind in kinds}


_NEVER_SLOWER = _on([ANY], _128=0.95, _512=0.95)
_AVX512, _BFLOAT16 = ("avx512", "avx512_bf16", "amx_bf16"), ("avx512_bf16", "amx_bf16")
_BOTH = "training step in both directions"

TARGETS = (
    Target("training step, Keras' best", our_best, keras_best, True, False, _NEVER_SLOWER),
    Target(
        "training step, Keras in float32", our_best, keras_float32, True, False, _on(["amx_bf16"], _128=3.3, _512=4.5)
    ),
    Target("training step, torch's best", our_best, torch_best, True, False, _on(_BFLOAT16, _128=1.3, _512=1.1)),
    Target(
        "training step in float32, Keras in float32", our_float32, keras_float32, True, False,
        _on(["avx2"], _128=1.2, _512=2.0) | _on(_AVX512, _128=1.4, _512=1.0),
    ),
    Target(f"{_BOTH}, Keras' Bidirectional LSTM", our_best, keras_best, True, True, _NEVER_SLOWER),
    Target(f"{_BOTH}, Keras in float32", our_best, keras_float32, True, True, _on(["amx_bf16"], _128=3.0)),
    Target(
        f"{_BOTH} in float32, Keras in float32", our_float32, keras_float32, True, True,
        _on(["avx2"], _128=1.0) | _on(_AVX512, _128=1.2),
    ),
    Target("forward pass, Keras' best", our_best, keras_best, False, False, _NEVER_SLOWER),
    Target(
        "forward pass, Keras in float32", our_best, keras_float32, False, False,
        _on(["amx_bf16"], _128=2.0, _512=2.0),
    ),
)  # fmt: skip
COMPILE_TARGET = 1.5  # at most: compile time of a sequence eight times as long over that of the short one


def judge(measured: Sequence[Measured], instructions: str | None) -> list[dict[str, Any]]:
    """A row for each target and shape: who was compared, the ratio with its interval, the target, whether it is met.

    Ratio and verdict are null where the other contender is not installed; the verdict is also null without a target.

    Args:
        measured: all rows.
        instructions: the widest of this processor, as of `sentiment.support.environment.machine`.
    """
    lines = []
    tasks = list(dict.fromkeys(row.task for row in measured))
    for target in TARGETS:
        for task in tasks:
            if (task.training, task.bidirectional) != (target.training, target.bidirectional):
                continue
            rows = {row.contender: row for row in measured if row.task == task}
            ours, theirs = target.ours(list(rows.values())), target.theirs(list(rows.values()))
            at_least = target.of(instructions, task.shape.name)
            line: dict[str, Any] = {"name": target.name, "shape": task.shape.name, "at_least": at_least}
            line |= dict.fromkeys(("ours", "theirs", "ratio", "interval", "met"))
            if ours and theirs:
                times = ratio(rows[theirs].seconds, rows[ours].seconds)
                line |= {"ours": ours.name, "theirs": theirs.name, "ratio": times.figure}
                line |= {"interval": [times.low, times.high]}
                line |= {"met": None if at_least is None else times.figure >= at_least}
            lines.append(line)
    return lines
