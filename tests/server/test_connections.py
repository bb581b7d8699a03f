"""Who takes no answer loses the connection, and who takes it slowly does not."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from sentiment.server.connections import connection

SIZE = 32 << 20  # more than both ends keep on the way
UNREAD_SECONDS = 0.4
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def much(_scope, _receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(SIZE).encode())]})
    await send({"type": "http.response.body", "body": b"x" * SIZE})


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(much, http=connection(10.0, UNREAD_SECONDS), lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def taken(address: tuple[str, int], pause: float, pauses: int) -> int:
    """Bytes that somebody gets who waits so long before each of the first pieces."""
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


def test_who_does_not_read_is_given_up(address):
    assert taken(address, 4 * UNREAD_SECONDS, 1) < SIZE


def test_who_reads_slowly_gets_it_all(address):
    assert taken(address, UNREAD_SECONDS / 4, 12) >= SIZE
