"""The Makefile: every target is listed, and what a person gives arrives letter by letter."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STAMPS = [f".venv/.installed{part}" for part in ("", "-train", "-serve", "-search", "-dev")]


@pytest.fixture
def project(tmp_path) -> Path:
    """A folder that looks set up, with a command that only says how it was called."""
    command = tmp_path / ".venv" / "bin" / "sentiment"
    command.parent.mkdir(parents=True)
    command.write_text('#!/bin/sh\nfor argument in "$@"; do printf "<%s>" "$argument"; done\n')
    command.chmod(0o755)
    for name in ("pyproject.toml", "constraints.txt", *STAMPS):
        (tmp_path / name).touch()
    return tmp_path


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", "--no-print-directory", "-f", str(ROOT / "Makefile"), *arguments],
        cwd=folder,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_alone_lists_every_target_with_one_line(project):
    listed = set(re.findall(r"^  make ([a-z-]+) +\S", make(project).stdout, re.MULTILINE))
    defined = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert listed == defined


@pytest.mark.parametrize(
    "text",
    [
        "A fine film.",
        """It's "fine", `id`, isn't it?""",
        "It cost $5, $HOME, $(shell echo no) and $$ more; ${x} \\ # %",
        "two\nlines",
        "-- --run x",
        "naïve 👍 — ok",
    ],
)
@pytest.mark.parametrize("from_environment", [False, True])
def test_a_text_arrives_letter_by_letter(project, text, from_environment):
    done = make(project, "predict", TEXT=text) if from_environment else make(project, "predict", f"TEXT={text}")
    assert done.stdout == f"<predict><--><{text}>", done.stderr


def test_a_file_is_predicted_instead_of_a_text(project):
    done = make(project, "predict", "INPUT=my reviews.csv", "COLUMN=body text", "OUTPUT=out.csv", "RUN=a")
    expected = "<predict><--input><my reviews.csv><--column><body text><--output><out.csv><--run><a>"
    assert done.stdout == expected, done.stderr


def test_the_run_and_the_format_reach_an_export(project):
    assert make(project, "export", "RUN=a", "FORMAT=savedmodel").stdout == "<export><--run><a><--format><savedmodel>"
    assert make(project, "export").stdout == "<export>"


def test_the_run_that_is_to_answer_reaches_the_command(project):
    assert make(project, "use", "RUN=my run").stdout == "<use><--><my run>"
    assert make(project, "use").stdout == "<use>"
    assert make(project, "use", "ARGS=--reset").stdout == "<use><--reset>"


def test_a_text_to_explain_arrives_with_its_run(project):
    text = "It's $5, isn't it? --run"
    assert make(project, "explain", f"TEXT={text}", "RUN=a").stdout == f"<explain><--run><a><--><{text}>"
    assert make(project, "explain-check", "RUN=a").stdout == "<explain><--check><--run><a>"


def test_the_settings_of_a_training_reach_the_command(project):
    done = make(project, "train", "DATA=my reviews.csv", "SEEDS=3", "PRESET=quick", "ONLY=gru,lstm")
    assert done.stdout == "<train><--data><my reviews.csv><--preset><quick><--only><gru,lstm><--seeds><3>"


def test_without_settings_the_command_uses_its_own(project):
    assert make(project, "train").stdout == "<train>"
    assert make(project, "evaluate", "RUN=a", "DATA=b.csv").stdout == "<evaluate><--run><a><--data><b.csv>"


def test_a_python_that_is_too_old_or_too_new_is_refused(project):
    fake = project / "python-of-yore"
    fake.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 2.7.18"\nexit 1\n')
    fake.chmod(0o755)
    (project / ".venv" / ".installed").unlink()
    done = make(project, "setup", f"PYTHON={fake}")
    assert done.returncode != 0
    assert "expected Python 3.11 to 3.13; found Python 2.7.18" in done.stderr


def test_what_python_compiles_is_kept_for_the_next_command_and_the_next_test(project):
    (project / ".venv" / "bin" / "sentiment").write_text('#!/bin/sh\nprintf "<%s>" "$PYTHONDONTWRITEBYTECODE"\n')
    assert make(project, "pretrain", PYTHONDONTWRITEBYTECODE="1").stdout == "<>"
    assert not sys.dont_write_bytecode
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ


def test_two_extras_are_not_installed_at_once(project):
    # While pip is busy with the environment, the folder `busy` is there.
    python = project / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\ncase "$*" in *install*) mkdir busy || exit 1; sleep 0.2; rmdir busy; esac\n')
    python.chmod(0o755)
    for stamp in STAMPS[1:]:
        (project / stamp).unlink()
    done = make(project, "-j4", "setup")
    assert done.returncode == 0, done.stderr


def test_cleaning_leaves_runs_and_downloads(project):
    precious = [project / "models" / "imdb" / "run" / "model.keras", project / "data" / "aclImdb_v1.tar.gz"]
    for path in precious:
        path.parent.mkdir(parents=True)
        path.touch()
    for name in ("app", "benchmarks", "tests"):
        (project / name / "__pycache__").mkdir(parents=True)
    assert make(project, "clean").returncode == 0
    assert all(path.exists() for path in precious)
    assert not (project / ".venv").exists()
    assert not (project / "app" / "__pycache__").exists()


def test_the_reviews_reach_a_pretraining(project):
    assert make(project, "pretrain", "DATA=my texts.csv").stdout == "<pretrain><--data><my texts.csv>"


def test_the_reviews_and_the_sizes_reach_a_measurement_of_what_labels_buy(project):
    done = make(project, "label-efficiency", "DATA=my texts.csv", "ARGS=--sizes 100,300")
    assert done.stdout == "<label-efficiency><--data><my texts.csv><--sizes><100,300>", done.stderr
