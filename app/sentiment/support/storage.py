"""Files and folders that appear whole or not at all."""

import contextlib
import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sentiment.errors import StorageError

_LEAST_FREE_BYTES = 1 << 26
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NOT_WRITABLE = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG, errno.EFBIG,
    errno.EBADF, errno.EIO,
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


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A temporary folder that becomes `target` when the block ends well, and is deleted otherwise.

    An older `target` stays in place until the new one is complete.

    Raises:
        StorageError: the disk is full, or the target cannot be written.
    """
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            yield temporary
            temporary.chmod(0o755)  # mkdtemp makes it private
            replaced = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
            if target.exists():
                target.rename(replaced / "old")
            temporary.rename(target)
            shutil.rmtree(replaced, ignore_errors=True)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


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
        temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}")
        try:  # from before the file is there, so that a signal at any moment leaves none
            try:
                temporary.touch(exist_ok=False)  # unlike tempfile, with the permissions that the umask allows
            except FileNotFoundError:  # in a folder like /proc
                raise PermissionError(errno.EACCES, "no file can be made there") from None
            yield temporary
            if target.exists():
                shutil.copymode(target, temporary)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write_text(target: Path, text: str) -> None:
    """Writes a text file with `new_file`."""
    with new_file(target) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")
