"""New files and folders in the place of old ones: after a crash at any moment, the old or the new one is there, whole.

What is written reaches the disk before it gets its name. A folder changes places with the older one in one step on
Linux and macOS, on file systems that can. Elsewhere the older one is set aside for a moment; after a crash in it, the
next process that writes there puts it back.
"""

import contextlib
import ctypes
import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sentiment.support.storage.failures import storage_errors
from sentiment.support.storage.locks import set_aside, unfinished

_HERE = -100  # AT_FDCWD: a path is relative to the working folder
_SWAP = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
_CANNOT_SWAP = (errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.ENOTSUP, errno.EPERM)


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A temporary folder that becomes `target` when the block ends well, and is deleted otherwise.

    An older `target` stays in place until the new one is complete.

    Raises:
        StorageError: the disk is full, or the target cannot be written.
    """
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with unfinished(target, lambda path: path.mkdir(0o700)) as temporary:
            yield temporary
            temporary.chmod(0o755)
            for path in (*temporary.rglob("*"), temporary):
                synchronise(path)
            _put(temporary, target)
            synchronise(target.parent)


@contextlib.contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """A temporary file that becomes `target` when the block ends well, and is deleted otherwise.

    Of a symbolic link, the file that it points to is replaced. A pipe or a device is written into.

    Raises:
        StorageError: the disk is full, or the target cannot be written.
    """
    if target.exists() and not target.is_file() and not target.is_dir():
        with storage_errors(target), tempfile.TemporaryDirectory() as folder:
            complete = Path(folder) / "complete"
            yield complete
            with complete.open("rb") as content, target.open("wb") as stream:
                shutil.copyfileobj(content, stream)
        return
    with storage_errors(target):
        target = Path(os.path.realpath(target))
        target.parent.mkdir(parents=True, exist_ok=True)
        with unfinished(target, _empty_file) as temporary:
            yield temporary
            if target.exists():
                shutil.copymode(target, temporary)
            synchronise(temporary)
            temporary.replace(target)
            synchronise(target.parent)


def write_text(target: Path, text: str) -> None:
    """Writes a text file with `new_file`."""
    with new_file(target) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def synchronise(path: Path) -> None:
    """Waits until a file, or the list of names in a folder, is on the disk.

    Raises:
        OSError: it cannot be written there.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:  # Windows opens no folders; and what may not be read was not written here
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):  # the file system cannot
            raise
    finally:
        os.close(descriptor)


def _empty_file(path: Path) -> None:
    try:
        path.touch(exist_ok=False)  # unlike tempfile, with the permissions that the umask allows
    except FileNotFoundError:  # in a folder like /proc
        raise PermissionError(errno.EACCES, "no file can be made there") from None


def _put(new: Path, target: Path) -> None:
    """Gives a new folder its name. What had the name is deleted then, or has the name of the new one."""
    try:
        if os.path.lexists(target):
            if not _exchange(new, target):
                with set_aside(target):
                    new.rename(target)
            return
    except FileNotFoundError:  # another process has deleted it since
        if os.path.lexists(target):
            raise
    new.rename(target)


def _exchange(first: Path, second: Path) -> bool:
    """Swaps what two names stand for, in one step; False where the system or the file system cannot."""
    name = {"linux": "renameat2", "darwin": "renamex_np"}.get(sys.platform)
    function = getattr(ctypes.CDLL(None, use_errno=True), name, None) if name else None
    if function is None:
        return False
    names = os.fsencode(first.absolute()), os.fsencode(second.absolute())
    arguments = (_HERE, names[0], _HERE, names[1]) if sys.platform == "linux" else names
    if function(*arguments, _SWAP) == 0:
        return True
    if (number := ctypes.get_errno()) in _CANNOT_SWAP:
        return False
    raise OSError(number, os.strerror(number))
