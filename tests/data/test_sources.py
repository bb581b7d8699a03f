"""A file is read from a compressed file and from an address as from the disk; a bomb is refused."""

import bz2
import errno
import functools
import gzip
import http.server
import lzma
import os
import tempfile
import threading
import zipfile

import fsspec
import pandas as pd
import pytest
from backports import zstd

from sentiment.data.files import read_rows
from sentiment.data.files.sources import Source, packing, shown
from sentiment.data.reviews import load_reviews
from sentiment.data.tables import read_table
from sentiment.errors import ReviewsError, StorageError

CONTENT = b"review,sentiment\n" + b"".join(b"film %d,%s\n" % (n, (b"pos", b"neg")[n % 2]) for n in range(40))
TEXTS = [f"film {n}" for n in range(40)]
COMPRESS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd.compress}
ALL = [*COMPRESS, ".zip"]


def pack(path, content, ending, name="reviews.csv"):
    if ending == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
    else:
        path.write_bytes(COMPRESS[ending](content))
    return path


def texts(path):
    return [row.text for row in read_rows(path).rows]


@pytest.mark.parametrize("ending", ALL)
def test_a_packed_file_has_the_rows_of_its_content(tmp_path, ending):
    path = pack(tmp_path / f"reviews.csv{ending}", CONTENT, ending)
    assert texts(path) == TEXTS
    loaded = load_reviews(path)
    (tmp_path / "reviews.csv").write_bytes(CONTENT)
    assert loaded.content_hash == load_reviews(tmp_path / "reviews.csv").content_hash
    assert loaded.name == "reviews"


@pytest.mark.parametrize("ending", ALL)
def test_a_packed_parquet_file_is_unpacked_beside(tmp_path, ending):
    import pandas as pd

    pd.DataFrame({"text": ["a", "b"]}).to_parquet(tmp_path / "a.parquet")
    content = (tmp_path / "a.parquet").read_bytes()
    assert texts(pack(tmp_path / f"b.parquet{ending}", content, ending, "b.parquet")) == ["a", "b"]


def test_a_packed_file_without_its_ending_is_known_by_its_first_bytes(tmp_path):
    assert texts(pack(tmp_path / "reviews.csv", CONTENT, ".gz")) == TEXTS
    (tmp_path / "plain.csv").write_text("text\nBZh is no packed file\n")
    assert texts(tmp_path / "plain.csv") == ["BZh is no packed file"]


def test_the_share_of_a_packed_file_that_was_read_rises(tmp_path):
    path = pack(tmp_path / "a.jsonl.gz", b"".join(b'{"text": "%d"}\n' % n**9 for n in range(100_000)), ".gz")
    rows = read_rows(path)
    shares = [rows.fraction() for _ in zip(rows.rows, range(50_000), strict=False)]
    assert shares[0] < 0.2 < shares[-1] < 1


@pytest.mark.parametrize("ending", ALL)
def test_a_damaged_packed_file_is_refused_in_one_line(tmp_path, ending):
    whole = pack(tmp_path / f"reviews.csv{ending}", CONTENT * 1_000, ending).read_bytes()
    for content in (whole[: len(whole) // 2], whole[:60] + bytes(20) + whole[80:]):
        (tmp_path / f"reviews.csv{ending}").write_bytes(content)
        with pytest.raises(ReviewsError, match=f"expected a whole {ending[1:]} file") as refused:
            texts(tmp_path / f"reviews.csv{ending}")
        assert "\n" not in str(refused.value)
    (tmp_path / f"reviews.csv{ending}").write_bytes(CONTENT)
    with pytest.raises(ReviewsError, match=f"expected a {ending[1:]} file at .*; found other content"):
        texts(tmp_path / f"reviews.csv{ending}")


@pytest.mark.parametrize("ending", ALL)
@pytest.mark.parametrize("suffix", [".csv", ".json", ".parquet"])
def test_a_bomb_is_refused_by_name_before_it_is_unpacked(tmp_path, monkeypatch, ending, suffix):
    monkeypatch.setattr(packing, "UNPACKED_BYTES", 1 << 20)
    bomb = pack(tmp_path / f"a{suffix}{ending}", b"text\n" + b"x\n" * (20 << 20), ending, f"a{suffix}")
    for read in (texts, read_table):
        with pytest.raises(ReviewsError, match=rf"expected text in .*{ending}; found more than .* MB that are packed"):
            read(bomb)


def test_a_file_that_is_packed_as_well_as_text_may_be_larger_than_the_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "UNPACKED_BYTES", 100)
    assert texts(pack(tmp_path / "a.csv.gz", CONTENT, ".gz")) == TEXTS


def test_of_several_files_in_a_zip_none_is_chosen(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("train.csv", "test.csv", "README.txt", "__MACOSX/._train.csv", ".hidden.csv", "picture.png"):
            archive.writestr(name, CONTENT)
    with pytest.raises(
        ReviewsError, match=r"expected one file with reviews in .*; found train\.csv, test\.csv; unpack"
    ):
        texts(path)


def test_a_description_beside_the_only_table_of_a_zip_is_passed_over(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("README.txt", "data/reviews.csv", "__MACOSX/data/._reviews.csv"):
            archive.writestr(name, CONTENT)
    assert texts(path) == TEXTS


def test_a_zip_without_a_table_is_refused_with_what_is_in_it(tmp_path):
    with pytest.raises(ReviewsError, match=r"such as \.csv, in .*a\.zip; found picture\.png; rename it"):
        texts(pack(tmp_path / "a.zip", b"", ".zip", "picture.png"))


def test_the_only_member_of_a_zip_may_lack_an_ending_if_it_is_a_table_which_is_said(tmp_path):
    pd.DataFrame({"review": TEXTS}).to_csv(tmp_path / "films.zip", index=False)
    notes = []
    assert [row.text for row in read_rows(tmp_path / "films.zip", notify=notes.append).rows] == TEXTS
    assert notes == [f"{tmp_path / 'films.zip'}: films has no ending and is read as CSV"]
    assert load_reviews(pack(tmp_path / "labelled.zip", CONTENT, ".zip", "reviews")).table["text"].tolist() == TEXTS


@pytest.mark.parametrize("content", [b"PAR1\0\0", b'{"text": "a film"}\n', b""])
def test_another_member_without_an_ending_is_refused_for_its_name(tmp_path, content):
    with pytest.raises(ReviewsError, match=r"such as \.csv, in .*a\.zip; found reviews; rename it by its kind"):
        texts(pack(tmp_path / "a.zip", content, ".zip", "reviews"))


def test_the_missing_package_for_zst_names_its_extra(tmp_path, monkeypatch):
    from sentiment.errors import MissingExtraError

    path = pack(tmp_path / "reviews.csv.zst", CONTENT, ".zst")
    monkeypatch.setitem(__import__("sys").modules, "backports.zstd", None)
    with pytest.raises(MissingExtraError, match="expected the packages of the extra files; backports is not installed"):
        texts(path)


@pytest.fixture
def memory():
    """fsspec's files in memory, for one test."""
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_file_at_an_address_is_read_as_from_the_disk(tmp_path, memory, ending):
    memory.pipe(f"/shop/reviews.csv{ending}", gzip.compress(CONTENT) if ending else CONTENT)
    address = f"memory://shop/reviews.csv{ending}"
    assert texts(address) == TEXTS
    loaded = load_reviews(address)
    assert (loaded.name, loaded.source) == ("reviews", address)
    (tmp_path / "reviews.csv").write_bytes(CONTENT)
    assert loaded.content_hash == load_reviews(tmp_path / "reviews.csv").content_hash


def test_the_copy_of_an_address_is_deleted_with_its_source(memory):
    memory.pipe("/reviews.csv", CONTENT)
    source = Source("memory://reviews.csv")
    path = source.path
    assert path.exists()
    del source
    assert not path.exists()


@pytest.mark.usefixtures("memory")
def test_an_address_without_a_file_is_refused():
    with pytest.raises(ReviewsError, match=r"expected to be able to read memory://none\.csv; found: FileNotFoundError"):
        texts("memory://none.csv")
    with pytest.raises(ReviewsError, match=r"expected to be able to read none://a\.csv; found: ValueError: Protocol"):
        texts("none://a.csv")


@pytest.fixture
def server(tmp_path):
    """The address of a folder that is served over HTTP."""
    (tmp_path / "reviews.csv").write_bytes(CONTENT)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


def test_a_file_on_a_server_is_read(server):
    assert texts(f"{server}/reviews.csv") == TEXTS
    assert texts(f"{server}/reviews.csv?download=1") == TEXTS
    with pytest.raises(
        ReviewsError, match=r"expected to be able to read http://.*/none\.csv; found: FileNotFoundError"
    ):
        texts(f"{server}/none.csv")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("https://example.org/a.csv?version=2", "https://example.org/a.csv?version=2"),
        ("https:/example.org/a.csv", "https://example.org/a.csv"),
        ("https://me:secret@example.org/a.csv", "https://example.org/a.csv"),
        ("https://example.org/a.csv?X-Amz-Signature=abc", "https://example.org/a.csv"),
        ("https://example.org/a.csv?pwd=abc", "https://example.org/a.csv"),
        ("zip://a.csv::https://me:secret@example.org/a.zip?sig=abc", "zip://a.csv::https://example.org/a.zip"),
        ("s3://bucket/a.csv", "s3://bucket/a.csv"),
    ],
)
def test_an_address_is_shown_and_stored_without_its_secrets(address, public):
    assert shown(address) == public


def test_an_address_of_s3_is_opened_with_s3fs(monkeypatch):
    import s3fs

    opened = []

    def no_network(_, path, *__, **___):
        opened.append(path)
        raise FileNotFoundError(path)

    monkeypatch.setattr(s3fs.S3FileSystem, "_open", no_network)
    with pytest.raises(ReviewsError, match=r"expected to be able to read s3://bucket/a\.csv; found: FileNotFoundError"):
        texts("s3://bucket/a.csv")
    assert opened == ["bucket/a.csv"]


@pytest.fixture
def full_temporary(tmp_path, monkeypatch):
    """A temporary folder on a disk without room."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    make = tempfile.NamedTemporaryFile

    def write(_: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def full(**options):
        file = make(**options)
        file.write = write
        return file

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", full)
    return folder


def test_unpacking_without_room_names_the_temporary_folder_and_leaves_nothing_there(tmp_path, full_temporary):
    """The disk of the file itself may have room: its name would lead astray."""
    source = Source(pack(tmp_path / "a.parquet.gz", b"content", ".gz"), [".parquet"])
    with pytest.raises(StorageError, match=rf"expected room on the disk to write {full_temporary}"):
        source.unpacked_path()
    assert [*full_temporary.iterdir()] == []


def test_fetching_without_room_names_the_temporary_folder_and_shows_no_secret_of_the_address(memory, full_temporary):
    """Who reads that the address is wrong looks in the wrong place."""
    memory.pipe("/shop/a.csv?token=7c2ac", CONTENT)
    with pytest.raises(
        StorageError, match=r"a temporary copy of memory://shop/a\.csv into .*; found no room"
    ) as refused:
        texts("memory://shop/a.csv?token=7c2ac")
    assert str(full_temporary) in str(refused.value)
    assert "7c2ac" not in str(refused.value)
    assert [*full_temporary.iterdir()] == []
