"""How a text file of rows is written: encoding, ends of lines, what stands between fields, and whether it has a header.

The delimiter is the one that divides all rows into equally many fields; where none does, it is that of the file's
ending. Where several do, the one that gives the first row a known name of a column is taken, then the one by which all
double quotes open and close fields. Else the file is refused: "Good;4,5" is a text and a number, or a text with a
semicolon. In a TSV tabs decide, because a text hardly has any. `csv.Sniffer` takes the blank for the delimiter of a
column of texts, and does not know whether it is sure.

A first row is a header unless it is certain that it is none: it has a usual name of a column, or is 0, 1, 2, ..., or no
label in it occurs again in its column.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sentiment.data.files.fields import QUOTE, StrayQuoteError, parse
from sentiment.data.files.lines import Lines
from sentiment.data.files.options import DELIMITERS, ReadingOptions
from sentiment.data.files.recognition.columns import is_text_name, is_usual_name, names_of
from sentiment.data.files.recognition.encodings import encoding_of
from sentiment.data.files.rows import Notify
from sentiment.data.files.sources import Source
from sentiment.errors import ReviewsError

_SAMPLE_LINES = 1_000
_EXCEL = re.compile(r'"?sep=."?')
_SAMPLE_CHARACTERS = 1 << 20
_FEWEST = 5  # rows that show a label again
_ROWS_ABOVE = 5  # among which the names of the columns are looked for below a title
_LONGEST_NAME = 5  # words
_SHOWN = 5  # names of columns in a message
_SHOWN_CHARACTERS = 30  # of each
_LABELS = {"positive", "negative", "neutral", "pos", "neg", "true", "false"}


@dataclass(frozen=True)
class Dialect:
    """How a file is written."""

    encoding: str
    line_end: str  # "\\n" (also for "\\r\\n") or "\\r"
    separator: str
    header: bool

    def lines(self, source: Source) -> Lines:
        """The lines of the file with their ends."""
        return Lines(source, newline=self.line_end, encoding=self.encoding)


def dialect_of(source: Source, usual: str, options: ReadingOptions, notify: Notify) -> Dialect:
    """How a file of fields is written.

    Args:
        source: the file.
        usual: the delimiter of files with its ending.
        options: what a person says of it.
        notify: is told what was guessed, or recognised other than usual.

    Raises:
        ReviewsError: it can be read in several ways.
    """
    encoding = encoding_of(source, options.encoding, notify)
    line_end = line_end_of(source, encoding)
    lines = sample_of(source, line_end, encoding)
    if lines and (mark := _EXCEL.fullmatch(lines[0].strip())):
        raise ReviewsError(
            f"expected rows in {source}; found the line {mark[0]} above them, which Excel reads and others do not; "
            "delete that line"
        )
    if options.delimiter is not None:
        separator = options.delimiter
    else:
        separator = _separator(lines, usual, source, options)
        if separator != usual and notify:
            notify(f"{source} has {DELIMITERS[separator]} between its fields, not {DELIMITERS[usual]}")
    rows = rows_of(lines, separator)
    header = has_header(rows, options)
    require_names_first(rows, header, source, options)
    say_header(rows, header, source, options, notify)
    return Dialect(encoding, line_end, separator, header)


def line_end_of(source: Source, encoding: str) -> str:
    """How the first line ends: "\\n", also for "\\r\\n", or "\\r"."""
    ends, first = "", ""
    for line in Lines(source, newline="", encoding=encoding):
        body = line.rstrip("\r\n")
        if first and body:
            break
        first = first or body
        ends += line[len(body) :]  # those of empty lines behind it as well: some programs write "\r\r\n"
    return "\r" if "\r" in ends and "\n" not in ends else "\n"


def sample_of(source: Source, line_end: str, encoding: str) -> list[str]:
    """The first lines of a file."""

    def lines() -> Iterator[str]:
        characters = 0
        for line in islice(Lines(source, newline=line_end, encoding=encoding), _SAMPLE_LINES):
            yield line
            characters += len(line)
            if characters > _SAMPLE_CHARACTERS:
                return

    return list(lines())


def rows_of(lines: Sequence[str], separator: str) -> list[list[str]]:
    """The fields of the rows in a sample, as far as they can be read as quoted; else, and in a TSV, as literal."""
    rows: list[list[str]] = []
    try:
        for row in parse(lines, separator):
            rows.append(row.fields)
    except StrayQuoteError as error:
        goes_on = error.next_line is None and len(lines) >= _SAMPLE_LINES  # maybe a text that is longer than the sample
        if not goes_on and (separator == "\t" or (len(rows) < 2 and error.next_line is not None)):
            return [row.fields for row in parse(lines, separator, literal=True)]
    return rows


def _separator(lines: Sequence[str], usual: str, source: Source, options: ReadingOptions) -> str:
    widths = {mark: [len(row) for row in rows_of(lines, mark)] for mark in DELIMITERS}
    if usual == "\t" and _even(widths[usual]):
        return usual
    even = [mark for mark in DELIMITERS if _even(widths[mark])]
    if len(even) > 1:
        even = [mark for mark in even if _has_known_name(rows_of(lines, mark)[0], options)] or even
    if len(even) > 1:
        even = [mark for mark in even if _has_no_stray_quote(lines, mark)] or even
    if len(even) > 1:
        raise ReviewsError(
            f"expected one way to divide the rows of {source}; found that {' and '.join(DELIMITERS[m] for m in even)} "
            "do; name the delimiter with --delimiter"
        )
    if even:
        return even[0]
    if widths[usual] and widths[usual][0] == 1:
        # The header is one field by the usual delimiter. By another one it may be several, in rows of several lengths.
        wider = [mark for mark in DELIMITERS if mark != usual and widths[mark] and widths[mark][0] > 1]
        if len(wider) == 1 and not lines[0].startswith(QUOTE):
            return wider[0]
        _require_one_field(lines, usual, source)
    return usual


def _has_no_stray_quote(lines: Sequence[str], separator: str) -> bool:
    """Whether all double quotes in a sample, which may end inside a field, open and close fields."""
    try:
        return bool([*parse(lines, separator)])
    except StrayQuoteError as error:
        return error.next_line is None


def _even(widths: Sequence[int]) -> bool:
    """Whether a delimiter divides all rows into equally many fields, more than one."""
    return bool(widths) and widths[0] > 1 and len(set(widths)) == 1


def _require_one_field(lines: Sequence[str], usual: str, source: Source) -> None:
    """Refuses a header of one field above rows that another delimiter divides into equally many."""
    body = [line.rstrip("\r\n") for line in lines if line.strip()][1:]
    for mark, name in DELIMITERS.items():
        counts = {line.count(mark) for line in body}
        prose = any(mark + " " in line for line in body)
        if mark != usual and len(body) > 1 and len(counts) == 1 and 0 not in counts and not prose:
            raise ReviewsError(
                f"expected as many fields in the rows of {source} as in its header, which is one; found {name} in "
                f"every row; write the names of all columns into the header, with {name} between them, or say with "
                f"--delimiter {DELIMITERS[usual].removesuffix('s')} that they are part of the texts"
            )


def say_header(
    rows: Sequence[Sequence[str]], header: bool, source: object, options: ReadingOptions, notify: Notify
) -> None:
    """Says how the first row is read, where that is a guess: no name of a column in it is usual, or one that is named.

    Args:
        rows: from the first one.
        header: from `has_header`.
        source: for the message.
        options: what a person says of the source.
        notify: is told.
    """
    if notify is None or options.header is not None or not rows:
        return
    if not header:
        notify(f"{source} is read without a header, because its first row has a label; with one: --header")
    elif not _has_known_name(rows[0], options):
        names = ", ".join(str(name)[:_SHOWN_CHARACTERS] for name in rows[0][:_SHOWN])
        more = ", ..." if len(rows[0]) > _SHOWN else ""
        notify(f"the first row of {source}, {names}{more}, is read as the header; without one: --no-header")


def require_names_first(rows: Sequence[Sequence[str]], header: bool, source: object, options: ReadingOptions) -> None:
    """Refuses a title, or the upper one of two headers, in place of the names of the columns.

    One of the next rows has more usual names than the first; or the first has a single value, and they have more.

    Args:
        rows: from the first one.
        header: from `has_header`.
        source: for the message.
        options: what a person says of the source; a header that is named is taken as it is.
    """
    if not header or options.header is not None or not rows:
        return
    top = rows[: _ROWS_ABOVE + 1]
    usual = [sum(is_usual_name(str(value)) for value in row) for row in top]
    values = [sum(bool(str(value).strip()) for value in row) for row in top]
    lower = [number for number, row in enumerate(top) if number and all(map(_may_be_name, row))]
    likely = [number for number in lower if any(is_text_name(str(value)) for value in top[number])]
    names = next((number for number in likely if usual[number] > max(1, usual[0])), None)
    if names is None and not usual[0] and len(top[0]) > 2 and values[0] == 1 and str(top[0][0]).strip():
        names = next((number for number in lower if values[number] > 1), None)
    if names is not None:
        title = next((str(value) for value in top[0] if str(value).strip()), "")[:_SHOWN_CHARACTERS]
        shown = ", ".join(str(value)[:_SHOWN_CHARACTERS] for value in rows[names][:_SHOWN])
        raise ReviewsError(
            f"expected the names of the columns in the first row of {source}; found {title!r} there, and {shown} in "
            f"row {names + 1}; delete the rows above the names, or add --header if the first row has them"
        )


def _may_be_name(value: object) -> bool:
    return (
        not str(value).strip().replace(".", "").replace(",", "").isdigit() and len(str(value).split()) <= _LONGEST_NAME
    )


def _has_known_name(first: Sequence[str], options: ReadingOptions) -> bool:
    # A number that is named may be the place of a column, and the same number a value in the first row.
    named = {name.strip().lower() for name in names_of(options) if not name.isdigit()}
    return any(is_usual_name(str(name)) or str(name).strip().lower() in named for name in first)


def has_header(rows: Sequence[Sequence[str]], options: ReadingOptions) -> bool:
    """Whether the first row has the names of the columns, see the module."""
    if options.header is not None:
        return options.header
    if not rows:
        return True
    first, *body = rows
    if _has_known_name(first, options):
        return True
    names = [value.strip() for value in first if value.strip()]
    if names and names == [str(number) for number in range(len(names))]:
        return True
    body = [row for row in body if row != first]
    if len(body) < _FEWEST:
        return True
    for index, value in enumerate(first):
        value = value.strip().lower()
        if value.lstrip("+-").replace(".", "", 1).isdigit() or value in _LABELS:
            column = [row[index].strip().lower() for row in body if index < len(row)]
            if value in column and len(set(column)) <= max(2, len(column) // 2):
                return False
    return True
