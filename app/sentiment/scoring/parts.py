"""The parts of files, their rows, and the rows that cannot be scored.

A row is set aside, with its number and the reason, where it is no JSON object, has more fields than the header, or has
a value that is too long or is no text in the text column. A row with an empty text is scored as empty. Of CSV and TSV,
planning refuses a file with a line that is too long, because what is behind it may be read in several ways.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from sentiment.data.files.fields import Row, StrayQuoteError, is_header_again, parse
from sentiment.data.files.lines import LONGEST
from sentiment.data.files.rows import TextRow
from sentiment.data.files.sources import is_remote
from sentiment.data.files.texts import joined
from sentiment.errors import ReviewsError, SentimentError
from sentiment.scoring.inputs import InputFile, unreadable

OPTION = "--column"  # with which a person names the text column


@dataclass(frozen=True)
class FileLayout:
    """How a file is read; decided once, before its parts are.

    Attributes:
        file: to read.
        text: columns of the text, which are joined; positions, or names in JSONL.
        others: the other columns with their names in the output and their kinds, see `TextRows.columns`.
        encoding: of a text file.
        separator: between the fields of CSV and TSV.
        literal: double quotes are ordinary characters.
        columns: how many fields a row of CSV and TSV has, at most.
        header: the fields of its header; empty where it has none.
    """

    file: InputFile
    text: tuple[int | str, ...] = ()
    others: tuple[tuple[int | str, str, Any], ...] = ()
    encoding: str = "utf-8"
    separator: str = ","
    literal: bool = False
    columns: int = 0
    header: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """Some rows of a file that follow one another.

    Attributes:
        file: number of the file in the job, from 0.
        number: of the part in its file, from 0.
        first_row: of the part in its file, from 1.
        rows: how many, with those that will be set aside.
        start: byte at which it begins in a text file; row of its row group in Parquet, from 0.
        end: byte behind its last one; of a text file alone.
        group: its row group in Parquet.
    """

    file: int
    number: int
    first_row: int
    rows: int
    start: int
    end: int = 0
    group: int = 0

    @property
    def name(self) -> str:
        """The name of its output, without an ending."""
        return f"part-{self.file:05d}-{self.number:05d}"


@dataclass(frozen=True)
class Reject:
    """A row that is set aside."""

    row: int  # in its file, from 1
    reason: str
    content: Any  # the fields or the line, as JSON has it


def rows_of_part(layout: FileLayout, part: Part, set_aside: Callable[[Reject], object]) -> Iterator[TextRow]:
    """The rows of a part in order, without those that are set aside.

    Raises:
        ReviewsError: the part cannot be read, or the file has changed.
    """
    with layout.file.open() as stream, _changes(layout.file):
        if layout.file.suffix == ".parquet":
            yield from _of_parquet(layout, part, stream, set_aside)
            return
        stream.seek(part.start)
        content = io.BytesIO(stream.read(part.end - part.start))
        read = _of_json_lines if layout.file.suffix in (".jsonl", ".ndjson") else _of_fields
        yield from read(layout, part, content, set_aside)


@contextmanager
def _changes(file: InputFile) -> Iterator[None]:
    try:
        yield
    except (UnicodeDecodeError, StrayQuoteError):
        raise ReviewsError(
            f"expected {file} as it was when the job began; found other content; score it into another folder"
        ) from None
    except SentimentError:
        raise
    except Exception as error:
        if is_remote(file.location):  # each file system has errors of its own
            raise unreadable(file.location, error) from None
        if not isinstance(error, OSError):
            raise
        raise ReviewsError(f"expected to be able to read {file}; found: {error}; check it and score again") from None


def _of_parquet(
    layout: FileLayout, part: Part, stream: BinaryIO, set_aside: Callable[[Reject], object]
) -> Iterator[TextRow]:
    from sentiment.data.files.parquet import LongRow, rows_of_parquet

    raw = rows_of_parquet(stream, layout.file, part.group, part.start, long_rows=True)
    for number, row in enumerate(islice(raw.rows, part.rows), start=part.first_row):
        text_row = row.reason if isinstance(row, LongRow) else _text_row(layout, row, number)
        if isinstance(text_row, str):
            content = {raw.columns[index]: value for index, value in row.items()}
            set_aside(Reject(number, text_row, content))
        else:
            yield text_row


def _of_fields(
    layout: FileLayout, part: Part, content: BinaryIO, set_aside: Callable[[Reject], object]
) -> Iterator[TextRow]:
    lines: Iterator[str] = (line.decode(layout.encoding) for line in content)
    if part.start == 0:
        lines = without_mark(lines)
    number = part.first_row - 1
    for parsed in parse(lines, layout.separator, literal=layout.literal):
        number += 1
        text_row = _why_no_row(layout, parsed) or _text_row(layout, dict(enumerate(parsed.fields)), number)
        if isinstance(text_row, str):
            set_aside(Reject(number, text_row, parsed.fields))
        else:
            yield text_row


def _why_no_row(layout: FileLayout, parsed: Row) -> str | None:
    """Why the fields of a line, or of several, are not one row of the file; None where they are."""
    fields = parsed.fields
    if len(fields) > layout.columns:
        return f"expected at most {layout.columns} fields; found {len(fields)}"
    if layout.columns > 1 and is_header_again(fields, layout.header):
        return "expected a row; found the header again"
    if (len(fields) < layout.columns or layout.columns == 1) and any(
        "\r" in field and index not in parsed.quoted for index, field in enumerate(fields)
    ):
        return "expected one row; found a carriage return, where another one may begin"
    return None


def without_mark(lines: Iterator[str]) -> Iterator[str]:
    """The same lines; a byte order mark is no part of the first one."""
    for first in islice(lines, 1):
        yield first.removeprefix("\ufeff")
    yield from lines


def _of_json_lines(
    layout: FileLayout, part: Part, content: BinaryIO, set_aside: Callable[[Reject], object]
) -> Iterator[TextRow]:
    number = part.first_row - 1
    for line in content:
        if not line.strip():
            continue
        number += 1
        row = json_object(line, layout.encoding)
        text_row = row if isinstance(row, str) else _text_row(layout, row, number)
        if isinstance(text_row, str):
            set_aside(Reject(number, text_row, line.decode(layout.encoding, "replace").rstrip("\r\n")))
        else:
            yield text_row


def json_object(line: bytes, encoding: str) -> dict[str, Any] | str:
    """The object in a line of JSONL, or why there is none."""
    if len(line) > 4 * LONGEST:  # as many bytes as a character may take
        return f"expected a line of at most {LONGEST:,} characters; found a longer one"
    try:
        row = json.loads(line.decode(encoding))
    except (ValueError, RecursionError) as error:
        return f"expected one JSON object; found: {error}"
    if not isinstance(row, dict):
        return f"expected one JSON object; found a {type(row).__name__}"
    if b"\\ud" in line.lower():  # maybe a lone surrogate, which no encoding can write
        row = json.loads(json.dumps(row, ensure_ascii=False).encode("utf-8", "ignore"))
    return row


def _text_row(layout: FileLayout, row: Mapping[Any, Any], number: int) -> TextRow | str:
    """A row as text and others, or why it has no text."""
    try:
        text = joined([row.get(column) for column in layout.text], layout.file, number, OPTION)
    except ReviewsError as error:
        return str(error)
    return TextRow(text, {name: row[column] for column, name, _ in layout.others if column in row})
