"""Texts out of files that may be larger than memory: CSV, TSV, Parquet and JSONL, one row after the other.

Imports no pandas, so that predictions start at once.
"""

import codecs
import csv
import io
import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from app.errors import ReviewsError

TEXT_COLUMNS = ("review", "text")
LONGEST = 1 << 22  # characters of a line or a field; "War and Peace" is shorter, what lacks its line breaks is not
_PARQUET_ROWS = 2_048  # read at once
_LARGEST_INTEGER = 1 << 63  # from here on an integer does not fit into eight bytes
_LARGEST_EXACT = 1 << 53  # beyond, some integers do not fit into a float of eight bytes

# Longest first: the mark of UTF-32 begins with the one of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class TextRow(NamedTuple):
    """A row of a file."""

    text: str  # "" where there is none
    others: Mapping[str, Any]  # what else stands in the row, by column; a column may be missing


@dataclass(frozen=True)
class TextRows:
    """The rows of a file, to be read once.

    The other columns are named as in the file, and those whose name is taken `input_...`.
    """

    rows: Iterator[TextRow]
    columns: Callable[[], dict[str, Any]] | None = None
    """The other columns of all rows with their kind: str, int, float, bool, object (anything that JSON can say), or the
    type of Arrow. May read the whole file, so only who has to write a header asks. None: there are none."""
    fraction: Callable[[], float | None] = lambda: None  # how much of the file was read; None where nobody knows

    @classmethod
    def of(cls, texts: Iterable[str]) -> "TextRows":
        """Texts that stand in no file."""
        return cls(TextRow(text, {}) for text in texts)


def read_rows(path: Path, column: str | None = None, taken: Container[str] = ()) -> TextRows:
    """The texts of a file with what else stands in their rows, in order. The file is opened before this returns.

    Args:
        path: ends in .csv, .tsv, .parquet or .jsonl.
        column: of the text; None for `review` or `text`.
        taken: names that no other column may have.

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
    with _reasons(path):
        if path.exists() and not (path.is_file() or path.is_dir()):  # it is opened more than once, to be read again
            raise ReviewsError(f"expected a file; found {path}, a pipe or a device; write it to a file first")
        with path.open("rb") as file:
            beginning = file.read(4)
        if not beginning:
            raise ReviewsError(f"expected rows in {path}; found an empty file; give one with a text column")
        found = reader(path, column, _Names(taken))
    rows = _with_reasons(found.rows, path)
    first = next(rows, None)  # finds the column, so that a mistake in its name is told before anything is written
    return replace(found, rows=iter(()) if first is None else chain([first], rows))


def read_lines(stream: BinaryIO) -> Iterator[str]:
    """The lines of a byte stream, one text each, without their ends.

    Raises:
        ReviewsError: a line is not UTF-8, or endless.
    """
    number = 0
    while line := stream.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            raise _endless("standard input", number)
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


class _Names:
    """What the other columns are called: as in the file, except where that name is taken or was there before."""

    def __init__(self, taken: Container[str]) -> None:
        self._taken = taken
        self._given: dict[str, int] = {}  # names, with how often each was asked for again

    def new(self, name: str) -> str:
        """A free name for a column."""
        free = f"input_{name}" if name in self._taken else name
        while free in self._given or free in self._taken:
            self._given[name] = again = self._given.get(name, 1) + 1
            free = f"input_{name}_{again}"
        self._given[free] = 1
        return free


@contextmanager
def _reasons(path: Path) -> Iterator[None]:
    """Turns what goes wrong while a file is read into one line."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise ReviewsError(
            f"expected {error.encoding.upper()} throughout {path}; found byte 0x{error.object[error.start]:02x}"
            f"{_where_it_is_not_utf8(path) if error.encoding == 'utf-8' else ''}; save the whole file as UTF-8"
        ) from None
    except OSError as error:
        raise ReviewsError(
            f"expected to be able to read {path}; found: {error.strerror or error}; check the path and its permissions"
        ) from None


def _with_reasons(rows: Iterator[TextRow], path: Path) -> Iterator[TextRow]:
    with _reasons(path):
        yield from rows


def _where_it_is_not_utf8(path: Path) -> str:
    # A decoder reads many lines at once and does not say which it was.
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return f" in line {number}"
    return ""


def _endless(where: object, number: int) -> ReviewsError:
    return ReviewsError(
        f"expected lines of at most {LONGEST:,} characters in {where}; found that line {number} is longer; "
        "break it into reviews"
    )


class _Lines:
    """The lines of a text file, as far as they were read."""

    def __init__(self, path: Path, newline: str) -> None:
        with path.open("rb") as file:
            encoding = encoding_of(file.read(4))
        self._path = path
        self._size = path.stat().st_size
        self._number = 0
        self.ended = False
        self._bytes = path.open("rb")
        self._file = io.TextIOWrapper(self._bytes, encoding, newline=newline)

    def __iter__(self) -> Iterator[str]:
        with self._file:
            while line := self._file.readline(LONGEST + 1):
                self._number += 1
                if len(line) > LONGEST:
                    raise _endless(self._path, self._number)
                yield line
            self.ended = True

    def fraction(self) -> float:
        """How much of the file was read."""
        return 1.0 if self._file.closed else self._bytes.tell() / self._size


def _read_separated(separator: str) -> Callable[[Path, str | None, _Names], TextRows]:
    def read(path: Path, column: str | None, names: _Names) -> TextRows:
        csv.field_size_limit(LONGEST)
        lines = _Lines(path, newline="")
        records = csv.reader(lines, delimiter=separator)
        with _reasons_of_csv(path):
            header = next((fields for fields in records if fields), [])  # behind empty lines, as in training
        position = find_column(header, column, TEXT_COLUMNS, "text", path, "--column")
        others = [names.new(name) for index, name in enumerate(header) if index != position]

        def rows() -> Iterator[TextRow]:
            with _reasons_of_csv(path):
                for number, fields in enumerate((fields for fields in records if fields), start=1):
                    if lines.ended:  # a row that goes on to the end of the file and beyond
                        raise unclosed_quote(path, number)
                    if len(fields) > len(header):
                        raise ReviewsError(
                            f"expected {len(header)} fields in every row of {path}; found {len(fields)} in row "
                            f"{number}, ending in line {records.line_num}; put texts with separators or line breaks "
                            "in double quotes"
                        )
                    text = fields.pop(position) if position < len(fields) else ""
                    yield TextRow(text, dict(zip(others, fields, strict=False)))  # a row may end early

        return TextRows(rows(), lambda: dict.fromkeys(others, str), lines.fraction)

    return read


def unclosed_quote(path: Path, row: int) -> ReviewsError:
    """The error of a file with separators, one of whose rows, counted from 1, has no end."""
    return ReviewsError(
        f"expected every double quote in {path} to be closed; found one in row {row} that is not; close it there, and "
        "double what is a mark of its own"
    )


@contextmanager
def _reasons_of_csv(path: Path) -> Iterator[None]:
    try:
        yield
    except csv.Error as error:
        raise ReviewsError(
            f"expected rows of fields in {path}; found: {error}; look for a double quote that is not closed"
        ) from None


def _read_json_lines(path: Path, column: str | None, names: _Names) -> TextRows:
    known: dict[str, str] = {}  # what each key is called, by its name in the file

    def named(key: str) -> str:
        if key not in known:
            known[key] = names.new(key)
        return known[key]

    def rows(lines: _Lines) -> Iterator[TextRow]:
        key: str | None = None
        for number, row in json_objects(lines, path):
            if key is None:
                keys = list(row)
                key = keys[find_column(keys, column, TEXT_COLUMNS, "text", path, "--column")]
            text = _text(row.pop(key, None), path, number)
            yield TextRow(text, {named(other): value for other, value in row.items()})

    def columns() -> dict[str, Any]:
        # Any row may have a key that no row before it has.
        kinds: dict[str, set[type]] = {}
        for row in _with_reasons(rows(_Lines(path, newline="\n")), path):
            for name, value in row.others.items():
                kinds.setdefault(name, set()).add(_kind_of(value))
        return {name: _kind(found - {type(None)}) for name, found in kinds.items()}

    lines = _Lines(path, newline="\n")
    return TextRows(rows(lines), columns, lines.fraction)


def json_objects(lines: Iterable[str], path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The object in each line that has one, with the number of the line, counted from 1.

    Raises:
        ReviewsError: a line holds something else.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ReviewsError(
                f"expected one JSON object a line in {path}; found in line {number}: {error}; correct that line"
            ) from None
        if not isinstance(row, dict):
            raise ReviewsError(
                f"expected one JSON object a line in {path}; found a {type(row).__name__} in line {number}; "
                'write lines like {"text": "..."}'
            )
        if "\\ud" in line.lower():  # may be half a surrogate pair, which is no character and which no file can hold
            row = json.loads(without_surrogates(json.dumps(row, ensure_ascii=False)))
        yield number, row


class _Long(int):
    """The kind of integers that no float stands for exactly."""


def _kind_of(value: Any) -> type:
    if type(value) is not int or -_LARGEST_EXACT <= value <= _LARGEST_EXACT:
        return type(value)
    return _Long if -_LARGEST_INTEGER <= value < _LARGEST_INTEGER else object


def _kind(found: set[type]) -> type:
    if not found:
        return str
    if found <= {int, _Long}:
        return int
    if found <= {int, float}:
        return float
    return found.pop() if len(found) == 1 and found <= {str, bool} else object


def _read_parquet(path: Path, column: str | None, names: _Names) -> TextRows:
    from pyarrow import parquet

    with _reasons_of_arrow(path):
        file = parquet.ParquetFile(path)
        fields = list(file.schema_arrow)
        position = find_column([field.name for field in fields], column, TEXT_COLUMNS, "text", path, "--column")
    fields.pop(position)
    others = {names.new(field.name): field.type for field in fields}
    read = 0

    def rows() -> Iterator[TextRow]:
        nonlocal read
        with _reasons_of_arrow(path):
            for batch in file.iter_batches(batch_size=_PARQUET_ROWS):
                columns = [values.to_pylist() for values in batch.columns]
                texts = columns.pop(position)
                for text, *values in zip(texts, *columns, strict=True):
                    read += 1
                    yield TextRow(_text(text, path, read), dict(zip(others, values, strict=True)))

    return TextRows(rows(), lambda: others, lambda: read / max(1, file.metadata.num_rows))


@contextmanager
def _reasons_of_arrow(path: Path) -> Iterator[None]:
    import pyarrow

    try:
        yield
    except UnicodeDecodeError:
        raise  # `_reasons` knows more of it
    except (pyarrow.ArrowException, OverflowError, ValueError) as error:  # some dates lie beyond those of Python
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


_READERS: dict[str, Callable[[Path, str | None, _Names], TextRows]] = {
    ".csv": _read_separated(","),
    ".tsv": _read_separated("\t"),
    ".parquet": _read_parquet,
    ".jsonl": _read_json_lines,
}
