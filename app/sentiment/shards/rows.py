"""The rows of one file or of many, one by one: text, label and split as the files have them."""

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sentiment.data.files import OPENERS, ReadingOptions
from sentiment.data.files.lines import reading_errors
from sentiment.data.files.recognition.columns import has_label as has_label_column
from sentiment.data.files.recognition.columns import label_choice, text_choice
from sentiment.data.files.rows import Notify
from sentiment.data.files.sources import PACKINGS, is_remote
from sentiment.data.files.texts import joined, open_rows
from sentiment.data.tables import SPLIT_COLUMN, TEXT_OPTION
from sentiment.errors import ReviewsError

_TABLES = tuple(suffix for suffix in OPENERS if suffix != ".txt")  # texts in a folder are read as one source


class Row(NamedTuple):
    """A row of a file."""

    text: str  # "" where there is none
    label: object  # None where there is none
    split: str  # in lower case; "" without a column of splits


def files_of(source: str) -> list[str]:
    """The files that a pattern, such as `reviews/*.parquet`, or a folder of tables stands for, sorted by name.

    Anything else is one source: a file, an address, a folder of texts.

    Raises:
        ReviewsError: no file fits the pattern.
    """
    if is_remote(source):
        return [source]
    if Path(source).is_dir():
        tables = sorted(str(path) for path in Path(source).iterdir() if path.is_file() and _is_table(path))
        return tables or [source]
    if Path(source).exists() or not glob.has_magic(source):
        return [source]
    files = sorted(path for path in glob.glob(source, recursive=True) if Path(path).is_file())  # noqa: PTH207
    if not files:
        raise ReviewsError(
            f"expected files that fit the pattern {source}; found none; check it, and put it into single quotes, so "
            "that the shell leaves it as it is"
        )
    return files


def has_labels(files: Sequence[str], options: ReadingOptions) -> bool:
    """Whether the files have a label column.

    Raises:
        ReviewsError: some have, and some have none; or one cannot be read.
    """
    labelled: dict[bool, str] = {}  # a file of each kind
    for file in files:
        source, raw = open_rows(file, options)
        with reading_errors(source):
            labelled.setdefault(has_label_column(raw, options), file)
    if len(labelled) == 2:
        raise ReviewsError(
            f"expected a label column in all files or in none; found one in {labelled[True]} and none in "
            f"{labelled[False]}; name it with --label-column, or make shards of either kind alone"
        )
    return True in labelled


def rows_of(files: Sequence[str], options: ReadingOptions, *, labelled: bool, notify: Notify = None) -> Iterator[Row]:
    """The rows of all files in their order.

    Args:
        files: paths or addresses.
        options: how to read them.
        labelled: whether a label is read.
        notify: is told what is a guess, for the first file alone.

    Raises:
        ReviewsError: a file is missing or cannot be read, or lacks the column of the text or the label.
    """
    for file in files:
        source, raw = open_rows(file, options, notify)
        notify = None
        text = text_choice(raw, options, source, TEXT_OPTION)
        label = label_choice(raw, options, source).positions[0] if labelled else None
        if label in text.positions:
            raise ReviewsError(
                f"expected a text and a label in columns of their own in {source}; found both in "
                f"{raw.columns[text.positions[0]]!r}; name them with {TEXT_OPTION} and --label-column"
            )
        split = next((i for i, name in enumerate(raw.columns) if name.strip().lower() == SPLIT_COLUMN), None)
        with reading_errors(source):
            for number, values in enumerate(raw.rows, start=1):
                yield Row(
                    joined([values.get(position) for position in text.positions], source, number, TEXT_OPTION),
                    None if label is None else values.get(label),
                    "" if split is None else str(values.get(split) or "").strip().lower(),
                )


def _is_table(path: Path) -> bool:
    name = path.name.lower()
    packing = next((ending for ending in PACKINGS if name.endswith(ending)), "")
    return name.removesuffix(packing).endswith(_TABLES)
