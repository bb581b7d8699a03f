"""CSV and TSV: rows of fields with a separator between them.

A file is read twice: first to decide what its double quotes mean (`sentiment.data.files.quoting`), then for its rows.

- Lines end as the first one does: in "\\n" or "\\r\\n", or in a lone "\\r". The other character is part of a text then;
  outside double quotes it is refused where it may end a row.
- A row with fewer fields than the header lacks the last ones. A row with more is refused.
"""

from collections.abc import Iterator
from pathlib import Path

from sentiment.data.files.fields import QUOTE, Row, StrayQuoteError, parse
from sentiment.data.files.lines import Lines
from sentiment.data.files.quoting import quotes_are_literal, stray_quote, too_many_fields
from sentiment.data.files.rows import RawRows
from sentiment.errors import ReviewsError

SEPARATORS = {".csv": ",", ".tsv": "\t"}
_NAMES = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}
_REMEDIES = {"\t": "rename the file to end in .tsv", ",": "rename the file to end in .csv"}


def open_separated(path: Path) -> RawRows:
    """The rows of a CSV or TSV file, which is opened several times.

    Raises:
        ReviewsError: the file is empty, or its double quotes can be read in no way or in two; while rows are read: one
            has more fields than the header, or may be several rows.
        UnicodeDecodeError: the file is in another encoding than it says.
    """
    separator = SEPARATORS[path.suffix.lower()]
    line_end = _line_end(path)
    literal = quotes_are_literal(path, separator, line_end)
    _require_separator(path, separator, line_end)
    lines = Lines(path, newline=line_end)
    rows = _rows(path, lines, separator, literal, "\r" if line_end == "\n" else "\n")
    header = next(rows)
    return RawRows(
        header, (dict(enumerate(fields)) for fields in rows), lambda: [(name, str) for name in header], lines.fraction
    )


def _require_separator(path: Path, separator: str, line_end: str) -> None:
    """Refuses a file whose header is one field that another separator would divide."""
    header = next((line for line in Lines(path, newline=line_end) if line.strip()), "").rstrip("\r\n")
    if separator in header or header.startswith(QUOTE):
        return
    if other := next((mark for mark in _NAMES if mark in header), None):
        raise ReviewsError(
            f"expected columns of {path} with {_NAMES[separator]} between them; found the first line {header[:60]!r}, "
            f"which has {_NAMES[other]}; {_REMEDIES.get(other, 'save it with commas or tabs')}"
        )


def _line_end(path: Path) -> str:
    """How the first line ends: "\\n", also for "\\r\\n", or "\\r"."""
    ends, first = "", ""
    for line in Lines(path, newline=""):
        body = line.rstrip("\r\n")
        if first and body:
            break
        first = first or body
        ends += line[len(body) :]  # those of empty lines behind it as well: some programs write "\r\r\n"
    return "\r" if "\r" in ends and "\n" not in ends else "\n"


def _rows(path: Path, lines: Lines, separator: str, literal: bool, other_end: str) -> Iterator[list[str]]:
    """The header, then the fields of each row."""
    columns = number = 0
    try:
        for number, row in enumerate(parse(lines, separator, literal=literal)):
            columns = columns or len(row.fields)
            if len(row.fields) > columns:
                raise too_many_fields(path, columns, row, number)
            if number and (len(row.fields) < columns or columns == 1):
                _require_one_line_end(path, row, number, other_end)
            yield row.fields
    except StrayQuoteError as error:  # only where the file has changed since it was surveyed
        raise stray_quote(path, number + 1, error) from None
    if not columns:
        raise ReviewsError(f"expected rows in {path}; found an empty file; give one with a text column")


def _require_one_line_end(path: Path, row: Row, number: int, other_end: str) -> None:
    """Refuses a row that may be several."""
    if any(other_end in field and index not in row.quoted for index, field in enumerate(row.fields)):
        raise ReviewsError(
            f"expected all lines of {path} to end alike; found {other_end!r} in row {number}, line {row.first_line}, "
            "where it may end a row or be part of a text; save the file with line ends of one kind, or put that text "
            "in double quotes"
        )
