"""Servers in processes of their own: `sentiment serve`, and the same without batches.

python -m benchmarks.serving models dataset/run        the latter: one text at a time
"""

import contextlib
import http.client
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.talking import ROOT, environment
from sentiment.errors import BenchmarkError

_ADDRESS = re.compile(rb"serving on (http://\S+)")
_PATIENCE = 60  # seconds until it is ready, and again until it has stopped


def ours(run: Path) -> list[str]:
    """The command that serves a run as people do."""
    models, name = run.parent.parent, f"{run.parent.name}/{run.name}"
    return [sys.executable, "-m", "sentiment", "serve", "--models", str(models), "--run", name, "--port", "0"]


def one_by_one(run: Path) -> list[str]:
    """The command that serves a run without computing together what waits at the same time."""
    models, name = run.parent.parent, f"{run.parent.name}/{run.name}"
    return [sys.executable, "-m", "benchmarks.serving", str(models), name]


@contextlib.contextmanager
def serving(command: list[str]) -> Iterator[str]:
    """A block in which a server answers; gives its address.

    Raises:
        BenchmarkError: it does not come up.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, env=environment(), cwd=ROOT,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield _wait_until_ready(process, log.fileno())
        finally:
            process.terminate()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(process: "subprocess.Popen[bytes]", log: int) -> str:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        found = _ADDRESS.search(os.pread(log, 1 << 16, 0))  # without moving the place where the server writes on
        if found and _is_ready(found[1].decode()):
            return found[1].decode()
        time.sleep(0.1)
    lines = os.pread(log, 1 << 16, 0).decode(errors="replace").strip().splitlines()  # what it said last, too
    raise BenchmarkError(f"expected a server to be ready; found: {lines[-1][:300] if lines else 'no word'}")


def _is_ready(address: str) -> bool:
    to = urlsplit(address)
    connection = http.client.HTTPConnection(to.hostname or "", to.port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _main() -> None:
    from sentiment.server import ServerSettings, serve

    serve(Path(sys.argv[1]), ServerSettings(port=0, batch=1, runs=(sys.argv[2],)))


if __name__ == "__main__":
    _main()
