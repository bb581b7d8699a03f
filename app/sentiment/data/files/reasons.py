"""What goes wrong while a file is read, in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sentiment.data.files.rows import TextRow
from sentiment.errors import ReviewsError


@contextmanager
def reasons(path: Path) -> Iterator[None]:
    """Turns what goes wrong while a file is read into one line.

    Raises:
        ReviewsError: the file cannot be opened or read, or is in another encoding.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        raise ReviewsError(
            f"expected {error.encoding.upper()} throughout {path}; found byte 0x{error.object[error.start]:02x}"
            f"{_where_it_is_not_utf8(path) if error.encoding == 'utf-8' else ''}; save the whole file as UTF-8"
        ) from None
    except OSError as error:
        raise ReviewsError(
            f"expected to be able to read {path}; found: {error.strerror or error}; check the path and its permissions"
        ) from None


def with_reasons(rows: Iterator[TextRow], path: Path) -> Iterator[TextRow]:
    """The same rows, and one line where reading them goes wrong."""
    with reasons(path):
        yield from rows


def _where_it_is_not_utf8(path: Path) -> str:
    # A decoder reads many lines at once and does not say which it was.
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return f" in line {number}"
    return ""
