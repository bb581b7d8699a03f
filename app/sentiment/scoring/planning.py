"""How each file of a job is read, and where its parts begin.

Of Parquet, only the footer is read. A text file is read to its end once, because nothing else says where a row ends:
a text in double quotes may hold line breaks. That also finds out all columns of JSONL and their kinds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from sentiment.data.files.fields import StrayQuoteError, parse
from sentiment.data.files.json_lines import common_kind, kind_of
from sentiment.data.files.lines import reading_errors
from sentiment.data.files.options import LINES, ReadingOptions
from sentiment.data.files.quoting import quotes_are_literal, stray_quote
from sentiment.data.files.recognition.columns import chosen_by_content, said, text_choice
from sentiment.data.files.recognition.dialect import dialect_of, rows_of, sample_of
from sentiment.data.files.recognition.encodings import mark_of
from sentiment.data.files.rows import SAMPLE_ROWS, Names, Notify, RawRows
from sentiment.data.files.sources import Source, is_remote
from sentiment.data.files.texts import open_source
from sentiment.errors import ReviewsError
from sentiment.scoring.inputs import InputFile
from sentiment.scoring.parts import OPTION, FileLayout, Part, json_object, without_mark

ROWS = 8_192  # of a part
PART_BYTES = 1 << 25  # of a part of a text file, at which it ends early
_MOST_WIDE = 0.1  # share of rows with more fields than the header; with more of them, the delimiter is another one
_PARTS_OF_GROUP = 16  # from more on, reading a group again for each of its parts is said
_WIDE = ("utf-16", "utf-32", "utf_16", "utf_32", "utf16", "utf32")


class Plan(NamedTuple):
    """What a job does."""

    layouts: tuple[FileLayout, ...]
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int:
        """Of all parts."""
        return sum(part.rows for part in self.parts)


def plan(
    files: Iterable[InputFile],
    reading: ReadingOptions,
    reserved: Iterable[str],
    rows: int = ROWS,
    notify: Notify = None,
) -> Plan:
    """The parts of some files.

    Args:
        files: in the order of the output.
        reading: what a person says of them.
        reserved: names of columns that the output adds.
        rows: of a part, at most.
        notify: is told what is assumed; of several files, once.

    Raises:
        ReviewsError: a file cannot be read, or has no text column.
    """
    told: Counter[str] = Counter()  # lines without the names of files

    def tell_once(line: str) -> None:
        told[kind := line.replace(str(file), "...")] += 1
        if notify and told[kind] == 1:
            notify(line)

    layouts, parts = [], []
    taken = tuple(reserved)
    for number, file in enumerate(files):
        planner = _PLANNERS[file.suffix]
        with reading_errors(Path(str(file))):
            layout, spans = planner(file, reading, taken, rows, tell_once)
        layouts.append(layout)
        parts += [Part(number, index, *span) for index, span in enumerate(spans)]
    for line, count in told.items():
        if notify and count > 1:
            notify(f"so for {count - 1:,} other files: {line}")
    return Plan(tuple(layouts), tuple(parts))


Spans = Iterable[tuple[int, ...]]  # of each part what follows its number


def _parquet(
    file: InputFile, reading: ReadingOptions, reserved: tuple[str, ...], rows: int, notify: Callable[[str], None]
) -> tuple[FileLayout, Spans]:
    from pyarrow import parquet, types

    from sentiment.data.files.parquet import rows_of_parquet

    with file.open() as stream:
        raw = rows_of_parquet(stream, file, long_rows=True)
        raw = raw if is_remote(file.location) else raw.looked_into()  # rows far away may take long
        layout = _layout(file, raw, reading, reserved, notify)
        counts = parquet.ParquetFile(stream).metadata
        groups = [counts.row_group(group).num_rows for group in range(counts.num_row_groups)]
    for position in layout.text:
        name, kind = raw.kinds()[int(position)]
        if not any(is_kind(_values_of(kind)) for is_kind in (types.is_string, types.is_large_string, types.is_null)):
            raise ReviewsError(
                f"expected text in the text column of {file}; found values of type {kind} in {name}; say which column "
                f"holds the text with {OPTION}"
            )
    if max(groups, default=0) > _PARTS_OF_GROUP * rows:
        notify(
            f"{file} has row groups of up to {max(groups):,} rows, and each part of a group reads it from the "
            "beginning: smaller groups, or a larger --rows-per-part, take less reading"
        )
    return layout, _row_groups(groups, rows)


def _values_of(kind: Any) -> Any:
    return getattr(kind, "value_type", kind) if "dictionary" in str(kind) else kind


def _row_groups(groups: Iterable[int], rows: int) -> Iterator[tuple[int, ...]]:
    first_row = 1
    for group, count in enumerate(groups):
        for start in range(0, count, rows):
            size = min(rows, count - start)
            yield first_row, size, start, 0, group
            first_row += size


def _fields(
    file: InputFile, reading: ReadingOptions, reserved: tuple[str, ...], rows: int, notify: Callable[[str], None]
) -> tuple[FileLayout, Spans]:
    if reading.delimiter == LINES:
        raise ReviewsError(
            f"expected a character after --delimiter, between the fields of {file}; found none; where each line is one "
            "text, use: sentiment predict --input"
        )
    source = open_source(file.location)
    _require_plain(source, file)
    dialect = dialect_of(source, "\t" if file.suffix == ".tsv" else ",", reading, notify)
    _require_narrow(dialect.encoding, file)
    if dialect.line_end != "\n":
        raise ReviewsError(f"expected lines of {file} that end in a line feed; found carriage returns; convert it")
    literal = quotes_are_literal(source, dialect, _MOST_WIDE)
    sample = rows_of(sample_of(source, dialect.line_end, dialect.encoding), dialect.separator)
    spans = _Spans(source, dialect.encoding, dialect.separator, literal, dialect.header, rows)
    first = next(spans.rows, [])
    if dialect.header:
        names, text = first, None
    else:
        names = [str(number) for number in range(1, max(map(len, sample), default=1) + 1)]
        text, _ = chosen_by_content(sample)
    first_rows = [dict(enumerate(row)) for row in sample[int(dialect.header) :][:SAMPLE_ROWS]]
    raw = RawRows.from_strings(names, (), lambda: 0.0, text=text, header=dialect.header, sample=first_rows)
    layout = _layout(file, raw, reading, reserved, notify)
    layout = replace(
        layout, encoding=dialect.encoding, separator=dialect.separator, literal=literal, columns=len(names),
        header=tuple(names) if dialect.header else (),
    )  # fmt: skip
    return layout, spans.all()


class _Spans:
    """Where the parts of a file of fields begin and end."""

    def __init__(
        self, source: Source, encoding: str, separator: str, literal: bool, header: bool, rows_of_part: int
    ) -> None:
        self._source, self._encoding = source, encoding
        self._position = 0  # bytes that were read
        self._most = rows_of_part
        self._header = header
        self.rows = (row.fields for row in parse(without_mark(self._lines()), separator, literal=literal))

    def all(self) -> Iterator[tuple[int, ...]]:
        """First row, rows, first byte, and the byte behind the last one, of each part; the first row was taken."""
        start, first_row, count = 0, 1, 1
        if self._header:
            start, count = self._position, 0
        elif self._position == 0:
            return
        try:
            while True:
                if count == self._most or (count and self._position - start >= PART_BYTES):
                    yield first_row, count, start, self._position
                    start, first_row, count = self._position, first_row + count, 0
                if next(self.rows, None) is None:
                    break
                count += 1
        except StrayQuoteError as error:
            raise stray_quote(self._source, first_row + count, error) from None
        if count:
            yield first_row, count, start, self._position

    def _lines(self) -> Iterator[str]:
        stream, raw = self._source.open()
        with raw, stream:
            for line in stream:
                self._position += len(line)
                yield line.decode(self._encoding)


def _json_lines(
    file: InputFile, reading: ReadingOptions, reserved: tuple[str, ...], rows: int, notify: Callable[[str], None]
) -> tuple[FileLayout, Spans]:
    source = open_source(file.location)
    _require_plain(source, file)
    encoding = reading.encoding or mark_of(source) or "utf-8"
    _require_narrow(encoding, file)
    encoding = "utf-8-sig" if mark_of(source) else encoding
    kinds: dict[str, set[type]] = {}
    sample: list[dict[str, Any]] = []
    spans: list[tuple[int, ...]] = []
    start, position, first_row, count = 0, 0, 1, 0
    stream, whole = source.open()
    with whole, stream:
        for line in stream:
            position += len(line)
            if not line.strip():
                continue
            count += 1
            row = json_object(line, encoding)
            if isinstance(row, dict):
                if len(sample) < SAMPLE_ROWS:
                    sample.append(row)
                for name, value in row.items():
                    kinds.setdefault(name, set()).add(kind_of(value))
            if count == rows or position - start >= PART_BYTES:
                spans.append((first_row, count, start, position))
                start, first_row, count = position, first_row + count, 0
    if count:
        spans.append((first_row, count, start, position))
    columns = [(name, common_kind(types - {type(None)})) for name, types in kinds.items()]
    names = list(kinds)
    if not names:
        raise ReviewsError(
            f"expected a JSON object with a text in each line of {file}; found none in {position:,} bytes; check "
            "that it is JSONL"
        )
    first_rows = [{names.index(name): value for name, value in row.items()} for row in sample]
    raw = RawRows(names, iter(()), lambda: columns, lambda: 0.0, sample=first_rows)
    layout = _layout(file, raw, reading, reserved, notify)
    text = tuple(columns[int(position)][0] for position in layout.text)
    others = tuple((columns[int(position)][0], name, kind) for position, name, kind in layout.others)
    return replace(layout, text=text, others=others, encoding=encoding), spans


def _layout(
    file: InputFile, raw: RawRows, reading: ReadingOptions, reserved: tuple[str, ...], notify: Callable[[str], None]
) -> FileLayout:
    """The text column and the names of the others, as `read_rows` has them."""
    choice = text_choice(raw, reading, file, OPTION)
    if choice.also or not raw.header or choice.is_learnt:
        notify(f"{file}: {said('text', choice, raw.columns, OPTION)}")
    names = Names(reserved)
    kinds = raw.kinds()
    names.keep([name for name, _ in kinds])
    others = tuple(
        (position, names.new(name), kind)
        for position, (name, kind) in enumerate(kinds)
        if position not in choice.positions
    )
    return FileLayout(file, choice.positions, others)


def _require_plain(source: Source, file: InputFile) -> None:
    if source.packing:
        raise ReviewsError(
            f"expected a file that is not packed, which can be read in parts; found {source.packing[1:]} in {file}; "
            "unpack it, or use: sentiment predict --input"
        )


def _require_narrow(encoding: str, file: InputFile) -> None:
    if encoding.lower().startswith(_WIDE):
        raise ReviewsError(
            f"expected an encoding of single bytes or UTF-8, whose lines can be cut; found {encoding} in {file}; "
            "save it as UTF-8"
        )


_PLANNERS = {".parquet": _parquet, ".csv": _fields, ".tsv": _fields, ".jsonl": _json_lines, ".ndjson": _json_lines}
