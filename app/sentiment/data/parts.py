"""The files that reviews come from: one, or one more for each split that has a file of its own."""

from bisect import bisect_right
from collections import Counter
from itertools import accumulate

import pandas as pd

from sentiment.data.files.recognition.splits import SPLITS
from sentiment.data.labels import with_counts
from sentiment.data.tables import Table
from sentiment.errors import ReviewsError


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
