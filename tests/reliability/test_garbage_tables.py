"""Tables from strangers: every dialect with every damage is read, or refused in one line; no row is lost on the way.

The long form has more of each: SENTIMENT_RELIABILITY=full.
"""

import bz2
import csv
import gzip
import io
import json
import lzma
import random
import tarfile
import zipfile
from pathlib import Path

import openpyxl
import pyarrow
import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from helpers.reliability import FULL
from sentiment.data.files import read_rows
from sentiment.data.reviews import load_reviews
from sentiment.errors import SentimentError

EXAMPLES = 1_000 if FULL else 30
OFFSETS, FLIPS = (50, 200) if FULL else (8, 6)
ROWS = [(f"A {word} film, number {i}; I say so.", label) for i in range(30) for word, label in
        (("fine", "positive"), ("dull", "negative"))]  # fmt: skip


def line_or_value(read):
    """What a reader returns; None where it refuses in a line. Another exception fails the test."""
    try:
        return read()
    except SentimentError as error:
        message = str(error)
        assert "\n" not in message
        assert "expected" in message
        return None


def as_csv(rows, delimiter: str = ",", line_end: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(rows)
    return file.getvalue()


def as_json_lines(rows) -> str:
    return "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in rows)


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def spreadsheet(rows) -> bytes:
    workbook, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        workbook.active.append(row)
    workbook.save(file)
    return file.getvalue()


def parquet_file(rows) -> bytes:
    file = io.BytesIO()
    texts, labels = zip(*rows, strict=True)
    parquet.write_table(pyarrow.table({"text": texts, "label": labels}), file, compression="zstd")
    return file.getvalue()


def tar_file(members: dict[str, bytes], packing: str = "gz", kind: bytes = tarfile.REGTYPE, target: str = "") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=f"w:{packing}") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size, member.type, member.linkname = len(content) * (kind == tarfile.REGTYPE), kind, target
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


TABLE = [("text", "label"), *ROWS]
CSV = as_csv(TABLE).encode()
FOLDERS = {f"{'pos' if i % 2 else 'neg'}/{i}.txt": text.encode() for i, (text, _) in enumerate(ROWS)}
KINDS = {
    "a.csv": CSV,
    "a.tsv": as_csv(TABLE, "\t").encode(),
    "a.jsonl": as_json_lines(ROWS).encode(),
    "a.json": json.dumps([{"text": text, "label": label} for text, label in ROWS]).encode(),
    "a.ft": "".join(f"__label__{label} {text}\n" for text, label in ROWS).encode(),
    "a.parquet": parquet_file(ROWS),
    "a.xlsx": spreadsheet(TABLE),
    "a.csv.gz": gzip.compress(CSV),
    "a.csv.bz2": bz2.compress(CSV),
    "a.csv.xz": lzma.compress(CSV),
    "a.csv.zst": zstd.compress(CSV),
    "a.zip": zipped("a.csv", CSV),
    "a.tar.gz": tar_file(FOLDERS),
    "a.tar.xz": tar_file(FOLDERS, "xz"),
    "a.tar": tar_file(FOLDERS, ""),
}
# A file that is cut off can be told from a whole one; of a text, only its last row may be cut.
PACKED = [name for name in KINDS if name.endswith((".gz", ".bz2", ".xz", ".zst", ".zip", ".xlsx", ".parquet", ".json"))]


@pytest.mark.parametrize("name", KINDS)
def test_the_whole_file_has_all_rows(tmp_path, name):
    (tmp_path / name).write_bytes(KINDS[name])
    assert len(load_reviews(tmp_path / name).table) == len(ROWS)


@pytest.mark.parametrize("name", PACKED)
def test_a_truncated_file_is_refused_in_a_line_wherever_it_ends(tmp_path, name, record_property):
    content = KINDS[name]
    for offset in sorted(random.Random(name).sample(range(1, len(content) - 1), OFFSETS)):
        (tmp_path / name).write_bytes(content[:offset])
        assert line_or_value(lambda: [*read_rows(tmp_path / name).rows]) is None, offset
    record_property("offsets", OFFSETS)


@pytest.mark.parametrize("name", KINDS)
def test_a_changed_bit_is_refused_in_a_line_or_leaves_rows(tmp_path, name, record_property):
    generator = random.Random(name)
    for _ in range(FLIPS):
        content = bytearray(KINDS[name])
        content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
        (tmp_path / name).write_bytes(content)
        line_or_value(lambda: [*read_rows(tmp_path / name).rows])
        line_or_value(lambda: load_reviews(tmp_path / name, rejected=True))
    record_property("bit flips", FLIPS)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("content", [b"\0" * 1_000, random.Random(1).randbytes(3_000), b"[" * 100_000, b"9" * 10_000])
def test_garbage_of_any_kind_is_refused_in_a_line_or_read_as_text(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    line_or_value(lambda: [*read_rows(tmp_path / name).rows])
    line_or_value(lambda: load_reviews(tmp_path / name))


TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
DAMAGES = (
    "none",
    "a quote",
    "a delimiter",
    "half a row",
    "a null byte",
    "a bad byte",
    "another line end",
    "a long row",
)


def damaged(content: bytes, damage: str, place: int) -> bytes:
    place %= len(content) + 1
    if damage == "half a row":
        return content[:place]
    added = {"none": b"", "a quote": b'"', "a delimiter": b",", "a null byte": b"\0", "a bad byte": b"\xff",
             "another line end": b"\r", "a long row": b",x" * 50}[damage]  # fmt: skip
    return content[:place] + added + content[place:]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(TEXT, st.sampled_from(["positive", "negative", "", "other"])), min_size=1, max_size=8),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    damage=st.sampled_from(DAMAGES),
    place=st.integers(0, 10_000),
)
def test_of_every_table_accepted_and_rejected_rows_are_all_rows(
    tmp_path, rows, delimiter, line_end, quoting, encoding, damage, place
):
    enough = [(f"A film {i}", label) for i in range(6) for label in ("positive", "negative")]
    text = as_csv([("text", "label"), *enough, *rows], delimiter, line_end, quoting)
    path = tmp_path / "a.csv"
    path.write_bytes(damaged(text.encode(encoding), damage, place))
    texts = line_or_value(lambda: [*read_rows(path, "text").rows])
    reviews = line_or_value(lambda: load_reviews(path, rejected=True))
    rejects = tmp_path / "rejects.csv"
    rejects.unlink(missing_ok=True)
    set_aside = line_or_value(lambda: load_reviews(path, rejects=rejects))
    if texts is None or reviews is None or set_aside is None:
        return
    with rejects.open(encoding="utf-8", newline="") as file:
        left_out = len([*csv.reader(file)]) - 1
    assert len(set_aside.table) + left_out == len(texts)
    assert len(reviews.table) + sum(reviews.left_out.values()) == len(texts)


@pytest.mark.parametrize("name", ["../out.txt", "/tmp/sentiment-out.txt", "pos/../../out.txt", "..\\out.txt"])
def test_a_member_that_climbs_out_of_its_archive_is_not_written_and_not_read(tmp_path, name):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.tar.gz").write_bytes(tar_file({name: b"climbed", **FOLDERS}))
    rows = line_or_value(lambda: [*read_rows(folder / "a.tar.gz").rows])
    assert rows is None or all(row.text != "climbed" for row in rows)
    assert sorted(tmp_path.rglob("*")) == [folder, folder / "a.tar.gz"]
    assert not Path("/tmp/sentiment-out.txt").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_a_link_or_a_device_in_an_archive_is_not_followed(tmp_path, kind):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "a.tar").write_bytes(tar_file({"pos/1.txt": b""}, "", kind, str(tmp_path / "secret.txt")))
    assert line_or_value(lambda: [*read_rows(tmp_path / "a.tar").rows]) is None


@pytest.mark.parametrize("digits", [400, 5_000])
def test_a_member_whose_name_is_a_number_of_thousands_of_digits_is_read_or_refused_in_a_line(tmp_path, digits):
    """Python reads no number of more than 4,300 digits, and no file has a name of more than 255 bytes."""
    for name in (f"pos/{'9' * digits}.txt", f"train/pos/{'9' * digits}_9.txt", f"train/pos/1_{'9' * digits}.txt"):
        (tmp_path / "a.tar.gz").write_bytes(tar_file({name: b"A fine film.", "train/neg/1_1.txt": b"A dull film."}))
        line_or_value(lambda: [*read_rows(tmp_path / "a.tar.gz").rows])
        line_or_value(lambda: load_reviews(tmp_path / "a.tar.gz"))


@pytest.mark.parametrize("name", ["a" * 300 + ".csv", "a/" * 3_000 + "b.csv", "9" * 5_000, "a" * 300 + ".tar.gz"])
def test_a_path_that_no_file_can_have_is_refused_in_a_line(name):
    for read in (lambda: [*read_rows(name).rows], lambda: load_reviews(name)):
        assert line_or_value(read) is None
