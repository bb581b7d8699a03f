"""The fields of CSV and TSV rows, quoted as in RFC 4180, or literal.

The standard `csv` module does not report which fields were quoted or where a quote stands, which
`sentiment.data.files.quoting` needs; and its limit on the length of a field is global to the process.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sentiment.data.files.lines import LONGEST

QUOTE = '"'
_QUOTED = re.compile(r'[^"]*(?:""[^"]*)*')  # what stands between the quotes around a field


class StrayQuoteError(Exception):
    """A double quote opens a field and does not close it as in RFC 4180."""

    def __init__(self, line: int, next_line: int | None = None) -> None:
        super().__init__(f"line {line}")
        self.line = line  # from 1
        self.next_line = next_line  # of the next double quote, with other text behind it; None where none follows


@dataclass(slots=True)
class Row:
    """One row of a file."""

    first_line: int  # from 1
    lines: list[str]  # as in the file, with their ends
    fields: list[str]
    quoted: list[int] = field(default_factory=list)  # indices of the fields in double quotes
    doubled: bool = False  # a quoted field has a doubled quote in it


@dataclass(slots=True)
class _Quoted:
    """A quoted field whose closing quote is in a later line."""

    line: int  # in which it begins
    pieces: list[str] = field(default_factory=list)
    size: int = 0  # characters of them


def parse(lines: Iterable[str], separator: str, *, literal: bool = False) -> Iterator[Row]:
    """The rows of a file.

    An empty line is no row; neither is a line of blanks alone, unless the first row has one field.

    Args:
        lines: with their ends.
        separator: between fields.
        literal: double quotes are ordinary characters, and every line is a row.

    Raises:
        StrayQuoteError: a quoted field is not closed, or is longer than `LONGEST`.
    """
    columns = 0
    row: Row | None = None  # goes on in this line, with the open field
    opened: _Quoted | None = None
    for number, line in enumerate(lines, start=1):
        body = line.rstrip("\r\n")
        if row is None:
            if not body or (columns != 1 and body.isspace() and separator not in body):
                continue
            if literal or not (QUOTE in body and (body[0] == QUOTE or separator + QUOTE in body)):
                row = Row(number, [line], body.split(separator))
                columns = columns or len(row.fields)
                yield row
                row = None
                continue
            row = Row(number, [], [])
        row.lines.append(line)
        opened = _read_fields(row, opened, line, len(body), number, separator)
        if opened is None:
            columns = columns or len(row.fields)
            yield row
            row = None
    if opened is not None:
        raise StrayQuoteError(opened.line)


def is_header_again(fields: Sequence[str], header: Sequence[str]) -> bool:
    """Whether a row is the header of another file that was put behind this one, maybe in other capitals."""

    def plain(name: str) -> str:
        return name.removeprefix("\ufeff").strip().lower()

    return len(fields) == len(header) and all(map(str.__eq__, map(plain, fields), map(plain, header)))


def _read_fields(
    row: Row, opened: _Quoted | None, line: str, length: int, number: int, separator: str
) -> _Quoted | None:
    """Adds the fields of a line, `length` long without its end. Returns the field that is open at its end, if any."""
    position = 0
    while True:
        if opened is None and not line.startswith(QUOTE, position, length):
            end = line.find(separator, position, length)
            row.fields.append(line[position : length if end < 0 else end])
            if end < 0:
                return None
            position = end + 1
            continue
        if opened is None:
            opened, position = _Quoted(number), position + 1
        end = _QUOTED.match(line, position).end()  # type: ignore[union-attr]  # it matches everywhere
        opened.pieces.append(line[position:end])
        opened.size += end - position
        if opened.size > LONGEST:
            raise StrayQuoteError(opened.line)
        if end >= length:  # the end of this line is part of the field
            return opened
        if end + 1 < length and line[end + 1] != separator:
            raise StrayQuoteError(opened.line, number)
        text = "".join(opened.pieces)
        row.doubled |= QUOTE in text
        row.quoted.append(len(row.fields))
        row.fields.append(text.replace('""', QUOTE))
        if end + 1 == length:
            return None
        opened, position = None, end + 2
