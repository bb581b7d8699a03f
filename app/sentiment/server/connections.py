"""Limits on connections that uvicorn has no setting for.

    slow request head      408 after `head_seconds`
    many requests at once  the connection is closed when more than a megabyte of them waits for answers
    unread response        the connection is closed when the client takes nothing for `unread_seconds`
    too many connections   those idle for longest are closed; if all are busy, 503 with Retry-After; uvicorn's
                           `limit_concurrency` sends neither that header nor our JSON
    client that left       what waits for it is dropped

`limited_connections` extends uvicorn's protocol; `ConnectionLimit` counts its connections. Both need these interfaces
of uvicorn, read in version 0.54.0, which are not documented:

- `uvicorn.Config(http=...)` takes a protocol class, such as one derived from `H11Protocol`.
- The protocol calls its `handle_events` for every piece of a request, and its `send_400_response` for a malformed one;
  its `cycle` is the latest request, with `response_complete`, after which `on_response_complete` is called. An idle
  connection is closed by `timeout_keep_alive_handler`, and all of them by `shutdown`.
- What is in its `app_state` is in `scope["state"]` of every request on the connection.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sentiment.server.routes.errors import RETRY_AFTER, error_response
from sentiment.server.serving.caller import Caller
from sentiment.server.serving.prometheus import ServerMetrics

_CONNECTION = "sentiment.connection"  # key in the state of each request
_IDLE_SECONDS = 1.0  # after which a connection without a request may be closed to make room for another
_PIPELINED_BYTES = 1 << 20  # of further requests that a client may send before it is answered
_GRACE_SECONDS = 0.5  # in which a stopping server still reads the first request of a new connection
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class _Connection(H11Protocol):
    """Uvicorn's protocol, which also closes connections that make no progress."""

    limit: int
    head_seconds: float
    unread_seconds: float
    on_refusal: Callable[[int], None]
    refusal_at_once: Callable[[bytes], bytes | None]
    all_open: set["_Connection"]

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.app_state = {**self.app_state, _CONNECTION: self}
        self.caller: Caller | None = None  # of the latest request that was let in
        self._idle_since = self.loop.time()
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.all_open.add(self)
        if len(self.all_open) > self.limit:
            self._make_room()
        super().connection_made(transport)
        self._await_head()

    @property
    def is_answering(self) -> bool:
        """From a complete head to the end of the response."""
        return self.cycle is not None and not self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        if not self.is_answering:
            if refusal := self.refusal_at_once(data):
                self._cancel_timers()
                self.transport.write(refusal)
                self.transport.close()
                return
            self._await_head()
        super().data_received(data)
        # uvicorn reads on whenever it has answered, so that these may become ever more.
        if len(self.conn.trailing_data[0]) > _PIPELINED_BYTES:
            self.transport.abort()
            self.on_refusal(400)

    def handle_events(self) -> None:
        super().handle_events()
        if self.is_answering:  # here, not when the application gets to it, which may be late
            self._cancel_timers(unread=False)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._cancel_timers(head=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self.all_open.discard(self)
        self._cancel_timers()
        if self.caller and self.is_answering:
            self.caller.leave()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        self._idle_since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        self._cancel_timers(unread=False)
        super().send_400_response(msg)
        self.on_refusal(400)

    def shutdown(self) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is None and self.loop.time() - self._idle_since < _GRACE_SECONDS:
            self.loop.call_later(_GRACE_SECONDS, self.shutdown)  # its first request may be on its way
        else:
            super().shutdown()

    def _make_room(self) -> None:
        # Idle and slow clients would otherwise take all places, and keep everybody else out.
        idle = [connection for connection in self.all_open if not connection.is_answering]
        idle.sort(key=lambda connection: connection._idle_since)
        for connection in idle[: len(self.all_open) - self.limit]:
            if self.loop.time() - connection._idle_since < _IDLE_SECONDS:
                return
            self.all_open.discard(connection)
            if connection._head_timer:
                connection._refuse_head()
            else:
                connection.timeout_keep_alive_handler()

    def _await_head(self) -> None:
        if not self._head_timer:  # more bytes of the same head do not extend the time
            self._head_timer = self.loop.call_later(self.head_seconds, self._refuse_head)

    def _refuse_head(self) -> None:
        self.transport.write(_TOO_SLOW)
        self.transport.close()
        self.on_refusal(408)

    def _await_reader(self) -> None:
        unsent = self.transport.get_write_buffer_size()
        self._unread_timer = self.loop.call_later(self.unread_seconds, self._check_reader, unsent)

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


def limited_connections(
    limit: int,
    head_seconds: float,
    unread_seconds: float,
    on_refusal: Callable[[int], None] = lambda _: None,
    refusal_at_once: Callable[[bytes], bytes | None] = lambda _: None,
) -> type[asyncio.Protocol]:
    """A protocol class for `uvicorn.Config(http=...)`; the application needs the middleware `ConnectionLimit`.

    Args:
        limit: connections beyond which idle ones are closed.
        head_seconds: time for the first line and the headers of a request to arrive.
        unread_seconds: time in which the client has to take some of a response.
        on_refusal: called with the status of a request that is refused before the application gets it.
        refusal_at_once: called with the first bytes of a request; gives the whole response if it is to be refused.
    """
    limits = {
        "limit": limit, "head_seconds": head_seconds, "unread_seconds": unread_seconds,
        "on_refusal": staticmethod(on_refusal), "refusal_at_once": staticmethod(refusal_at_once), "all_open": set(),
    }  # fmt: skip
    return type("LimitedConnection", (_Connection,), limits)


class ConnectionLimit:
    """ASGI middleware: answers 503 while more than `limit` connections are open."""

    def __init__(self, app: ASGIApp, limit: int, metrics: ServerMetrics) -> None:
        self._app = app
        self._limit = limit
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = connection_of(scope)
        if connection is None or len(connection.all_open) <= self._limit:
            try:
                await self._app(scope, receive, send)
            except asyncio.CancelledError:
                if connection is None or not connection.transport.is_closing():
                    raise
            return
        self._metrics.overloads.inc()
        message = f"expected at most {self._limit} open connections; found more; try again in a moment"
        headers = {**RETRY_AFTER, "Connection": "close"}
        await error_response(scope, 503, "overloaded", message, headers)(scope, receive, send)


def connection_of(scope: Scope) -> _Connection | None:
    """The connection that a request came on; None: this is no request, or not from a socket."""
    connection: _Connection | None = scope.get("state", {}).get(_CONNECTION)
    return connection
