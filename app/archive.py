"""The Large Movie Review Dataset as its authors publish it: an archive, or the folder that is in it.

    aclImdb/train/pos/0_9.txt        a positive training review, number 0, which gave 9 of 10 stars
    aclImdb/train/unsup/0_0.txt      a training review without a label
    aclImdb/test/neg/0_2.txt         a negative test review

Nothing is ever unpacked to the disk: members are read into memory, in the order in which they lie.
"""

import hashlib
import lzma
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from app.errors import ReviewsError

COLUMNS = ("text", "label", "split", "file")
_MEMBER = re.compile(r"(?:\./)?(?:aclImdb/)?((train|test)/(pos|neg|unsup)/([0-9]+)_([0-9]+)\.txt)")
_ARCHIVE_NAME = re.compile(r"\.(tar(\.\w+)?|tgz|tbz2?|txz|tlz|tzst)$", re.IGNORECASE)
_FOLDERS = ("train/neg", "train/pos", "train/unsup", "test/neg", "test/pos", "test/unsup")
_BLOCK = 512  # bytes; a tar archive is a sequence of these and ends with some of zeros
_UNREADABLE = (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError)


def read_archive(path: Path) -> pd.DataFrame:
    """The reviews in an archive, plain or with any compression that `tarfile` reads.

    Returns:
        A row for each review, with the columns text; label: "pos", "neg" or ""; split: "train", "test" or
        "unlabelled"; file: its name in the archive. Sorted by these but the text, numbers as numbers, so that
        the order does not depend on how it was packed.

    Raises:
        ReviewsError: not an archive, a damaged or truncated one, or one with other files in it.
    """
    try:
        with tarfile.open(path) as archive:
            texts = dict(_members(archive))
            _require_end(archive)
    except PermissionError:
        raise
    except _UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ReviewsError(
            f"expected a whole tar archive at {path}; found one that is truncated or damaged ({reason}); "
            "delete it and get it again"
        ) from None
    if not texts:
        raise ReviewsError(
            f"expected files like aclImdb/train/pos/0_9.txt in the archive {path}; found none; "
            "give the archive aclImdb_v1.tar.gz, or a CSV, TSV, Parquet or JSONL file"
        )
    return _table(texts, path)


def read_folder(path: Path) -> pd.DataFrame:
    """The reviews in a folder with the layout of the archive: the same table.

    Raises:
        ReviewsError: the folder has another layout.
    """
    root = _root(path)
    names = [name for folder in _FOLDERS for name, _ in _files(root, folder)]
    if not names:
        raise ReviewsError(
            f"expected a folder with reviews like train/pos/0_9.txt at {path}; found none; "
            "give the folder aclImdb, its archive, or a CSV, TSV, Parquet or JSONL file"
        )
    return _table({name: (root / name).read_bytes() for name in names}, path)


def is_archive(path: Path) -> bool:
    """Whether a file is a tar archive by its name or, without such a name, by its content."""
    return bool(_ARCHIVE_NAME.search(path.name)) or tarfile.is_tarfile(path)


def archive_identity(path: Path) -> str:
    """Size and time of the archive's file."""
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def folder_identity(path: Path) -> str:
    """SHA-256 over the names, sizes and times of the reviews in a folder, without reading them."""
    root = _root(path)
    digest = hashlib.sha256()
    for folder in _FOLDERS:
        for name, status in sorted(_files(root, folder)):
            digest.update(f"{name}\t{status.st_size}\t{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _root(path: Path) -> Path:
    return path / "aclImdb" if (path / "aclImdb").is_dir() else path


def _files(root: Path, folder: str) -> Iterator[tuple[str, os.stat_result]]:
    if not (root / folder).is_dir():
        return
    with os.scandir(root / folder) as entries:
        for entry in entries:
            name = f"{folder}/{entry.name}"
            if _MEMBER.fullmatch(name) and entry.is_file():
                yield name, entry.stat()


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for member in archive:
        name = _MEMBER.fullmatch(member.name)
        if name and member.isfile():
            file = archive.extractfile(member)
            if file is not None:
                yield name[1], file.read()
        archive.members.clear()  # type: ignore[attr-defined]  # else it keeps a record of each of 100,000


def _require_end(archive: tarfile.TarFile) -> None:
    """Reads to the end of the archive, which verifies the checksum of the compression.

    `tarfile` takes a damaged or missing header for the end. The real end is a block of zeros.
    """
    file = archive.fileobj
    if file is None:
        return
    file.seek(archive.offset)
    if file.read(_BLOCK) != bytes(_BLOCK):
        raise tarfile.ReadError("no end of archive")
    while file.read(1 << 20):
        pass


def _table(texts: dict[str, bytes], source: Path) -> pd.DataFrame:
    rows = []
    for name, content in texts.items():
        split, kind, number, stars = _MEMBER.fullmatch(name).groups()[1:]  # type: ignore[union-attr]
        labelled = kind != "unsup"
        order = (split if labelled else "unlabelled", kind, int(number), int(stars), name)
        try:
            rows.append((order, content.decode(), kind if labelled else ""))
        except UnicodeDecodeError as error:
            raise ReviewsError(
                f"expected UTF-8 in {name} of {source}; found byte 0x{content[error.start]:02x} at {error.start}; "
                "save the file as UTF-8"
            ) from None
    rows.sort(key=lambda row: row[0])
    values = [(text, label, order[0], order[-1]) for order, text, label in rows]
    return pd.DataFrame(values, columns=list(COLUMNS), dtype="str")
