"""Where predictions go: CSV, TSV, Parquet and JSONL, a table for people, and lines for programs.

Every form has the same columns, in the order of the texts:

    ...            what else stood in the file, under its own name; `input_label` where that is one of these:
    label          positive, negative or uncertain; nothing where there was no text
    probability    of positive; nothing where there was no text
    truncated      whether the text was too long and lost its middle
    unknown_share  share of the words that the model does not know, from 0 to 1
    reason         why the label is uncertain or missing: "unknown words", "no words", ...; nothing where it is neither
    text           as it was given

The lines for programs always have four fields, so that `cut -f 1` is the label: label, probability, what there is to
note (the reason, and "truncated"), and the text. So has the table, after the other columns. Each form is written row by
row, and the table page by page, so that memory does not grow with the number of texts. A file appears whole or not at
all.
"""

import csv
import json
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from rich.cells import cell_len, set_cell_size

from sentiment.data.files.rows import TextRow
from sentiment.errors import UserError
from sentiment.inference.predictor import CLOSE, Prediction, lots
from sentiment.support.storage import new_file, storage_errors
from sentiment.text.familiarity import NO_TEXT, SENTENCES

COLUMNS = ("label", "probability", "truncated", "unknown_share", "reason", "text")
RUN = "run"  # one more, in JSON lines that say which run it was
_PARQUET_ROWS = 16_384  # in a row group
_PAGE = 100  # rows of a table, under a header of their own
_WIDEST = 24  # characters of a column that is not ours
_TEXT = 20  # characters that the text in a table has at least
_WIDTH = 120  # of a table where nobody knows the width
_NOTE = max(map(len, ("truncated", NO_TEXT, *SENTENCES, CLOSE)))
_OUR_HEADER = f"{'Label':<9}  Probability  {'Note':<{_NOTE}}  "
_OUR_WIDTH = len(_OUR_HEADER)
_GLANCE = 4_096  # characters of a text that may be shown: a line has fewer


class Answer(NamedTuple):
    """A row of what is written."""

    others: Mapping[str, Any]  # what else stood in the row, by column
    text: str
    prediction: Prediction


@dataclass(frozen=True)
class Answers:
    """The rows, and what has to be known of them all."""

    rows: Iterable[Answer]
    columns: Callable[[], dict[str, Any]] | None = (
        None  # the other columns, see `sentiment.data.files`; None: there are none
    )
    run: str | None = None  # named in JSON lines

    def kinds(self) -> dict[str, Any]:
        """The other columns by name; may read the whole file that they come from."""
        return self.columns() if self.columns else {}


def answered(
    rows: Iterable[TextRow], predict: Callable[[Iterator[str]], Iterable[tuple[str, Prediction]]]
) -> Iterator[Answer]:
    """Each row with its prediction.

    Args:
        rows: of texts.
        predict: gives each text with its prediction, in order. As far as it reads ahead, rows are kept.
    """
    waiting: deque[Mapping[str, Any]] = deque()

    def texts() -> Iterator[str]:
        for row in rows:
            waiting.append(row.others)
            yield row.text

    for text, prediction in predict(texts()):
        yield Answer(waiting.popleft(), text, prediction)


def form_of(target: Path | None, asked: str | None) -> str | None:
    """The form to write: the one that was asked for, else the one that the file's name ends in.

    Args:
        target: the file; None: standard output.
        asked: its name in FORMS.

    Raises:
        UserError: there is no such form, or the file's name says another or none.
        StorageError: no file can have that name.
    """
    if asked and asked not in FORMS:
        raise UserError(f"expected one of the formats {', '.join(FORMS)}; found {asked}; choose one of these")
    if target is None:
        return asked
    with storage_errors(target):
        is_folder = target.is_dir()
    if is_folder:
        raise UserError(f"expected an output file; found the folder {target}; name a file in it")
    said = _ENDINGS.get(target.suffix.lower())
    if asked and said not in (None, asked):
        raise UserError(f"expected an output file for {asked}; found {target}, which ends in that of {said}; rename it")
    if not asked and not said:
        raise UserError(
            f"expected an output file ending in {', '.join(_ENDINGS)}; found {target}; choose one of these, or say "
            "which format it is to have with --format"
        )
    return asked or said


def write_file(answers: Answers, target: Path, form: str) -> None:
    """Writes a file.

    Args:
        answers: what to write.
        target: replaced if it is there, in its own place where it is a link; a pipe or device is written into.
        form: one of FORMS.

    Raises:
        StorageError: no room left, or no permission; said before the first row is asked for.
    """
    if target.exists() and not target.is_file():
        with storage_errors(target), target.open("w", encoding="utf-8", newline="") as stream:
            write(answers, stream, form)
        return
    with new_file(target) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        write(answers, file, form)


def write(answers: Answers, file: TextIO, form: str) -> None:
    """Writes one of FORMS into an open file, which translates no line ends."""
    FORMS[form](answers, file)


def write_table(answers: Answers, file: TextIO, width: int | None = None) -> None:
    """Columns for people, in pages that each have a header and the width that their rows need.

    Args:
        answers: what to write. Where there are no other columns, a row is written as soon as it is there.
        file: open.
        width: characters of a line; longer texts are cut. None: that of the terminal.
    """
    width = width or shutil.get_terminal_size((_WIDTH, 0)).columns
    between = ""
    for page in _pages(iter(answers.rows), _PAGE):
        rows, widths = page, {}
        if answers.columns:
            rows = list(page)
            widths = _widths(rows, width - _OUR_WIDTH - _TEXT)
        header = [*(_cut(_visible(name), size) for name, size in widths.items()), _OUR_HEADER + "Text"]
        file.write(between + "  ".join(header) + "\n")
        for row in rows:
            cells = [_cut(_visible(_plain(row.others.get(name))), size) for name, size in widths.items()]
            label, shown, note, text = _short(row)
            if row.prediction.reason in SENTENCES:  # a probability would say what nobody knows
                shown = ""
            cells += [f"{label:<9}", f"{shown:>11}", f"{note:<{_NOTE}}"]
            line = "  ".join(cells)
            file.write(f"{line}  {_cut(_visible(text), max(_TEXT, width - _cells_wide(line) - 2))}".rstrip() + "\n")
        between = "\n"
    if not between:
        file.write(_OUR_HEADER + "Text\n")


def _pages(rows: Iterator[Answer], size: int) -> Iterator[Iterable[Answer]]:
    for first in rows:
        yield chain([first], islice(rows, size - 1))


def _widths(rows: Sequence[Answer], room: int) -> dict[str, int]:
    """How wide the other columns of some rows are: as many of them as there is room for, from the left."""
    widths: dict[str, int] = {}
    for name in dict.fromkeys(chain.from_iterable(row.others for row in rows)):
        longest = max(_cells_wide(_visible(_plain(row.others.get(name)))) for row in rows)
        widths[name] = min(_WIDEST, max(longest, _cells_wide(_visible(name))))
        if sum(widths.values()) + 2 * len(widths) > room:
            del widths[name]
            break
    return widths


def _visible(text: str) -> str:
    """On one line, and nothing that a terminal would obey."""
    shown = " ".join(text[:_GLANCE].split())
    return shown if shown.isprintable() else "".join(one if one.isprintable() else "�" for one in shown)


def _cells_wide(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def _cut(text: str, size: int) -> str:
    """The text filled up to a width, or cut to it; letters of some scripts are two cells wide."""
    if (found := _cells_wide(text)) <= size:
        return text + " " * (size - found)
    return set_cell_size(text, size - 1) + "…"


def _write_lines(answers: Answers, file: TextIO) -> None:
    # For `cut`, `sort` and `awk`: white space in a text becomes a blank.
    for row in answers.rows:
        label, shown, note, text = _short(row)
        file.write(f"{label}\t{shown}\t{note}\t{' '.join(text.split())}\n")


def _write_json_lines(answers: Answers, file: TextIO) -> None:
    run = {} if answers.run is None else {RUN: answers.run}
    for row in answers.rows:
        file.write(_json({**row.others, **dict(zip(COLUMNS, _cells(row), strict=True)), **run}) + "\n")


def _write_separated(separator: str) -> Callable[[Answers, TextIO], None]:
    def write_rows(answers: Answers, file: TextIO) -> None:
        names = list(answers.kinds())
        # Only with both in its line ends does every version of Python quote a field that has either of them in it.
        writer = csv.writer(_UnixLines(file), delimiter=separator, lineterminator="\r\n")
        writer.writerow((*names, *COLUMNS))
        for row in answers.rows:
            others = [_plain(row.others.get(name)) for name in names]
            label, probability, truncated, unknown_share, reason, text = _cells(row)
            writer.writerow((*others, label, probability, _plain(truncated), unknown_share, reason, text))

    return write_rows


class _UnixLines:
    """What a CSV writer writes to, a row at a time."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: str) -> int:
        return self._file.write(row.removesuffix("\r\n") + "\n")


def _write_parquet(answers: Answers, file: TextIO) -> None:
    import pyarrow
    from pyarrow import parquet

    known = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64(), bool: pyarrow.bool_()}
    kinds = answers.kinds()
    as_json = {name for name, kind in kinds.items() if kind is object}
    fields = [(name, known[str] if kind is object else known.get(kind, kind)) for name, kind in kinds.items()]
    ours = zip(
        COLUMNS, (known[str], pyarrow.float32(), known[bool], pyarrow.float32(), known[str], known[str]), strict=True
    )
    schema = pyarrow.schema([*fields, *ours])

    def value(row: Answer, name: str) -> Any:
        found = row.others.get(name)
        return _json(found) if name in as_json and found is not None else found

    with parquet.ParquetWriter(file.buffer, schema) as writer:
        for group in lots(answers.rows, _PARQUET_ROWS, _characters):
            columns = [[value(row, name) for row in group] for name in kinds]
            columns += [list(column) for column in zip(*map(_cells, group), strict=True)]
            arrays = [pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


def _characters(row: Answer) -> int:
    """How much room a row takes, next to nothing aside."""
    return len(row.text) + sum(len(value) for value in row.others.values() if isinstance(value, str | bytes))


def _cells(row: Answer) -> tuple[str | None, float | None, bool, float, str | None, str]:
    # A row without text keeps its place, so that outputs can be laid beside inputs, but has no verdict.
    verdict = row.prediction
    probability = None if verdict.probability is None else round(verdict.probability, 7)
    return verdict.label, probability, verdict.truncated, round(verdict.unknown_share, 4), verdict.reason, row.text


def _short(row: Answer) -> tuple[str, str, str, str]:
    """Label, probability, note and text, for a glance."""
    label, probability, truncated, _, reason, text = _cells(row)
    shown = "" if probability is None else f"{probability:.4f}"
    note = ", ".join(filter(None, (reason, "truncated" if truncated else None)))
    return label or "", shown, note, text


def _plain(value: Any) -> str:
    """A value in a file that knows strings only."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool | list | dict):
        return _json(value)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)
    except ValueError:  # JSON has neither infinity nor what is no number
        finite = json.loads(json.dumps(value, default=_plain), parse_constant=lambda _: None)
        return json.dumps(finite, ensure_ascii=False)


# By name, with the usual ending first.
FORMS: dict[str, Callable[[Answers, TextIO], None]] = {
    "csv": _write_separated(","),
    "tsv": _write_separated("\t"),
    "parquet": _write_parquet,
    "jsonl": _write_json_lines,
    "table": write_table,
    "lines": _write_lines,
}
_ENDINGS = {".csv": "csv", ".tsv": "tsv", ".parquet": "parquet", ".jsonl": "jsonl", ".txt": "table"}
