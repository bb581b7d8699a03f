"""Reviews in a file with a text and a label column, and what their labels and splits mean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sentiment.data.files.json_lines import json_objects
from sentiment.data.files.lines import Lines, reading_errors
from sentiment.data.files.parquet import require_parquet_to_fit
from sentiment.data.files.rows import TEXT_COLUMNS, Notify, find_column
from sentiment.data.files.separated import open_separated
from sentiment.data.labels import NO_LABEL, Classes, judge, value_of
from sentiment.errors import ReviewsError
from sentiment.text.cleaning import is_blank

LABEL_COLUMNS = ("sentiment", "label")
SPLIT_COLUMN = "split"
UNKNOWN_SPLIT = "unknown split"  # what is wrong with a row; the value that it has follows

_UNLABELLED = "unlabelled"
_SPLITS = {"train": "train", "test": "test"} | dict.fromkeys(
    (_UNLABELLED, "unlabeled", "unsup", "unsupervised"), _UNLABELLED
)


@dataclass(frozen=True)
class Understood:
    """A table as read, understood row by row."""

    table: pd.DataFrame  # of all rows: text (str), label (Int8, missing where there is none), split (str)
    problems: dict[int, str]  # what is wrong with a row, by its position counted from 0
    aside: dict[int, str]  # the label of a row that is neither positive nor negative, by its position
    values: dict[str, int]  # every value that is understood as a label, as the file has it, with its label


def read_table(path: Path) -> pd.DataFrame:
    """The columns of a CSV, TSV, Parquet or JSONL file as they are there, a row for each review.

    Every value of a text file is a string: a review that reads "NA" or "null" is no missing value.

    Raises:
        ReviewsError: another kind of file, or one that is not what its name says.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ReviewsError(
            f"expected the aclImdb archive or folder, or a file ending in {', '.join(_READERS)}; found {path}; "
            "convert it to one of these"
        )
    return reader(path)


def without_labels(frame: pd.DataFrame, label_column: str | None = None) -> bool:
    """Whether a table has no column of labels, neither the named one nor, without a name, one of the usual."""
    names = {str(name).strip().lower() for name in frame.columns}
    return label_column is None and names.isdisjoint(LABEL_COLUMNS)


def as_unlabelled(frame: pd.DataFrame) -> pd.DataFrame:
    """The table, with every review said to be unlabelled."""
    others = [name for name in frame.columns if str(name).strip().lower() != SPLIT_COLUMN]
    return frame[others].assign(**{LABEL_COLUMNS[0]: "", SPLIT_COLUMN: _UNLABELLED})


def rows_to_test_with(frame: pd.DataFrame, source: Path) -> list[int]:
    """Positions, counted from 0, of the rows that a column says are of the test split.

    Raises:
        ReviewsError: there are several such columns.
    """
    return [position for position, word in enumerate(_splits(frame, source)) if _SPLITS.get(word) == "test"]


def understand(
    frame: pd.DataFrame,
    source: Path,
    text_column: str | None = None,
    label_column: str | None = None,
    classes: Classes = Classes(),  # noqa: B008  immutable
    notify: Notify = None,
) -> Understood:
    """What each row of a table says: the text, its label and its split.

    The labels are judged together, see `sentiment.data.labels`.

    Args:
        frame: columns as found in the source.
        source: named in the messages.
        text_column: holds the text; None for `review` or `text`.
        label_column: holds the labels; None for `sentiment` or `label`.
        classes: which values are positive and which negative; without any, only positive/negative, pos/neg, 1/0 or
            true/false are understood.
        notify: is told in one line which column was chosen where there are several.

    Returns:
        The rows. `split` is "train", "test" or "unlabelled" where a column of that name says so, else "".
        Rows without text, without a label or with an unknown split are named in `problems`, rows whose label is in
        neither of the classes that were named in `aside`, and in nothing else.

    Raises:
        ReviewsError: a column is not there, or the one of a name is there twice, or the text is not text; or the
            labels are not of two classes.
    """
    texts = _column(frame, source, text_column, TEXT_COLUMNS, "text", notify)
    strangers = [value for value in texts if not (isinstance(value, str) or _missing(value))]
    if strangers:
        raise ReviewsError(
            f"expected text in the text column of {source}; found {str(strangers[0])[:40]!r} "
            f"of type {type(strangers[0]).__name__}; say which column holds the text with --text-column"
        )
    labels = _column(frame, source, label_column, LABEL_COLUMNS, "label", notify)
    splits = _splits(frame, source)
    if not any(splits):
        splits = [""] * len(labels)
        known = {"": ""}
    else:
        known = _SPLITS
    wanted = [label for label, split in zip(labels, splits, strict=True) if known.get(split) != _UNLABELLED]
    judged = judge([value_of(label) for label in wanted], wanted, classes, source)
    problems, aside = {}, {}
    rows: list[tuple[str, int | None, str]] = []
    for position, (text, label, split) in enumerate(zip(texts, labels, splits, strict=True)):
        text = text if isinstance(text, str) else ""
        part = known.get(split)
        value = NO_LABEL if part == _UNLABELLED else value_of(label)
        if value != NO_LABEL and value not in judged.label_of:
            aside[position] = judged.shown[value]
        elif is_blank(text):
            problems[position] = "empty review"
        elif part is None:
            problems[position] = f"{UNKNOWN_SPLIT} {split[:20]!r}, not train, test or unlabelled"
        elif value == NO_LABEL and part != _UNLABELLED:
            problems[position] = "no label"
        rows.append((text, judged.label_of.get(value), part or ""))
    table = pd.DataFrame(
        {
            "text": pd.Series([row[0] for row in rows], dtype="str"),
            "label": pd.Series([row[1] for row in rows], dtype="Int8"),
            "split": pd.Series([row[2] for row in rows], dtype="str"),
        }
    )
    return Understood(table, problems, aside, {judged.shown[value]: label for value, label in judged.label_of.items()})


def _column(
    frame: pd.DataFrame,
    source: Path,
    asked: str | None,
    usual: Sequence[str],
    what: str,
    notify: Notify,
) -> list[object]:
    names = [str(name) for name in frame.columns]
    return frame.iloc[:, find_column(names, asked, usual, what, source, f"--{what}-column", notify)].tolist()


def _splits(frame: pd.DataFrame, source: Path) -> list[str]:
    """What the column named split says, in lower case; empty where there is none."""
    named = [index for index, name in enumerate(frame.columns) if str(name).strip().lower() == SPLIT_COLUMN]
    if len(named) > 1:
        raise ReviewsError(
            f"expected at most one column named {SPLIT_COLUMN} in {source}; found {len(named)}; rename the others"
        )
    return [_word(value) for value in frame.iloc[:, named[0]]] if named else []


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def _word(value: object) -> str:
    return "" if _missing(value) else str(value).strip().lower()


def _read_separated(path: Path) -> pd.DataFrame:
    with reading_errors(path):
        file = open_separated(path)
        width = len(file.header)
        rows = [fields + [None] * (width - len(fields)) for fields in file.rows]
    return pd.DataFrame(rows, columns=pd.Index(file.header, dtype="object"), dtype="str")


def _read_json_lines(path: Path) -> pd.DataFrame:
    with reading_errors(path):
        rows = [row for _, row in json_objects(Lines(path, newline="\n"), path)]
    if not rows:
        raise ReviewsError(f"expected reviews in {path}; found an empty file; give one with a text and a label column")
    return pd.DataFrame(rows, dtype="object")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        require_parquet_to_fit(path)
        return pd.read_parquet(path)
    except (ValueError, OSError, KeyError, NotImplementedError) as error:  # ArrowInvalid is a ValueError
        if isinstance(error, PermissionError):
            raise
        raise ReviewsError(
            f"expected a Parquet file at {path}; found: {' '.join(str(error).split())[:200]}; get or write it again"
        ) from None


_READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": _read_separated,
    ".tsv": _read_separated,
    ".parquet": _read_parquet,
    ".jsonl": _read_json_lines,
}
TABLE_SUFFIXES = tuple(_READERS)
