"""HTTP servers in child processes: `sentiment serve`, and the same without batches.

python -m benchmarks.predictions.servers models dataset/run    the latter: one text at a time
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.protocol import ROOT, environment, last_line
from sentiment.errors import BenchmarkError

_ADDRESS = re.compile(rb"serving on (http://\S+)")
_TIMEOUT = 60  # seconds until it is ready, and again until it has stopped
_LOG_BYTES = 1 << 16


def batching(run: Path) -> list[str]:
    """The command that serves a run as users do."""
    models, name = run.parent.parent, f"{run.parent.name}/{run.name}"
    return [sys.executable, "-m", "sentiment", "serve", "--models", str(models), "--run", name, "--port", "0"]


def one_by_one(run: Path) -> list[str]:
    """The command that serves a run without computing waiting texts together."""
    models, name = run.parent.parent, f"{run.parent.name}/{run.name}"
    return [sys.executable, "-m", "benchmarks.predictions.servers", str(models), name]


@contextlib.contextmanager
def serving(command: list[str]) -> Iterator[str]:
    """A block in which a server answers; gives its address.

    Raises:
        BenchmarkError: the server does not start.
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
                process.wait(_TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(process: "subprocess.Popen[bytes]", log: int) -> str:
    end = time.monotonic() + _TIMEOUT
    while time.monotonic() < end and process.poll() is None:
        # pread leaves the position at which the server writes as it is.
        if (match := _ADDRESS.search(os.pread(log, _LOG_BYTES, 0))) and _is_ready(match[1].decode()):
            return match[1].decode()
        time.sleep(0.1)
    raise BenchmarkError(f"expected a server to be ready; found: {last_line(os.pread(log, _LOG_BYTES, 0))}")


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _main() -> None:
    from sentiment.server import ServerSettings, serve

    serve(Path(sys.argv[1]), ServerSettings(port=0, batch=1, runs=(sys.argv[2],)))


if __name__ == "__main__":
    _main()
