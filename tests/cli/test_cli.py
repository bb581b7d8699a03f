"""The command line: what a person types, sees, and is told when it cannot be done."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.command_line import sentiment, sentiment_process
from helpers.fake_runs import save_fake
from helpers.trained import good_and_bad, train_tiny
from sentiment.cli.console import err, long_work, out, print_columns, print_report
from sentiment.cli.evaluating import print_evaluations
from sentiment.cli.training import say_what_answers
from sentiment.errors import SentimentError
from sentiment.experiments.evaluation import Evaluation, rows
from sentiment.inference.prediction_files import COLUMNS
from sentiment.metrics.measures import measure
from sentiment.report import ReportPaths
from sentiment.report.leaderboard import Row
from sentiment.runs.record import Kind
from sentiment.runs.saved_run import use_run, write_manifest

ROOT = Path(__file__).parents[2]


def labelled(n: int) -> pd.DataFrame:
    examples = good_and_bad(n)
    return pd.DataFrame({"review": examples.texts, "sentiment": np.where(examples.labels == 1, "positive", "negative")})


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    """A folder with one small trained run of a dataset named films."""
    folder = tmp_path_factory.mktemp("models")
    train_tiny(folder)
    return folder


def refused(done: subprocess.CompletedProcess[str], *parts: str, code: int = 2) -> None:
    """A mistake is told in one line on standard error, without a traceback, and nothing on standard output."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for part in parts:
        assert part in lines[0]


def test_the_help_names_every_command():
    done = sentiment_process("--help")
    assert done.returncode == 0
    for command in ("train", "evaluate", "predict", "export", "report", "use"):
        assert command in done.stdout


def test_the_version_is_the_package_s():
    from sentiment import __version__

    assert sentiment_process("--version").stdout.strip() == __version__


def test_a_prediction_is_a_label_and_a_probability(models):
    done = sentiment_process("predict", "--models", models, "a good film plot", "a bad film plot")
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["positive", "negative"]
    assert float(rows[0][1]) > 0.5 > float(rows[1][1])
    assert done.stderr == ""


def test_a_prediction_for_a_program_is_one_json_object_a_line(models):
    done = sentiment("predict", "--models", models, "--json", 'a "good"\nfilm')
    [line] = done.stdout.splitlines()
    row = json.loads(line)
    assert row["label"] == "positive"
    assert 0 <= row["probability"] <= 1
    assert (row["text"], row["truncated"], row["run"]) == (
        'a "good"\nfilm', False, "films/custom-lstm-tiny-seed1",
    )  # fmt: skip


def test_a_text_that_the_model_does_not_know_is_uncertain_for_a_reason(models):
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


def test_texts_come_from_standard_input_one_a_line_and_each_line_gets_one(models):
    done = sentiment("predict", "--models", models, stdin="a good film\n\na bad film")
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [(row[0], row[3]) for row in rows] == [("positive", "a good film"), ("", ""), ("negative", "a bad film")]
    assert sentiment("predict", "--models", models).stdout == ""


def test_every_row_of_a_tsv_with_lone_quotes_has_its_verdict(models, tmp_path):
    marked = {3: '"Loved it', 11: 'hated it"'}
    rows = [marked.get(number, "a good film") for number in range(120)]
    (tmp_path / "in.tsv").write_text("text\tn\n" + "".join(f"{text}\t{n}\n" for n, text in enumerate(rows)))
    done = sentiment("predict", "--models", models, "--input", tmp_path / "in.tsv", "--format", "jsonl")
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == rows
    assert done.stderr.count("note: ") == 1
    assert "is read as a TSV without quoting" in done.stderr


def test_texts_come_from_a_file_and_go_to_a_file(models, tmp_path):
    labelled(30).to_csv(tmp_path / "in.csv", index=False)
    done = sentiment(
        "predict", "--models", models, "--input", tmp_path / "in.csv", "--output", tmp_path / "out.parquet"
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    predicted = pd.read_parquet(tmp_path / "out.parquet")
    assert list(predicted.columns) == ["sentiment", *COLUMNS]
    assert predicted["text"].tolist() == labelled(30)["review"].tolist()
    assert predicted["sentiment"].tolist() == labelled(30)["sentiment"].tolist()
    assert (predicted["label"] == labelled(30)["sentiment"]).mean() > 0.9


def test_the_keras_engine_gives_the_same_answer(models):
    plain, fast = (
        json.loads(ask("predict", "--models", models, "--json", "--engine", engine, "a good film").stdout)
        for ask, engine in ((sentiment_process, "keras"), (sentiment, "onnx"))
    )
    assert plain["label"] == fast["label"]
    assert plain["probability"] == pytest.approx(fast["probability"], abs=1e-5)


def test_what_is_close_to_the_threshold_is_called_uncertain_when_asked(models):
    done = sentiment("predict", "--models", models, "--json", "--uncertain", "0.5", "a good film")
    assert json.loads(done.stdout)["label"] == "uncertain"


def test_a_reader_that_goes_away_is_no_error(models):
    texts = "a good film\n" * 20_000
    command = f"'{sys.executable}' -m sentiment predict --models '{models}' | head -n 1"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, input=texts, capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], cwd=ROOT, input=texts, text=True, check=False)
    assert done.returncode == 128 + signal.SIGPIPE  # as of every program whose reader has gone


@pytest.mark.parametrize("form", ["csv", "table", "lines", "jsonl", "tsv"])
def test_standard_output_takes_the_form_that_was_asked_for(models, tmp_path, form):
    labelled(3).to_csv(tmp_path / "in.csv", index=False)
    command = ["predict", "--models", models, "--input", tmp_path / "in.csv", "--format", form]
    printed = sentiment(*command)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert printed.stdout.count("\n") == 3 + (form in ("csv", "table", "tsv"))
    assert sentiment(*command, "--output", "-").stdout == printed.stdout
    done = sentiment(*command, "--output", tmp_path / "out.any")
    assert (tmp_path / "out.any").read_text() == printed.stdout
    assert (done.stdout, done.stderr.split()) == ("", ["wrote", str(tmp_path / "out.any")])


def test_parquet_goes_through_a_pipe(models, tmp_path):
    predict = f"'{sys.executable}' -m sentiment predict --models '{models}' --format parquet 'a good film'"
    command = f"{predict} | cat > '{tmp_path}/p'"
    subprocess.run(["bash", "-c", command], cwd=ROOT, check=True)
    assert pd.read_parquet(tmp_path / "p")["label"].tolist() == ["positive"]


@pytest.mark.parametrize(
    ("redirected", "code", "part"),
    [
        ("'a film' > /dev/full", 1, "expected room on the disk to write standard output"),
        ("'a film' >&-", 1, "found it closed"),
        ("<&-", 2, "found no standard input"),
        ("'a film' --output /proc/x.csv", 1, "expected to be able to write /proc/x.csv"),
    ],
)
def test_what_cannot_be_read_or_written_is_one_line(models, redirected, code, part):
    command = f"'{sys.executable}' -m sentiment predict --models '{models}' {redirected}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    refused(done, part, code=code)


@pytest.mark.parametrize("form", ["", "--json"])
def test_an_explanation_that_nobody_reads_or_has_room_for_ends_as_a_prediction_does(models, form):
    words = " ".join(["a good film"] * 100)
    command = f"set -o pipefail; '{sys.executable}' -m sentiment explain --models '{models}' --gates {form} '{words}'"

    def done(then: str) -> subprocess.CompletedProcess:
        buffered = {**os.environ, "PYTHONUNBUFFERED": ""}  # without a buffer, Python forgets what a pipe did not take
        return subprocess.run(
            ["bash", "-c", f"{command} {then}"], cwd=ROOT, env=buffered, capture_output=True, text=True, check=False
        )

    unread = done("| head -c 9")
    assert (unread.returncode, unread.stderr) == (128 + signal.SIGPIPE, "")
    refused(done("> /dev/full"), "expected room on the disk to write standard output", code=1)


def test_an_evaluation_for_programs_that_there_is_no_room_for_is_one_line(models, tmp_path):
    labelled(40).assign(review=lambda reviews: reviews.review + " new").to_csv(tmp_path / "more.csv")
    command = (
        f"'{sys.executable}' -m sentiment evaluate --models '{models}' --data '{tmp_path}/more.csv' --json > /dev/full"
    )
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: expected room on the disk to write standard output")
    assert done.returncode == 1


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_a_text_that_is_no_utf8_is_refused(models, command):
    done = subprocess.run(
        [sys.executable, "-m", "sentiment", command, "--models", models, b"\xff good"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.stderr.decode().startswith("error: expected texts in UTF-8; found byte 0xff in one")
    assert done.returncode == 2


def test_names_with_brackets_are_told_as_they_are(models, tmp_path):
    done = sentiment("predict", "--models", models, "a good film", "--output", tmp_path / "o[final][/b].csv")
    assert done.stderr.split() == ["wrote", str(tmp_path / "o[final][/b].csv")]


def test_texts_are_utf8_whatever_the_locale_says(models):
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "ascii",
    }
    done = subprocess.run(
        [sys.executable, "-m", "sentiment", "predict", "--models", models, "--json", "naïve 👍"],
        cwd=ROOT, env=environment, capture_output=True, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout.decode("utf-8"))["text"] == "naïve 👍"


def started(*arguments: str | Path) -> subprocess.Popen[str]:
    """The command at work. Tests in the background of a shell, and who they start, would ignore an interrupt."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "sentiment", *map(str, arguments)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    signal.signal(signal.SIGINT, before)
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_prediction_that_is_ended_leaves_nothing_behind(models, tmp_path, number):
    (tmp_path / "in.csv").write_text("text\n" + "a good film\n" * 2_000_000)
    process = started("predict", "--models", models, "--input", tmp_path / "in.csv", "--output", tmp_path / "out.csv")
    while len(list(tmp_path.iterdir())) == 1:
        time.sleep(0.02)
    process.send_signal(number)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 128 + number
    assert errors == ("stopped; nothing was written\n" if number == signal.SIGINT else "")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_who_stops_a_training_is_told_that_it_goes_on(tmp_path):
    labelled(200).to_csv(tmp_path / "films.csv", index=False)
    settings = [part for setting in ("units=4", "epochs=5000", "patience=5000") for part in ("--set", setting)]
    process = started(
        "train", "--data", tmp_path / "films.csv", "--models", tmp_path / "models", "--only", "custom-lstm",
        "--no-baselines", *settings,
    )  # fmt: skip
    while not list(tmp_path.glob("models/films/.training/*/state.json")):
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "stopped; the same command goes on from what is done"
    assert "Traceback" not in errors


class ResourceExhaustedError(Exception):
    """As TensorFlow calls it."""


@pytest.mark.parametrize("lack", [MemoryError, ResourceExhaustedError])
def test_a_lack_of_memory_is_told_with_what_to_lower(lack):
    with pytest.raises(SentimentError, match="lower units, vocabulary_size, batch_size"), long_work():
        raise lack


def test_who_types_is_answered_line_by_line(models):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "sentiment", "predict", "--models", models]
    with subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        screen = b""
        for text, label in (("a good film", b"positive"), ("a bad film", b"negative")):
            os.write(ours, f"{text}\n".encode())
            while label not in screen:  # before the next line is typed
                screen += os.read(ours, 1_000)
        os.write(ours, b"\x04")
    os.close(ours)
    assert process.returncode == 0
    assert screen.count(b"Probability") == 1


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--input", "none.csv"], "No such file"),
        (["--input", "in.docx"], ".csv"),
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
def test_a_prediction_that_cannot_be_made_is_refused_and_nothing_is_written(models, tmp_path, arguments, part):
    labelled(10).to_csv(tmp_path / "in.csv", index=False)
    places = {"in.csv", "in.docx", "none.csv", "out.xlsx"}
    paths = [tmp_path / argument if argument in places else argument for argument in arguments]
    refused(sentiment("predict", "--models", models, *paths), part)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_the_input_is_never_the_output(models, tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("review\nA fine film.\n")
    refused(
        sentiment("predict", "--input", path, "--output", f"{tmp_path}/./reviews.csv", "--models", models),
        "another file for --output than for --input",
    )
    assert path.read_text() == "review\nA fine film.\n"
    refused(sentiment("predict", "--input", tmp_path / "none.csv", "--output", path, "--models", models), "none.csv")
    refused(sentiment("predict", "--run", "**x", "--models", models, "A fine film."), "expected a saved run named")


def test_a_file_that_turns_bad_half_way_leaves_no_output(models, tmp_path):
    lines = ['{"text": "a good film"}'] * 5_000 + ["this is no JSON"]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    done = sentiment("predict", "--models", models, "--input", tmp_path / "in.jsonl", "--output", tmp_path / "out.csv")
    refused(done, "line 5001")
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_run_is_exported_for_tensorflow_serving(models, tmp_path):
    shutil.copytree(models, tmp_path / "models")
    done = sentiment_process("export", "--models", tmp_path / "models", "--format", "savedmodel")
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "models").glob("films/*/savedmodel/1/saved_model.pb"))
    refused(sentiment("export", "--models", tmp_path / "models", "--format", "tflite"), "onnx, savedmodel")


def test_runs_can_be_evaluated_on_other_reviews(models, tmp_path):
    labelled(120)[100:].to_csv(tmp_path / "other.csv", index=False)  # those that it was tested on
    done = sentiment("evaluate", "--models", models, "--data", tmp_path / "other.csv", "--json")
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)
    assert (row["run"], row["reviews"], row["number"]) == ("films/custom-lstm-tiny-seed1", "other", 20)
    assert row["accuracy"] > 0.9
    assert "report" not in done.stderr  # it compares runs on their own reviews


def test_stars_are_evaluated_by_the_classes_that_are_named_and_refused_without(models, tmp_path):
    stars = labelled(120)[90:].reset_index(drop=True)
    stars["sentiment"] = np.where(stars.index % 3 == 0, 3, np.where(stars["sentiment"] == "positive", 5, 1))
    stars.assign(text="another").to_csv(tmp_path / "stars.csv", index=False)
    command = ["evaluate", "--models", models, "--data", tmp_path / "stars.csv", "--json"]
    refused(sentiment(*command, "--rejects", tmp_path / "rejects.csv"), "3 (10 rows)", "--positive 5 --negative 1")
    assert not (tmp_path / "rejects.csv").exists()
    done = sentiment(*command, "--positive", "5", "--negative", "1")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-3:] == [
        f"text column of {tmp_path / 'stars.csv'}: 'review'; 'text' would fit, too: choose with --text-column text",
        "labels: positive (5): 10; negative (1): 10",
        "set aside on purpose, neither positive nor negative: 3 (10 rows)",
    ]
    [row] = json.loads(done.stdout)
    assert row["number"] + row["left_out"] == 20
    assert row["accuracy"] > 0.9


def test_who_names_minus_one_as_an_option_s_value_is_understood(tmp_path):
    films = labelled(40).assign(sentiment=[-1, 0, 1, 1] * 10)
    films.to_csv(tmp_path / "films.csv", index=False)
    done = sentiment("train", "--data", tmp_path / "films.csv", "--models", tmp_path / "models", "--only", "x",
                     "--positive", "1", "--negative", "-1")  # fmt: skip
    assert "labels: positive (1): 20; negative (-1): 10" in done.stderr.splitlines()


def test_reviews_that_a_run_has_learnt_from_are_left_out_and_it_is_said(models, tmp_path):
    labelled(120).to_csv(tmp_path / "all.csv", index=False)
    done = sentiment("evaluate", "--models", models, "--data", tmp_path / "all.csv")
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if "films/" in line]
    assert line.split()[1:3] == ["20", "100"]
    assert "Left out: reviews that a run was trained on" in done.stdout


def test_runs_and_baselines_become_an_ensemble_and_mistakes_in_it_are_told(tmp_path):
    train_tiny(tmp_path)
    folder = tmp_path / "films"
    linear = folder / "baselines" / "nb-svm"
    shutil.copytree(folder / "custom-lstm-tiny-seed1", linear)  # what matters is what it has saved
    metrics = json.loads((linear / "metrics.json").read_text())
    (linear / "metrics.json").write_text(
        json.dumps({**metrics, "name": "nb-svm", "kind": "baseline", "architecture": "nb-svm", "preset": None})
    )
    members = ("custom-lstm-tiny-seed1", "nb-svm")
    done = sentiment("ensemble", *members, "--name", "two", "--models", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    assert [member["name"] for member in json.loads(done.stdout)["members"]] == list(members)
    assert "Ensemble: two" in (folder / "report" / "report.md").read_text()
    refused(sentiment("ensemble", members[0], "--name", "one", "--models", tmp_path), "at least two different members")
    assert [path.name for path in (folder / "ensembles").iterdir()] == ["two.json"]


def test_an_empty_text_is_refused(models):
    refused(sentiment("predict", "--models", models, " "), "expected a text")


def test_a_run_that_does_not_exist_is_refused_with_those_that_do(models):
    refused(sentiment("predict", "--models", models, "--run", "nope", "text"), "nope", "films/custom-lstm-tiny-seed1")
    refused(sentiment("evaluate", "--models", models, "--run", "nope"), "nope")


@pytest.fixture
def shipped(models, tmp_path) -> Path:
    """The small trained run, and the same as a shipped flagship, which has no Keras model."""
    folder = Path(shutil.copytree(models, tmp_path / "models"))
    shutil.copytree(folder / "films" / "custom-lstm-tiny-seed1", folder / "imdb" / "flagship")
    (folder / "imdb" / "flagship" / "model.keras").unlink()
    write_manifest(folder / "imdb" / "flagship")
    return folder


def answering(models: Path) -> str:
    return json.loads(sentiment("predict", "--models", models, "--json", "a good film").stdout)["run"]


def test_a_training_does_not_change_which_run_answers_and_says_how_a_new_one_does(shipped, tmp_path):
    labelled(40).to_csv(tmp_path / "mine.csv", index=False)
    assert answering(shipped) == "imdb/flagship"
    done = sentiment(
        "train", "--data", tmp_path / "mine.csv", "--models", shipped, "--only", "custom-lstm", "--no-baselines",
        "--set", "epochs=1", "--set", "minimum_steps=1", "--set", "units=4", "--set", "embedding_size=4",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [new] = (path.parent.name for path in shipped.glob("mine/*/manifest.json"))
    assert done.stderr.splitlines()[-1] == (
        "imdb/flagship answers where no run is named: it is shipped, and nobody has chosen another; a new run answers "
        f'with: sentiment predict --run mine/{new} --models {shipped} "A fine film.", or always after: '
        f"sentiment use mine/{new} --models {shipped}"
    )
    assert answering(shipped) == "imdb/flagship"
    assert sentiment("use", f"mine/{new}", "--models", shipped).returncode == 0
    assert answering(shipped) == f"mine/{new}"


def test_after_a_training_a_folder_without_a_shipped_run_says_what_answers_in_it(tmp_path):
    with err.capture() as written:
        only = save_fake(tmp_path, "mine", "gru")
        say_what_answers(tmp_path, ["mine/figures-alone", "mine/gru"])
        save_fake(tmp_path, "mine", "lstm")
        say_what_answers(tmp_path, ["mine/gru"])
        use_run(tmp_path, str(only))
        shutil.rmtree(only)
        say_what_answers(tmp_path, ["mine/lstm"])
    alone, several, gone = written.get().splitlines()
    assert alone == "mine/gru answers where no run is named: it is the only run"
    assert several.startswith("no run answers yet where none is named; a new run answers with: sentiment predict --run")
    assert gone.startswith("expected mine/gru, which was chosen to answer where no run is named")


def test_a_run_is_chosen_shown_and_the_choice_taken_back(shipped):
    def use(*arguments: str) -> str:
        done = sentiment("use", "--models", shipped, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    usual = "imdb/flagship answers where no run is named: it is shipped, and nobody has chosen another"
    chosen = "films/custom-lstm-tiny-seed1 answers where no run is named: it was chosen with: sentiment use"
    assert use() == usual
    assert use("custom-lstm-tiny-seed1") == f"{chosen} (before: imdb/flagship)"
    assert use() == chosen
    assert json.loads(use("--json")) == {"run": "films/custom-lstm-tiny-seed1", "reason": "chosen"}
    assert use("--reset") == f"{usual} (before: films/custom-lstm-tiny-seed1)"
    refused(sentiment("use", "--models", shipped, "flagship", "--reset"), "found --reset and flagship")
    refused(sentiment("use", "--models", shipped, "nope"), "expected a saved run named nope", "imdb/flagship")
    assert use() == usual


def test_who_takes_a_choice_back_where_nothing_else_decides_is_told_that_no_run_answers(shipped):
    (shipped / "imdb").rename(shipped / "books")
    refused(sentiment("use", "--models", shipped), "found 2 runs", "books/flagship, films/custom-lstm-tiny-seed1")
    assert sentiment("use", "--models", shipped, "flagship").stdout.endswith("(before: none)\n")
    done = sentiment("use", "--models", shipped, "--reset")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("no run is chosen any more. expected the name of a run")


@pytest.mark.parametrize("command", [("predict", "--engine", "keras", "a film"), ("export",)])
def test_what_needs_the_keras_model_is_never_done_with_another_run_than_the_default(shipped, command):
    done = sentiment(*command, "--models", shipped)
    refused(done, "expected model.keras in the run imdb/flagship", "with --run: films/custom-lstm-tiny-seed1")


def test_an_explanation_is_that_of_the_run_that_answers(shipped):
    done = sentiment_process("explain", "--models", shipped, "--json", "a good film")
    assert json.loads(done.stdout)["run"] == "imdb/flagship"


def test_without_any_run_the_way_to_train_one_is_told(tmp_path):
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


def test_evaluating_when_the_reviews_have_gone_says_which(models):
    refused(sentiment("evaluate", "--models", models), "films.csv")


BAD_FILES = {
    "no-columns.csv": (b"a,b\n1,2\n", "column"),
    "one-class.csv": (b"review,sentiment\n" + b"".join(b"film %d,positive\n" % i for i in range(40)), "positive"),
    "ten-rows.csv": (
        b"review,sentiment\n" + b"".join(b"film %d,%s\n" % (i, (b"positive", b"negative")[i % 2]) for i in range(10)),
        "20",
    ),
    "encodings.csv": ("review,sentiment\nnaïve,positive\n".encode() + "naïve,negative\n".encode("latin-1"), "line 3"),
    "empty.csv": (b"", "empty"),
    "label.csv": (b"review,sentiment\n" + b"a film,positive\n" * 30 + b"a film,\n", "row 31"),
    "third-value.csv": (b"review,sentiment\n" + b"a film,0\na play,1\na book,2\n" * 30, "2 (30 rows)"),
    "broken.tar.gz": (b"this is no archive at all", "archive"),
    "reviews.docx": (b"PK", ".csv"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_reviews_that_cannot_be_used_are_refused_and_nothing_is_written(name, tmp_path):
    content, part = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)
    refused(sentiment("train", "--data", tmp_path / name, "--models", tmp_path / "models"), part)
    assert not (tmp_path / "models").exists()


def test_a_missing_file_is_refused(tmp_path):
    refused(sentiment("train", "--data", tmp_path / "none.csv", "--models", tmp_path), "no such file")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--only", "transformer"], "custom-lstm, lstm, bilstm, gru"),
        (["--preset", "huge"], "standard"),
        (["--set", "unitz=3"], "unitz"),
        (["--set", "units=many"], "many"),
        (["--set", "units=64", "--from-pretrained", "some/encoder"], "no sizes beside an encoder"),
        (["--set", "seed=3", "--seeds", "2"], "use --seeds 3"),
        (["--set", "encoder_rate=0.5"], "expected a pretrained encoder with encoder_rate; found none"),
        (["--set", "frozen_fraction=0.5"], "expected name=value with one of the settings"),
        (["--set", "teacher_share=0.5"], "expected teachers or rounds with teacher_share"),
        (["--positive", "positive"], "expected --positive and --negative together; found --positive alone"),
        (
            ["--positive", "5", "--negative", "negative"],
            "no row with 5; the values are negative (20 rows), positive (20",
        ),
    ],
)
def test_settings_that_do_not_exist_are_refused(arguments, part, tmp_path):
    labelled(40).to_csv(tmp_path / "films.csv", index=False)
    done = sentiment("train", "--data", tmp_path / "films.csv", "--models", tmp_path / "models", *arguments)
    refused(done, part)
    assert not (tmp_path / "models").exists()


def test_the_table_of_an_evaluation_fits_eighty_columns_with_no_name_or_figure_broken(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    row = {
        "run": "imdb/custom-lstm-standard-seed1", "number": 25_000, "left_out": 0, "reviews": "test",
        "accuracy": 0.89088, "accuracy_ci95": [0.887, 0.8947], "log_loss": 0.268, "saved_accuracy": 0.89088,
        "recall_negative": 0.8712, "recall_positive": 1.0, "balance": "Of the 25,000 ...", "shortcoming": None,
    }  # fmt: skip
    with out.capture() as written:
        print_evaluations([row], as_json=False)
    lines = written.get().splitlines()
    assert max(map(len, lines)) <= 80
    [line] = [line for line in lines if "imdb" in line]
    name = "imdb/custom-lstm-standard-seed1"
    assert line.split() == [name, "89.09%", "88.70–89.47", "87.12%", "100.00%", "0.268"]
    assert "Of the 25,000 ..." in lines


def test_a_column_that_does_not_fit_is_said_to_be_missing_and_one_that_does_is_there(monkeypatch, capsys):
    row = {
        "run": "imdb/custom-lstm-standard-seed1", "number": 25_000, "left_out": 0, "reviews": "test",
        "accuracy": 0.89088, "accuracy_ci95": [0.887, 0.8947], "log_loss": 0.268, "saved_accuracy": 0.89,
        "recall_negative": 0.8712, "recall_positive": 1.0, "balance": "", "shortcoming": None,
    }  # fmt: skip
    evaluated = [row, row | {"reviews": "other-films", "number": 24_000, "left_out": 1_000, "saved_accuracy": None}]
    for width, missing in ((200, False), (80, True)):
        monkeypatch.setenv("COLUMNS", str(width))
        with out.capture() as written:
            print_evaluations(evaluated, as_json=False)
        text = written.get()
        assert ("no room here for: Log loss" in capsys.readouterr().err) == missing
        assert ("0.268" in text) != missing
        assert "87.12%" in text
        assert max(map(len, text.splitlines())) <= width


def test_a_run_that_says_one_class_of_all_reviews_is_said_to_do_so_on_the_terminal_and_beside_json(capsys):
    evaluation = Evaluation("films/gru", "other", None, measure(np.array([1] * 19 + [0]), np.full(20, 0.9)))
    sentence = 'films/gru says "positive" of all 20 reviews; its 95.00% is the share of positive reviews.'
    with out.capture() as written:
        print_evaluations(rows([evaluation]), as_json=False)
    assert sentence in written.get().splitlines()
    assert "Of the 20 reviews of other 95.00% are positive" in written.get()
    print_evaluations(rows([evaluation]), as_json=True)
    printed = capsys.readouterr()
    [row] = json.loads(printed.out)
    assert (row["recall_negative"], row["recall_positive"]) == (0.0, 1.0)
    assert sentence == f"films/gru {row['shortcoming']}"
    assert sentence in printed.err


def test_the_table_after_a_training_fits_eighty_columns_with_recall_of_both_classes(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    row = Row(
        name="custom-lstm-compact", kind=Kind.NETWORK, architecture="custom-lstm", preset="compact", seeds=[1, 2, 3],
        dtype="float32",
        parameters=1, validation_accuracy=0.9, test_accuracy=0.9312, test_accuracy_ci95=[0.928, 0.9343],
        test_accuracy_sd=0.1, test_accuracy_seeds_ci95=[0.92, 0.94], recall_negative=0.9214, recall_positive=0.9411,
        f1=0.9, roc_auc=0.9, log_loss=0.179, calibration_error=0.1, train_seconds=1.0, seconds_per_epoch=1_094.7,
        tokens_per_second=139_496.0, dataset={}, pretrained=True, teachers=["nb-svm"],
    )  # fmt: skip
    sentence = 'Keras GRU says "positive" of all 40 test reviews; its 95.00% is the share of positive reviews.'
    written = ReportPaths(
        tmp_path, tmp_path, tmp_path / "leaderboard.json", (row,), "A verdict.", (sentence,), "The balance.", ()
    )
    with out.capture() as printed:
        print_report(written, as_json=False)
    table, rest = printed.get().split("The balance.")
    assert max(map(len, table.splitlines())) <= 80
    assert ["93.12%", "92.80–93.43", "92.14%", "94.11%", "0.179", "1094.7"] in [
        line.split()[-6:] for line in table.splitlines()
    ]
    assert sentence in rest.splitlines()
    written.leaderboard.write_text("[]")
    print_report(written, as_json=True)
    assert sentence in capsys.readouterr().err


def test_an_evaluation_on_more_than_one_set_of_reviews_says_which_figure_is_of_which():
    figures = {
        "accuracy": 0.9, "accuracy_ci95": [0.88, 0.92], "log_loss": 0.3, "left_out": 0, "saved_accuracy": None,
        "recall_negative": 0.9, "recall_positive": 0.9, "balance": "", "shortcoming": None,
    }  # fmt: skip
    evaluated = [{"run": f"films/{name}", "number": 50, "reviews": name, **figures} for name in ("test", "others")]
    with out.capture() as written:
        print_evaluations(evaluated, as_json=False)
    lines = [line.split()[:3] for line in written.get().splitlines() if "films/" in line]
    assert lines == [["films/test", "test", "50"], ["films/others", "others", "50"]]


def test_a_long_name_is_folded_and_no_figure_cut(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    figures = {
        "Test accuracy": "89.23%", "95% interval": "88.84–89.61", "Log loss": "0.267", "Seconds per epoch": "19.1",
        "Tokens per second": "180,817",
    }  # fmt: skip
    name = "Keras BiLSTM (units-64-epochs-12-max_length-200-learning_rate-0.001-averaging-0.9)"
    with out.capture() as written:
        print_columns([("Model", [name]), *((header, [figure]) for header, figure in figures.items())])
    lines = written.get().splitlines()
    assert max(map(len, lines)) <= 80
    [line] = [line for line in lines if "89.23%" in line]
    assert line.split()[-5:] == list(figures.values())
    assert "".join(name.split()) in "".join(line[:32].strip() for line in lines).replace(" ", "")


@pytest.mark.parametrize("command", ["train", "evaluate"])
@pytest.mark.parametrize("option", [["--text-column", "body"], ["--positive", "5", "--negative", "1"]])
def test_a_column_without_a_file_is_refused(command, option, monkeypatch):
    monkeypatch.delenv("SENTIMENT_DATA", raising=False)
    refused(sentiment(command, *option), "expected --data with columns", "name the file they are in")


@pytest.mark.parametrize("command", ["train", "pretrain", "label-efficiency", "flagship", "compact", "evaluate"])
def test_every_command_that_reads_reviews_takes_the_labels_of_the_classes(command):
    shown = sentiment(command, "--help").stdout
    for option in ("--positive", "--negative", "--label-column", "--rejects"):
        assert option in shown


def test_options_of_one_text_are_refused_with_the_check_of_many():
    refused(sentiment("explain", "--check", "--gates"), "expected --check alone or with --method; found --gates")


def test_sizes_that_are_no_numbers_are_refused_before_the_reviews_are_read():
    done = sentiment("label-efficiency", "--data", "nowhere.csv", "--sizes", "100,many")
    assert done.returncode == 2
    assert done.stderr.strip() == ("error: expected numbers of labels, such as 100,1000; found '100,many'; see --sizes")
