"""How the loops of the fast path are compiled: by Numba, once for a machine.

The machine code is cached in the user's cache folder, never beside the sources, whose folder may be read-only. Numba
notices that the file of a function has changed, but not those of the functions it calls; so each state of all sources
has a folder of its own.
"""

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
import platformdirs

from sentiment.layers.fast.kernel.processor import has_tiles

# What is compiled, and what it calls.
_SOURCES = (Path(__file__).parent, Path(__file__).parents[3] / "networks" / "sampled")
KEPT = 8  # states of the sources whose machine code stays; older versions may still run

Function = TypeVar("Function", bound=Callable[..., Any])

# Sums may be added in another order and joined with products, as libraries of matrix products do. NaN and infinity stay
# what they are, and a division by zero gives infinity: Python's exception would keep loops from being vectorised.
_OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "reassoc", "nsz", "arcp"}}


def compiled(function: Function) -> Function:
    """The function as machine code, compiled at its first call, that lets go of Python's lock while it runs."""
    folder = code_folder()
    if folder is None:
        return numba.njit(**_OPTIONS)(function)
    earlier = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)  # Numba reads it when a function is decorated, and only then
    try:
        return numba.njit(**_OPTIONS, cache=True)(function)
    finally:
        numba.config.CACHE_DIR = earlier


def inlined(function: Function) -> Function:
    """As `compiled`, for a few operations on numbers: the function becomes part of each function that calls it."""
    return numba.njit(**_OPTIONS, inline="always")(function)


@cache
def code_folder() -> Path | None:
    """Where the machine code of these sources is cached; None if no folder of the user's can be written."""
    state = hashlib.sha256(f"tiles: {has_tiles()}".encode())  # a permission, so it is not among Numba's own keys
    for path in sorted(path for folder in _SOURCES for path in folder.rglob("*.py")):
        state.update(path.read_bytes())
    folder = platformdirs.user_cache_path("sentiment", appauthor=False) / "lstm" / state.hexdigest()[:16]
    try:
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
            _forget_older(folder.parent)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def _forget_older(folder: Path) -> None:
    """Removes the machine code of sources that are long gone."""
    with contextlib.suppress(OSError):  # another process may be at it, too
        newest_first = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in newest_first[KEPT:]:
            shutil.rmtree(path, ignore_errors=True)
