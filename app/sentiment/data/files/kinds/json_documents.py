"""`.json`: an array of objects, an object with one such array in it, columns as pandas writes them, or JSON lines.

An array of tasks of Label Studio is read as `sentiment.data.files.kinds.label_studio` says. A document is read whole.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sentiment.data.files.json_lines import open_json_lines, rows_of_objects
from sentiment.data.files.kinds.label_studio import is_label_studio, open_tasks
from sentiment.data.files.lines import Lines
from sentiment.data.files.options import ReadingOptions
from sentiment.data.files.recognition.columns import is_text_name, is_usual_name
from sentiment.data.files.recognition.encodings import mark_of
from sentiment.data.files.rows import Notify, RawRows
from sentiment.data.files.sources import Source
from sentiment.errors import ReviewsError

LARGEST = 1 << 29  # bytes of a document
_OBJECT_BYTES = 120  # that an object, an array or a pair of a name and a value takes, roughly
_OBJECTS_BYTES = 3 << 28  # of all of them, in any case
_OBJECTS_RATIO = 30  # between them and the file, at most: reviews take a few times the size of their file
_BLOCK_BYTES = 1 << 20
_DEEPEST = 3  # objects around the rows
# Hardly any rows are in these.
_DESCRIBING = frozenset("columns fields schema meta metadata errors warnings links".split())


def open_json(source: Source, options: ReadingOptions, notify: Notify) -> RawRows:
    """The rows of a JSON file, see the module.

    Raises:
        ReviewsError: it is no JSON, has no rows or several arrays of them, or is larger than `LARGEST`.
    """
    if _is_json_lines(source, options):
        return open_json_lines(source, options, notify)
    document = _document(source, options)
    if isinstance(document, dict):
        if (rows := _rows_of_columns(document)) is not None:
            return rows_of_objects(lambda: rows, lambda: 1.0)
        document = _rows_within(document, source, notify)
    if not isinstance(document, list):
        raise ReviewsError(
            f"expected an array of objects in {source}; found a {type(document).__name__}; write the rows as "
            '[{"text": "..."}, ...]'
        )
    if is_label_studio(document):
        return open_tasks(document, source, notify)
    if document and all(isinstance(text, str) for text in document):
        document = [{"text": text} for text in document]
    for number, row in enumerate(document, start=1):
        if not isinstance(row, dict):
            raise ReviewsError(
                f"expected an array of objects in {source}; found a {type(row).__name__} as number {number}; write the "
                'rows as [{"text": "..."}, ...]'
            )
    return rows_of_objects(lambda: document, lambda: 1.0)


def _is_json_lines(source: Source, options: ReadingOptions) -> bool:
    """Whether the first line is a whole object and another line follows."""
    encoding = options.encoding or mark_of(source) or "utf-8"
    try:
        first, second, *_ = [*_first_lines(Lines(source, "\n", encoding)), "", ""]
        return bool(second) and isinstance(json.loads(first), dict)
    except (ValueError, RecursionError, ReviewsError):  # no JSON in this line, or one that is too long
        return False


def _first_lines(lines: Iterable[str]) -> Iterator[str]:
    written = (line for line in lines if line.strip())
    yield from (line for line, _ in zip(written, range(2), strict=False))


def _document(source: Source, options: ReadingOptions) -> Any:
    stream, raw = source.open()
    with raw, stream:
        blocks, size = [], 0
        while size <= LARGEST and (block := stream.read(_BLOCK_BYTES)):  # one read would reserve all of `LARGEST`
            blocks.append(block)
            size += len(block)
    content = b"".join(blocks)
    if size > LARGEST:
        raise ReviewsError(
            f"expected at most {LARGEST / 1e6:,.0f} MB in the JSON document {source}; found more; write one object a "
            "line, as .jsonl, which is read row by row"
        )
    objects = _OBJECT_BYTES * sum(map(content.count, (b"{", b"[", b":")))
    if objects > max(_OBJECTS_BYTES, _OBJECTS_RATIO * source.size):
        raise ReviewsError(
            f"expected reviews in the JSON document {source}; found objects that take {objects / 1e6:,.0f} MB in a "
            f"file of {source.size / 1e6:,.2f} MB; write one object a line, as .jsonl, which is read row by row"
        )
    text = content.decode(options.encoding or mark_of(source) or "utf-8").removeprefix("\ufeff")
    try:
        document = json.loads(text)
        if "\\ud" in text.lower():  # maybe a lone surrogate, which no encoding can write
            document = json.loads(json.dumps(document, ensure_ascii=False).encode("utf-8", "ignore"))
    except (ValueError, RecursionError) as error:
        raise ReviewsError(
            f"expected JSON in {source}; found: {error}; correct it, or name the file as what it is"
        ) from None
    return document


def _rows_of_columns(document: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The rows of an object of columns, as `DataFrame.to_json` or `Dataset.to_dict` write them, or as split.

    {"text": {"0": "...", "1": "..."}, "label": {...}}, {"text": ["...", "..."], "label": [...]}, or
    {"columns": ["text", "label"], "data": [["...", 1], ...]}
    """
    names, data = document.get("columns"), document.get("data")
    if isinstance(names, list) and isinstance(data, list) and all(isinstance(name, str) for name in names):
        rows = [row for row in data if isinstance(row, list) and len(row) == len(names)]
        return [dict(zip(names, row, strict=True)) for row in rows] if len(rows) == len(data) else None
    columns = list(document.values())
    if not any(map(is_usual_name, document)):
        return None
    if all(isinstance(column, dict) and column.keys() == columns[0].keys() for column in columns):
        return [{name: document[name][key] for name in document} for key in columns[0]]
    if len(columns) > 1 and all(isinstance(column, list) and len(column) == len(columns[0]) for column in columns):
        return [dict(zip(document, row, strict=True)) for row in zip(*columns, strict=True)]
    return None


def _rows_within(document: dict[str, Any], source: Source, notify: Notify) -> list[Any]:
    """The only rows in an object: an array of objects, or objects by name, at any depth, or the object itself.

    Raises:
        ReviewsError: there are none, or several.
    """
    rows = list(document.values())
    if len(rows) > 1 and all(isinstance(row, dict) and any(map(is_usual_name, row)) for row in rows):
        return rows
    if any(is_text_name(name) and isinstance(value, str) for name, value in document.items()):
        return [document]
    everywhere = dict(_arrays_in(document, ""))
    found = {place: rows for place, rows in everywhere.items() if not set(place.split(".")) & _DESCRIBING} or {
        place: rows for place, rows in everywhere.items() if any(map(is_text_name, rows[0]))
    }
    for is_name in (is_text_name, is_usual_name):
        if texts := {
            place: rows for place, rows in found.items() if any(is_name(name) for row in rows for name in row)
        }:
            least = min(place.count(".") for place in texts)
            found = {place: rows for place, rows in texts.items() if place.count(".") == least}
            break
    if not found and len(lists := [v for v in document.values() if isinstance(v, list) and _are_texts(v)]) == 1:
        return lists[0]
    if len(found) != 1:
        listed = ", ".join(found) or ", ".join(document)
        raise ReviewsError(
            f"expected an array of objects in {source}, or an object with one array of objects in it; found "
            f"{len(found) or 'none'}: {listed[:60]}; write the rows as "
            '[{"text": "..."}, ...]'
        )
    [(name, rows)] = found.items()
    if notify and (set(document) != {name}):
        notify(f"{source}: the rows are those in {name}")
    return rows


def _arrays_in(value: Any, name: str, depth: int = 0) -> Iterator[tuple[str, list[Any]]]:
    """Arrays of objects, and objects whose values are objects, with their names from the outermost one on."""
    if depth > _DEEPEST or not isinstance(value, dict):
        return
    for key, inner in value.items():
        place = f"{name}.{key}" if name else key
        members = list(inner.values()) if isinstance(inner, dict) else inner
        if isinstance(members, list) and any(members) and all(isinstance(row, dict) for row in members):
            yield place, members
        else:
            yield from _arrays_in(inner, place, depth + 1)


def _are_texts(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(value, str) for value in values) and any(" " in value for value in values)
