"""One file to read reviews from."""

import tempfile
from collections.abc import Container
from pathlib import Path
from typing import IO, BinaryIO

from sentiment.data.files.sources import packing as packings
from sentiment.data.files.sources.remote import fetched, is_remote, name_of, shown
from sentiment.errors import ReviewsError
from sentiment.support.storage import storage_errors

_BLOCK_BYTES = 1 << 20


class Source:
    """A file, wherever it is and however it is packed, which can be read several times.

    Attributes:
        path: of the file on this machine, as it is packed; a temporary copy of a remote one.
        suffix: of the content, in lower case: ".csv" of `reviews.csv.gz`.
        packing: ".gz", ".zip" and so on; None where it is not packed.
        size: bytes of the file, as it is packed.
    """

    def __init__(self, location: str | Path, kinds: Container[str] = (), *, sample: bool = False) -> None:
        """Finds the file and looks at its first bytes; an address is copied.

        Args:
            location: path or address.
            kinds: endings that can be read; a zip file has one member of them.
            sample: only the beginning is of interest; what is judged by the whole file is judged by that.

        Raises:
            ReviewsError: the address cannot be read, or the packing is not what the name says.
            OSError: the file cannot be read.
        """
        self.sample = sample
        self._copy: IO[bytes] | None = None
        self._content: IO[bytes] | None = None
        if is_remote(location):
            self._copy = fetched(location)
            self.path, self._name, file_name = Path(self._copy.name), shown(location), Path(name_of(location))
        else:
            self.path, self._name = Path(location), str(location)
            file_name = self.path
        self.suffix = file_name.suffix.lower()
        self.size = self.path.stat().st_size
        self.member: str | None = None
        packing = packings.packing_of(self.path) if self.path.is_file() else None
        if self.suffix in packings.PACKINGS:
            if packing != self.suffix:
                raise ReviewsError(
                    f"expected a {self.suffix[1:]} file at {self}; found other content; get it again, or rename it"
                )
            self.suffix = Path(file_name.stem).suffix.lower()
        elif self.suffix in _OF_ZIP or self.suffix not in kinds:
            packing = None
        self.packing = packing
        if packing == ".zip":
            self.member = packings.member_of(self.path, self._name, kinds)
            self.suffix = Path(self.member).suffix.lower() or ".csv"

    def __str__(self) -> str:
        """The source in a message."""
        return self._name

    def open(self) -> tuple[BinaryIO, BinaryIO]:
        """The content, unpacked, and the file that it is read from, whose position is the progress."""
        raw = self.path.open("rb")
        if self.packing is None:
            return raw, raw
        try:
            return packings.unpacked(raw, self.packing, self.member, self._name, self.size), raw
        except ReviewsError:
            raw.close()
            raise

    def unpacked_path(self) -> Path:
        """A path of the unpacked content, for libraries that need one; it lives as long as the source.

        Raises:
            StorageError: the temporary folder is full, or cannot be written.
        """
        if self.packing is None:
            return self.path
        if self._content is None:
            temporary = Path(tempfile.gettempdir())
            with storage_errors(temporary):
                content = tempfile.NamedTemporaryFile(prefix="sentiment-", suffix=self.suffix)  # noqa: SIM115
            stream, raw = self.open()
            with raw, stream:
                while block := stream.read(_BLOCK_BYTES):
                    with storage_errors(temporary):  # of writing alone: the file may be unreadable, too
                        content.write(block)
                        content.flush()
            self._content = content
        return Path(self._content.name)


_OF_ZIP = (".xlsx", ".ods")  # these are zip files themselves
