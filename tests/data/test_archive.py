"""The official archive and its folder give the same table however they are packed; damage is an error."""

import gzip
import io
import os
import random
import subprocess
import sys
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from sentiment.data.archive import OtherLayoutError, folder_identity, read_archive, read_folder
from sentiment.data.files import read_rows
from sentiment.data.files.kinds import tars
from sentiment.data.files.kinds.tars import is_archive
from sentiment.data.files.lines import LONGEST
from sentiment.data.reviews import load_reviews
from sentiment.errors import ReviewsError

ROOT = Path(__file__).parents[2]

FILES = {
    "train/pos/0_9.txt": "great",
    "train/pos/10_8.txt": "tenth",
    "train/pos/2_7.txt": "second",
    "train/neg/0_1.txt": "awful",
    "train/unsup/0_0.txt": "who knows",
    "test/pos/0_10.txt": "splendid – café",
    "test/neg/0_2.txt": "dull",
}


def pack(path, files=FILES, *, mode="w:gz", prefix="aclImdb/", order=None):
    with tarfile.open(path, mode) as archive:
        for name in order or files:
            content = files[name] if isinstance(files[name], bytes) else files[name].encode()
            member = tarfile.TarInfo(prefix + name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def unpack(folder, files=FILES):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_a_damaged_file_without_an_ending_is_no_archive_and_no_traceback(tmp_path):
    path = tmp_path / "download.part"
    path.write_bytes(gzip.compress(b"a film " * 1_000)[:30])
    assert not is_archive(path)


def test_a_member_becomes_a_row_sorted_by_split_label_and_number(tmp_path):
    rows = read_archive(pack(tmp_path / "a.tar.gz"))
    assert rows.values.tolist() == [
        ["dull", "neg", "test", "test/neg/0_2.txt"],
        ["splendid – café", "pos", "test", "test/pos/0_10.txt"],
        ["awful", "neg", "train", "train/neg/0_1.txt"],
        ["great", "pos", "train", "train/pos/0_9.txt"],
        ["second", "pos", "train", "train/pos/2_7.txt"],
        ["tenth", "pos", "train", "train/pos/10_8.txt"],
        ["who knows", "", "unlabelled", "train/unsup/0_0.txt"],
    ]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_every_compression_and_order_gives_the_same_table(tmp_path, mode):
    shuffled = random.Random(mode).sample(sorted(FILES), len(FILES))
    packed = pack(tmp_path / "any.tar", mode=mode, order=shuffled, prefix="./aclImdb/")
    assert read_archive(packed).equals(read_archive(pack(tmp_path / "b.tar.gz")))


def test_the_folder_gives_the_table_of_the_archive(tmp_path):
    expected = read_archive(pack(tmp_path / "a.tar.gz"))
    inner = unpack(tmp_path / "aclImdb")
    assert read_folder(inner).equals(expected)
    assert read_folder(tmp_path).equals(expected)  # the folder that holds it also works


def test_other_files_in_the_archive_are_ignored(tmp_path):
    others = {
        "README": "hello",
        "train/urls_pos.txt": "http",
        "train/pos/._0_9.txt": b"\xff",
        "../train/pos/1_1.txt": "x",
    }
    rows = read_archive(pack(tmp_path / "a.tar", FILES | others, mode="w"))
    assert sorted(rows["file"]) == sorted(FILES)


def test_a_link_in_the_archive_is_not_followed(tmp_path):
    path = pack(tmp_path / "a.tar", mode="w")
    with tarfile.open(path, "a") as archive:
        link = tarfile.TarInfo("aclImdb/train/pos/77_9.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert len(read_archive(path)) == len(FILES)


def test_reading_an_archive_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    read_archive(pack(tmp_path / "a.tar.gz"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


def test_a_review_that_is_too_long_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "a.tar"
    member = tarfile.TarInfo("aclImdb/train/pos/7_9.txt")
    member.size = 3 << 30
    path.write_bytes(member.tobuf(tarfile.GNU_FORMAT) + bytes(1024))  # the content that the header announces is missing
    with pytest.raises(ReviewsError, match=r"at most .* bytes in each .*; found 3,221,225,472 in train/pos/7_9\.txt"):
        read_archive(path)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_a_large_review_of_zeros_is_refused_and_takes_no_memory(tmp_path, mode):
    content = FILES | {"train/pos/7_9.txt": bytes(64 << 20)}
    path = pack(tmp_path / "a.tar", content, mode=mode)
    code = (
        "import resource, sys, pathlib, sentiment.data.archive\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: sentiment.data.archive.read_archive(pathlib.Path(sys.argv[1]))\n"
        "except sentiment.data.archive.ReviewsError as error: print(error)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, cwd=ROOT, check=True)
    message, kilobytes = done.stdout.splitlines()
    assert "found 67,108,864 in train/pos/7_9.txt" in message
    assert int(kilobytes) < 40_000


def test_a_large_file_that_is_not_a_review_is_skipped_in_a_compressed_archive(tmp_path):
    path = pack(tmp_path / "a.tar.gz", {"imdb.vocab": bytes(40 << 20)} | FILES, mode="w:gz")
    tracemalloc.start()
    rows = read_archive(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(rows) == len(FILES)
    assert peak < 20 << 20


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
@pytest.mark.parametrize("first", [True, False])
def test_a_huge_header_of_a_member_is_not_read(tmp_path, kind, first):
    path = tmp_path / ("a.tar" if first else "reviews")
    pack(path, {} if first else FILES, mode="w")
    before = path.read_bytes().rstrip(b"\0")
    before += bytes(-len(before) % 512)
    member = tarfile.TarInfo("long")
    member.type, member.size = kind, 32 << 20
    path.write_bytes(before + member.tobuf(tarfile.GNU_FORMAT) + b"a" * (32 << 20) + bytes(1024))
    tracemalloc.start()
    with pytest.raises(ReviewsError, match="expected a whole tar archive"):
        read_archive(path)
    assert is_archive(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20


@pytest.mark.parametrize("size", [-1024, 1 << 70])
def test_a_member_of_an_impossible_size_is_damage(tmp_path, size):
    path = tmp_path / "a.tar"
    member = tarfile.TarInfo("README")
    header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = (size % (1 << 96)).to_bytes(12, "big") if size < 0 else b"\x80" + size.to_bytes(11, "big")
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    path.write_bytes(bytes(header) + bytes(1024))
    with pytest.raises(ReviewsError, match="expected a whole tar archive"):
        read_archive(path)


def test_reviews_packed_more_than_text_can_be_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tars, "_ARCHIVE_BYTES", 1 << 20)
    files = {f"train/pos/{i}_9.txt": "a" * (1 << 17) for i in range(40)}
    with pytest.raises(ReviewsError, match=r"more than 1,048,576 bytes of them in a file of"):
        read_archive(pack(tmp_path / "a.tar.gz", files, mode="w:gz"))


def test_a_review_in_a_folder_that_is_too_long_is_refused_before_it_is_read(tmp_path):
    unpack(tmp_path)
    with (tmp_path / "train/pos/0_9.txt").open("wb") as file:
        file.truncate(3 << 30)  # a file with a hole, which takes no room
    with pytest.raises(ReviewsError, match=r"found 3,221,225,472 in train/pos/0_9\.txt; leave that file out"):
        read_folder(tmp_path)


def test_a_review_of_too_many_characters_is_refused(tmp_path):
    unpack(tmp_path, FILES | {"train/pos/0_9.txt": "a" * (LONGEST + 1)})
    with pytest.raises(ReviewsError, match=r"at most 1,048,576 characters in each review"):
        read_folder(tmp_path)


def many():
    noise = random.Random(0)
    return {f"train/pos/{i}_9.txt": "".join(noise.choices("abcdefgh ", k=700)) for i in range(60)}


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("share", [0.0001, 0.3, 0.7, 0.999])
def test_an_archive_cut_anywhere_is_refused(tmp_path, mode, share):
    path = pack(tmp_path / "a.tar.any", many(), mode=mode)
    content = path.read_bytes().rstrip(b"\0")
    path.write_bytes(content[: max(1, int(len(content) * share))])
    with pytest.raises(ReviewsError, match="expected a whole tar archive") as caught:
        read_archive(path)
    assert "\n" not in str(caught.value)


def test_a_plain_archive_cut_between_two_members_is_refused(tmp_path):
    path = pack(tmp_path / "a.tar", many(), mode="w")
    with tarfile.open(path) as archive:
        end = archive.getmembers()[30].offset
    os.truncate(path, end)
    with pytest.raises(ReviewsError, match="no end of archive"):
        read_archive(path)


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_an_archive_with_changed_bytes_is_refused(tmp_path, mode):
    path = pack(tmp_path / "a.tar.any", many(), mode=mode)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8] = b"\x55" * 8
    path.write_bytes(content)
    with pytest.raises(ReviewsError, match="truncated or damaged"):
        read_archive(path)


def test_a_file_that_is_not_an_archive_is_refused(tmp_path):
    (tmp_path / "a.tar.gz").write_text("hello")
    with pytest.raises(ReviewsError, match="delete it and get it again"):
        read_archive(tmp_path / "a.tar.gz")


def test_an_archive_of_something_else_is_refused(tmp_path):
    with pytest.raises(ReviewsError, match=r"aclImdb/train/pos/0_9\.txt"):
        read_archive(pack(tmp_path / "a.tar", {"README": "hello"}, mode="w"))


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "train").mkdir()
    with pytest.raises(ReviewsError, match=r"expected a folder with reviews like train/pos/0_9\.txt"):
        read_folder(tmp_path)


def test_a_review_that_is_not_utf8_is_named(tmp_path):
    path = pack(tmp_path / "a.tar", FILES | {"train/pos/5_9.txt": b"caf\xe9"}, mode="w")
    with pytest.raises(ReviewsError, match=r"UTF-8 in train/pos/5_9.txt of .* byte 0xe9 at 3"):
        read_archive(path)


def test_an_archive_is_known_by_its_name_or_its_content(tmp_path):
    assert is_archive(pack(tmp_path / "reviews"))
    for name in ("a.tar", "a.tar.gz", "A.TGZ", "a.tar.zst"):
        (tmp_path / name).write_text("damaged")
        assert is_archive(tmp_path / name)
    (tmp_path / "tar.txt").write_text("no")
    assert not is_archive(tmp_path / "tar.txt")


def test_the_identity_of_a_folder_changes_with_its_files(tmp_path):
    unpack(tmp_path)
    before = folder_identity(tmp_path)
    assert folder_identity(tmp_path) == before
    (tmp_path / "train/pos/0_9.txt").write_text("longer than before")
    changed = folder_identity(tmp_path)
    (tmp_path / "train/pos/0_9.txt").rename(tmp_path / "train/pos/1_9.txt")
    assert len({before, changed, folder_identity(tmp_path)}) == 3


CLASSES = {
    "reviews/Bad/1.txt": "dull",
    "reviews/Bad/10.txt": "awful",
    "reviews/Good/2.txt": "great – café",
    "reviews/README.md": "hello",
    "reviews/Good/._2.txt": b"\xff",
}


def read(path):
    """Texts with their label and split, and what was said."""
    notes = []
    rows = [(row.text, row.others["label"], row.others["split"]) for row in read_rows(path, notify=notes.append).rows]
    return rows, notes


@pytest.mark.parametrize(
    ("name", "mode"), [("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a.tgz", "w:gz"), ("a.tar.xz", "w:xz")]
)
def test_an_archive_of_class_folders_is_read_as_the_folder_is(tmp_path, name, mode):
    rows, notes = read(pack(tmp_path / name, CLASSES, mode=mode, prefix="./"))
    assert rows == [("dull", "Bad", ""), ("awful", "Bad", ""), ("great – café", "Good", "")]
    assert notes == [f"{tmp_path / name}: files that are no texts of a class are passed over: 1 .md"]
    (tmp_path / "unpacked").mkdir()
    with tarfile.open(tmp_path / name) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    assert read(tmp_path / "unpacked")[0] == rows
    with_splits = {f"{split}/{label}/{n}.txt": "x" for split in ("train", "dev") for label in "ab" for n in range(2)}
    rows, _ = read(pack(tmp_path / name, with_splits, mode=mode, prefix=""))
    assert {row[1:] for row in rows} == {(label, split) for split in ("train", "dev") for label in "ab"}


@pytest.mark.parametrize("prefix", ["", "aclImdb/"])
def test_reviews_of_other_names_beside_those_of_the_dataset_are_not_lost(tmp_path, prefix):
    files = FILES | {"train/pos/mine.txt": "mine"}
    path = pack(tmp_path / "some.tar.gz", files, prefix=prefix)
    with pytest.raises(OtherLayoutError, match="found 1 other texts"):
        read_archive(path)
    assert {row[0] for row in read(path)[0]} == set(files.values())


def test_names_that_lead_out_of_an_archive_and_links_are_no_texts(tmp_path, monkeypatch):
    (tmp_path / "secret.txt").write_text("secret")
    path = pack(tmp_path / "a.tar", {"../bad/1.txt": "out", "bad/1.txt": "in", "good/1.txt": "in"}, mode="w", prefix="")
    with tarfile.open(path, "a") as archive:
        for name, kind in (("good/2.txt", tarfile.SYMTYPE), ("good/3.txt", tarfile.LNKTYPE)):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = kind, str(tmp_path / "secret.txt")
            archive.addfile(link)
        outside = tarfile.TarInfo("/bad/2.txt")
        outside.size = 3
        archive.addfile(outside, io.BytesIO(b"out"))
    monkeypatch.chdir(tmp_path)
    assert [row[:2] for row in read(path)[0]] == [("in", "bad"), ("in", "good")]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.tar", "secret.txt"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"a.csv": "text,label"},
            r"expected texts like pos/1\.txt .*found no file that ends in \.txt",
        ),
        ({"x/y/z/1.txt": "a", "x/q/2.txt": "b"}, "in more folders"),
    ],
)
def test_an_archive_of_another_layout_is_refused_with_the_reason(tmp_path, files, message):
    with pytest.raises(ReviewsError, match=message):
        read(pack(tmp_path / "a.tar.gz", files, prefix=""))


def test_reviews_of_class_folders_in_an_archive_can_be_trained_on(tmp_path):
    files = {f"{label}/{n}.txt": f"a {label} film {n}" for label in ("bad", "good") for n in range(20)}
    for path in (tmp_path / "mine.tar.gz", tmp_path / "mine"):  # known by its content, too
        reviews = load_reviews(pack(path, files, prefix="mine/"))
        assert (reviews.name, len(reviews.table), reviews.classes.names) == ("mine", 40, ("negative", "positive"))
        assert (reviews.table["label"] == reviews.table["text"].str.contains("good")).all()
