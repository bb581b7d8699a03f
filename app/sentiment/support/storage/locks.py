"""One process at a time, and what processes that were killed have left behind.

The locks are those of `flock`: the system takes them off when a process ends, however it ends. Where there are none
(Windows, some network file systems), nobody waits, and nothing is swept, because what lies there may be in use.
"""

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from sentiment.support.storage.failures import storage_errors

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_LONGEST_NAME = 200  # bytes of a name that others are made of; file systems take 255
_UNFINISHED, _SET_ASIDE, _IN_USE = "unfinished", "replaced", "sentiment-lock"
_LEFTOVER = re.compile(rf"\.(?P<name>.+)\.([0-9a-f]{{8}}\.(?P<kind>{_UNFINISHED}|{_SET_ASIDE})|{_IN_USE})", re.DOTALL)
NO_LINK = getattr(os, "O_NOFOLLOW", 0)  # a link under a hidden name is somebody else's; Windows has no such flag
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
    path = target.with_name(f".{short_name(target.name)}.{_IN_USE}")
    waited, descriptor = False, None
    try:
        while True:
            with storage_errors(target):
                path.parent.mkdir(parents=True, exist_ok=True)
                try:
                    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | NO_LINK, 0o666)
                except FileNotFoundError:  # in a folder like /proc
                    raise PermissionError(errno.EACCES, "no file can be made there") from None
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
            is_last = _lock(descriptor) and _is_at(descriptor, path)
            if fcntl is None:  # Windows deletes no open file
                os.close(descriptor)
            if is_last:
                with contextlib.suppress(OSError):  # another process has it open there
                    path.unlink()
            if fcntl is not None:
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


@contextlib.contextmanager
def set_aside(target: Path) -> Iterator[None]:
    """A block that puts another file or folder in the place of one, which is deleted, or returns if the block fails."""
    aside, descriptor = hidden(target, _SET_ASIDE), _opened(target)
    try:
        if descriptor is not None:
            _lock(descriptor)  # so that no other process puts it back at once
        target.rename(aside)
        yield
        delete(aside)
    except BaseException:
        if os.path.lexists(aside) and not os.path.lexists(target):
            aside.rename(target)
        raise
    finally:
        if descriptor is not None:
            os.close(descriptor)


def discard(target: Path) -> None:
    """Deletes a target, unless another process is in `one_at_a_time` for it."""

    def busy() -> None:
        raise BlockingIOError

    with contextlib.suppress(BlockingIOError), one_at_a_time(target, busy):
        delete(target)


def hidden(target: Path, kind: str) -> Path:
    """A free name beside a target, which `sweep` knows."""
    return target.with_name(f".{short_name(target.name)}.{secrets.token_hex(4)}.{kind}")


def short_name(name: str) -> str:
    """A name that leaves space for an ending: of a long one its beginning, and a digest of the whole."""
    content = os.fsencode(name)
    if len(content) <= _LONGEST_NAME:
        return name
    digest = hashlib.blake2b(content, digest_size=8).hexdigest()
    return f"{content[:_LONGEST_NAME].decode(errors='ignore')}~{digest}"


def sweep(folder: Path) -> None:
    """Deletes what processes that were killed have left unfinished in a folder, once in each process.

    What was set aside and not replaced any more returns to its place, unless its name was too long to be kept. A lock
    is an empty file; what has content or is no file is not one of ours.
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
        if not match["kind"] and not _is_empty_file(path):
            continue
        descriptor = _opened(path)
        if descriptor is None:
            continue
        with contextlib.suppress(OSError):  # another user's
            if _lock(descriptor, without=False) and _is_at(descriptor, path):
                _clear(path, folder / match["name"], match["kind"])
        os.close(descriptor)


def _clear(path: Path, target: Path, kind: str | None) -> None:
    """Deletes what a killed process has left, or puts it back in its place."""
    if kind != _SET_ASIDE or os.path.lexists(target):
        delete(path)
    elif len(os.fsencode(target.name)) <= _LONGEST_NAME:  # the whole name
        path.rename(target)


def _is_empty_file(path: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and not status.st_size


def delete(path: Path) -> None:
    """Deletes a file, a link or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _opened(path: Path) -> int | None:
    """For a lock; None where it cannot be opened, or there are no locks."""
    if fcntl is None:
        return None
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
