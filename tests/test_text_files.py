"""Texts out of files, one row after the other."""

import io
import json

import pandas as pd
import pytest

from app.errors import ReviewsError
from app.text_files import read_lines, read_texts

TEXTS = ['Good, "very" good.', "two\nlines", "naïve 👍", "NA", "a\u2028b"]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".jsonl"])
def test_every_kind_of_file_gives_its_texts_letter_by_letter(tmp_path, suffix):
    path = tmp_path / f"reviews{suffix}"
    frame = pd.DataFrame({"id": range(len(TEXTS)), "Review": TEXTS})
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in frame.to_dict("records")))
    else:
        frame.to_csv(path, index=False, sep="," if suffix == ".csv" else "\t")
    assert list(read_texts(path)) == TEXTS
    assert list(read_texts(path, "Review")) == TEXTS
    with pytest.raises(ReviewsError, match="--column"):
        read_texts(path, "body")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_file_says_its_encoding_by_its_mark(tmp_path, encoding):
    path = tmp_path / "reviews.csv"
    path.write_text("text\nnaïve\n", encoding=encoding)
    assert list(read_texts(path)) == ["naïve"]


def test_rows_are_read_when_asked_for(tmp_path):
    path = tmp_path / "reviews.jsonl"
    path.write_text('{"text": "one"}\n' * 100_000 + "no JSON")
    texts = read_texts(path)
    assert [next(texts) for _ in range(1_000)] == ["one"] * 1_000


def test_a_row_without_text_keeps_its_place(tmp_path):
    path = tmp_path / "reviews.jsonl"
    path.write_text('{"text": null}\n{"text": "one"}\n')
    assert list(read_texts(path)) == ["", "one"]


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("a.csv", b"", "empty file"),
        ("a.csv", b"text\nna\xefve\n", "UTF-8"),
        ("a.csv", b"text,n\na,1\nb,2,3\n", "found 3 in row 2, ending in line 3"),
        ("a.jsonl", b'{"text": "a"}\n[1]\n', "found a list in line 2"),
        ("a.jsonl", b'{"text": 3}\n', "type int in row 1"),
        ("a.parquet", b"nothing of the kind", "Parquet file"),
        ("a.docx", b"PK", ".csv, .tsv, .parquet, .jsonl"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place(tmp_path, name, content, part):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReviewsError) as refused:
        list(read_texts(tmp_path / name))
    assert part in str(refused.value)


def test_lines_lose_their_ends_and_nothing_else():
    assert list(read_lines(io.BytesIO("\ufeffone \r\n\n two".encode()))) == ["one ", "", " two"]
    with pytest.raises(ReviewsError, match="0xff in line 2"):
        list(read_lines(io.BytesIO(b"one\n\xff\n")))
