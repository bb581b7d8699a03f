"""Every row of a CSV or TSV is read in its place, or the file is refused with the line that is the reason."""

import bz2
import csv
import gzip
import io
import lzma
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pandas as pd
import pytest
from backports import zstd
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from helpers.reliability import FULL
from sentiment.data.files import ReadingOptions, read_rows
from sentiment.data.files.quoting import LiteralQuotesWarning
from sentiment.data.tables import read_table
from sentiment.errors import ReviewsError

ROOT = Path(__file__).parents[2]
SEPARATORS = {".csv": ",", ".tsv": "\t"}
PACK = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd.compress}
QUOTING = [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]
many = settings(
    max_examples=300 if FULL else 50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def write(path: Path, content: str) -> Path:
    path.write_bytes(content.encode())
    return path


def both(path: Path, text: str = "text") -> tuple[list[str], list[list[str]]]:
    """Header and rows as predictions read them; training must read the same."""
    rows = list(read_rows(path, text).rows)
    frame = read_table(path).frame
    header = [str(name) for name in frame.columns]
    position = header.index(text)
    for row, values in zip(rows, frame.values.tolist(), strict=True):
        others = [value or "" for value in values]
        assert others.pop(position) == row.text
        assert [row.others.get(name, "") for name in header if name != text] == others
    return header, [[row.text, *row.others.values()] for row in rows]


def refusal(path: Path) -> str:
    """Why a file is refused; predictions and training say the same."""
    reasons = []
    for read in (lambda: list(read_rows(path).rows), lambda: read_table(path)):
        with pytest.raises(ReviewsError) as refused:
            read()
        reasons.append(str(refused.value))
    assert reasons[0] == reasons[1]
    assert "\n" not in reasons[0]
    return reasons[0]


def tsv_of(path: Path, marked: dict[int, str], rows: int = 120) -> Path:
    """A TSV without quoting, with that many rows; `marked` replaces the texts of some, counted from 1."""
    lines = [f"{number}\t{marked.get(number, 'a good film')}\t1\n" for number in range(1, rows + 1)]
    return write(path, "id\ttext\tlabel\n" + "".join(lines))


@pytest.mark.parametrize(
    "marked",
    [
        {3: '"Loved it'},
        {3: '"Loved it', 11: 'hated it"'},
        {3: '"Loved it', 11: '"Great, really'},
        {3: '"Great" said my wife'},
        {3: '"', 5: '""', 11: '"'},
        {3: '"Loved it', 4: 'as did ""she""', 11: 'hated it"', 70: '3.5" floppy'},
        {1: '"a', 120: 'b"'},
    ],
)
def test_a_tsv_with_unpaired_quotes_keeps_all_rows_and_says_how_it_was_read(tmp_path, marked):
    path = tsv_of(tmp_path / "a.tsv", marked)
    with pytest.warns(LiteralQuotesWarning, match="without quoting: every line is a row"):
        _, rows = both(path)
    assert [row[0] for row in rows] == [marked.get(number, "a good film") for number in range(1, 121)]
    assert [row[1] for row in rows] == [str(number) for number in range(1, 121)]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.csv", 'text,label\nfine,1\n"Loved it,1\nbad,0\nbad,0\n', "row 2 that is not, in line 3"),
        ("a.csv", 'text,label\nfine,1\n"Great" said my wife,1\nbad,0\n', "row 2 that does not, in line 3"),
        ("a.csv", 'text,label\n\n"a\nb",1\n"Loved it,1\n"ok",0\n', "row 2 that does not, in line 5: .* in line 6"),
        ("a.csv", 'text,label\n"Loved it,1\nbad,0\nhated it",0\n', "in line 2 .* in line 4, over several rows"),
        ("a.csv", 'text,label\n"so, so",1\n"Loved it,1\nhated it",0\n', "in line 3 .* in line 4, over several rows"),
        ("a.csv", 'text, label\n"Loved it, 1\nhated it", 0\n', "in line 2 .* in line 3, over several rows"),
        (
            "a.csv",
            "id,text\n" + "".join(f'{n},"Good\nfilm"\n' for n in range(5)) + '5,"Bad film\n6,Good film"\n7,ok\n',
            "in line 12 .* in line 13, over several rows",
        ),
        (
            "a.tsv",
            "text\tn\n" + '"Fine."\t1\n' * 8 + '"Loved it\t1\n' + '"Bad."\t0\n' * 8,
            "row 9 that does not, in line 10",
        ),
        ("a.tsv", 'text\tn\n"He said ""no"""\t1\n"Great" said my wife\t2\n', "row 2 that does not, in line 3"),
        ("a.csv", 'text\nfine\n"Loved it\nso so\nhated it"\n', "in line 3 .* in line 5, over several rows"),
        ("a.tsv", 'text\nfine\n"Loved it\nso so\n', "row 2 that is not, in line 3"),
        ("a.tsv", 'text\nfine\n"Loved it\nso so\nhated it"\n', "in line 3 .* in line 5, over several rows"),
        ("a.tsv", 'text\tn\n"Loved it\tshe said"\nbad\n', "in line 2 .* another in that line, over several fields"),
        ("a.tsv", 'text\tn\n"Loved it\t1\nbad\nbad\t0\nhated it"\t0\n', "in line 2 .* in line 5, over several rows"),
        ("a.tsv", 'text\tn\n"Loved it\t1\nbad\nbad\t0\n', "row 1 that is not, in line 2"),
        ("a.csv", 'text,n\n"a\nb",1\n\nc,2,3\n', "found 3 instead of 2 in row 2, which begins in line 5"),
        ("a.csv", 'text,n\n"a\nb",1\n"c\nd",2,3\n', "found 3 instead of 2 in row 2, which begins in line 4"),
        ("a.csv", 'text,"n\n', "in the header that is not, in line 1"),
        ("a.csv", "text\na\rb\nc\n", r"to end alike; found '\\r' in row 1, line 2"),
        ("a.csv", "text,n\na\rb,1\nc\rd\n", r"to end alike; found '\\r' in row 2, line 3"),
        ("a.csv", "text,n\ra,1\rb,2\nc,3\rd,4\r", "found 3 instead of 2 in row 2, which begins in line 3"),
    ],
)  # fmt: skip
def test_an_ambiguous_file_is_refused_with_its_line(tmp_path, name, content, line):
    message = refusal(write(tmp_path / name, content))
    assert re.search(line, message), message


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("a.csv", 'text,n\n"He said ""no"".\nTwice.",1\nplain,2\n', ['He said "no".\nTwice.', "plain"]),
        ("a.csv", 'n,text\n1,"Fine.\nIt made 1,080 dollars."\n2,b\n', ["Fine.\nIt made 1,080 dollars.", "b"]),
        ("a.csv", 'n,text\n1,"First, this.\nThen, that."\n2,"fine"', ["First, this.\nThen, that.", "fine"]),
        ("a.csv", 'text,n\r\n"I liked it,a lot\nreally,yes",1\r\nb,2\r\n', ["I liked it,a lot\nreally,yes", "b"]),
        ("a.csv", '"text","n"\n"a,b\nc",1\n'.replace("1", '"1"'), ["a,b\nc"]),
        ("a.csv", 'text\n"a, b"\n"c\nd"\n', ["a, b", "c\nd"]),
        ("a.csv", 'text\n"a ""b"""\n"c\nd"\n', ['a "b"', "c\nd"]),
        ("a.tsv", 'n\ttext\n1\t"one\n\ntwo\nthree"\n2\tb\n', ["one\n\ntwo\nthree", "b"]),
        ("a.csv", 'text,n\nsome "marks" inside,1\n3.5" floppy,2\n', ['some "marks" inside', '3.5" floppy']),
        ("a.csv", 'text,n\n"",1\n"""",2\n"""a""",3\n', ["", '"', '"a"']),
        ("a.csv", "text,n\na,1\nb,2", ["a", "b"]),
        ("a.csv", "text,n\r\na,1\r\nb,2\r\n", ["a", "b"]),
        ("a.csv", "text,n\r\r\na,1\r\r\nb,2\r\r\n", ["a", "b"]),
        ("a.csv", "text,n\ra,1\rb,2\r", ["a", "b"]),
        ("a.csv", 'text,n\r"a\nb",1\rb,2', ["a\nb", "b"]),
        ("a.csv", "text,n\na\rb,1\nc,2\n", ["a\rb", "c"]),
        ("a.csv", 'text,n\n"a\rb",1\n"c\r\nd",2\n', ["a\rb", "c\r\nd"]),
        ("a.csv", "text,n\na\0b,1\n\0,2\n", ["a\0b", "\0"]),
        ("a.csv", "\n\ntext,n\n\na,1\n  \nb,2\n\n", ["a", "b"]),
        ("a.csv", "n,text\n1,a\n2\n3,c\n", ["a", "", "c"]),
        ("a.csv", "n,text\n1,a\u2028b\x0bc\x85d\n", ["a\u2028b\x0bc\x85d"]),
        ("a.csv", "text\na\n \n\nb\n", ["a", " ", "b"]),
    ],
)  # fmt: skip
def test_an_unambiguous_file_is_read_exactly_and_without_a_warning(tmp_path, name, content, texts):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, rows = both(write(tmp_path / name, content))
    assert [row[0] for row in rows] == texts


def test_a_large_csv_may_have_a_few_texts_whose_lines_look_like_rows(tmp_path):
    texts = ["one line", "two\nlines, of text", "and\n\nmore"] * 10 + ["1,2\n3,4"] * 3
    frame = pd.DataFrame({"n": "x", "text": texts})
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert [row[0] for row in both(tmp_path / "a.csv")[1]] == texts


@pytest.mark.parametrize("suffix", SEPARATORS)
@many
@given(data=st.data())
def test_a_quoted_table_comes_back_in_its_place_or_is_refused(tmp_path, suffix, data):
    text = st.text(st.sampled_from("ab \",\t\n\r'é"), max_size=8)
    columns = data.draw(st.integers(1, 3))
    table = data.draw(st.lists(st.tuples(*[text] * columns), min_size=1, max_size=6))
    ends = data.draw(st.sampled_from(["\n", "\r\n"]))
    assume(all("\r" not in value for row in table for value in row) or ends == "\r\n")  # csv.writer would not quote it
    stream = io.StringIO()
    writer = csv.writer(
        stream, delimiter=SEPARATORS[suffix], lineterminator=ends, quoting=data.draw(st.sampled_from(QUOTING))
    )
    writer.writerow(["text", "b", "c"][:columns])
    writer.writerows(table)
    path = write(tmp_path / f"a{suffix}", stream.getvalue())
    in_place_or_refused(path, table)


@pytest.mark.parametrize("suffix", SEPARATORS)
@many
@given(data=st.data())
@example(data=None)
def test_a_literal_table_comes_back_in_its_place_or_is_refused(tmp_path, suffix, data):
    if data is None:
        table: list[tuple[str, ...]] = [('"', "a"), ('a"', "b")]
        ends = "\n"
    else:
        text = st.text(st.sampled_from('ab" ,\té'.replace(SEPARATORS[suffix], "")), max_size=5)
        columns = data.draw(st.integers(1, 3))
        table = data.draw(st.lists(st.tuples(*[text] * columns), min_size=1, max_size=6))
        ends = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
        if suffix == ".csv":  # no program writes a blank after only some of the commas
            assume(not any(value.startswith(" ") for row in table for value in row))
        if columns == 1:  # see `sentiment.data.files.quoting`: these show in a file of one column that quoting is meant
            assume(all(value and '""' not in value for [value] in table))
            assume('"' not in table[0][0])
        else:
            assume(all("".join(row).strip() for row in table))
    header = ["text", "b", "c"][: len(table[0])]
    lines = [SEPARATORS[suffix].join(row) for row in [header, *table]]
    path = write(tmp_path / f"a{suffix}", ends.join(lines) + ends)
    in_place_or_refused(path, table, bare=True)


@pytest.mark.parametrize("suffix", SEPARATORS)
@many
@given(data=st.data())
def test_a_table_that_is_quoted_throughout_is_always_read(tmp_path, suffix, data):
    texts = st.text(st.sampled_from('a", \t\n1é'), max_size=12)
    table = data.draw(st.lists(st.tuples(texts, texts), min_size=1, max_size=12))
    path = tmp_path / f"a{suffix}"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=SEPARATORS[suffix], quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([("text", "other"), *table])
    assert both(path)[1] == [list(row) for row in table]


def in_place_or_refused(path: Path, table: list[tuple[str, ...]], *, bare: bool = False) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _, rows = both(path)
        except ReviewsError:
            assert refusal(path)
            return
    expected = [list(row) for row in table]
    if bare and rows != expected:  # quotes around a whole text and doubled quotes mean the same as without them
        rows, expected = ([[value.replace('"', "") for value in row] for row in some] for some in (rows, expected))
    assert rows == expected


def test_the_command_line_says_in_one_line_that_quotes_are_literal(tmp_path):
    path = tsv_of(tmp_path / "a.tsv", {3: '"Loved it'}, rows=5)
    command = [sys.executable, "-m", "sentiment", "train", "--data", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stderr.splitlines()[0].startswith(f"note: {path} is read as a TSV without quoting")
    assert "Traceback" not in done.stderr


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_table_in_any_dialect_comes_back_in_its_place_or_is_refused(tmp_path, data):
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    delimiter = data.draw(st.sampled_from(",;\t|"))
    ending = data.draw(st.sampled_from(["", ".gz", ".bz2", ".xz", ".zst"]))
    ends, quoting = data.draw(st.sampled_from(["\n", "\r\n"])), data.draw(st.sampled_from(QUOTING))
    header, named = data.draw(st.booleans()), data.draw(st.booleans())
    text = st.text(st.sampled_from('ab1é" ,;|\t\n'), max_size=9)
    columns = data.draw(st.integers(2, 4))
    table = data.draw(st.lists(st.tuples(*[text] * columns), min_size=1, max_size=8))
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=ends, quoting=quoting)
    writer.writerows([["text", "b", "c", "d"][:columns], *table] if header else table)
    path = tmp_path / f"a.csv{ending}"
    path.write_bytes(PACK[ending](stream.getvalue().encode(encoding)))
    said: dict[str, object] = {"encoding": encoding, "delimiter": delimiter} if named else {}
    options = ReadingOptions.named("text" if header else "1", header=None if header else False, **said)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            rows = list(read_rows(path, options).rows)
            frame = read_table(path, options).frame
        except ReviewsError:
            return
    assert [[row.text, *row.others.values()] for row in rows] == [list(row) for row in table]
    assert frame.values.tolist() == [list(row) for row in table]


def test_a_row_with_too_many_fields_is_refused_before_any_row_is_given(tmp_path):
    """Or predictions of the rows before it would be made, and written, in vain."""
    (tmp_path / "a.csv").write_text("text,label\n" + "good,1\n" * 20 + "bad,0,more\n")
    with pytest.raises(ReviewsError, match="found 3 instead of 2 in row 21"):
        read_rows(tmp_path / "a.csv")


def test_a_row_with_too_many_fields_that_is_added_later_is_refused_when_it_is_read(tmp_path):
    """A file that is still written to: its rows were looked at before that one was there."""
    (tmp_path / "a.csv").write_text("text,label\n" + "good,1\n" * 800)
    rows = read_rows(tmp_path / "a.csv").rows
    with (tmp_path / "a.csv").open("a") as file:
        file.write("bad,0,more\n")
    with pytest.raises(ReviewsError, match="found 3 instead of 2 in row 801"):
        list(rows)
