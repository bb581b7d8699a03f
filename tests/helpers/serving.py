"""An application called without a network, one that serves in a process of its own, and versions of a run."""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from sentiment.server import ServerSettings, create_app
from sentiment.support.storage import new_folder

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(r"serving on (http://\S+)")
AT_THE_GATE = "at the gate"  # what slow_server.py logs once a prediction waits


def calling(models: Path, settings: ServerSettings | None = None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(models, settings), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


def replace_run(folder: Path, by: Path) -> None:
    """Replaces the network of a run by another, as a training does."""
    with new_folder(folder) as new:
        shutil.copytree(by, new, dirs_exist_ok=True)


class Served:
    """A server in a process of its own, and what it has logged.

    Args:
        command: Python's arguments.
    """

    def __init__(self, *command: str | Path) -> None:
        helpers = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}  # slow_server.py imports from here
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=helpers,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait_for(lambda: ADDRESS.search(self.log))
        self.url = ADDRESS.search(self.log)[1]
        self.client = httpx.Client(base_url=self.url, timeout=60, verify=False)
        self.wait_for(self.is_ready)

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def post(self, path: str, **values: object) -> httpx.Response:
        return self.client.post(path, json=values)

    def figure(self, name: str) -> float:
        """The sum of a metric over its labels."""
        lines = self.client.get("/metrics").text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if re.match(rf"{name}[{{ ]", line))

    def is_ready(self) -> bool:
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def wait_for(self, condition: Callable[[], object], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.log
            assert time.monotonic() < end, f"waited in vain; the log:\n{self.log}"
            time.sleep(0.02)

    def exit_code(self) -> int:
        """Waits for the exit code; the log is complete then."""
        code = self.process.wait(60)
        self._reader.join(10)
        return code

    def kill(self) -> None:
        """Kills the process, if it still runs."""
        self.process.kill()
        self.process.wait(10)

    def _read(self) -> None:
        for line in self.process.stderr:
            self.lines.append(line)
