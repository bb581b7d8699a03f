"""Child processes that are measured. A request is one line of JSON on standard input, an answer one on standard output.

    Process            the child, seen from its parent
    answer_requests    the loop within the child

    {"do": "prepare", "task": {...}}  ->  {"seconds": 0.1, ...}

The child's only argument is JSON, too. It ends when its standard input closes. The answer to a request that fails is
`{"error": "..."}`.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self, TypeVar

from sentiment.errors import BenchmarkError

TIMEOUT = 900  # seconds for one answer; compiling takes a while, but not for ever
ROOT = Path(__file__).parents[1]

Handlers = dict[str, Callable[..., dict[str, Any]]]  # by the name of the request; called with the task, if it has one


def environment(back_end: str = "tensorflow") -> dict[str, str]:
    """The environment of every measured process: this project's code, CPUs only, everything else as it is."""
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(path),
        "KERAS_BACKEND": "jax" if back_end == "jax" else "tensorflow",
        "CUDA_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def last_line(output: bytes) -> str:
    """The last line that a process wrote, which names the error."""
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "no message"


class Process:
    """A module of this project in a child process, which ends with the `with` block.

    `send` and `receive` are separate so that several processes can prepare at the same time.

    Args:
        title: its name in messages.
        module: calls `answer_requests`.
        arguments: what it starts with, as JSON.
        back_end: of Keras, if it uses Keras.

    Raises:
        BenchmarkError: from every method that waits for an answer, if the child failed, ended or took too long.
    """

    def __init__(self, title: str, module: str, arguments: dict[str, Any], back_end: str = "tensorflow") -> None:
        self._title = title
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115, closed in close()
        self._request = "to start"
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, json.dumps(arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment(back_end),
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C goes to the parent alone, which cleans up
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def send(self, request: str, task: Any = None) -> None:
        """Sends a request, with a dataclass that describes the task."""
        self._request = f"{request} a {task}" if task else request
        line = {"do": request} | ({"task": asdict(task)} if task else {})
        with contextlib.suppress(BrokenPipeError):  # `receive` reports it
            print(json.dumps(line), file=self._process.stdin, flush=True)

    def receive(self) -> dict[str, Any]:
        """Waits for the answer to the last request."""
        timer = threading.Timer(TIMEOUT, self._process.kill)
        timer.start()
        line = self._process.stdout.readline()  # type: ignore[union-attr]
        timer.cancel()
        answer = json.loads(line) if line.endswith("\n") else {"error": self._reason_of_death()}
        if "error" in answer:
            raise BenchmarkError(f"expected {self._title} to {self._request}; found: {answer['error']}")
        return answer

    def ask(self, request: str, task: Any = None) -> dict[str, Any]:
        """Sends a request and waits for its answer."""
        self.send(request, task)
        return self.receive()

    def seconds(self, task: Any) -> float:
        """Seconds of one step of a task that was prepared."""
        return self.ask("step", task)["seconds"]

    def close(self) -> None:
        """Kills the child, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            with contextlib.suppress(BrokenPipeError):  # a request that the child has not read
                stream.close()  # type: ignore[union-attr]

    def _reason_of_death(self) -> str:
        code = self._process.wait()
        if code < 0:
            return f"it was killed by signal {-code}, as happens when memory runs out or after {TIMEOUT} seconds"
        self._errors.seek(0)
        return f"it ended with {code}: {last_line(self._errors.read())}"


AnyProcess = TypeVar("AnyProcess", bound=Process)


def prepare_all(processes: Sequence[AnyProcess], task: Any, at_once: int = 2) -> dict[AnyProcess, dict[str, Any]]:
    """Lets each process prepare the task, `at_once` at a time, because nothing that counts is timed; gives the
    answers.
    """
    answers = {}
    for first in range(0, len(processes), at_once):
        some = processes[first : first + at_once]
        for process in some:
            process.send("prepare", task)
        answers.update({process: process.receive() for process in some})
    return answers


def answer_requests(start: Callable[[dict[str, Any]], Handlers]) -> None:
    """Answers requests until standard input closes.

    Args:
        start: takes the arguments of the process and gives a handler for each request.
    """
    # Libraries print to standard output at will, so the answers get a descriptor of their own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    handlers = start(json.loads(sys.argv[1]))
    for line in sys.stdin:
        request = json.loads(line)
        task = [request["task"]] if "task" in request else []
        try:
            answer = handlers[request["do"]](*task)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:300]}
        print(json.dumps(answer), file=answers, flush=True)
