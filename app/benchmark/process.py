"""A worker, seen from the process that started it."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from app.benchmark.contenders import Contender, Task
from app.errors import BenchmarkError

PATIENCE = 900  # seconds for one answer; compiling may take a while, but not for ever
_ROOT = Path(__file__).parent.parent.parent


def environment(back_end: str = "tensorflow") -> dict[str, str]:
    """The environment of every process that is measured: this project's code, processors only, nothing else changed."""
    path = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(path),
        "KERAS_BACKEND": "jax" if back_end == "jax" else "tensorflow",
        "CUDA_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


class Process:
    """A contender at one thread setting. Asking and waiting for the answer are two, so that several prepare at once.

    Raises:
        BenchmarkError: from every method that waits for an answer: the contender failed, ended or took too long.
    """

    def __init__(self, contender: Contender, threads: int) -> None:
        self.contender, self.threads = contender, threads
        self._said = tempfile.TemporaryFile()  # noqa: SIM115, closed in close()
        self._asked = "to start"
        given = json.dumps({"contender": asdict(contender), "threads": threads})
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.benchmark.worker", given],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=environment(contender.back_end),
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C is for the process that knows what to tidy up
        )

    def ask(self, request: str, task: Task | None = None) -> None:
        """Sends a request of `app.benchmark.worker`."""
        self._asked = f"{request} a {task}" if task else request
        line = {"do": request} | ({"task": asdict(task)} if task else {})
        with contextlib.suppress(BrokenPipeError):  # told when the answer is missing
            print(json.dumps(line), file=self._process.stdin, flush=True)

    def answer(self) -> dict[str, Any]:
        """Waits for the answer to the request that was sent last."""
        late = threading.Timer(PATIENCE, self._process.kill)
        late.start()
        line = self._process.stdout.readline()  # type: ignore[union-attr]
        late.cancel()
        answer = json.loads(line) if line.endswith("\n") else {"error": self._end()}
        if "error" in answer:
            raise BenchmarkError(
                f"expected {self.contender.title} with {self.threads} threads to {self._asked}; "
                f"found: {answer['error']}"
            )
        return answer

    def seconds(self, task: Task) -> float:
        """Does one step that was prepared."""
        self.ask("step", task)
        return self.answer()["seconds"]

    def close(self) -> None:
        """Ends the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._said):
            with contextlib.suppress(BrokenPipeError):  # a request it has not read
                stream.close()  # type: ignore[union-attr]

    def _end(self) -> str:
        """Why there is no answer."""
        code = self._process.wait()
        if code < 0:
            return f"it was killed by signal {-code}, as happens when memory runs out or after {PATIENCE} seconds"
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return f"it ended with {code}: {lines[-1][:300] if lines else 'no word'}"


class Processes:
    """Processes that end together with a block, however it ends."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> "Processes":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def start(self, contender: Contender, threads: int) -> Process:
        process = Process(contender, threads)
        self._stack.callback(process.close)
        return process


def prepare_all(processes: Sequence[Process], task: Task, at_once: int = 2) -> dict[Process, dict[str, Any]]:
    """Has each process prepare the task, some at once: nothing is timed meanwhile that counts. Gives their answers."""
    answers = {}
    for first in range(0, len(processes), at_once):
        some = processes[first : first + at_once]
        for process in some:
            process.ask("prepare", task)
        answers.update({process: process.answer() for process in some})
    return answers
