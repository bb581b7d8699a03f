"""`sentiment use` and the default run: training never changes it, a person does."""

import json
import shutil
from pathlib import Path

import pytest

from helpers.command_line import refused, sentiment, sentiment_process
from helpers.fake_runs import save_fake
from helpers.trained import labelled_reviews
from sentiment.cli.console import err, say_what_answers
from sentiment.runs.saved_run import use_run, write_manifest


@pytest.fixture
def shipped(models, tmp_path) -> Path:
    """The small trained run, and a copy of it as a shipped flagship, which has no Keras model."""
    folder = Path(shutil.copytree(models, tmp_path / "models"))
    shutil.copytree(folder / "films" / "custom-lstm-tiny-seed1", folder / "imdb" / "flagship")
    (folder / "imdb" / "flagship" / "model.keras").unlink()
    write_manifest(folder / "imdb" / "flagship")
    return folder


def default_run(models: Path) -> str:
    return json.loads(sentiment("predict", "--models", models, "--json", "a good film").stdout)["run"]


def test_training_does_not_change_the_default_run_and_says_how_to_use_the_new_one(shipped, tmp_path):
    labelled_reviews(40).to_csv(tmp_path / "mine.csv", index=False)
    assert default_run(shipped) == "imdb/flagship"
    done = sentiment(
        "train", "--data", tmp_path / "mine.csv", "--models", shipped, "--only", "custom-lstm", "--no-baselines",
        "--set", "epochs=1", "--set", "minimum_steps=1", "--set", "units=4", "--set", "embedding_size=4",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [new] = (path.parent.name for path in shipped.glob("mine/*/manifest.json"))
    lines = done.stderr.splitlines()
    assert "plan: 1 network to train (custom-lstm)" in done.stderr
    # Not the default run of this folder, which has learnt from the test reviews.
    adapt = f"sentiment adapt --run models/mixed-reviews/everyday --data {tmp_path / 'mine.csv'} --models {shipped}"
    assert adapt in done.stderr
    rows = json.loads((shipped / "mine" / "leaderboard.json").read_text())
    assert [row["kind"] for row in rows] == ["network", "shipped"]
    assert "(shipped, not" in done.stdout
    assert f"{rows[1]['name']}, the last row, is " in done.stdout
    assert lines[-5:] == [
        f"read the report: {(shipped / 'mine' / 'report' / 'index.html').as_uri()}",
        "imdb/flagship answers where no run is named: it is shipped, and nobody has chosen another",
        f'ask mine/{new}: sentiment predict --run mine/{new} --models {shipped} "A fine film."',
        f"judge a file: sentiment predict --run mine/{new} --models {shipped} --input FILE --output verdicts.csv",
        f"make it the default: sentiment use mine/{new} --models {shipped}",
    ]
    assert default_run(shipped) == "imdb/flagship"
    assert sentiment("use", f"mine/{new}", "--models", shipped).returncode == 0
    assert default_run(shipped) == f"mine/{new}"


def test_after_training_the_default_run_of_a_folder_without_a_shipped_run_is_printed(tmp_path):
    with err.capture() as written:
        only = save_fake(tmp_path, "mine", "gru")
        say_what_answers(tmp_path, ["mine/figures-alone", "mine/gru"])
        save_fake(tmp_path, "mine", "lstm")
        say_what_answers(tmp_path, ["mine/gru"])
        use_run(tmp_path, str(only))
        shutil.rmtree(only)
        say_what_answers(tmp_path, ["mine/lstm"])
    alone, ask_it, judge_with_it, several, ask, judge, use, gone = written.get().splitlines()
    assert alone == "mine/gru answers where no run is named: it is the only run"
    assert ask_it == f'ask mine/gru: sentiment predict --models {tmp_path} "A fine film."'
    assert judge_with_it.startswith(f"judge a file: sentiment predict --models {tmp_path} --input")
    assert several == "no run answers yet where none is named"
    assert ask.startswith("ask mine/gru: sentiment predict --run mine/gru --models")
    assert judge.startswith("judge a file: sentiment predict --run mine/gru --models")
    assert use.startswith("make it the default: sentiment use mine/gru --models")
    assert gone.startswith("expected mine/gru, which was chosen to answer where no run is named")


def test_use_chooses_shows_and_resets_the_default_run(shipped):
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


def test_reset_says_when_no_run_is_the_default_any_more(shipped):
    (shipped / "imdb").rename(shipped / "books")
    refused(sentiment("use", "--models", shipped), "found 2 runs", "books/flagship, films/custom-lstm-tiny-seed1")
    assert sentiment("use", "--models", shipped, "flagship").stdout.endswith("(before: none)\n")
    done = sentiment("use", "--models", shipped, "--reset")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("no run is chosen any more. expected the name of a run")


@pytest.mark.parametrize("command", [("predict", "--engine", "keras", "a film"), ("export",)])
def test_a_default_run_without_its_keras_model_is_not_replaced_by_another_run(shipped, command):
    done = sentiment(*command, "--models", shipped)
    refused(done, "expected model.keras in the run imdb/flagship", "with --run: films/custom-lstm-tiny-seed1")


def test_explain_uses_the_default_run(shipped):
    done = sentiment_process("explain", "--models", shipped, "--json", "a good film")
    assert json.loads(done.stdout)["run"] == "imdb/flagship"
