"""Dynamic batching: requests that wait at the same time are computed together.

    submit -> [job, job, job, ...] -> one worker takes what waits, up to a batch -> compute -> results per job

No request waits for a batch to fill: a lone request is computed at once, and meanwhile others gather. What would wait
too long is refused when it comes, because a late refusal helps nobody.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sentiment.errors import OverloadedError
from sentiment.server.serving.pace import Pace

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(eq=False)
class _Job(Generic[Item, Result]):
    items: Sequence[Item]
    work: float
    results: asyncio.Future[list[Result]]


class Batcher(Generic[Item, Result]):
    """A bounded queue with one worker, for use from one event loop.

    Args:
        compute: one result for each item, in order; called in a thread, one call at a time.
        capacity: items that may wait.
        batch: items computed together; a request with more is computed alone and whole.
        on_queue: called with the number of waiting items whenever it changes.
        on_batch: called with the items and seconds of every batch.
        seconds: of computing that may wait, as expected from the latest batches. One batch may always wait, so that a
            slow one does not leave the worker idle.
        work_of: the work in an item, in a unit of the caller's, such as characters.
    """

    def __init__(
        self,
        compute: Callable[[list[Item]], Sequence[Result]],
        capacity: int,
        batch: int,
        on_queue: Callable[[int], None] = lambda _: None,
        on_batch: Callable[[int, float], None] = lambda _items, _seconds: None,
        *,
        seconds: float = math.inf,
        work_of: Callable[[Item], float] = lambda _: 1.0,
    ) -> None:
        self._compute = compute
        self._capacity = capacity
        self._batch = batch
        self._seconds = seconds
        self._on_queue = on_queue
        self._on_batch = on_batch
        self._work_of = work_of
        self._jobs: deque[_Job[Item, Result]] = deque()
        self._waiting = 0  # items
        self._work = 0.0  # in the waiting items
        self._ends = 0.0  # when the batch being computed is expected to be done, in seconds of the clock
        self._pace = Pace()
        self._worker: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Number of waiting items, without those being computed."""
        return self._waiting

    @property
    def wait_seconds(self) -> float:
        """How long a request that comes now is expected to wait."""
        return max(0.0, self._ends - time.perf_counter()) + self._pace.seconds(self._work)

    @property
    def is_full(self) -> bool:
        """Whether even one item is refused."""
        return self._reason(1, math.inf) is not None

    def require_room(self, count: int, seconds_left: float = math.inf) -> None:
        """Raises OverloadedError if so many items would find no room, or would wait longer than `seconds_left`."""
        if reason := self._reason(count, seconds_left):
            raise OverloadedError(f"{reason}; try again in a moment")

    async def submit(self, items: Sequence[Item], seconds_left: float = math.inf) -> list[Result]:
        """The results of some items, in order. A cancelled caller leaves the queue.

        Args:
            items: at least one.
            seconds_left: for waiting; a request that is expected to wait longer is refused at once.

        Raises:
            OverloadedError: the queue has no space for them, or they would wait too long.
            Exception: what `compute` raised for these items.
        """
        self.require_room(len(items), seconds_left)
        work = sum(map(self._work_of, items))
        job: _Job[Item, Result] = _Job(items, work, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self._count(job, 1)
        self._on_queue(self._waiting)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._drain())
        try:
            return await job.results
        except asyncio.CancelledError:
            if job in self._jobs:
                self._jobs.remove(job)
                self._count(job, -1)
                self._on_queue(self._waiting)
            raise

    def _reason(self, count: int, seconds_left: float) -> str | None:
        if self._waiting + count > self._capacity:
            return f"expected room for {count} in a queue of {self._capacity}; found {self._waiting} waiting"
        longest = min(self._seconds, seconds_left)
        if self._waiting + count > self._batch and (wait := self.wait_seconds) > longest:
            return f"expected to wait at most {longest:.2g} seconds; found {wait:.2g} seconds of work that waits"
        return None

    def _count(self, job: _Job[Item, Result], sign: int) -> None:
        self._waiting += sign * len(job.items)
        self._work = self._work + sign * job.work if self._waiting else 0.0

    async def _drain(self) -> None:
        # Ends when the queue is empty, so that a batcher whose run was replaced needs no closing.
        while self._jobs:
            await self._run(self._take())

    def _take(self) -> list[_Job[Item, Result]]:
        jobs: list[_Job[Item, Result]] = []
        size = 0
        while self._jobs and (not jobs or size + len(self._jobs[0].items) <= self._batch):
            jobs.append(self._jobs.popleft())
            size += len(jobs[-1].items)
            self._count(jobs[-1], -1)
        self._on_queue(self._waiting)
        return jobs

    async def _run(self, jobs: list[_Job[Item, Result]]) -> None:
        items = [item for job in jobs for item in job.items]
        work = sum(job.work for job in jobs)
        started = time.perf_counter()
        self._ends = started + self._pace.seconds(work)
        try:
            results = iter(await asyncio.to_thread(self._compute, items))
        except Exception as error:
            if len(jobs) == 1:
                if not jobs[0].results.done():
                    jobs[0].results.set_exception(error)
                return
            for job in jobs:  # an item that fails must not fail the others of its batch
                await self._run([job])
            return
        finally:
            self._ends = 0.0
        seconds = time.perf_counter() - started
        self._pace.learn(work, seconds)
        self._on_batch(len(items), seconds)
        for job in jobs:
            job_results = [next(results) for _ in job.items]
            if not job.results.done():  # done: its caller was cancelled
                job.results.set_result(job_results)
