"""The lines of a text file or of standard input, whatever Unicode encoding it says it is in."""

import codecs
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from sentiment.errors import ReviewsError

LONGEST = 1 << 22  # characters of a line or a field; "War and Peace" is shorter, what lacks its line breaks is not

# Longest first: the mark of UTF-32 begins with the one of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class Lines:
    """The lines of a text file, as far as they were read."""

    def __init__(self, path: Path, newline: str) -> None:
        with path.open("rb") as file:
            encoding = encoding_of(file.read(4))
        self._path = path
        self._size = path.stat().st_size
        self._number = 0
        self.ended = False
        self._bytes = path.open("rb")
        self._file = io.TextIOWrapper(self._bytes, encoding, newline=newline)

    def __iter__(self) -> Iterator[str]:
        with self._file:
            while line := self._file.readline(LONGEST + 1):
                self._number += 1
                if len(line) > LONGEST:
                    raise endless(self._path, self._number)
                yield line
            self.ended = True

    def fraction(self) -> float:
        """How much of the file was read."""
        return 1.0 if self._file.closed else self._bytes.tell() / self._size


def read_lines(stream: BinaryIO) -> Iterator[str]:
    """The lines of a byte stream, one text each, without their ends.

    Raises:
        ReviewsError: a line is not UTF-8, or endless.
    """
    number = 0
    while line := stream.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            raise endless("standard input", number)
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise ReviewsError(
                f"expected UTF-8 on standard input; found byte 0x{line[error.start]:02x} in line {number}; convert it"
            ) from None


def encoding_of(beginning: bytes) -> str:
    """UTF-8, unless a file begins with the mark of another Unicode encoding."""
    return next((name for mark, name in _MARKS.items() if beginning.startswith(mark)), "utf-8")


def endless(where: object, number: int) -> ReviewsError:
    """The error of a line longer than `LONGEST`, counted from 1."""
    return ReviewsError(
        f"expected lines of at most {LONGEST:,} characters in {where}; found that line {number} is longer; "
        "break it into reviews"
    )
