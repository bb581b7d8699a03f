"""Rows of a file of any kind, and its texts with the other columns."""

from collections.abc import Callable, Container, Iterator
from itertools import chain
from pathlib import Path, PurePath

from sentiment.data.files.json_lines import open_json_lines
from sentiment.data.files.kinds.folders import open_folder
from sentiment.data.files.kinds.json_documents import open_json
from sentiment.data.files.kinds.plain_text import open_plain_text
from sentiment.data.files.kinds.spreadsheets import open_spreadsheet
from sentiment.data.files.kinds.tars import is_tar_name, open_tar
from sentiment.data.files.kinds.texts_alone import open_fasttext
from sentiment.data.files.lines import LONGEST, reading_errors
from sentiment.data.files.options import ReadingOptions
from sentiment.data.files.recognition.columns import lacking, said, text_choice
from sentiment.data.files.rows import Names, Notify, RawRows, TextRow, TextRows
from sentiment.data.files.separated import open_separated
from sentiment.data.files.sources import PACKINGS, Source, is_remote
from sentiment.errors import ReviewsError


def _open_parquet(source: Source, options: ReadingOptions, notify: Notify) -> RawRows:
    from sentiment.data.files.parquet import open_parquet

    return open_parquet(source, options, notify)


OPENERS: dict[str, Callable[[Source, ReadingOptions, Notify], RawRows]] = {
    ".csv": open_separated,
    ".tsv": open_separated,
    ".txt": open_plain_text,
    ".ft": open_fasttext,
    ".parquet": _open_parquet,
    ".jsonl": open_json_lines,
    ".ndjson": open_json_lines,
    ".json": open_json,
    ".xlsx": open_spreadsheet,
    ".ods": open_spreadsheet,
}
# What programs and sites write where there is no text: pandas, Excel, databases, Reddit.
_MISSING = ("nan", "NaN", "<NA>", "#N/A", "\\N", "[deleted]", "[removed]")
PACKED = ".gz, .zip, .bz2, .xz or .zst"  # what may follow, in a message


def open_source(location: str | Path, *, sample: bool = False) -> Source:
    """The file at a path or an address, before its rows are read.

    Raises:
        ReviewsError: there is no such file, it is empty, a pipe, or of no kind in `OPENERS`.
    """
    path = Path(location)
    with reading_errors(path):
        if not is_remote(location) and not path.exists():
            raise ReviewsError(f"expected reviews at {path}; found no such file or folder; check the path")
    if not is_remote(location):
        _require_kind(path.suffix.lower(), path, (*OPENERS, *PACKINGS))
    with reading_errors(path):
        if not is_remote(location) and path.exists() and not (path.is_file() or path.is_dir()):  # it is read often
            raise ReviewsError(f"expected a file; found {path}, a pipe or a device; write it to a file first")
        source = Source(location, OPENERS, sample=sample)
    _require_kind(source.suffix, source, OPENERS)
    with reading_errors(source):
        stream, raw = source.open()
        with raw, stream:
            if not stream.read(1):
                raise ReviewsError(f"expected rows in {source}; found an empty file; give one with a text column")
    return source


def _require_kind(suffix: str, source: object, kinds: Container[str]) -> None:
    if suffix not in kinds:
        raise ReviewsError(
            f"expected a file ending in {', '.join(OPENERS)}, maybe with {PACKED} behind it; found {source}; convert "
            "it to one of these, or give the texts on standard input, one a line"
        )


def open_rows(
    location: str | Path, options: ReadingOptions, notify: Notify = None, *, sample: bool = False
) -> tuple[Source | Path, RawRows]:
    """The rows of a file, an address or a folder of texts, and what to call it in messages.

    With `sample`, how it is written is judged by its beginning.

    `notify` is told what is a guess. Raises ReviewsError where it cannot be read.
    """
    if not is_remote(location):
        path = Path(location)
        with reading_errors(path):
            if path.is_dir():
                return path, open_folder(path, options, notify)
            if is_tar_name(path) and path.is_file():
                return path, open_tar(path, options, notify)
    source = open_source(location, sample=sample)
    if source.member and notify and not PurePath(source.member).suffix:
        notify(f"{source}: {source.member} has no ending and is read as CSV")
    with reading_errors(source):
        return source, OPENERS[source.suffix](source, options, notify).looked_into()


def read_rows(
    path: str | Path,
    options: ReadingOptions | str | None = None,
    reserved: Container[str] = (),
    notify: Notify = None,
    option: str = "--column",
) -> TextRows:
    """The rows of a file in order. The file is opened before this returns.

    Args:
        path: a file, an address, or a folder of texts, see `OPENERS`.
        options: how to read it, or the text column alone.
        reserved: names that no other column may have.
        notify: is told what is a guess, and which column is read where several fit.
        option: with which a person names the text column, for messages.

    Raises:
        ReviewsError: no such file, another kind of file, no such column, or, when the row is reached, a row that cannot
            be read.
    """
    if not isinstance(options, ReadingOptions):
        options = ReadingOptions.named(options)
    source, raw = open_rows(path, options, notify)
    if not raw.columns and next(raw.rows, None) is None:  # blank lines of JSONL
        return TextRows(iter(()), dict, raw.fraction)
    choice = text_choice(raw, options, source, option)
    other_than_learnt = lacking(choice, options)
    if notify and (choice.also or not raw.header or choice.is_learnt or other_than_learnt):
        notify(f"{source}: {said('text', choice, raw.columns, option)}{other_than_learnt}")
    positions = set(choice.positions)
    names = Names(reserved)
    names.keep(raw.columns)
    names_so_far: list[str] = []  # by column; those of the text are not used

    def name_columns(columns: list[str]) -> None:
        for index in range(len(names_so_far), len(columns)):
            names_so_far.append("" if index in positions else names.new(columns[index]))

    def rows() -> Iterator[TextRow]:
        with reading_errors(source):
            for number, values in enumerate(raw.rows, start=1):
                name_columns(raw.columns)
                text = joined([values.get(position) for position in choice.positions], source, number, option)
                yield TextRow(text, {names_so_far[index]: v for index, v in values.items() if index not in positions})

    def columns() -> dict[str, object]:
        with reading_errors(source):
            kinds = raw.kinds()
        name_columns([name for name, _ in kinds])
        return {names_so_far[index]: kind for index, (_, kind) in enumerate(kinds) if index not in positions}

    text_rows = rows()
    first = next(text_rows, None)  # a mistake in it is found before anything is written
    return TextRows(text_rows if first is None else chain([first], text_rows), columns, raw.fraction)


def joined(values: list[object], source: object, number: int, option: str) -> str:
    """The text of a row, counted from 1: its parts on lines of their own; "" for none, or for `_MISSING`.

    Raises:
        ReviewsError: a part is not text, or they are longer than `LONGEST`.
    """
    parts = []
    for value in values:
        if value is None or value == "" or value in _MISSING:
            continue
        if not isinstance(value, str):
            raise ReviewsError(
                f"expected text in the text column of {source}; found {str(value)[:40]!r} of type "
                f"{type(value).__name__} in row {number}; say which column holds the text with {option}"
            )
        parts.append(value)
    if (length := sum(map(len, parts))) > LONGEST:
        raise ReviewsError(
            f"expected texts of at most {LONGEST:,} characters in {source}; found {length:,} in row {number}; break "
            "that text into reviews"
        )
    return "\n".join(parts)
