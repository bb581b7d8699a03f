"""The files to score: at a path, in a folder, by a pattern, or at an address that fsspec knows."""

import glob
import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from sentiment.data.files.lines import reading_errors
from sentiment.data.files.sources import is_remote, shown
from sentiment.data.files.sources.remote import address, name_of
from sentiment.errors import ReviewsError, SentimentError
from sentiment.support.extras import naming_the_extra

KINDS = (".parquet", ".csv", ".tsv", ".jsonl", ".ndjson")
_MAGIC = re.compile(r"[*?\[]")
_SAME_SCHEME = {"s3a": "s3", "gcs": "gs", "abfss": "abfs", "az": "abfs"}
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
        if not is_remote(self.location):
            with reading_errors(Path(self.location)):
                return open(self.location, "rb")  # noqa: PTH123  the caller closes it
        try:
            system, path = file_system(self.location)
            return system.open(path, "rb")
        except SentimentError:
            raise
        except Exception as error:  # each file system has errors of its own
            raise unreadable(self.location, error) from None


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
            f"expected an address that fsspec can open; found {shown(location)}: {reason_of(error, location)}; check "
            "how it begins, or install what it needs"
        ) from None


def shown_place(location: str) -> str:
    """A path or an address as it may be shown: without a password."""
    return shown(location) if is_remote(location) else location


def place_of(location: str) -> str:
    """The place of a file or a folder: the same for all ways to write its path or address."""
    if not is_remote(location):
        return Path(location).resolve().as_posix()
    scheme, _, rest = address(location).partition("://")
    if scheme == "file":
        return Path(rest).resolve().as_posix()
    return f"{_SAME_SCHEME.get(scheme, scheme)}://{posixpath.normpath(rest)}"


def is_searched(location: str, place: str) -> bool:
    """Whether files in a folder, named by `place_of`, could be among those of a path, a pattern or an address."""
    folder = _folder_of_pattern(location)
    root = place_of(location if folder is None else folder)
    if place == root:
        return True
    parent = location.rpartition("/")[0] if is_remote(location) else str(Path(location).parent)
    is_flat = folder is not None and "**" not in location and root == place_of(parent)
    return not is_flat and place.startswith(root.rstrip("/") + "/")


def _folder_of_pattern(location: str) -> str | None:
    """The folder before the first component with a pattern; None where there is no pattern."""
    if is_remote(location):
        before, star, _ = location.partition("*")  # "?" begins a query
        return before.rpartition("/")[0] if star else None
    if Path(location).exists() or not _MAGIC.search(location):
        return None
    return str(Path(*takewhile(lambda part: not _MAGIC.search(part), Path(location).parts)))


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
                f"expected files ending in {', '.join(KINDS)} at {shown_place(location)}; found none; check the path, "
                "and put a pattern such as 'reviews/*.parquet' in quotes"
            )
        for file in matches:
            files.setdefault(place_of(file.location), file)
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
        elif (folder := _folder_of_pattern(location)) is None:
            paths = [path]
        else:
            paths = [Path(match) for match in sorted(glob.glob(location, recursive=True))]  # noqa: PTH207  any pattern
            paths = [entry for entry in paths if _is_data(entry.relative_to(folder))]
        if missing := next((entry for entry in paths if not entry.exists()), None):
            raise ReviewsError(f"expected reviews at {missing}; found no such file or folder; check the path")
        stats = [(entry, entry.stat()) for entry in paths if entry.is_file()]
    return [InputFile(str(entry.absolute()), stat.st_size, str(stat.st_mtime_ns)) for entry, stat in stats]


def _remote(location: str) -> list[InputFile]:
    system, path = file_system(location)
    root = path.partition("*")[0].rpartition("/")[0]
    try:
        if "*" in path:
            entries = system.glob(path, detail=True).values()
        elif system.isdir(path):
            root = path
            entries = system.find(path, detail=True).values()
            entries = [entry for entry in entries if PurePosixPath(entry["name"]).suffix.lower() in KINDS]
        else:
            entries = [system.info(path)]
    except FileNotFoundError:
        entries = []
    except Exception as error:  # each file system has errors of its own
        raise unreadable(location, error, "list") from None
    return [
        InputFile(
            _address_of(entry["name"], location, system, path),
            int(entry["size"] or 0),
            str(next((entry[key] for key in _CHANGES if entry.get(key)), "")),
        )
        for entry in sorted(entries, key=lambda entry: entry["name"])
        if entry.get("type", "file") == "file" and _is_data(PurePosixPath(entry["name"].removeprefix(root).strip("/")))
    ]


def _address_of(name: str, location: str, system: Any, path: str) -> str:
    """The address of a file with this name in a file system, which has what `location` is at `path`.

    Many file systems leave the host out of names, so that it is taken from the location.

    Raises:
        ReviewsError: there is no such address.
    """
    if name == path:
        return location
    with_host = f"{address(location).rstrip('/').removesuffix(path)}{name}"
    for candidate in (with_host, system.unstrip_protocol(name)):
        try:
            if file_system(candidate) == (system, name):
                return candidate
        except Exception:  # each file system has errors of its own
            continue
    raise ReviewsError(
        f"expected an address whose files have addresses; found {shown(location)}, where {name} has none; name each "
        "file with --input"
    )


def reason_of(error: Exception, location: str) -> str:
    """What an error says, in a line, without the password of an address."""
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    for secret in {location, address(location)}:
        reason = reason.replace(secret, shown(location))
    return reason[:200]


def unreadable(location: str, error: Exception, action: str = "read") -> ReviewsError:
    """The error of a file at an address that cannot be read; each file system has errors of its own."""
    return ReviewsError(
        f"expected to be able to {action} {shown(location)}; found: {reason_of(error, location)}; check the address "
        "and its access"
    )


def _is_data(path: Any) -> bool:
    """Whether no part of a path is hidden or a mark of other programs, such as `_SUCCESS`."""
    return not any(part.startswith((".", "_")) for part in path.parts)
