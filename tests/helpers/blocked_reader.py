"""What reads files apart, held up before it reads, with a process that it has started."""

import os
import shlex
import sys
import time
from pathlib import Path


class BlockedReader:
    """A program that takes the place of Python: it starts a process, and goes on as Python once it is let on.

    Args:
        folder: for its files, which is there for it alone.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.interpreter = folder / "python"
        self._gate, alive = folder / "gate", folder / "alive"
        os.mkfifo(alive)
        self._alive = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
        held, gate, python = (shlex.quote(str(path)) for path in (alive, self._gate, sys.executable))
        self.interpreter.write_text(
            f"#!/bin/sh\nsleep 60 9> {held} > /dev/null 2>&1 &\nwhile [ ! -e {gate} ]; do sleep 0.02; done\n"
            f'kill $!\nexec {python} "$@"\n'
        )
        self.interpreter.chmod(0o755)

    @property
    def has_a_process(self) -> bool:
        """Whether a process that it has started is running: somebody holds the pipe."""
        try:
            return os.read(self._alive, 1) != b""
        except BlockingIOError:
            return True

    def wait_until(self, *, it_has_a_process: bool) -> None:
        """Waits until it has started a process, or none of these is left."""
        end = time.monotonic() + 30
        while self.has_a_process != it_has_a_process:
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.01)

    def let_on(self) -> None:
        """Lets it read, now and from now on."""
        self._gate.touch()

    def close(self) -> None:
        """Ends what is still held up."""
        self.let_on()
        os.close(self._alive)
