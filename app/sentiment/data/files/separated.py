"""Rows of fields with a delimiter between them: CSV, TSV, and what is alike.

A file is read several times: for its encoding, for how it is written (`sentiment.data.files.recognition`), for what its
double quotes mean (`sentiment.data.files.quoting`), then for its rows.

- Lines end as the first one does: in "\\n" or "\\r\\n", or in a lone "\\r". The other character is part of a text then;
  outside double quotes it is refused where it may end a row.
- A row with fewer fields than the header lacks the last ones. A row with more is refused.
- A row that repeats the header is passed over, and said.
"""

from collections.abc import Iterator

from sentiment.data.files.fields import Row, StrayQuoteError, is_header_again, parse
from sentiment.data.files.kinds.texts_alone import open_lines
from sentiment.data.files.lines import Lines
from sentiment.data.files.options import LINES, ReadingOptions
from sentiment.data.files.quoting import quotes_are_literal, stray_quote, too_many_fields
from sentiment.data.files.recognition.columns import chosen_by_content
from sentiment.data.files.recognition.dialect import Dialect, dialect_of, rows_of, sample_of
from sentiment.data.files.rows import Notify, RawRows
from sentiment.data.files.sources import Source
from sentiment.errors import ReviewsError

_SHOWN = 5  # lines in a message


def open_separated(source: Source, options: ReadingOptions, notify: Notify = None) -> RawRows:
    """The rows of a file of fields.

    Raises:
        ReviewsError: the file is empty, or can be read in no way or in two; while rows are read: one has more fields
            than the first, or may be several rows.
        UnicodeDecodeError: the file is in another encoding than it says.
    """
    if options.delimiter == LINES:
        return open_lines(source, options, notify)
    dialect = dialect_of(source, "\t" if source.suffix == ".tsv" else ",", options, notify)
    return open_dialect(source, dialect, notify)


def open_dialect(source: Source, dialect: Dialect, notify: Notify) -> RawRows:
    """The rows of a file that is known to be written so; raises as `open_separated`."""
    literal = quotes_are_literal(source, dialect)
    lines = dialect.lines(source)
    rows = _rows(source, lines, dialect, literal, notify)
    if dialect.header:
        return RawRows.from_strings(next(rows), rows, lines.fraction)
    sample = rows_of(sample_of(source, dialect.line_end, dialect.encoding), dialect.separator)
    columns = [str(number) for number in range(1, max(map(len, sample), default=1) + 1)]
    text, label = chosen_by_content(sample)
    return RawRows.from_strings(columns, rows, lines.fraction, text=text, label=label, header=False)


def _rows(source: Source, lines: Lines, dialect: Dialect, literal: bool, notify: Notify) -> Iterator[list[str]]:
    """The fields of each row, of the header first where there is one."""
    first: list[str] = []
    repeated: list[int] = []
    short: list[int] = []
    number = 0
    other_end = "\r" if dialect.line_end == "\n" else "\n"
    try:
        for number, row in enumerate(parse(lines, dialect.separator, literal=literal), start=not dialect.header):
            is_first, first = not first, first or row.fields
            if len(row.fields) > len(first):
                raise too_many_fields(source, len(first), row, number)
            if len(row.fields) < len(first):
                short.append(row.first_line)
            if number and (len(row.fields) < len(first) or len(first) == 1):
                _require_one_line_end(source, row, number, other_end)
            if dialect.header and not is_first and len(first) > 1 and is_header_again(row.fields, first):
                repeated.append(row.first_line)
            else:
                yield row.fields
    except StrayQuoteError as error:  # only where the file has changed since it was surveyed
        raise stray_quote(source, number + 1, error) from None
    if not first:
        raise ReviewsError(f"expected rows in {source}; found an empty file; give one with a text column")
    if repeated and notify:
        notify(f"{source} repeats its header {len(repeated):,} times, which are no rows: line {_shown(repeated)}")
    if short and notify:
        notify(f"{source} has {len(short):,} rows without their last fields: line {_shown(short)}")


def _shown(lines: list[int]) -> str:
    return ", ".join(f"{line:,}" for line in lines[:_SHOWN]) + (", ..." if len(lines) > _SHOWN else "")


def _require_one_line_end(source: Source, row: Row, number: int, other_end: str) -> None:
    """Refuses a row that may be several."""
    if any(other_end in field and index not in row.quoted for index, field in enumerate(row.fields)):
        raise ReviewsError(
            f"expected all lines of {source} to end alike; found {other_end!r} in row {number}, line {row.first_line}, "
            "where it may end a row or be part of a text; save the file with line ends of one kind, or put that text "
            "in double quotes"
        )
