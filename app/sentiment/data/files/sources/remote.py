"""Files at an address, such as https://... and s3://..., through fsspec. They are copied to a temporary file."""

import errno
import re
import shutil
import tempfile
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import urlsplit

from sentiment.errors import ReviewsError
from sentiment.support.extras import naming_the_extra

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(.*)", re.DOTALL)  # a `Path` keeps one slash of two
_SECRET = re.compile(r"sig|token|key|credential|pass|pwd|auth|secret|jwt|session|code", re.IGNORECASE)


def is_remote(location: object) -> bool:
    """Whether a path is an address."""
    return _ADDRESS.match(str(location)) is not None


def address(location: object) -> str:
    """The address with both slashes."""
    scheme, rest = _ADDRESS.fullmatch(str(location)).groups()  # type: ignore[union-attr]
    return f"{scheme.lower()}://{'/' if scheme.lower() == 'file' else ''}{rest}"


def shown(location: object) -> str:
    """An address as it may be shown and stored: without a password and a signature.

    The links of a chain, such as `zip://a.csv::https://...`, are addresses of their own.
    """
    first, *others = address(location).split("::")
    return "::".join([_shown(first), *(_shown(address(part)) if is_remote(part) else part for part in others)])


def _shown(link: str) -> str:
    parts = urlsplit(link)
    place = parts.netloc.rpartition("@")[2]
    query = f"?{parts.query}" if parts.query and not _SECRET.search(parts.query) else ""
    return f"{parts.scheme}://{place}{parts.path}{query}"


def name_of(location: object) -> str:
    """The name of the file at an address."""
    return PurePosixPath(urlsplit(address(location)).path).name


def fetched(location: object) -> IO[bytes]:
    """A temporary file with the content of an address; it is deleted when it is closed.

    Raises:
        ReviewsError: it cannot be read.
        MissingExtraError: the extra `remote` is not installed.
    """
    scheme = address(location).partition(":")[0]
    with naming_the_extra():
        import fsspec

        if scheme in ("http", "https"):
            import aiohttp  # noqa: F401  fsspec's own message does not name the extra
        if scheme == "s3":
            import s3fs  # noqa: F401
    copy = tempfile.NamedTemporaryFile(prefix="sentiment-", suffix=Path(name_of(location)).suffix)  # noqa: SIM115
    try:
        with fsspec.open(address(location), "rb") as remote:
            shutil.copyfileobj(remote, copy, 1 << 20)
    except Exception as error:  # each protocol has errors of its own
        copy.close()
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise  # not of the address
        reason = " ".join(f"{type(error).__name__}: {error}".split()).replace(address(location), shown(location))
        raise ReviewsError(
            f"expected to be able to read {shown(location)}; found: {reason[:200]}; check the address and the network"
        ) from None
    copy.flush()
    return copy
