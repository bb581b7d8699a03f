"""JSONL: one JSON object a line."""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat
from typing import Any

from sentiment.data.files.lines import Lines
from sentiment.data.files.options import ReadingOptions
from sentiment.data.files.recognition.encodings import mark_of
from sentiment.data.files.rows import Notify, RawRows
from sentiment.data.files.sources import Source
from sentiment.errors import ReviewsError

_LARGEST_INTEGER = 1 << 63  # from here on an integer does not fit into eight bytes
_LARGEST_EXACT = 1 << 53  # beyond it, some integers do not fit into a float of eight bytes


def open_json_lines(source: Source, options: ReadingOptions, notify: Notify = None) -> RawRows:  # noqa: ARG001
    """The rows of a JSONL file; its columns are all keys in the order of their first row.

    Raises:
        ReviewsError: when the line is reached, it holds no object.
    """
    encoding = options.encoding or mark_of(source) or "utf-8"
    lines = Lines(source, newline="\n", encoding=encoding)
    passes = chain([lines], repeat(None))  # any row may have a key that no row before it has, so kinds read it again
    return rows_of_objects(lambda: _objects(next(passes) or Lines(source, "\n", encoding), source), lines.fraction)


def rows_of_objects(objects: Callable[[], Iterable[dict[str, Any]]], fraction: Callable[[], float]) -> RawRows:
    """Rows with their values by key.

    Args:
        objects: all of them; called again for their kinds.
        fraction: share of the file that was read.
    """
    names: list[str] = []
    positions: dict[str, int] = {}

    def rows() -> Iterator[dict[int, Any]]:
        for row in objects():
            for name in row:
                if name not in positions:
                    positions[name] = len(names)
                    names.append(name)
            yield {positions[name]: value for name, value in row.items()}

    def kinds() -> list[tuple[str, Any]]:
        types: dict[str, set[type]] = {}
        for row in objects():
            for name, value in row.items():
                types.setdefault(name, set()).add(kind_of(value))
        return [(name, common_kind(kinds - {type(None)})) for name, kinds in types.items()]

    remaining = rows()
    first = [row for row in (next(remaining, None),) if row is not None]
    return RawRows(names, chain(first, remaining), kinds, fraction)


def _objects(lines: Lines, source: Source) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ReviewsError(
                f"expected one JSON object a line in {source}; found in line {number}: {error}; correct that line"
            ) from None
        if not isinstance(row, dict):
            raise ReviewsError(
                f"expected one JSON object a line in {source}; found a {type(row).__name__} in line {number}; "
                'write lines like {"text": "..."}'
            )
        if "\\ud" in line.lower():  # maybe a lone surrogate, which no encoding can write
            row = json.loads(json.dumps(row, ensure_ascii=False).encode("utf-8", "ignore"))
        yield row


class _InexactInt(int):
    """The kind of integers that a float may not hold exactly."""


def kind_of(value: Any) -> type:
    """The kind of a value of JSON, for `common_kind`."""
    if type(value) is not int or -_LARGEST_EXACT <= value <= _LARGEST_EXACT:
        return type(value)
    return _InexactInt if -_LARGEST_INTEGER <= value < _LARGEST_INTEGER else object


def common_kind(kinds: set[type]) -> type:
    """The kind of a column, see `TextRows.columns`, whose values but None are of these kinds."""
    if not kinds:
        return str
    if kinds <= {int, _InexactInt}:
        return int
    if kinds <= {int, float}:
        return float
    return kinds.pop() if len(kinds) == 1 and kinds <= {str, bool} else object
