"""Texts out of CSV, TSV, Parquet and JSONL files of any size, row by row; and the lines of standard input.

Imports neither pandas nor pyarrow; Parquet loads pyarrow when it is read.
"""

from collections.abc import Callable, Container, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from sentiment.data.files.json_lines import read_json_lines
from sentiment.data.files.lines import read_lines, reading_errors
from sentiment.data.files.rows import Names, Notify, TextRow, TextRows
from sentiment.data.files.separated import read_separated
from sentiment.errors import ReviewsError

__all__ = ["TextRow", "TextRows", "read_lines", "read_rows"]


def _read_parquet(path: Path, column: str | None, names: Names, notify: Notify = None) -> TextRows:
    from sentiment.data.files.parquet import read_parquet

    return read_parquet(path, column, names, notify)


_READERS: dict[str, Callable[[Path, str | None, Names, Notify], TextRows]] = {
    ".csv": read_separated,
    ".tsv": read_separated,
    ".parquet": _read_parquet,
    ".jsonl": read_json_lines,
}


def read_rows(path: Path, column: str | None = None, reserved: Container[str] = (), notify: Notify = None) -> TextRows:
    """The rows of a file in order. The file is opened before this returns.

    Args:
        path: ends in .csv, .tsv, .parquet or .jsonl.
        column: of the text; None for `review` or `text`.
        reserved: names that no other column may have.
        notify: is told which column is read where several fit.

    Raises:
        ReviewsError: no such file, another kind of file, no such column, or, when the row is reached, a row that cannot
            be read.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ReviewsError(
            f"expected a file ending in {', '.join(_READERS)}; found {path}; convert it to one of these, or give the "
            "texts on standard input, one a line"
        )
    with reading_errors(path):
        if path.exists() and not (path.is_file() or path.is_dir()):  # it is opened more than once
            raise ReviewsError(f"expected a file; found {path}, a pipe or a device; write it to a file first")
        with path.open("rb") as file:
            if not file.read(1):
                raise ReviewsError(f"expected rows in {path}; found an empty file; give one with a text column")
        text_rows = reader(path, column, Names(reserved), notify)
    rows = _with_reading_errors(text_rows.rows, path)
    first = next(rows, None)  # a wrong column name is refused before anything is written
    return replace(text_rows, rows=iter(()) if first is None else chain([first], rows))


def _with_reading_errors(rows: Iterator[TextRow], path: Path) -> Iterator[TextRow]:
    with reading_errors(path):
        yield from rows
