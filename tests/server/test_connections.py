"""Limits on connections: a client that reads no response is cut off, a slow one is not; uvicorn has what they need."""

import asyncio
import contextlib
import inspect
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sentiment.server.connections import ConnectionLimit, limited_connections
from sentiment.server.serving.prometheus import ServerMetrics

SIZE = 32 << 20  # more than the buffers of both ends hold
UNREAD_SECONDS = 0.4
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


states: list[dict] = []


async def much(scope, _receive, send) -> None:
    states.append(scope["state"])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(SIZE).encode())]})
    await send({"type": "http.response.body", "body": b"x" * SIZE})


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        ConnectionLimit(much, 100, ServerMetrics()),
        http=limited_connections(100, 10.0, UNREAD_SECONDS), lifespan="off", log_config=None,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def taken(address: tuple[str, int], pause: float, pauses: int) -> int:
    """The number of bytes that a client receives if it waits that long before each of the first reads."""
    count = 0
    with socket.create_connection(address, timeout=20) as client, contextlib.suppress(ConnectionResetError):
        client.sendall(REQUEST)
        while count < SIZE:
            if pauses:
                time.sleep(pause)
                pauses -= 1
            piece = client.recv(1 << 20)
            if not piece:
                break
            count += len(piece)
    return count


def test_a_client_that_does_not_read_is_cut_off(address):
    assert taken(address, 4 * UNREAD_SECONDS, 1) < SIZE


def test_a_client_that_reads_slowly_gets_the_whole_response(address):
    assert taken(address, UNREAD_SECONDS / 4, 12) >= SIZE


def test_uvicorn_has_the_interfaces_that_the_limits_need():
    assert issubclass(H11Protocol, asyncio.Protocol)
    assert list(inspect.signature(H11Protocol).parameters) == ["config", "server_state", "app_state", "_loop"]
    assert "asyncio.Protocol" in str(inspect.signature(uvicorn.Config).parameters["http"].annotation)


def test_a_request_can_be_traced_to_its_connection(address):
    """The limits find the connection of a request through `app_state` in its state."""
    states.clear()
    taken(address, 0, 0)
    [state] = states
    assert isinstance(state["sentiment.connection"], asyncio.Protocol)
