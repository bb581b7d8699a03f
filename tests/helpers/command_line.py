"""The command line as tests call it: in this process, or in one of its own."""

import contextlib
import io
import os
import subprocess
import sys
import warnings
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"COLUMNS": "120", "NO_COLOR": "1"}

Done = subprocess.CompletedProcess[str]


def sentiment(*arguments: object, cwd: Path = ROOT, stdin: str = "", **environment: str) -> Done:
    """Runs `sentiment` in this process, which saves the imports of a new one.

    An error that is no message for a user is raised; a new process would show its traceback.

    Args:
        arguments: of the command.
        cwd: the folder it runs in.
        stdin: its standard input.
        environment: more variables.
    """
    from sentiment.cli import main

    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for name in ("stdout", "stderr")}
    streams["stdin"] = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
    code: object = 0
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, ENVIRONMENT | environment))
        stack.enter_context(mock.patch.multiple(sys, argv=["sentiment", *map(str, arguments)], **streams))
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(contextlib.chdir(cwd))
        try:
            main()
        except SystemExit as end:
            code = end.code
    output, errors = (_written(streams[name]) for name in ("stdout", "stderr"))
    return subprocess.CompletedProcess(arguments, 0 if code is None else code, output, errors)


def sentiment_process(*arguments: object, cwd: Path = ROOT, stdin: str = "", **environment: str) -> Done:
    """Runs `python -m sentiment` in a new process, where the process itself is what is tested."""
    return subprocess.run(
        [sys.executable, "-m", "sentiment", *map(str, arguments)],
        cwd=cwd, env={**os.environ, **ENVIRONMENT, **environment}, input=stdin, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def refused(done: Done, *parts: str, code: int = 2) -> None:
    """Asserts that a command ended with one line of error, which has these parts, and printed nothing else."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for part in parts:
        assert part in lines[0]


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()
