"""A text file is read in its own encoding, delimiter and header; a guess is said, and two ways to read are refused."""

import csv
import io

import pandas as pd
import pytest

from sentiment.data.files import ReadingOptions, read_rows
from sentiment.data.files.recognition.columns import Choice, label_choice
from sentiment.data.files.recognition.survey import survey
from sentiment.data.reviews import load_reviews
from sentiment.data.tables import read_table, select
from sentiment.errors import ReviewsError


def read(path, **options):
    """Texts, the other columns of each row, and what was said; training reads the same texts."""
    notes, reading = [], ReadingOptions.named(**options)
    rows = list(read_rows(path, reading, notify=notes.append).rows)
    assert select(read_table(path, reading), labelled=False)["text"].tolist() == [row.text for row in rows]
    return [row.text for row in rows], [dict(row.others) for row in rows], notes


def write(path, content, encoding="utf-8"):
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt"])
@pytest.mark.parametrize(("delimiter", "name"), [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_the_delimiter_of_the_rows_is_recognised_and_said_where_the_ending_says_another(
    tmp_path, suffix, delimiter, name
):
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows([["id", "text"], [1, "good, really; yes"], [2, 'a "b"|c\td']])
    texts, others, notes = read(write(tmp_path / f"a{suffix}", stream.getvalue()))
    assert texts == ["good, really; yes", 'a "b"|c\td']
    assert others == [{"id": "1"}, {"id": "2"}]
    is_usual = delimiter == ("\t" if suffix == ".tsv" else ",")
    if suffix == ".txt":
        assert "is read as a table with the columns id, text" in notes.pop(0)
    assert [name in note for note in notes] == ([] if is_usual else [True])


@pytest.mark.parametrize("delimiter", ["semicolon", ";"])
def test_a_named_delimiter_decides(tmp_path, delimiter):
    path = write(tmp_path / "a.csv", "text,x;y,z\ngood,1;2,3\n")
    assert read(path, delimiter=delimiter, text_columns="text,x")[0] == ["good,1"]


def test_each_line_is_one_text_where_the_delimiter_is_none(tmp_path):
    path = write(tmp_path / "a.csv", 'text\ngood; fine, really\n\n"quoted\n')
    assert read(path, delimiter="none")[0] == ["good; fine, really", "", '"quoted']


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("a.csv", "text\ngood; really\nbad; really\n", ["good; really", "bad; really"]),
        ("a.csv", "text\ngood;1\nbad\n", ["good;1", "bad"]),
        ("a.tsv", "text\nyes, good\nno, bad\n", ["yes, good", "no, bad"]),
    ],
)
def test_a_column_of_texts_with_signs_that_may_divide_is_one_column(tmp_path, name, content, texts):
    assert read(write(tmp_path / name, content))[0] == texts


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "text\ngood;1\nbad;0\n", "found semicolons in every row; .* --delimiter comma"),
        ("a.csv", "text\ngood\t1\nbad\t0\n", "found tabs in every row"),
        ("a.tsv", "text\ngood,1\nbad,0\n", "found commas in every row; .* --delimiter tab"),
        ("a.csv", "text\ngood,1\nbad,0\n", "found 2 instead of 1 in row 1, which begins in line 2"),
        ("a.csv", "a|x;y\na|b;c\n", "found that semicolons and bars do; name the delimiter with --delimiter"),
    ],
)
def test_a_header_that_does_not_fit_its_rows_is_refused(tmp_path, name, content, message):
    with pytest.raises(ReviewsError, match=message):
        read(write(tmp_path / name, content))


@pytest.mark.parametrize("content", ["Good film;4,5\nA mess;1,0\n", ";,\n", "A good\tfilm, really\nNo\tgood, then\n"])
def test_rows_that_two_delimiters_divide_evenly_are_refused_until_one_is_named(tmp_path, content):
    path = write(tmp_path / "a.csv", content)
    with pytest.raises(ReviewsError, match=r"expected one way to divide the rows of .*; name the delimiter"):
        read(path, header=False, text_columns="1")
    other = content[min(content.index(mark) for mark in ";\t" if mark in content)]
    texts, _, _ = read(path, header=False, text_columns="1", delimiter=other)
    assert texts == [line.split(other)[0] for line in content.splitlines()]


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("a.csv", "text;a,b\nGood film;4,5\n", ["Good film"]),  # a usual name of a column
        ("a.csv", "text,a;b\nGood film,4;5\n", ["Good film"]),
        ("a.csv", "Kommentar;a,b\nGood film;4,5\n", ["Good film"]),  # or one that is given
        ("a.csv", '"Good; film",1\n"A mess; really",0\n', ["Good; film", "A mess; really"]),  # quotes around a field
        ("a.csv", '"Good, film";1\n"A mess, really";0\n', ["Good, film", "A mess, really"]),
        ("a.tsv", "Good, film\t1\nA mess, really\t0\n", ["Good, film", "A mess, really"]),  # tabs in a TSV
    ],
)
def test_of_two_delimiters_a_name_then_quotes_decide_and_tabs_in_a_tsv(tmp_path, name, content, texts):
    options = {"text": {}, "Komm": {"text_columns": "kommentar"}}
    said = options.get(content[:4], {"header": False, "text_columns": "1"})
    assert read(write(tmp_path / name, content), **said)[0] == texts


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.jsonl", "a.json"])
def test_unicode_is_recognised_without_a_word(tmp_path, name, encoding):
    content = {".csv": "text\nnaïve\n", ".txt": "naïve\n", ".jsonl": '{"text": "naïve"}\n', ".json": '["naïve"]'}
    path = write(tmp_path / name, content[path_suffix(name)], encoding)
    texts, _, notes = read(path)
    assert texts == ["naïve"]
    assert [note for note in notes if "encoding" in note] == []


def path_suffix(name):
    return name[name.index(".") :]


@pytest.mark.parametrize("big_endian", [False, True])
def test_a_byte_order_mark_of_utf_16_decides_the_order_of_bytes(tmp_path, big_endian):
    content = "\ufefftext\nnaïve\n".encode("utf-16-be" if big_endian else "utf-16-le")
    assert read(write(tmp_path / "a.csv", content))[0] == ["naïve"]
    assert read(tmp_path / "a.csv", encoding="utf-16-be" if big_endian else "utf-16-le")[0] == ["naïve"]


@pytest.mark.parametrize(
    ("content", "guess", "word"),
    [
        ("text\nfine\na “naïve” film\n".encode("cp1252"), "cp1252", "“naïve”"),
        ("text\nfine\nSchöner Film, größer\n".encode("cp1252"), "cp1252", "Schöner"),
    ],
)
def test_another_encoding_is_guessed_and_said_with_a_word_and_its_line(tmp_path, content, guess, word):
    path = write(tmp_path / "a.csv", content.replace(b", ", b" "))
    texts, _, [note] = read(path)
    assert word in texts[1]
    assert f"guessed as {guess} ('{word}' in line 3); name another with --encoding" in note


def test_the_word_of_a_guessed_encoding_is_found_in_the_middle_of_a_long_run_of_letters(tmp_path):
    path = write(tmp_path / "a.csv", b"text\n" + b"x" * 500_000 + b"\xe9" + b"y" * 500_000 + b"\n")
    _, _, [note] = read(path)
    assert f"('{'x' * 30}é{'y' * 29}' in line 2)" in note


def test_a_named_encoding_is_used_without_a_word(tmp_path):
    path = write(tmp_path / "a.csv", "text\nхороший фильм\n", "cp1251")
    assert read(path, encoding="cp1251") == (["хороший фильм"], [{}], [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text\nхороший фильм\n".encode("cp1251"), "byte 0xf5 in line 2, and bytes or words that no Western text"),
        ("text\nnaïve\n".encode() + "naïve\n".encode("latin-1"), "UTF-8 throughout .* byte 0xef in line 3"),
        (
            "text\nfine\né\n".encode("utf-16-le") + b"\xff",
            "zeros at every second byte, as UTF-16; .* --encoding utf-16-le",
        ),
    ],
)
def test_an_encoding_that_cannot_be_guessed_is_refused_with_the_option(tmp_path, content, message):
    with pytest.raises(ReviewsError, match=message) as refused:
        read(write(tmp_path / "a.csv", content))
    assert "--encoding" in str(refused.value)


def test_a_wrong_encoding_is_refused_with_its_line(tmp_path):
    path = write(tmp_path / "a.csv", b"text\nfine\na\x81b\n")
    with pytest.raises(ReviewsError, match=r"expected CP1252 throughout .*; found byte 0x81 in line 3; .*--encoding"):
        read(path, encoding="cp1252")


@pytest.mark.parametrize(("option", "value"), [("encoding", "utf-9"), ("encoding", "zip"), ("delimiter", "ab")])
def test_an_option_that_does_not_exist_is_refused(option, value):
    with pytest.raises(ReviewsError, match=f"after --{option}; found '{value}'"):
        ReadingOptions.named(**{option: value})


def tweets(count=40, mark="é"):
    rows = [
        [4 * (n % 2), 1_467_810_369 + n, "Mon Apr 06 22:19:45 PDT 2009", "NO_QUERY", f"user{n}"] for n in range(count)
    ]
    return [[*row, f'I "like" it, {mark} number {n}'] for n, row in enumerate(sorted(rows))]


def write_rows(path, rows, encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    return path


def test_sentiment140_is_recognised_without_a_header(tmp_path):
    rows = tweets()
    path = write_rows(tmp_path / "training.1600000.csv", rows, "latin-1")
    texts, others, notes = read(path)
    assert texts == [row[5] for row in rows]
    assert [row["1"] for row in others] == [str(row[0]) for row in rows]
    assert "guessed as cp1252" in notes[0]
    assert "read without a header, because its first row has a label; with one: --header" in notes[1]
    assert "text in '6'" in notes[2]
    loaded = load_reviews(path, positive="4", negative="0")
    assert loaded.table["label"].tolist() == [0] * 20 + [1] * 20


def test_sentiment140_is_read_with_options_and_without_a_word_beside_the_column(tmp_path):
    rows = tweets(4)  # too few to recognise anything by
    path = write_rows(tmp_path / "a.csv", rows, "latin-1")
    texts, _, notes = read(path, header=False, encoding="latin-1", text_columns="6", label_column="1")
    assert texts == [row[5] for row in rows]
    assert notes == [f"{path}: text in '6'"]


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_rows_without_a_header_are_recognised_by_a_label_that_comes_again(tmp_path, suffix):
    stream = io.StringIO()
    rows = [[f"this is film {n}", n % 2] for n in range(20)]
    csv.writer(stream, delimiter="," if suffix == ".csv" else "\t").writerows(rows)
    path = write(tmp_path / f"a{suffix}", stream.getvalue())
    texts, _, notes = read(path)
    assert texts == [text for text, _ in rows]
    assert any("without a header" in note for note in notes)
    assert load_reviews(path).table["label"].tolist() == [0, 1] * 10


@pytest.mark.parametrize(
    "header", ["text,label", "0,1", "film,1980"], ids=["usual names", "numbers of columns", "unusual names"]
)
def test_a_first_row_that_may_be_a_header_is_one(tmp_path, header):
    rows = "".join(f"this is film {n},{n % 2}\n" for n in range(20))
    path = write(tmp_path / "a.csv", f"{header}\n{rows}")
    first = header.split(",")[0]
    assert read(path, text_columns=first)[0][0] == "this is film 0"


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize(("column", "is_said"), [("1", True), ("GOOD FILM", False)])
def test_a_first_row_without_a_known_name_is_said_to_be_read_as_the_header(tmp_path, suffix, column, is_said):
    path = tmp_path / f"a{suffix}"
    table = pd.DataFrame([["good film", "yes"], ["bad film", "no"]])
    (table.to_csv if suffix == ".csv" else table.to_excel)(path, index=False, header=False)
    texts, _, notes = read(path, text_columns=column)
    assert texts == ["bad film"]
    note = f"the first row of {path}, good film, yes, is read as the header; without one: --no-header"
    assert notes == [note] * is_said
    assert note in survey(path).notes
    assert read(path, text_columns="1", header=False)[::2] == (["good film", "bad film"], [f"{path}: text in '1'"])


def test_a_number_in_the_first_row_is_not_the_column_of_that_number(tmp_path):
    path = write(tmp_path / "a.csv", "".join(f"film {n},{n % 2}\n" for n in range(1, 21)))
    assert len(read(path, text_columns="1")[0]) == 20


def test_a_category_is_the_label_only_where_no_column_fits_better(tmp_path):
    for better in ("stars", "rating", "label"):
        raw = read_table(write(tmp_path / "a.csv", f"text,category,{better}\nfine,toys,5\n")).raw
        assert label_choice(raw, ReadingOptions(), "a.csv") == Choice((2,), "usual name", ("category",))
    raw = read_table(write(tmp_path / "a.csv", "text,category\nfine,toys\n")).raw
    assert label_choice(raw, ReadingOptions(), "a.csv").positions == (1,)


def test_no_header_is_said_in_the_advice_where_no_column_is_found(tmp_path):
    path = write(tmp_path / "a.csv", "good film,yes\nbad film,no\n")
    with pytest.raises(ReviewsError, match=r"found the columns good film, yes; .*--no-header"):
        read(path)
    assert read(path, header=False, text_columns="1")[0] == ["good film", "bad film"]


def test_a_wrong_row_of_a_file_without_a_header_is_named_from_its_first(tmp_path):
    with pytest.raises(ReviewsError, match="found 3 instead of 2 in row 2, which begins in line 2"):
        read(write(tmp_path / "a.csv", "a,b\nc,d,e\n"), header=False, text_columns="1")
    with pytest.raises(ReviewsError, match="found one in row 2 that is not, in line 2"):
        read(write(tmp_path / "b.csv", 'a,b\n"c,d\n'), header=False, text_columns="1")


def test_a_header_that_is_repeated_inside_the_file_is_no_row_and_is_said(tmp_path):
    path = write(tmp_path / "a.csv", "text,label\na,1\ntext,label\nb,0\nText,Label\ntext,1\n")
    texts, _, [note] = read(path)
    assert texts == ["a", "b", "text"]
    assert note == f"{path} repeats its header 2 times, which are no rows: line 3, 5"


def test_an_index_column_is_another_column(tmp_path):
    assert read(write(tmp_path / "a.csv", ",review\n0,a\n1,b\n"))[:2] == (["a", "b"], [{"": "0"}, {"": "1"}])
    assert read(write(tmp_path / "a.csv", "Unnamed: 0,review\n0,a\n"))[1] == [{"Unnamed: 0": "0"}]


def test_several_text_columns_are_joined_and_none_of_them_is_another_column(tmp_path):
    path = write(tmp_path / "a.csv", "title,body,n\nFine,A film.,1\n,Bad,2\nSo so,,3\n")
    texts, others, notes = read(path, text_columns=["title", "2"])
    assert texts == ["Fine\nA film.", "Bad", "So so"]
    assert others == [{"n": "1"}, {"n": "2"}, {"n": "3"}]
    assert notes == []


@pytest.mark.parametrize("delimiter", [";", "|"])
def test_a_lone_quote_between_other_delimiters_is_refused_with_its_line(tmp_path, delimiter):
    content = 'text,n\nfine,1\n"Loved it,2\nbad,3\nhated it",4\n'.replace(",", delimiter)
    with pytest.raises(ReviewsError, match=r"found one in line 3 .* in line 5, over several rows"):
        read(write(tmp_path / "a.csv", content))


def test_options_are_stored_and_read_back_and_those_of_older_runs_are_understood():
    options = ReadingOptions.named(["a", "b"], "c", "latin-1", "tab", False, test="t.csv")
    assert ReadingOptions.from_json({"reading": options.to_json()}) == options
    assert ReadingOptions().to_json() == {}
    assert ReadingOptions.from_json({"reading": {"later": 1}}) == ReadingOptions()
    older = ReadingOptions.from_json({"text_column": "body", "label_column": None})
    assert older == ReadingOptions.named("body")
