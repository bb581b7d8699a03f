"""The fields of CSV and TSV rows, quoted as in RFC 4180, or literal.

The standard `csv` module does not report which fields were quoted or where a quote stands, which
`sentiment.data.files.quoting` needs; and its limit on the length of a field is global to the process.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sentiment.data.files.lines import LONGEST

QUOTE = '"'
_QUOTED = re.compile(r'[^"]*(?:""[^"]*)*')  # what stands between the quotes around a field


class StrayQuoteError(Exception):
    """A double quote opens a field and does not close it as in RFC 4180.

    Args:
        line: number of its line, from 1.
        next_line: line of the next double quote, which has other text behind it; None where no quote follows.
    """

    def __init__(self, line: int, next_line: int | None = None) -> None:
        super().__init__(f"line {line}")
        self.line = line
        self.next_line = next_line


class Row(NamedTuple):
    """One row of a file."""

    fields: list[str]
    quoted: list[int]  # indices of the fields in double quotes
    lines: list[str]  # as in the file, with their ends
    first_line: int  # from 1
    doubled: bool = False  # a quoted field has a doubled quote in it


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
    opening = separator + QUOTE
    columns = 0
    row: _QuotedRow | None = None  # goes on in the next line
    for number, line in enumerate(lines, start=1):
        if row is None:
            body = line.rstrip("\r\n")
            if not body or (columns != 1 and body.isspace() and separator not in body):
                continue
            if literal or not (QUOTE in body and (body[0] == QUOTE or opening in body)):
                fields = body.split(separator)
                columns = columns or len(fields)
                yield Row(fields, [], [line], number)
                continue
            row = _QuotedRow(separator, number)
        if row.ends_with(line, number):
            columns = columns or len(row.fields)
            yield Row(row.fields, row.quoted, row.lines, row.first_line, row.doubled)
            row = None
    if row is not None:
        raise StrayQuoteError(row.opened_in)


class _QuotedRow:
    """A row with quoted fields, line by line."""

    def __init__(self, separator: str, number: int) -> None:
        self.fields: list[str] = []
        self.quoted: list[int] = []
        self.lines: list[str] = []
        self.first_line = number
        self.doubled = False
        self.opened_in = 0  # line in which the open field begins; 0: no field is open
        self._separator = separator
        self._pieces: list[str] = []  # of the open field
        self._size = 0  # characters of them

    def ends_with(self, line: str, number: int) -> bool:
        """Reads the next line and says whether it ends the row."""
        self.lines.append(line)
        length, position = len(line.rstrip("\r\n")), 0
        while True:
            if not self.opened_in and not line.startswith(QUOTE, position, length):
                end = line.find(self._separator, position, length)
                self.fields.append(line[position : length if end < 0 else end])
                if end < 0:
                    return True
                position = end + 1
                continue
            if not self.opened_in:
                self.opened_in, position = number, position + 1
            end = _QUOTED.match(line, position).end()  # type: ignore[union-attr]  # it matches everywhere
            self._pieces.append(line[position:end])
            self._size += end - position
            if self._size > LONGEST:
                raise StrayQuoteError(self.opened_in)
            if end >= length:  # the field goes on, and the end of this line is part of it
                return False
            if end + 1 < length and line[end + 1] != self._separator:
                raise StrayQuoteError(self.opened_in, number)
            self._close()
            if end + 1 == length:
                return True
            position = end + 2

    def _close(self) -> None:
        text = "".join(self._pieces)
        self.doubled |= QUOTE in text
        self.quoted.append(len(self.fields))
        self.fields.append(text.replace('""', QUOTE))
        self._pieces, self._size, self.opened_in = [], 0, 0
