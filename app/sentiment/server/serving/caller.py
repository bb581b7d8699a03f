"""Who waits for the answer to a request: until when, and whether still."""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Caller:
    """The client of one request that has come, in its event loop.

    Args:
        deadline: until when it waits, by the clock of the event loop.
    """

    def __init__(self, deadline: float = math.inf) -> None:
        self.came = asyncio.get_running_loop().time()
        self.deadline = deadline
        self._waiting: set[asyncio.Task[object]] = set()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """A block that is cancelled if the client leaves: only here does a request hold nothing but
        its place, or a process that ends with it."""
        task = asyncio.current_task()
        if task is None:  # not in an event loop's task, so that nothing can be cancelled
            yield
            return
        self._waiting.add(task)
        try:
            yield
        finally:
            self._waiting.discard(task)

    def leave(self) -> None:
        """The client has gone: what waits for it is cancelled."""
        for task in self._waiting:
            task.cancel()


caller: ContextVar[Caller] = ContextVar("caller")  # of the request in progress
