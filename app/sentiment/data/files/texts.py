"""The texts of a file of any kind, with the other columns of their rows."""

from collections.abc import Callable, Container, Iterator
from itertools import chain
from pathlib import Path

from sentiment.data.files.json_lines import open_json_lines
from sentiment.data.files.lines import reading_errors
from sentiment.data.files.rows import TEXT_COLUMNS, Names, Notify, RawRows, TextRow, TextRows, find_column
from sentiment.data.files.separated import open_separated
from sentiment.errors import ReviewsError


def _open_parquet(path: Path) -> RawRows:
    from sentiment.data.files.parquet import open_parquet

    return open_parquet(path)


OPENERS: dict[str, Callable[[Path], RawRows]] = {
    ".csv": open_separated,
    ".tsv": open_separated,
    ".parquet": _open_parquet,
    ".jsonl": open_json_lines,
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
    opener = OPENERS.get(path.suffix.lower())
    if opener is None:
        raise ReviewsError(
            f"expected a file ending in {', '.join(OPENERS)}; found {path}; convert it to one of these, or give the "
            "texts on standard input, one a line"
        )
    with reading_errors(path):
        if path.exists() and not (path.is_file() or path.is_dir()):  # it is opened more than once
            raise ReviewsError(f"expected a file; found {path}, a pipe or a device; write it to a file first")
        with path.open("rb") as file:
            if not file.read(1):
                raise ReviewsError(f"expected rows in {path}; found an empty file; give one with a text column")
        raw = opener(path)
    if not raw.columns and next(raw.rows, None) is None:  # blank lines of JSONL
        return TextRows(iter(()), dict, raw.fraction)
    position = find_column(raw.columns, column, TEXT_COLUMNS, "text", path, "--column", notify)
    names = Names(reserved)
    names.keep(raw.columns)
    names_so_far: list[str] = []  # by column; the one of the text is not used

    def name_columns(columns: list[str]) -> None:
        for index in range(len(names_so_far), len(columns)):
            names_so_far.append("" if index == position else names.new(columns[index]))

    def rows() -> Iterator[TextRow]:
        with reading_errors(path):
            for number, values in enumerate(raw.rows, start=1):
                name_columns(raw.columns)
                text = _text(values.get(position), path, number)
                yield TextRow(text, {names_so_far[index]: v for index, v in values.items() if index != position})

    def columns() -> dict[str, object]:
        with reading_errors(path):
            kinds = raw.kinds()
        name_columns([name for name, _ in kinds])
        return {names_so_far[index]: kind for index, (_, kind) in enumerate(kinds) if index != position}

    text_rows = rows()
    first = next(text_rows, None)  # a mistake in it is found before anything is written
    return TextRows(text_rows if first is None else chain([first], text_rows), columns, raw.fraction)


def _text(value: object, path: Path, number: int) -> str:
    """The text of a row, counted from 1; "" for none."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ReviewsError(
            f"expected text in the text column of {path}; found {str(value)[:40]!r} of type {type(value).__name__} in "
            f"row {number}; say which column holds the text with --column"
        )
    return value
