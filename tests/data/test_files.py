"""Texts are read from files row by row."""

import io
import json
import os
import subprocess
import sys

import pandas as pd
import pyarrow
import pytest
from pyarrow import parquet

from sentiment.data.files import ReadingOptions, read_rows
from sentiment.data.files.json_lines import open_json_lines
from sentiment.data.files.lines import LONGEST, IncomingLines
from sentiment.data.files.sources import Source
from sentiment.errors import ReviewsError

TEXTS = ['Good, "very" good.', "two\nlines", "naïve 👍", "NA", "a\u2028b"]


def read_texts(path, column=None):
    return [row.text for row in read_rows(path, column).rows]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".jsonl"])
def test_every_kind_of_file_gives_its_texts_exactly(tmp_path, suffix):
    path = tmp_path / f"reviews{suffix}"
    frame = pd.DataFrame({"id": range(len(TEXTS)), "Review": TEXTS})
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in frame.to_dict("records")))
    else:
        frame.to_csv(path, index=False, sep="," if suffix == ".csv" else "\t")
    assert read_texts(path) == TEXTS
    assert read_texts(path, "Review") == TEXTS
    with pytest.raises(ReviewsError, match="--column"):
        read_texts(path, "body")


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".jsonl"])
def test_with_two_text_columns_one_line_names_the_chosen_one_and_the_option_for_the_other(tmp_path, suffix):
    path = tmp_path / f"reviews{suffix}"
    frame = pd.DataFrame({"text": ["a", "b"], "review": ["c", "d"]})
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False, sep="," if suffix == ".csv" else "\t")
    lines = []
    rows = read_rows(path, notify=lines.append)
    assert [row.text for row in rows.rows] == ["c", "d"]
    assert list(rows.columns()) == ["text"]
    assert lines == [f"{path}: text in 'review' ('text' would fit, too: choose with --column text)"]
    read_rows(path, "text", notify=lines.append)
    assert len(lines) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_the_encoding_of_a_file(tmp_path, encoding):
    path = tmp_path / "reviews.csv"
    path.write_text("text\nnaïve\n", encoding=encoding)
    assert read_texts(path) == ["naïve"]


def test_empty_lines_before_the_header_of_a_csv_are_passed_over(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("\n\nid,text\n1,fine\n")
    assert read_texts(path) == ["fine"]


def test_a_row_of_json_without_the_key_has_no_text_wherever_it_stands(tmp_path):
    path = tmp_path / "reviews.jsonl"
    path.write_text('{"id": 1, "text": "fine"}\n{"id": 2}\n')
    assert [(row.text, row.others) for row in read_rows(path).rows] == [("fine", {"id": 1}), ("", {"id": 2})]
    for first in ('{"id": 2}', "{}"):
        path.write_text(first + '\n{"id": 1, "text": "fine"}\n')
        assert read_texts(path) == ["", "fine"]


def test_a_date_out_of_range_of_python_is_reported(tmp_path):
    when = pyarrow.array([253_402_300_799_000_000], pyarrow.timestamp("us", tz="Europe/Berlin"))  # 9999-12-31 in UTC
    parquet.write_table(pyarrow.table({"text": ["fine"], "when": when}), tmp_path / "reviews.parquet")
    with pytest.raises(ReviewsError, match="found: date value out of range"):
        read_texts(tmp_path / "reviews.parquet")


def test_rows_are_read_lazily(tmp_path):
    path = tmp_path / "reviews.jsonl"
    path.write_text('{"text": "one"}\n' * 100_000 + "no JSON")
    text_rows = read_rows(path)
    assert [next(text_rows.rows).text for _ in range(1_000)] == ["one"] * 1_000
    assert 0 < text_rows.fraction() < 0.1


def test_a_row_without_text_keeps_its_place(tmp_path):
    path = tmp_path / "reviews.jsonl"
    path.write_text('{"text": null}\n{"text": "one"}\n')
    assert read_texts(path) == ["", "one"]


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("a.csv", b"", "empty file"),
        ("a.jsonl", b'{"text": "a"}\n{"text": "na\xefve"}\n', "found byte 0xef in line 2"),
        ("a.csv", b"\xef\xbb\xbf", "a text column"),
        ("a.csv", b'text\n"never closed' + b"\nx" * LONGEST, "double quote that is not closed"),
        ("a.csv", b'text,n\nfine,1\n"never closed,2\nmore,3\n', "found one in row 2 that is not"),
        ("a.jsonl", b'{"text": "' + b"x" * LONGEST, "line 1 is longer"),
        ("a.jsonl", b'{"text": "a", "x": ' + b"[" * 10_000, "line 1: maximum recursion"),
        ("a.csv", b"text,n\na,1\nb,2,3\n", "found 3 instead of 2 in row 2, which begins in line 3"),
        ("a.jsonl", b'{"text": "a"}\n[1]\n', "found a list in line 2"),
        ("a.jsonl", b'{"text": 3}\n', "type int in row 1"),
        ("a.parquet", b"nothing of the kind", "Parquet file"),
        ("a.docx", b"PK", ".csv, .tsv, .txt"),
    ],
)
def test_an_unreadable_file_is_refused_with_the_place(tmp_path, name, content, part):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReviewsError) as refused:
        read_texts(tmp_path / name)
    assert part in str(refused.value)


def test_a_quote_that_is_closed_at_the_very_end_of_a_file_is_closed(tmp_path):
    (tmp_path / "a.csv").write_bytes(b'text\n"one\ntwo"\n"three"')
    assert read_texts(tmp_path / "a.csv") == ["one\ntwo", "three"]


def test_lines_lose_their_ends_and_nothing_else():
    assert list(IncomingLines(io.BytesIO("\ufeffone \r\n\n two".encode()))) == ["one ", "", " two"]
    with pytest.raises(ReviewsError, match="0xff in line 2"):
        list(IncomingLines(io.BytesIO(b"one\n\xff\n")))
    endless = (b"x" * LONGEST for _ in range(2))
    with pytest.raises(ReviewsError, match="line 1 is longer"):
        list(IncomingLines(io.BytesIO(b"".join(endless))))


def test_lines_that_come_one_by_one_are_handed_over_at_once():
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream, os.fdopen(writing, "wb", buffering=0) as producer:
        incoming = IncomingLines(stream)
        lines = iter(incoming)
        for text in ("one", "zw\u00f6lf"):
            producer.write(f"{text}\n".encode())
            assert next(lines) == text
            assert not incoming.ready()
        producer.write(b"three\nfour\nfi")
        assert next(lines) == "three"
        assert incoming.ready()
        assert next(lines) == "four"
        assert not incoming.ready()  # the end of the line is missing
        producer.close()
        assert list(lines) == ["fi"]
        assert list(lines) == []


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".jsonl"])
def test_other_columns_of_a_row_keep_their_names(tmp_path, suffix):
    path = tmp_path / f"reviews{suffix}"
    frame = pd.DataFrame({"id": ["1", "2"], "review": ["one", "two"], "note": ["a", "b"]})
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False, sep="," if suffix == ".csv" else "\t")
    text_rows = read_rows(path)
    assert list(text_rows.columns()) == ["id", "note"]
    assert [dict(row.others) for row in text_rows.rows] == [{"id": "1", "note": "a"}, {"id": "2", "note": "b"}]


def test_only_reserved_and_repeated_column_names_are_changed(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("label,id,text,id,input_label,label,id\n1,2,one,3,4,5,6\n")
    [row] = read_rows(path, reserved=("label",)).rows
    assert row.others == {
        "input_label_2": "1", "id": "2", "input_id_2": "3", "input_label": "4", "input_label_3": "5",
        "input_id_3": "6",
    }  # fmt: skip


def test_all_keys_of_json_lines_become_columns_with_their_types(tmp_path):
    path = tmp_path / "reviews.jsonl"
    rows = [
        {"text": "one", "n": 1, "mixed": 1, "list": [1], "huge": 1, "none": None},
        {"n": None, "text": "two", "mixed": "a", "x": 1.5, "huge": 2**63, "flag": True},
        {"text": "three", "x": 2},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    text_rows = read_rows(path)
    kinds = {"n": int, "mixed": object, "list": object, "huge": object, "none": str, "x": float, "flag": bool}
    assert text_rows.columns() == kinds
    assert [row.others.get("x") for row in text_rows.rows] == [None, 1.5, 2]


def test_a_row_of_json_takes_memory_for_its_own_keys_alone(tmp_path):
    path = tmp_path / "reviews.jsonl"  # else a small file of many keys keeps a service busy for hours
    path.write_text(json.dumps({f"k{n}": n for n in range(1_000)}) + "\n" + '{"k500": 1, "text": "a"}\n' * 2)
    first, *others = open_json_lines(Source(path), ReadingOptions()).rows
    assert (len(first), others) == (1_000, [{500: 1, 1_000: "a"}] * 2)


def test_half_a_surrogate_pair_is_removed_everywhere(tmp_path):
    path = tmp_path / "reviews.jsonl"
    path.write_text(r'{"text": "a\ud800b", "x\ud800": [{"y": "\uD83D\uDC4D \uDFFF"}]}' + "\n")
    [row] = read_rows(path).rows
    assert row == ("ab", {"x": [{"y": "👍 "}]})


def test_reading_texts_for_a_prediction_loads_neither_pandas_nor_arrow_nor_scikit_learn(tmp_path):
    (tmp_path / "a.csv").write_text("text\nfine\n")
    code = (
        "import pathlib, sys\n"
        "import sentiment.data.files, sentiment.data.templates, sentiment.data.splits, sentiment.metrics.measures\n"
        "import sentiment.text.batches, sentiment.text.familiarity\n"
        "assert [row.text for row in sentiment.data.files.read_rows(pathlib.Path(sys.argv[1])).rows] == ['fine']\n"
        "print([name for name in ('pandas', 'pyarrow', 'sklearn', 'scipy', 'keras') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a.csv"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
