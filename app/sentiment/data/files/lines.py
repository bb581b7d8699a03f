"""The lines of a text file or of standard input, and the errors of reading them."""

import errno
import io
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import BinaryIO

from sentiment.data.files.sources import Source, is_remote, shown
from sentiment.errors import ReviewsError, StorageError

_BLOCK = 1 << 16  # bytes that are read at once, or as many as there are
_BLOCKS_AHEAD = 64  # so that thousands of lines are there when a chunk of texts is put together
_STANDARD_INPUT = "standard input"
# Characters of a line, a field or a text of any kind of file: a third of "War and Peace". A tokenizer takes up to 300
# bytes for each character of a text.
LONGEST = 1 << 20


class Lines:
    """The lines of a text file with their ends, read once.

    Args:
        source: the file.
        newline: "" for all ends of lines, or the one at which lines end, as for `open`.
        encoding: as Python names it; a byte order mark is no part of the first line.

    Raises:
        ReviewsError: a line is longer than `LONGEST`.
    """

    def __init__(self, source: Source, newline: str, encoding: str) -> None:
        self._source = source
        content, self._raw = source.open()
        self._file = io.TextIOWrapper(content, encoding, newline=newline)

    def __iter__(self) -> Iterator[str]:
        with self._raw, self._file:
            number = 0
            while line := self._next():
                number += 1
                _require_short(line, self._source, number)
                yield line.removeprefix("\ufeff") if number == 1 else line

    def _next(self) -> str:
        try:
            return self._file.readline(LONGEST + 1)
        except UnicodeDecodeError as error:
            error.encoding = self._file.encoding  # Python calls many encodings "charmap"
            raise

    def fraction(self) -> float:
        """Share of the file that was read."""
        return 1.0 if self._raw.closed else self._raw.tell() / self._source.size


class IncomingLines:
    """The lines of standard input, one text each, without their ends, as soon as they come. To be iterated over once.

    A thread reads ahead, so that `ready` knows whether the next line is there. It reads the file below the buffer: a
    thread that waits within the buffer of standard input keeps Python from ending.

    Args:
        stream: binary; nothing was read from it before.

    Raises:
        ReviewsError: while iterating: a line is not UTF-8, or longer than `LONGEST`.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = getattr(stream, "raw", stream)
        self._blocks: Queue[list[bytes] | BaseException | None] = Queue(_BLOCKS_AHEAD)  # whole lines; None: the end
        self._lines: deque[bytes] = deque()

    def ready(self) -> bool:
        """Whether the next line, or the end, is there without waiting for it."""
        return bool(self._lines) or not self._blocks.empty()

    def __iter__(self) -> Iterator[str]:
        Thread(target=self._read, name="standard input", daemon=True).start()
        number = 0
        while (block := self._blocks.get()) is not None:
            if isinstance(block, BaseException):
                raise block
            self._lines.extend(block)
            while self._lines:
                number += 1
                yield _decoded(self._lines.popleft(), number)

    def _read(self) -> None:
        count, rest = 0, b""
        try:
            while block := self._stream.read(_BLOCK):
                *lines, rest = (rest + block).split(b"\n")
                if lines:
                    self._blocks.put(lines)
                count += len(lines)
                _require_short(rest, _STANDARD_INPUT, count + 1)
            self._blocks.put([rest] if rest else [])
            self._blocks.put(None)
        except BaseException as error:  # raised where the lines are used
            self._blocks.put(error)


def _decoded(line: bytes, number: int) -> str:
    _require_short(line, _STANDARD_INPUT, number)
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r")
    except UnicodeDecodeError as error:
        raise ReviewsError(
            f"expected UTF-8 on standard input; found byte 0x{line[error.start]:02x} in line {number}; convert it"
        ) from None


@contextmanager
def reading_errors(source: Source | Path) -> Iterator[None]:
    """Turns an operating system's or a decoder's error into one line.

    Raises:
        ReviewsError: the file cannot be opened or read, or has another encoding.
        StorageError: there is no room for a temporary copy.
    """
    place = shown(source) if is_remote(source) else source  # a path may be an address with a password
    try:
        yield
    except UnicodeDecodeError as error:
        where = "" if isinstance(source, Path) else _first_bad_line(source, error.encoding)
        raise ReviewsError(
            f"expected {error.encoding.upper()} throughout {place}; found byte 0x{error.object[error.start]:02x}"
            f"{where}; save the whole file as UTF-8, or say which encoding it has with --encoding"
        ) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):  # for what is unpacked or fetched before it is read
            raise StorageError(
                f"expected to be able to write a temporary copy of {place} into {tempfile.gettempdir()}; found no "
                "room there; free some, or name another folder in the variable TMPDIR"
            ) from None
        raise ReviewsError(
            f"expected to be able to read {place}; found: {error.strerror or error}; check the path and its permissions"
        ) from None


def _first_bad_line(source: Source, encoding: str) -> str:
    """ " in line 7": the decoder reads blocks of lines, so its error does not name the line."""
    content, raw = source.open()
    with raw, content:
        for number, line in enumerate(content, start=1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                return f" in line {number}" if not encoding.lower().startswith(("utf-16", "utf-32")) else ""
    return ""


def _require_short(line: str | bytes, source: object, number: int) -> None:
    if len(line) > LONGEST:
        raise ReviewsError(
            f"expected lines of at most {LONGEST:,} characters in {source}; found that line {number} is longer; "
            "break it into reviews"
        )
