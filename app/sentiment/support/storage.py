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

_CLOSED = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG, errno.EFBIG,
    errno.EBADF, errno.EIO,
)  # fmt: skip


@contextlib.contextmanager
def storage_errors(target: Path) -> Iterator[None]:
    """Turns what the operating system says about a full or closed disk into one line.

    Raises:
        StorageError: no room left, or no permission, to write `target`.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"expected room on the disk to write {target}; found none; free some and retry"
            ) from None
        if error.errno in _CLOSED:
            raise StorageError(
                f"expected to be able to write {target}; found: {error.strerror}; choose another folder"
            ) from None
        raise


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A temporary folder that becomes `target` when the block ends well, and vanishes when it does not.

    An older `target` stays in place until the new one is complete.

    Raises:
        StorageError: no room left, or no permission, to write it.
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
    """A temporary file that becomes `target` when the block ends well, and vanishes when it does not.

    A link stays, and what it leads to is replaced. A pipe or a device stays, too: the file is written into it.

    Raises:
        StorageError: no room left, or no permission, to write it.
    """
    if target.exists() and not target.is_file() and not target.is_dir():
        with storage_errors(target), tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "made"
            yield made
            with made.open("rb") as content, target.open("wb") as stream:
                shutil.copyfileobj(content, stream)
        return
    with storage_errors(target):
        target = Path(os.path.realpath(target))
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}")
        try:
            temporary.touch(exist_ok=False)  # who may read it is said by the umask, as of every file
        except FileNotFoundError:  # in a folder that is none, like /proc
            raise PermissionError(errno.EACCES, "no file can be made there") from None
        try:
            yield temporary
            if target.exists():
                shutil.copymode(target, temporary)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write_text(target: Path, text: str) -> None:
    """Writes a text file through a temporary one beside it.

    Raises:
        StorageError: no room left, or no permission, to write it.
    """
    with new_file(target) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")
