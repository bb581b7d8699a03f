"""A process of ours that is measured: a request a line in, an answer a line out, both in JSON.

    Talk      such a process, seen from the one that started it
    listen    the loop within it

    {"do": "prepare", "task": {...}}  ->  {"seconds": 0.1, ...}

What it was started with is its only argument, in JSON, too. It ends when nothing more can come in. A request that
fails is answered with `{"error": "..."}`.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sentiment.errors import BenchmarkError

PATIENCE = 900  # seconds for one answer; compiling may take a while, but not for ever
ROOT = Path(__file__).parents[1]

Requests = dict[str, Callable[..., dict[str, Any]]]  # what to do, by the name of the request; given the task, if any


def environment(back_end: str = "tensorflow") -> dict[str, str]:
    """The environment of every process that is measured: this project's code, processors only, nothing else changed."""
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(path),
        "KERAS_BACKEND": "jax" if back_end == "jax" else "tensorflow",
        "CUDA_VISIBLE_DEVICES": "",
        "JAX_PLATFORMS": "cpu",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


class Talk:
    """A module of ours in a process of its own. Asking and waiting for the answer are two, so that several prepare at
    once.

    Args:
        title: what it is called in messages.
        module: calls `listen`.
        given: what it starts with.
        back_end: of Keras, if it uses that.

    Raises:
        BenchmarkError: from every method that waits for an answer: the process failed, ended or took too long.
    """

    def __init__(self, title: str, module: str, given: dict[str, Any], back_end: str = "tensorflow") -> None:
        self._title = title
        self._said = tempfile.TemporaryFile()  # noqa: SIM115, closed in close()
        self._asked = "to start"
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=environment(back_end),
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C is for the process that knows what to tidy up
        )

    def ask(self, request: str, task: Any = None) -> None:
        """Sends a request, with a dataclass that says more of it."""
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
            raise BenchmarkError(f"expected {self._title} to {self._asked}; found: {answer['error']}")
        return answer

    def step(self, task: Any) -> dict[str, Any]:
        """Does once what was prepared."""
        self.ask("step", task)
        return self.answer()

    def seconds(self, task: Any) -> float:
        """How long that took."""
        return self.step(task)["seconds"]

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


AnyTalk = TypeVar("AnyTalk", bound=Talk)


class Talks:
    """Processes that end together with a block, however it ends."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, talk: AnyTalk) -> AnyTalk:
        """The same process, which is now closed with the others."""
        self._stack.callback(talk.close)
        return talk


def prepare_all(talks: Sequence[AnyTalk], task: Any, at_once: int = 2) -> dict[AnyTalk, dict[str, Any]]:
    """Has each process prepare the task, some at once: nothing is timed meanwhile that counts. Gives their answers."""
    answers = {}
    for first in range(0, len(talks), at_once):
        some = talks[first : first + at_once]
        for talk in some:
            talk.ask("prepare", task)
        answers.update({talk: talk.answer() for talk in some})
    return answers


def listen(start: Callable[[dict[str, Any]], Requests]) -> None:
    """Answers requests until there are no more.

    Args:
        start: makes of what the process was started with what it does for each request.
    """
    # Libraries print to standard output at will; the answers keep a way of their own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    does = start(json.loads(sys.argv[1]))
    for line in sys.stdin:
        request = json.loads(line)
        task = [request["task"]] if "task" in request else []
        try:
            answer = does[request["do"]](*task)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:300]}
        print(json.dumps(answer), file=answers, flush=True)
