"""Files that look easy to read and would be read wrongly: refused with advice, or read as they are meant."""

import io
import json
import zipfile

import openpyxl
import pytest

from sentiment.data.files import ReadingOptions, read_rows
from sentiment.data.reviews import load_reviews
from sentiment.errors import ReviewsError

PROSE = ["It broke after two days of use.", "The best lamp I ever had, really.", "Looks nice and works very well."]


def texts(path, **options):
    return [row.text for row in read_rows(path, ReadingOptions.named(**options)).rows]


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def table(names, *columns):
    return "\n".join(
        [",".join(names), *(",".join(f'"{value}"' for value in row) for row in zip(*columns, strict=True))]
    )


@pytest.mark.parametrize(
    ("names", "columns", "advice"),
    [
        (
            ["Name", "Review", "Notes of the guest"],
            (["A", "B", "C"], [2, 5, 4], PROSE),
            "--column 'Notes of the guest'",
        ),
        (["title", "pros"], (["Software Engineer", "Analyst", "Intern"], PROSE), "--column pros"),
        (["text", "full wording"], (["en", "en", "en"], PROSE), "--column 'full wording'"),
        (["text", "said"], (["", "", ""], PROSE), "--column said"),
        (
            ["Description", "said"],
            (["A lamp of brass", "A lamp of wood", "A bed of oak"], [2 * t for t in PROSE]),
            "said",
        ),
    ],
)
def test_a_column_with_a_usual_name_is_refused_where_another_one_holds_the_texts(tmp_path, names, columns, advice):
    path = written(tmp_path / "a.csv", table(names, *columns))
    with pytest.raises(ReviewsError, match=f"expected the texts of .* by its name; found longer ones in .*{advice}"):
        texts(path)
    assert len(texts(path, text_columns=[names[-1]])) == 3


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (["review", "date"], (["Good", "Bad", "Fine"], ["Mon Apr 06 22:19:45 PDT 2009"] * 3)),
        (["text", "label"], (PROSE, ["positive", "negative", "positive"])),
        (["review", "description"], (PROSE, [3 * text for text in PROSE])),
        (
            ["title", "url"],
            (["Good lamp", "Bad lamp", "Fine"], [f"https://example.org/{'x' * 60}/{n}" for n in range(3)]),
        ),
    ],
)
def test_short_texts_beside_longer_values_that_are_no_texts_are_taken_by_their_name(tmp_path, names, columns):
    assert texts(written(tmp_path / "a.csv", table(names, *columns))) == columns[0]


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (
            ["review", "country"],
            (["Great", "Bad", "Fine"], ["United States of America", "Kingdom of Spain", "Isle of Man"]),
        ),
        (["review", "Developer Response"], (["Great", "Bad", "Fine"], PROSE)),
        (["comment", "question"], (["", "", "It broke after two days."], ["How was the stay with us?"] * 3)),
        (["title", "product"], (["So good", "So bad", "Fine"], PROSE)),
        (["review", "product"], (["质量很好，非常满意", "很差，不推荐", "还可以吧"], ["a lamp for the table"] * 3)),
    ],
)
def test_columns_about_other_things_do_not_replace_short_texts(tmp_path, names, columns):
    assert texts(written(tmp_path / "a.csv", table(names, *columns))) == columns[0]


@pytest.mark.parametrize(
    "content",
    [
        'id,platform,kind,post_type,content\n1,x,post,comment,"It broke after two days"\n',
        "id,text,topic\n1,Feedback,rating\n2,fine,none\n",
        "text,tags,more\nIt broke,rating,stars\nfine,a,b\n",
        "Review,,\nfine,,\ngood,ok,\n",
    ],
)
def test_values_that_are_usual_names_are_no_header(tmp_path, content):
    assert len(texts(written(tmp_path / "a.csv", content))) >= 1


def test_a_row_of_delimiters_alone_above_the_header_is_refused(tmp_path):
    with pytest.raises(ReviewsError, match="found '' there, and id, comment, stars in row 2"):
        texts(written(tmp_path / "a.csv", ";;\nid;comment;stars\n1;Great;5\n"))


def test_a_title_of_marks_alone_is_judged_at_once(tmp_path):
    marks = "<" * 300_000
    path = written(tmp_path / "a.csv", table(["title", "rating"], [marks, marks + "a", marks + "b"], [1, 2, 3]))
    assert len(texts(path)) == 3


def test_a_column_that_begins_in_a_later_row_of_json_is_known(tmp_path):
    path = written(tmp_path / "a.jsonl", '{"id": 1, "title": "Ok"}\n{"id": 2, "title": "Ok", "text": "Terrible"}\n')
    assert texts(path) == ["", "Terrible"]


@pytest.mark.parametrize(
    "content",
    [
        "Feedback,,\n,,\nid,text,stars\n0,Cheap plastic,2\n",
        "Review,export,2024\nid,comment,stars\n0,Cheap plastic,2\n",
        "Customer,,Feedback,\nName,City,Comment,Rating\nAnn,Bonn,Cheap plastic,2\n",
        "Survey 2024,,\nNr,Meinung,Note\n1,Cheap plastic,2\n",
    ],
)
def test_a_title_above_the_names_of_the_columns_is_refused_with_their_row(tmp_path, content):
    with pytest.raises(
        ReviewsError, match=r"expected the names of the columns in the first row .* in row [23]; delete"
    ):
        texts(written(tmp_path / "a.csv", content))
    workbook = openpyxl.Workbook()
    for line in content.splitlines():
        workbook.active.append([value or None for value in line.split(",")])
    workbook.save(tmp_path / "a.xlsx")
    with pytest.raises(ReviewsError, match="expected the names of the columns in the first row"):
        texts(tmp_path / "a.xlsx")


def test_numbers_that_pandas_writes_as_names_are_a_header_and_no_row(tmp_path):
    path = written(tmp_path / "a.csv", ",0,1\n" + "".join(f'{n},"Cheap, {n}",{n % 2}\n' for n in range(9)))
    with pytest.raises(ReviewsError, match=r"found the columns , 0, 1; say which one with --column, by name; if"):
        texts(path)
    assert texts(path, text_columns=["0"])[0] == "Cheap, 0"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "id,text,label\n0,Cheap plastic, smells bad\n1,Great,1\n2,Fine\n3,Good,1\n",
            "a blank behind a comma in line 2",
        ),
        ("id,comment,reply\n1,Not good, not bad\n2,Great phone\n3,Love it\n4,Meh,Sorry\n", "fewer in line 3"),
        ("id,text\n1,Great phone\nbut the battery is bad\n2,Love it\n", "several words in line 3"),
        ("id\tstars\ttext\n1\t4\tGreat phone\nbut the battery is bad\n2\t5\tLove it\n", "several words in line 3"),
    ],
)
def test_texts_that_are_cut_at_commas_or_line_breaks_are_refused(tmp_path, content, message):
    path = written(tmp_path / ("a.tsv" if "\t" in content else "a.csv"), content)
    with pytest.raises(ReviewsError, match=f"{message}.*in double quotes, or give the file as JSONL"):
        texts(path)


@pytest.mark.parametrize(
    "content",
    [
        "id, text, label\n0, Cheap, 0\n1, Great, 1\n2, Fine\n",  # a blank behind every comma
        "text,label\nGreat phone and case,1\nA text that has no label\nBad phone and case,0\n",
        "id,text\n1,Great\n2\n",
        "id,text,reply\n1,Great phone, \n2,Bad phone\n",  # a cell of a blank
        "id,text,reply\n1,Great,Thanks\n3, Okay phone,Sorry\n4,Bad\n",
        "day,text,stars,reply\n2024-01-01, Great phone,5,Thanks\n2024-01-02,Bad,1\n",
        "text,label\ngood,1\nbad,0\nnot so good\n",
        "name,comment\nAnna,Great\nJuan Carlos de Borbon\n",
    ],
)
def test_rows_that_lack_their_last_fields_are_read(tmp_path, content):
    assert len(texts(written(tmp_path / "a.csv", content))) > 1


@pytest.mark.parametrize(("encoding", "named"), [("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be")])
def test_utf_16_without_its_mark_is_refused_though_ascii_in_it_is_utf_8(tmp_path, encoding, named):
    path = written(tmp_path / "a.csv", "text\nfine\ngood film\n".encode(encoding))
    with pytest.raises(ReviewsError, match=f"as UTF-16; .* --encoding {named}"):
        texts(path)
    assert texts(path, encoding=named) == ["fine", "good film"]


def test_a_file_that_is_no_text_is_not_called_utf_16(tmp_path):
    with pytest.raises(ReviewsError, match="many zeros, as no text has"):
        texts(written(tmp_path / "a.csv", b"SQLite format 3\0\0\0\0" * 200))


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        ("Отличный товар, спасибо", "cp1251"),
        ("非常好的产品 质量不错", "gb18030"),
        ("świetny żółw, źle pękł, ąćęłńó", "cp1250"),
        ("café “quoted” it’s naïve", "mac-roman"),
        ("素晴らしい 商品です", "shift_jis"),
    ],
)
def test_other_code_pages_are_refused_though_most_of_the_file_is_ascii(tmp_path, words, encoding):
    lines = [f"https://example.org/reviews/{number}/index.html\t{words}" for number in range(20)]
    path = written(tmp_path / "a.tsv", "\n".join(["link\ttext", *lines]).encode(encoding))
    with pytest.raises(ReviewsError, match=r"words that no Western text in cp1252 has; .* --encoding"):
        texts(path)
    assert texts(path, encoding=encoding)[0] == words


@pytest.mark.parametrize(
    "words",
    [
        "Ça va très bien, l’été à Zürich",
        "¿Qué tal? Año nuevo, 100°C",
        "a naïve café in the old town – “of some Größe”",
        "Übergrößenträger",
    ],
)
def test_western_texts_in_cp1252_are_read_by_a_guess(tmp_path, words):
    path = written(tmp_path / "a.txt", "\n".join([words] * 5).encode("cp1252"))
    assert texts(path)[0] == words


@pytest.mark.parametrize(
    "word", ["TeamÖsterreich", "y»très", "iPhoneÉdition", "€€€€", "ÅÄÖ", "LEGO®set", "20m²und", "cost£5was", "mal¿Qué"]
)
def test_a_strange_word_is_no_other_code_page(tmp_path, word):
    path = written(tmp_path / "a.txt", "\n".join(["a good film", f"seen with {word}"] * 9).encode("cp1252"))
    assert texts(path)[1] == f"seen with {word}"


def test_the_line_by_which_excel_knows_the_delimiter_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(ReviewsError, match=r"found the line sep=; above them, .*delete that line"):
        texts(written(tmp_path / "a.csv", "sep=;\ntext;stars\nfine;4\n"))


def test_a_header_in_other_capitals_of_a_file_put_behind_another_is_no_row(tmp_path):
    assert texts(written(tmp_path / "a.csv", "id,text\n1,fine\n\ufeffID,Text\n2,good\n")) == ["fine", "good"]


def test_the_first_row_of_a_tsv_without_a_header_is_kept_though_a_stray_quote_stands_in_the_next_ones(tmp_path):
    rows = [f"{n}\t{('positive', 'negative')[n % 2]}\tNumber {n} was fine" for n in range(30)]
    rows[2] = '2\tpositive\t"Five minutes and it broke'
    path = written(tmp_path / "a.tsv", "\n".join(rows))
    with pytest.warns(UserWarning, match="double quotes are part of texts"):
        assert len(texts(path, text_columns=["3"])) == 30


def test_files_that_are_named_as_classes_are_refused_as_texts(tmp_path):
    for name in ("pos.txt", "neg.txt"):
        written(tmp_path / name, "one text\nanother one\n")
    with pytest.raises(ReviewsError, match=r"found neg\.txt and pos\.txt, which may have a text in each line"):
        texts(tmp_path)


@pytest.mark.parametrize("nothing", ["nan", "NaN", "<NA>", "#N/A", "\\N", "[deleted]", "[removed]"])
def test_what_programs_write_for_no_text_is_no_text(tmp_path, nothing):
    assert texts(written(tmp_path / "a.csv", f"id,text\n1,{nothing}\n2,none of it is good\n")) == [
        "",
        "none of it is good",
    ]


ROWS = [{"text": "fine", "stars": 4}, {"text": "bad", "stars": 1}]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"id": 1, "text": "Great lamp", "stars": 5, "tags": ["home", "light"]}, ["Great lamp"]),
        ({"count": 2, "languages": ["en", "de"], "reviews": {"r1": ROWS[0], "r2": ROWS[1]}}, ["fine", "bad"]),
        ({"result": {"reviews": ROWS}, "warnings": ["This endpoint is deprecated"]}, ["fine", "bad"]),
        ({"reviews": ROWS, "errors": []}, ["fine", "bad"]),
        ({"r1": ROWS[0], "r2": ROWS[1]}, ["fine", "bad"]),
        ({"text": ["fine", "bad"], "label": [1, 0]}, ["fine", "bad"]),
        ({"texts": ["a fine film", "bad"], "count": 2}, ["a fine film", "bad"]),
        ({"data": ROWS, "includes": {"users": [{"description": "a user"}]}}, ["fine", "bad"]),
        ({"meta": {"reviews": ROWS}}, ["fine", "bad"]),
        ({"reviews": [{}, *ROWS]}, ["", "fine", "bad"]),
        ({"reviews": ROWS, "products": [{"title": "Lamp", "category": "Home"}]}, ["fine", "bad"]),
        ({"text": "Great lamp", "stars": 5, "replies": [{"text": "Thank you!"}]}, ["Great lamp"]),
        ({"columns": ["text", "label"], "index": [0, 1], "data": [["fine", 1], ["bad", 0]]}, ["fine", "bad"]),
    ],
)
def test_the_rows_of_a_json_document_are_objects_wherever_they_are(tmp_path, document, expected):
    assert texts(written(tmp_path / "a.json", json.dumps(document))) == expected


def test_a_description_of_columns_is_no_row_of_a_json_document(tmp_path):
    document = {"columns": [{"id": 1, "name": "text", "description": "The review"}], "rows": {"1": "fine"}}
    with pytest.raises(ReviewsError, match="expected an array of objects"):
        texts(written(tmp_path / "a.json", json.dumps(document)))


def test_the_first_sheet_that_is_visible_is_read(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.append(["text"])
    workbook.active.append(["old"])
    workbook.active.sheet_state = "hidden"
    sheet = workbook.create_sheet("Now")
    sheet.append(["text"])
    sheet.append(["new"])
    workbook.active = sheet
    workbook.save(tmp_path / "a.xlsx")
    assert texts(tmp_path / "a.xlsx") == ["new"]


def test_a_spreadsheet_with_another_ending_is_told_to_be_renamed(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(ReviewsError, match=r"rename it to \.xlsx or \.ods"):
        texts(written(tmp_path / "a.csv", packed.getvalue()))


@pytest.mark.parametrize(
    ("name", "values", "advice"),
    [
        ("complaint", ["0", "1"], r"--labels '1=negative; 0=positive', or '0=negative; 1=positive'"),
        ("is_negative", ["no", "yes"], r"--labels 'yes=negative; no=positive', or"),
        ("rank", ["1", "2", "3", "4", "5"], "whose largest number is the best; found 'rank'"),
    ],
)
def test_a_label_column_whose_name_says_the_opposite_of_its_values_is_refused(tmp_path, name, values, advice):
    rows = [f"{n} is all right,{values[n % len(values)]}" for n in range(40)]
    path = written(tmp_path / "a.csv", "\n".join([f"text,{name}", *rows]))
    with pytest.raises(ReviewsError, match=advice):
        load_reviews(path, label_column=name)
    assert load_reviews(path, label_column=name, labels="classes").classes.names == tuple(values)


@pytest.mark.parametrize(
    "name",
    ["sentiment (0=negative, 1=positive)", "whatever", "chat_enjoyed", "problem_solved", "non_toxic", "default_label"],
)
def test_a_label_column_whose_name_only_sounds_so_is_read(tmp_path, name):
    rows = [f"{n} is all right,{n % 2}" for n in range(40)]
    path = written(tmp_path / "a.csv", "\n".join([f'text,"{name}"', *rows]))
    assert load_reviews(path, label_column=name).classes.names == ("negative", "positive")


def test_ranks_in_words_are_read(tmp_path):
    rows = [f"{n} is all right,{('poor', 'good', 'excellent')[n % 3]}" for n in range(40)]
    path = written(tmp_path / "a.csv", "\n".join(["text,rank", *rows]))
    assert load_reviews(path, label_column="rank").classes.names == ("poor", "good", "excellent")
