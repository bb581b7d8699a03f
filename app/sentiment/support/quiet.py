"""Imports without the messages of native code."""

import contextlib
import os
from collections.abc import Iterator

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
