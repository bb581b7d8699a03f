"""Rows of fields with a separator: CSV and TSV. Predictions and training both read them here, and so alike.

A file is read twice: once to decide what its double quotes mean, see `sentiment.data.files.quoting`, and once for its
rows.

- A line ends as the first one does: in "\\n" or "\\r\\n", or in a lone "\\r". The other mark is part of a text then.
  Outside double quotes it is refused where it may as well end a row.
- An empty line is no row; neither is a line of blanks alone in a file of several columns.
- A row with fewer fields than the header lacks the last ones. A row with more is refused.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sentiment.data.files.fields import QUOTE, FieldParser, StrayQuoteError
from sentiment.data.files.lines import Lines
from sentiment.data.files.quoting import quotes_are_literal, stray_quote, too_many_fields
from sentiment.data.files.rows import TEXT_COLUMNS, Names, Notify, TextRow, TextRows, find_column
from sentiment.errors import ReviewsError

_OTHERS = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}


@dataclass(frozen=True)
class Separated:
    """What a CSV or TSV file holds."""

    header: list[str]
    rows: Iterator[list[str]]  # the fields of each row, at most as many as the header has; to be read once
    fraction: Callable[[], float]  # how much of the file was read


def read_separated(separator: str) -> Callable[[Path, str | None, Names, Notify], TextRows]:
    """A reader of files with that separator: from path, text column, names of the others and whom to tell of the
    column to rows."""

    def read(path: Path, column: str | None, names: Names, notify: Notify) -> TextRows:
        file = open_separated(path, separator)
        position = find_column(file.header, column, TEXT_COLUMNS, "text", path, "--column", notify)
        names.keep(file.header)
        others = [names.new(name) for index, name in enumerate(file.header) if index != position]

        def rows() -> Iterator[TextRow]:
            for fields in file.rows:
                text = fields.pop(position) if position < len(fields) else ""
                yield TextRow(text, dict(zip(others, fields, strict=False)))  # a row may end early

        return TextRows(rows(), lambda: dict.fromkeys(others, str), file.fraction)

    return read


def open_separated(path: Path, separator: str) -> Separated:
    """The header and the rows of a file. What its double quotes mean is decided here, before the first row is read.

    Args:
        path: of the file, which is opened several times.
        separator: "," or a tab.

    Raises:
        ReviewsError: the file is empty, or its double quotes can be read in no way or in two. While the rows are read:
            one has more fields than the header, or line ends of two kinds.
        UnicodeDecodeError: the file is in another encoding than it says.
    """
    line_end = _line_end(path)
    parser = FieldParser(separator, literal=quotes_are_literal(path, separator, line_end))
    _require_separator(path, separator, line_end)
    lines = Lines(path, newline=line_end)
    rows = _rows(lines, parser, path, "\r" if line_end == "\n" else "\n")
    return Separated(next(rows), rows, lines.fraction)


def _require_separator(path: Path, separator: str, line_end: str) -> None:
    """Refuses a file whose header is one field that another separator would cut into several."""
    header = next((line for line in Lines(path, newline=line_end) if line.strip()), "").rstrip("\r\n")
    if separator in header or header.startswith(QUOTE):
        return
    if other := next((mark for mark in _OTHERS if mark != separator and mark in header), None):
        raise ReviewsError(
            f"expected columns of {path} with {_OTHERS[separator]} between them; found the first line {header[:60]!r}, "
            f"which has {_OTHERS[other]}; "
            + (
                "rename the file to end in .tsv"
                if other == "\t"
                else "rename the file to end in .csv"
                if other == ","
                else "save it with commas or tabs"
            )
        )


def _line_end(path: Path) -> str:
    """How the first line ends: "\\n", also for "\\r\\n", or "\\r"."""
    ends, first = "", ""
    for line in Lines(path, newline=""):
        body = line.rstrip("\r\n")
        if first and body:
            break
        first = first or body
        ends += line[len(body) :]  # with those of empty lines behind it: some programs write "\r\r\n"
    return "\r" if "\r" in ends and "\n" not in ends else "\n"


def _rows(lines: Lines, parser: FieldParser, path: Path, other_end: str) -> Iterator[list[str]]:
    """The header, then each row."""
    header: list[str] = []
    number = 0
    try:
        for line in lines:
            fields = parser.feed(line, skip_blanks=len(header) != 1)
            if fields is None:
                continue
            if header:
                number += 1
                if len(fields) > len(header):
                    raise too_many_fields(path, len(header), len(fields), number, parser.begun)
                if len(fields) < len(header) or len(header) == 1:
                    _require_one_line_end(path, parser, fields, number, other_end)
            else:
                header = list(fields)
            yield fields
        parser.end()
    except StrayQuoteError as error:  # only where the file has changed since the first reading
        raise stray_quote(path, number + 1, error) from None
    if not header:
        raise ReviewsError(f"expected rows in {path}; found an empty file; give one with a text column")


def _require_one_line_end(path: Path, parser: FieldParser, fields: list[str], row: int, other_end: str) -> None:
    """Refuses a row that may be several."""
    for value, quoted in zip(fields, parser.quoted, strict=True):
        if other_end in value and not quoted:
            raise ReviewsError(
                f"expected all lines of {path} to end alike; found {other_end!r} in row {row}, line {parser.begun}, "
                "where it may end a row or be part of a text; save the file with line ends of one kind, or put that "
                "text in double quotes"
            )
