"""The fields in lines of CSV and TSV, quoted as RFC 4180 has it, or literal."""

import re
from dataclasses import dataclass, field

from sentiment.data.files.lines import LONGEST

QUOTE = '"'
_QUOTED = re.compile(r'[^"]*(?:""[^"]*)*')  # from behind the quote that opens a field to the one that closes it


class StrayQuoteError(Exception):
    """A double quote begins a field and does not close it as RFC 4180 has it.

    Args:
        line: in which it stands, counted from 1.
        next_line: in which the next double quote stands, with other text behind it; None where none closes the field.
    """

    def __init__(self, line: int, next_line: int | None = None) -> None:
        super().__init__(f"line {line}")
        self.line = line
        self.next_line = next_line


@dataclass
class _Open:
    """A quoted field that goes on in the next line."""

    line: int  # in which it begins
    pieces: list[str] = field(default_factory=list)
    size: int = 0  # characters of them


class FieldParser:
    """Makes fields of lines, one line after the other.

    Args:
        separator: between fields.
        literal: double quotes are ordinary marks, and every line is a row.
    """

    def __init__(self, separator: str, *, literal: bool = False) -> None:
        self._separator = separator
        self._opening = separator + QUOTE
        self._literal = literal
        self._open: _Open | None = None
        self._fields: list[str] = []
        self.line = 0  # the last one, counted from 1
        self.begun = 0  # the line in which the last row began
        self.quoted: list[bool] = []  # which fields of the last row were quoted
        self.doubled = False  # a doubled quote stood in one of them

    @property
    def goes_on(self) -> bool:
        """Whether a quoted field goes on in the next line."""
        return self._open is not None

    def feed(self, line: str, *, skip_blanks: bool = True) -> list[str] | None:
        """The fields of the row that ends with this line; None where none does.

        Args:
            line: with its end.
            skip_blanks: a line of blanks alone is no row, as an empty one never is.

        Raises:
            StrayQuoteError: a quoted field is not closed, or has more than `LONGEST` characters.
        """
        self.line += 1
        body = line.rstrip("\r\n")
        if self._open is not None:
            return self._goes_on(self._open, line, len(body), 0)
        if not body or (skip_blanks and body.isspace() and self._separator not in body):
            return None
        self.begun = self.line
        if self._literal or not (QUOTE in body and (body[0] == QUOTE or self._opening in body)):
            fields = body.split(self._separator)
            self.quoted, self.doubled = [False] * len(fields), False
            return fields
        self._fields, self.quoted, self.doubled = [], [], False
        return self._next(line, len(body), 0)

    def end(self) -> None:
        """The file ends here.

        Raises:
            StrayQuoteError: a quoted field is not closed.
        """
        if self._open is not None:
            raise StrayQuoteError(self._open.line)

    def _next(self, line: str, length: int, position: int) -> list[str] | None:
        """Takes the fields of a line, `length` long without its end, from a position on, where one begins."""
        while not line.startswith(QUOTE, position, length):
            end = line.find(self._separator, position, length)
            self._add(line[position : length if end < 0 else end], quoted=False)
            if end < 0:
                return self._fields
            position = end + 1
        return self._goes_on(_Open(self.line), line, length, position + 1)

    def _goes_on(self, opened: _Open, line: str, length: int, position: int) -> list[str] | None:
        """Takes the rest of a quoted field, which goes on at a position, and the fields behind it."""
        match = _QUOTED.match(line, position)
        end = match.end() if match else position
        opened.pieces.append(line[position:end])
        opened.size += end - position
        if opened.size > LONGEST:
            raise StrayQuoteError(opened.line)
        if end >= length:  # not closed in this line, whose end belongs to the text
            self._open = opened
            return None
        if end + 1 < length and line[end + 1] != self._separator:
            raise StrayQuoteError(opened.line, self.line)
        self._open = None
        text = "".join(opened.pieces)
        self.doubled |= QUOTE in text
        self._add(text.replace('""', QUOTE), quoted=True)
        return self._fields if end + 1 == length else self._next(line, length, end + 2)

    def _add(self, text: str, *, quoted: bool) -> None:
        self._fields.append(text)
        self.quoted.append(quoted)
