"""Texts out of files that may be larger than memory: CSV, TSV, Parquet and JSONL, one row after the other.

Imports no pandas, so that predictions start at once.
"""

import codecs
import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from app.errors import ReviewsError

TEXT_COLUMNS = ("review", "text")
_PARQUET_ROWS = 2_048  # read at once

# Longest first: the mark of UTF-32 begins with the one of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_texts(path: Path, column: str | None = None) -> Iterator[str]:
    """The texts of a file, in order; "" where a row has none. The file is opened before this returns.

    Args:
        path: ends in .csv, .tsv, .parquet or .jsonl.
        column: of the text; None for `review` or `text`.

    Raises:
        ReviewsError: no such file, another kind of file, a column that is not there, or (as soon as the row is
            reached) a row that cannot be read.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ReviewsError(
            f"expected a file ending in {', '.join(_READERS)}; found {path}; convert it to one of these, or give the "
            "texts on standard input, one a line"
        )
    try:
        with path.open("rb") as file:
            beginning = file.read(4)
    except OSError as error:
        raise ReviewsError(
            f"expected to be able to read {path}; found: {error.strerror}; check the path and its permissions"
        ) from None
    if not beginning:
        raise ReviewsError(f"expected rows in {path}; found an empty file; give one with a text column")
    texts = _with_reasons(reader(path, column), path)
    first = next(texts, None)  # finds the column, so that a mistake in its name is told before anything is written
    return iter(()) if first is None else _chained(first, texts)


def read_lines(stream: BinaryIO) -> Iterator[str]:
    """The lines of a byte stream, one text each, without their ends.

    Raises:
        ReviewsError: a line is not UTF-8.
    """
    for number, line in enumerate(stream, start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise ReviewsError(
                f"expected UTF-8 on standard input; found byte 0x{line[error.start]:02x} in line {number}; convert it"
            ) from None


def find_column(
    names: Sequence[str], asked: str | None, usual: Sequence[str], what: str, source: Path, option: str
) -> int:
    """Position of a column: by its name as written, else regardless of case and of blanks around it.

    Args:
        names: the columns that are there.
        asked: the name a person gave, if any.
        usual: the names to look for otherwise.
        what: it holds, for the message.
        source: named in the message.
        option: that names the column.

    Raises:
        ReviewsError: it is not there, or twice.
    """
    wanted = [asked] if asked else usual
    found = [name for want in wanted for name in names if name == want] or [
        name for want in wanted for name in names if name.strip().lower() == want.strip().lower()
    ]
    if not found or names.count(found[0]) > 1:
        shown = ", ".join(name[:30] for name in names[:10]) + (", ..." if len(names) > 10 else "")
        raise ReviewsError(
            f"expected {'a' if found or not asked else 'the'} {what} column, {' or '.join(wanted)}, once in {source}; "
            f"found the columns {' '.join(shown.split())}; say which one with {option}"
        )
    return names.index(found[0])


def encoding_of(beginning: bytes) -> str:
    """UTF-8, unless a file begins with the mark of another Unicode encoding."""
    return next((name for mark, name in _MARKS.items() if beginning.startswith(mark)), "utf-8")


def without_surrogates(value: Any) -> Any:
    """A string without halves of surrogate pairs, which JSON can say, and which are no character."""
    return value.encode("utf-8", "ignore").decode() if isinstance(value, str) else value


def _chained(first: str, others: Iterator[str]) -> Iterator[str]:
    yield first
    yield from others


def _with_reasons(texts: Iterator[str], path: Path) -> Iterator[str]:
    try:
        yield from texts
    except UnicodeDecodeError as error:
        raise ReviewsError(
            f"expected {error.encoding.upper()} throughout {path}; found byte 0x{error.object[error.start]:02x}; "
            "save the whole file as UTF-8"
        ) from None
    except OSError as error:
        raise ReviewsError(
            f"expected to be able to read {path}; found: {error.strerror or error}; check the file"
        ) from None


def _lines(path: Path, newline: str) -> Iterator[str]:
    with path.open("rb") as file:
        encoding = encoding_of(file.read(4))
    with path.open(encoding=encoding, newline=newline) as file:
        yield from file


def _read_separated(separator: str) -> Callable[[Path, str | None], Iterator[str]]:
    def read(path: Path, column: str | None) -> Iterator[str]:
        csv.field_size_limit(sys.maxsize)
        rows = csv.reader(_lines(path, newline=""), delimiter=separator)
        try:
            header = next(rows)
            position = find_column(header, column, TEXT_COLUMNS, "text", path, "--column")
            for number, row in enumerate((row for row in rows if row), start=1):
                if len(row) > len(header):
                    raise ReviewsError(
                        f"expected {len(header)} fields in every row of {path}; found {len(row)} in row {number}, "
                        f"ending in line {rows.line_num}; put texts with separators or line breaks in double quotes"
                    )
                yield row[position] if position < len(row) else ""
        except csv.Error as error:
            raise ReviewsError(f"expected rows of fields in {path}; found: {error}; write it again") from None

    return read


def _read_json_lines(path: Path, column: str | None) -> Iterator[str]:
    key: str | None = None
    for number, line in enumerate(_lines(path, newline="\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ReviewsError(
                f"expected one JSON object a line in {path}; found in line {number}: {error}; correct that line"
            ) from None
        if not isinstance(row, dict):
            raise ReviewsError(
                f"expected one JSON object a line in {path}; found a {type(row).__name__} in line {number}; "
                'write lines like {"text": "..."}'
            )
        if key is None or key not in row:
            names = list(row)
            key = names[find_column(names, column or key, TEXT_COLUMNS, "text", path, "--column")]
        yield _text(row[key], path, number)


def _read_parquet(path: Path, column: str | None) -> Iterator[str]:
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        names = file.schema_arrow.names
        name = names[find_column(names, column, TEXT_COLUMNS, "text", path, "--column")]
        number = 0
        for batch in file.iter_batches(batch_size=_PARQUET_ROWS, columns=[name]):
            for value in batch.column(0).to_pylist():
                number += 1
                yield _text(value, path, number)
    except pyarrow.ArrowException as error:
        raise ReviewsError(
            f"expected a Parquet file at {path}; found: {' '.join(str(error).split())[:200]}; get or write it again"
        ) from None


def _text(value: Any, path: Path, number: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ReviewsError(
            f"expected text in the text column of {path}; found {str(value)[:40]!r} of type {type(value).__name__} in "
            f"row {number}; say which column holds the text with --column"
        )
    return str(without_surrogates(value))


_READERS: dict[str, Callable[[Path, str | None], Iterator[str]]] = {
    ".csv": _read_separated(","),
    ".tsv": _read_separated("\t"),
    ".parquet": _read_parquet,
    ".jsonl": _read_json_lines,
}
