"""Limits on connections that uvicorn has no setting for.

    slow request head      408 after `head_seconds`
    unread response        the connection is closed when the client takes nothing for `unread_seconds`
    too many connections   503 with Retry-After; uvicorn's `limit_concurrency` sends neither that header nor our JSON

`limited_connections` extends uvicorn's protocol; `ConnectionLimit` tells it when a request begins and ends. Both need
these interfaces of uvicorn, read in version 0.54.0, which are not documented:

- `uvicorn.Config(http=...)` takes a protocol class, such as one derived from `H11Protocol`.
- What is in its `app_state` is in `scope["state"]` of every request on the connection.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sentiment.server.routes.errors import RETRY_AFTER, error_response
from sentiment.server.serving.prometheus import ServerMetrics

_CONNECTION = "sentiment.connection"  # key in the state of each request
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _Connection(H11Protocol):
    """Uvicorn's protocol, which also closes connections that make no progress."""

    head_seconds: float
    unread_seconds: float
    all_open: set["_Connection"]

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.app_state = {**self.app_state, _CONNECTION: self}
        self._requests = 0  # in progress
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.all_open.add(self)
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        if not self._requests:
            self._await_head()
        super().data_received(data)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._cancel_timers(head=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self.all_open.discard(self)
        self._cancel_timers()
        super().connection_lost(exc)

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """The time from a complete head to the end of the response."""
        self._requests += 1
        self._cancel_timers(unread=False)
        try:
            yield
        finally:
            self._requests -= 1

    def _await_head(self) -> None:
        if not self._head_timer:  # more bytes of the same head do not extend the time
            self._head_timer = asyncio.get_running_loop().call_later(self.head_seconds, self._refuse_head)

    def _refuse_head(self) -> None:
        self.transport.write(_TOO_SLOW)
        self.transport.close()

    def _await_reader(self) -> None:
        unsent = self.transport.get_write_buffer_size()
        self._unread_timer = asyncio.get_running_loop().call_later(self.unread_seconds, self._check_reader, unsent)

    def _check_reader(self, unsent: int) -> None:
        if self.transport.get_write_buffer_size() < unsent:
            self._await_reader()
        else:
            self.transport.abort()

    def _cancel_timers(self, *, head: bool = True, unread: bool = True) -> None:
        if head and self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None
        if unread and self._unread_timer:
            self._unread_timer.cancel()
            self._unread_timer = None


def limited_connections(head_seconds: float, unread_seconds: float) -> type[asyncio.Protocol]:
    """A protocol class for `uvicorn.Config(http=...)`; the application needs the middleware `ConnectionLimit`.

    Args:
        head_seconds: time for the first line and the headers of a request to arrive.
        unread_seconds: time in which the client has to take some of a response.
    """
    limits = {"head_seconds": head_seconds, "unread_seconds": unread_seconds, "all_open": set()}
    return type("LimitedConnection", (_Connection,), limits)


class ConnectionLimit:
    """ASGI middleware: answers 503 while more than `limit` connections are open."""

    def __init__(self, app: ASGIApp, limit: int, metrics: ServerMetrics) -> None:
        self._app = app
        self._limit = limit
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection: _Connection | None = scope.get("state", {}).get(_CONNECTION)
        if connection is None:  # not a request, or not from a socket
            await self._app(scope, receive, send)
            return
        with connection.request():
            if len(connection.all_open) <= self._limit:
                await self._app(scope, receive, send)
                return
            self._metrics.overloads.inc()
            message = f"expected at most {self._limit} open connections; found more; try again in a moment"
            headers = {**RETRY_AFTER, "Connection": "close"}
            await error_response(scope, 503, "overloaded", message, headers)(scope, receive, send)
