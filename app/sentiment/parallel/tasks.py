"""Tasks, and the engine that works through them one after the other."""

import contextlib
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from sentiment.support.progress import TrainingProgress

Common = TypeVar("Common")
Job = TypeVar("Job")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Task(Generic[Job]):
    """A piece of work that needs no other."""

    name: str  # in the lines of progress, unique among the tasks
    job: Job


Work = Callable[[Common, Job, TrainingProgress], Result]


class Engine(Protocol):
    """Where tasks are worked on."""

    @property
    def at_once(self) -> bool:
        """Whether several tasks may be worked on at once."""

    def completed(
        self,
        work: Work[Common, Job, Result],
        common: Common,
        tasks: Iterable[Task[Job]],
        report: TrainingProgress,
        place: Path,
    ) -> Generator[tuple[Task[Job], Result], None, None]:
        """Works on tasks, and gives each with its result as soon as it is done.

        A task is taken from `tasks` when a worker is free for it, after the results so far have been given. So a later
        task may depend on earlier results. Whoever stops early closes the generator, which ends the work.

        Args:
            work: a function of a module. It goes on from what a killed worker has left in `place`. Its result is small:
                a path, some figures.
            common: what all tasks read, sent to each machine once. Only paths to `place` may be in it.
            tasks: their jobs are small, too.
            report: receives every event.
            place: an absolute folder that every worker can write to.

        Raises:
            SentimentError: what a task raises, or no worker can be had. The other tasks are ended.
        """


class OneByOne:
    """Works on tasks in this process, in their order."""

    at_once = False

    def completed(
        self,
        work: Work[Common, Job, Result],
        common: Common,
        tasks: Iterable[Task[Job]],
        report: TrainingProgress,
        place: Path,  # noqa: ARG002
    ) -> Generator[tuple[Task[Job], Result], None, None]:
        """See `Engine.completed`."""
        for task in tasks:
            yield task, work(common, task.job, report)


def results(
    engine: Engine,
    work: Work[Common, Job, Result],
    common: Common,
    tasks: Sequence[Task[Job]],
    report: TrainingProgress,
    place: Path,
) -> list[Result]:
    """The result of every task, in the order of the tasks. Arguments and errors are those of `Engine.completed`."""
    by_name: dict[str, Any] = {}
    if tasks:
        with contextlib.closing(engine.completed(work, common, tasks, report, place)) as completed:
            by_name = {task.name: result for task, result in completed}
    return [by_name[task.name] for task in tasks]
