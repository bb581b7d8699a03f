"""A child process with many HTTP clients, see `benchmarks.protocol`:

    {"do": "prepare", "task": {...}}     each request once: the probabilities
    {"do": "step", "task": {...}}        a round: requests per second, how long they took, and how many failed

There is a connection for each client, which sends its next request as soon as it has an answer. Bodies are encoded
beforehand and answers are not parsed, because the clients share the processor with the server.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

import httpx
import numpy as np

from benchmarks.predictions.worker import Material
from benchmarks.protocol import Handlers, answer_requests

_TEXTS = 200  # that take turns
_LONGEST = 10_000  # characters of a text: the service refuses more than twice that
_TIMEOUT = 60  # seconds for one answer


@dataclass(frozen=True)
class Load:
    """Clients that send requests to a server at the same time."""

    server: str  # in files
    address: str
    clients: int
    seconds: float

    def __str__(self) -> str:
        return f"load of {self.clients} clients on {self.address}"


@dataclass
class _Counts:
    seconds: list[float] = field(default_factory=list)  # of each answer
    errors: int = 0


def _start(arguments: dict[str, Any]) -> Handlers:
    texts = [text[:_LONGEST] for text in islice(cycle(Material.read(arguments["material"]).reviews), _TEXTS)]
    bodies = [json.dumps({"texts": text}).encode() for text in texts]

    def prepare(values: dict[str, Any]) -> dict[str, Any]:
        return {"probabilities": asyncio.run(_each_once(Load(**values), bodies))}

    def step(values: dict[str, Any]) -> dict[str, Any]:
        counts, seconds = asyncio.run(_all_clients(Load(**values), bodies))
        if not counts.seconds:
            raise RuntimeError(f"no request was answered, {counts.errors} failed")
        p50, p99 = (float(value) for value in np.quantile(counts.seconds, [0.5, 0.99]))
        answered = len(counts.seconds)
        rates = {"requests": answered, "errors": counts.errors, "requests_per_second": answered / seconds}
        return rates | {"p50_seconds": p50, "p99_seconds": p99}

    return {"prepare": prepare, "step": step}


def _client(load: Load) -> httpx.AsyncClient:
    """Connections for all clients, without settings of the environment such as proxies."""
    return httpx.AsyncClient(
        base_url=load.address,
        headers={"Content-Type": "application/json"},
        limits=httpx.Limits(max_connections=load.clients, max_keepalive_connections=load.clients),
        timeout=_TIMEOUT,
        trust_env=False,
        verify=False,  # plain HTTP: no certificates to read
    )


async def _each_once(load: Load, bodies: list[bytes]) -> list[float]:
    probabilities = []
    async with _client(load) as client:
        for body in bodies:
            answer = (await client.post("/v1/predict", content=body)).raise_for_status()
            probabilities.append(answer.json()["predictions"][0]["probability"])
    return probabilities


async def _all_clients(load: Load, bodies: list[bytes]) -> tuple[_Counts, float]:
    """The counts of all clients, and the seconds until the last had its answer."""
    counts = _Counts()
    async with _client(load) as client:
        start = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(load.clients):
                first = number * len(bodies) // load.clients  # no two send the same text at once
                texts = [*bodies[first:], *bodies[:first]]
                group.create_task(_one_client(client, texts, start + load.seconds, counts))
        return counts, time.perf_counter() - start


async def _one_client(client: httpx.AsyncClient, bodies: list[bytes], end: float, counts: _Counts) -> None:
    for body in cycle(bodies):
        if (start := time.perf_counter()) >= end:
            break
        try:
            (await client.post("/v1/predict", content=body)).raise_for_status()
            counts.seconds.append(time.perf_counter() - start)
        except httpx.HTTPError:  # also a timeout or a lost connection
            counts.errors += 1


if __name__ == "__main__":
    answer_requests(_start)
