"""ASGI middleware: access log, response headers, request metrics, and limits on the request body.

Nothing of a review reaches the log: no body, no query, no path but those of our routes, and of an unexpected error only
its type and where it was raised.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sentiment.server.routes.errors import error_response
from sentiment.server.serving.dispatcher import Work
from sentiment.server.serving.prometheus import ServerMetrics
from sentiment.server.settings import ServerSettings

access = logging.getLogger("sentiment.server.access")
log = logging.getLogger("sentiment.server")

UPLOAD_PATH = "/score"
# Whose texts wait for a network, and in which queue.
WORK_PATHS: Mapping[str, Work] = {
    "/v1/predict": "predictions",
    "/v1/sentences": "predictions",
    "/v1/explain": "explanations",
}
BODY = "sentiment.body"  # key of the whole body in the scope of a request
_FRAMES = 5  # of a traceback; those before are the web framework's
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_CLIENT_CLOSED = 499  # no response was sent; nginx's number
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",  # responses contain reviews
}
RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]


class AccessLog:
    """The outermost middleware: security headers, access log, request metrics, and a 500 for unexpected errors."""

    def __init__(self, app: ASGIApp, metrics: ServerMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                names = {name for name, _ in headers}
                message["headers"] = headers + [header for header in RAW_HEADERS if header[0] not in names]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            where = "".join(traceback.format_tb(error.__traceback__)[-_FRAMES:])
            log.error("unexpected %s\n%s", type(error).__name__, where.rstrip())
            if not status:
                message = "expected to answer; found an error of this program; see its log"
                await error_response(scope, 500, "failed", message)(scope, receive, send_with_headers)
        finally:
            self._record(scope, status or _CLIENT_CLOSED, time.perf_counter() - started)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        record(self._metrics, method, _route(scope), status, seconds)


def record(metrics: ServerMetrics, method: str, route: str, status: int, seconds: float) -> None:
    """Counts a request, and logs it."""
    metrics.requests.labels(method, route, str(status)).inc()
    metrics.latency.labels(route).observe(seconds)
    access.info("%s %s %d %.1f ms", method, route, status, 1000 * seconds)


def _route(scope: Scope) -> str:
    """The pattern of the route: paths made up by clients would fill the log and the metrics."""
    if scope["path"] in WORK_PATHS:  # also of a request that was refused before it was routed
        return str(scope["path"])
    if scope["path"].startswith("/static/"):
        return "/static"
    return str(getattr(scope.get("route"), "path", "unknown"))


class BodyLimit:
    """Reads the whole body before the route runs, and refuses one that is too large or too slow."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        settings = self._settings
        limit = settings.max_upload_bytes if scope["path"] == UPLOAD_PATH else settings.max_body_bytes
        seconds = settings.body_timeout_seconds
        try:
            body = await asyncio.wait_for(_read(scope, receive, limit), seconds)
        except ClientDisconnect:
            return
        except TimeoutError:
            status, code = 408, "too_slow"
            message = f"expected the request within {seconds:g} seconds; it did not arrive"
        else:
            if body is not None:
                scope[BODY] = body
                await self._app(scope, _replay(body, receive), send)
                return
            status, code = 413, "too_large"
            message = f"expected at most {limit:,} bytes in a request; found more; send less at once"
        await error_response(scope, status, code, message, {"Connection": "close"})(scope, receive, send)


async def _read(scope: Scope, receive: Receive, limit: int) -> bytes | None:
    """The request body; None if it is longer than `limit` bytes, or declares to be.

    Raises:
        ClientDisconnect: the client has gone.
    """
    declared = Headers(scope=scope).get("content-length", "0")
    if not (declared.isdecimal() and len(declared) < 20 and int(declared) <= limit):
        return None
    body = bytearray()
    async for part in Request(scope, receive).stream():
        body += part
        if len(body) > limit:
            return None
    return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body first."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
