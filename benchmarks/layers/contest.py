"""All contenders on the same tasks: a preliminary round that chooses, then the rounds that count."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial

from benchmarks.layers.contenders import BFLOAT16, FLOAT32, Contender, Settings, Task
from benchmarks.layers.targets import TARGETS, Measured, of_family
from benchmarks.protocol import Process, prepare_all
from benchmarks.results import Note
from benchmarks.rounds import PAUSE, affordable, alternate
from benchmarks.summary import largest_difference
from sentiment.errors import BenchmarkError

# As shares of the largest value. In float32 only rounding may differ. In bfloat16 a library that stores its states in
# bfloat16, too, drifts over hundreds of steps, so this checks only that it is the same function.
TOLERANCE = {FLOAT32: 1e-3, BFLOAT16: 0.1}

_ENOUGH_SECONDS = 3.0  # of preliminary steps of one contender
_VERY_SLOW = 10.0  # seconds of torch's first step from which on no second one is timed


class Worker(Process):
    """A contender with one thread setting; `benchmarks.layers.worker` lists the requests."""

    def __init__(self, contender: Contender, threads: int) -> None:
        arguments = {"contender": asdict(contender), "threads": threads}
        title = f"{contender.title} with {threads} threads"
        super().__init__(title, "benchmarks.layers.worker", arguments, contender.back_end)
        self.contender, self.threads = contender, threads


class Contest:
    """Starts contenders, and keeps the processes of those that are not dropped.

    Args:
        stack: closes the processes.
        settings: how much to do.
        note: gets a line about each contender.

    Raises:
        BenchmarkError: from every method, if a contender failed, or computed something else than the first one.
    """

    def __init__(self, stack: ExitStack, settings: Settings, note: Note) -> None:
        self._stack = stack
        self._settings = settings
        self._note = note
        self._running: dict[tuple[Contender, int], Worker] = {}
        self._reference: dict[Task, dict[str, list[float]]] = {}
        self._differences: dict[tuple[Contender, Task], float] = {}
        self.measured: list[Measured] = []

    def preliminary(self, contenders: Sequence[Contender], tasks: Sequence[Task]) -> None:
        """Finds each contender's best thread setting for each task, and drops those that are far behind."""
        for contender in contenders:
            workers = [self._stack.enter_context(Worker(contender, threads)) for threads in self._settings.threads]
            for task in tasks:
                seconds = preliminary_seconds(self._prepare(workers, task), task, self._settings.preliminary_steps)
                if not self._settings.keeps_prepared:
                    forget(workers)
                fastest = min(seconds, key=seconds.__getitem__)
                by_threads = {worker.threads: seconds[worker] for worker in workers}
                difference = self._differences[contender, task]
                self.measured.append(Measured(contender, task, fastest.threads, by_threads, difference))
            best_settings = {row.threads for row in self.measured if row.contender == contender}
            for worker in workers:
                if worker.threads in best_settings:
                    self._running[contender, worker.threads] = worker
                else:
                    worker.close()
            self._note(f"  {contender.title}: " + "; ".join(map(_in_words, self.measured[-len(tasks) :])))
        remaining = {(row.contender, row.threads) for task in tasks for row in self.remaining(task)}
        for key in set(self._running) - remaining:
            self._running.pop(key).close()

    def measure(self, task: Task) -> None:
        """The rounds that count, of the remaining contenders; both directions with the settings of one."""
        rows = self.remaining(task)
        if task.bidirectional:
            rows = [Measured(row.contender, task, row.threads, {}, 0.0) for row in rows]
            self.measured += rows
        workers = [self.worker(row) for row in rows]
        first = preliminary_seconds(self._prepare(workers, task), task, self._settings.preliminary_steps)
        budget = self._settings.seconds_a_measurement
        rounds = {worker: affordable(first[worker], self._settings.rounds, budget) for worker in workers}
        seconds = alternate(rounds, partial(Worker.seconds, task=task))
        forget(workers)
        for row, worker in zip(rows, workers, strict=True):
            row.seconds = seconds[worker]
            row.difference = self._differences[row.contender, task]
            row.preliminary = row.preliminary or {row.threads: first[worker]}

    def remaining(self, task: Task) -> list[Measured]:
        """The preliminary rows of those that go on: those not far behind, and those that a target compares."""
        rows = self.rows(Task(task.shape, task.training))
        named = {
            choose(rows)
            for target in TARGETS
            if (target.training, target.bidirectional) == (task.training, task.bidirectional)
            for choose in (target.ours, target.theirs)
        }
        settings = self._settings
        factor = settings.dropped_from_both_directions if task.bidirectional else settings.dropped_from
        slowest = {
            family: factor * min(row.preliminary_seconds for row in of_family(rows, family))
            for family in {row.contender.family for row in rows}
        }
        return [
            row
            for row in rows
            if row.preliminary_seconds <= slowest[row.contender.family] or row.contender in named
        ]  # fmt: skip

    def worker(self, row: Measured) -> Worker:
        """The process of a contender that was not dropped."""
        return self._running[row.contender, row.threads]

    def rows(self, task: Task) -> list[Measured]:
        """All that was measured on a task."""
        return [row for row in self.measured if row.task == task]

    def _prepare(self, workers: Sequence[Worker], task: Task) -> dict[Worker, float]:
        """Seconds of the first step of each, after comparing what it computed."""
        answers = prepare_all(workers, task)
        # bfloat16 is compared with float32, and not the other way round.
        exact = sorted(answers, key=lambda worker: worker.contender.dtype != FLOAT32)[0]
        reference = self._reference.setdefault(task, answers[exact]["samples"])
        for worker, answer in answers.items():
            difference = largest_difference(answer["samples"], reference)
            contender = worker.contender
            if not difference <= TOLERANCE[contender.dtype]:  # also where it is not a number
                raise BenchmarkError(
                    f"expected {contender.title} to compute in a {task} what the others do, within "
                    f"{TOLERANCE[contender.dtype]:g} of the largest value; found a difference of {difference:g}"
                )
            self._differences[contender, task] = difference
        return {worker: answer["seconds"] for worker, answer in answers.items()}


def preliminary_seconds(prepared: Mapping[Worker, float], task: Task, steps: int) -> dict[Worker, float]:
    """The fastest of some alternating steps of each worker, in seconds.

    Args:
        prepared: seconds of each worker's first step. Torch compiles nothing, so a very slow first step stands for
            all: bfloat16 on a CPU without instructions for it takes very long.
        task: what they prepared.
        steps: how many for each; fewer where they take long.
    """
    seconds: dict[Worker, list[float]] = {
        worker: [first] if worker.contender.back_end == "torch" and first > _VERY_SLOW else []
        for worker, first in prepared.items()
    }
    for _ in range(steps):
        for worker, steps_of_worker in seconds.items():
            if sum(steps_of_worker) < _ENOUGH_SECONDS:
                time.sleep(PAUSE)
                steps_of_worker.append(worker.seconds(task))
    return {worker: min(steps_of_worker) for worker, steps_of_worker in seconds.items()}


def forget(workers: Iterable[Worker]) -> None:
    """Lets each worker drop what it prepared."""
    for worker in workers:
        worker.ask("forget")


def _in_words(row: Measured) -> str:
    settings = ", ".join(f"{1000 * seconds:.0f} ms with {n}" for n, seconds in row.preliminary.items())
    return f"{row.task.shape.name} {'training' if row.task.training else 'forward'} {settings}"
