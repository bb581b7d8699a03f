"""A tar archive of text files, one text each, laid out as a folder of texts; compressed as `tarfile` reads it.

Nothing is unpacked to the disk: members are read into memory, in their order in the archive, after a look at their
size. Links, devices and names that lead out of the archive are passed over.
"""

import lzma
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

from sentiment.data.files.kinds.folders import is_hidden, open_texts
from sentiment.data.files.lines import LONGEST
from sentiment.data.files.options import ReadingOptions
from sentiment.data.files.rows import Notify, RawRows
from sentiment.errors import ReviewsError

NameOf = Callable[[str], str | None]  # under which name a member is read; None: it is not
TEXT_BYTES = 4 * LONGEST  # at most: a character of UTF-8 has up to four bytes
_ARCHIVE_NAME = re.compile(r"\.(tar(\.\w+)?|tgz|tbz2?|txz|tlz|tzst)$", re.IGNORECASE)
_BLOCK = 512  # bytes; a tar archive is a sequence of blocks and ends with blocks of zeros
_HEADER_BYTES = 1 << 20  # of an extended header, at most: `tarfile` reads it into memory
_EXTENDED_HEADERS = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip
_ARCHIVE_BYTES = 1 << 27  # of reviews that may be read from an archive of any size
_RATIO = 20  # between the reviews and their archive, at most: they are all in memory, and reviews compress to a third
_DAMAGE = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError)


def open_tar(path: Path, options: ReadingOptions, notify: Notify) -> RawRows:
    """A row for each text file in an archive, as `open_folder` has it of a folder; raises as it and `read_members`."""
    others: list[PurePath] = []

    def name_of(member: str) -> str | None:
        name = PurePath(member)  # without "./"
        if name.is_absolute() or ".." in name.parts or is_hidden(name):
            return None
        if name.suffix.lower() == ".txt":
            return str(name)
        others.append(name)
        return None

    texts = {PurePath(name): content for name, content in read_members(path, name_of).items()}
    return open_texts(path, [*texts, *others], texts.__getitem__, options, notify)


def read_members(path: Path, name_of: NameOf) -> dict[str, bytes]:
    """The content of some files in an archive by their names; of two with one name, the last one.

    Raises:
        ReviewsError: the archive is damaged or truncated, a file is too long, or all of them are more than text can be.
    """
    try:
        with tarfile.open(path, tarinfo=_Member) as archive:
            contents = dict(_members(archive, path, name_of))
            _require_end(archive)
    except PermissionError:
        raise
    except (*_DAMAGE, OSError, OverflowError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ReviewsError(
            f"expected a whole tar archive at {path}; found one that is truncated or damaged ({reason}); "
            "delete it and get it again"
        ) from None
    return contents


def is_tar_name(path: Path) -> bool:
    """Whether a file is a tar archive by its name."""
    return _ARCHIVE_NAME.search(path.name) is not None


def is_archive(path: Path) -> bool:
    """Whether a file is a tar archive by its name or its content."""
    if is_tar_name(path):
        return True
    try:
        tarfile.open(path, tarinfo=_Member).close()
    except _DAMAGE:  # of a damaged compressed file of another kind
        return False
    return True


class _Member(tarfile.TarInfo):
    """A member whose extended header is refused before it is read if it is huge."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Member":
        """As in `tarfile`, which calls it for each header before it reads what the header announces."""
        member = super().frombuf(buf, encoding, errors)
        if member.size < 0:
            raise tarfile.ReadError("a member of negative size")
        if member.type in _EXTENDED_HEADERS and member.size > _HEADER_BYTES:
            raise tarfile.ReadError(f"{member.size:,} bytes that describe one member")
        return member


def _members(archive: tarfile.TarFile, path: Path, name_of: NameOf) -> Iterator[tuple[str, bytes]]:
    most = max(_ARCHIVE_BYTES, _RATIO * path.stat().st_size)
    size = 0
    for member in archive:
        if archive.offset <= member.offset:  # an extended header may say another size
            raise tarfile.ReadError("a member of negative size")
        name = name_of(member.name) if member.isfile() else None  # a link is not followed
        if name is not None:
            require_short(member.size, TEXT_BYTES, "bytes", name, path)
            size += member.size
            if size > most:
                raise ReviewsError(
                    f"expected reviews in the archive {path}; found more than {most:,} bytes of them in a file of "
                    f"{path.stat().st_size:,}, which text is not packed into; get the archive again"
                )
            if file := archive.extractfile(member):
                yield name, file.read()
        archive.members.clear()  # type: ignore[attr-defined]  # else it keeps a record of each of 100,000


def require_short(size: int, most: int, unit: str, name: str, source: Path) -> None:
    if size > most:
        raise ReviewsError(
            f"expected at most {most:,} {unit} in each review of {source}; found {size:,} in {name}; leave that file "
            "out, or break it into reviews"
        )


def _require_end(archive: tarfile.TarFile) -> None:
    """Reads to the end of the archive, which verifies the checksum of the compression.

    `tarfile` takes a damaged or missing header for the end. The real end is a block of zeros.
    """
    file = archive.fileobj
    if file is None:
        return
    file.seek(archive.offset)
    if file.read(_BLOCK) != bytes(_BLOCK):
        raise tarfile.ReadError("no end of archive")
    while file.read(1 << 20):
        pass
