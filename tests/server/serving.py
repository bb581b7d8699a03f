"""An application called without a network, and one that serves in a process of its own."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from app.server import ServerSettings, create_app

ROOT = Path(__file__).parent.parent.parent
ADDRESS = re.compile(r"serving on (http://\S+)")


def calling(models: Path, settings: ServerSettings | None = None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(models, settings), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")


class Served:
    """A server in a process of its own, and what it has logged."""

    def __init__(self, models: Path, *arguments: str) -> None:
        script = Path(__file__).parent / "slow_server.py"
        self.process = subprocess.Popen(
            [sys.executable, script, "--models", models, *arguments],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait_for(lambda: ADDRESS.search(self.log))
        self.url = ADDRESS.search(self.log)[1]
        self.wait_for(self._is_ready)

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def post(self, path: str, **values: object) -> httpx.Response:
        return httpx.post(self.url + path, json=values, timeout=60)

    def figure(self, name: str) -> float:
        """The sum of a figure over its labels."""
        lines = httpx.get(f"{self.url}/metrics").text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if re.match(rf"{name}[{{ ]", line))

    def wait_for(self, condition: Callable[[], object], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None or "stopped" in self.log, self.log
            assert time.monotonic() < end, f"waited in vain; the log:\n{self.log}"
            time.sleep(0.05)

    def stop(self) -> int:
        """Asks it to stop; its exit code."""
        self.process.terminate()
        code = self.process.wait(60)
        self._reader.join(10)
        return code

    def _read(self) -> None:
        for line in self.process.stderr:
            self.lines.append(line)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False
