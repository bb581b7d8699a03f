"""A process that asks servers as many clients do at once, see `benchmarks.talking`:

    {"do": "prepare", "task": {...}}     each request once: the probabilities
    {"do": "step", "task": {...}}        a round: how many were answered in how many seconds, how long they took, and
                                         how many were not

Each client keeps its connection, and asks again as soon as it has its answer. Requests are bytes from the start, and
answers are not parsed: what asks shares the processor with what answers.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from benchmarks.answering import Material
from benchmarks.talking import Requests, listen

_TEXTS = 200  # that take turns
_LONGEST = 10_000  # characters of one: the service refuses more than twice that
_PATIENCE = 60  # seconds for one answer
_OK = b"200"


@dataclass(frozen=True)
class Load:
    """Clients that ask a server at the same time."""

    server: str  # in files
    address: str
    clients: int
    seconds: float

    def __str__(self) -> str:
        return f"load of {self.clients} clients on {self.address}"


@dataclass
class _Counted:
    seconds: list[float] = field(default_factory=list)  # of each answer
    errors: int = 0


class _Client:
    """A connection that is opened again after an error."""

    def __init__(self, address: str) -> None:
        self._to = urlsplit(address)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def request(self, body: bytes) -> bytes:
        """What goes over the wire."""
        head = (
            f"POST /v1/predict HTTP/1.1\r\nHost: {self._to.netloc}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def ask(self, request: bytes) -> tuple[bytes, bytes]:
        """Status and body.

        Raises:
            OSError, EOFError, ValueError: no answer, or none of the kind we expect.
        """
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._to.hostname, self._to.port)
        reader, writer = self._streams
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            status = head.split(b" ", 2)[1]
            lengths = [line[15:] for line in head.lower().splitlines() if line.startswith(b"content-length:")]
            return status, await reader.readexactly(int(lengths[0]))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None


def _start(given: dict[str, Any]) -> Requests:
    texts = [text[:_LONGEST] for text in islice(cycle(Material.read(given["material"]).reviews), _TEXTS)]
    bodies = [json.dumps({"texts": text}).encode() for text in texts]

    def prepare(values: dict[str, Any]) -> dict[str, Any]:
        return {"probabilities": asyncio.run(_each_once(Load(**values), bodies))}

    def step(values: dict[str, Any]) -> dict[str, Any]:
        counted, seconds = asyncio.run(_from_all(Load(**values), bodies))
        if not counted.seconds:
            raise RuntimeError(f"no request was answered, {counted.errors} failed")
        middle, late = (float(value) for value in np.quantile(counted.seconds, [0.5, 0.99]))
        answered = len(counted.seconds)
        rates = {"requests": answered, "errors": counted.errors, "requests_per_second": answered / seconds}
        return rates | {"p50_seconds": middle, "p99_seconds": late}

    return {"prepare": prepare, "step": step}


async def _each_once(load: Load, bodies: list[bytes]) -> list[float]:
    client, found = _Client(load.address), []
    for body in bodies:
        status, answer = await asyncio.wait_for(client.ask(client.request(body)), _PATIENCE)
        if status != _OK:
            raise RuntimeError(f"status {status.decode()}: {answer[:200].decode(errors='replace')}")
        found.append(json.loads(answer)["predictions"][0]["probability"])
    client.close()
    return found


async def _from_all(load: Load, bodies: list[bytes]) -> tuple[_Counted, float]:
    """What all clients counted, and how long it took until the last had its answer."""
    counted, start = _Counted(), time.perf_counter()
    end = start + load.seconds
    async with asyncio.TaskGroup() as group:
        for number in range(load.clients):
            first = number * len(bodies) // load.clients  # no two read the same at once
            group.create_task(_from_one(load.address, [*bodies[first:], *bodies[:first]], end, counted))
    return counted, time.perf_counter() - start


async def _from_one(address: str, bodies: list[bytes], end: float, counted: _Counted) -> None:
    client = _Client(address)
    requests = cycle([client.request(body) for body in bodies])
    while (asked := time.perf_counter()) < end:
        try:
            status, _ = await asyncio.wait_for(client.ask(next(requests)), _PATIENCE)
        except (OSError, EOFError, ValueError, IndexError):  # time is up for one of these, too: TimeoutError
            counted.errors += 1
            continue
        if status == _OK:
            counted.seconds.append(time.perf_counter() - asked)
        else:
            counted.errors += 1
    client.close()


if __name__ == "__main__":
    listen(_start)
