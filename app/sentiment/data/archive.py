"""The Large Movie Review Dataset as its authors publish it: an archive, or the folder in it.

    aclImdb/train/pos/0_9.txt        a positive training review: number 0, 9 of 10 stars
    aclImdb/train/unsup/0_0.txt      a training review without a label
    aclImdb/test/neg/0_2.txt         a negative test review

A table that was read is kept as a Parquet file in a cache.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd

from sentiment.data.files.kinds.tars import TEXT_BYTES, read_members, require_short
from sentiment.data.files.lines import LONGEST
from sentiment.errors import ReviewsError
from sentiment.support.storage import new_file

COLUMNS = ("text", "label", "split", "file")
_READING = 1  # raise it when archives are read in another way: older tables in the cache are then read anew
_MEMBER = re.compile(r"(?:\./)?(?:aclImdb/)?((train|test)/(pos|neg|unsup)/([0-9]{1,18})_([0-9]{1,18})\.txt)")
_STRAY = re.compile(r"(?:\./)?(?:aclImdb/)?(?:train|test)/(?:pos|neg|unsup)/[^./][^/]*\.txt", re.IGNORECASE)
_FOLDERS = ("train/neg", "train/pos", "train/unsup", "test/neg", "test/pos", "test/unsup")


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


class OtherLayoutError(ReviewsError):
    """An archive that is whole and safe, but not laid out as its authors publish it."""


def read_archive(path: Path) -> pd.DataFrame:
    """The reviews in an archive, see `read_official`.

    Raises:
        OtherLayoutError: there are none, or texts of other names beside them.
    """
    strays = 0

    def name_of(member: str) -> str | None:
        nonlocal strays
        if match := _MEMBER.fullmatch(member):
            return match[1]
        strays += _STRAY.fullmatch(member) is not None
        return None

    texts = read_members(path, name_of)
    if strays or not texts:
        raise OtherLayoutError(
            f"expected files like aclImdb/train/pos/0_9.txt alone in the archive {path}; found "
            f"{f'{strays:,} other texts' if strays else 'none'}; "
            "give the archive aclImdb_v1.tar.gz, or a CSV, TSV, Parquet or JSONL file"
        )
    return _table(texts, path)


def read_folder(path: Path) -> pd.DataFrame:
    """The reviews in a folder with the layout of the archive, see `read_official`."""
    root = _root(path)
    texts = {}
    for name, status in _files(root):
        require_short(status.st_size, TEXT_BYTES, "bytes", name, path)
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
        require_short(len(text), LONGEST, "characters", name, source)
        labelled = kind != "unsup"
        order = (split if labelled else "unlabelled", kind, int(number), int(stars), name)
        rows.append((order, (text, kind if labelled else "", order[0], name)))
    rows.sort(key=lambda row: row[0])
    return pd.DataFrame([values for _, values in rows], columns=list(COLUMNS), dtype="str")
