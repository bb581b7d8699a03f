"""Progress of long work, on a terminal or as lines."""

import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

T = TypeVar("T")
_REFRESH = 0.5  # seconds


class TrainingProgress(Protocol):
    """The events of training."""

    def note(self, line: str) -> None:
        """Something worth knowing between two runs."""

    def start(self, name: str, steps: int, done: int) -> None:
        """A run begins: `steps` optimiser steps in all, `done` of them before an interruption."""

    def step(self) -> None:
        """An optimiser step is done."""

    def epoch(self, line: str) -> None:
        """An epoch is done; `line` has its figures."""


class Silence:
    """Ignores all events."""

    def note(self, line: str) -> None: ...

    def start(self, name: str, steps: int, done: int) -> None: ...

    def step(self) -> None: ...

    def epoch(self, line: str) -> None: ...


class RowsProgress:
    """A bar with the number of rows and rows per second, on a terminal and after half a second.

    Args:
        console: to draw on.
        fraction: share of the rows that are done; None: unknown.
    """

    def __init__(self, console: Console, fraction: Callable[[], float | None] = lambda: None) -> None:
        self._fraction = fraction
        self._bar = Progress(
            SpinnerColumn(),
            BarColumn(),
            TextColumn("{task.fields[rows]:,} rows"),
            TextColumn("{task.fields[rows_per_second]:,.0f} rows/s"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def watch(self, rows: Iterable[T]) -> Iterator[T]:
        """The same rows, counted."""
        start = shown = time.monotonic()
        count = 0
        task = self._bar.add_task("", total=None, rows=0, rows_per_second=0.0)
        try:
            for count, row in enumerate(rows, start=1):
                if count % 64 == 0 and (now := time.monotonic()) - shown > _REFRESH:
                    self._bar.start()
                    done = self._fraction()
                    self._bar.update(
                        task,
                        total=None if done is None else 1.0,
                        completed=done or 0.0,
                        rows=count,
                        rows_per_second=count / (now - start),
                    )
                    shown = now
                yield row
        finally:
            self._bar.stop()


class ShareProgress:
    """A bar with the share of the work that is done, on a terminal and after half a second.

    Args:
        console: to draw on.
        title: of the work.
    """

    def __init__(self, console: Console, title: str) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(title, total=1.0)
        self._from = time.monotonic() + _REFRESH

    def __enter__(self) -> "ShareProgress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, share: float) -> None:
        """So much is done, from 0 to 1."""
        self._bar.update(self._task, completed=share)
        if time.monotonic() >= self._from:
            self._bar.start()  # nothing happens if it has begun


class ProgressBar:
    """A bar with the remaining time on a terminal; elsewhere a line per epoch."""

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
