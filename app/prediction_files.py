"""Where predictions go: CSV, TSV, Parquet and JSONL files, tab-separated lines, JSON lines, or a table for people.

Every form has the same columns, in the order of the texts:

    label          positive, negative or uncertain; nothing where there was no text
    probability    of positive; nothing where there was no text
    truncated      whether the text was too long and lost its middle
    text           as it was given

Each is written row by row, so that memory does not grow with the number of texts. A file appears whole or not at all.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from app.errors import UserError
from app.inference import Prediction
from app.storage import new_file

Rows = Iterable[tuple[str, Prediction]]

COLUMNS = ("label", "probability", "truncated", "text")
_PARQUET_ROWS = 16_384  # in a row group


def write_file(rows: Rows, target: Path) -> None:
    """Writes a file of the kind that its name ends in.

    Args:
        rows: each text with its prediction.
        target: ends in .csv, .tsv, .parquet or .jsonl; replaced if it is there.

    Raises:
        UserError: another ending; said before the first row is asked for.
        StorageError: no room left, or no permission.
    """
    check_target(target)
    with new_file(target) as temporary:
        _WRITERS[target.suffix.lower()](rows, temporary)


def check_target(target: Path) -> None:
    """Refuses a file that could not be written.

    Raises:
        UserError: no kind of file ends so.
    """
    if target.suffix.lower() not in _WRITERS:
        raise UserError(f"expected an output file ending in {', '.join(_WRITERS)}; found {target}; choose one of these")


def write_json_lines(rows: Rows, file: TextIO, run: str | None = None) -> None:
    """One JSON object a line; with the name of the run where given."""
    for text, prediction in rows:
        row = dict(zip(COLUMNS, _cells(text, prediction), strict=True))
        file.write(json.dumps(row if run is None else {**row, "run": run}, ensure_ascii=False) + "\n")


def write_tab_separated_lines(rows: Rows, file: TextIO) -> None:
    """One row a line, without a header, for `cut`, `sort` and `awk`: white space in a text becomes a blank."""
    for text, prediction in rows:
        label, probability, truncated, _ = _cells(text, prediction)
        shown = "" if probability is None else f"{probability:.4f}"
        file.write(f"{label or ''}\t{shown}\t{'truncated' if truncated else ''}\t{' '.join(text.split())}\n")


def write_table(rows: Rows, file: TextIO, width: int) -> None:
    """Columns for people, texts cut to the width of the terminal."""
    file.write(f"{'Label':<9}  Probability  Truncated  Text\n")
    for text, prediction in rows:
        label, probability, truncated, _ = _cells(text, prediction)
        shown = "" if probability is None else f"{probability:.4f}"
        line = f"{label or '':<9}  {shown:>11}  {'yes' if truncated else '':<9}  {' '.join(text.split())}"
        file.write((line if len(line) <= width else line[: width - 1] + "…") + "\n")


def _cells(text: str, prediction: Prediction) -> tuple[str | None, float | None, bool, str]:
    # A row without text keeps its place, so that outputs can be laid beside inputs, but has no verdict.
    if not text.strip():
        return None, None, False, text
    return prediction.label, round(prediction.probability, 7), prediction.truncated, text


def _write_separated(separator: str) -> Callable[[Rows, Path], None]:
    def write(rows: Rows, path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=separator, lineterminator="\n")
            writer.writerow(COLUMNS)
            for text, prediction in rows:
                label, probability, truncated, _ = _cells(text, prediction)
                writer.writerow((label, probability, "true" if truncated else "false", text))

    return write


def _write_json(rows: Rows, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        write_json_lines(rows, file)


def _write_parquet(rows: Rows, path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    kinds: Sequence[Any] = (pyarrow.string(), pyarrow.float32(), pyarrow.bool_(), pyarrow.string())
    schema = pyarrow.schema(list(zip(COLUMNS, kinds, strict=True)))
    with parquet.ParquetWriter(path, schema) as writer:
        for group in _groups((_cells(*row) for row in rows), _PARQUET_ROWS):
            columns = [list(column) for column in zip(*group, strict=True)]
            writer.write_table(pyarrow.table(columns, schema=schema))


def _groups(rows: Iterator[Any], size: int) -> Iterator[Iterable[Any]]:
    for first in rows:
        yield chain([first], islice(rows, size - 1))


_WRITERS: dict[str, Callable[[Rows, Path], None]] = {
    ".csv": _write_separated(","),
    ".tsv": _write_separated("\t"),
    ".parquet": _write_parquet,
    ".jsonl": _write_json,
}
