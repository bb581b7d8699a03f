"""Tables of reviews: reading a file of any kind, and interpreting its text, label and split columns."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sentiment.data.files import ReadingOptions
from sentiment.data.files.kinds.tars import open_tar
from sentiment.data.files.lines import reading_errors
from sentiment.data.files.recognition.columns import Choice, has_label, label_choice, lacking, said, text_choice
from sentiment.data.files.recognition.splits import SPLITS, UNLABELLED
from sentiment.data.files.rows import Notify, RawRows
from sentiment.data.files.sources import Source
from sentiment.data.files.texts import joined, open_rows
from sentiment.data.labels import (
    NO_LABEL,
    LabelMeaning,
    LabelOptions,
    LearntLabels,
    interpret_as_learnt,
    interpret_labels,
    normal_value,
)
from sentiment.errors import ReviewsError
from sentiment.text.cleaning import is_blank

SPLIT_COLUMN = "split"
UNKNOWN_SPLIT = "unknown split"  # a problem of a row; its value follows
TEXT_OPTION, LABEL_OPTION = "--text-column", "--label-column"


@dataclass(frozen=True)
class Table:
    """All rows of a file, and which of its columns are text, label and split."""

    source: Source | Path  # for messages
    frame: pd.DataFrame  # columns as in the source
    raw: RawRows  # whose rows are read
    options: ReadingOptions


@dataclass(frozen=True)
class Interpretation:
    """What the rows of a table say."""

    table: pd.DataFrame  # all rows: text (str), label (Int8: index of the class, missing without), split
    problems: dict[int, str]  # what is wrong with a row, by its position from 0
    aside: dict[int, str]  # labels that are of no class, by the row's position
    meaning: LabelMeaning  # of the label column
    tested: list[int]  # positions of rows whose split is "test" in the file, where all are interpreted as unlabelled


def read_table(location: str | Path, options: ReadingOptions | None = None, notify: Notify = None) -> Table:
    """All columns of a file, a row for each review.

    Every value of a text file is a string: a review that reads "NA", "None" or "null" is not missing.

    Args:
        location: a file, an address, or a folder of texts, see `sentiment.data.files`.
        options: how to read it.
        notify: is told what is a guess.

    Raises:
        ReviewsError: another kind of file, or one that cannot be read.
    """
    options = options or ReadingOptions()
    source, raw = open_rows(location, options, notify)
    if isinstance(source, Source) and source.suffix == ".parquet":
        from sentiment.data.files.parquet import require_parquet_to_fit

        require_parquet_to_fit(source)
    return _whole(source, raw, options)


def read_tar(path: Path, options: ReadingOptions, notify: Notify = None) -> Table:
    """All texts in a tar archive, whatever its name is; raises as `read_table`."""
    return _whole(path, open_tar(path, options, notify), options)


def _whole(source: Source | Path, raw: RawRows, options: ReadingOptions) -> Table:
    with reading_errors(source):
        # Without the mappings, which take more memory than short values; a later row may have columns of its own.
        rows = [[row.get(position) for position in range(len(raw.columns))] for row in raw.rows]
    if not raw.columns:
        raise ReviewsError(
            f"expected reviews in {source}; found an empty file; give one with a text and a label column"
        )
    for row in rows:
        row.extend([None] * (len(raw.columns) - len(row)))
    frame = pd.DataFrame(rows, columns=pd.Index(raw.columns, dtype="object"), dtype="object")
    return Table(source, frame, raw, options)


def table_of(frame: pd.DataFrame, source: Path, options: ReadingOptions) -> Table:
    """A table that was read in another way; its columns have usual names."""
    columns = [str(name) for name in frame.columns]
    return Table(source, frame, RawRows(columns, iter(()), list, lambda: 1.0), options)


def select(table: Table, notify: Notify = None, labelled: bool = True) -> pd.DataFrame:
    """The text, label and split of each row as they are in the file, and says in one line which columns these are.

    Args:
        table: from `read_table`.
        notify: is told the columns.
        labelled: False: there is no label column.

    Returns:
        The columns text (str), label (object; None without a label column) and split (str in lower case, "" without a
        column of that name).

    Raises:
        ReviewsError: a column is missing, or there twice; or the text is not text.
    """
    raw, source, options = table.raw, table.source, table.options
    text = text_choice(raw, options, source, TEXT_OPTION)
    label = label_choice(raw, options, source) if labelled else None
    splits = _splits(table)
    if label and label.positions[0] in text.positions:
        raise ReviewsError(
            f"expected a text and a label in columns of their own in {source}; found both in "
            f"{raw.columns[label.positions[0]]!r}; name them with {TEXT_OPTION} and {LABEL_OPTION}"
        )
    if notify:
        parts = [said("text", text, raw.columns, TEXT_OPTION) + lacking(text, options)]
        parts += [said("label", label, raw.columns, LABEL_OPTION)] if label else []
        parts += [f"split in {SPLIT_COLUMN!r}"] if any(splits) else []
        notify(f"{source}: {', '.join(parts)}")
    return pd.DataFrame(
        {
            "text": _texts(table, text),
            "label": table.frame.iloc[:, label.positions[0]].tolist() if label else None,
            "split": splits,
        },
        dtype="object",
    )


def without_labels(table: Table) -> bool:
    """Whether a table has no label column: none is named, and none has a usual name."""
    return not has_label(table.raw, table.options)


def label_name(table: Table) -> str:
    """The name of the label column. Raises as `select`."""
    return table.raw.columns[label_choice(table.raw, table.options, table.source).positions[0]]


def interpret(
    rows_of_files: pd.DataFrame,
    source: Any,
    options: LabelOptions = LabelOptions(),  # noqa: B008  immutable
    labelled: bool = True,
    learnt: LearntLabels | None = None,
) -> Interpretation:
    """Reads text, label and split of each row. The labels are interpreted together, see `sentiment.data.labels`.

    Args:
        rows_of_files: from `select`, of one or several files.
        source: for the messages.
        options: what a person said of the labels.
        labelled: False: there is no label column, and all rows are unlabelled.
        learnt: what labels meant to a run; it counts where nothing is said of them, and where it knows the values.

    Returns:
        The rows. `split` is "train", "validation", "test" or "unlabelled", or "" in all without splits. Rows without
        text or label, or with an unknown split, are in `problems`; those whose label is of no class are in `aside`
        alone.

    Raises:
        ReviewsError: the labels can be read in several ways.
    """
    texts, splits, known = rows_of_files["text"].tolist(), rows_of_files["split"].tolist(), SPLITS
    tested = [] if labelled else [i for i, split in enumerate(splits) if known.get(split) == "test"]
    labels = rows_of_files["label"].tolist()
    if not labelled:
        splits = [UNLABELLED] * len(texts)
    if not any(splits):
        splits, known = [""] * len(texts), {"": ""}
    originals = [label for label, split in zip(labels, splits, strict=True) if known.get(split) != UNLABELLED]
    values = [normal_value(label) for label in originals]
    meaning = interpret_as_learnt(values, originals, learnt, source) if learnt and not options else None
    meaning = meaning or interpret_labels(values, originals, options, source)
    index_of = meaning.scheme.index_of
    problems, aside = {}, {}
    rows: list[tuple[str, int | None, str]] = []
    for position, (text, label, split) in enumerate(zip(texts, labels, splits, strict=True)):
        part = known.get(split)
        value = NO_LABEL if part == UNLABELLED else normal_value(label)
        if value != NO_LABEL and value not in index_of:
            aside[position] = meaning.shown[value]
        elif is_blank(text):
            problems[position] = "empty review"
        elif part is None:
            problems[position] = f"{UNKNOWN_SPLIT} {split[:20]!r}, not train, validation, test or unlabelled"
        elif value == NO_LABEL and part != UNLABELLED:
            problems[position] = "no label"
        rows.append((text, index_of.get(value), part or ""))
    columns = {"text": "str", "label": "Int8", "split": "str"}
    table = pd.DataFrame(rows, columns=list(columns)).astype(columns)
    return Interpretation(table, problems, aside, meaning, tested)


def _texts(table: Table, choice: Choice) -> list[str]:
    values = zip(*(table.frame.iloc[:, position].tolist() for position in choice.positions), strict=True)
    return [
        joined([None if _missing(value) else value for value in row], table.source, number, TEXT_OPTION)
        for number, row in enumerate(values, start=1)
    ]


def _splits(table: Table) -> list[str]:
    """The split column in lower case; "" without one."""
    indices = [index for index, name in enumerate(table.raw.columns) if name.strip().lower() == SPLIT_COLUMN]
    if len(indices) > 1:
        raise ReviewsError(
            f"expected at most one column named {SPLIT_COLUMN} in {table.source}; found {len(indices)}; rename the "
            "others"
        )
    if not indices:
        return [""] * len(table.frame)
    return ["" if _missing(value) else str(value).strip().lower() for value in table.frame.iloc[:, indices[0]]]


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)
