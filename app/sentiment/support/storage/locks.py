"""One process at a time, and what processes that were killed have left behind.

The locks are those of `flock`: the system takes them off when a process ends, however it ends. Where there are none
(Windows, some network file systems), nobody waits, and nothing is swept, because what lies there may be in use.
"""

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from sentiment.support.storage.failures import storage_errors

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_LONGEST_NAME = 200  # bytes of a name that others are made of; file systems take 255
_UNFINISHED, _SET_ASIDE, _IN_USE = "unfinished", "replaced", "in-use"
_LEFTOVER = re.compile(rf"\.(?P<name>.+)\.([0-9a-f]{{8}}\.(?P<kind>{_UNFINISHED}|{_SET_ASIDE})|{_IN_USE})", re.DOTALL)
_swept: set[Path] = set()  # folders, once in each process


@contextlib.contextmanager
def one_at_a_time(target: Path, waiting: Callable[[], object]) -> Iterator[bool]:
    """A block that only one process at a time enters for a target. Others wait.

    Args:
        target: what the block makes. A hidden file beside it is the lock.
        waiting: called where another process is in the block, before the wait; what it raises ends the wait.

    Returns:
        Whether there was a wait, after which the target may have been made by the other process.

    Raises:
        StorageError: the lock cannot be made.
    """
    path = target.with_name(f".{short(target.name)}.{_IN_USE}")
    waited, descriptor = False, None
    try:
        while True:
            with storage_errors(target):
                path.parent.mkdir(parents=True, exist_ok=True)
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            if not _lock(descriptor):
                if not waited:
                    waiting()
                waited = True
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_at(descriptor, path):
                break
            os.close(descriptor)  # the process before this one has deleted it
            descriptor = None
        yield waited
    finally:  # also where a signal ended the wait
        if descriptor is not None:
            if _lock(descriptor) and _is_at(descriptor, path):
                with contextlib.suppress(OSError):  # Windows deletes no open file
                    path.unlink()
            os.close(descriptor)


@contextlib.contextmanager
def unfinished(target: Path, make: Callable[[Path], object]) -> Iterator[Path]:
    """A new name beside a target, deleted when the block ends, and swept by a later process where it cannot end.

    Args:
        target: what the file or folder becomes.
        make: makes it at that name.
    """
    sweep(target.parent)
    path, descriptor = hidden(target, _UNFINISHED), None
    try:  # from before it is there, so that a signal at any moment leaves none
        while True:
            make(path)
            descriptor = _opened(path)
            if path.exists() if descriptor is None else _lock(descriptor) and _is_at(descriptor, path):
                break
            path = hidden(target, _UNFINISHED)  # another process swept it before it was locked
            if descriptor is not None:
                os.close(descriptor)
        yield path
    finally:
        delete(path)
        if descriptor is not None:
            os.close(descriptor)


def discard(target: Path) -> None:
    """Deletes a target, unless another process is in `one_at_a_time` for it."""

    def busy() -> None:
        raise BlockingIOError

    with contextlib.suppress(BlockingIOError), one_at_a_time(target, busy):
        delete(target)


def hidden(target: Path, kind: str = _SET_ASIDE) -> Path:
    """A free name beside a target, which `sweep` knows."""
    return target.with_name(f".{short(target.name)}.{secrets.token_hex(4)}.{kind}")


def short(name: str) -> str:
    """A name that leaves space for an ending."""
    return os.fsencode(name)[:_LONGEST_NAME].decode(errors="ignore")


def sweep(folder: Path) -> None:
    """Deletes what processes that were killed have left unfinished in a folder, once in each process.

    What was set aside and not replaced any more returns to its place.
    """
    folder = Path(os.path.realpath(folder))
    if folder in _swept or fcntl is None:
        return
    _swept.add(folder)
    try:
        matches = [match for entry in os.scandir(folder) if (match := _LEFTOVER.fullmatch(entry.name))]
    except OSError:  # the folder is missing yet, or cannot be listed
        return
    for match in matches:
        path = folder / match.string
        descriptor = _opened(path)
        if descriptor is None:
            continue
        with contextlib.suppress(OSError):  # another user's
            if _lock(descriptor, without=False) and _is_at(descriptor, path):
                target = folder / match["name"]
                if match["kind"] == _SET_ASIDE and not os.path.lexists(target):
                    path.rename(target)
                else:
                    delete(path)
        os.close(descriptor)


def delete(path: Path) -> None:
    """Deletes a file, a link or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _opened(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None


def _lock(descriptor: int, without: bool = True) -> bool:
    """Whether no other process has the lock, which this one has now; `without`, where there are no locks."""
    if fcntl is None:
        return without
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return without
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
