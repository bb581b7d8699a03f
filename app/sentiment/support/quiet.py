"""Libraries that talk while they are imported."""

import contextlib
import os
from collections.abc import Iterator

_STDERR = 2


@contextlib.contextmanager
def without_native_output() -> Iterator[None]:
    """Within this block nothing that native code writes to standard error is seen.

    TensorFlow tells every machine without a GPU so, four lines long, before any setting can stop it. Python's
    exceptions pass, and are printed after the block.
    """
    kept = os.dup(_STDERR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
        os.close(nowhere)
