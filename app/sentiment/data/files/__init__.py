"""Texts out of files that may be larger than memory: CSV, TSV, Parquet and JSONL, one row after the other.

lines.py -> separated.py, json_lines.py -> rows.py
            parquet.py ------------------> rows.py

Imports no pandas, so that predictions start at once.
"""

from collections.abc import Callable, Container
from dataclasses import replace
from itertools import chain
from pathlib import Path

from sentiment.data.files.json_lines import read_json_lines
from sentiment.data.files.parquet import read_parquet
from sentiment.data.files.reasons import reasons, with_reasons
from sentiment.data.files.rows import Names, Notify, TextRows
from sentiment.data.files.separated import read_separated
from sentiment.errors import ReviewsError

_READERS: dict[str, Callable[[Path, str | None, Names, Notify], TextRows]] = {
    ".csv": read_separated(","),
    ".tsv": read_separated("\t"),
    ".parquet": read_parquet,
    ".jsonl": read_json_lines,
}


def read_rows(path: Path, column: str | None = None, taken: Container[str] = (), notify: Notify = None) -> TextRows:
    """The texts of a file with what else stands in their rows, in order. The file is opened before this returns.

    Args:
        path: ends in .csv, .tsv, .parquet or .jsonl.
        column: of the text; None for `review` or `text`.
        taken: names that no other column may have.
        notify: is told in one line which column is read where several would do.

    Raises:
        ReviewsError: no such file, another kind of file, a column that is not there, or (as soon as the row is
            reached) a row that cannot be read.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ReviewsError(
            f"expected a file ending in {', '.join(_READERS)}; found {path}; convert it to one of these, or give the "
            "texts on standard input, one a line"
        )
    with reasons(path):
        if path.exists() and not (path.is_file() or path.is_dir()):  # it is opened more than once, to be read again
            raise ReviewsError(f"expected a file; found {path}, a pipe or a device; write it to a file first")
        with path.open("rb") as file:
            beginning = file.read(4)
        if not beginning:
            raise ReviewsError(f"expected rows in {path}; found an empty file; give one with a text column")
        found = reader(path, column, Names(taken), notify)
    rows = with_reasons(found.rows, path)
    first = next(rows, None)  # finds the column, so that a mistake in its name is told before anything is written
    return replace(found, rows=iter(()) if first is None else chain([first], rows))
