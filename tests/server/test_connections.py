"""Limits on connections, also while the event loop is late; uvicorn has what they need."""

import asyncio
import contextlib
import inspect
import itertools
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sentiment.server.connections import ConnectionLimit, limited_connections
from sentiment.server.process import Server
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


@contextlib.contextmanager
def served(app, **limits) -> Iterator[tuple[str, int]]:
    """A server with the limits of `limited_connections` and 8 connections accepted at once."""
    listening = socket.create_server(("127.0.0.1", 0))
    http = limited_connections(**{"limit": 100, "head_seconds": 10.0, "unread_seconds": 10.0, **limits})
    server = Server(uvicorn.Config(app, http=http, lifespan="off", log_config=None, backlog=8))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield listening.getsockname()
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


async def answer(send, status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def first_line(client: socket.socket) -> bytes:
    return client.recv(1_000).split(b"\r\n")[0]


def test_a_head_that_arrived_in_time_is_answered_however_late_the_event_loop_is():
    async def hold_up(scope, _receive, send) -> None:
        if scope["path"] == "/slow":
            time.sleep(1.0)  # nothing else runs meanwhile
        await answer(send)

    with served(hold_up, head_seconds=0.5) as address, socket.create_connection(address, timeout=20) as waiting:
        time.sleep(0.2)  # until it is accepted, and has a time limit
        with socket.create_connection(address, timeout=20) as slow:
            slow.sendall(REQUEST.replace(b"/ ", b"/slow "))
            time.sleep(0.1)
            waiting.sendall(REQUEST)
            assert first_line(waiting) == b"HTTP/1.1 200 OK"


def test_many_connections_at_once_are_accepted_a_few_at_a_time():
    accepted: list[int] = []

    async def count(connections) -> None:
        while len(connections) < 61:
            accepted.append(len(connections))
            await asyncio.sleep(0)
        accepted.append(len(connections))

    async def hold_up(scope, _receive, send) -> None:
        time.sleep(1.0)
        scope["state"]["counting"] = asyncio.create_task(count(scope["state"]["sentiment.connection"].all_open))
        states.append(scope["state"])  # which keeps the task
        await answer(send)

    with served(hold_up) as address, contextlib.ExitStack() as stack:
        connect = lambda: stack.enter_context(socket.create_connection(address, timeout=0.9))  # noqa: E731
        connect().sendall(REQUEST)
        time.sleep(0.1)
        for _ in range(60):
            connect()  # within 0.9 seconds: the system has room for them meanwhile
        wait_until(lambda: accepted and accepted[-1] == 61)
    assert max(after - before for before, after in itertools.pairwise(accepted)) <= 8


def test_a_request_may_be_refused_before_the_application_gets_it():
    async def note(_scope, _receive, _send) -> None:
        received.append(b"by the application")

    refusal = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    received: list[bytes] = []
    decide = lambda data: received.append(data) or refusal  # noqa: E731
    with served(note, refusal_at_once=decide) as address, socket.create_connection(address, timeout=20) as client:
        client.sendall(REQUEST)
        assert client.recv(1_000) == refusal
        assert client.recv(1_000) == b""
    assert received == [REQUEST]


def test_idle_connections_give_way_and_busy_ones_do_not():
    gate = threading.Event()

    async def wait(scope, _receive, send) -> None:
        while scope["path"] == "/wait" and not gate.is_set():
            await asyncio.sleep(0.01)
        await answer(send)

    refused: list[int] = []
    with served(wait, limit=3, on_refusal=refused.append) as address, contextlib.ExitStack() as stack:
        connect = lambda: stack.enter_context(socket.create_connection(address, timeout=20))  # noqa: E731
        busy, used, silent = connect(), connect(), connect()
        busy.sendall(REQUEST.replace(b"/ ", b"/wait "))
        time.sleep(0.2)
        used.sendall(REQUEST)
        assert first_line(used) == b"HTTP/1.1 200 OK"
        time.sleep(1.2)
        silent.settimeout(4)  # long before its time is over
        late = [connect(), connect()]
        assert first_line(silent) == b"HTTP/1.1 408 Request Timeout"
        assert used.recv(1_000) == b""
        assert refused == [408]
        for client in late:
            client.sendall(REQUEST)
            assert first_line(client) == b"HTTP/1.1 200 OK"
        gate.set()
        assert first_line(busy) == b"HTTP/1.1 200 OK"


def test_what_is_refused_before_the_application_is_told():
    refused: list[int] = []
    with served(much, head_seconds=0.2, on_refusal=refused.append) as address:
        for beginning, line in (
            (b"GET / HTTP/1.1\r\n", b"HTTP/1.1 408 Request Timeout"),
            (b"\0\r\n\r\n", b"HTTP/1.1 400 "),
        ):
            with socket.create_connection(address, timeout=20) as client:
                client.sendall(beginning)
                assert first_line(client).startswith(line)
    assert refused == [408, 400]


def test_a_client_that_sends_ever_more_requests_before_it_is_answered_is_cut_off():
    """With each request that the application takes, uvicorn reads another piece of those behind it into memory."""
    refused: list[int] = []

    async def take(_scope, receive, send) -> None:
        await receive()
        await asyncio.sleep(0.02)
        await answer(send)

    with served(take, on_refusal=refused.append) as address, socket.create_connection(address, timeout=20) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(REQUEST * 200_000)  # seven megabytes
        wait_until(lambda: refused)
    assert refused == [400]


def wait_until(condition) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
