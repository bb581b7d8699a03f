"""JSONL: one JSON object a line."""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from sentiment.data.files.lines import Lines
from sentiment.data.files.rows import RawRows
from sentiment.errors import ReviewsError

_LARGEST_INTEGER = 1 << 63  # from here on an integer does not fit into eight bytes
_LARGEST_EXACT = 1 << 53  # beyond it, some integers do not fit into a float of eight bytes


def open_json_lines(path: Path) -> RawRows:
    """The rows of a JSONL file; its columns are all keys in the order of their first row.

    Raises:
        ReviewsError: when the line is reached, it holds no object.
    """
    lines = Lines(path, newline="\n")
    names: list[str] = []
    positions: dict[str, int] = {}

    def rows() -> Iterator[dict[int, Any]]:
        for row in _objects(lines, path):
            for name in row:
                if name not in positions:
                    positions[name] = len(names)
                    names.append(name)
            yield {positions[name]: value for name, value in row.items()}

    def kinds() -> list[tuple[str, Any]]:
        # Any row may have a key that no row before it has.
        types: dict[str, set[type]] = {}
        for row in _objects(Lines(path, newline="\n"), path):
            for name, value in row.items():
                types.setdefault(name, set()).add(_kind_of(value))
        return [(name, _common_kind(kinds - {type(None)})) for name, kinds in types.items()]

    remaining = rows()
    first = [row for row in (next(remaining, None),) if row is not None]
    return RawRows(names, chain(first, remaining), kinds, lines.fraction)


def _objects(lines: Lines, path: Path) -> Iterator[dict[str, Any]]:
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
        if "\\ud" in line.lower():  # maybe a lone surrogate, which no encoding can write
            row = json.loads(json.dumps(row, ensure_ascii=False).encode("utf-8", "ignore"))
        yield row


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
