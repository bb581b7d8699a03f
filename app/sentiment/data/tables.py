"""Tables of reviews: reading a CSV, TSV, Parquet or JSONL file, and interpreting its text, label and split columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sentiment.data.files import OPENERS
from sentiment.data.files.lines import reading_errors
from sentiment.data.files.rows import TEXT_COLUMNS, Notify, find_column
from sentiment.data.labels import NO_LABEL, LabelMeaning, LabelOptions, interpret_labels, normal_value
from sentiment.errors import ReviewsError
from sentiment.text.cleaning import is_blank

LABEL_COLUMNS = ("sentiment", "label")
SPLIT_COLUMN = "split"
UNKNOWN_SPLIT = "unknown split"  # a problem of a row; its value follows

_UNLABELLED = "unlabelled"
_SPLITS = {"train": "train", "test": "test"} | dict.fromkeys(
    (_UNLABELLED, "unlabeled", "unsup", "unsupervised"), _UNLABELLED
)


@dataclass(frozen=True)
class Interpretation:
    """What the rows of a table say."""

    table: pd.DataFrame  # all rows: text (str), label (Int8: index of the class, missing without), split
    problems: dict[int, str]  # what is wrong with a row, by its position from 0
    aside: dict[int, str]  # labels that are of no class, by the row's position
    meaning: LabelMeaning  # of the label column
    tested: list[int]  # positions of rows whose split is "test" in the file, where all are interpreted as unlabelled


def read_table(path: Path) -> pd.DataFrame:
    """All columns of a CSV, TSV, Parquet or JSONL file, a row for each review.

    Every value of a text file is a string: a review that reads "NA" or "null" is not missing.

    Raises:
        ReviewsError: another kind of file, or one that cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix not in OPENERS:
        raise ReviewsError(
            f"expected the aclImdb archive or folder, or a file ending in {', '.join(OPENERS)}; found {path}; "
            "convert it to one of these"
        )
    if suffix == ".parquet":  # pandas keeps the kinds of its columns
        return _read_parquet(path)
    with reading_errors(path):
        raw = OPENERS[suffix](path)
        rows = list(raw.rows)
    if not raw.columns:
        raise ReviewsError(f"expected reviews in {path}; found an empty file; give one with a text and a label column")
    values = [[row.get(position) for position in range(len(raw.columns))] for row in rows]
    columns = pd.Index(raw.columns, dtype="object")
    return pd.DataFrame(values, columns=columns, dtype="object" if suffix == ".jsonl" else "str")


def without_labels(frame: pd.DataFrame, label_column: str | None = None) -> bool:
    """Whether a table has no label column: none is named, and none has a usual name."""
    names = {str(name).strip().lower() for name in frame.columns}
    return label_column is None and names.isdisjoint(LABEL_COLUMNS)


def interpret(
    frame: pd.DataFrame,
    source: Path,
    text_column: str | None = None,
    label_column: str | None = None,
    options: LabelOptions = LabelOptions(),  # noqa: B008  immutable
    notify: Notify = None,
    labelled: bool = True,
) -> Interpretation:
    """Reads text, label and split of each row. The labels are interpreted together, see `sentiment.data.labels`.

    Args:
        frame: columns as in the source.
        source: for the messages.
        text_column: None for `review` or `text`.
        label_column: None for `sentiment` or `label`.
        options: what a person said of the labels.
        notify: is told which column was chosen where several fit.
        labelled: False: there is no label column, and all rows are unlabelled.

    Returns:
        The rows. `split` is "train", "test" or "unlabelled", or "" without a column of that name. Rows without text or
        label, or with an unknown split, are in `problems`; those whose label is of no class are in `aside` alone.

    Raises:
        ReviewsError: a column is missing, or there twice; the text is not text; or the labels can be read in several
            ways.
    """
    texts = _column(frame, source, text_column, TEXT_COLUMNS, "text", notify)
    if no_texts := [value for value in texts if not (isinstance(value, str) or _missing(value))]:
        raise ReviewsError(
            f"expected text in the text column of {source}; found {str(no_texts[0])[:40]!r} "
            f"of type {type(no_texts[0]).__name__}; say which column holds the text with --text-column"
        )
    splits, known = _splits(frame, source), _SPLITS
    tested = [] if labelled else [i for i, split in enumerate(splits) if known.get(split) == "test"]
    if labelled:
        labels = _column(frame, source, label_column, LABEL_COLUMNS, "label", notify)
    else:
        labels, splits = [None] * len(texts), [_UNLABELLED] * len(texts)
    if not any(splits):
        splits, known = [""] * len(texts), {"": ""}
    originals = [label for label, split in zip(labels, splits, strict=True) if known.get(split) != _UNLABELLED]
    meaning = interpret_labels([normal_value(label) for label in originals], originals, options, source)
    index_of = meaning.scheme.index_of
    problems, aside = {}, {}
    rows: list[tuple[str, int | None, str]] = []
    for position, (text, label, split) in enumerate(zip(texts, labels, splits, strict=True)):
        text = text if isinstance(text, str) else ""
        part = known.get(split)
        value = NO_LABEL if part == _UNLABELLED else normal_value(label)
        if value != NO_LABEL and value not in index_of:
            aside[position] = meaning.shown[value]
        elif is_blank(text):
            problems[position] = "empty review"
        elif part is None:
            problems[position] = f"{UNKNOWN_SPLIT} {split[:20]!r}, not train, test or unlabelled"
        elif value == NO_LABEL and part != _UNLABELLED:
            problems[position] = "no label"
        rows.append((text, index_of.get(value), part or ""))
    columns = {"text": "str", "label": "Int8", "split": "str"}
    table = pd.DataFrame(rows, columns=list(columns)).astype(columns)
    return Interpretation(table, problems, aside, meaning, tested)


def _column(
    frame: pd.DataFrame, source: Path, name: str | None, usual_names: Sequence[str], content: str, notify: Notify
) -> list[object]:
    columns = [str(column) for column in frame.columns]
    position = find_column(columns, name, usual_names, content, source, f"--{content}-column", notify)
    return frame.iloc[:, position].tolist()


def _splits(frame: pd.DataFrame, source: Path) -> list[str]:
    """The split column in lower case; empty without one."""
    indices = [index for index, name in enumerate(frame.columns) if str(name).strip().lower() == SPLIT_COLUMN]
    if len(indices) > 1:
        raise ReviewsError(
            f"expected at most one column named {SPLIT_COLUMN} in {source}; found {len(indices)}; rename the others"
        )
    return [
        "" if _missing(value) else str(value).strip().lower() for index in indices for value in frame.iloc[:, index]
    ]


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def _read_parquet(path: Path) -> pd.DataFrame:
    from sentiment.data.files.parquet import require_parquet_to_fit

    try:
        require_parquet_to_fit(path)
        return pd.read_parquet(path)
    except PermissionError:
        raise
    except (ValueError, OSError, KeyError, NotImplementedError) as error:  # ArrowInvalid is a ValueError
        raise ReviewsError(
            f"expected a Parquet file at {path}; found: {' '.join(str(error).split())[:200]}; get or write it again"
        ) from None
