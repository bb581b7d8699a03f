"""Parquet, by batches of rows, none of which takes much more memory than its file.

A file of some kilobytes can hold gigabytes of text: a text that is there many times is stored once, in a dictionary,
and pages are compressed. So texts and bytes are read as dictionaries, and their sizes are known before they are
unfolded; a text that stands in many rows is one object in memory.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment.data.files.lines import LONGEST
from sentiment.data.files.rows import TEXT_COLUMNS, Names, Notify, TextRow, TextRows, find_column, text_of
from sentiment.errors import ReviewsError

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import parquet

_ROWS = 1_024  # read at once
_BYTES = 1 << 25  # of them together, on average over the file
_LARGE = 1 << 28  # bytes of a compressed column of a row group that may be unpacked whatever they were packed into
_FOLDED = 100  # times smaller than what it holds: a file that is no text any more
_LARGE_TABLE = 1 << 27  # bytes of a table that may be read whole whatever its file's size


def read_parquet(path: Path, column: str | None, names: Names, notify: Notify = None) -> TextRows:
    """The rows of a Parquet file: its text column, or the usual one, and the names of the other columns."""
    with _reasons_of_arrow(path):
        file, schema = _open(path)
        fields = list(schema)
        position = find_column([field.name for field in fields], column, TEXT_COLUMNS, "text", path, "--column", notify)
    fields.pop(position)
    names.keep(field.name for field in fields)
    others = {names.new(field.name): field.type for field in fields}
    read = 0

    def rows() -> Iterator[TextRow]:
        nonlocal read
        with _reasons_of_arrow(path):
            for batch in _batches(file, path):
                columns = [_values(column) for column in batch.columns]
                texts = columns.pop(position)
                for text, *values in zip(texts, *columns, strict=True):
                    read += 1
                    yield TextRow(text_of(text, path, read), dict(zip(others, values, strict=True)))

    return TextRows(rows(), lambda: others, lambda: read / max(1, file.metadata.num_rows))


def require_parquet_to_fit(path: Path) -> None:
    """Refuses a Parquet file that is not to be read whole, before any of its texts is unfolded.

    Raises:
        ReviewsError: this is no Parquet file; a value is longer than `LONGEST`; or the table takes more than
            `_LARGE_TABLE` bytes and a hundred times the size of the file.
    """
    with _reasons_of_arrow(path):
        file, _ = _open(path)
        size = sum(_unfolded(column) for batch in _batches(file, path) for column in batch.columns)
    if size > max(_LARGE_TABLE, _FOLDED * path.stat().st_size):
        raise ReviewsError(
            f"expected a Parquet file whose rows fit into memory; found {size / 1e6:,.0f} MB in the "
            f"{path.stat().st_size / 1e3:,.0f} KB of {path}: the same texts stand in many rows; leave repeated rows out"
        )


def _open(path: Path) -> "tuple[parquet.ParquetFile, pyarrow.Schema]":
    """A file whose texts and bytes are read as dictionaries, and the schema that it has otherwise."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        schema, metadata = file.schema_arrow, file.metadata
    leaves = [metadata.schema.column(i) for i in range(metadata.num_columns)]
    texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(index)
            packed, unpacked = chunk.total_compressed_size, chunk.total_uncompressed_size
            if unpacked > max(_LARGE, _FOLDED * packed):
                raise ReviewsError(
                    f"expected text in {path}; found {unpacked / 1e6:,.0f} MB that are packed into {packed / 1e6:,.2f} "
                    f"MB, in column {chunk.path_in_schema} of row group {group + 1}; write the file again with fewer "
                    "rows in a group, or with dictionaries"
                )
    return parquet.ParquetFile(path, metadata=metadata, read_dictionary=texts), schema


def _batches(file: "parquet.ParquetFile", path: Path) -> "Iterator[pyarrow.RecordBatch]":
    """The rows of a file, some at a time.

    Raises:
        ReviewsError: a value is longer than `LONGEST`.
    """
    first = 1
    for group in range(file.num_row_groups):
        metadata = file.metadata.row_group(group)
        at_once = max(1, min(_ROWS, _BYTES * metadata.num_rows // max(1, metadata.total_byte_size)))
        for batch in file.iter_batches(batch_size=at_once, row_groups=[group]):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                _require_short(column, name, path, first)
            yield batch
            first += len(batch)


def _require_short(column: "pyarrow.Array", name: str, path: Path, first: int) -> None:
    """Refuses a column of a batch, whose first row has a number, where a value in it is too long."""
    import pyarrow
    from pyarrow import compute

    if pyarrow.types.is_dictionary(column.type) and _is_binary(column.type.value_type):
        measure = compute.utf8_length if pyarrow.types.is_string(column.type.value_type) else compute.binary_length
        measured = _lengths(column, measure)
        if (compute.max(measured).as_py() or 0) <= LONGEST:
            return
        lengths = measured.to_pylist()
    elif pyarrow.types.is_nested(column.type) and _unfolded(column) > LONGEST:
        lengths = [_unfolded(column.slice(row, 1)) for row in range(len(column))]
    else:
        return
    for row, length in enumerate(lengths, start=first):
        if length is not None and length > LONGEST:
            raise ReviewsError(
                f"expected at most {LONGEST:,} characters in each field of {path}; found {length:,} in row {row}, "
                f"column {name}; break that text into reviews"
            )


def _lengths(column: "pyarrow.Array", measure: Callable[["pyarrow.Array"], "pyarrow.Array"]) -> "pyarrow.Array":
    """The length of each value of a column of dictionary indices.

    A batch is measured by the entries that it uses: the dictionary is that of the whole row group, and measuring all
    of it for each batch would take the square of its size.
    """
    from pyarrow import compute

    used = compute.unique(column.indices).drop_null()
    return measure(column.dictionary.take(used)).take(compute.index_in(column.indices, value_set=used))


def _unfolded(column: "pyarrow.Array") -> int:
    """How many bytes the values of a column take where each stands by itself."""
    import pyarrow
    from pyarrow import compute

    kind = column.type
    if pyarrow.types.is_dictionary(kind) and _is_binary(kind.value_type):
        return int(compute.sum(_lengths(column, compute.binary_length)).as_py() or 0)
    if pyarrow.types.is_struct(kind):
        return sum(map(_unfolded, column.flatten()))
    if pyarrow.types.is_map(kind):
        start, end = column.offsets[0].as_py(), column.offsets[-1].as_py()
        return sum(_unfolded(part.slice(start, end - start)) for part in (column.keys, column.items))
    if pyarrow.types.is_nested(kind) and hasattr(column, "flatten"):  # a list of some kind
        return _unfolded(column.flatten())
    return int(column.nbytes)


def _is_binary(kind: "pyarrow.DataType") -> bool:
    import pyarrow

    types = pyarrow.types
    return bool(
        types.is_string(kind) or types.is_binary(kind) or types.is_large_string(kind) or types.is_large_binary(kind)
    )


def _values(column: "pyarrow.Array") -> list[Any]:
    """The values of a column of a batch; one that stands in several rows is there once."""
    import pyarrow
    from pyarrow import compute

    if not pyarrow.types.is_dictionary(column.type):
        return column.to_pylist()
    used = compute.unique(column.indices).drop_null()
    by_index = dict(zip(used.to_pylist(), column.dictionary.take(used).to_pylist(), strict=True))
    return [by_index.get(index) for index in column.indices.to_pylist()]


@contextmanager
def _reasons_of_arrow(path: Path) -> Iterator[None]:
    import pyarrow

    try:
        yield
    except UnicodeDecodeError:
        raise  # `_reasons` knows more of it
    except (pyarrow.ArrowException, OverflowError, ValueError) as error:  # some dates lie beyond those of Python
        raise ReviewsError(
            f"expected a Parquet file at {path}; found: {' '.join(str(error).split())[:200]}; get or write it again"
        ) from None
