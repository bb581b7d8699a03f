"""Which requests are let in: those whose queue has room; and until when their clients wait.

A service that works as hard to refuse as to answer collapses above its capacity: it spends its time on refusals. So a
request is refused as early as possible:

    refusal_at_once   when its bytes arrive
    Admission         where it did not arrive in one piece
    Batcher           where there was still room when it arrived
"""

import asyncio
import math
import re
import time
from collections.abc import Sequence
from functools import lru_cache

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from sentiment.errors import OverloadedError, RequestError
from sentiment.server.connections import connection_of
from sentiment.server.middleware import BODY, RAW_HEADERS, WORK_PATHS, record
from sentiment.server.routes.errors import error_response, status_of
from sentiment.server.serving.caller import Caller, caller
from sentiment.server.serving.dispatcher import Dispatcher

_PROGRAM: Scope = {"type": "http", "path": "/v1", "headers": []}  # of a client that takes JSON
DEADLINE = "Request-Timeout"  # a header: the seconds for which the client waits
_FIRST_LINE = re.compile(rb"POST (%b) HTTP/1\.1\r\n" % "|".join(WORK_PATHS).encode())
_LENGTH = re.compile(rb"[0-9]{1,9}")
_PORT = re.compile(rb":[0-9]+\Z")


def refusal_at_once(dispatcher: Dispatcher, data: bytes) -> bytes | None:
    """The response to what arrived on a connection, if that is a whole request that finds no room.

    None: it is something else, or may find room, or its token, host or origin has to be looked at first; then it
    goes the usual way. The connection is to be closed after it.
    """
    settings = dispatcher.settings
    if settings.tokens or not dispatcher.has_full_queue:
        return None
    started = time.perf_counter()
    first_line = _FIRST_LINE.match(data)
    end = data.find(b"\r\n\r\n", 0, settings.max_head_bytes)
    if not first_line or end < 0:
        return None
    head, body = data[: end + 2], data[end + 4 :]
    [length, host, origin] = [_values(head, name) for name in (b"content-length", b"host", b"origin")]
    if origin or len(length) != 1 or not _LENGTH.fullmatch(length[0]) or len(body) != int(length[0]):
        return None
    if len(host) != 1 or not _is_allowed(host[0], settings.hosts):
        return None
    path = first_line[1].decode()
    try:
        dispatcher.require_room(WORK_PATHS[path], body)
    except OverloadedError as error:
        record(dispatcher.metrics, "POST", path, 503, time.perf_counter() - started)
        return _refusal(str(error))
    return None


def _values(head: bytes, name: bytes) -> list[bytes]:
    """The values of all headers of a name, in a time that grows with the head and not with its square."""
    return [value.strip() for value in re.findall(rb"\r\n%b:([^\r\n]*)" % name, head, re.IGNORECASE)]


def _is_allowed(host: bytes, allowed: Sequence[str]) -> bool:
    """Whether a Host header names one of some hosts, as Starlette's TrustedHostMiddleware has it; if in doubt, not."""
    name = _PORT.sub(b"", host).lower().decode("latin-1")
    return any(
        pattern in ("*", name) or (pattern.startswith("*.") and name.endswith(pattern[1:]))
        for pattern in map(str.lower, allowed)
    )


@lru_cache  # while a queue is full, the messages are much the same
def _refusal(message: str) -> bytes:
    status, code, headers = status_of(OverloadedError())
    response = error_response(_PROGRAM, status, code, message, {**headers, "Connection": "close"})
    lines = [b"%b: %b\r\n" % header for header in (*response.raw_headers, *RAW_HEADERS)]
    return b"HTTP/1.1 503 Service Unavailable\r\n" + b"".join(lines) + b"\r\n" + bytes(response.body)


class Admission:
    """ASGI middleware inside `BodyLimit`: refuses what would find no room, and sets the deadline of the rest."""

    def __init__(self, app: ASGIApp, dispatcher: Dispatcher) -> None:
        self._app = app
        self._dispatcher = dispatcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            client = Caller(_deadline(Headers(scope=scope).get(DEADLINE)))
            if work := WORK_PATHS.get(scope["path"]):
                self._dispatcher.require_room(work, scope[BODY])
        except (OverloadedError, RequestError) as error:
            status, code, headers = status_of(error)
            await error_response(scope, status, code, str(error), headers)(scope, receive, send)
            return
        if connection := connection_of(scope):
            connection.caller = client
        token = caller.set(client)
        try:
            await self._app(scope, receive, send)
        finally:
            caller.reset(token)


def _deadline(seconds: str | None) -> float:
    """When the client leaves, by the clock of the event loop.

    Raises:
        RequestError: the header is not a positive number.
    """
    if seconds is None:
        return math.inf
    try:
        number = float(seconds)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:  # without the value: it came from a client, and is logged
        raise RequestError(f"expected {DEADLINE} as a positive number of seconds; found something else; correct it")
    return asyncio.get_running_loop().time() + number
