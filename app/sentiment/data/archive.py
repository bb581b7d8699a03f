"""The Large Movie Review Dataset as its authors publish it: an archive, or the folder that is in it.

    aclImdb/train/pos/0_9.txt        a positive training review, number 0, which gave 9 of 10 stars
    aclImdb/train/unsup/0_0.txt      a training review without a label
    aclImdb/test/neg/0_2.txt         a negative test review

Nothing is ever unpacked to the disk: members are read into memory, in the order in which they lie. How large one is
stands before it, and is looked at before it is read.
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

from sentiment.data.files.lines import LONGEST
from sentiment.errors import ReviewsError

COLUMNS = ("text", "label", "split", "file")
_MEMBER = re.compile(r"(?:\./)?(?:aclImdb/)?((train|test)/(pos|neg|unsup)/([0-9]+)_([0-9]+)\.txt)")
_ARCHIVE_NAME = re.compile(r"\.(tar(\.\w+)?|tgz|tbz2?|txz|tlz|tzst)$", re.IGNORECASE)
_FOLDERS = ("train/neg", "train/pos", "train/unsup", "test/neg", "test/pos", "test/unsup")
_BLOCK = 512  # bytes; a tar archive is a sequence of these and ends with some of zeros
_MOST_BYTES = 4 * LONGEST  # of a review: a character of UTF-8 has four at most
_MOST_HEADER_BYTES = 1 << 20  # of what describes a member, its name say; all of it is read into memory
_DESCRIPTIONS = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip
_LARGE = 1 << 30  # bytes of reviews that may be read from an archive of any size
_FOLDED = 100  # times smaller than its reviews: an archive of something else
_UNREADABLE = (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, OverflowError, ValueError)


def read_archive(path: Path) -> pd.DataFrame:
    """The reviews in an archive, plain or with any compression that `tarfile` reads.

    Returns:
        A row for each review, with the columns text; label: "pos", "neg" or ""; split: "train", "test" or
        "unlabelled"; file: its name in the archive. Sorted by these but the text, numbers as numbers, so that
        the order does not depend on how it was packed.

    Raises:
        ReviewsError: not an archive, a damaged or truncated one, one with other files in it, or one with a review that
            is too long.
    """
    try:
        with tarfile.open(path, tarinfo=_Member) as archive:
            texts = dict(_members(archive, path))
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
        ReviewsError: the folder has another layout, or a review in it is too long.
    """
    root = _root(path)
    names = []
    for folder in _FOLDERS:
        for name, status in _files(root, folder):
            _require_short(status.st_size, name, path)
            names.append(name)
    if not names:
        raise ReviewsError(
            f"expected a folder with reviews like train/pos/0_9.txt at {path}; found none; "
            "give the folder aclImdb, its archive, or a CSV, TSV, Parquet or JSONL file"
        )
    return _table({name: (root / name).read_bytes() for name in names}, path)


def is_archive(path: Path) -> bool:
    """Whether a file is a tar archive by its name or, without such a name, by its content."""
    if _ARCHIVE_NAME.search(path.name):
        return True
    try:
        tarfile.open(path, tarinfo=_Member).close()
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError):  # the latter of a damaged file of another kind
        return False
    return True


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


class _Member(tarfile.TarInfo):
    """A member whose description is not read if it takes too much memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Member":
        """As in `tarfile`, which calls it for each header before it reads what the header announces."""
        member = super().frombuf(buf, encoding, errors)
        if member.size < 0:
            raise tarfile.ReadError("a member of negative size")
        if member.type in _DESCRIPTIONS and member.size > _MOST_HEADER_BYTES:
            raise tarfile.ReadError(f"{member.size:,} bytes that describe one member")
        return member


def _members(archive: tarfile.TarFile, path: Path) -> Iterator[tuple[str, bytes]]:
    most = max(_LARGE, _FOLDED * path.stat().st_size)
    size = 0
    for member in archive:
        if archive.offset <= member.offset:  # a description may say another size
            raise tarfile.ReadError("a member of negative size")
        name = _MEMBER.fullmatch(member.name)
        if name and member.isfile():
            _require_short(member.size, name[1], path)
            size += member.size
            if size > most:
                raise ReviewsError(
                    f"expected reviews in the archive {path}; found more than {most:,} bytes of them in a file of "
                    f"{path.stat().st_size:,}, which text is not packed into; get the archive again"
                )
            file = archive.extractfile(member)
            if file is not None:
                yield name[1], file.read()
        archive.members.clear()  # type: ignore[attr-defined]  # else it keeps a record of each of 100,000


def _require_short(size: int, name: str, source: Path) -> None:
    """Refuses the file of a review by its size in bytes, before it is read."""
    if size > _MOST_BYTES:
        raise _too_long(size, _MOST_BYTES, "bytes", name, source)


def _too_long(size: int, most: int, unit: str, name: str, source: Path) -> ReviewsError:
    return ReviewsError(
        f"expected at most {most:,} {unit} in each review of {source}; found {size:,} in {name}; leave that file out, "
        "or break it into reviews"
    )


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
            text = content.decode()
        except UnicodeDecodeError as error:
            raise ReviewsError(
                f"expected UTF-8 in {name} of {source}; found byte 0x{content[error.start]:02x} at {error.start}; "
                "save the file as UTF-8"
            ) from None
        if len(text) > LONGEST:
            raise _too_long(len(text), LONGEST, "characters", name, source)
        rows.append((order, text, kind if labelled else ""))
    rows.sort(key=lambda row: row[0])
    values = [(text, label, order[0], order[-1]) for order, text, label in rows]
    return pd.DataFrame(values, columns=list(COLUMNS), dtype="str")
