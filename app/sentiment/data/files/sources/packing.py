"""Compressed files: which kind it is by its first bytes, and its content as a stream of bounded length.

A file of kilobytes can unpack to gigabytes. Nothing is unpacked into memory, and what is read is counted.
"""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Container
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from sentiment.errors import ReviewsError
from sentiment.support.extras import naming_the_extra

UNPACKED_BYTES = 1 << 26  # a file may unpack to so many in any case
RATIO = 100  # between a size and the size in the file, at most: text does not compress better
_BUFFER_BYTES = 1 << 16
_SHOWN = 5  # members in a message
_NOT_TABLES = (".txt", ".md", ".rst", ".html", ".pdf")  # a description beside the only table of a zip file


def _zstd(raw: BinaryIO) -> Any:
    with naming_the_extra():
        from backports.zstd import ZstdFile
    return ZstdFile(raw)


UNPACKERS: dict[str, Callable[[BinaryIO], Any]] = {
    ".gz": lambda raw: gzip.GzipFile(fileobj=raw),
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".zst": _zstd,
}
PACKINGS = (*UNPACKERS, ".zip")
_FIRST_BYTES = {
    b"\x1f\x8b\x08": ".gz",
    b"BZh": ".bz2",
    b"\xfd7zXZ\x00": ".xz",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"PK\x03\x04": ".zip",
    b"PK\x05\x06": ".zip",  # an empty one
}
_BZ2_BLOCK = (b"1AY&SY", b"\x17rE8P\x90")  # behind "BZh" and a digit, which a text may begin with


def packing_of(path: Path) -> str | None:
    """How a file is packed, by its first bytes: an ending of `PACKINGS`, or None."""
    with path.open("rb") as file:
        first = file.read(10)
    packing = next((ending for mark, ending in _FIRST_BYTES.items() if first.startswith(mark)), None)
    return None if packing == ".bz2" and first[4:] not in _BZ2_BLOCK else packing


def member_of(path: Path, name: str, kinds: Container[str]) -> str:
    """The one member of a zip file that can be read; also one without an ending, if it alone is there and is text.

    Raises:
        ReviewsError: there is none or several, or the file is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info.filename for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise _damaged(name, "zip", error) from None
    parts = {member: PurePosixPath(member) for member in members}
    hidden = {member for member, path in parts.items() if path.name.startswith(".") or path.parts[0] == "__MACOSX"}
    readable = [member for member in members if parts[member].suffix.lower() in kinds and member not in hidden]
    if len(readable) > 1:
        readable = [member for member in readable if parts[member].suffix.lower() not in _NOT_TABLES] or readable
    if not readable and len(seen := [member for member in members if member not in hidden]) == 1:
        if not parts[seen[0]].suffix and ".csv" in kinds and _is_separated(path, seen[0], name):
            return seen[0]
        raise ReviewsError(
            f"expected a file with a usual ending, such as .csv, in {name}; found {seen[0]}; rename it by its kind and "
            "pack it again, or unpack it and give the file"
        )
    if "[Content_Types].xml" in members or "mimetype" in members:
        raise ReviewsError(
            f"expected {name} with the ending of what it is; found the parts of a spreadsheet or a document in it; "
            "rename it to .xlsx or .ods, or save it as CSV"
        )
    if len(readable) != 1:
        listed = readable or members
        more = f" and {len(listed) - _SHOWN:,} more" if len(listed) > _SHOWN else ""
        raise ReviewsError(
            f"expected one file with reviews in {name}; found {', '.join(listed[:_SHOWN]) or 'none'}{more}; unpack it "
            "and give the file, or the folder, with the reviews"
        )
    return readable[0]


def _is_separated(path: Path, member: str, name: str) -> bool:
    """Whether a member of a zip file begins as a text that is no JSON, such as CSV."""
    with path.open("rb") as raw, unpacked(raw, ".zip", member, name, path.stat().st_size) as stream:
        first = stream.read(_BUFFER_BYTES)
    return (
        first.strip() != b"" and b"\0" not in first and not first.lstrip(b"\xef\xbb\xbf \r\n").startswith((b"{", b"["))
    )


def unpacked(raw: BinaryIO, packing: str, member: str | None, name: str, packed_bytes: int) -> BinaryIO:
    """The content of a packed file.

    Raises:
        ReviewsError: also while it is read: it is damaged, needs a password, or unpacks to more than 64 MB and a
            hundred times its size.
    """
    try:
        if packing == ".zip":
            stream: IO[bytes] = zipfile.ZipFile(raw).open(member or "")  # noqa: SIM115  closed with the whole
        else:
            stream = UNPACKERS[packing](raw)
    except (*_DAMAGE, RuntimeError, NotImplementedError) as error:  # RuntimeError: a password
        raise _damaged(name, packing[1:], error) from None
    return io.BufferedReader(_Bounded(stream, packing[1:], name, packed_bytes), _BUFFER_BYTES)


class _Bounded(io.RawIOBase):
    """Unpacks as far as text may be packed."""

    def __init__(self, stream: IO[bytes], packing: str, name: str, packed_bytes: int) -> None:
        self._stream, self._packing, self._name = stream, packing, name
        self._packed_bytes = packed_bytes
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]  # the type of buffers came with Python 3.12
        try:
            block = self._stream.read(len(buffer))
        except Exception as error:
            if isinstance(error, _DAMAGE) or type(error).__name__ == "ZstdError":
                raise _damaged(self._name, self._packing, error) from None
            raise
        self._read += len(block)
        if self._read > max(UNPACKED_BYTES, RATIO * self._packed_bytes):
            raise ReviewsError(
                f"expected text in {self._name}; found more than {self._read / 1e6:,.0f} MB that are packed into "
                f"{self._packed_bytes / 1e6:,.2f} MB, which text is not; unpack it yourself if it is right"
            )
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile, OSError, ValueError)


def _damaged(name: str, kind: str, error: Exception) -> ReviewsError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return ReviewsError(
        f"expected a whole {kind} file without a password at {name}; found: {reason[:200]}; get or pack it again"
    )
