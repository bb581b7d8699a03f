"""A folder for output, on this machine or at an address, in which a file appears whole or not at all."""

import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sentiment.data.files.sources import is_remote, shown
from sentiment.errors import StorageError
from sentiment.scoring.inputs import file_system, reason_of
from sentiment.support.storage import new_file, one_at_a_time, storage_errors

# A file in these stores appears when all of it is there; they have no cheap renaming.
_OBJECT_STORES = ("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "memory")


class LocalFolder:
    """A folder of this machine, or of a file system that it has mounted."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()

    def __str__(self) -> str:
        return str(self._path)

    def names(self, folder: str = "") -> dict[str, int]:
        """The files in one of its folders, by name, with their sizes in bytes."""
        place = self._path / folder
        with storage_errors(place):
            if not place.is_dir():
                return {}
            return {entry.name: entry.stat().st_size for entry in place.iterdir() if entry.is_file()}

    def read(self, name: str) -> bytes | None:
        """The content of a file; None if there is none."""
        with storage_errors(self._path / name):
            try:
                return (self._path / name).read_bytes()
            except FileNotFoundError:
                return None

    @contextmanager
    def new(self, name: str) -> Iterator[Path]:
        """A path of this machine, whose file gets this name when the block ends well. Raises StorageError."""
        with new_file(self._path / name) as temporary:
            yield temporary

    def delete(self, names: Iterable[str]) -> None:
        """Deletes files, and the folders that become empty."""
        paths = [self._path / name for name in names]
        with storage_errors(self._path):
            for path in paths:
                path.unlink(missing_ok=True)
            for parent in sorted({path.parent for path in paths} - {self._path}, reverse=True):
                while parent != self._path and parent.is_dir() and not any(parent.iterdir()):
                    parent.rmdir()
                    parent = parent.parent

    @contextmanager
    def alone(self) -> Iterator[None]:
        """A block that only one job at a time is in.

        Raises:
            StorageError: another job is.
        """
        with one_at_a_time(self._path, lambda: _busy(self)):
            yield


class RemoteFolder:
    """A folder at an address, through fsspec. Files of object stores appear whole; elsewhere they are renamed.

    Its methods are those of `LocalFolder`.
    """

    def __init__(self, location: str) -> None:
        self._location = location.rstrip("/")
        self._system, self._path = file_system(self._location)
        protocol = self._system.protocol
        protocols = (protocol,) if isinstance(protocol, str) else protocol
        self._is_atomic = any(name in _OBJECT_STORES for name in protocols)

    def __str__(self) -> str:
        return shown(self._location)

    def __reduce__(self) -> tuple[Callable[[str], "RemoteFolder"], tuple[str]]:
        return RemoteFolder, (self._location,)  # connections stay on their machine

    def names(self, folder: str = "") -> dict[str, int]:
        with self._errors():
            path = f"{self._path}/{folder}".rstrip("/")
            self._system.invalidate_cache()
            if not self._system.isdir(path):
                return {}
            entries = self._system.ls(path, detail=True)
            return {entry["name"].rsplit("/", 1)[-1]: entry["size"] for entry in entries if entry["type"] == "file"}

    def read(self, name: str) -> bytes | None:
        with self._errors():
            try:
                content: bytes = self._system.cat_file(f"{self._path}/{name}")
            except FileNotFoundError:
                return None
            return content

    @contextmanager
    def new(self, name: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="sentiment-") as folder:
            temporary = Path(folder) / "content"
            with storage_errors(Path(folder)):
                yield temporary
            with self._errors():
                target = f"{self._path}/{name}"
                parent, _, short = target.rpartition("/")
                if self._is_atomic:  # it has no folders, and making one could make a bucket of a mistyped name
                    self._system.put_file(str(temporary), target)
                    return
                self._system.makedirs(parent, exist_ok=True)
                unfinished = f"{parent}/.{short}.{secrets.token_hex(4)}.unfinished"
                self._system.put_file(str(temporary), unfinished)
                self._system.mv(unfinished, target)

    def delete(self, names: Iterable[str]) -> None:
        with self._errors():
            for name in names:
                path = f"{self._path}/{name}"
                if self._system.exists(path):
                    self._system.rm_file(path)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """There are no locks at an address. Two jobs there write the same bytes twice."""
        yield

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except StorageError:
            raise
        except Exception as error:  # each file system has errors of its own
            reason = reason_of(error, self._location)
            raise StorageError(
                f"expected to be able to write {self}; found: {reason}; check the address and its access"
            ) from None


Output = LocalFolder | RemoteFolder


def output_folder(location: str) -> Output:
    """The folder at a path or an address; it may be missing yet."""
    return RemoteFolder(location) if is_remote(location) else LocalFolder(Path(location))


def _busy(folder: LocalFolder) -> None:
    raise StorageError(
        f"expected no other job that scores into {folder}; found one that is running; wait for it, or name another "
        "folder"
    )
