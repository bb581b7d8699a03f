"""A load generator in a process of its own, cheap enough to run beside the service on the same two cores.

    python open_loop.py URL --rate 500 --seconds 10 --body body.json     requests begin on schedule
    python open_loop.py URL --clients 64 --seconds 10 --body body.json   each client asks again once it is answered

Clients that wait for an answer before they ask again slow down with the service, and so hide its collapse. Requests on
schedule do not; the clients are for measuring the capacity. Each request has a connection of its own, and its bytes are
prepared. One line of JSON comes out, with a row for each request:

    started   seconds after the first request
    status    of the answer; 0: the connection was refused, reset or closed without an answer
    seconds   from the opening of the connection to the end of the answer
    retry     whether the answer had the header Retry-After
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

MOST = 150_000  # requests of one call, whatever it is told
PATIENCE = 60.0  # seconds until a client leaves

Row = tuple[float, int, float, bool]


class Request(asyncio.Protocol):
    """One request on one connection."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.answer = b""
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self.content)

    def data_received(self, data: bytes) -> None:
        self.answer += data

    def connection_lost(self, _: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)


async def send(address: tuple[str, int], content: bytes, first: float) -> Row:
    request, transport, started = Request(content), None, perf_counter()
    try:
        async with asyncio.timeout(PATIENCE):
            transport, _ = await asyncio.get_running_loop().create_connection(lambda: request, *address)
            await request.closed
    except (OSError, TimeoutError):
        pass
    finally:
        if transport:
            transport.abort()
    head = request.answer.partition(b"\r\n\r\n")[0].lower()
    status = int(head[9:12]) if head.startswith(b"http/1.1 ") else 0
    return round(started - first, 4), status, round(perf_counter() - started, 4), b"\r\nretry-after:" in head


async def on_schedule(address: tuple[str, int], content: bytes, rate: float, seconds: float) -> list[Row]:
    first = perf_counter()
    tasks = []
    for number in range(min(MOST, round(rate * seconds))):
        if (pause := first + number / rate - perf_counter()) > 0:
            await asyncio.sleep(pause)
        tasks.append(asyncio.create_task(send(address, content, first)))
    return await asyncio.gather(*tasks)


async def by_clients(address: tuple[str, int], content: bytes, clients: int, seconds: float) -> list[Row]:
    first = perf_counter()
    rows: list[Row] = []

    async def client() -> None:
        while perf_counter() - first < seconds and len(rows) < MOST:
            rows.append(await send(address, content, first))

    await asyncio.gather(*(client() for _ in range(clients)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--rate", type=float, help="requests per second")
    kind.add_argument("--clients", type=int)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--body", type=Path, required=True, help="a file with the body of each request")
    options = parser.parse_args()
    url, body = urlsplit(options.url), options.body.read_bytes()
    content = (
        f"POST {url.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    address = url.hostname, url.port
    if options.rate:
        rows = asyncio.run(on_schedule(address, content, options.rate, options.seconds))
    else:
        rows = asyncio.run(by_clients(address, content, options.clients, options.seconds))
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
