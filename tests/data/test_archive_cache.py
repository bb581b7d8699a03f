"""A source is read once; its parsed copy is trusted only while it is whole and the source is the same."""

import errno
import os
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from sentiment.data import archive
from sentiment.data.archive import cached_table
from sentiment.errors import StorageError
from sentiment.support.storage import storage_errors


class Source:
    """Counts how often it is read."""

    def __init__(self):
        self.identity, self.reads = "first", 0

    def identity_of(self, _):
        return self.identity

    def read(self, _):
        self.reads += 1
        return pd.DataFrame({"text": [f"{self.identity} {i}" for i in range(500)], "label": "pos"}, dtype="str")


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def fetch(source, tmp_path):
    return lambda: cached_table(tmp_path / "a.tar.gz", tmp_path / "cache", source.identity_of, source.read)


def copies(tmp_path):
    return sorted((tmp_path / "cache").iterdir())


def test_the_second_time_the_copy_is_read(fetch, source, tmp_path):
    first, second = fetch(), fetch()
    assert source.reads == 1
    assert second.equals(first)
    assert [path.suffix for path in copies(tmp_path)] == [".parquet"]


def test_a_changed_source_is_read_again_into_the_same_copy(fetch, source, tmp_path):
    fetch()
    source.identity = "second"
    assert fetch()["text"][0] == "second 0"
    assert fetch()["text"][0] == "second 0"
    assert source.reads == 2
    assert len(copies(tmp_path)) == 1


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "one byte"])
def test_a_damaged_copy_is_replaced(fetch, source, tmp_path, damage):
    expected = fetch()
    (copy,) = copies(tmp_path)
    content = bytearray(copy.read_bytes())
    if damage == "one byte":
        content[200] ^= 0xFF
    copy.write_bytes({"empty": b"", "cut": content[:-50], "text": b"hello", "one byte": content}[damage])
    assert fetch().equals(expected)
    assert source.reads == 2
    fetch()
    assert source.reads == 2


def test_two_sources_have_two_copies(source, tmp_path):
    for name in ("a", "b"):
        cached_table(tmp_path / name / "x.tar", tmp_path / "cache", source.identity_of, source.read)
    assert len(copies(tmp_path)) == 2


def test_without_a_folder_nothing_is_written(source, tmp_path):
    cached_table(tmp_path / "a", None, source.identity_of, source.read)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_reported_and_leaves_no_partial_copy(fetch, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    with pytest.raises(StorageError, match="expected room on the disk"):
        fetch()
    assert copies(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_real_full_disk_is_reported(fetch, tmp_path, monkeypatch):
    (tmp_path / "full").symlink_to("/dev/full")  # pyarrow deletes what it could not write: the link, not the device

    @contextmanager
    def always_full(target):
        with storage_errors(target):
            yield tmp_path / "full"

    monkeypatch.setattr(archive, "new_file", always_full)
    with pytest.raises(StorageError, match="expected room on the disk"):
        fetch()


def test_a_read_only_cache_folder_is_skipped(fetch, source, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert len(fetch()) == 500
    assert source.reads == 1
    assert copies(tmp_path) == []


def test_a_cache_folder_that_cannot_be_made_is_done_without(source, tmp_path):
    """Not even root can make a folder in a file, so that this holds whoever runs the test."""
    (tmp_path / "file").touch()
    frame = cached_table(tmp_path / "a.tar.gz", tmp_path / "file" / "cache", source.identity_of, source.read)
    assert len(frame) == 500
