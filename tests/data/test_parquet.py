"""A small Parquet file that unpacks to much text takes little memory; a text that is too long is refused."""

import subprocess
import sys
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from sentiment.data.files import parquet as reader
from sentiment.data.files import read_rows
from sentiment.data.files.lines import LONGEST
from sentiment.data.tables import read_table
from sentiment.errors import ReviewsError

ROOT = Path(__file__).parents[2]
LONG = "x" * (LONGEST + 1)


def write(path: Path, columns: dict, **how) -> Path:
    parquet.write_table(pyarrow.table(columns), path, **how)
    return path


def measured(code: str, path: Path) -> tuple[list[str], int]:
    """What a process prints, and its megabytes of memory beyond those of its imports."""
    code = (
        "import resource, sys, pathlib\n"
        "import pandas, pyarrow.parquet, pyarrow.compute, sentiment.data.tables, sentiment.data.files\n"
        "from sentiment.errors import ReviewsError\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"try:\n    {code}\n"
        "except ReviewsError as error:\n    print(error)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, cwd=ROOT, check=True)
    *lines, megabytes = done.stdout.splitlines()
    return lines, int(megabytes)


PREDICT = "print(sum(len(row.text) for row in sentiment.data.files.read_rows(path).rows))"
TRAIN = "sentiment.data.tables.read_table(path)"


def test_a_text_in_many_rows_is_in_memory_once(tmp_path):
    path = write(tmp_path / "a.parquet", {"text": ["x" * 1_000_000] * 3_200, "label": [1] * 3_200})
    assert path.stat().st_size < 100_000
    lines, megabytes = measured(PREDICT, path)
    assert lines == ["3200000000"]
    assert megabytes < 200
    lines, megabytes = measured(TRAIN, path)
    assert "expected a Parquet file whose rows fit into memory; found 3,200 MB" in lines[0]
    assert megabytes < 200


@pytest.mark.parametrize("column", ["other", "list", "struct", "map", "bytes"])
def test_the_other_columns_take_little_memory_as_well(tmp_path, column):
    long, rows = "x" * 1_000_000, 1_500
    values = {
        "other": [long] * rows,
        "bytes": [long.encode()] * rows,
        "list": pyarrow.array([[long, None], None, []] * (rows // 3)),
        "struct": pyarrow.array([{"a": long}] * rows),
        "map": pyarrow.array([[("a", long)]] * rows, pyarrow.map_(pyarrow.string(), pyarrow.string())),
    }
    path = write(tmp_path / "a.parquet", {"text": ["fine"] * rows, column: values[column]})
    lines, megabytes = measured(PREDICT, path)
    assert lines == [str(4 * rows)]
    assert megabytes < 400


@pytest.mark.parametrize("read", [PREDICT, TRAIN])
@pytest.mark.parametrize("compression", ["zstd", "gzip"])
def test_a_file_that_would_unpack_to_too_much_is_refused(tmp_path, read, compression):
    text = "x" * (1 << 29)
    path = write(
        tmp_path / "a.parquet", {"text": [text], "label": [1]}, use_dictionary=False, compression=compression,
        write_statistics=False, store_schema=False,
    )  # fmt: skip
    lines, megabytes = measured(read, path)
    assert "found 537 MB in row group 1 that are packed into" in lines[0]
    assert megabytes < 100


@pytest.mark.parametrize("dictionary", [True, False])
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("text", LONG),
        ("other", LONG),
        ("other", LONG.encode()),
        ("other", [LONG]),
        ("other", ["x" * 1_000_000] * 5),
        ("other", {"a": LONG}),
    ],
    ids=["text", "other text", "bytes", "list", "long list", "struct"],
)
def test_a_value_that_is_too_long_is_refused_with_its_row(tmp_path, dictionary, column, value):
    short = {str: "fine", bytes: b"fine", list: ["fine"], dict: {"a": "fine"}}[type(value)]
    rows = 2_500
    columns = {"text": ["fine"] * rows, "label": [1] * rows, "other": [short] * rows}
    columns[column] = [*[short] * (rows - 3), value, None, short]
    path = write(tmp_path / "a.parquet", columns, use_dictionary=dictionary, row_group_size=2_000)
    for read in (lambda: list(read_rows(path).rows), lambda: read_table(path)):
        with pytest.raises(ReviewsError, match=rf"at most 1,048,576 characters .* in row 2498, column {column}"):
            read()
    apart = list(reader.rows_of_parquet(path, path, long_rows=True).rows)
    assert [number for number, row in enumerate(apart, 1) if isinstance(row, reader.LongRow)] == [2498]
    assert apart[-1] == {0: "fine", 1: 1, 2: short}


def test_the_limit_counts_characters(tmp_path):
    path = write(tmp_path / "a.parquet", {"text": ["é" * LONGEST], "label": [1]})
    assert [len(row.text) for row in read_rows(path).rows] == [LONGEST]
    assert len(read_table(path).frame) == 1


@pytest.mark.parametrize("kind", [pyarrow.string(), pyarrow.large_string(), pyarrow.string_view()])
def test_values_and_kinds_are_as_without_dictionaries(tmp_path, kind):
    texts = ["a", None, "b", "a", ""]
    pairs = pyarrow.map_(pyarrow.string(), pyarrow.string())
    columns = {
        "text": pyarrow.array(texts, kind),
        "n": [1, 2, None, 4, 5],
        "list": [["a", "b"], None, [], ["a"], [None]],
        "struct": [{"q": "a", "n": 1}, None, {"q": None, "n": 2}, {"q": "b", "n": 3}, {"q": "b", "n": 4}],
        "bytes": [b"\xff", None, b"", b"a", b"a"],
        "word": pyarrow.array(texts).dictionary_encode(),
        "map": pyarrow.array([[("a", "b")], None, [], [("c", None)], []], pairs),
        "map of lists": pyarrow.array([None] * 5, pyarrow.map_(pyarrow.string(), pyarrow.list_(pyarrow.string()))),
    }
    path = write(tmp_path / "a.parquet", columns, row_group_size=2)
    rows = read_rows(path)
    table = parquet.read_table(path)
    assert rows.columns() == {name: table.schema.field(name).type for name in columns if name != "text"}
    text_rows = list(rows.rows)
    assert [row.text for row in text_rows] == ["a", "", "b", "a", ""]
    for name in columns:
        if name != "text":
            assert [row.others[name] for row in text_rows] == table.column(name).to_pylist()
    frame = read_table(path).frame
    assert {name: frame[name].tolist() for name in frame} == {name: table.column(name).to_pylist() for name in columns}


def test_rows_are_read_some_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "_BATCH_BYTES", 1 << 16)
    texts = [f"{number:>100}" for number in range(5_000)]
    path = write(tmp_path / "a.parquet", {"text": texts}, row_group_size=1_500)
    rows = read_rows(path)
    assert [next(rows.rows).text for _ in range(10)] == texts[:10]
    assert 0 < rows.fraction() < 0.2
    assert [row.text for row in rows.rows] == texts[10:]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl"])
def test_training_refuses_a_line_that_is_too_long_as_prediction_does(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_text(f'{{"text": "{LONG}"}}\n' if suffix == ".jsonl" else f"text\n{LONG}\n")
    for read in (lambda: list(read_rows(path).rows), lambda: read_table(path)):
        with pytest.raises(ReviewsError, match=r"at most 1,048,576 characters .* line [12] is longer"):
            read()
