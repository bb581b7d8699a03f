"""Parts of a batch side by side: a thread a core, in which NumPy multiplies without threads of its own."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

from sentiment.support.environment import cores

ROWS_WORTH_A_THREAD = 8  # with fewer, handing over costs more than it saves

Part = TypeVar("Part")
Done = TypeVar("Done")


def streams_for(rows: int) -> int:
    """Into how many parts a batch of so many rows is best dealt out."""
    return max(1, min(cores(), rows // ROWS_WORTH_A_THREAD))


def side_by_side(function: Callable[[Part], Done], parts: Sequence[Part]) -> list[Done]:
    """What the function gives for each part, in order; one thread a core, one thread a matrix product."""
    with _single_threaded_products:
        if len(parts) == 1:
            return [function(parts[0])]
        return list(_threads().map(function, parts))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), thread_name_prefix="lstm")


@cache
def libraries() -> ThreadpoolController:
    """Those that multiply matrices in this process."""
    return ThreadpoolController().select(user_api="blas")


class _SingleThreadedProducts:
    """Within it, products are not split: OpenBLAS would make the streams wait for each other.

    The setting is the process's, so it is changed by the first of several calls at once and restored by the last. These
    run in whatever threads TensorFlow has, but threadpoolctl obeys the first thread that ever set a limit, and silently
    no other until that one has ended; so whoever comes here asks it to forget which that was.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if self._calls == 0:
                _let_this_thread_set_limits()
                self._limit = libraries().limit(limits=1)
            self._calls += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._calls -= 1
            if self._calls == 0:
                _let_this_thread_set_limits()
                self._limit.restore_original_limits()


def _let_this_thread_set_limits() -> None:
    for library in libraries().lib_controllers:
        if hasattr(library, "clear_controlling_thread"):  # OpenBLAS alone has one setting for all threads
            library.clear_controlling_thread(force=True)


_single_threaded_products = _SingleThreadedProducts()
