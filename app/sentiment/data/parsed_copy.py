"""Parsed copies: what took long to read is read once, and from one Parquet file ever after."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow
import pyarrow.parquet

from sentiment.support.storage import storage_errors

_VERSION = 1  # of the tables; raise it when archives are read in another way, so that older copies are made anew
_IDENTITY = b"identity"
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


def through_copy(
    source: Path, folder: Path | None, identity_of: Callable[[Path], str], read: Callable[[Path], pd.DataFrame]
) -> pd.DataFrame:
    """The table of a source: from its parsed copy, which is made if it is missing, damaged or of older content.

    There is one copy for each path, so that copies of what has changed since do not pile up.

    Args:
        source: what `identity_of` and `read` take.
        folder: of the copies; None for none. One that may not be written is done without.
        identity_of: tells without reading the source whether it is still the same.
        read: the slow way.

    Raises:
        StorageError: no room for the copy.
    """
    if folder is None:
        return read(source)
    place = hashlib.sha256(str(source.resolve()).encode()).hexdigest()[:16]
    copy = folder / f"{source.name.split('.')[0] or 'reviews'}-{place}.parquet"
    identity = f"{_VERSION} {identity_of(source)}".encode()
    frame = _read_copy(copy, identity)
    if frame is None:
        frame = read(source)
        _write_copy(frame, copy, identity)
    return frame


def _read_copy(copy: Path, identity: bytes) -> pd.DataFrame | None:
    """None where there is no copy, where it is of other content, and where it is damaged."""
    try:
        with pyarrow.parquet.ParquetFile(copy, page_checksum_verification=True) as file:
            if (file.schema_arrow.metadata or {}).get(_IDENTITY) == identity:
                return file.read().to_pandas()
    except (OSError, ValueError, KeyError, NotImplementedError):  # pyarrow's own errors are such
        pass
    return None


def _write_copy(frame: pd.DataFrame, copy: Path, identity: bytes) -> None:
    table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _IDENTITY: identity})
    with storage_errors(copy):
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=f".{copy.name}.", dir=copy.parent)
        except OSError as error:
            if error.errno in _CLOSED:  # somebody else's folder: reading takes longer, and that is all
                return
            raise
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                pyarrow.parquet.write_table(table, file, compression="zstd", write_page_checksum=True)
            temporary.chmod(0o644)
            temporary.replace(copy)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
