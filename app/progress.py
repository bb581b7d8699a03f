"""What a person sees while something long runs."""

from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class TrainingProgress(Protocol):
    """What training tells of itself."""

    def note(self, line: str) -> None:
        """Something worth knowing happened between two runs."""

    def start(self, name: str, steps: int, done: int) -> None:
        """A run begins: `steps` optimiser steps in all, `done` of them by an earlier, interrupted start."""

    def step(self) -> None:
        """One optimiser step is done."""

    def epoch(self, line: str) -> None:
        """An epoch is done; `line` has its figures."""


class Silence:
    """Says nothing."""

    def note(self, line: str) -> None: ...

    def start(self, name: str, steps: int, done: int) -> None: ...

    def step(self) -> None: ...

    def epoch(self, line: str) -> None: ...


class ProgressBar:
    """A bar with the time left on a terminal; elsewhere a line an epoch."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._name = ""
        self._bar = Progress(
            TextColumn("{task.description:<28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("steps"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> "ProgressBar":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def note(self, line: str) -> None:
        self._console.print(line, highlight=False, soft_wrap=True)

    def start(self, name: str, steps: int, done: int) -> None:
        self._name = name
        self._task = self._bar.add_task(name, total=steps, completed=done)

    def step(self) -> None:
        self._bar.advance(self._task)

    def epoch(self, line: str) -> None:
        self._console.print(f"{self._name:<28} {line}", highlight=False, soft_wrap=True)
