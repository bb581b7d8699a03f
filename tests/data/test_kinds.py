"""Each kind of file gives its texts, labels and splits: spreadsheets, JSON, fastText, folders, and others."""

import json
import sys
import weakref
import zipfile
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pyarrow
import pytest
from pyarrow import parquet

from sentiment.data.files import ReadingOptions, read_rows
from sentiment.data.files.kinds import json_documents, sheets
from sentiment.data.reviews import load_reviews
from sentiment.data.tables import interpret, read_table, select
from sentiment.errors import MissingExtraError, ReviewsError

ROWS = [{"text": "Good, “really”", "label": 1}, {"text": "Bad\nfilm", "label": 0}]


def rows(path, **options):
    """(text, label, split) of each row as training reads them; predictions read the same texts."""
    reading = ReadingOptions.named(**options)
    table = interpret(select(read_table(path, reading)), path).table
    texts = [row.text for row in read_rows(path, reading).rows]
    assert texts == table["text"].tolist()
    return list(zip(texts, table["label"].fillna(-1).tolist(), table["split"], strict=True))


def notes_of(path):
    notes = []
    read_table(path, notify=notes.append)
    return notes


def written(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


EXPECTED = [("Good, “really”", 1, ""), ("Bad\nfilm", 0, "")]


def spreadsheet(path, sheets):
    """An .xlsx or .ods with these sheets, each of rows of strings and numbers."""
    if path.suffix == ".xlsx":
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for name, content in sheets.items():
            sheet = workbook.create_sheet(name)
            for row in content:
                sheet.append(row)
        workbook.save(path)
        return path

    def cell(value):
        if isinstance(value, int):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        lines = "".join(f"<text:p>{line}</text:p>" for line in value.split("\n"))
        return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'

    tables = ""
    for name, content in sheets.items():
        body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in content)
        tables += f'<table:table table:name="{name}">{body}</table:table>'
    space = "urn:oasis:names:tc:opendocument:xmlns"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0"/>')
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{space}:office:1.0" xmlns:table="{space}:table:1.0" '
            f'xmlns:text="{space}:text:1.0"><office:body><office:spreadsheet>{tables}</office:spreadsheet>'
            "</office:body></office:document-content>",
        )
    return path


TABLE = [["text", "label", "id"], ["Good, “really”", 1, 7], ["Bad\nfilm", 0, 8], [1984, 1, 9]]


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("os.abort()", "found: it needs too much memory; save it as CSV"),
        ("sys.exit(3)", "found: it needs too much memory; save it as CSV"),
        ("os.kill(os.getpid(), 15)", "found: the process that reads it was ended by signal 15; try again, or save it"),
        ("sys.exit('no sheet')", "found: no sheet; save it again"),
    ],
)
def test_why_the_process_that_reads_a_spreadsheet_has_ended_is_told_apart(tmp_path, monkeypatch, end, message):
    reader = written(tmp_path / "reader.py", f"import os, sys\n{end}\n")
    monkeypatch.setattr(sheets, "__file__", str(reader))
    with pytest.raises(ReviewsError, match=message):
        rows(spreadsheet(tmp_path / "a.xlsx", {"S": TABLE}))


def test_of_the_sheets_of_a_spreadsheet_only_the_first_one_with_rows_is_kept(monkeypatch, capsys):
    alive = weakref.WeakSet()

    class Sheet:
        def __init__(self, name: str) -> None:
            self.height = 0 if name == "empty" else 1
            alive.add(self)

        def iter_rows(self):
            yield [len(alive)]

    workbook = SimpleNamespace(sheet_names=["empty", "a", "b", "c"], get_sheet_by_name=Sheet, sheets_metadata=())
    calamine = SimpleNamespace(CalamineWorkbook=SimpleNamespace(from_path=lambda _: workbook))
    monkeypatch.setitem(sys.modules, "python_calamine", calamine)
    monkeypatch.setitem(sys.modules, "resource", None)  # no limit for the process of the tests
    sheets._main("a.xlsx")
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [["a", "b", "c"], ["2"]]


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_a_spreadsheet_is_read_with_its_numbers_as_they_are_shown(tmp_path, suffix):
    path = spreadsheet(tmp_path / f"a{suffix}", {"Sheet 1": TABLE})
    assert rows(path) == [*EXPECTED, ("1984", 1, "")]
    assert next(dict(row.others) for row in read_rows(path).rows) == {"label": "1", "id": "7"}
    assert notes_of(path) == []


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_of_several_sheets_the_first_one_with_rows_is_read_and_said(tmp_path, suffix):
    path = spreadsheet(tmp_path / f"a{suffix}", {"Empty": [], "Reviews": TABLE, "Notes": [["x"]]})
    assert len(rows(path)) == 3
    assert notes_of(path) == [f"{path}: the sheet 'Reviews' is read, not 'Notes'"]


def test_a_spreadsheet_without_a_header_is_recognised_and_a_repeated_one_is_said(tmp_path):
    bare = [[f"this is film {n}", n % 2] for n in range(20)]
    assert rows(spreadsheet(tmp_path / "a.xlsx", {"S": bare}))[1] == ("this is film 1", 1, "")
    path = spreadsheet(tmp_path / "b.xlsx", {"S": [["text", "label"], ["a", 1], ["text", "label"], ["b", 0]]})
    assert rows(path) == [("a", 1, ""), ("b", 0, "")]
    assert notes_of(path) == [f"{path} repeats its header 1 times, which are no rows"]


def test_a_spreadsheet_that_is_none_or_a_bomb_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ReviewsError, match=r"expected a spreadsheet at .*a\.xlsx; found: File is not a zip file"):
        rows(written(tmp_path / "a.xlsx", "text,label\n"))
    monkeypatch.setattr("sentiment.data.files.kinds.spreadsheets.UNPACKED_BYTES", 1_000)
    path = spreadsheet(tmp_path / "b.xlsx", {"S": [["text", "label"], *[["x" * 30_000, 1]] * 40]})
    with pytest.raises(ReviewsError, match=r"a spreadsheet of text in .*b\.xlsx; found more than 1 MB that are packed"):
        rows(path)


def test_a_spreadsheet_whose_members_are_too_large_is_refused_before_it_is_read(tmp_path, monkeypatch):
    """Here nothing of it would ever become a row, so that counting the rows' characters would not do."""
    path = spreadsheet(tmp_path / "a.xlsx", {"S": TABLE})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/a.bmp", bytes(2_000_000))
    monkeypatch.setattr("sentiment.data.files.kinds.spreadsheets.UNPACKED_BYTES", 1_000)
    with pytest.raises(ReviewsError, match=r"a spreadsheet of text in .*a\.xlsx; found more than 2 MB that are packed"):
        rows(path)


def test_a_spreadsheet_that_says_one_text_often_is_refused_though_its_members_are_small(tmp_path, monkeypatch):
    """OpenDocument has a text once and how often it is repeated, so that the sizes of the members do not tell."""
    path, text = tmp_path / "a.ods", "x" * 1_000
    spreadsheet(path, {"S": [["text"], *[[text]] * 50]})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    repeated = members["content.xml"].replace(
        b'<table:table-cell office:value-type="string"><text:p>x',
        b'<table:table-cell office:value-type="string" table:number-columns-repeated="100"><text:p>x',
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**members, "content.xml": repeated}.items():
            archive.writestr(name, content)
    monkeypatch.setattr("sentiment.data.files.kinds.spreadsheets.UNPACKED_BYTES", 1_000_000)
    with pytest.raises(ReviewsError, match=r"a spreadsheet of text in .*a\.ods; found more than 1 MB that are packed"):
        rows(path)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit a process's data")
def test_two_cells_far_from_each_other_reserve_no_gigabytes(tmp_path):
    """Memory is reserved for every cell between them, before any could be counted."""
    workbook = openpyxl.Workbook()
    workbook.active.append(["text", "label"])
    workbook.active.cell(100_000, 1_000, "far away")
    workbook.save(tmp_path / "a.xlsx")
    with pytest.raises(ReviewsError, match="found: it needs too much memory; save it as CSV"):
        rows(tmp_path / "a.xlsx")


def test_the_missing_package_for_spreadsheets_names_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(MissingExtraError, match="the packages of the extra files; python_calamine is not installed"):
        rows(spreadsheet(tmp_path / "a.xlsx", {"S": TABLE}))


@pytest.mark.parametrize(
    "document",
    [
        ROWS,
        {"data": ROWS},
        {"version": 1, "data": ROWS},
        {"text": {"0": ROWS[0]["text"], "1": ROWS[1]["text"]}, "label": {"0": 1, "1": 0}},
    ],
    ids=["array", "object", "object with more", "columns as pandas writes them"],
)
def test_a_json_document_is_read_in_every_usual_form(tmp_path, document):
    assert rows(written(tmp_path / "a.json", document)) == EXPECTED
    assert rows(written(tmp_path / "b.json", json.dumps(document, indent=2))) == EXPECTED


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson"])
def test_json_lines_are_known_by_their_lines(tmp_path, name):
    assert rows(written(tmp_path / name, "\n".join(map(json.dumps, ROWS)))) == EXPECTED


def test_an_array_of_strings_is_texts(tmp_path):
    path = written(tmp_path / "a.json", ["a", r"b\ud800c"])
    assert [row.text for row in read_rows(path).rows] == ["a", r"b\ud800c"]
    path.write_text(r'["a", "b\ud800c"]')
    assert [row.text for row in read_rows(path).rows] == ["a", "bc"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"train": ROWS, "test": ROWS}, "found 2: train, test"),
        ({"a": 1}, "found none: a;"),
        (7, "found a int"),
        ([{"text": "a"}, 3], "found a int as number 2"),
        ('[{"text": "a"', "expected JSON in .*: found: Expecting"),
        ("[" * 100_000, "expected JSON in .*: found: maximum recursion"),
    ],
)
def test_a_json_document_that_is_no_table_is_refused(tmp_path, document, message):
    with pytest.raises(ReviewsError, match=message.replace(": found", "; found")):
        rows(written(tmp_path / "a.json", document))


def test_a_large_json_document_is_refused_with_advice(tmp_path, monkeypatch):
    monkeypatch.setattr(json_documents, "LARGEST", 20)
    with pytest.raises(ReviewsError, match=r"expected at most 0 MB in the JSON document .*; write one object a line"):
        rows(written(tmp_path / "a.json", ROWS))


def hugging_face(path, labels, names=("neg", "pos")):
    features = {"text": {"dtype": "string", "_type": "Value"}, "label": {"names": list(names), "_type": "ClassLabel"}}
    table = pyarrow.table({"text": [f"film {n}" for n in range(len(labels))], "label": pyarrow.array(labels, "int64")})
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    parquet.write_table(table.replace_schema_metadata(metadata), path)
    return path


def test_the_classes_of_hugging_face_are_read_by_name(tmp_path):
    path = hugging_face(tmp_path / "a.parquet", [0, 1, -1, None], names=("positive", "negative"))
    assert [label for _, label, _ in rows(path)] == [1, 0, -1, -1]
    read = read_rows(path)
    assert read.columns() == {"label": pyarrow.string()}
    assert [row.others["label"] for row in read.rows] == ["positive", "negative", None, None]


@pytest.mark.parametrize("metadata", [b"no JSON", b"[]", b'{"info": {"features": {"label": 3}}}', b'{"info": null}'])
def test_metadata_of_another_form_says_nothing(tmp_path, metadata):
    table = pyarrow.table({"text": ["a", "b"], "label": [1, 0]}).replace_schema_metadata({b"huggingface": metadata})
    parquet.write_table(table, tmp_path / "a.parquet")
    assert rows(tmp_path / "a.parquet") == [("a", 1, ""), ("b", 0, "")]


def test_a_class_without_a_name_is_refused(tmp_path):
    with pytest.raises(ReviewsError, match=r"found: class 2, while the file has names for 2 classes"):
        rows(hugging_face(tmp_path / "a.parquet", [0, 2]))


@pytest.mark.parametrize("name", ["train.txt", "train.ft"])
def test_lines_of_fasttext_have_a_label_and_a_text(tmp_path, name):
    path = written(tmp_path / name, "__label__pos Good, really\n__label__neg\tBad\n\n__label__pos\nno label\n")
    notes = notes_of(path)
    reading = interpret(select(read_table(path)), path)
    assert reading.table["text"].tolist() == ["Good, really", "Bad", "", "no label"]
    assert reading.table["label"].fillna(-1).tolist() == [1, 0, 1, -1]
    assert reading.problems == {2: "empty review", 3: "no label"}
    assert notes == []


def test_two_labels_in_a_line_of_fasttext_are_refused_with_the_line(tmp_path):
    path = written(tmp_path / "a.txt", "__label__pos a\n__label__pos __label__new b\n")
    with pytest.raises(ReviewsError, match=r"expected one label a line in .*; found 2 in line 2: pos, new"):
        rows(path)


def test_a_text_file_is_one_text_a_line_which_is_said(tmp_path):
    path = written(tmp_path / "a.txt", "Good, really\n\nBad; really\n")
    assert [row.text for row in read_rows(path).rows] == ["Good, really", "", "Bad; really"]
    [note] = notes_of(path)
    assert note.startswith(f"{path} is read as one text a line")


def test_a_first_line_that_is_the_name_of_a_column_is_a_header(tmp_path):
    path = written(tmp_path / "a.txt", "Review\nGood\n")
    assert [row.text for row in read_rows(path).rows] == ["Good"]
    assert "'Review', is read as a header; else: --no-header" in notes_of(path)[1]
    reading = ReadingOptions.named(header=False)
    assert [row.text for row in read_rows(path, reading).rows] == ["Review", "Good"]


def test_a_text_file_with_a_header_of_fields_is_a_table(tmp_path):
    assert rows(written(tmp_path / "a.txt", "label\ttext\n1\tGood\n0\tBad\n")) == [("Good", 1, ""), ("Bad", 0, "")]


@pytest.mark.parametrize(
    "lines",
    [
        ["comment, this is a text", "another, text"],
        ["Content; but tired", "good; fine"],
        ["a review|of this", "x|y"],
        ["Review, disappointing", "fine, bad"],
    ],
)
def test_a_first_line_of_running_text_is_no_header(tmp_path, lines):
    path = written(tmp_path / "a.txt", "\n".join(lines) + "\n")
    assert [row.text for row in read_rows(path).rows] == lines
    assert "is read as one text a line; if it is a table, name what" in notes_of(path)[0]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("id,text\n1,Good\n", {}),
        ("label, text\n1,Good\n", {}),
        ("my id\ttext\n1\tGood\n", {}),
        ("my id,my text\n1,Good\n", {"text_columns": "My text"}),
        ("my id,text\n1,Good\n", {"header": True}),
    ],
)
def test_a_text_file_that_is_read_as_a_table_is_said_to_be_one(tmp_path, content, options):
    path = written(tmp_path / "a.txt", content)
    reading, notes = ReadingOptions.named(**options), []
    assert [row.text for row in read_rows(path, reading, notify=notes.append).rows] == ["Good"]
    columns = content.partition("\n")[0].replace("\t", ",").replace(", ", ",").replace(",", ", ")
    assert notes[0] == (
        f"{path} is read as a table with the columns {columns}; if each line is a text: --delimiter none"
    )


def task(text, *choices, **more):
    result = [[{"type": "choices", "value": {"choices": [choice]}}] if choice else [] for choice in choices]
    return {"data": {"text": text, "id": 1}, "annotations": [{"result": part, **more} for part in result]}


def test_tasks_of_label_studio_have_the_choice_on_which_all_agree(tmp_path):
    tasks = [
        task("a", "Positive"),
        task("b", "Negative", "Negative"),
        task("c", "Positive", "Negative"),
        task("d"),
        task("e", "Positive", was_cancelled=True),
        task("f", None),
        task("g", "Positive", None),
    ]
    path = written(tmp_path / "export.json", tasks)
    assert [(text, label) for text, label, _ in rows(path)] == [
        ("a", 1), ("b", 0), ("c", -1), ("d", -1), ("e", -1), ("f", -1), ("g", -1),
    ]  # fmt: skip
    assert notes_of(path) == [
        f"{path}: tasks of Label Studio; no label has 2 with annotations that differ and 3 without a choice"
    ]


def test_an_annotation_of_label_studio_that_was_cancelled_does_not_count(tmp_path):
    cancelled = task("a", "Negative", "Positive")
    cancelled["annotations"][0]["was_cancelled"] = True
    assert rows(written(tmp_path / "export.json", [cancelled])) == [("a", 1, "")]


def test_a_task_of_label_studio_with_several_choices_is_refused(tmp_path):
    several = task("b", "Positive")
    several["annotations"][0]["result"] *= 2
    with pytest.raises(ReviewsError, match=r"expected one choice in each annotation of .*; found several in task 2"):
        rows(written(tmp_path / "a.json", [task("a", "Positive"), several]))


def folder(root, files):
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def test_folders_are_classes(tmp_path):
    root = folder(
        tmp_path / "films", {"pos/2.txt": "two", "pos/10.txt": "ten", "neg/x y.txt": "bad\n", ".git/a.txt": ""}
    )
    assert rows(root) == [("bad\n", 0, ""), ("two", 1, ""), ("ten", 1, "")]
    assert notes_of(root) == []


def test_folders_above_the_classes_are_splits(tmp_path):
    files = {"train/pos/a.txt": "a", "dev/neg/b.txt": "b", "Test/pos/c.txt": "c", "train/unsup/d.txt": "d"}
    root = folder(tmp_path / "films", {f"inner/{name}": content for name, content in files.items()})
    assert sorted(rows(root)) == [("a", 1, "train"), ("b", 0, "validation"), ("c", 1, "test"), ("d", -1, "unlabelled")]


def test_a_folder_of_classes_is_a_dataset_of_its_own_and_the_official_layout_is_imdb(tmp_path):
    files = {f"{kind}/{n}.txt": f"{kind} {n}" for kind in ("pos", "neg") for n in range(10)}
    loaded = load_reviews(folder(tmp_path / "My films", files))
    assert (loaded.name, len(loaded.table)) == ("my-films", 20)
    official = {f"train/{name}".replace(".txt", "_7.txt"): text for name, text in files.items()}
    assert load_reviews(folder(tmp_path / "official", official)).name == "imdb"
    other = folder(tmp_path / "other", {**official, "train/pos/more.txt": "one more"})
    loaded = load_reviews(other)
    assert (loaded.name, len(loaded.table)) == ("other", 21)


def test_other_files_in_a_folder_are_passed_over_and_said(tmp_path):
    root = folder(tmp_path / "a", {"pos/1.txt": "a", "neg/1.txt": "b", "README.txt": "x", "neg/1.json": "{}"})
    assert len(rows(root)) == 2
    assert notes_of(root) == [f"{root}: files that are no texts of a class are passed over: 1 .json, 1 README.txt"]


def test_a_text_of_a_folder_in_another_encoding_is_said_once(tmp_path):
    root = folder(tmp_path / "a", {f"pos/{n}.txt": "naïve".encode("cp1252") for n in range(3)})
    texts = [row.text for row in read_rows(root).rows]
    assert texts == ["naïve"] * 3
    assert notes_of(root) == [
        f"{root / 'pos/0.txt'} is not UTF-8; its encoding is guessed as cp1252; name another with --encoding"
    ]
    with pytest.raises(ReviewsError, match=r"expected utf-8 in .*0\.txt; found byte 0xef"):
        rows(root, encoding="utf-8")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"pos/a.csv": "a"}, r"expected texts like pos/1\.txt"),
        ({"a/b/pos/1.txt": "a", "c/neg/1.txt": "b"}, r"found a/b/pos/1\.txt, in more folders"),
    ],
)
def test_a_folder_of_another_layout_is_refused(tmp_path, files, message):
    with pytest.raises(ReviewsError, match=message):
        rows(folder(tmp_path / "a", files))


def test_a_loose_folder_of_texts_has_no_labels(tmp_path):
    root = folder(tmp_path / "a", {"2.txt": "two", "10.txt": "ten"})
    read = list(read_rows(root).rows)
    assert [(row.text, row.others["file"]) for row in read] == [("two", "2.txt"), ("ten", "10.txt")]


def test_files_of_different_kinds_are_the_splits_of_one_dataset(tmp_path):
    train = [(f"film {n}", "pos" if n % 2 else "neg") for n in range(40)]
    pd.DataFrame(train, columns=["review", "sentiment"]).to_csv(tmp_path / "films.csv", index=False)
    written(tmp_path / "dev.json", [{"text": "a play", "label": "neg"}, {"text": "a show", "label": "pos"}])
    written(tmp_path / "test.txt", "__label__pos another film\n__label__neg another play\n__label__neg\n")
    reading = ReadingOptions.named(validation=tmp_path / "dev.json", test=tmp_path / "test.txt")
    with pytest.raises(ReviewsError, match=r"found 1 without: row 3 of \S+test.txt \(empty review\)"):
        load_reviews(tmp_path / "films.csv", reading=reading)
    notes = []
    loaded = load_reviews(
        tmp_path / "films.csv", reading=reading, rejects=tmp_path / "rejects.csv", notify=notes.append
    )
    assert loaded.table["split"].value_counts().to_dict() == {"train": 40, "validation": 2, "test": 2}
    assert loaded.table[loaded.table["split"] == "test"].values.tolist() == [
        ["another film", 1, "test"],
        ["another play", 0, "test"],
    ]
    assert loaded.reading == reading
    assert loaded.label_count(0.2) == 42
    assert [note for note in notes if "text in" in note] == [
        f"{tmp_path / 'films.csv'}: text in 'review', label in 'sentiment'",
        f"{tmp_path / 'dev.json'}: text in 'text', label in 'label'",
        f"{tmp_path / 'test.txt'}: text in 'text', label in 'label'",
    ]
    assert f"\n{tmp_path / 'test.txt'},3,empty review,,," in (tmp_path / "rejects.csv").read_text()
    for place in ("dev.json", "test.txt"):
        with pytest.raises(ReviewsError, match="expected a file of their own for the rows to set aside"):
            load_reviews(tmp_path / "films.csv", reading=reading, rejects=tmp_path / place)


def test_a_split_that_is_in_the_file_and_in_one_of_its_own_is_refused(tmp_path):
    rows = [(f"film {n}", n % 2, "test" if n < 4 else "train") for n in range(40)]
    pd.DataFrame(rows, columns=["text", "label", "split"]).to_csv(tmp_path / "a.csv", index=False)
    reading = ReadingOptions.named(test=tmp_path / "a.csv")
    with pytest.raises(ReviewsError, match=r"expected the test split in one place; found 4 rows of it .* --test"):
        load_reviews(tmp_path / "a.csv", reading=reading)


@pytest.mark.parametrize(("split", "same"), [("test", "Test"), ("validation", "dev")])
def test_a_file_of_a_split_has_no_rows_of_another_split(tmp_path, split, same):
    rows = [(f"film {n}", n % 2) for n in range(40)]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / "a.csv", index=False)
    reading = ReadingOptions.named(**{split: tmp_path / "b.csv"})

    def load(splits):
        rows = [(f"play {n}", n % 2, splits[n % 2]) for n in range(4)]
        pd.DataFrame(rows, columns=["text", "label", "split"]).to_csv(tmp_path / "b.csv", index=False)
        return load_reviews(tmp_path / "a.csv", reading=reading).table["split"].value_counts().to_dict()

    for splits in ((same, same), (same, ""), ("", "")):
        assert load(splits) == {"train": 40, split: 4}
    for other in ("train", "fold 3", "unlabelled"):
        with pytest.raises(ReviewsError, match=rf"rows of the {split} split alone .* --{split}; found.*'?{other}'? "):
            load((same, other))


def test_repeated_and_contradictory_texts_are_counted_and_said(tmp_path):
    rows = [(f"film {n}", n % 2) for n in range(40)] + [("film 0", 0), ("film 1", 0), ("film 1", 1)]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / "a.csv", index=False)
    notes = []
    load_reviews(tmp_path / "a.csv", notify=notes.append)
    assert notes[-1] == "3 of 43 rows repeat the text of another; 1 texts have several labels"
