"""Where predictions go: the same columns in every form, whole or not at all."""

import io
import json

import pandas as pd
import pytest

from app.errors import UserError
from app.inference import Prediction
from app.prediction_files import COLUMNS, write_file, write_json_lines, write_tab_separated_lines, write_table

ROWS = [
    ('Good, "very"\ngood', Prediction("positive", 0.9712345, False)),
    (" ", Prediction("negative", 0.2, False)),
    ("Bad " * 40, Prediction("negative", 0.0312, True)),
]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".jsonl"])
def test_every_kind_of_file_holds_the_same_rows(tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    write_file(iter(ROWS), path)
    if suffix == ".parquet":
        found = pd.read_parquet(path)
    elif suffix == ".jsonl":
        found = pd.read_json(path, lines=True)
    else:
        found = pd.read_csv(path, sep="," if suffix == ".csv" else "\t", skip_blank_lines=False)
    assert tuple(found.columns) == COLUMNS
    assert found["text"].tolist() == [text for text, _ in ROWS]
    assert found["label"].fillna("").tolist() == ["positive", "", "negative"]  # no text, no verdict
    assert found["probability"].isna().tolist() == [False, True, False]
    assert found["probability"][0] == pytest.approx(0.9712345)
    assert found["truncated"].tolist() == [False, False, True]


def test_a_parquet_file_has_several_row_groups_and_may_be_empty(tmp_path):
    write_file(ROWS * 10_000, tmp_path / "many.parquet")
    assert len(pd.read_parquet(tmp_path / "many.parquet")) == 30_000
    write_file([], tmp_path / "none.parquet")
    assert len(pd.read_parquet(tmp_path / "none.parquet")) == 0


def test_a_file_that_is_interrupted_leaves_the_one_before_it(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("before")

    def rows():
        yield from ROWS
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(rows(), path)
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]


def test_another_kind_of_file_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"\.csv, \.tsv, \.parquet, \.jsonl"):
        write_file(ROWS, tmp_path / "out.xlsx")


def test_lines_hold_one_row_each():
    out = io.StringIO()
    write_tab_separated_lines(ROWS, out)
    first, second, third = (line.split("\t") for line in out.getvalue().splitlines())
    assert first == ["positive", "0.9712", "", 'Good, "very" good']
    assert second == ["", "", "", ""]
    assert third[:3] == ["negative", "0.0312", "truncated"]


def test_json_lines_name_the_run():
    out = io.StringIO()
    write_json_lines(ROWS, out, "gru")
    assert [json.loads(line)["run"] for line in out.getvalue().splitlines()] == ["gru"] * 3


def test_the_table_fits_the_terminal():
    out = io.StringIO()
    write_table(ROWS, out, width=60)
    header, *lines = out.getvalue().splitlines()
    assert header.split() == ["Label", "Probability", "Truncated", "Text"]
    assert max(map(len, lines)) == 60
