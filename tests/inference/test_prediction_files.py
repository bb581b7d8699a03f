"""Files of predictions: the same columns in every format, written whole or not at all."""

import io
import json
import os
import threading
from pathlib import Path

import pandas as pd
import pyarrow
import pytest
from pyarrow import parquet

from sentiment.config import POLARITY, Classes
from sentiment.data.files import read_rows
from sentiment.data.files.rows import TextRow
from sentiment.errors import StorageError, UserError
from sentiment.inference.prediction_columns import columns_of
from sentiment.inference.prediction_files import (
    PredictedRow,
    PredictedRows,
    format_of,
    predicted_rows,
    write,
    write_file,
    write_table,
)
from sentiment.inference.predictor import EMPTY, Prediction
from sentiment.text.familiarity import NO_TEXT, UNKNOWN_WORDS


def two(label: str, probability: float, truncated: bool = False, **more) -> Prediction:
    """The prediction of a model of negative and positive texts."""
    return Prediction(
        label, probability, truncated, probabilities={"negative": 1 - probability, "positive": probability}, **more
    )


ROWS = [
    PredictedRow({}, 'Good, "very"\ngood', two("positive", 0.9712345)),
    PredictedRow({}, " ", EMPTY),
    PredictedRow({}, "Bad " * 40, two("negative", 0.0312, truncated=True, unknown_share=0.25)),
    PredictedRow({}, "C'est nul.", two("uncertain", 0.61, unknown_share=1.0, reason=UNKNOWN_WORDS, sure=False)),
]
FINE = two("positive", 0.75)
GRADES = Classes(("1", "2", "3"), ordered=True)
GRADED = [
    PredictedRow({}, "Fair.", Prediction("2", None, False, probabilities={"1": 0.25, "2": 0.625, "3": 0.125})),
    PredictedRow({}, "", EMPTY),
    PredictedRow(
        {}, "Nul.", Prediction("uncertain", None, False, 1.0, UNKNOWN_WORDS, {"1": 0.25, "2": 0.25, "3": 0.5})
    ),
]


def written(answers: PredictedRows, form: str) -> str:
    out = io.StringIO()
    write(answers, out, form)
    return out.getvalue()


def answers_for(path) -> PredictedRows:
    """The rows of a file, all with the same prediction."""
    table = read_rows(path, reserved=columns_of(POLARITY))
    return PredictedRows(predicted_rows(table.rows, lambda texts: ((text, FINE) for text in texts)), table.columns)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".jsonl"])
def test_every_kind_of_file_holds_the_same_rows(tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    write_file(PredictedRows(iter(ROWS)), path, suffix[1:])
    if suffix == ".parquet":
        frame = pd.read_parquet(path)
    elif suffix == ".jsonl":
        frame = pd.read_json(path, lines=True)
    else:
        frame = pd.read_csv(path, sep="," if suffix == ".csv" else "\t", skip_blank_lines=False)
    assert tuple(frame.columns) == columns_of(POLARITY)
    assert frame["text"].tolist() == [row.text for row in ROWS]
    assert frame["label"].fillna("").tolist() == ["positive", "", "negative", "uncertain"]  # no text, no verdict
    assert frame["probability"].isna().tolist() == [False, True, False, False]
    assert frame["probability"][0] == frame["p_positive"][0] == pytest.approx(0.9712345)
    assert frame["confidence"].dropna().tolist() == pytest.approx([0.9712345, 0.9688, 0.61])
    assert frame["sure"].tolist() == [True, False, True, False]
    assert frame["truncated"].tolist() == [False, False, True, False]
    assert frame["unknown_share"].tolist() == [0, 0, 0.25, 1]
    assert frame["reason"].fillna("").tolist() == ["", NO_TEXT, "", UNKNOWN_WORDS]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".jsonl"])
def test_with_several_classes_every_kind_of_file_has_the_confidence_and_each_probability(tmp_path, suffix):
    path = tmp_path / f"out{suffix}"
    write_file(PredictedRows(iter(GRADED), classes=GRADES), path, suffix[1:])
    if suffix == ".parquet":
        frame = pd.read_parquet(path)
    elif suffix == ".jsonl":
        frame = pd.read_json(path, lines=True, dtype=False)
    else:
        frame = pd.read_csv(path, sep="," if suffix == ".csv" else "\t", dtype={"label": str})
    assert list(frame.columns) == [
        "label", "confidence", "sure", "p_1", "p_2", "p_3", "truncated", "unknown_share", "reason", "text",
    ]  # fmt: skip
    assert frame["label"].fillna("").tolist() == ["2", "", "uncertain"]
    shares = frame[["confidence", "p_1", "p_2", "p_3"]].astype("float64").fillna(-1)
    assert shares.to_numpy().tolist() == [[0.625, 0.25, 0.625, 0.125], [-1, -1, -1, -1], [0.5, 0.25, 0.25, 0.5]]


def test_an_input_column_named_like_the_one_of_a_class_is_kept_under_another_name(tmp_path):
    (tmp_path / "in.csv").write_text("p_2,probability,confidence,text\n7,8,9,Fair.\n")
    table = read_rows(tmp_path / "in.csv", reserved=columns_of(GRADES))
    [prediction] = [row.prediction for row in GRADED[:1]]
    rows = predicted_rows(table.rows, lambda texts: ((text, prediction) for text in texts))
    write_file(PredictedRows(rows, table.columns, classes=GRADES), tmp_path / "out.csv", "csv")
    [row] = pd.read_csv(tmp_path / "out.csv").to_dict("records")
    assert [row[name] for name in ("input_p_2", "probability", "input_confidence")] == [7, 8, 9]
    assert [row[name] for name in ("p_2", "confidence")] == [0.625, 0.625]


def test_columns_of_classes_have_plain_names_that_differ_even_without_capitals():
    names = ("very good", "Very, Good!", "-1", "1", "+1", "!!", "très bien", "=SUM(A1)")
    assert [name for name in columns_of(Classes(names)) if name.startswith("p_")] == [
        "p_very_good", "p_Very_Good_2", "p_minus_1", "p_1", "p_1_2", "p_class_6", "p_très_bien", "p_SUM_A1",
    ]  # fmt: skip


def test_integers_beyond_the_precision_of_floats_are_kept_beside_floats(tmp_path):
    values = [2**53 + 1, 1.5, None, 3]
    lines = [json.dumps({"id": value, "text": "fine"}) for value in values]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    write_file(answers_for(tmp_path / "in.jsonl"), tmp_path / "out.parquet", "parquet")
    assert pd.read_parquet(tmp_path / "out.parquet")["id"].fillna("").tolist() == ["9007199254740993", "1.5", "", "3"]
    (tmp_path / "in.jsonl").write_text("\n".join([lines[0], lines[3]]))
    write_file(answers_for(tmp_path / "in.jsonl"), tmp_path / "out.parquet", "parquet")
    assert pd.read_parquet(tmp_path / "out.parquet")["id"].tolist() == [2**53 + 1, 3]


def test_a_parquet_file_has_several_row_groups_and_may_be_empty(tmp_path):
    write_file(PredictedRows(ROWS[:3] * 10_000), tmp_path / "many.parquet", "parquet")
    assert len(pd.read_parquet(tmp_path / "many.parquet")) == 30_000
    write_file(PredictedRows([]), tmp_path / "none.parquet", "parquet")
    assert len(pd.read_parquet(tmp_path / "none.parquet")) == 0


def test_rows_with_large_other_columns_make_smaller_row_groups(tmp_path):
    large = [PredictedRow({"poster": b"x" * 2**18}, answer.text, answer.prediction) for answer in ROWS[:3] * 10]
    write_file(PredictedRows(large, lambda: {"poster": pyarrow.binary()}), tmp_path / "many.parquet", "parquet")
    assert parquet.ParquetFile(tmp_path / "many.parquet").num_row_groups == 8
    read = read_rows(tmp_path / "many.parquet", reserved=columns_of(POLARITY))
    assert [len(row.others["poster"]) for row in read.rows] == [2**18] * 30


def test_an_interrupted_write_leaves_the_previous_file(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("before")

    def rows():
        yield from ROWS
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(PredictedRows(rows()), path, "csv")
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]


def test_devices_and_pipes_are_written_to_and_links_are_followed(tmp_path):
    write_file(PredictedRows(ROWS), Path("/dev/null"), "csv")
    assert Path("/dev/null").is_char_device()
    os.mkfifo(tmp_path / "pipe")
    piped = []
    reader = threading.Thread(target=lambda: piped.append((tmp_path / "pipe").read_text()))
    reader.start()
    write_file(PredictedRows(ROWS), tmp_path / "pipe", "csv")
    reader.join()
    assert piped[0].startswith("label,")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    write_file(PredictedRows(ROWS), tmp_path / "link.csv", "csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == piped[0]


def test_a_full_disk_is_a_storage_error():
    with pytest.raises(StorageError, match="room on the disk to write /dev/full"):
        write_file(PredictedRows(ROWS), Path("/dev/full"), "csv")


def test_the_format_comes_from_the_file_name_or_the_option(tmp_path):
    forms = {"a.csv": "csv", "a.TSV": "tsv", "a.parquet": "parquet", "a.jsonl": "jsonl", "a.txt": "table"}
    assert {name: format_of(tmp_path / name, None) for name in forms} == forms
    assert format_of(tmp_path / "a.dat", "csv") == "csv"
    assert format_of(None, None) is None
    for name, form, message in (
        ("a.xlsx", None, r"\.csv, \.tsv, \.parquet, \.jsonl, \.txt.*--format"),
        ("a.csv", "tsv", "has the ending of csv"),
        (None, "xlsx", "csv, tsv, parquet, jsonl, table, lines"),
        (".", "csv", "found the folder"),
    ):
        with pytest.raises(UserError, match=message):
            format_of(tmp_path / name if name else None, form)
    with pytest.raises(StorageError, match="too long"):
        format_of(tmp_path / f"{'x' * 300}.csv", None)


@pytest.mark.parametrize("form", ["csv", "tsv", "parquet", "jsonl"])
def test_the_other_columns_of_a_file_come_first_under_their_names(tmp_path, form):
    (tmp_path / "in.csv").write_text('id,review,label\n7,"one,\ntwo",pos\n8,three\n')
    path = tmp_path / f"out.{form}"
    write_file(answers_for(tmp_path / "in.csv"), path, form)
    if form == "parquet":
        frame = pd.read_parquet(path).astype({"probability": "float64"})
    elif form == "jsonl":
        frame = pd.read_json(path, lines=True, dtype=False)
    else:
        frame = pd.read_csv(path, sep="," if form == "csv" else "\t", dtype={"id": str})
    assert list(frame.columns) == ["id", "input_label", *columns_of(POLARITY)]
    assert frame["id"].tolist() == ["7", "8"]
    assert frame["input_label"].fillna("").tolist() == ["pos", ""]
    assert frame["text"].tolist() == ["one,\ntwo", "three"]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_renaming_a_column_does_not_rename_another(tmp_path, name):
    row = {"text": "a", "reason": "theirs", "input_reason": "its own"}
    lines = f"{','.join(row)}\n{','.join(row.values())}\n" if name.endswith("csv") else json.dumps(row) + "\n"
    (tmp_path / name).write_text(lines)
    [answer] = answers_for(tmp_path / name).rows
    assert answer.others == {"input_reason_2": "theirs", "input_reason": "its own"}


def test_from_parquet_to_parquet_the_other_columns_keep_their_types(tmp_path):
    day = pd.Timestamp("2020-02-29").date()
    table = pyarrow.table(
        {
            "day": pyarrow.array([day, None]),
            "kind": pyarrow.array(["a", "b"]).dictionary_encode(),
            "sizes": [[1, 2], None],
            "text": ["one", None],
            "seen": pyarrow.array([1, 2], pyarrow.timestamp("ns", "UTC")),
        }
    )
    parquet.write_table(table, tmp_path / "in.parquet")
    write_file(answers_for(tmp_path / "in.parquet"), tmp_path / "out.parquet", "parquet")
    written_table = parquet.read_table(tmp_path / "out.parquet")
    names = ["day", "kind", "sizes", "seen"]
    assert written_table.column_names == [*names, *columns_of(POLARITY)]
    assert written_table.select(names).equals(table.select(names))


def test_values_that_a_format_lacks_are_written_in_its_nearest_form(tmp_path):
    (tmp_path / "in.jsonl").write_text(
        '{"text": "one", "list": [1, {"a": NaN}], "far": 1e999, "yes": true, "mixed": 1}\n'
        '{"text": "two", "mixed": "a"}\n'
    )
    csv_lines = written(answers_for(tmp_path / "in.jsonl"), "csv").splitlines()
    assert csv_lines[0] == ",".join(("list", "far", "yes", "mixed", *columns_of(POLARITY)))
    assert csv_lines[1].startswith('"[1, {""a"": null}]",inf,true,1,positive')
    first, second = map(json.loads, written(answers_for(tmp_path / "in.jsonl"), "jsonl").splitlines())
    assert (first["list"], first["far"], list(second)) == ([1, {"a": None}], None, ["mixed", *columns_of(POLARITY)])
    write_file(answers_for(tmp_path / "in.jsonl"), tmp_path / "out.parquet", "parquet")
    rows = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["mixed"] for row in rows] == ["1", '"a"']
    assert [row["yes"] for row in rows] == [True, None]


@pytest.mark.parametrize("text", ["a\rb", "a\r\nb", "a\nb", 'a"b', "a\0b", "a\u2028b"])
def test_a_csv_returns_every_text_exactly(tmp_path, text):
    write_file(PredictedRows([PredictedRow({"id": text}, text, FINE)] * 2), tmp_path / "out.csv", "csv")
    assert [row.text for row in read_rows(tmp_path / "out.csv").rows] == [text] * 2


def test_each_row_is_joined_to_its_prediction_although_texts_are_read_ahead():
    rows = [TextRow(str(number), {"id": number}) for number in range(10)]

    def predict(texts):
        first, second = next(texts), next(texts)  # reads ahead
        yield first, FINE
        yield second, FINE
        yield from ((text, FINE) for text in texts)

    assert [(row.text, row.others["id"]) for row in predicted_rows(rows, predict)] == [(str(n), n) for n in range(10)]


def test_lines_hold_the_same_four_fields_whatever_the_file_holds():
    rows = [PredictedRow({"id": 7}, text, prediction) for _, text, prediction in ROWS]
    first, second, third, fourth = (line.split("\t") for line in written(PredictedRows(rows), "lines").splitlines())
    assert first == ["positive", "0.9712", "", 'Good, "very" good']
    assert second == ["", "", NO_TEXT, ""]
    assert third[:3] == ["negative", "0.9688", "truncated"]
    assert fourth == ["uncertain", "0.6100", UNKNOWN_WORDS, "C'est nul."]


def test_json_lines_name_the_run():
    lines = written(PredictedRows(ROWS, run="gru"), "jsonl")
    assert [json.loads(line)["run"] for line in lines.splitlines()] == ["gru"] * 4


def test_json_lines_with_the_run_have_the_probabilities_by_the_exact_names_of_the_classes():
    fair, empty, _ = map(json.loads, written(PredictedRows(GRADED, run="gru", classes=GRADES), "jsonl").splitlines())
    assert tuple(fair) == columns_of(GRADES, as_json=True)
    assert (fair["confidence"], fair["probabilities"]) == (0.625, {"1": 0.25, "2": 0.625, "3": 0.125})
    assert (empty["label"], empty["confidence"], empty["probabilities"], empty["run"]) == (None, None, None, "gru")


def test_lines_of_several_classes_have_the_probability_of_the_label():
    lines = written(PredictedRows(GRADED, classes=GRADES), "lines").splitlines()
    assert lines == ["2\t0.6250\t\tFair.", f"\t\t{NO_TEXT}\t", f"uncertain\t0.5000\t{UNKNOWN_WORDS}\tNul."]


def table_of(rows, width, columns=None, classes=POLARITY) -> list[str]:
    out = io.StringIO()
    write_table(PredictedRows(rows, columns, classes=classes), out, width)
    return out.getvalue().splitlines()


def test_a_label_that_a_threshold_chose_is_called_so_and_not_rather_probable():
    rows = [PredictedRow({}, "So so.", two("negative", 0.75, sure=False))]
    assert written(PredictedRows(rows), "lines") == "negative\t0.2500\tby threshold\tSo so.\n"
    assert str(rows[0].prediction) == "negative, 25% (by threshold)"


def test_a_table_whose_widths_are_known_has_each_row_before_the_next_is_waited_for():
    out = io.StringIO()

    def rows():
        yield PredictedRow({"whole": "positive"}, "Fine.", FINE)
        assert "positive  positive" in out.getvalue()
        yield PredictedRow({"whole": "positive"}, "Fine.", FINE)

    write_table(PredictedRows(rows(), lambda: {"whole": str}, widths={"whole": 8}), out, 120)
    assert out.getvalue().count("Fine.") == 2


def test_a_verdict_that_is_not_sure_keeps_its_label_and_is_called_so_in_the_note():
    rows = [PredictedRow({}, "So so.", two("negative", 0.44, sure=False))]
    [line] = written(PredictedRows(rows), "lines").splitlines()
    assert line.split("\t") == ["negative", "0.5600", "not sure", "So so."]
    _, line = table_of(rows, 80)
    assert line.split() == ["negative", "56%", "not", "sure", "So", "so."]


def test_the_table_fits_the_terminal():
    header, *lines = table_of(ROWS, 60)
    assert header.split() == ["Label", "Confidence", "Note", "Text"]
    assert max(map(len, lines)) == 60
    assert table_of([], 60) == [header]


def test_the_table_shows_the_reason_instead_of_the_probability_of_an_unknown_text():
    *_, line = table_of(ROWS, 80)
    assert line.split() == ["uncertain", "unknown", "words", "C'est", "nul."]


def test_the_table_of_several_classes_is_as_wide_as_their_names_and_shows_the_confidence():
    header, *lines = table_of(GRADED, 80, classes=GRADES)
    assert header.split() == ["Label", "Confidence", "Note", "Text"]
    assert [line.split() for line in lines] == [
        ["2", "63%", "Fair."], NO_TEXT.split(), ["uncertain", *UNKNOWN_WORDS.split(), "Nul."],
    ]  # fmt: skip
    long = Classes(("not at all satisfied", "x" * 60))
    rows = [PredictedRow({}, "A text.", two(name, 0.75)) for name in long.names]
    header, first, second = table_of(rows, 80, classes=long)
    assert header.index("Confidence") == first.index("       75%") == second.index("       75%") == 26
    assert first.startswith("not at all satisfied  ")
    assert second.startswith("x" * 23 + "…  ")


def test_the_table_shows_as_many_other_columns_as_fit():
    rows = [PredictedRow({"id": n, "name": "x" * n, "more": "y" * 30}, "A text.", FINE) for n in (9, 10)]
    header, first, second = table_of(rows, 80, dict)
    assert header.split() == ["id", "name", "Label", "Confidence", "Note", "Text"]
    assert (first.split()[:3], second.split()[:3]) == (["9", "x" * 9, "positive"], ["10", "x" * 10, "positive"])
    assert first.index("positive") == second.index("positive") == header.index("Label")
    assert table_of(rows, 120, dict)[0].split()[2] == "more"
    assert "y" * 23 + "…" in table_of(rows, 120, dict)[1]


def test_the_table_is_written_page_by_page():
    read = 0

    def rows():
        nonlocal read
        for read in range(1, 251):
            yield PredictedRow({"id": "x" * (read // 100)}, "A text.", FINE)

    class Watched(io.StringIO):
        def write(self, line):
            assert read <= 100 * (self.getvalue().count("Label") + 1)
            return super().write(line)

    out = Watched()
    write_table(PredictedRows(rows(), dict), out, 80)
    pages = [page.splitlines() for page in out.getvalue().split("\n\n")]
    assert [len(page) for page in pages] == [101, 101, 51]
    assert [page[0].index("Label") for page in pages] == [4, 4, 4]


def test_the_table_of_texts_alone_does_not_wait_for_a_page():
    out = io.StringIO()

    def rows():
        yield ROWS[0]
        assert "positive" in out.getvalue()
        yield ROWS[0]

    write_table(PredictedRows(rows()), out, 80)


def test_control_characters_in_a_table_are_replaced():
    [_, line] = table_of([PredictedRow({}, "red \x1b[31m, nothing \0, and\u202e back", FINE)], 120)
    assert line.endswith("red �[31m, nothing �, and� back")


def test_characters_that_are_two_cells_wide_stay_aligned():
    rows = [PredictedRow({"id": name}, "很好的电影" * 20, FINE) for name in ("电影", "abcd")]
    _, first, second = table_of(rows, 80, dict)
    assert len(first) == len(second) - 2
    assert first.endswith("…")


STARS = Classes(("negative", "neutral", "positive"), ordered=True, grades=(2, 1, 2))
STARRED = [
    PredictedRow({}, "Fine.", Prediction("positive", None, False, probabilities={"positive": 0.75}, stars=4.25)),
    PredictedRow({}, "", EMPTY),
]


def test_a_run_with_finer_grades_than_classes_adds_the_stars(tmp_path):
    write_file(PredictedRows(iter(STARRED), classes=STARS), tmp_path / "out.csv", "csv")
    frame = pd.read_csv(tmp_path / "out.csv")
    assert list(frame.columns)[:7] == ["label", "confidence", "sure", "p_negative", "p_neutral", "p_positive", "stars"]
    assert frame["stars"].fillna(-1).tolist() == [4.25, -1]
    [fine, empty] = map(json.loads, written(PredictedRows(STARRED, run="a", classes=STARS), "jsonl").splitlines())
    assert (fine["stars"], empty["stars"]) == (4.25, None)
    header, line, _ = table_of(STARRED, 80, classes=STARS)
    assert header.split() == ["Label", "Confidence", "Stars", "Note", "Text"]
    assert line.split() == ["positive", "75%", "4.2", "Fine."]
