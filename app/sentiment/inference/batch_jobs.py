"""A long job of predictions into a file, which continues where it was when it was stopped or killed.

What takes the time, the predictions, is kept in a journal beside the output until the output is there. The next job
into the same file reads its input again, takes from the journal what was predicted of the same texts, by the same run
with the same options, and predicts the rest. It writes the whole output anew, so that the file is, bit by bit, as of
a job that never stopped, in every format.

    .out.csv.journal = a record for the job, then one for each chunk of texts
    record = length of the rest (uint32), CRC-32 of the rest (uint32), the rest: JSON, compressed by zlib

Predictions depend in their last bits on which texts are computed together. A record therefore is a whole chunk of
`Predictor.stream`, and what follows is predicted in the chunks that an uninterrupted job has.
"""

import base64
import hashlib
import json
import os
import struct
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from sentiment.errors import StorageError
from sentiment.inference.predictor import CHUNK, Prediction, chunks
from sentiment.support.storage import NO_LINK, checkpoint_seconds, one_at_a_time, short_name, storage_errors

SECONDS = 5.0  # between two writes to the journal
FIELDS = [each.name for each in fields(Prediction)]
_HEAD = struct.Struct("<II")

Predict = Callable[[Iterable[str]], Iterable[tuple[str, Prediction]]]


class Journal:
    """The journal of one job, open for the job alone; made by `batch_job`."""

    def __init__(self, file: BinaryIO, identity: dict[str, Any], target: Path) -> None:
        self._file = file
        self._target = target  # the output, which errors name
        self._identity = identity
        self._waiting: list[bytes] = []  # records not yet written
        self._seconds = checkpoint_seconds(SECONDS)
        self._written = time.monotonic()
        self.resumed = 0  # rows whose predictions came from the journal

    def stream(self, texts: Iterable[str], predict: Predict) -> Iterator[tuple[str, Prediction]]:
        """Each text with its prediction, from the journal as far as it goes, then from `predict`.

        Raises:
            StorageError: the disk is full.
        """
        groups = chunks(texts, CHUNK, len)
        saved = self._saved()
        rest: list[str] = []
        end = 0
        for digest, rows, end_of_record in saved:
            rest = next(groups, [])
            if not rest or digest != _digest(rest):
                break
            yield from zip(rest, rows, strict=True)
            self.resumed += len(rest)
            rest, end = [], end_of_record
        self._begin(end)
        pairs = predict(chain(rest, chain.from_iterable(groups)))
        for group in chunks(pairs, CHUNK, lambda pair: len(pair[0])):
            self._add({"texts": _digest([text for text, _ in group]), **_packed([row for _, row in group])})
            yield from group

    def _saved(self) -> Iterator[tuple[str, list[Prediction], int]]:
        """Digest of the texts, the predictions, and the end of the record in the file, for each whole record."""
        self._file.seek(0)
        if self._read() != self._identity:
            return
        while chunk := self._read():
            yield chunk["texts"], _unpacked(chunk), self._file.tell()

    def _read(self) -> Any:
        """The next record; None at the end, or where a kill has cut one off."""
        head = self._file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return None
        length, crc = _HEAD.unpack(head)
        rest = self._file.read(length)
        if len(rest) < length or zlib.crc32(rest) != crc:
            return None
        return json.loads(zlib.decompress(rest))

    def _begin(self, end: int) -> None:
        """Drops what follows the last record that is used."""
        with storage_errors(self._target):
            self._file.truncate(end)
            self._file.seek(end)
        if not end:
            self._waiting.append(_record(self._identity))

    def _add(self, chunk: dict[str, Any]) -> None:
        self._waiting.append(_record(chunk))
        if time.monotonic() - self._written < self._seconds:
            return
        with storage_errors(self._target):
            self._file.write(b"".join(self._waiting))
            self._file.flush()
            os.fsync(self._file.fileno())
        self._waiting.clear()
        self._written = time.monotonic()


@contextmanager
def batch_job(target: Path, identity: dict[str, Any]) -> Iterator[Journal]:
    """A block that writes predictions into a file. Its journal stays if the block fails, and goes if it ends well.

    Args:
        target: the output, a file or a link to one.
        identity: what decides a prediction beside the text, as JSON has it.

    Raises:
        StorageError: the journal cannot be written, or another process is writing to the same output.
    """
    if target.exists() and not target.is_file():  # a pipe or a device, which has what was written already
        with tempfile.TemporaryFile() as file:
            yield Journal(file, identity, target)
        return
    target = Path(os.path.realpath(target))
    path = target.with_name(f".{short_name(target.name)}.journal")

    def busy() -> None:
        raise StorageError(
            f"expected no other job that writes {target}; found one that is running; wait for it, or name another file"
        )

    with one_at_a_time(target, busy):
        done = False
        try:
            with storage_errors(target):
                file = open(path, "r+b", opener=_private)  # noqa: SIM115  closed below
            with file:
                yield Journal(file, json.loads(json.dumps(identity | {"fields": FIELDS})), target)
            done = True
        finally:
            if done or (os.path.lexists(path) and not path.lstat().st_size):
                path.unlink()


def _private(path: str, flags: int) -> int:
    """Opens a journal, which has what the predictions are of: for its owner, and not through a link."""
    return os.open(path, flags | os.O_CREAT | NO_LINK, 0o600)


def _digest(texts: list[str]) -> str:
    """Of texts and where each of them ends."""
    digest = hashlib.blake2b(digest_size=16)
    for text in texts:
        content = text.encode(errors="surrogatepass")
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()


def _packed(predictions: list[Prediction]) -> dict[str, Any]:
    """The fields of predictions in columns, for JSON. It takes a quarter of the time that a row at a time does."""
    columns = {name: [vars(prediction)[name] for prediction in predictions] for name in FIELDS}
    by_class = columns.pop("probabilities")
    packed = {name: _column(values) for name, values in columns.items()}
    names = next((list(shares) for shares in by_class if shares), [])
    shares = {name: _column([shares.get(name) for shares in by_class]) for name in names}
    return {"rows": len(predictions), "columns": packed, "probabilities": shares}


def _unpacked(chunk: dict[str, Any]) -> list[Prediction]:
    columns = {name: _values(column) for name, column in chunk["columns"].items()}
    shares = {name: _values(column) for name, column in chunk["probabilities"].items()}
    return [
        Prediction(
            probabilities={name: values[row] for name, values in shares.items() if values[row] is not None},
            **{name: values[row] for name, values in columns.items()},
        )
        for row in range(chunk["rows"])
    ]


def _column(values: list[Any]) -> Any:
    """Floats as their bytes in base64, which is exact and fast; others as they are."""
    if all(type(value) is float for value in values):
        return base64.b64encode(np.array(values, "<f8").tobytes()).decode()
    return values


def _values(column: Any) -> list[Any]:
    return np.frombuffer(base64.b64decode(column), "<f8").tolist() if isinstance(column, str) else column


def _record(content: dict[str, Any]) -> bytes:
    rest = zlib.compress(json.dumps(content, ensure_ascii=False).encode(), 1)
    return _HEAD.pack(len(rest), zlib.crc32(rest)) + rest
