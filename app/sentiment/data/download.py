"""The archive of the Large Movie Review Dataset from its authors' site: resumed, verified, whole or not there."""

import hashlib
import http.client
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from sentiment.errors import ReviewsError
from sentiment.support.storage import one_at_a_time, storage_errors, synchronise

_CHUNK = 1 << 16
_ATTEMPTS = 5  # as long as each fetches some bytes


@dataclass(frozen=True)
class Download:
    """A file on the web, and how long to wait for it."""

    url: str
    md5: str  # hexadecimal
    answer_seconds: float = 8.0  # until the server answers, name lookup included
    silence_seconds: float = 30.0  # without a byte, once it answers


OFFICIAL = Download(
    url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    md5="7c2ac02c03563afcf9b574c7e56c153a",
)


class _InterruptedError(Exception):
    """The connection ended early; a request for the rest may help."""


def download(file: Download, target: Path) -> Path:
    """Fetches a file, without the bytes that an earlier, interrupted call fetched.

    The bytes are collected in a file ending in `.part` beside `target`, which gets its name when the MD5 is right. A
    terminal shows a bar. If another process fetches the same file, this one waits and takes it.

    Returns:
        The target.

    Raises:
        ReviewsError: no answer in time, the connection ended, or the file has another MD5 and is deleted.
        StorageError: the disk is full, or the folder cannot be written.
    """
    part = target.with_name(target.name + ".part")
    with storage_errors(target), one_at_a_time(target, _say_that_it_waits):
        if target.is_file() and _md5(target) == file.md5:
            return target  # of another process
        _fetch(file, part)
        if (found := _md5(part)) != file.md5:
            part.unlink()
            raise ReviewsError(
                f"expected the MD5 {file.md5} of {file.url}; found {found}; deleted what was fetched; run the command "
                "again"
            )
        synchronise(part)
        part.replace(target)
    return target


def _say_that_it_waits() -> None:
    Console(stderr=True).print("Another command is fetching the reviews; waiting for it.", soft_wrap=True)


def _md5(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _fetch(file: Download, part: Path) -> None:
    """Fetches the rest of a file into `part`, again after an interruption as long as bytes come."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as progress:
        for attempt in range(1, _ATTEMPTS + 1):
            before = _size(part)
            try:
                _fetch_rest(file, part, progress)
                break
            except _InterruptedError as error:
                if attempt == _ATTEMPTS or _size(part) <= before:
                    raise ReviewsError(
                        f"expected the whole of {file.url}; found an end after {_size(part):,} bytes ({error}); "
                        "run the command again to fetch the rest"
                    ) from None


def _fetch_rest(file: Download, part: Path, progress: Progress) -> None:
    start = _size(part)
    request = urllib.request.Request(file.url, headers={"User-Agent": "sentiment"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        response = _open(file, request)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and start:  # nothing lies beyond; the checksum tells whether `part` is right
            return
        raise ReviewsError(f"expected {file.url}; found that the server says {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise ReviewsError(f"expected an answer from {file.url}; found none ({reason}); is there a network?") from None
    with response:
        resumed = response.status == 206 and (response.headers["Content-Range"] or "").startswith(f"bytes {start}-")
        if response.status == 206 and not resumed:
            raise ReviewsError(f"expected the bytes from {start} on of {file.url}; found others; delete {part}")
        done = start if resumed else 0
        length = response.headers["Content-Length"]
        total = done + int(length) if length else None
        task = progress.add_task("Downloading the reviews", total=total, completed=done)
        with part.open("ab" if resumed else "wb") as out:
            for chunk in _chunks(response):
                out.write(chunk)
                done += len(chunk)
                progress.advance(task, len(chunk))
        progress.remove_task(task)
    if total is not None and done < total:
        raise _InterruptedError("the connection ended")


def _open(file: Download, request: urllib.request.Request) -> http.client.HTTPResponse:
    """The response, or TimeoutError.

    In a thread, because the timeout of a socket covers neither the name lookup nor a second address of the name, which
    can take a minute without a network. The thread dies with the process.
    """
    answers: queue.SimpleQueue[http.client.HTTPResponse | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(urllib.request.urlopen(request, timeout=file.silence_seconds))
        except Exception as error:  # raised again below
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=file.answer_seconds)
    except queue.Empty:
        raise TimeoutError(f"waited {file.answer_seconds:g} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read(_CHUNK):
            yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise _InterruptedError(str(error) or type(error).__name__) from None


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
