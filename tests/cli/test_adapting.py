"""`sentiment adapt`: one's own texts, without TensorFlow, and refusals that say what to do."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.command_line import ROOT, refused, sentiment
from sentiment.support.paths import SHIPPED_MODELS

COMPACT = SHIPPED_MODELS / "imdb" / "compact"
OPINIONS = {
    "complaint": ["the parcel came late", "the box was broken", "nobody answers my mail", "they charged me twice"],
    "praise": ["the staff was lovely", "it came a day early", "a great shop", "the best socks I own"],
    "question": ["do you ship to Spain", "is there a smaller size", "when do you open", "can I return it"],
}
_WITHOUT = ("tensorflow", "keras", "torch", "jax", "matplotlib", "numba", "pyarrow")


def write_opinions(path: Path, names: tuple[str, ...], each: int = 12) -> Path:
    rows = [f'"{text}, order {i}",{name}' for i in range(each // 4) for name in names for text in OPINIONS[name]]
    path.write_text("\n".join(["text,label", *rows, ""]), encoding="utf-8")
    return path


@pytest.fixture
def opinions(tmp_path) -> Path:
    return write_opinions(tmp_path / "mine.csv", ("complaint", "praise", "question"))


def without_heavy_packages(*arguments: object, blocked: tuple[str, ...] = _WITHOUT) -> subprocess.CompletedProcess[str]:
    """The command in a process in which these packages cannot be imported."""
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({blocked!r})); sys.argv = ['sentiment', *sys.argv[1:]]\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {blocked!r}: raise ModuleNotFoundError(name=name)\n"
        f"for name in {blocked!r}: del sys.modules[name]\n"
        "sys.meta_path.insert(0, Missing())\n"
        "from sentiment.cli import main\nmain()"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, env={**os.environ, "COLUMNS": "120"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_sigterm_ends_it_in_a_line(opinions, tmp_path, monkeypatch):
    def stopped(*_arguments: object) -> None:
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("sentiment.experiments.adaptation.adapt", stopped)
    done = sentiment("adapt", "--data", opinions, "--run", COMPACT, "--models", tmp_path / "models")
    assert done.returncode == 128 + signal.SIGTERM
    assert done.stderr.splitlines()[-1] == "stopped; nothing was written"


def test_without_tensorflow_it_writes_a_run_that_predicts_and_explains(opinions, tmp_path):
    models = tmp_path / "models"
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = without_heavy_packages("adapt", "--data", opinions, "--run", COMPACT, "--models", models)
    assert done.returncode == 0, done.stderr
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 10
    assert "mine/adapted" in done.stdout
    assert "of the 7 test reviews right" in done.stdout
    assert f"wrote {models / 'mine' / 'adapted'}" in done.stderr
    predicted = without_heavy_packages("predict", "--models", models, "--run", "mine/adapted", "--json", "a great shop")
    answer = json.loads(predicted.stdout)
    assert set(answer["probabilities"]) == set(OPINIONS)
    assert answer["run"] == "mine/adapted"
    explained = without_heavy_packages("explain", "--models", models, "--run", "mine/adapted", "--json", "a great shop")
    assert json.loads(explained.stdout)["probabilities"] == pytest.approx(answer["probabilities"], abs=1e-4)


def test_json_has_the_figures_of_all(opinions, tmp_path):
    done = sentiment("adapt", "--data", opinions, "--run", COMPACT, "--models", tmp_path, "--json", "--name", "other")
    assert done.returncode == 0, done.stderr
    written = json.loads(done.stdout)
    assert (written["run"], written["from"]) == ("mine/other", "imdb/compact")
    assert next(iter(written["test"])) == "mine/other"
    low, high = written["test"]["mine/other"]["accuracy_ci95"]
    assert low <= written["test"]["mine/other"]["accuracy"] <= high
    assert written["sentence"].endswith(".")


def test_a_missing_package_names_the_small_extra(opinions, tmp_path):
    done = without_heavy_packages(
        "adapt", "--data", opinions, "--run", COMPACT, "--models", tmp_path, blocked=("sklearn",)
    )
    assert done.returncode == 1
    assert "expected the packages of the extra adapt; sklearn is not installed" in done.stderr
    assert "Traceback" not in done.stderr


def test_fine_tuning_without_tensorflow_names_the_extra_before_any_work(opinions, tmp_path):
    done = without_heavy_packages("adapt", "--deep", "--data", opinions, "--run", COMPACT, "--models", tmp_path / "m")
    assert done.returncode == 1
    assert "expected the packages of the extra train; " in done.stderr
    assert "labels:" not in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_learnt_from_is_refused_with_advice(tmp_path, monkeypatch):
    monkeypatch.delenv("SENTIMENT_DATA", raising=False)
    to = ("--run", COMPACT, "--models", tmp_path / "models")
    refused(sentiment("adapt", *to), "expected your labelled reviews", "--data")
    few = write_opinions(tmp_path / "few.csv", ("complaint", "praise"), each=8)
    refused(sentiment("adapt", "--data", few, *to), "expected at least 20 labelled reviews", "found 16")
    single = write_opinions(tmp_path / "single.csv", ("complaint",), each=40)
    done = sentiment("adapt", "--data", single, *to)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "models").exists()


def test_reviews_of_another_file_of_that_name_are_not_mixed_in(opinions, tmp_path):
    to = ("--run", COMPACT, "--models", tmp_path / "models")
    assert sentiment("adapt", "--data", opinions, *to).returncode == 0
    (tmp_path / "elsewhere").mkdir()
    other = write_opinions(tmp_path / "elsewhere" / "mine.csv", ("praise", "question"))
    refused(sentiment("adapt", "--data", other, *to), "mine.csv alone", "--again")
    assert sentiment("adapt", "--data", other, "--again", *to).returncode == 0


def test_an_adapted_run_is_evaluated_and_reported_like_others(opinions, tmp_path):
    models = tmp_path / "models"
    assert sentiment("adapt", "--data", opinions, "--run", COMPACT, "--models", models).returncode == 0
    evaluated = sentiment("evaluate", "--run", "mine/adapted", "--models", models, "--json")
    assert evaluated.returncode == 0, evaluated.stderr
    [row] = json.loads(evaluated.stdout)
    assert row["accuracy"] == row["saved_accuracy"]
    assert row["number"] == 7
    reported = sentiment("report", "mine", "--models", models)
    assert reported.returncode == 0, reported.stderr
    assert "Adapted: adapted" in reported.stdout
