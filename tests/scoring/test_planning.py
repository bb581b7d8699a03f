"""Which files there are, and where their parts begin."""

import gzip

import pytest

from helpers.scored_files import write_rows
from sentiment.data.files.options import ReadingOptions
from sentiment.errors import ReviewsError
from sentiment.scoring import planning
from sentiment.scoring.inputs import InputFile, find_inputs
from sentiment.scoring.parts import rows_of_part
from sentiment.scoring.planning import plan


def planned(*paths, rows=7, **reading):
    return plan(find_inputs(map(str, paths)), ReadingOptions.named(**reading), ("label",), rows)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".tsv", ".jsonl"])
@pytest.mark.parametrize("size", [1, 7, 50, 1000])
def test_parts_have_every_row_once_and_in_order(suffix, size, rows, tmp_path):
    made = planned(write_rows(tmp_path / f"in{suffix}", rows), rows=size)
    aside = []
    texts = [row.text for part in made.parts for row in rows_of_part(made.layouts[0], part, aside.append)]
    assert texts == [row["text"] for row in rows]
    assert aside == []
    assert made.rows == len(rows)
    assert max(part.rows for part in made.parts) <= size
    numbers = [row for part in made.parts for row in range(part.first_row, part.first_row + part.rows)]
    assert numbers == list(range(1, len(rows) + 1))


def test_a_part_of_long_texts_ends_early(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "PART_BYTES", 500)
    made = planned(write_rows(tmp_path / "in.csv", rows), rows=1000)
    assert len(made.parts) > 10
    assert all(part.end - part.start < 500 + 500 for part in made.parts)  # with the row that brings it there


def test_all_columns_of_jsonl_are_known_from_the_beginning(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"text": "a", "n": 1}\n{"text": "b", "n": 1.5, "label": [1]}\n')
    [layout] = planned(tmp_path / "in.jsonl").layouts
    assert [(name, kind) for _, name, kind in layout.others] == [("n", float), ("input_label", object)]


def test_a_folder_and_a_pattern_give_their_files_sorted_without_hidden_ones(rows, tmp_path):
    for name in ("b.csv", "a.csv", "_old.csv", ".part.csv", "sub/c.csv", "_work/d.csv", "notes.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_rows(tmp_path / name, rows[:2]) if name.endswith("csv") else (tmp_path / name).write_text("x")
    names = [file.location.removeprefix(f"{tmp_path}/") for file in find_inputs([str(tmp_path)])]
    assert names == ["a.csv", "b.csv", "sub/c.csv"]
    names = [file.location.removeprefix(f"{tmp_path}/") for file in find_inputs([f"{tmp_path}/*.csv"])]
    assert names == ["a.csv", "b.csv"]
    names = [file.location.removeprefix(f"{tmp_path}/") for file in find_inputs([f"{tmp_path}/**/*.csv"])]
    assert names == ["a.csv", "b.csv", "sub/c.csv"]
    assert len(find_inputs([f"{tmp_path}/a.csv", str(tmp_path)])) == 3
    (tmp_path / "sub" / "link.csv").symlink_to(tmp_path / "a.csv")
    spellings = [f"{tmp_path}/a.csv", f"{tmp_path}/sub/../a.csv", f"{tmp_path}/sub/link.csv"]
    assert len(find_inputs(spellings)) == 1


def test_files_that_cannot_be_read_in_parts_are_refused_with_advice(rows, tmp_path):
    write_rows(tmp_path / "a.csv", rows)
    write_rows(tmp_path / "b.jsonl", rows)
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(b"text\ngood\n"))
    (tmp_path / "d.csv").write_text("text\ngood\n", encoding="utf-16")
    write_rows(tmp_path / "e.parquet", [{"text": 5}])
    (tmp_path / "f.jsonl").write_text("[1]\n{}\nno object\n")
    for name, message in {
        "f.jsonl": "expected a JSON object with a text in each line of .*; found none in 17 bytes",
        "none*.csv": "expected files ending in .parquet, .csv.* found none; check the path, and put a pattern",
        "none.csv": "found no such file or folder",
        "[ab].*": "expected files of one kind; found .csv and .jsonl",
        "c.csv.gz": "which can be read in parts; found .*c.csv.gz; convert or unpack it",
        "d.csv": "found utf-16 in .*d.csv; save it as UTF-8",
        "e.parquet": "expected text in the text column of .*; found values of type int64 in text",
    }.items():
        with pytest.raises(ReviewsError, match=message):
            planned(tmp_path / name)
    with pytest.raises(ReviewsError, match="expected a path or an address for --input; found an empty one"):
        find_inputs([""])


def test_each_line_as_one_text_is_refused_where_there_are_fields(rows, tmp_path):
    path = write_rows(tmp_path / "a.csv", rows)
    with pytest.raises(ReviewsError, match=r"expected a character after --delimiter.* found none; .*sentiment predict"):
        planned(path, delimiter="none")


def test_a_file_in_which_more_than_a_tenth_of_the_rows_is_too_wide_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("id,text\n" + "1,good\n" * 8 + "2,good, fine\n")
    with pytest.raises(ReviewsError, match="found 3 instead of 2 in row 9"):
        planned(tmp_path / "a.csv")


def test_rows_without_a_header_are_cut_one_by_one(tmp_path):
    (tmp_path / "a.csv").write_text("1,good film\n2,bad film\n3,dull film\n")
    parts = planned(tmp_path / "a.csv", rows=1, header=False, text_columns="2").parts
    assert [(part.first_row, part.rows) for part in parts] == [(1, 1), (2, 1), (3, 1)]


def test_what_holds_for_many_files_is_told_once_with_their_number(tmp_path):
    files = [str(write_rows(tmp_path / f"{name}.parquet", [{"text": "a", "review": "b"}])) for name in "abcd"]
    told = []
    plan(find_inputs(files), ReadingOptions(), (), notify=told.append)
    assert len(told) == 2
    assert told[0].startswith(files[0])
    assert told[1] == f"so for 3 other files: {told[0].replace(files[0], '...')}"


def test_row_groups_that_are_read_again_and_again_are_told(rows, tmp_path):
    told = []
    path = write_rows(tmp_path / "a.parquet", rows)  # in groups of fifty
    for size, count in ((3, 1), (4, 0)):
        told.clear()
        plan(find_inputs([str(path)]), ReadingOptions(), (), size, told.append)
        assert sum("row groups of up to 50 rows" in line for line in told) == count


def test_the_kind_of_an_address_is_that_of_its_file_and_its_secret_is_not_shown():
    file = InputFile("https://me:pass@host.example/a/reviews.PARQUET?token=5ecret", 1, "")
    assert file.suffix == ".parquet"
    assert str(file) == "https://host.example/a/reviews.PARQUET"
