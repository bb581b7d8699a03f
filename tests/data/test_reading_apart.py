"""A file that somebody else sent is read by a process of its own, which leaves nothing behind."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from helpers.blocked_reader import BlockedReader
from sentiment.data.files.apart.process import Limits
from sentiment.data.files.apart.reading import Reader, ReadFile
from sentiment.data.files.options import LearntColumns
from sentiment.errors import ReviewsError


@pytest.fixture
def blocked(tmp_path, monkeypatch):
    reader = BlockedReader(tmp_path / "blocked")
    monkeypatch.setattr(sys, "executable", str(reader.interpreter))
    yield reader
    reader.close()


@pytest.fixture
def document(tmp_path) -> Path:
    path = tmp_path / "a.json"
    path.write_text('[{"text": "a good film"}]')
    return path


def read(reader: Reader, path: Path, seconds: float = 50) -> ReadFile:
    return reader.read(path, None, LearntColumns("films"), [], Limits(10, 1 << 20, 1 << 30, seconds))


def test_a_file_is_read(blocked, document):
    blocked.let_on()
    assert [row.text for row in read(Reader(), document).rows] == ["a good film"]
    blocked.wait_until(it_has_a_process=False)


def test_what_takes_too_long_is_ended_with_the_process_that_it_has_started(blocked, document):
    with pytest.raises(ReviewsError, match=r"expected to read .*a\.json in 1 seconds; found that it takes longer"):
        read(Reader(), document, seconds=1)
    blocked.wait_until(it_has_a_process=False)


def test_a_reading_that_is_ended_by_another_thread_leaves_no_process(blocked, document):
    reader = Reader()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read, reader, document)
        blocked.wait_until(it_has_a_process=True)
        reader.end()
        assert isinstance(reading.exception(30), ReviewsError)
    blocked.wait_until(it_has_a_process=False)
    reader.end()  # nothing happens


def test_a_reading_that_was_ended_before_it_began_starts_no_process(monkeypatch, document):
    monkeypatch.setattr(sys, "executable", "/no/such/program")
    reader = Reader()
    reader.end()
    with pytest.raises(ReviewsError, match="found that nobody waits for it"):
        read(reader, document)
