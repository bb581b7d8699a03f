"""Uploaded files that are read in processes of their own: few at a time, and few that wait."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sentiment.data.files.apart.process import Limits
from sentiment.data.files.apart.reading import Reader, ReadFile
from sentiment.data.files.options import LearntColumns
from sentiment.errors import OverloadedError
from sentiment.server.settings import ServerSettings


class Readers:
    """A bounded queue of files, for use from one event loop."""

    def __init__(self, settings: ServerSettings) -> None:
        self._limits = Limits(
            settings.max_rows, settings.max_read_bytes, settings.read_memory_bytes, settings.read_seconds
        )
        self._at_once, self._queue = settings.readers, settings.read_queue
        # Of its own: where they wait for processes, no thread is taken from the networks.
        self._threads = ThreadPoolExecutor(settings.readers, "reader")
        self._files = 0

    @property
    def waiting(self) -> int:
        """Number of waiting files, without those being read."""
        return max(0, self._files - self._at_once)

    async def read(self, path: Path, column: str | None, learnt: LearntColumns, reserved: Sequence[str]) -> ReadFile:
        """The rows of a file; arguments as of `Reader.read`, and one row more than are allowed at most.

        A cancelled caller leaves the queue, or its process is ended. In any case nothing uses the file afterwards.

        Raises:
            OverloadedError: too many files wait, or no process can be started.
            ReviewsError: as of `Reader.read`.
        """
        if self._files >= self._at_once + self._queue:
            raise OverloadedError(
                f"expected room for 1 in a queue of {self._queue} files; found {self.waiting} waiting; try again in a "
                "moment"
            )
        reader = Reader()
        self._files += 1
        job = self._threads.submit(reader.read, path, column, learnt, reserved, self._limits)
        try:
            return await asyncio.wrap_future(job)
        except asyncio.CancelledError:
            reader.end()
            await asyncio.gather(asyncio.wrap_future(job), return_exceptions=True)
            raise
        except OSError as error:  # no memory for another process
            raise OverloadedError(
                f"expected to start a process that reads the file; found: {error.strerror or error}; try again later"
            ) from None
        finally:
            self._files -= 1
