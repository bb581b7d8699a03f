"""Starts the workers of one machine, and starts them again where one was ended.

Each worker is the same command in a process of its own, told apart by the variables that `torchrun` sets, too. Over
several machines, `torchrun` starts them.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from sentiment.distributed.workers import require_torch, size_in_environment
from sentiment.errors import SentimentError

RESTARTS = 3
_LOOK = 0.1  # seconds between two looks at the workers
_GRACE = 5.0  # seconds in which the others may notice that one is gone
_FAREWELL = 60.0  # seconds from SIGTERM to SIGKILL: the first may be writing a checkpoint
_LAST_LINES = 3  # of what another worker than the first wrote


@dataclass(frozen=True)
class End:
    """How the workers ended."""

    code: int = 0  # exit code
    rank: int = 0  # of the worker that caused it
    signal: str = ""  # that ended it; "" where it ended by itself


def is_worker() -> bool:
    """Whether this process is one of several workers. Raises as `size_in_environment`."""
    return size_in_environment() > 1


def launch(command: Sequence[str], count: int, notify: Callable[[str], None], restarts: int = RESTARTS) -> int:
    """Runs a command as several workers, until all have ended.

    The first worker writes to the terminal. After one was ended by a signal, all are started again and continue from
    the last checkpoint.

    Args:
        command: program and arguments.
        count: of workers; each gets its share of the cores.
        notify: is told what happened to a worker, a line each.
        restarts: how often, at most.

    Returns:
        The exit code of the worker that failed; 0 where none did.

    Raises:
        MissingExtraError: PyTorch is missing.
        SentimentError: a worker was ended by a signal once more than `restarts`.
    """
    require_torch()
    for attempt in range(1, restarts + 2):
        end = _run(command, count, notify)
        if not end.signal:
            return end.code
        who = f"worker {end.rank + 1} of {count} was ended by {end.signal}"
        if attempt <= restarts:
            notify(f"{who}; starting again from the last checkpoint ({attempt} of {restarts})")
    raise SentimentError(
        f"expected {count} workers that end by themselves; found that {who}, and others {restarts} times before; look "
        "at the memory of the machine, which may be too little for all of them, and run the same command to continue"
    )


def _run(command: Sequence[str], count: int, notify: Callable[[str], None]) -> End:
    workers: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory() as folder:
        outputs = [open(os.path.join(folder, str(rank)), "w+b") for rank in range(1, count)]  # noqa: PTH118, PTH123, SIM115
        try:
            port = _free_port()
            for rank in range(count):
                workers.append(_start(command, rank, count, port, outputs[rank - 1] if rank else None))
            end = _watch(workers)
        finally:
            _end(workers)
            for output in outputs:
                output.flush()
        if end.code and end.rank and not end.signal:
            for line in _last_lines(outputs[end.rank - 1]):
                notify(f"worker {end.rank + 1} of {count}: {line}")
        for output in outputs:
            output.close()
    return end


def _start(
    command: Sequence[str], rank: int, count: int, port: int, output: BinaryIO | None
) -> "subprocess.Popen[bytes]":
    named = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count}
    variables = named | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    environment = os.environ | {name: str(value) for name, value in variables.items()}
    if not hasattr(os, "sched_setaffinity"):
        return subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    all_cores = os.sched_getaffinity(0)
    share = set(sorted(all_cores)[rank::count])
    os.sched_setaffinity(0, share or all_cores)  # the new process has the cores of this one
    try:
        return subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    finally:
        os.sched_setaffinity(0, all_cores)


def _watch(workers: "Sequence[subprocess.Popen[bytes]]") -> End:
    """Waits until all have ended, or one has failed."""
    while all(not worker.poll() for worker in workers):
        if all(worker.returncode == 0 for worker in workers):
            return End()
        time.sleep(_LOOK)
    # The one that failed first may not be the one that is seen first: the others fail because of it.
    deadline = time.monotonic() + _GRACE
    while time.monotonic() < deadline and any(worker.poll() is None for worker in workers):
        time.sleep(_LOOK)
    codes = {rank: worker.returncode for rank, worker in enumerate(workers) if worker.returncode}
    for rank, code in codes.items():
        if name := _signal_of(code):
            return End(1, rank, name)
    rank = min(codes, key=lambda rank: (codes[rank] != 2, rank))  # a mistake of the user is told, not what follows
    return End(codes[rank], rank)


def _signal_of(code: int) -> str:
    """The signal that ended a process, which may have cleaned up before; "" where none did."""
    number = -code if code < 0 else code - 128
    return signal.Signals(number).name if number in set(signal.Signals) else ""


def _end(workers: "Sequence[subprocess.Popen[bytes]]") -> None:
    """Ends those that still run."""
    for worker in workers:
        if worker.poll() is None:
            worker.terminate()
    deadline = time.monotonic() + _FAREWELL
    for worker in workers:
        try:
            worker.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def _last_lines(output: BinaryIO) -> list[str]:
    output.seek(0)
    return output.read().decode("utf-8", "replace").splitlines()[-_LAST_LINES:]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def this_command() -> list[str]:
    """The command line of this process, as a new one can run it."""
    return [sys.executable, "-m", "sentiment", *sys.argv[1:]]
