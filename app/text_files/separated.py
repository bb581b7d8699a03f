"""Rows of fields with a separator: CSV and TSV."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import ReviewsError
from app.text_files.lines import LONGEST, Lines
from app.text_files.rows import TEXT_COLUMNS, Names, Notify, TextRow, TextRows, find_column


def read_separated(separator: str) -> Callable[[Path, str | None, Names, Notify], TextRows]:
    """A reader of files with that separator: from path, text column, names of the others and whom to tell of the
    column to rows."""

    def read(path: Path, column: str | None, names: Names, notify: Notify) -> TextRows:
        csv.field_size_limit(LONGEST)
        lines = Lines(path, newline="")
        records = csv.reader(lines, delimiter=separator)
        with _reasons_of_csv(path):
            header = next((fields for fields in records if fields), [])  # behind empty lines, as in training
        position = find_column(header, column, TEXT_COLUMNS, "text", path, "--column", notify)
        others = [names.new(name) for index, name in enumerate(header) if index != position]

        def rows() -> Iterator[TextRow]:
            with _reasons_of_csv(path):
                for number, fields in enumerate((fields for fields in records if fields), start=1):
                    if lines.ended:  # a row that goes on to the end of the file and beyond
                        raise unclosed_quote(path, number)
                    if len(fields) > len(header):
                        raise ReviewsError(
                            f"expected {len(header)} fields in every row of {path}; found {len(fields)} in row "
                            f"{number}, ending in line {records.line_num}; put texts with separators or line breaks "
                            "in double quotes"
                        )
                    text = fields.pop(position) if position < len(fields) else ""
                    yield TextRow(text, dict(zip(others, fields, strict=False)))  # a row may end early

        return TextRows(rows(), lambda: dict.fromkeys(others, str), lines.fraction)

    return read


def unclosed_quote(path: Path, row: int) -> ReviewsError:
    """The error of a file with separators, one of whose rows, counted from 1, has no end."""
    return ReviewsError(
        f"expected every double quote in {path} to be closed; found one in row {row} that is not; close it there, and "
        "double what is a mark of its own"
    )


@contextmanager
def _reasons_of_csv(path: Path) -> Iterator[None]:
    try:
        yield
    except csv.Error as error:
        raise ReviewsError(
            f"expected rows of fields in {path}; found: {error}; look for a double quote that is not closed"
        ) from None
