"""The files to score: at a path, in a folder, by a pattern, or at an address that fsspec knows."""

import glob
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from sentiment.data.files.lines import reading_errors
from sentiment.data.files.sources import is_remote, shown
from sentiment.data.files.sources.remote import address, name_of
from sentiment.errors import ReviewsError
from sentiment.support.extras import naming_the_extra

KINDS = (".parquet", ".csv", ".tsv", ".jsonl", ".ndjson")
_MAGIC = "*?["
_CHANGES = ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "created")  # as file systems name it


@dataclass(frozen=True)
class InputFile:
    """A file to score, as it was when the job began.

    Attributes:
        location: path or address.
        size: in bytes.
        changed: the time of its last change, or another mark of its content, as its file system has it; "" for none.
    """

    location: str
    size: int
    changed: str

    @property
    def suffix(self) -> str:
        """The ending in lower case."""
        name = name_of(self.location) if is_remote(self.location) else self.location
        return PurePosixPath(name).suffix.lower()

    def __str__(self) -> str:
        """The file in messages and manifests, without a password."""
        return shown(self.location) if is_remote(self.location) else self.location

    def open(self) -> BinaryIO:
        """The content, of which only what is needed is read."""
        with reading_errors(Path(str(self))):
            if is_remote(self.location):
                system, path = file_system(self.location)
                return system.open(path, "rb")
            return open(self.location, "rb")  # noqa: PTH123  the caller closes it


def file_system(location: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it.

    Raises:
        MissingExtraError: the extra `remote` is not installed.
        ReviewsError: there is no such kind of address.
    """
    with naming_the_extra():
        import fsspec
    try:
        return fsspec.core.url_to_fs(address(location))
    except (ValueError, ImportError) as error:
        raise ReviewsError(
            f"expected an address that fsspec can open; found {shown(location)}: {error}; check how it begins, or "
            "install what it needs"
        ) from None


def find_inputs(locations: Iterable[str]) -> list[InputFile]:
    """The files, each once, sorted by name within what was named. Names that begin with "." or "_" are passed over.

    Args:
        locations: paths or addresses of files and folders, and patterns with * in them.

    Raises:
        ReviewsError: one has no files, they are of several kinds, or of one that cannot be read in parts.
    """
    files: dict[str, InputFile] = {}
    for location in locations:
        if not location.strip():
            raise ReviewsError("expected a path or an address for --input; found an empty one; name it")
        matches = _remote(location) if is_remote(location) else _local(location)
        if not matches:
            raise ReviewsError(
                f"expected files ending in {', '.join(KINDS)} at {location}; found none; check the path, and put a "
                "pattern such as 'reviews/*.parquet' in quotes"
            )
        files.update((file.location, file) for file in matches)
    if other := next((file for file in files.values() if file.suffix not in KINDS), None):
        raise ReviewsError(
            f"expected files ending in {', '.join(KINDS)}, which can be read in parts; found {other}; convert or "
            "unpack it, or use: sentiment predict --input"
        )
    if len(kinds := sorted({file.suffix for file in files.values()})) > 1:
        raise ReviewsError(
            f"expected files of one kind; found {' and '.join(kinds)}; score each kind into a folder of its own"
        )
    return list(files.values())


def _local(location: str) -> list[InputFile]:
    path = Path(location)
    with reading_errors(path):
        if path.is_dir():
            paths = [entry for entry in sorted(path.rglob("*")) if _is_data(entry.relative_to(path))]
            paths = [entry for entry in paths if entry.suffix.lower() in KINDS]
        elif path.exists() or not any(character in location for character in _MAGIC):
            paths = [path]
        else:
            paths = [Path(match) for match in sorted(glob.glob(location, recursive=True))]  # noqa: PTH207  any pattern
            paths = [entry for entry in paths if _is_data(Path(entry.name))]
        if missing := next((entry for entry in paths if not entry.exists()), None):
            raise ReviewsError(f"expected reviews at {missing}; found no such file or folder; check the path")
        stats = [(entry, entry.stat()) for entry in paths if entry.is_file()]
    return [InputFile(str(entry.absolute()), stat.st_size, str(stat.st_mtime_ns)) for entry, stat in stats]


def _remote(location: str) -> list[InputFile]:
    system, path = file_system(location)
    try:
        if "*" in path:
            entries = system.glob(path, detail=True).values()
        elif system.isdir(path):
            entries = system.find(path, detail=True).values()
            entries = [entry for entry in entries if PurePosixPath(entry["name"]).suffix.lower() in KINDS]
        else:
            entries = [system.info(path)]
    except FileNotFoundError:
        entries = []
    except Exception as error:  # each file system has errors of its own
        raise _unreadable("list", location, error) from None
    root = path.partition("*")[0].rpartition("/")[0]
    return [
        InputFile(
            system.unstrip_protocol(entry["name"]),
            int(entry["size"] or 0),
            str(next((entry[key] for key in _CHANGES if entry.get(key)), "")),
        )
        for entry in sorted(entries, key=lambda entry: entry["name"])
        if entry.get("type", "file") == "file" and _is_data(PurePosixPath(entry["name"].removeprefix(root).strip("/")))
    ]


def _unreadable(action: str, location: str, error: Exception) -> ReviewsError:
    reason = " ".join(f"{type(error).__name__}: {error}".replace(location, shown(location)).split())
    return ReviewsError(
        f"expected to be able to {action} {shown(location)}; found: {reason[:200]}; check the address and its access"
    )


def _is_data(path: Any) -> bool:
    """Whether no part of a path is hidden or a mark of other programs, such as `_SUCCESS`."""
    return not any(part.startswith((".", "_")) for part in path.parts)
