"""Parquet, by batches of rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import ReviewsError
from app.text_files.rows import TEXT_COLUMNS, Names, Notify, TextRow, TextRows, find_column, text_of

_ROWS = 2_048  # read at once
_BYTES = 1 << 25  # of them together, on average over the file


def read_parquet(path: Path, column: str | None, names: Names, notify: Notify = None) -> TextRows:
    """The rows of a Parquet file: its text column, or the usual one, and the names of the other columns."""
    from pyarrow import parquet

    with _reasons_of_arrow(path):
        file = parquet.ParquetFile(path)
        fields = list(file.schema_arrow)
        size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.num_row_groups))
        at_once = max(1, min(_ROWS, _BYTES * file.metadata.num_rows // max(1, size)))
        position = find_column([field.name for field in fields], column, TEXT_COLUMNS, "text", path, "--column", notify)
    fields.pop(position)
    others = {names.new(field.name): field.type for field in fields}
    read = 0

    def rows() -> Iterator[TextRow]:
        nonlocal read
        with _reasons_of_arrow(path):
            for batch in file.iter_batches(batch_size=at_once):
                columns = [values.to_pylist() for values in batch.columns]
                texts = columns.pop(position)
                for text, *values in zip(texts, *columns, strict=True):
                    read += 1
                    yield TextRow(text_of(text, path, read), dict(zip(others, values, strict=True)))

    return TextRows(rows(), lambda: others, lambda: read / max(1, file.metadata.num_rows))


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
