"""The files that reviews come from: one, or one more for each split that has a file of its own.

source, --validation, --test -> read_parts -> a table for each -> in_splits -> the rows of all, with their splits
"""

import contextlib
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import pandas as pd

from sentiment.data.archive import OtherLayoutError, is_official_folder, read_official
from sentiment.data.files import OPENERS, ReadingOptions
from sentiment.data.files.kinds.tars import is_archive
from sentiment.data.files.lines import reading_errors
from sentiment.data.files.recognition.splits import SPLITS, VALIDATION
from sentiment.data.files.sources import PACKINGS, is_remote, shown
from sentiment.data.files.texts import PACKED
from sentiment.data.labels import with_counts
from sentiment.data.tables import Table, read_table, read_tar, table_of
from sentiment.errors import ReviewsError
from sentiment.support.paths import SAMPLE

OFFICIAL_NAME = "imdb"
SAMPLE_NAME = "sample"


def places_of(source: str | Path, reading: ReadingOptions) -> list[str]:
    """The files that the reviews come from."""
    return [str(place) for place in (source, reading.validation, reading.test) if place is not None]


def read_parts(
    source: str | Path, reading: ReadingOptions, cache: Path | None, notify: Callable[[str], None] | None
) -> tuple[str, dict[str, Table]]:
    """Name of the dataset, and the tables: "" for the source, and by split, those of the other files."""
    options = reading.of_one_file()
    name, table = _read(source, options, cache, notify)
    parts = {"": table}
    for split, place in ((VALIDATION, reading.validation), ("test", reading.test)):
        if place is not None:
            _, parts[split] = _read(place, options, cache, notify)
    return name, parts


def _read(
    source: str | Path, options: ReadingOptions, cache: Path | None, notify: Callable[[str], None] | None
) -> tuple[str, Table]:
    """Name of the dataset, and its table as in the source."""
    if is_remote(source):
        return _dataset_name(Path(shown(source).partition("?")[0])), read_table(source, options, notify)
    path = Path(source)
    with reading_errors(path):
        if not (path.is_dir() or path.is_file()):
            raise ReviewsError(
                f"expected reviews at {path}; found no such file or folder; give the archive aclImdb_v1.tar.gz, a "
                f"folder, an address, or a file ending in {', '.join(OPENERS)}, maybe with {PACKED} behind it"
            )
        is_table = Path(path.name.removesuffix(_packing(path))).suffix.lower() in OPENERS
        if is_official_folder(path) if path.is_dir() else not is_table and path.suffix != ".zip" and is_archive(path):
            with contextlib.suppress(OtherLayoutError):  # texts in folders of classes
                return OFFICIAL_NAME, table_of(read_official(path, cache), path, options)
            return _dataset_name(path), read_tar(path, options, notify)
    return _dataset_name(path), read_table(path, options, notify)


def _packing(path: Path) -> str:
    return path.suffix if path.suffix.lower() in PACKINGS else ""


def _dataset_name(path: Path) -> str:
    """Name of the folder of its runs. Only the bundled sample and the official dataset have their names."""
    if path.resolve() == SAMPLE.resolve():
        return SAMPLE_NAME
    stem = Path(path.name.removesuffix(_packing(path))).stem
    slug = re.sub(r"[\W_]+", "-", stem.lower()).strip("-")[:60] or "reviews"
    return f"{slug}-file" if slug in (OFFICIAL_NAME, SAMPLE_NAME) else slug


def in_splits(selections: dict[str, pd.DataFrame], source: str) -> pd.DataFrame:
    """The rows of all files, each with its split; those of a file of a split are in that split.

    Raises:
        ReviewsError: a split is in two places, or the file of a split has rows of another one.
    """
    rows = selections[""]
    named = [split for split in selections if split]
    if not named:
        return rows
    splits = rows["split"].map(lambda split: SPLITS.get(split, split))
    for split in named:
        if count := int((splits == split).sum()):
            raise ReviewsError(
                f"expected the {split} split in one place; found {count:,} rows of it in {source}, and a file of its "
                f"own; leave out --{split}, or these rows"
            )
    rows = rows.assign(split=splits.where(splits != "", "train"))
    return pd.concat([rows, *(_in_one_split(selections[split], split) for split in named)], ignore_index=True)


def _in_one_split(rows: pd.DataFrame, split: str) -> pd.DataFrame:
    """The rows of the file of one split; its own column of splits may be empty, or say the same."""
    others = Counter(value for value in rows["split"] if value and SPLITS.get(value) != split)
    if others:
        raise ReviewsError(
            f"expected rows of the {split} split alone in the file after --{split}; found, in its column split, "
            f"{with_counts(others)}; leave these rows out, or rename the column if it means something else"
        )
    return rows.assign(split=split)


class Places:
    """Which file and which row, from 1, a row of all files comes from."""

    def __init__(self, tables_of_parts: dict[str, Table]) -> None:
        self.are_several = len(tables_of_parts) > 1
        self._files = [str(table.source) for table in tables_of_parts.values()]
        self._ends = list(accumulate(len(table.frame) for table in tables_of_parts.values()))

    def of(self, position: int) -> tuple[str, int]:
        """File and row of a position from 0 in all rows."""
        part = bisect_right(self._ends, position)
        return self._files[part], position + 1 - (self._ends[part - 1] if part else 0)

    def shown(self, position: int) -> str:
        """The row, with its file where there are several."""
        file, row = self.of(position)
        return f"row {row} of {file}" if self.are_several else f"row {row}"


def together(parts: dict[str, Table]) -> pd.DataFrame:
    """The rows of all files with all their columns."""
    frames = [table.frame for table in parts.values()]
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
