"""Dynamic batching: requests that wait at the same time are computed together.

    submit -> [job, job, job, ...] -> one worker takes what waits, up to a batch -> compute -> results per job

No request waits for a batch to fill: a lone request is computed at once, and meanwhile others gather.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sentiment.errors import OverloadedError

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(eq=False)
class _Job(Generic[Item, Result]):
    items: Sequence[Item]
    results: asyncio.Future[list[Result]]


class Batcher(Generic[Item, Result]):
    """A bounded queue with one worker, for use from one event loop.

    Args:
        compute: one result for each item, in order; called in a thread, one call at a time.
        capacity: items that may wait.
        batch: items computed together; a request with more is computed alone and whole.
        on_queue: called with the number of waiting items whenever it changes.
        on_batch: called with the items and seconds of every batch.
    """

    def __init__(
        self,
        compute: Callable[[list[Item]], Sequence[Result]],
        capacity: int,
        batch: int,
        on_queue: Callable[[int], None] = lambda _: None,
        on_batch: Callable[[int, float], None] = lambda _items, _seconds: None,
    ) -> None:
        self._compute = compute
        self._capacity = capacity
        self._batch = batch
        self._on_queue = on_queue
        self._on_batch = on_batch
        self._jobs: deque[_Job[Item, Result]] = deque()
        self._worker: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Number of waiting items, without those being computed."""
        return sum(len(job.items) for job in self._jobs)

    async def submit(self, items: Sequence[Item]) -> list[Result]:
        """The results of some items, in order. A cancelled caller leaves the queue.

        Raises:
            OverloadedError: the queue has no space for them.
            Exception: what `compute` raised for these items.
        """
        if self.waiting + len(items) > self._capacity:
            raise OverloadedError(
                f"expected room for {len(items)} in a queue of {self._capacity}; found {self.waiting} waiting; "
                "try again in a moment"
            )
        job: _Job[Item, Result] = _Job(items, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self._on_queue(self.waiting)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._drain())
        try:
            return await job.results
        finally:
            if job in self._jobs:
                self._jobs.remove(job)
                self._on_queue(self.waiting)

    async def _drain(self) -> None:
        # Ends when the queue is empty, so that a batcher whose run was replaced needs no closing.
        while self._jobs:
            jobs = self._take()
            self._on_queue(self.waiting)
            await self._run(jobs)

    def _take(self) -> list[_Job[Item, Result]]:
        jobs = [self._jobs.popleft()]
        size = len(jobs[0].items)
        while self._jobs and size + len(self._jobs[0].items) <= self._batch:
            jobs.append(self._jobs.popleft())
            size += len(jobs[-1].items)
        return jobs

    async def _run(self, jobs: list[_Job[Item, Result]]) -> None:
        items = [item for job in jobs for item in job.items]
        started = time.perf_counter()
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
        self._on_batch(len(items), time.perf_counter() - started)
        for job in jobs:
            job_results = [next(results) for _ in job.items]
            if not job.results.done():  # done: its caller was cancelled
                job.results.set_result(job_results)
