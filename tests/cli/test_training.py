"""`sentiment train` and the commands like it: wrong reviews, settings and options are refused before any work."""

import json
import shutil
from unittest import mock

import pytest

from helpers.command_line import refused, sentiment
from helpers.fake_results import BLANK
from helpers.trained import labelled_reviews
from sentiment.errors import RunError
from sentiment.report.figures.pictures import Picture


def test_minus_one_can_be_the_value_of_an_option(tmp_path):
    films = labelled_reviews(40).assign(sentiment=[-1, 0, 1, 1] * 10)
    films.to_csv(tmp_path / "films.csv", index=False)
    done = sentiment("train", "--data", tmp_path / "films.csv", "--models", tmp_path / "models", "--only", "x",
                     "--positive", "1", "--negative", "-1")  # fmt: skip
    assert "labels: as named; negative (-1): 10; positive (1): 20" in done.stderr.splitlines()


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
def test_unusable_reviews_are_refused_and_nothing_is_written(name, tmp_path):
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
def test_wrong_settings_are_refused_and_nothing_is_written(arguments, part, tmp_path):
    labelled_reviews(40).to_csv(tmp_path / "films.csv", index=False)
    done = sentiment("train", "--data", tmp_path / "films.csv", "--models", tmp_path / "models", *arguments)
    refused(done, part)
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("command", ["train", "pretrain", "label-efficiency", "flagship", "compact"])
def test_a_folder_that_cannot_be_written_to_is_refused_before_any_work(command, tmp_path):
    labelled_reviews(40).to_csv(tmp_path / "films.csv", index=False)
    (tmp_path / "file").write_text("")
    done = sentiment(command, "--data", tmp_path / "films.csv", "--models", tmp_path / "file")
    refused(done, f"expected to be able to write {tmp_path / 'file' / 'films'}; found", code=1)
    assert "epoch" not in done.stderr


@pytest.mark.parametrize("command", ["train", "pretrain", "label-efficiency", "flagship", "compact"])
def test_an_unknown_path_of_the_layer_is_refused_before_the_reviews_are_read(command, tmp_path):
    missing = tmp_path / "none.csv"
    done = sentiment(command, "--data", missing, "--models", tmp_path / "models", SENTIMENT_LSTM="nonsense")
    refused(done, "expected SENTIMENT_LSTM to be one of auto, keras, fast", "found 'nonsense'")
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("command", ["train", "evaluate"])
@pytest.mark.parametrize("option", [["--text-column", "body"], ["--positive", "5", "--negative", "1"]])
def test_a_column_without_a_file_is_refused(command, option, monkeypatch):
    monkeypatch.delenv("SENTIMENT_DATA", raising=False)
    refused(sentiment(command, *option), "expected --data with columns", "name the file they are in")


@pytest.mark.parametrize("command", ["train", "pretrain", "label-efficiency", "flagship", "compact", "evaluate"])
def test_every_command_that_reads_reviews_has_the_options_for_labels(command):
    shown = sentiment(command, "--help").stdout
    for option in ("--positive", "--negative", "--label-column", "--rejects"):
        assert option in shown


def test_sizes_that_are_not_numbers_are_refused_before_the_reviews_are_read():
    done = sentiment("label-efficiency", "--data", "nowhere.csv", "--sizes", "100,many")
    assert done.returncode == 2
    assert done.stderr.strip() == ("error: expected numbers of labels, such as 100,1000; found '100,many'; see --sizes")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder of models, and the command that trained one of `mine.csv` there, beside a shipped model."""
    folder = tmp_path_factory.mktemp("trained")
    labelled_reviews(40).to_csv(folder / "mine.csv", index=False)
    command = [
        "train", "--data", folder / "mine.csv", "--models", folder, "--only", "custom-lstm", "--no-baselines",
        "--set", "epochs=1", "--set", "minimum_steps=1", "--set", "units=4", "--set", "embedding_size=4",
    ]  # fmt: skip
    picture = Picture("blank", "Blank", "Nothing.", (BLANK,))
    with mock.patch("sentiment.report.pages.draw", return_value=[picture]):  # drawing takes seconds
        done = sentiment(*command)
        assert done.returncode == 0, done.stderr
        assert kinds(folder) == ["network", "shipped"]
        yield folder, command


def kinds(models) -> list[str]:
    """Of the rows of the leaderboard."""
    return [row["kind"] for row in json.loads((models / "mine" / "leaderboard.json").read_text())]


def test_a_shipped_model_that_cannot_be_measured_costs_no_report(trained, monkeypatch):
    models, command = trained
    for error, code, line in (
        (KeyboardInterrupt(), 130, "stopped; "),
        (RunError("expected an ONNX model; found another"), 0, "expected an ONNX model; found another"),
    ):
        (models / "mine" / "leaderboard.json").unlink()
        (models / "mine" / "report" / "index.html").unlink()
        monkeypatch.setattr("sentiment.experiments.briefing.beside_shipped", mock.Mock(side_effect=error))
        done = sentiment(*command)
        assert done.returncode == code, done.stderr
        assert line in done.stderr
        assert (models / "mine" / "report" / "index.html").is_file()
        assert kinds(models)[0] == "network"
    assert "read the report: " in done.stderr
    assert kinds(models) == ["network"]


def test_training_without_a_shipped_model_removes_the_row_of_before(trained, monkeypatch):
    models, command = trained
    assert sentiment(*command).returncode == 0
    assert kinds(models) == ["network", "shipped"]
    monkeypatch.setattr("sentiment.experiments.briefing._shipped", list)
    done = sentiment(*command)
    assert (done.returncode, kinds(models)) == (0, ["network"])
    assert not (models / "mine" / "shipped.json").exists()
    assert "everyday" not in (models / "mine" / "report" / "index.html").read_text()


def test_a_damaged_row_of_a_shipped_model_stops_no_command(trained, tmp_path):
    models = shutil.copytree(trained[0], tmp_path / "models")
    [run] = (manifest.parent.name for manifest in models.glob("mine/*/manifest.json"))
    shutil.copytree(models / "mine" / run, models / "mine" / "twin")
    (models / "mine" / "shipped.json").write_text('{"id": "0", "row": {"test_accuracy": null}}')
    for command in (["report", "mine"], ["evaluate", "--run", f"mine/{run}"], ["ensemble", run, "twin", "--name", "x"]):
        done = sentiment(*command, "--models", models)
        assert done.returncode == 0, done.stderr
        assert "no row of a shipped model: expected a readable result in " in done.stderr
