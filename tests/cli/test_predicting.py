"""`sentiment predict` and `explain`: input, output, formats, and the errors of wrong arguments."""

import json
import shutil

import pandas as pd
import pytest

from helpers.command_line import refused, sentiment, sentiment_process
from helpers.trained import THREE, TOPICS, good_and_bad, labelled_reviews, train_tiny
from sentiment.config import POLARITY
from sentiment.inference.prediction_columns import columns_of
from sentiment.runs.record import METRICS
from sentiment.runs.saved_run import write_manifest


def test_a_prediction_is_a_label_and_how_sure_it_is(models):
    done = sentiment_process("predict", "--models", models, "a good film plot", "a bad film plot")
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["positive", "negative"]
    assert min(float(row[1]) for row in rows) > 0.5  # how sure it is of the label
    assert done.stderr == ""


def test_json_prints_one_object_per_text(models):
    done = sentiment("predict", "--models", models, "--json", 'a "good"\nfilm')
    [line] = done.stdout.splitlines()
    row = json.loads(line)
    assert row["label"] == "positive"
    assert 0 <= row["probability"] <= 1
    assert (row["text"], row["truncated"], row["run"]) == (
        'a "good"\nfilm', False, "films/custom-lstm-tiny-seed1",
    )  # fmt: skip


@pytest.mark.parametrize("classes", [THREE, TOPICS], ids=["ordered", "unordered"])
def test_a_run_of_several_classes_predicts_each_and_says_how_sure_it_is(tmp_path, classes):
    train_tiny(tmp_path, "gru", classes)
    texts = good_and_bad(3, classes).texts
    printed = sentiment("predict", "--models", tmp_path, "--json", *texts)
    assert printed.returncode == 0, printed.stderr
    rows = [json.loads(line) for line in printed.stdout.splitlines()]
    assert [row["label"] for row in rows] == list(classes.names)
    for row in rows:
        assert list(row["probabilities"]) == list(classes.names)
        assert sum(row["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert row["confidence"] == row["probabilities"][row["label"]] == max(row["probabilities"].values())
        assert "probability" not in row
    lines = sentiment("predict", "--models", tmp_path, *texts).stdout.splitlines()
    assert [line.split("\t")[:2] for line in lines] == [[row["label"], f"{row['confidence']:.4f}"] for row in rows]


def test_a_file_for_several_classes_has_a_column_for_each(tmp_path):
    train_tiny(tmp_path / "models", "gru", TOPICS)
    pd.DataFrame({"p_music": "mine", "probability": "theirs", "review": good_and_bad(6, TOPICS).texts}).to_csv(
        tmp_path / "in.csv", index=False
    )
    command = ["predict", "--models", tmp_path / "models", "--input", tmp_path / "in.csv"]
    assert sentiment(*command, "--output", tmp_path / "out.csv").returncode == 0
    frame = pd.read_csv(tmp_path / "out.csv")
    shares = frame[["p_acting", "p_music", "p_plot"]]
    assert list(frame.columns[:4]) == ["input_p_music", "probability", "label", "confidence"]
    assert shares.sum(axis=1).tolist() == pytest.approx([1] * 6, abs=1e-5)
    assert ("p_" + frame["label"]).tolist() == shares.idxmax(axis=1).tolist()
    assert frame["confidence"].tolist() == shares.max(axis=1).tolist()


def test_a_threshold_for_several_classes_is_refused_and_nothing_is_written(tmp_path):
    train_tiny(tmp_path / "models", "gru", TOPICS)
    done = sentiment(
        "predict", "--models", tmp_path / "models", "--threshold", "0.7", "text", "--output", tmp_path / "o.csv"
    )
    refused(done, "expected no threshold with 3 classes", "leave it out")
    assert not (tmp_path / "o.csv").exists()


def test_the_name_of_a_file_is_judged_as_a_text_with_advice(models, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("review\na good film\n")
    done = sentiment("predict", "--models", models, path, "a good film", "x" * 5_000 + ".csv")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr.strip() == f"{path} is judged as a text; to judge the texts in that file: --input {path}"


def test_a_text_of_unknown_words_is_uncertain_and_the_reason_is_printed(models):
    done = sentiment("predict", "--models", models, "Der Film war wunderbar", "\U0001f60d", "a good film")
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [(row[0], row[2]) for row in rows] == [
        ("uncertain", "unknown words"), ("uncertain", "no words"), ("positive", ""),
    ]  # fmt: skip
    explained = sentiment("explain", "--models", models, "Der Film war wunderbar")
    assert explained.returncode == 0, explained.stderr
    assert explained.stdout.startswith("uncertain (")
    assert "knows too few of these words" in explained.stdout.splitlines()[0]


def test_the_threshold_decides_the_label_and_not_the_probability(models):
    def predict(threshold: str) -> dict:
        return json.loads(sentiment("predict", "--models", models, "--json", "--threshold", threshold, "a good").stdout)

    low, high = predict("0"), predict("1")
    assert (low["label"], high["label"]) == ("positive", "negative")
    assert low["probability"] == high["probability"]


def test_each_line_of_standard_input_gets_one_line_of_output(models):
    done = sentiment("predict", "--models", models, stdin="a good film\n\na bad film")
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [(row[0], row[3]) for row in rows] == [("positive", "a good film"), ("", ""), ("negative", "a bad film")]
    assert sentiment("predict", "--models", models).stdout == ""


def test_every_row_of_a_tsv_with_unpaired_quotes_gets_a_prediction(models, tmp_path):
    marked = {3: '"Loved it', 11: 'hated it"'}
    rows = [marked.get(number, "a good film") for number in range(120)]
    (tmp_path / "in.tsv").write_text("text\tn\n" + "".join(f"{text}\t{n}\n" for n, text in enumerate(rows)))
    done = sentiment("predict", "--models", models, "--input", tmp_path / "in.tsv", "--format", "jsonl")
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == rows
    assert done.stderr.count("note: ") == 1
    assert "is read as a TSV without quoting" in done.stderr


def test_predict_reads_a_file_and_writes_a_file(models, tmp_path):
    labelled_reviews(30).to_csv(tmp_path / "in.csv", index=False)
    done = sentiment(
        "predict", "--models", models, "--input", tmp_path / "in.csv", "--output", tmp_path / "out.parquet"
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    predicted = pd.read_parquet(tmp_path / "out.parquet")
    assert list(predicted.columns) == ["sentiment", *columns_of(POLARITY)]
    assert predicted["text"].tolist() == labelled_reviews(30)["review"].tolist()
    assert predicted["sentiment"].tolist() == labelled_reviews(30)["sentiment"].tolist()
    assert (predicted["label"] == labelled_reviews(30)["sentiment"]).mean() > 0.9


def test_the_keras_engine_gives_the_same_answer(models):
    plain, fast = (
        json.loads(ask("predict", "--models", models, "--json", "--engine", engine, "a good film").stdout)
        for ask, engine in ((sentiment_process, "keras"), (sentiment, "onnx"))
    )
    assert plain["label"] == fast["label"]
    assert plain["probability"] == pytest.approx(fast["probability"], abs=1e-5)


def test_uncertain_sets_the_band_around_the_threshold(models):
    done = sentiment("predict", "--models", models, "--json", "--uncertain", "0.5", "a good film")
    assert json.loads(done.stdout)["label"] == "uncertain"


@pytest.mark.parametrize("form", ["csv", "table", "lines", "jsonl", "tsv"])
def test_standard_output_has_the_chosen_format(models, tmp_path, form):
    labelled_reviews(3).to_csv(tmp_path / "in.csv", index=False)
    command = ["predict", "--models", models, "--input", tmp_path / "in.csv", "--format", form]
    printed = sentiment(*command)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert printed.stdout.count("\n") == 3 + (form in ("csv", "table", "tsv"))
    assert sentiment(*command, "--output", "-").stdout == printed.stdout
    done = sentiment(*command, "--output", tmp_path / "out.any")
    assert (tmp_path / "out.any").read_text() == printed.stdout
    assert (done.stdout, done.stderr.split()) == ("", ["wrote", str(tmp_path / "out.any")])


def test_file_names_with_brackets_are_printed_unchanged(models, tmp_path):
    done = sentiment("predict", "--models", models, "a good film", "--output", tmp_path / "o[final][/b].csv")
    assert done.stderr.split() == ["wrote", str(tmp_path / "o[final][/b].csv")]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--input", "none.csv"], "no such file"),
        (["--input", "in.docx"], "no such file or folder"),
        (["--input", "in.csv", "--column", "nope"], "review, sentiment"),
        (["--input", "in.csv", "a text"], "found both"),
        (["--input", "in.csv", "--output", "out.xlsx"], ".parquet"),
        (["--column", "body"], "--input"),
        (["--engine", "keras", "--threads", "2", "text"], "--threads with the engines onnx and int8"),
        (["--engine", "abacus", "text"], "onnx, int8, keras"),
        (["--json", "--format", "csv", "text"], "found --json and --format csv"),
        (["--format", "pdf", "text"], "csv, tsv, parquet, jsonl, table, lines"),
        (["na\udcefve"], "found byte 0xef"),
    ],
)
def test_wrong_arguments_of_predict_are_refused_and_nothing_is_written(models, tmp_path, arguments, part):
    labelled_reviews(10).to_csv(tmp_path / "in.csv", index=False)
    places = {"in.csv", "in.docx", "none.csv", "out.xlsx"}
    paths = [tmp_path / argument if argument in places else argument for argument in arguments]
    refused(sentiment("predict", "--models", models, *paths), part)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_input_and_output_cannot_be_the_same_file(models, tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("review\nA fine film.\n")
    refused(
        sentiment("predict", "--input", path, "--output", f"{tmp_path}/./reviews.csv", "--models", models),
        "another file for --output than for --input",
    )
    assert path.read_text() == "review\nA fine film.\n"
    refused(sentiment("predict", "--input", tmp_path / "none.csv", "--output", path, "--models", models), "none.csv")
    refused(sentiment("predict", "--run", "**x", "--models", models, "A fine film."), "expected a saved run named")


def test_an_error_late_in_a_file_leaves_no_output(models, tmp_path):
    lines = ['{"text": "a good film"}'] * 5_000 + ["this is no JSON"]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    done = sentiment("predict", "--models", models, "--input", tmp_path / "in.jsonl", "--output", tmp_path / "out.csv")
    refused(done, "line 5001")
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_an_empty_text_is_refused(models):
    refused(sentiment("predict", "--models", models, " "), "expected a text")


def test_a_run_that_does_not_exist_is_refused_and_the_existing_ones_are_named(models):
    refused(sentiment("predict", "--models", models, "--run", "nope", "text"), "nope", "films/custom-lstm-tiny-seed1")
    refused(sentiment("evaluate", "--models", models, "--run", "nope"), "nope")


def test_without_any_run_the_error_names_the_command_that_trains_one(tmp_path):
    refused(sentiment("predict", "--models", tmp_path, "text"), "sentiment train")
    refused(sentiment("evaluate", "--models", tmp_path), "sentiment train")
    refused(sentiment("report", "--models", tmp_path, "films"), "films")


def test_a_run_with_one_changed_byte_is_refused(models, tmp_path):
    shutil.copytree(models, tmp_path / "models")
    path = tmp_path / "models" / "films" / "custom-lstm-tiny-seed1" / "model.keras"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    refused(sentiment("predict", "--models", tmp_path / "models", "text"), "model.keras", "changed since")


def test_check_refuses_the_options_of_a_single_text():
    refused(sentiment("explain", "--check", "--gates"), "expected --check alone or with --method; found --gates")


def test_a_run_that_learnt_from_several_columns_takes_them_and_says_so(tmp_path):
    run = train_tiny(tmp_path)
    record = json.loads((run.folder / METRICS).read_text())
    record["dataset"]["reading"] = {"text_columns": ["title", "the body"]}
    (run.folder / METRICS).write_text(json.dumps(record))
    write_manifest(run.folder)
    (tmp_path / "a.csv").write_text("title,the body,text\ngood,film,bad\n")
    (tmp_path / "b.csv").write_text("title,text\ngood,bad\n")
    learnt = ("predict", "--models", tmp_path, "--run", run.name, "--json", "--input")

    def text_of(done):
        return json.loads(done.stdout)["text"]

    both = sentiment(*learnt, tmp_path / "a.csv")
    assert text_of(both) == "good\nfilm"
    assert f"text in 'title' and 'the body', as films/{run.name} learnt" in both.stderr
    one = sentiment(*learnt, tmp_path / "b.csv")
    assert text_of(one) == "bad"
    assert f"though films/{run.name} learnt from 'title' and 'the body'" in one.stderr
    chosen = sentiment(*learnt, tmp_path / "a.csv", "--column", "text")
    assert text_of(chosen) == "bad"
    assert "learnt" not in chosen.stderr
