"""Requests that wait at the same time are computed together.

    submit -> [job, job, job, ...] -> one worker takes what waits, up to a batch -> compute -> each job its results

Nobody waits for a batch to fill: a lone request is computed at once, and while it is, others gather.
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
    done: asyncio.Future[list[Result]]


class Batcher(Generic[Item, Result]):
    """A bounded queue that one worker drains; to be used from one event loop.

    Args:
        compute: one result for each item, in order; called in a thread, never twice at the same time.
        capacity: items that may wait.
        batch: items computed together at most; a request with more is computed alone and whole.
        waits: told the number of waiting items whenever it changes.
        computed: told the number of items and the seconds of every batch.
    """

    def __init__(
        self,
        compute: Callable[[list[Item]], Sequence[Result]],
        capacity: int,
        batch: int,
        waits: Callable[[int], None] = lambda _: None,
        computed: Callable[[int, float], None] = lambda _items, _seconds: None,
    ) -> None:
        self._compute = compute
        self._capacity = capacity
        self._batch = batch
        self._waits = waits
        self._computed = computed
        self._jobs: deque[_Job[Item, Result]] = deque()
        self._worker: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Items that wait, without those that are being computed."""
        return sum(len(job.items) for job in self._jobs)

    async def submit(self, items: Sequence[Item]) -> list[Result]:
        """The results of some items, in order.

        Whoever is cancelled while waiting leaves the queue.

        Raises:
            OverloadedError: so many wait already that these find no room.
            Exception: what `compute` raised on these items.
        """
        if self.waiting + len(items) > self._capacity:
            raise OverloadedError(
                f"expected room for {len(items)} in a queue of {self._capacity}; found {self.waiting} waiting; "
                "try again in a moment"
            )
        job: _Job[Item, Result] = _Job(items, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self._waits(self.waiting)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._drain())
        try:
            return await job.done
        finally:
            if job in self._jobs:
                self._jobs.remove(job)
                self._waits(self.waiting)

    async def _drain(self) -> None:
        # Ends with the queue, so that a run that was replaced needs no closing: it answers, and is forgotten.
        while self._jobs:
            jobs = self._take()
            self._waits(self.waiting)
            await self._answer(jobs)

    def _take(self) -> list[_Job[Item, Result]]:
        taken = [self._jobs.popleft()]
        size = len(taken[0].items)
        while self._jobs and size + len(self._jobs[0].items) <= self._batch:
            taken.append(self._jobs.popleft())
            size += len(taken[-1].items)
        return taken

    async def _answer(self, jobs: list[_Job[Item, Result]]) -> None:
        items = [item for job in jobs for item in job.items]
        started = time.perf_counter()
        try:
            results = iter(await asyncio.to_thread(self._compute, items))
        except Exception as error:
            if len(jobs) == 1:
                if not jobs[0].done.done():
                    jobs[0].done.set_exception(error)
                return
            for job in jobs:  # one that cannot be computed must not take its neighbours with it
                await self._answer([job])
            return
        self._computed(len(items), time.perf_counter() - started)
        for job in jobs:
            own = [next(results) for _ in job.items]
            if not job.done.done():  # done: who asked has gone
                job.done.set_result(own)
