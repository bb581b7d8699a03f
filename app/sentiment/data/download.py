"""The archive of the Large Movie Review Dataset from its authors' own site."""

import contextlib
import fcntl
import hashlib
import http.client
import os
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from sentiment.errors import ReviewsError
from sentiment.support.storage import storage_errors

_CHUNK = 1 << 16
_ATTEMPTS = 5  # starts without a word from the person, as long as each brings the end nearer


@dataclass(frozen=True)
class Download:
    """A file on the web, and how long to wait for it."""

    url: str
    md5: str  # hexadecimal
    answer_seconds: float = 8.0  # from the first step to the server's answer, name lookup included
    silence_seconds: float = 30.0  # without a byte, once it answers


OFFICIAL = Download(
    url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    md5="7c2ac02c03563afcf9b574c7e56c153a",
)


class _InterruptedError(Exception):
    """The connection ended early; asking for the rest may help."""


def download(file: Download, target: Path) -> Path:
    """Fetches a file; what an earlier, interrupted call fetched is not fetched again.

    The bytes gather in a file ending in `.part` beside `target`, which gets its name only when the MD5 is right.
    On a terminal a bar shows the progress. A command that fetches the same file already is waited for.

    Returns:
        The target.

    Raises:
        ReviewsError: no answer in time, the connection ended, or what came has another MD5; then it is deleted.
        StorageError: no room or no permission for it.
    """
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(target.parent):
        return target if target.exists() else _download(file, target)  # another command may have been faster


def _download(file: Download, target: Path) -> Path:
    part = target.with_name(target.name + ".part")
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
    found = _md5(part)
    if found != file.md5:
        part.unlink()
        raise ReviewsError(
            f"expected the MD5 {file.md5} of {file.url}; found {found}; deleted what came, run the command again"
        )

    with storage_errors(target):
        part.replace(target)
    return target


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else fetches into the folder meanwhile; the lock ends with the process, however it ends."""
    with storage_errors(folder):
        held = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                Console(stderr=True).print("Another command is fetching the reviews; waiting for it.", soft_wrap=True)
                fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _fetch_rest(file: Download, part: Path, progress: Progress) -> None:
    start = _size(part)
    request = urllib.request.Request(file.url, headers={"User-Agent": "sentiment"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        response = _answer(file, request)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and start:  # nothing lies beyond what is there; the MD5 tells whether it is right
            return
        raise ReviewsError(f"expected {file.url}; found that the server says {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise ReviewsError(f"expected an answer from {file.url}; found none ({reason}); is there a network?") from None
    with response, storage_errors(part):
        resumed = response.status == 206 and (response.headers["Content-Range"] or "").startswith(f"bytes {start}-")
        if response.status == 206 and not resumed:
            raise ReviewsError(f"expected the bytes from {start} on of {file.url}; found others; delete {part}")
        done = start if resumed else 0
        length = response.headers["Content-Length"]
        total = done + int(length) if length else None
        task = progress.add_task("Downloading the reviews", total=total, completed=done)
        with part.open("ab" if resumed else "wb") as out:
            done += _copy(response, out, progress, task)
        progress.remove_task(task)
    if total is not None and done < total:
        raise _InterruptedError("the connection ended")


def _answer(file: Download, request: urllib.request.Request) -> http.client.HTTPResponse:
    """The opened answer, or TimeoutError.

    In a thread, because the time limit of a socket covers neither the name lookup nor the second and third
    address of a name: without a network these can take a minute. The thread dies with the process.
    """
    answers: queue.SimpleQueue[http.client.HTTPResponse | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(urllib.request.urlopen(request, timeout=file.silence_seconds))
        except Exception as error:  # raised again by the one who waits
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=file.answer_seconds)
    except queue.Empty:
        raise TimeoutError(f"waited {file.answer_seconds:g} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _copy(response: http.client.HTTPResponse, out: BinaryIO, progress: Progress, task: TaskID) -> int:
    done = 0
    while True:
        try:
            chunk = response.read(_CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _InterruptedError(str(error) or type(error).__name__) from None
        if not chunk:
            return done
        out.write(chunk)
        done += len(chunk)
        progress.advance(task, len(chunk))


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
