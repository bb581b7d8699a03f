"""Memory for large arrays that is used again.

The operating system clears fresh memory page by page, which took up to a third of an LSTM's forward pass. Here the
memory of an array is free again when its last view is gone, and the next array of about that size uses it.
"""

import os
import threading
import weakref

import numpy as np

ALIGNMENT = 64  # bytes; TensorFlow copies arrays that do not start at a multiple of it
MOST_FREE = 16  # free buffers that are kept for the next array
SLACK = 1.5  # a buffer is used for arrays that fill at least two thirds of it

_lock = threading.RLock()  # reentrant: the garbage collector may free a buffer while `empty` holds the lock
_free: list[np.ndarray] = []


class _Memory:
    """The part of a buffer that backs one array; frees the buffer when the last view of the array is gone."""

    def __init__(self, buffer: np.ndarray, start: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.__array_interface__ = {
            "version": 3,
            "data": (buffer.ctypes.data + start, False),
            "shape": shape,
            "typestr": dtype.str,
        }
        weakref.finalize(self, _release, buffer).atexit = False


def empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """As `np.empty`, starting at a multiple of `ALIGNMENT` bytes."""
    size = int(np.prod(shape)) * dtype.itemsize + ALIGNMENT
    with _lock:
        fitting = [index for index, buffer in enumerate(_free) if size <= buffer.size <= SLACK * size]
        buffer = _free.pop(min(fitting, key=lambda index: _free[index].size)) if fitting else None
        del _free[:-MOST_FREE]
    if buffer is None:
        buffer = np.empty(size + size // 4, np.uint8)  # larger, because the next batch may be
    return np.asarray(_Memory(buffer, -buffer.ctypes.data % ALIGNMENT, shape, dtype))


def _release(buffer: np.ndarray) -> None:
    with _lock:
        _free.append(buffer)  # at the end, so that the indices in `empty` stay valid


def _after_fork() -> None:
    """Another thread may have held the lock, and in a forked process there is nobody to let go of it."""
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
