"""Predictions as CSV, TSV, Parquet and JSON lines, as a table for people, and as lines for shell programs.

Every format has the same columns, in the order of the texts: the other columns of the input file, then those of
`sentiment.inference.prediction_columns`. An input column with one of their names is called `input_label` etc.

The lines for shell programs have four fields, so that `cut -f 1` is the label: label, confidence, note (the reason,
"not sure" or "by threshold", and "truncated") and text. So has the table, after the other columns. All formats are
written row by row, the table page by page, so that memory does not grow with the input. A file appears whole or not at
all; a job that was stopped goes on, see `sentiment.inference.batch_jobs`.
"""

import csv
import json
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, chain, islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from rich.cells import cell_len, set_cell_size

from sentiment.config import POLARITY, Classes
from sentiment.data.files.rows import TextRow
from sentiment.errors import UserError
from sentiment.inference.prediction import BY_THRESHOLD, CLOSE, UNCERTAIN, Prediction
from sentiment.inference.prediction_columns import KINDS, cells_of, columns_of
from sentiment.inference.predictor import chunks
from sentiment.metrics.verdicts import in_percent
from sentiment.support.storage import new_file, storage_errors
from sentiment.text.familiarity import NO_TEXT, SENTENCES

_ROW_GROUP = 16_384  # rows, in Parquet
_PAGE = 100  # rows of the table below one header
_COLUMN_WIDTH = 24  # at most, of a label or another column in the table
_CONFIDENCE_WIDTH = len("Confidence")
_TEXT_WIDTH = 20  # at least, of the text in the table
_LINE_WIDTH = 120  # of the table, where the terminal's width is unknown
_NOT_SURE = "not sure"
_NOTE_WIDTH = max(map(len, ("truncated", NO_TEXT, *SENTENCES, CLOSE, BY_THRESHOLD, _NOT_SURE)))
_SHOWN = 4_096  # characters of a text from which a cell of the table is made


class PredictedRow(NamedTuple):
    """A row of the output."""

    others: Mapping[str, Any]  # values of the other columns of the input, by name
    text: str
    prediction: Prediction


@dataclass(frozen=True)
class PredictedRows:
    """The rows, and what is known about all of them."""

    rows: Iterable[PredictedRow]
    columns: Callable[[], dict[str, Any]] | None = None  # types of the other columns, as in `TextRows`; None: none
    run: str | None = None  # dataset/name, for JSON lines as `predict --json` prints them
    classes: Classes = POLARITY  # of the run
    widths: Mapping[str, int] = field(default_factory=dict)  # of the other columns in a table; empty: of each page

    def column_types(self) -> dict[str, Any]:
        """The types of the other columns by name; may read the whole input file."""
        return self.columns() if self.columns else {}

    @cached_property
    def label_width(self) -> int:
        """Of the labels in a table, in cells."""
        longest = max(_display_width(_printable(name)) for name in (UNCERTAIN, *self.classes.names))
        return min(_COLUMN_WIDTH, longest)

    def cells(self, row: PredictedRow) -> tuple[Any, ...]:
        """The values of `columns_of`, in files."""
        return cells_of(row.prediction, row.text, self.classes)


def predicted_rows(
    rows: Iterable[TextRow], predict: Callable[[Iterator[str]], Iterable[tuple[str, Prediction]]]
) -> Iterator[PredictedRow]:
    """Each row with its prediction; rows are kept in memory as far as `predict` reads ahead."""
    waiting: deque[Mapping[str, Any]] = deque()

    def texts() -> Iterator[str]:
        for row in rows:
            waiting.append(row.others)
            yield row.text

    for text, prediction in predict(texts()):
        yield PredictedRow(waiting.popleft(), text, prediction)


def format_of(target: Path | None, name: str | None) -> str | None:
    """The format to write: the one named, else that of the file's ending; None for standard output without a name.

    Raises:
        UserError: there is no such format, or the file's ending is that of another, or of none.
        StorageError: the path cannot be a file.
    """
    if name and name not in FORMATS:
        raise UserError(f"expected one of the formats {', '.join(FORMATS)}; found {name}; choose one of these")
    if target is None:
        return name
    with storage_errors(target):
        is_folder = target.is_dir()
    if is_folder:
        raise UserError(f"expected an output file; found the folder {target}; name a file in it")
    by_ending = _ENDINGS.get(target.suffix.lower())
    if name and by_ending not in (None, name):
        raise UserError(
            f"expected an output file for {name}; found {target}, which has the ending of {by_ending}; rename it"
        )
    if not name and not by_ending:
        raise UserError(
            f"expected an output file ending in {', '.join(_ENDINGS)}; found {target}; choose one of these, or name "
            "the format with --format"
        )
    return name or by_ending


def write_file(predictions: PredictedRows, target: Path, format_name: str) -> None:
    """Writes or replaces a file; a link is followed, a pipe or device is written into.

    Raises:
        StorageError: no space or no permission; before the first row is read.
    """
    if target.exists() and not target.is_file():
        with storage_errors(target), target.open("w", encoding="utf-8", newline="") as stream:
            write(predictions, stream, format_name)
        return
    with new_file(target) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        write(predictions, file, format_name)


def write(predictions: PredictedRows, file: TextIO, format_name: str) -> None:
    """Writes one of `FORMATS` into an open file, which must not translate line ends."""
    FORMATS[format_name](predictions, file)


def write_table(predictions: PredictedRows, file: TextIO, width: int | None = None) -> None:
    """Columns for people, in pages with headers and widths of their own; texts are cut at the terminal's width.

    Without other columns, or with `widths`, a row is written as soon as it is predicted.
    """
    width = width or shutil.get_terminal_size((_LINE_WIDTH, 0)).columns
    graded = f"{'Stars':<5}  " if predictions.classes.grades else ""
    header = (
        f"{'Label':<{predictions.label_width}}  {'Confidence':>{_CONFIDENCE_WIDTH}}  {graded}{'Note':<{_NOTE_WIDTH}}  "
    )
    rows, separator = iter(predictions.rows), ""
    for first in rows:
        page: Iterable[PredictedRow] = chain([first], islice(rows, _PAGE - 1))
        available = width - len(header) - _TEXT_WIDTH
        if predictions.columns and not predictions.widths:
            page = list(page)
            widths = _fitting(_column_widths(page), available)
        else:
            widths = _fitting(predictions.widths, available)
        file.write(separator + "  ".join([*(_cut(_printable(n), w) for n, w in widths.items()), header]) + "Text\n")
        for row in page:
            cells = [_cut(_printable(_plain(row.others.get(name))), size) for name, size in widths.items()]
            label, _, note, text = _short_cells(row)
            confidence, stars = row.prediction.confidence, row.prediction.stars
            if row.prediction.reason in SENTENCES:  # too few known words: its probability means nothing
                confidence, stars = None, None
            percent = "" if confidence is None else in_percent(confidence)
            label = _cut(_printable(label), predictions.label_width)
            grade = [f"{'' if stars is None else format(stars, '.1f'):>5}"] if graded else []
            line = "  ".join([*cells, label, f"{percent:>{_CONFIDENCE_WIDTH}}", *grade, f"{note:<{_NOTE_WIDTH}}"])
            text_width = max(_TEXT_WIDTH, width - _display_width(line) - 2)
            file.write(f"{line}  {_cut(_printable(text), text_width)}".rstrip() + "\n")
        separator = "\n"
    if not separator:
        file.write(header + "Text\n")


def _column_widths(rows: Sequence[PredictedRow]) -> dict[str, int]:
    """Widths of the other columns of some rows."""
    widths: dict[str, int] = {}
    for name in dict.fromkeys(chain.from_iterable(row.others for row in rows)):
        longest = max(_display_width(_printable(_plain(row.others.get(name)))) for row in rows)
        widths[name] = min(_COLUMN_WIDTH, max(longest, _display_width(_printable(name))))
    return widths


def _fitting(widths: Mapping[str, int], available: int) -> dict[str, int]:
    """As many columns as fit, from the left."""
    ends = accumulate(size + 2 for size in widths.values())
    return {name: size for (name, size), end in zip(widths.items(), ends, strict=True) if end <= available}


def _printable(text: str) -> str:
    """On one line, without control characters."""
    shown = " ".join(text[:_SHOWN].split())
    return shown if shown.isprintable() else "".join(char if char.isprintable() else "�" for char in shown)


def _display_width(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def _cut(text: str, width: int) -> str:
    """The text padded or cut to a display width; letters of some scripts are two cells wide."""
    missing = width - _display_width(text)
    return text + " " * missing if missing >= 0 else set_cell_size(text, width - 1) + "…"


def _write_lines(predictions: PredictedRows, file: TextIO) -> None:
    for row in predictions.rows:
        fields = _short_cells(row)
        file.write("\t".join(" ".join(field.split()) for field in fields) + "\n")  # no tab or line end in a field


def _write_json_lines(predictions: PredictedRows, file: TextIO) -> None:
    classes, run = predictions.classes, predictions.run
    as_json = run is not None
    names = columns_of(classes, as_json=as_json)
    for row in predictions.rows:
        cells = cells_of(row.prediction, row.text, classes, as_json=as_json, run=run)
        file.write(_json({**row.others, **dict(zip(names, cells, strict=True))}) + "\n")


def _write_separated(separator: str) -> Callable[[PredictedRows, TextIO], None]:
    def write_rows(predictions: PredictedRows, file: TextIO) -> None:
        names = list(predictions.column_types())
        # Only with \r\n as its line end does every version of Python quote a field that contains a lone \r or \n.
        writer = csv.writer(_UnixLines(file), delimiter=separator, lineterminator="\r\n")
        writer.writerow((*names, *columns_of(predictions.classes)))
        for row in predictions.rows:
            others = [_plain(row.others.get(name)) for name in names]
            cells = (_plain(cell) if isinstance(cell, bool) else cell for cell in predictions.cells(row))
            writer.writerow((*others, *cells))

    return write_rows


class _UnixLines:
    """A file for a CSV writer, which writes a row at a time; rows end in \\n."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(row.removesuffix("\r\n") + "\n")


def _write_parquet(predictions: PredictedRows, file: TextIO) -> None:
    import pyarrow
    from pyarrow import parquet

    types = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64(), bool: pyarrow.bool_()}
    others = predictions.column_types()
    as_json = {name for name, kind in others.items() if kind is object}
    fields = [(name, types[str] if kind is object else types.get(kind, kind)) for name, kind in others.items()]
    added = [
        (name, types[KINDS[name]] if name in KINDS else pyarrow.float32()) for name in columns_of(predictions.classes)
    ]
    schema = pyarrow.schema([*fields, *added])

    def value(row: PredictedRow, name: str) -> Any:
        cell = row.others.get(name)
        return _json(cell) if name in as_json and cell is not None else cell

    with parquet.ParquetWriter(file.buffer, schema) as writer:
        for group in chunks(predictions.rows, _ROW_GROUP, _characters):
            columns = [[value(row, name) for row in group] for name in others]
            columns += [list(column) for column in zip(*map(predictions.cells, group), strict=True)]
            arrays = [pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def _characters(row: PredictedRow) -> int:
    """The memory of a row, roughly."""
    return len(row.text) + sum(len(value) for value in row.others.values() if isinstance(value, str | bytes))


def _short_cells(row: PredictedRow) -> tuple[str, str, str, str]:
    """Label, confidence, note and text."""
    prediction = row.prediction
    doubt = BY_THRESHOLD if prediction.is_by_threshold else None if prediction.sure else _NOT_SURE
    reason = prediction.reason or doubt
    note = ", ".join(filter(None, (reason, "truncated" if prediction.truncated else None)))
    confidence = prediction.confidence
    return prediction.label or "", "" if confidence is None else f"{confidence:.4f}", note, row.text


def _plain(value: Any) -> str:
    """A value as a string."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool | list | dict):
        return _json(value)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)
    except ValueError:  # JSON has neither NaN nor infinity: null
        finite = json.loads(json.dumps(value, default=_plain), parse_constant=lambda _: None)
        return json.dumps(finite, ensure_ascii=False)


FORMATS: dict[str, Callable[[PredictedRows, TextIO], None]] = {
    "csv": _write_separated(","),
    "tsv": _write_separated("\t"),
    "parquet": _write_parquet,
    "jsonl": _write_json_lines,
    "table": write_table,
    "lines": _write_lines,
}
_ENDINGS = {".csv": "csv", ".tsv": "tsv", ".parquet": "parquet", ".jsonl": "jsonl", ".txt": "table"}
