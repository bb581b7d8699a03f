"""The lines of a text file or of standard input, in any Unicode encoding, and the errors of reading them."""

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sentiment.errors import ReviewsError

LONGEST = 1 << 22  # characters of a line or a field: more than "War and Peace", less than a file without line breaks

# UTF-32 first: its byte order mark begins with that of UTF-16.
_ENCODINGS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Lines:
    """The lines of a text file with their ends, read once. UTF-8 unless a byte order mark says otherwise.

    Raises:
        ReviewsError: a line is longer than `LONGEST`.
    """

    def __init__(self, path: Path, newline: str) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._bytes = path.open("rb")
        mark = self._bytes.read(4)
        self._bytes.seek(0)
        encoding = next((name for bom, name in _ENCODINGS.items() if mark.startswith(bom)), "utf-8")
        self._file = io.TextIOWrapper(self._bytes, encoding, newline=newline)

    def __iter__(self) -> Iterator[str]:
        with self._file:
            number = 0
            while line := self._file.readline(LONGEST + 1):
                number += 1
                _require_short(line, self._path, number)
                yield line

    def fraction(self) -> float:
        """Share of the file that was read."""
        return 1.0 if self._file.closed else self._bytes.tell() / self._size


def read_lines(stream: BinaryIO) -> Iterator[str]:
    """The lines of standard input, one text each, without their ends.

    Raises:
        ReviewsError: a line is not UTF-8, or longer than `LONGEST`.
    """
    number = 0
    while line := stream.readline(LONGEST + 1):
        number += 1
        _require_short(line, "standard input", number)
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise ReviewsError(
                f"expected UTF-8 on standard input; found byte 0x{line[error.start]:02x} in line {number}; convert it"
            ) from None


@contextmanager
def reading_errors(path: Path) -> Iterator[None]:
    """Turns an operating system's or a decoder's error into one line.

    Raises:
        ReviewsError: the file cannot be opened or read, or has another encoding.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        where = _first_line_not_utf8(path) if error.encoding == "utf-8" else ""
        raise ReviewsError(
            f"expected {error.encoding.upper()} throughout {path}; found byte 0x{error.object[error.start]:02x}{where}"
            "; save the whole file as UTF-8"
        ) from None
    except OSError as error:
        raise ReviewsError(
            f"expected to be able to read {path}; found: {error.strerror or error}; check the path and its permissions"
        ) from None


def _first_line_not_utf8(path: Path) -> str:
    """ " in line 7": the decoder reads blocks of lines, so its error does not name the line."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return f" in line {number}"
    return ""


def _require_short(line: str | bytes, source: object, number: int) -> None:
    if len(line) > LONGEST:
        raise ReviewsError(
            f"expected lines of at most {LONGEST:,} characters in {source}; found that line {number} is longer; "
            "break it into reviews"
        )
