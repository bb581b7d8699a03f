"""Parts of a batch in parallel: one thread per core, and no further threads inside a matrix product."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

from sentiment.support.environment import cores

ROWS_PER_WORKER = 8  # with fewer, a further thread costs more than it saves

Part = TypeVar("Part")
Result = TypeVar("Result")


def worker_count(rows: int) -> int:
    """The number of parts to split a batch of so many rows into."""
    return max(1, min(cores(), rows // ROWS_PER_WORKER))


def run_parallel(function: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """The function's result for each part, in order."""
    with _single_threaded_products:
        if len(parts) == 1:
            return [function(parts[0])]
        return list(_threads().map(function, parts))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), thread_name_prefix="lstm")


@cache
def blas_libraries() -> ThreadpoolController:
    """The libraries that multiply matrices in this process; SciPy's is what compiled code calls."""
    import scipy.linalg.cython_blas  # noqa: F401  loaded only once it is needed

    return ThreadpoolController().select(user_api="blas")


class _SingleThreadedProducts:
    """Within it a matrix product runs in one thread: with more, OpenBLAS makes the workers wait for each other.

    The limit holds for the process, so the first of several concurrent calls sets it and the last one restores it. They
    may run in different threads of TensorFlow. threadpoolctl lets only one thread set OpenBLAS's limit and silently
    ignores the others while that one lives, so each call makes its own thread the one that may.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0
        self._limit: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if self._calls == 0:
                _let_this_thread_set_limits()
                self._limit = blas_libraries().limit(limits=1)
            self._calls += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._calls -= 1
            if self._calls == 0:
                _let_this_thread_set_limits()
                self._limit.restore_original_limits()


def _let_this_thread_set_limits() -> None:
    for library in blas_libraries().lib_controllers:
        if library.internal_api == "openblas":
            library.clear_controlling_thread(force=True)


_single_threaded_products = _SingleThreadedProducts()


def _after_fork() -> None:
    """A forked process has none of the threads, and nobody to let go of a lock that one of them held."""
    _threads.cache_clear()
    _single_threaded_products.__init__()  # type: ignore[misc]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
