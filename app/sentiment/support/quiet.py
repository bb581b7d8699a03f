"""Standard error without the messages of native code, and without errors of its own."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any, TextIO

_STDERR = 2


@contextlib.contextmanager
def without_native_output() -> Iterator[None]:
    """Discards what is written to standard error within the block.

    TensorFlow writes four lines on every machine without a GPU, before any setting can stop it. Python's exceptions
    pass, and are printed after the block.
    """
    stderr = os.dup(_STDERR)
    devnull = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(devnull, _STDERR)
        yield
    finally:
        os.dup2(stderr, _STDERR)
        os.close(stderr)
        os.close(devnull)


class Unfailing:
    """A stream for remarks on the work: one that cannot be written, for example on a full disk, is left out.

    Args:
        stream: that all else is passed on to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
