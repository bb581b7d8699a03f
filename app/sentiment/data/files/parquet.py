"""Parquet, in batches of rows that take little more memory than the file.

A file of kilobytes can hold gigabytes of text: a repeated text is stored once, in a dictionary, and pages are
compressed. So texts and bytes are read as dictionaries, whose size is known before they are unfolded, and a text that
stands in many rows is one object in memory.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow
from pyarrow import compute, parquet, types

from sentiment.data.files.lines import LONGEST
from sentiment.data.files.options import ReadingOptions
from sentiment.data.files.rows import Notify, RawRows
from sentiment.data.files.sources import Source
from sentiment.errors import ReviewsError

_BATCH_ROWS = 1_024
_BATCH_BYTES = 1 << 25  # of a batch, on average over the file
_GROUP_BYTES = 1 << 26  # of a row group, which may be decompressed in any case
_COLUMN_BYTES = 1 << 22  # and so many more for each column
_TABLE_BYTES = 1 << 27  # a table of up to so many may be read whole in any case
_GROUP_RATIO = 30  # between a row group and the size of the file, at most: up to five times as much is reserved for it
_RATIO = 100  # between a table and the size of its file, at most


def open_parquet(source: Source, options: ReadingOptions, notify: Notify = None) -> RawRows:  # noqa: ARG001
    """The rows of a Parquet file, read in batches. Integers that stand for names become these, see `_names_of_classes`.

    Raises:
        ReviewsError: this is no Parquet file; when the row is reached, a value is longer than `LONGEST`.
    """
    return rows_of_parquet(source.unpacked_path(), source)


class LongRow(dict[int, Any]):
    """Stands for a row with a value that is longer than `LONGEST`, of which nothing is unfolded.

    Attributes:
        reason: which value.
    """

    def __init__(self, length: int, column: str) -> None:
        super().__init__()
        self.reason = f"expected at most {LONGEST:,} characters in each field; found {length:,} in column {column}"


def rows_of_parquet(
    content: Path | BinaryIO, source: object, group: int | None = None, first: int = 0, *, long_rows: bool = False
) -> RawRows:
    """The rows of a Parquet file, or of one of its row groups.

    Args:
        content: its path, or the open file, of which only what is needed is read.
        source: what messages call it.
        group: from 0; None: all of them.
        first: row of them from which on, from 0. Those before it are read and not unfolded.
        long_rows: a row with a value that is too long becomes a `LongRow`, and is no error.

    Raises:
        ReviewsError: as `open_parquet`.
    """
    with _arrow_errors(source):
        file, schema = _open(content, source)
        names = _names_of_classes(schema)
        groups = range(file.num_row_groups) if group is None else range(group, group + 1)
    rows_read = 0

    def rows() -> Iterator[dict[int, Any]]:
        nonlocal rows_read
        with _arrow_errors(source):
            for batch in _batches(file, source, groups, first, long_rows):
                long = _long_values(batch) if long_rows else {}
                short = batch.filter(pyarrow.array([row not in long for row in range(len(batch))])) if long else batch
                columns = [
                    _named(_values(column), names[name]) if name in names else _values(column)
                    for name, column in zip(short.schema.names, short.columns, strict=True)
                ]
                unfolded = zip(*columns, strict=True)
                for row in range(len(batch) if columns else 0):
                    rows_read += 1
                    yield LongRow(*long[row]) if row in long else dict(enumerate(next(unfolded)))

    fields = [(field.name, pyarrow.string() if field.name in names else field.type) for field in schema]
    return RawRows(
        [name for name, _ in fields], rows(), lambda: fields, lambda: rows_read / max(1, file.metadata.num_rows)
    )


def require_parquet_to_fit(source: Source) -> None:
    """Refuses a Parquet file that is too large to be read whole, before any of its texts is unfolded.

    Raises:
        ReviewsError: this is no Parquet file; a value is longer than `LONGEST`; or the table takes more than 128 MB
            and more than a hundred times the size of the file.
    """
    path = source.unpacked_path()
    with _arrow_errors(source):
        file, _ = _open(path, source)
        groups = range(file.num_row_groups)
        size = sum(_unfolded_bytes(column) for batch in _batches(file, source, groups) for column in batch.columns)
    if size > max(_TABLE_BYTES, _RATIO * path.stat().st_size):
        raise ReviewsError(
            f"expected a Parquet file whose rows fit into memory; found {size / 1e6:,.0f} MB in the "
            f"{path.stat().st_size / 1e3:,.0f} KB of {source}: the same texts stand in many rows; leave repeated rows "
            "out"
        )


def _names_of_classes(schema: pyarrow.Schema) -> dict[str, list[str]]:
    """By column, the names that its integers stand for, as the datasets library of Hugging Face writes them.

    The schema's metadata has JSON with them: {"info": {"features": {"label": {"_type": "ClassLabel", "names": [..]}}}}.
    Metadata that is not of this form says nothing.
    """
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        names = {
            column: list(map(str, feature["names"]))
            for column, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and feature.get("names")
        }
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}
    return {name: names[name] for name in schema.names if name in names and types.is_integer(schema.field(name).type)}


def _named(values: Sequence[int | None], names: Sequence[str]) -> list[str | None]:
    """The names of some numbers; None for -1, which datasets writes for a class that is kept secret.

    Raises ValueError for a number without a name.
    """
    unknown = {value for value in values if value is not None and not -1 <= value < len(names)}
    if unknown:
        raise ValueError(f"class {min(unknown)}, while the file has names for {len(names)} classes")
    return [None if value is None or value < 0 else names[value] for value in values]


def _open(content: Path | BinaryIO, source: object) -> tuple[parquet.ParquetFile, pyarrow.Schema]:
    """The file, with texts and bytes as dictionaries, and its schema without them."""
    with parquet.ParquetFile(content) as file:
        schema, metadata = file.schema_arrow, file.metadata
    leaves = [metadata.schema.column(i) for i in range(metadata.num_columns)]
    size = _size_of(content)
    most = max(_GROUP_BYTES + _COLUMN_BYTES * metadata.num_columns, _GROUP_RATIO * size)
    for group in range(
        metadata.num_row_groups
    ):  # a damaged chunk of a column would end the process if it were looked at
        if (unpacked := metadata.row_group(group).total_byte_size) > most:
            raise ReviewsError(
                f"expected text in {source}; found {unpacked / 1e6:,.0f} MB in row group {group + 1} that are packed "
                f"into {size / 1e6:,.2f} MB; write the file again with fewer rows in a group, or with dictionaries"
            )
    texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
    return parquet.ParquetFile(content, metadata=metadata, read_dictionary=texts), schema


def _size_of(content: Path | BinaryIO) -> int:
    if isinstance(content, Path):
        return content.stat().st_size
    position = content.tell()
    size = content.seek(0, 2)
    content.seek(position)
    return size


def _batches(
    file: parquet.ParquetFile, path: object, groups: Iterable[int], first: int = 0, long_rows: bool = False
) -> Iterator[pyarrow.RecordBatch]:
    """The rows of some row groups in batches, from the row `first` on. Without `long_rows`, raises ReviewsError for a
    value longer than `LONGEST`.
    """
    first_row = 1
    for group in groups:
        metadata = file.metadata.row_group(group)
        size = max(1, min(_BATCH_ROWS, _BATCH_BYTES * metadata.num_rows // max(1, metadata.total_byte_size)))
        for batch in file.iter_batches(batch_size=size, row_groups=[group]):
            if first_row + len(batch) <= first + 1:
                first_row += len(batch)
                continue
            if first_row <= first:
                batch, first_row = batch.slice(first + 1 - first_row), first + 1
            if not long_rows and (long := _long_values(batch)):
                row, (length, name) = min(long.items())
                raise ReviewsError(
                    f"expected at most {LONGEST:,} characters in each field of {path}; found {length:,} in row "
                    f"{first_row + row}, column {name}; break that text into reviews"
                )
            yield batch
            first_row += len(batch)


def _long_values(batch: pyarrow.RecordBatch) -> dict[int, tuple[int, str]]:
    """By the row of a batch, from 0, the length and the column of its first value that is longer than `LONGEST`."""
    long: dict[int, tuple[int, str]] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if _is_text(column.type):
            measure = compute.utf8_length if types.is_string(column.type.value_type) else compute.binary_length
            measured = _lengths(column, measure)
            if (compute.max(measured).as_py() or 0) <= LONGEST:
                continue
            lengths = measured.to_pylist()
        elif types.is_nested(column.type) and _unfolded_bytes(column) > LONGEST:
            lengths = [_unfolded_bytes(column.slice(row, 1)) for row in range(len(column))]
        else:
            continue
        for row, length in enumerate(lengths):
            if length is not None and length > LONGEST:
                long.setdefault(row, (length, name))
    return long


def _is_text(kind: pyarrow.DataType) -> bool:
    """Whether a column is a dictionary of texts or bytes."""
    is_any = (types.is_string, types.is_binary, types.is_large_string, types.is_large_binary)
    return types.is_dictionary(kind) and any(is_kind(kind.value_type) for is_kind in is_any)


def _lengths(column: pyarrow.Array, measure: Callable[[pyarrow.Array], pyarrow.Array]) -> pyarrow.Array:
    """The length of each value of a dictionary column.

    Only the entries that the batch uses are measured: the dictionary belongs to the whole row group, and to measure all
    of it for each batch would take quadratic time.
    """
    used = compute.unique(column.indices).drop_null()
    return measure(column.dictionary.take(used)).take(compute.index_in(column.indices, value_set=used))


def _unfolded_bytes(column: pyarrow.Array) -> int:
    """Bytes of the values of a column if each is stored by itself."""
    kind = column.type
    if _is_text(kind):
        return int(compute.sum(_lengths(column, compute.binary_length)).as_py() or 0)
    if types.is_struct(kind):
        return sum(map(_unfolded_bytes, column.flatten()))
    if types.is_map(kind):
        start, end = column.offsets[0].as_py(), column.offsets[-1].as_py()
        return sum(_unfolded_bytes(part.slice(start, end - start)) for part in (column.keys, column.items))
    if types.is_nested(kind) and hasattr(column, "flatten"):  # a list of some kind
        return _unfolded_bytes(column.flatten())
    return int(column.nbytes)


def _values(column: pyarrow.Array) -> list[Any]:
    """The values of a column of a batch; rows with the same text share one object."""
    if not types.is_dictionary(column.type):
        return column.to_pylist()
    used = compute.unique(column.indices).drop_null()
    by_index = dict(zip(used.to_pylist(), column.dictionary.take(used).to_pylist(), strict=True))
    return [by_index.get(index) for index in column.indices.to_pylist()]


@contextmanager
def _arrow_errors(path: object) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError:
        raise  # `reading_errors` says more about it
    except (
        pyarrow.ArrowException,
        OverflowError,
        ValueError,
        OSError,
    ) as error:  # OverflowError: a date beyond Python's
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the system, not of Arrow
        raise ReviewsError(
            f"expected a Parquet file at {path}; found: {' '.join(str(error).split())[:200]}; get or write it again"
        ) from None
