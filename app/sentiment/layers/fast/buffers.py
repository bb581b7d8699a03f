"""Memory for large arrays that is used again.

Fresh memory costs more than it seems: the kernel clears every page of it, which took up to a third of an LSTM's way
forward. Here the memory of an array goes back to a shelf when the last view of it is gone, wherever that view was held,
and the next array of about that size is put there.
"""

import threading
import weakref

import numpy as np

ALIGNMENT = 64  # bytes; TensorFlow takes over an array that starts at a multiple of it, and copies any other
SHELF = 16  # as many rooms are kept, from one array to the next
SLACK = 1.5  # a room is used for an array that fills at least two thirds of it

_lock = threading.RLock()  # giving back may happen in the middle of anything, also of taking
_shelf: list[np.ndarray] = []


class _Lease:
    """What an array's memory belongs to while anything looks at it."""

    def __init__(self, room: np.ndarray, start: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.__array_interface__ = {
            "version": 3,
            "data": (room.ctypes.data + start, False),
            "shape": shape,
            "typestr": dtype.str,
        }
        weakref.finalize(self, _give_back, room).atexit = False


def empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """As `np.empty`, starting at a multiple of `ALIGNMENT` bytes; the values are whatever was there."""
    size = int(np.prod(shape)) * dtype.itemsize + ALIGNMENT
    with _lock:
        fits = [place for place, room in enumerate(_shelf) if size <= room.size <= SLACK * size]
        room = _shelf.pop(min(fits, key=lambda place: _shelf[place].size)) if fits else None
        del _shelf[:-SHELF]
    if room is None:
        room = np.empty(size + size // 4, np.uint8)  # a little more, because the next batch may be a little larger
    return np.asarray(_Lease(room, -room.ctypes.data % ALIGNMENT, shape, dtype))


def _give_back(room: np.ndarray) -> None:
    with _lock:
        _shelf.append(room)  # at the end, so that no place changes that somebody has just found
