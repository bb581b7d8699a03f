"""What uvicorn leaves open: how long a request may take to begin, and a word to who comes when there is no room."""

import asyncio
from typing import Any

import h11
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from sentiment.server.routes.problems import RETRY_AFTER, problem
from sentiment.server.serving.measuring import Measurements

_OPEN = "open_connections"  # in the state of each request


def connection(head_seconds: float, unread_seconds: float) -> type[H11Protocol]:
    """The protocol of connections that are closed when nothing moves.

    uvicorn waits for ever for the head of a request, and for an answer to be read; between two requests its own limit
    holds. Bodies have theirs in `sentiment.server.guards`.

    Args:
        head_seconds: that the head of a request may take to arrive.
        unread_seconds: in which who was sent an answer must take some of it.
    """

    class Connection(H11Protocol):
        _late: asyncio.TimerHandle | None = None
        _unread: asyncio.TimerHandle | None = None
        _waiting = 0  # bytes of an answer, when the timer was set

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.app_state = {**self.app_state, _OPEN: self.connections}
            self._late = self.loop.call_later(head_seconds, self._too_slow)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:  # the head is complete, or is none
                self._arrived()
            elif self._late is None:  # of the next request, some
                self._late = self.loop.call_later(head_seconds, self._too_slow)

        def pause_writing(self) -> None:
            super().pause_writing()
            self._watch()

        def resume_writing(self) -> None:
            super().resume_writing()
            self._was_read()

        def connection_lost(self, exc: Exception | None) -> None:
            self._arrived()
            self._was_read()
            super().connection_lost(exc)

        def _watch(self) -> None:
            self._waiting = self.transport.get_write_buffer_size()
            self._unread = self.loop.call_later(unread_seconds, self._not_read)

        def _was_read(self) -> None:
            if self._unread:
                self._unread.cancel()
            self._unread = None

        def _not_read(self) -> None:
            if self.transport.get_write_buffer_size() < self._waiting:
                self._watch()  # slowly, but it is read
            else:
                self.transport.abort()

        def _arrived(self) -> None:
            if self._late:
                self._late.cancel()
            self._late = None

        def _too_slow(self) -> None:
            self._late = None
            if self.transport.is_closing() or self.conn.our_state is not h11.IDLE:
                return
            headers = [("Content-Length", "0"), ("Connection", "close")]
            answer = h11.Response(status_code=408, headers=headers, reason=STATUS_PHRASES[408])
            for event in (answer, h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
            self.transport.close()

    return Connection


class Room:
    """Sends away who comes when too many connections are open, and says when to come back.

    Args:
        app: what answers.
        most: connections that may be open.
        measured: counts who is sent away.
    """

    def __init__(self, app: ASGIApp, most: int, measured: Measurements) -> None:
        self._app = app
        self._most = most
        self._measured = measured

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        state: dict[str, Any] = scope.get("state", {})
        if scope["type"] != "http" or len(state.get(_OPEN, ())) <= self._most:
            await self._app(scope, receive, send)
            return
        self._measured.overloads.inc()
        accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
        message = f"expected at most {self._most} open connections; found more; try again in a moment"
        headers = {**RETRY_AFTER, "Connection": "close"}
        await problem(accept, 503, "overloaded", message, headers)(scope, receive, send)
