"""What every request passes: limits on its body, headers on its answer, a line in the log, a place in the figures.

Nothing of a review reaches the log: no body, no query, no path that is not one of ours, no message of an unexpected
error, only its type and where it was raised.
"""

import asyncio
import logging
import time
import traceback

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sentiment.server.routes.problems import problem
from sentiment.server.serving.measuring import Measurements
from sentiment.server.settings import ServerSettings

access = logging.getLogger("sentiment.server.access")
log = logging.getLogger("sentiment.server")

UPLOADS = "/score"
_FRAMES = 5  # of an unexpected error: those of the web framework say nothing
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",  # answers hold reviews
}


class Watch:
    """Outermost: headers, the log, the figures, and an answer even when something unexpected is raised."""

    def __init__(self, app: ASGIApp, measured: Measurements) -> None:
        self._app = app
        self._measured = measured

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            where = "".join(traceback.format_tb(error.__traceback__)[-_FRAMES:])
            log.error("unexpected %s\n%s", type(error).__name__, where.rstrip())
            if not status:
                message = "expected to answer; found an error of this program; see its log"
                accept = Headers(scope=scope).get("accept", "")
                await problem(accept, 500, "failed", message)(scope, receive, sending)
        finally:
            self._note(scope, status or 499, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._measured.requests.labels(method, route, str(status)).inc()
        self._measured.latency.labels(route).observe(seconds)
        access.info("%s %s %d %.1f ms", method, route, status, 1000 * seconds)


class BodyLimit:
    """Reads the whole body before anything else happens, and refuses one that is too large or too slow."""

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        settings = self._settings
        most = settings.max_upload_bytes if scope["path"] == UPLOADS else settings.max_body_bytes
        headers = Headers(scope=scope)
        accept = headers.get("accept", "")
        declared = headers.get("content-length", "0")
        body = None
        if declared.isdecimal() and len(declared) < 20 and int(declared) <= most:
            try:
                body = await asyncio.wait_for(_read(receive, most), settings.body_timeout_seconds)
            except TimeoutError:
                message = f"expected the request within {settings.body_timeout_seconds:g} seconds; it did not arrive"
                await problem(accept, 408, "too_slow", message, {"Connection": "close"})(scope, receive, send)
                return
            except ConnectionError:
                return
        if body is None:
            message = f"expected at most {most:,} bytes in a request; found more; send less at once"
            await problem(accept, 413, "too_large", message, {"Connection": "close"})(scope, receive, send)
            return
        given = False

        async def receiving() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, receiving, send)


async def _read(receive: Receive, most: int) -> bytes | None:
    """The body; None if it is longer than allowed.

    Raises:
        ConnectionError: the sender has gone.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _route(scope: Scope) -> str:
    """The route's own pattern: paths that strangers make up would fill the log and the figures."""
    if scope["path"].startswith("/static/"):
        return "/static"
    return str(getattr(scope.get("route"), "path", "unknown"))
