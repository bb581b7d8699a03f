"""Files below an address, what their file systems say, and whether output is among them."""

import io
from typing import ClassVar

import pytest

from sentiment.errors import ReviewsError
from sentiment.scoring.inputs import InputFile, find_inputs, is_searched, place_of
from sentiment.scoring.parts import FileLayout, Part, rows_of_part

fsspec = pytest.importorskip("fsspec")
MemoryFileSystem = pytest.importorskip("fsspec.implementations.memory").MemoryFileSystem


@pytest.mark.parametrize(
    ("location", "output", "among"),
    [
        ("s3://bucket/in", "s3a://bucket/in/scored", True),
        ("s3://bucket/in/", "s3://bucket/in", True),
        ("s3://bucket/in/**/*.csv", "s3://bucket/in/scored", True),
        ("s3://bucket/in/*.csv", "s3://bucket/in/scored", False),
        ("s3://bucket/in", "s3://bucket/in-scored", False),
        ("s3://bucket/in", "s3://other/in", False),
        ("/data/in", "file:///data/in/scored", True),
        ("hdfs://one/in", "hdfs://two/in", False),
    ],
)
def test_output_among_the_input_is_known_at_addresses_too(location, output, among):
    assert is_searched(location, place_of(output)) is among


class HostSystem(MemoryFileSystem):
    """A file system whose names lack the host, like HDFS and FTP; what it reads fails with an error of its own."""

    protocol = "hosted"
    store: ClassVar = {}
    pseudo_dirs: ClassVar = [""]

    @classmethod
    def _strip_protocol(cls, path):
        name = "/" + path.partition("://")[2].partition("/")[2] if path.startswith("hosted:") else path
        return name.rstrip("/")

    @staticmethod
    def _get_kwargs_from_urls(path):
        return {"host": path.removeprefix("hosted://").partition("/")[0]}

    def _open(self, path, mode="rb", **others):
        if mode == "rb":
            raise LookupError(f"no answer for hosted://me:secret@node:1{path}")
        return super()._open(path, mode, **others)


@pytest.fixture
def hosted():
    fsspec.register_implementation("hosted", HostSystem, clobber=True)
    fsspec.filesystem("hosted", host="me:secret@node:1").pipe_file("/in/a.csv", b"text\ngood\n")
    yield "hosted://me:secret@node:1/in"
    HostSystem.store.clear()


def test_files_below_an_address_keep_its_host(hosted):
    for location in (hosted, f"{hosted}/*.csv", f"{hosted}/a.csv"):
        assert [file.location for file in find_inputs([location])] == [f"{hosted}/a.csv"]
    with pytest.raises(ReviewsError, match=r"at hosted://node:1/none\*; found none"):
        find_inputs(["hosted://me:secret@node:1/none*"])


def test_an_error_of_a_file_system_of_its_own_is_one_line_without_a_secret(hosted):
    file = InputFile(f"{hosted}/a.csv", 10, "")
    message = r"^expected to be able to read hosted://node:1/in/a\.csv; found: LookupError: .*hosted://node:1/in/a\.csv"
    with pytest.raises(ReviewsError, match=message):
        file.open()
    with pytest.MonkeyPatch.context() as patch, pytest.raises(ReviewsError, match="found: ZeroDivisionError"):
        patch.setattr(InputFile, "open", lambda _: BrokenStream())
        list(rows_of_part(FileLayout(file), Part(0, 0, 1, 1, 0, 9), print))


class BrokenStream(io.BytesIO):
    """A stream of a file system that raises an error of its own."""

    def seek(self, *_):
        raise ZeroDivisionError
