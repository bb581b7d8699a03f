"""What the double quotes in a CSV or TSV file mean, decided by a look at the whole file.

A double quote at the beginning of a field has two meanings, and a file does not say which one it has:

    quoted      as RFC 4180 has it: the field goes on to the next lone double quote, over separators and line breaks;
                inside it, a double quote is written twice. pandas and spreadsheets write so.
    literal     a double quote is a mark like any other, and every line is a row. Many TSV files are written so.

Read the wrong way, a text that begins with a lone quote takes the rows behind it along. So:

1. A file is quoted if each field that begins with a double quote is closed by one that a separator, a line end or the
   end of the file follows, if no row has more fields than the header, and if no row over several lines is doubtful.
2. Otherwise a TSV is literal if each of its lines has exactly as many fields as the header, no quoted field before the
   first mistake has a doubled quote, and at most half of the lines have a field in double quotes; a warning says so.
   With one column the number of fields says nothing, so there a line that begins with a double quote must have an even
   number of them. If the file is doubtful and no more than that, it must have ten lines, too: fewer may be alike by
   chance.
3. Anything else is refused, with the line in which the double quote stands. A CSV is never literal: texts have commas
   in them, so whoever writes one has to quote.

Two lone quotes, at the beginning of a field and at the end of a later one, look like a quoted text with separators or
line breaks. But the lines of such a text are seldom rows by themselves. So a row over several lines is doubtful

- if two or more of its lines have as many fields as the header; in a CSV only lines without a blank behind a comma
  count, which prose has and data has not, unless some other row has one, and without a number like 1,080; or
- if the row has fewer fields than the header; or
- if the file has one column.

So is a row in one line that has as many fields as the header without quoting, and fewer with it.

Doubts are put aside if the inner lines of a row end in "\\n" and its last one in "\\r\\n", as the header does; if all
fields of the file are quoted; in a CSV of several columns, if more than half of the rows over several lines are not
doubtful, because some look so by chance, though never where each line of a row is such a line; and in a file of one
column, if quoting is meant elsewhere: some line has a
separator in it, some quoted field has a doubled quote, or all rows are quoted and some of them stand in one line.
"""

import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from sentiment.data.files.fields import QUOTE, FieldParser, StrayQuoteError
from sentiment.data.files.lines import Lines
from sentiment.errors import ReviewsError

_THOUSANDS = re.compile(r"\d,\d{3}(?!\d)")  # a comma within a number
_ENOUGH = 10  # lines with the same number of fields, which are no accident
_ADVICE = 'write a double quote that is part of a text twice ("") and put the text in double quotes'


class LiteralQuotesWarning(UserWarning):
    """The double quotes in a TSV were read as ordinary marks."""


def quotes_are_literal(path: Path, separator: str, line_end: str) -> bool:
    """Reads a whole file and decides whether its double quotes are ordinary marks. Warns if they are.

    Args:
        path: of the file.
        separator: "," or a tab.
        line_end: "\\n" (also for "\\r\\n") or "\\r".

    Raises:
        ReviewsError: they can be read in no way, or in two.
        UnicodeDecodeError: the file is in another encoding than it says.
    """
    survey = _Survey(path, separator)
    for line in Lines(path, newline=line_end):
        survey.add(line)
        if survey.is_settled:
            break
    if not survey.is_literal():
        return False
    message = f"{path} is read as a TSV without quoting: every line is a row, and double quotes are part of the texts"
    # With no registry of those that were shown, which a service would fill without end.
    warnings.warn_explicit(message, LiteralQuotesWarning, str(path), 1)
    return True


def _is_wrapped(value: str) -> bool:
    return len(value) > 1 and value.startswith(QUOTE) and value.endswith(QUOTE)


def too_many_fields(path: Path, expected: int, count: int, row: int, line: int) -> ReviewsError:
    """The error of a row, counted from 1 behind the header, with more fields than the header has."""
    return ReviewsError(
        f"expected the same number of fields in every row of {path}; found {count} instead of {expected} in row {row}, "
        f"which begins in line {line}; put texts that hold separators or line breaks in double quotes"
    )


def stray_quote(path: Path, row: int, error: StrayQuoteError) -> ReviewsError:
    """The error of a double quote in a row, counted from 1 behind the header, that does not close its field."""
    where = f"in row {row}" if row else "in the header"
    if error.next_line is None:
        return ReviewsError(
            f"expected every double quote in {path} to be closed; found one {where} that is not, in line {error.line}; "
            f"a double quote that is not closed takes the next rows along: close it, or {_ADVICE}"
        )
    behind = "in the same line" if error.next_line == error.line else f"in line {error.next_line}"
    return ReviewsError(
        f"expected each field of {path} that begins with a double quote to end with one; found one {where} that does "
        f"not, in line {error.line}: the next double quote, {behind}, has other text behind it; {_ADVICE}"
    )


@dataclass
class _Row:
    """The lines of one row, as far as they were read."""

    lines: int = 0  # that are not empty
    whole: int = 0  # how many of them have as many fields as the header
    data: int = 0  # how many of these do not look like prose
    ends: list[str] = field(default_factory=list)


@dataclass
class _Doubts:
    """How many rows over several lines are doubtful."""

    rows: int = 0
    first: tuple[int, int] = (0, 0)  # first and last line of the first one

    def add(self, first: int, last: int) -> None:
        if not self.rows:
            self.first = first, last
        self.rows += 1


class _Survey:
    """What a file looks like, read as quoted and as literal."""

    def __init__(self, path: Path, separator: str) -> None:
        self._path = path
        self._separator = separator
        self._parser = FieldParser(separator)
        self._error: ReviewsError | None = None  # why the file is not quoted; the first reason only
        self._rows = -1  # behind the header; -1 until it was read
        self._width = 0  # fields of the header
        self._row: _Row | None = None  # that goes over several lines
        self._quoted_rows = 0  # how many rows go over several lines, or are doubtful
        self._by_width, self._by_data = _Doubts(), _Doubts()  # with all whole lines, and without those like prose
        self._rows_in_all = _Doubts()  # each line of which may be a row
        self._blank_begins_field = False
        self._all_quoted = True
        self._doubled = False
        # Of the lines, read as literal:
        self._lines = 0  # that are not empty
        self._line_width = 0  # fields of the first one
        self._header_end = ""
        self._wrapped = 0  # that have a field in double quotes
        self._wider = False  # one has more
        self._alike = True  # all have as many
        self._odd = False  # one begins with a double quote and has an odd number of them

    def add(self, line: str) -> None:
        """Takes the next line, with its end."""
        body = line.rstrip("\r\n")
        width = body.count(self._separator) + 1
        if not body or (self._line_width != 1 and width == 1 and body.isspace()):
            width = 0  # no row
        elif not self._line_width:
            self._line_width, self._header_end = width, line[len(body) :]
        self._lines += bool(width)
        if width and width != self._line_width:
            self._alike = False
            self._wider |= width > self._line_width
        if QUOTE in body and any(_is_wrapped(value) for value in body.split(self._separator)):
            self._wrapped += 1
        self._odd |= body.startswith(QUOTE) and body.count(QUOTE) % 2 == 1
        if self._error is None:
            self._add_quoted(line, body, whole=0 < width == self._line_width)

    @property
    def is_settled(self) -> bool:
        """Whether the file is to be refused, whatever its other lines are."""
        return self._error is not None and not (self._separator == "\t" and self._alike)

    def is_literal(self) -> bool:
        """Whether the file, all of whose lines were added, is literal.

        Raises:
            ReviewsError: it can be read in no way, or in two.
        """
        if self._error is None:
            try:
                self._parser.end()
            except StrayQuoteError as error:
                self._error = stray_quote(self._path, self._rows + 1, error)
        doubtful = self._doubtful()
        if self._error is None and doubtful is None:
            return False
        quoted = self._doubled or 2 * self._wrapped > self._lines  # somebody has quoted here, and made a mistake
        if self._error is not None and quoted:
            raise self._error
        told_by_lines = not self._odd if self._line_width == 1 else self._error is not None or self._lines >= _ENOUGH
        if self._separator == "\t" and self._alike and told_by_lines:
            return True
        if self._error is not None or doubtful is None:
            raise self._error or ReviewsError(f"expected rows of fields in {self._path}; found none")
        first, last = doubtful
        until = (
            f"the one in line {last}, over several rows"
            if last > first
            else "another in that line, over several fields"
        )
        raise ReviewsError(
            f"expected double quotes in {self._path} that can be read in one way only; found one in line {first} that "
            f"may be part of the text, or hold all text together up to {until}; if these are several texts, {_ADVICE}; "
            "if it is one text, put every field of the file in double quotes, or give the file as JSONL or Parquet"
        )

    def _add_quoted(self, line: str, body: str, *, whole: bool) -> None:
        parser = self._parser
        behind_another = parser.goes_on
        try:
            fields = parser.feed(line, skip_blanks=self._width != 1)
        except StrayQuoteError as error:
            self._error = stray_quote(self._path, self._rows + 1, error)
            return
        is_prose = self._separator == "," and ", " in body
        is_data = whole and not is_prose and not (self._separator == "," and _THOUSANDS.search(body))
        if parser.goes_on or behind_another:
            self._row = self._row or _Row()
            self._row.lines += bool(body)
            self._row.whole += whole
            self._row.data += is_data
            self._row.ends.append(line[len(body) :])
        elif fields is not None:
            self._blank_begins_field |= whole and is_prose and not any(parser.quoted)
        if fields is None:
            return
        self._rows += 1
        if self._rows == 0:
            self._width = len(fields)
        elif len(fields) > self._width:
            self._error = too_many_fields(self._path, self._width, len(fields), self._rows, parser.begun)
        self._doubled |= parser.doubled
        self._all_quoted &= all(parser.quoted) or (self._rows == 0 and self._width == 1)
        if self._row is not None:
            self._judge(self._row, len(fields))
            self._row = None
        elif whole and 0 < len(fields) < self._width:
            self._add_doubts(whole, is_data)

    def _judge(self, row: _Row, width: int) -> None:
        *inner, last = row.ends
        if last == self._header_end and self._header_end not in inner:
            self._add_doubts(False, False)
            return
        anyway = width < self._width or self._width == 1
        self._add_doubts(row.whole > 1 or anyway, row.data > 1 or anyway)
        if row.data == row.lines:
            self._rows_in_all.add(self._parser.begun, self._parser.line)

    def _add_doubts(self, by_width: bool, by_data: bool) -> None:
        self._quoted_rows += 1
        lines = self._parser.begun, self._parser.line
        if by_width:
            self._by_width.add(*lines)
        if by_data:
            self._by_data.add(*lines)

    def _doubtful(self) -> tuple[int, int] | None:
        """First and last line of a row that is not to be believed; None where there is none."""
        doubts = self._by_width if self._blank_begins_field else self._by_data
        if not doubts.rows:
            return None
        if self._width == 1:
            some_in_one_line = self._rows > self._quoted_rows
            meant = self._wider or self._doubled or (self._all_quoted and some_in_one_line)
            return None if meant else doubts.first
        if self._all_quoted:
            return None
        if self._rows_in_all.rows:
            return self._rows_in_all.first
        few = self._separator == "," and 2 * doubts.rows < self._quoted_rows
        return None if few else doubts.first
