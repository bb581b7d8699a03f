"""The Large Movie Review Dataset as its authors publish it: an archive, or the folder in it.

    aclImdb/train/pos/0_9.txt        a positive training review: number 0, 9 of 10 stars
    aclImdb/train/unsup/0_0.txt      a training review without a label
    aclImdb/test/neg/0_2.txt         a negative test review

Nothing is unpacked to the disk: members are read into memory, in their order in the archive, after a look at their
size. A table that was read is kept as a Parquet file in a cache.
"""

import hashlib
import lzma
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd

from sentiment.data.files.lines import LONGEST
from sentiment.errors import ReviewsError
from sentiment.support.storage import new_file

COLUMNS = ("text", "label", "split", "file")
_READING = 1  # raise it when archives are read in another way: older tables in the cache are then read anew
_MEMBER = re.compile(r"(?:\./)?(?:aclImdb/)?((train|test)/(pos|neg|unsup)/([0-9]+)_([0-9]+)\.txt)")
_ARCHIVE_NAME = re.compile(r"\.(tar(\.\w+)?|tgz|tbz2?|txz|tlz|tzst)$", re.IGNORECASE)
_FOLDERS = ("train/neg", "train/pos", "train/unsup", "test/neg", "test/pos", "test/unsup")
_BLOCK = 512  # bytes; a tar archive is a sequence of blocks and ends with blocks of zeros
_REVIEW_BYTES = 4 * LONGEST  # at most: a character of UTF-8 has up to four bytes
_HEADER_BYTES = 1 << 20  # of an extended header, at most: `tarfile` reads it into memory
_EXTENDED_HEADERS = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip
_ARCHIVE_BYTES = 1 << 30  # of reviews that may be read from an archive of any size
_RATIO = 100  # between the reviews and their archive, at most: text does not compress better
_DAMAGE = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError)


def read_official(source: Path, cache: Path | None) -> pd.DataFrame:
    """The reviews in an archive or a folder, from the cache if they were read before.

    Args:
        source: an archive with any compression that `tarfile` reads, or the folder in it.
        cache: folder of the tables that were read; None for none.

    Returns:
        A row for each review with the columns text; label: "pos", "neg" or ""; split: "train", "test" or
        "unlabelled"; file: its name in the archive. Sorted by split, label and number, however it was packed.

    Raises:
        ReviewsError: the source is damaged or truncated, has other files in it, or a review that is too long.
        StorageError: the disk is full.
    """
    if source.is_dir():
        return cached_table(source, cache, folder_identity, read_folder)
    return cached_table(source, cache, _archive_identity, read_archive)


def read_archive(path: Path) -> pd.DataFrame:
    """The reviews in an archive, see `read_official`."""
    try:
        with tarfile.open(path, tarinfo=_Member) as archive:
            texts = dict(_members(archive, path))
            _require_end(archive)
    except PermissionError:
        raise
    except (*_DAMAGE, OSError, OverflowError, ValueError) as error:
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
    """The reviews in a folder with the layout of the archive, see `read_official`."""
    root = _root(path)
    texts = {}
    for name, status in _files(root):
        _require_short(status.st_size, _REVIEW_BYTES, "bytes", name, path)
        texts[name] = (root / name).read_bytes()
    if not texts:
        raise ReviewsError(
            f"expected a folder with reviews like train/pos/0_9.txt at {path}; found none; "
            "give the folder aclImdb, its archive, or a CSV, TSV, Parquet or JSONL file"
        )
    return _table(texts, path)


def is_official_folder(path: Path) -> bool:
    """Whether a folder has the layout of the archive, or nothing that could be a text: no other text file counts."""
    root = _root(path)
    texts = sum(len(list((root / folder).glob("*.txt"))) for folder in _FOLDERS if (root / folder).is_dir())
    if texts:
        return sum(1 for _ in _files(root)) == texts
    return next(root.rglob("*.txt"), None) is None


def is_archive(path: Path) -> bool:
    """Whether a file is a tar archive by its name or its content."""
    if _ARCHIVE_NAME.search(path.name):
        return True
    try:
        tarfile.open(path, tarinfo=_Member).close()
    except _DAMAGE:  # of a damaged compressed file of another kind
        return False
    return True


def cached_table(
    source: Path, cache: Path | None, identity_of: Callable[[Path], str], read: Callable[[Path], pd.DataFrame]
) -> pd.DataFrame:
    """The table of a source: from the cache, or read and put there. The cache has one file for each path.

    A cache that may not be written is done without. `identity_of` tells whether the source has changed, without reading
    it. Raises StorageError on a full disk.
    """
    if cache is None:
        return read(source)
    place = hashlib.sha256(str(source.resolve()).encode()).hexdigest()[:16]
    copy = cache / f"{source.name.split('.')[0] or 'reviews'}-{place}.parquet"
    identity = {"identity": f"{_READING} {identity_of(source)}"}
    with suppress(OSError, ValueError, KeyError, NotImplementedError):  # no copy, or a damaged one: pyarrow's errors
        frame = pd.read_parquet(copy, page_checksum_verification=True)
        if frame.attrs == identity:
            return frame
    frame = read(source)
    with suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
    if os.access(cache, os.W_OK):
        with new_file(copy) as temporary:
            frame.attrs.update(identity)
            frame.to_parquet(temporary, index=False, compression="zstd", write_page_checksum=True)
    return frame


def folder_identity(path: Path) -> str:
    """SHA-256 over the names, sizes and times of the reviews in a folder."""
    digest = hashlib.sha256()
    for name, status in sorted(_files(_root(path))):
        digest.update(f"{name}\t{status.st_size}\t{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _archive_identity(path: Path) -> str:
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def _root(path: Path) -> Path:
    return path / "aclImdb" if (path / "aclImdb").is_dir() else path


def _files(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    for folder in _FOLDERS:
        if not (root / folder).is_dir():
            continue
        with os.scandir(root / folder) as entries:
            for entry in entries:
                name = f"{folder}/{entry.name}"
                if _MEMBER.fullmatch(name) and entry.is_file():
                    yield name, entry.stat()


class _Member(tarfile.TarInfo):
    """A member whose extended header is refused before it is read if it is huge."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Member":
        """As in `tarfile`, which calls it for each header before it reads what the header announces."""
        member = super().frombuf(buf, encoding, errors)
        if member.size < 0:
            raise tarfile.ReadError("a member of negative size")
        if member.type in _EXTENDED_HEADERS and member.size > _HEADER_BYTES:
            raise tarfile.ReadError(f"{member.size:,} bytes that describe one member")
        return member


def _members(archive: tarfile.TarFile, path: Path) -> Iterator[tuple[str, bytes]]:
    most = max(_ARCHIVE_BYTES, _RATIO * path.stat().st_size)
    size = 0
    for member in archive:
        if archive.offset <= member.offset:  # an extended header may say another size
            raise tarfile.ReadError("a member of negative size")
        name = _MEMBER.fullmatch(member.name)
        if name and member.isfile():
            _require_short(member.size, _REVIEW_BYTES, "bytes", name[1], path)
            size += member.size
            if size > most:
                raise ReviewsError(
                    f"expected reviews in the archive {path}; found more than {most:,} bytes of them in a file of "
                    f"{path.stat().st_size:,}, which text is not packed into; get the archive again"
                )
            if file := archive.extractfile(member):
                yield name[1], file.read()
        archive.members.clear()  # type: ignore[attr-defined]  # else it keeps a record of each of 100,000


def _require_short(size: int, most: int, unit: str, name: str, source: Path) -> None:
    if size > most:
        raise ReviewsError(
            f"expected at most {most:,} {unit} in each review of {source}; found {size:,} in {name}; leave that file "
            "out, or break it into reviews"
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
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise ReviewsError(
                f"expected UTF-8 in {name} of {source}; found byte 0x{content[error.start]:02x} at {error.start}; "
                "save the file as UTF-8"
            ) from None
        _require_short(len(text), LONGEST, "characters", name, source)
        labelled = kind != "unsup"
        order = (split if labelled else "unlabelled", kind, int(number), int(stars), name)
        rows.append((order, (text, kind if labelled else "", order[0], name)))
    rows.sort(key=lambda row: row[0])
    return pd.DataFrame([values for _, values in rows], columns=list(COLUMNS), dtype="str")
