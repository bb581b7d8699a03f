"""One JSON object a line."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sentiment.data.files.lines import Lines
from sentiment.data.files.reasons import with_reasons
from sentiment.data.files.rows import (
    TEXT_COLUMNS,
    Names,
    Notify,
    TextRow,
    TextRows,
    find_column,
    text_of,
    without_surrogates,
)
from sentiment.errors import ReviewsError

_LARGEST_INTEGER = 1 << 63  # from here on an integer does not fit into eight bytes
_LARGEST_EXACT = 1 << 53  # beyond, some integers do not fit into a float of eight bytes


def read_json_lines(path: Path, column: str | None, names: Names, notify: Notify = None) -> TextRows:
    """The rows of a JSONL file: its text column, or the usual one, and the names of the other keys."""
    known: dict[str, str] = {}  # what each key is called, by its name in the file

    def named(key: str) -> str:
        if key not in known:
            known[key] = names.new(key)
        return known[key]

    def rows(lines: Lines, notify: Notify = None) -> Iterator[TextRow]:
        key: str | None = None
        for number, row in json_objects(lines, path):
            if key is None:
                keys = list(row)
                names.keep(keys)
                key = keys[find_column(keys, column, TEXT_COLUMNS, "text", path, "--column", notify)]
            text = text_of(row.pop(key, None), path, number)
            yield TextRow(text, {named(other): value for other, value in row.items()})

    def columns() -> dict[str, Any]:
        # Any row may have a key that no row before it has.
        kinds: dict[str, set[type]] = {}
        for row in with_reasons(rows(Lines(path, newline="\n")), path):
            for name, value in row.others.items():
                kinds.setdefault(name, set()).add(_kind_of(value))
        return {name: _kind(found - {type(None)}) for name, found in kinds.items()}

    lines = Lines(path, newline="\n")
    return TextRows(rows(lines, notify), columns, lines.fraction)


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
