"""JSONL: one JSON object a line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sentiment.data.files.lines import Lines, reading_errors
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
_LARGEST_EXACT = 1 << 53  # beyond it, some integers do not fit into a float of eight bytes


def read_json_lines(path: Path, column: str | None, names: Names, notify: Notify = None) -> TextRows:
    """The rows of a JSONL file. Arguments as of `sentiment.data.files.read_rows`."""
    name_of: dict[str, str] = {}  # by key of the file

    def name_for(key: str) -> str:
        if key not in name_of:
            name_of[key] = names.new(key)
        return name_of[key]

    def rows(lines: Lines, notify: Notify = None) -> Iterator[TextRow]:
        text_key: str | None = None
        for number, row in json_objects(lines, path):
            if text_key is None:
                keys = list(row)
                names.keep(keys)
                text_key = keys[find_column(keys, column, TEXT_COLUMNS, "text", path, "--column", notify)]
            text = text_of(row.pop(text_key, None), path, number)
            yield TextRow(text, {name_for(key): value for key, value in row.items()})

    def columns() -> dict[str, Any]:
        # Any row may have a key that no row before it has.
        kinds: dict[str, set[type]] = {}
        with reading_errors(path):
            for row in rows(Lines(path, newline="\n")):
                for name, value in row.others.items():
                    kinds.setdefault(name, set()).add(_kind_of(value))
        return {name: _common_kind(types - {type(None)}) for name, types in kinds.items()}

    lines = Lines(path, newline="\n")
    return TextRows(rows(lines, notify), columns, lines.fraction)


def json_objects(lines: Lines, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number of each line that is not blank, from 1, and its object.

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
        if "\\ud" in line.lower():  # maybe a lone surrogate
            row = json.loads(without_surrogates(json.dumps(row, ensure_ascii=False)))
        yield number, row


class _InexactInt(int):
    """The kind of integers that a float may not hold exactly."""


def _kind_of(value: Any) -> type:
    if type(value) is not int or -_LARGEST_EXACT <= value <= _LARGEST_EXACT:
        return type(value)
    return _InexactInt if -_LARGEST_INTEGER <= value < _LARGEST_INTEGER else object


def _common_kind(kinds: set[type]) -> type:
    if not kinds:
        return str
    if kinds <= {int, _InexactInt}:
        return int
    if kinds <= {int, float}:
        return float
    return kinds.pop() if len(kinds) == 1 and kinds <= {str, bool} else object
