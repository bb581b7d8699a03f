"""Whether the double quotes in a CSV or TSV file quote fields or are ordinary characters, judged by the whole file.

    quoted      RFC 4180: a field in double quotes may hold separators and line breaks; a double quote inside it is
                written twice. pandas and spreadsheets write so.
    literal     a double quote is a character like any other, and every line is a row. Many TSV files are written so.

Nothing in a file says which of the two it is. Read the wrong way, a text that begins with a single quote swallows the
rows behind it. So:

1. A file is quoted if every field that begins with a double quote is closed by one, no row has more fields than the
   header, and no row is doubtful (see below).
2. Otherwise a TSV is literal, with a warning, if each line has as many fields as the header. (In one column this says
   nothing; there a line that begins with a double quote must have an even number of them.) After a mistake in quoting,
   no quoted field before it may have a doubled quote, and at most half of the lines a field in double quotes. Without
   a mistake, only with doubts, the file must have ten lines: fewer may be alike by chance.
3. Any other file is refused, with the line of the double quote. A CSV is never literal: texts have commas, so whoever
   writes one has to quote.

Two stray quotes, one at the beginning of a field and one at the end of a later field, look like one long quoted text.
The lines of a real quoted text are seldom rows by themselves. So a row over several lines is doubtful

- if two or more of its lines have as many fields as the header. In a CSV, lines of prose do not count: those with a
  number like 1,080 or with a blank behind a comma, unless some unquoted row has such a blank, too; or
- if the row has fewer fields than the header; or
- if the file has one column.

A row in one line is doubtful if it has as many fields as the header without quoting, and fewer with it.

A text without quotes may be cut. In a CSV it is taken so if some rows have fewer fields than the header, some a blank
behind a comma that follows a word, and some none; in any file, if a row is one field of several words, while the first
field of others has a number. Such files are refused.

Doubts are dismissed if the inner lines of the row end in "\\n" and its last one in "\\r\\n" like the header; if all
fields of the file are quoted; in a CSV of several columns, if more than half of the rows over several lines are not
doubtful, except where every line of a row could be a row; and in a file of one column, if something else shows that it
is quoted: a separator in some line, a doubled quote, or quotes around all rows, of which some stand in one line.
"""

import re
import warnings
from itertools import islice
from typing import NamedTuple

from sentiment.data.files.fields import QUOTE, Row, StrayQuoteError, parse
from sentiment.data.files.recognition.dialect import Dialect
from sentiment.data.files.sources import Source
from sentiment.errors import ReviewsError

_THOUSANDS = re.compile(r"\d,\d{3}(?!\d)")  # a comma within a number
_SAMPLE_ROWS = 100_000  # that stand for a file of which only the beginning is of interest
_ENOUGH = 10  # lines with the same number of fields, which are no accident
_SEVERAL = 3  # words that are no name and no number
_ENOUGH_WHOLE = 10_000  # rows that show what the first field is
_ADVICE = 'write a double quote that is part of a text twice ("") and put the text in double quotes'


class LiteralQuotesWarning(UserWarning):
    """The double quotes in a TSV were read as ordinary characters."""


def quotes_are_literal(path: Source, dialect: Dialect, most_wide: float = 0.0) -> bool:
    """Reads a whole file and decides whether its double quotes are ordinary characters. Warns if they are.

    Args:
        path: the file.
        dialect: how it is written.
        most_wide: share of rows that may have more fields than the header, of several fields, and no double quotes:
            they say nothing about quoting.

    Raises:
        ReviewsError: the file can be read in no way, or in two.
        UnicodeDecodeError: the file is in another encoding than it says.
    """
    survey = _Survey(dialect)
    most = _SAMPLE_ROWS if path.sample else None
    mistake: ReviewsError | None = None
    wide = 0
    try:
        for row in islice(parse(dialect.lines(path), dialect.separator), most):
            survey.add(row)
            if len(row.fields) > survey.columns:
                mistake = mistake or too_many_fields(path, survey.columns, row, survey.rows)
                wide += 1
                if not most_wide or survey.columns == 1 or QUOTE in "".join(row.lines):
                    break
        else:
            mistake = mistake if wide > most_wide * survey.rows else None
    except StrayQuoteError as error:
        mistake = stray_quote(path, survey.rows + 1, error.with_traceback(None))  # the traceback keeps the file open
    mistake = mistake or survey.cut_text(path)
    doubt = None if mistake else survey.first_doubt()
    if not mistake and not doubt:
        return False
    if dialect.separator == "\t" and _every_line_is_a_row(path, dialect, bool(mistake), survey.doubled):
        message = f"{path} is read as a TSV without quoting: every line is a row, and double quotes are part of texts"
        # Without a registry: a service that reads many files would fill it without end.
        warnings.warn_explicit(message, LiteralQuotesWarning, str(path), 1)
        return True
    raise mistake or _ambiguous(path, *(doubt or (0, 0)))


def too_many_fields(path: Source, expected: int, row: Row, number: int) -> ReviewsError:
    """The error of a row, its number counted from 1 behind the header, with more fields than the header."""
    return ReviewsError(
        f"expected the same number of fields in every row of {path}; found {len(row.fields)} instead of {expected} in "
        f"row {number}, which begins in line {row.first_line}; put texts that hold separators or line breaks in double "
        "quotes, or name what stands between fields with --delimiter (none: each line is one text)"
    )


def stray_quote(path: Source, number: int, error: StrayQuoteError) -> ReviewsError:
    """The error of a double quote that does not close its field. The row's number is 0 for the header."""
    where = f"in row {number}" if number else "in the header"
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


def _ambiguous(path: Source, first: int, last: int) -> ReviewsError:
    until = (
        f"the one in line {last}, over several rows" if last > first else "another in that line, over several fields"
    )
    return ReviewsError(
        f"expected double quotes in {path} that can be read in one way only; found one in line {first} that may be "
        f"part of the text, or hold all text together up to {until}; if these are several texts, {_ADVICE}; if it is "
        "one text, put every field of the file in double quotes, or give the file as JSONL or Parquet"
    )


def _every_line_is_a_row(path: Source, dialect: Dialect, mistake: bool, doubled: bool) -> bool:
    """Whether a TSV is literal by rule 2. `doubled`: a quoted field before the mistake has a doubled quote."""
    columns = rows = in_quotes = 0
    for line in islice(dialect.lines(path), _SAMPLE_ROWS if path.sample else None):
        body = line.rstrip("\r\n")
        fields = body.split("\t")
        if not body or (columns != 1 and len(fields) == 1 and body.isspace()):
            continue
        columns = columns or len(fields)
        odd = body.startswith(QUOTE) and body.count(QUOTE) % 2 == 1
        if len(fields) != columns or (columns == 1 and odd):
            return False
        rows += 1
        in_quotes += any(len(field) > 1 and field[0] == field[-1] == QUOTE for field in fields)
    if mistake and (doubled or 2 * in_quotes > rows):  # quoting is meant, and somebody made a mistake
        return False
    return mistake or columns == 1 or rows >= _ENOUGH


class _Suspect(NamedTuple):
    """A row over several lines, or a doubtful one in one line."""

    lines: tuple[int, int]  # the first and the last
    doubtful: bool  # counting lines of prose
    doubtful_without_prose: bool
    rows_throughout: bool = False  # each of its lines may be a row


class _Survey:
    """What the rows of a file look like where it is read as quoted."""

    def __init__(self, dialect: Dialect) -> None:
        self._header = dialect.header
        self.rows = -1 if dialect.header else 0  # behind the header; -1 before it
        self.columns = 0  # fields of the header
        self.doubled = False  # a quoted field has a doubled quote
        self._separator = dialect.separator
        self._blank_behind = dialect.separator + " "
        self._is_csv = dialect.separator != "\t"
        self._literal_columns = 0  # fields of the header's first line, read as literal
        self._header_end = ""
        self._all_quoted = True
        self._blank_begins_field = False  # in a row without quotes
        self._wider_line = False  # than the header, of a file of one column
        self._suspects: list[_Suspect] = []
        self._short_line = 0  # the first with fewer fields than the header
        self._blank_led_line = (
            0  # the first with all fields, without quotes, of which one behind a comma begins with a blank
        )
        self._has_no_blanks = False  # a row of several fields of which none does
        self._alone_line = 0  # the first that is one field of several words
        self._whole = 0  # rows with all fields, or some of them where there are many
        self._identifiers = 0  # of these, with a number in the first field

    def add(self, row: Row) -> None:
        """Takes the next row, the header first."""
        self.rows += 1
        is_header = self._header and not self.rows
        if not self.columns:
            self.columns = len(row.fields)
            self._literal_columns = row.lines[0].count(self._separator) + 1 if is_header else self.columns
            self._header_end = _split_end(row.lines[-1])[1]
        if self.columns > 1 and not is_header and not row.quoted:
            self._look_for_cuts(row)
        self.doubled |= row.doubled
        self._all_quoted &= len(row.quoted) == len(row.fields) or (is_header and self.columns == 1)
        if self.columns == 1:
            self._wider_line |= any(line.count(self._separator) >= self._literal_columns for line in row.lines)
        if len(row.lines) > 1:
            self._suspects.append(self._judge(row))
        elif not row.quoted:
            if self._is_csv and not self._blank_begins_field and self._blank_behind in row.lines[0]:
                self._blank_begins_field = self._is_row(row.lines[0])
        elif len(row.fields) < self.columns and self._is_row(row.lines[0]):
            self._suspects.append(_Suspect((row.first_line,) * 2, True, not self._is_prose(row.lines[0])))

    def _look_for_cuts(self, row: Row) -> None:
        fields = row.fields
        is_whole = len(fields) == self.columns
        if is_whole and self._whole > _ENOUGH_WHOLE and self._blank_behind not in row.lines[0]:
            return  # nothing more to learn of it
        blank_led = self._is_csv and self._blank_behind in row.lines[0] and any(map(_goes_on, fields, fields[1:]))
        self._has_no_blanks |= len(fields) > 1 and not blank_led
        if not is_whole:
            self._short_line = self._short_line or row.first_line
            if len(fields) == 1 and len(fields[0].split()) >= _SEVERAL:
                self._alone_line = self._alone_line or row.first_line
            return
        self._whole += 1
        self._identifiers += any(map(str.isdigit, fields[0]))
        if blank_led:
            self._blank_led_line = self._blank_led_line or row.first_line

    def cut_text(self, path: Source) -> ReviewsError | None:
        """The error of a file in which texts are cut at their commas or line breaks; None of another one."""
        advice = "put texts that hold separators or line breaks in double quotes, or give the file as JSONL"
        if self._alone_line and 2 * self._identifiers > self._whole:
            return ReviewsError(
                f"expected each row of {path} in a line, or its text in double quotes; found a single field of several "
                f"words in line {self._alone_line}, as if the text above went on there; {advice}; or delete that line"
            )
        if self._short_line and self._blank_led_line and self._has_no_blanks:
            return ReviewsError(
                f"expected as many fields in the rows of {path} as in its header; found fewer in line "
                f"{self._short_line}, and a blank behind a comma in line {self._blank_led_line}, as if it had cut a "
                f"text; {advice}"
            )
        return None

    def first_doubt(self) -> tuple[int, int] | None:
        """First and last line of a row that may be several; None where there is none."""
        with_prose = self._blank_begins_field
        doubts = [s.lines for s in self._suspects if (s.doubtful if with_prose else s.doubtful_without_prose)]
        if self.columns == 1:
            dismissed = self._wider_line or self.doubled or (self._all_quoted and self.rows > len(self._suspects))
        elif throughout := [s.lines for s in self._suspects if s.rows_throughout and doubts]:
            dismissed, doubts = self._all_quoted, throughout
        else:
            dismissed = self._all_quoted or (self._is_csv and 2 * len(doubts) < len(self._suspects))
        return doubts[0] if doubts and not dismissed else None

    def _judge(self, row: Row) -> _Suspect:
        """A row over several lines."""
        span = row.first_line, row.first_line + len(row.lines) - 1
        *inner, last = (_split_end(line)[1] for line in row.lines)
        if last == self._header_end and self._header_end not in inner:
            return _Suspect(span, False, False)
        rows = [line for line in row.lines if self._is_row(line)]
        data = [line for line in rows if not self._is_prose(line)]
        anyway = len(row.fields) < self.columns or self.columns == 1
        throughout = len(data) == sum(bool(_split_end(line)[0]) for line in row.lines)
        return _Suspect(span, len(rows) > 1 or anyway, len(data) > 1 or anyway, throughout)

    def _is_row(self, line: str) -> bool:
        """Whether a line, read as literal, has as many fields as the header."""
        body = _split_end(line)[0]
        if not body or (self._literal_columns != 1 and self._separator not in body and body.isspace()):
            return False
        return body.count(self._separator) + 1 == self._literal_columns

    def _is_prose(self, line: str) -> bool:
        return self._is_csv and (
            self._blank_behind in line or (self._separator == "," and _THOUSANDS.search(line) is not None)
        )


def _goes_on(before: str, field: str) -> bool:
    """Whether a field may be the rest of a text that a comma has cut."""
    return field[:1] == " " and not field.isspace() and before[:1] != " " and any(map(str.isalpha, before))


def _split_end(line: str) -> tuple[str, str]:
    body = line.rstrip("\r\n")
    return body, line[len(body) :]
