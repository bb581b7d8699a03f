"""Jobs with threads: the same rows as one prediction of the whole file, parts that are the same whoever computes them,
and jobs that go on.
"""

import json
from dataclasses import replace

import pyarrow
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from helpers.scored_files import names_below, parts_of, write_rows
from sentiment.data.files.lines import LONGEST
from sentiment.data.files.options import ReadingOptions
from sentiment.errors import SentimentError, StorageError, UserError
from sentiment.inference.predictor import Predictor
from sentiment.scoring import job as scoring_job
from sentiment.scoring import running
from sentiment.scoring.inputs import InputFile
from sentiment.scoring.manifest import _difference
from sentiment.scoring.outputs import LocalFolder
from sentiment.scoring.running import ScoreOptions, run_job
from sentiment.scoring.threads import score_with_threads


def options(tmp_path, *names, **others):
    return ScoreOptions(
        tuple(str(tmp_path / name) for name in names), str(tmp_path / "out"), rows_per_part=20, workers=2, **others
    )


def read_table(folder) -> pyarrow.Table:
    tables = []
    for path in sorted(folder.glob("part-*")):
        if path.suffix == ".parquet":
            tables.append(parquet.read_table(path))
        elif path.suffix == ".jsonl":
            lines = path.read_text(encoding="utf-8").splitlines()
            tables.append(pyarrow.Table.from_pylist([json.loads(line) for line in lines]))
        else:
            options = arrow_csv.ParseOptions(newlines_in_values=True, delimiter="\t" if path.suffix == ".tsv" else ",")
            tables.append(arrow_csv.read_csv(path, parse_options=options))
    return pyarrow.concat_tables(tables, promote_options="permissive")


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".tsv", ".jsonl"])
def test_every_row_is_scored_once_in_order_as_a_predictor_scores_it(suffix, run, rows, tmp_path):
    write_rows(tmp_path / f"in{suffix}", rows)
    summary = run_job(run, options(tmp_path, f"in{suffix}"))
    table = read_table(tmp_path / "out")
    predictions = Predictor(run).predict([row["text"] for row in rows])
    assert table["id"].to_pylist() == [row["id"] for row in rows]
    assert table["text"].to_pylist() == [row["text"] for row in rows]
    assert table["input_label"].to_pylist() == [row["label"] for row in rows]
    assert [label or None for label in table["label"].to_pylist()] == [each.label for each in predictions]
    confident = [each.confidence for each in predictions if each.confidence is not None]
    assert [c for c in table["confidence"].to_pylist() if c is not None] == pytest.approx(confident, abs=1e-6)
    assert (summary.rows, summary.rejected, summary.resumed, summary.engine) == (len(rows), 0, 0, "local")
    assert summary.parts == (7 if suffix == ".parquet" else 6)  # groups of 50, 50 and 20 rows: 20, 20, 10, ...


@pytest.mark.parametrize("format_name", ["parquet", "csv", "jsonl"])
def test_every_part_is_the_same_whoever_computes_it(format_name, run, rows, tmp_path):
    write_rows(tmp_path / "in.csv", rows)
    made = []
    for workers in (1, 3):
        each = replace(options(tmp_path, "in.csv", format_name=format_name), workers=workers)
        run_job(run, replace(each, output=str(tmp_path / f"out{workers}")))
        made.append(parts_of(tmp_path / f"out{workers}"))
    assert len(made[0]) == 6
    assert made[0] == made[1]


def test_rows_that_cannot_be_scored_are_set_aside_with_the_reason_and_the_others_are_scored(run, rows, tmp_path):
    lines = write_rows(tmp_path / "in.jsonl", rows).read_text(encoding="utf-8").splitlines()
    lines[30] = '{"text": 5, "id": 30}'
    lines[31] = "no object"
    lines[32] = "[1]"
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = []
    summary = run_job(run, options(tmp_path, "in.jsonl"), told.append)
    assert (summary.rows, summary.rejected) == (len(rows) - 3, 3)
    [path] = (tmp_path / "out" / "_rejected").iterdir()
    rejects = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [reject["row"] for reject in rejects] == [31, 32, 33]
    assert "of type int in row 31" in rejects[0]["reason"]
    assert [reject["content"] for reject in rejects] == lines[30:33]
    ids = read_table(tmp_path / "out")["id"].to_pylist()
    assert ids == [number for number in range(len(rows)) if number not in (30, 31, 32)]
    assert any("3 rows were set aside in" in line for line in told)


def test_a_csv_row_with_too_many_fields_and_a_header_that_comes_again_are_set_aside(run, tmp_path):
    lines = [f"{number},good film" for number in range(20)]
    (tmp_path / "in.csv").write_text("\n".join(["id,text", *lines, "20,bad, dull", "id,text", "21,"]) + "\n")
    assert run_job(run, replace(options(tmp_path, "in.csv"), rows_per_part=100)).rejected == 2
    [path] = (tmp_path / "out" / "_rejected").iterdir()
    rejects = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(reject["row"], reject["reason"]) for reject in rejects] == [
        (21, "expected at most 2 fields; found 3"), (22, "expected a row; found the header again"),
    ]  # fmt: skip
    assert read_table(tmp_path / "out")["id"].to_pylist() == [*range(20), 21]


def test_a_value_of_parquet_that_is_too_long_sets_its_row_aside(run, rows, tmp_path):
    long = [{**rows[0], "id": 0}, {"id": 1, "text": "x" * (LONGEST + 1), "label": 0}, rows[2]]
    write_rows(tmp_path / "in.parquet", long)
    summary = run_job(run, options(tmp_path, "in.parquet"))
    assert (summary.rows, summary.rejected) == (2, 1)
    [path] = (tmp_path / "out" / "_rejected").iterdir()
    reject = json.loads(path.read_text(encoding="utf-8"))
    assert reject["row"] == 2
    assert reject["reason"] == "expected at most 1,048,576 characters in each field; found 1,048,577 in column text"
    assert read_table(tmp_path / "out")["id"].to_pylist() == [0, 2]


def test_a_file_without_a_header_in_another_encoding_is_read_as_said(run, tmp_path):
    (tmp_path / "in.csv").write_bytes("1;café noir, très bon\n2;a bad film\n3;ein Café\n".encode("cp1252"))
    reading = ReadingOptions.named("2", encoding="cp1252", delimiter=";", header=False)
    run_job(run, replace(options(tmp_path, "in.csv", reading=reading), rows_per_part=2))
    table = read_table(tmp_path / "out")
    assert table["text"].to_pylist() == ["café noir, très bon", "a bad film", "ein Café"]
    assert table["1"].to_pylist() == [1, 2, 3]


def test_a_byte_order_mark_is_no_part_of_the_first_row(run, tmp_path):
    for name, content in (("a.csv", "text,id\ngood,1\n"), ("b.jsonl", '{"text": "good", "id": 1}\n')):
        (tmp_path / name).write_text(content, encoding="utf-8-sig")
        each = replace(options(tmp_path, name), output=str(tmp_path / f"out-{name}"))
        assert run_job(run, each).rows == 1
        assert read_table(tmp_path / f"out-{name}").column_names[:2] == ["id", "label"]


def test_when_the_job_is_done_its_manifest_names_every_part_with_rows_and_checksum(run, rows, tmp_path):
    write_rows(tmp_path / "in.csv", rows)
    run_job(run, options(tmp_path, "in.csv"))
    manifest = json.loads((tmp_path / "out" / "_manifest.json").read_text())
    assert sum(part["rows"] for part in manifest["parts"]) == len(rows)
    for part in manifest["parts"]:
        path = tmp_path / "out" / f"{part['part']}.csv"
        assert scoring_job.sha256(path) == part["sha256"]
        assert path.stat().st_size == part["size"]
    assert manifest["run"] == "imdb/compact"
    assert names_below(tmp_path / "out") == {"_manifest.json", *parts_of(tmp_path / "out")}


def test_a_job_that_was_stopped_goes_on_and_a_finished_one_computes_nothing_again(run, rows, tmp_path, monkeypatch):
    write_rows(tmp_path / "in.csv", rows)
    run_job(run, replace(options(tmp_path, "in.csv"), output=str(tmp_path / "whole")))

    def stop_after_two(receipts, _):
        for number, receipt in enumerate(receipts):
            yield receipt
            if number == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_job(run, options(tmp_path, "in.csv"), watch=stop_after_two)
    assert not (tmp_path / "out" / "_manifest.json").exists()
    summary = run_job(run, options(tmp_path, "in.csv"))
    assert 2 <= summary.resumed < 6
    assert parts_of(tmp_path / "out") == parts_of(tmp_path / "whole")
    monkeypatch.setattr(running, "score_with_threads", None)  # nobody computes
    assert run_job(run, options(tmp_path, "in.csv")).resumed == 6


def test_an_output_that_is_gone_is_made_again(run, rows, tmp_path):
    write_rows(tmp_path / "in.csv", rows)
    run_job(run, options(tmp_path, "in.csv"))
    before = parts_of(tmp_path / "out")
    (tmp_path / "out" / "part-00000-00002.csv").unlink()
    assert run_job(run, options(tmp_path, "in.csv")).resumed == 5
    assert parts_of(tmp_path / "out") == before
    assert names_below(tmp_path / "out") == {"_manifest.json", *before}


@pytest.mark.parametrize("change", [{"threshold": 0.6}, {"rows_per_part": 30}, {"format_name": "jsonl"}])
def test_another_job_in_the_same_folder_is_refused_and_the_difference_is_named(change, run, rows, tmp_path):
    write_rows(tmp_path / "in.csv", rows)
    run_job(run, options(tmp_path, "in.csv"))
    [name] = change
    with pytest.raises(UserError, match=rf"found another \({name.removesuffix('_name')}: .*; name another folder"):
        run_job(run, replace(options(tmp_path, "in.csv"), **change))


def test_a_changed_input_is_refused_and_the_first_difference_is_named(run, rows, tmp_path):
    for name in ("a.csv", "b.csv"):
        write_rows(tmp_path / name, rows)
    run_job(run, options(tmp_path, "*.csv"))
    write_rows(tmp_path / "b.csv", rows[:50])
    message = r"found another \(input 2, bytes of .*/b\.csv: \d+ there, \d+ here\)"
    with pytest.raises(UserError, match=message):
        run_job(run, options(tmp_path, "*.csv"))
    with pytest.raises(UserError, match=r"input 2: /.*/b\.csv there, no file here"):
        run_job(run, options(tmp_path, "a.csv"))


def test_of_long_values_what_differs_is_shown():
    there, here = ["the same " * 9, "one"], ["the same " * 9, "two"]
    assert _difference("reading", there, here) == (
        'reading: ...e same the same ", "one"] there, ...e same the same ", "two"] here'
    )


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(run, rows, tmp_path):
    write_rows(tmp_path / "in.csv", rows)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match=r"expected an empty or new folder for --output; found thesis\.txt"):
        run_job(run, options(tmp_path, "in.csv"))
    assert names_below(tmp_path / "out") == {"thesis.txt"}


def test_two_jobs_at_once_in_one_folder_are_refused(run, rows, tmp_path):
    write_rows(tmp_path / "in.csv", rows)
    with (
        LocalFolder(tmp_path / "out").alone(),
        pytest.raises(StorageError, match="expected no other job that scores into"),
    ):
        run_job(run, options(tmp_path, "in.csv"))


def test_output_among_the_input_is_refused(run, rows, tmp_path):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    write_rows(tmp_path / "in" / "sub" / "a.csv", rows)
    for name, output in (
        ("in", "in"), ("in", "in/scored"), ("in/**/*.csv", "in/scored"), ("in/*/*.csv", "in/scored"),
        ("in/sub/*.csv", "in/sub"), ("in/sub/a.csv", "in/sub"), ("in/../in", "in/sub/x"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=r"expected --output outside of --input; found .* in .*; name another"):
            run_job(run, replace(options(tmp_path, name), output=str(tmp_path / output)))
    assert names_below(tmp_path) == {"in/sub/a.csv"}


def test_parts_that_another_machine_wrote_to_its_own_disk_are_missed(run, rows, tmp_path, monkeypatch):
    write_rows(tmp_path / "in.csv", rows)
    told = []

    def elsewhere(job, run, parts, *_):
        local = replace(job, output=LocalFolder(tmp_path / "other machine"))
        return score_with_threads(local, run, parts, 1)

    monkeypatch.setattr(running, "_receipts", lambda _, *others: elsewhere(*others))
    with pytest.raises(
        StorageError, match=r"output of all 6 parts in .*out; found that 6 are .*, first part-00000-00000"
    ):
        run_job(run, options(tmp_path, "in.csv", address="auto"), told.append)
    assert not (tmp_path / "out" / "_manifest.json").exists()
    assert any("the input and the output in the same shared folder" in line for line in told)


def test_an_output_at_a_local_path_is_said_though_the_input_has_addresses():
    files = [InputFile("s3://bucket/a.csv", 1, "")]
    assert running._local_places(ScoreOptions((), "out"), files) == ["the output"]
    assert running._local_places(ScoreOptions((), "s3://bucket/out"), files) == []


def test_a_receipt_that_cannot_be_written_fails_one_part(run, rows, tmp_path, monkeypatch):
    write_rows(tmp_path / "in.csv", rows)
    real = LocalFolder.new

    def new(self, name):
        if name.endswith("00001.json"):
            raise StorageError("no room")
        return real(self, name)

    monkeypatch.setattr(LocalFolder, "new", new)
    with pytest.raises(SentimentError, match="found that 1 failed, first part-00000-00001: no room"):
        run_job(run, options(tmp_path, "in.csv"))


def test_a_part_that_cannot_be_read_is_named_and_the_others_are_kept(run, rows, tmp_path, monkeypatch):
    write_rows(tmp_path / "a.csv", rows)
    write_rows(tmp_path / "b.csv", rows)
    real = InputFile.open

    def gone(self):
        if self.location.endswith("a.csv"):
            raise UserError("gone")
        return real(self)

    with monkeypatch.context() as patch:
        patch.setattr(InputFile, "open", gone)
        with pytest.raises(SentimentError, match=r"found that 6 failed, first part-00000-0000\d: gone; the others are"):
            run_job(run, options(tmp_path, "*.csv"))
    assert sorted(parts_of(tmp_path / "out")) == [f"part-00001-{number:05d}.csv" for number in range(6)]
    assert run_job(run, options(tmp_path, "*.csv")).resumed == 6


def test_a_file_that_changes_while_it_is_scored_is_no_finished_part(run, rows, tmp_path, monkeypatch):
    path = write_rows(tmp_path / "in.jsonl", rows)
    planned = running.plan

    def then_changed(*arguments, **others):
        made = planned(*arguments, **others)
        path.write_text("{}\n" * 2, encoding="utf-8")
        return made

    monkeypatch.setattr(running, "plan", then_changed)
    with pytest.raises(SentimentError, match=r"expected 20 rows of .* from row 1 on; found 2: the file has changed"):
        run_job(run, options(tmp_path, "in.jsonl"))


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"engine": "spark"}, "expected one of the engines auto, local, ray; found spark"),
        ({"engine": "local", "address": "auto"}, "expected --address with the engine ray; found it with local"),
        ({"address": " "}, "expected auto or host:port after --address; found nothing"),
        (
            {"address": "ray://head:10001"},
            "found ray://head:10001, through which Ray Data cannot work; run the command",
        ),
        ({"threshold": 1.5}, "expected"),
        ({"format_name": "xml"}, "expected one of the formats parquet, csv, tsv, jsonl; found xml"),
    ],
)
def test_options_that_do_not_fit_are_refused_before_anything_is_written(others, message, run, rows, tmp_path):
    write_rows(tmp_path / "in.csv", rows)
    with pytest.raises(UserError, match=message):
        run_job(run, options(tmp_path, "in.csv", **others))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("others", "from_rows", "engine"),
    [
        ({}, 50, "ray"),
        ({}, 51, "local"),
        ({}, None, "local"),
        ({"workers": 1}, 50, "local"),
        ({"address": "auto", "workers": 1}, None, "ray"),
        ({"engine": "ray"}, None, "ray"),
        ({"engine": "local"}, 50, "local"),
    ],
)
def test_auto_takes_the_faster_engine_and_ray_where_there_is_an_address(others, from_rows, engine, monkeypatch):
    monkeypatch.setattr(running, "RAY_FROM_ROWS", from_rows)
    monkeypatch.setattr(running, "find_spec", lambda name: name)
    options = replace(ScoreOptions(("in.csv",), "out", workers=2), **others)
    assert running._engine(options, rows=50) == engine


def test_auto_takes_threads_where_ray_is_not_installed(monkeypatch):
    monkeypatch.setattr(running, "RAY_FROM_ROWS", 50)
    monkeypatch.setattr(running, "find_spec", lambda _: None)
    assert running._engine(ScoreOptions(("in.csv",), "out", workers=2), rows=50) == "local"
