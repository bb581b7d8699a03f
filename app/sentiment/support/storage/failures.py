"""The errors of a full disk, and of one that cannot be written, in a line."""

import contextlib
import errno
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sentiment.errors import StorageError

_LEAST_FREE_BYTES = 1 << 26
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NOT_WRITABLE = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG, errno.EFBIG,
    errno.EBADF, errno.EIO, errno.ELOOP,
)  # fmt: skip


@contextlib.contextmanager
def storage_errors(target: Path) -> Iterator[None]:
    """Turns the error of a full disk or a target that cannot be written into one line.

    Raises:
        StorageError: in place of the OSError.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError(
                f"expected room on the disk to write {target}; found none; free some and retry"
            ) from None
        if error.errno in _NOT_WRITABLE:
            raise StorageError(
                f"expected to be able to write {target}; found: {error.strerror}; choose another folder"
            ) from None
        raise


def require_writable(folder: Path) -> None:
    """Checks that a folder, which may be missing yet, can be written to. It leaves nothing there.

    Raises:
        StorageError: it cannot, or its disk has less room than a small network and its checkpoints take.
    """
    with storage_errors(folder):
        place = folder.absolute()
        present = next(path for path in (place, *place.parents) if path.exists())
        try:
            with tempfile.NamedTemporaryFile(prefix=".sentiment-", dir=present) as file:
                file.write(b" ")
        except FileNotFoundError:  # in a folder like /proc
            raise PermissionError(errno.EACCES, "no file can be made there") from None
        free = shutil.disk_usage(present).free
    if free < _LEAST_FREE_BYTES:
        raise StorageError(
            f"expected at least {_LEAST_FREE_BYTES / 1e6:,.0f} MB of room on the disk of {folder}; found "
            f"{free / 1e6:,.0f}; free some, or choose another folder"
        )
