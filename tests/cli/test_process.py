"""The command line as a process: pipes, full disks, signals, encodings and a terminal."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from helpers.command_line import refused, sentiment_process
from helpers.trained import labelled_reviews

ROOT = Path(__file__).parents[2]


def test_the_help_names_every_command():
    done = sentiment_process("--help")
    assert done.returncode == 0
    for command in ("train", "evaluate", "predict", "export", "report", "use"):
        assert command in done.stdout


def test_version_prints_the_version_of_the_package():
    from sentiment import __version__

    assert sentiment_process("--version").stdout.strip() == __version__


def test_a_closed_pipe_ends_the_command_without_a_message(models):
    texts = "a good film\n" * 20_000
    command = f"'{sys.executable}' -m sentiment predict --models '{models}' | head -n 1"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, input=texts, capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], cwd=ROOT, input=texts, text=True, check=False)
    assert done.returncode == 128 + signal.SIGPIPE  # as with every program whose pipe is closed


def test_parquet_can_be_written_to_a_pipe(models, tmp_path):
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
def test_input_or_output_that_fails_is_reported_in_one_line(models, redirected, code, part):
    command = f"'{sys.executable}' -m sentiment predict --models '{models}' {redirected}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    refused(done, part, code=code)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("where", ["2> /dev/full", "2>&-", "2>&1 > verdicts.txt | true"])
def test_remarks_that_cannot_be_printed_change_neither_the_verdict_nor_the_exit_code(
    models, tmp_path, where, unbuffered
):
    (tmp_path / "x.txt").touch()  # about which there is a remark

    def done(arguments: str) -> tuple[int, str]:
        command = f"set -o pipefail; '{sys.executable}' -m sentiment predict --models '{models}' {arguments} {where}"
        environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
        ended = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        verdicts = tmp_path / "verdicts.txt"
        return ended.returncode, verdicts.read_text() if verdicts.exists() else ended.stdout

    code, output = done("x.txt 'a good film'")
    assert code == 0
    assert [line.split("\t")[0] for line in output.splitlines()][1:] == ["positive"]
    (tmp_path / "in.csv").write_text("text\na good film\n")
    assert done("--input in.csv --output out.csv") == (0, "")
    assert "positive" in (tmp_path / "out.csv").read_text()
    assert done("--run none 'a good film'") == (2, "")
    assert done("--no-such-option") == (2, "")


@pytest.mark.parametrize("form", ["", "--json"])
def test_explain_handles_a_closed_pipe_and_a_full_disk_as_predict_does(models, form):
    words = " ".join(["a good film"] * 100)
    command = f"set -o pipefail; '{sys.executable}' -m sentiment explain --models '{models}' --gates {form} '{words}'"

    def done(then: str) -> subprocess.CompletedProcess:
        buffered = {**os.environ, "PYTHONUNBUFFERED": ""}  # without a buffer, Python drops what a pipe did not accept
        return subprocess.run(
            ["bash", "-c", f"{command} {then}"], cwd=ROOT, env=buffered, capture_output=True, text=True, check=False
        )

    unread = done("| head -c 9")
    assert (unread.returncode, unread.stderr) == (128 + signal.SIGPIPE, "")
    refused(done("> /dev/full"), "expected room on the disk to write standard output", code=1)


def test_evaluate_json_on_a_full_disk_ends_with_one_error_line(models, tmp_path):
    labelled_reviews(40).assign(review=lambda reviews: reviews.review + " new").to_csv(tmp_path / "more.csv")
    command = (
        f"'{sys.executable}' -m sentiment evaluate --models '{models}' --data '{tmp_path}/more.csv' --json > /dev/full"
    )
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: expected room on the disk to write standard output")
    assert done.returncode == 1


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_a_text_that_is_not_utf8_is_refused(models, command):
    done = subprocess.run(
        [sys.executable, "-m", "sentiment", command, "--models", models, b"\xff good"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.stderr.decode().startswith("error: expected texts in UTF-8; found byte 0xff in one")
    assert done.returncode == 2


def test_texts_are_utf8_whatever_the_locale(models):
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
    """Starts the command, able to be interrupted even where these tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "sentiment", *map(str, arguments)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    signal.signal(signal.SIGINT, before)
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_prediction_leaves_no_partial_file(models, tmp_path, number):
    (tmp_path / "in.csv").write_text("text\n" + "a good film\n" * 2_000_000)
    process = started("predict", "--models", models, "--input", tmp_path / "in.csv", "--output", tmp_path / "out.csv")
    while len(list(tmp_path.iterdir())) == 1:
        time.sleep(0.02)
    process.send_signal(number)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 128 + number
    assert errors == "stopped; the same command goes on from what is done\n"
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_stopped_training_says_that_the_same_command_resumes_it(tmp_path):
    labelled_reviews(200).to_csv(tmp_path / "films.csv", index=False)
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


@pytest.mark.parametrize("options", [[], ["--json"], ["--format", "csv"], ["--format", "table"]], ids=" ".join)
def test_in_a_pipe_each_line_is_answered_before_the_next_is_written(options, models):
    command = [sys.executable, "-m", "sentiment", "predict", "--models", models, *options]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, bufsize=0, **pipes) as process:
        for text, label in (("a good film", b"positive"), ("a bad film", b"negative"), ("good", b"positive")):
            process.stdin.write(f"{text}\n".encode())
            answer = b""
            while text.encode() not in answer:  # the header of a table or a CSV file comes first
                answer = process.stdout.readline()
            assert label in answer
        process.stdin.write(b"a good film and no end of the line")
        process.stdin.close()
        assert b"no end of the line" in process.stdout.read()
    assert process.returncode == 0


def test_a_reader_that_has_enough_ends_it_while_it_waits_for_lines(models):
    command = [sys.executable, "-m", "sentiment", "predict", "--models", models]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, bufsize=0, **pipes) as process:
        process.stdin.write(b"a good film\n")
        assert process.stdout.readline()
        process.stdout.close()
        process.stdin.write(b"a bad film\n")
        assert process.wait(timeout=60) == 128 + signal.SIGPIPE  # with standard input still open
        assert process.stderr.read() == b""


def test_on_a_terminal_each_line_is_answered_before_the_next_is_typed(models):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "sentiment", "predict", "--models", models]
    with subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        screen = b""
        for text, label in (("a good film", b"positive"), ("a bad film", b"negative")):
            os.write(ours, f"{text}\n".encode())
            while label not in screen:  # the answer comes before the next line is typed
                screen += os.read(ours, 1_000)
        os.write(ours, b"\x04")
    os.close(ours)
    assert process.returncode == 0
    assert screen.count(b"Confidence") == 1
