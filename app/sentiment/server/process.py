"""The server process: listens, serves until a signal stops it, and finishes the requests in progress."""

import gc
import logging
import signal
import socket
import sys
from functools import partial
from pathlib import Path

import uvicorn

from sentiment.errors import ConfigError
from sentiment.server.admission import refusal_at_once
from sentiment.server.application import create_app
from sentiment.server.connections import limited_connections
from sentiment.server.middleware import record
from sentiment.server.serving.dispatcher import Dispatcher
from sentiment.server.settings import ServerSettings

log = logging.getLogger("sentiment.server")

_ACCEPTED_AT_ONCE = 32  # connections in one turn of the event loop, between which answers are sent and batches begin
_BACKLOG = 4096  # connections that the system holds until they are accepted


class Server(uvicorn.Server):
    """Uvicorn's server, which accepts few connections in one turn although the system may hold many."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # asyncio takes one number both for the system's queue and for how many connections it accepts in one turn.
        for listening in sockets or ():
            listening.listen(_BACKLOG)


def serve(models: Path, settings: ServerSettings) -> None:
    """Serves until SIGTERM or SIGINT; then accepts no more connections, answers open requests, and returns.

    Args:
        models: the folder of all datasets.
        settings: where to listen, and limits.

    Raises:
        RunError: no run can be served.
        ConfigError: the address is taken, or does not belong to this machine.
    """
    _log_to_standard_error()
    listening = _listen(settings)
    application = create_app(models, settings)
    gc.collect()
    gc.freeze()  # the loaded runs stay: looking through their objects again and again would hold up all requests
    host, port = listening.getsockname()[:2]
    log.info("serving on http://%s:%d", f"[{host}]" if ":" in host else host, port)
    dispatcher: Dispatcher = application.state.dispatcher
    connections = limited_connections(
        settings.connections,
        settings.head_timeout_seconds,
        settings.unread_timeout_seconds,
        on_refusal=lambda status: record(dispatcher.metrics, "other", "unknown", status, 0.0),
        refusal_at_once=partial(refusal_at_once, dispatcher),
    )
    config = uvicorn.Config(
        application,
        http=connections,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # it would log queries; ours is in sentiment.server.middleware
        server_header=False,
        proxy_headers=False,
        backlog=_ACCEPTED_AT_ONCE,
        timeout_keep_alive=settings.idle_timeout_seconds,
        timeout_graceful_shutdown=settings.drain_seconds,
        h11_max_incomplete_event_size=settings.max_head_bytes,
    )
    server = Server(config)

    def stop(*_: object) -> None:
        server.should_exit = True

    # uvicorn raises the signal again once it has stopped. With a handler of our own, the process still ends with 0.
    previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        server.run(sockets=[listening])
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        listening.close()
    log.info("stopped")


def _listen(settings: ServerSettings) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # asyncio sets TCP_NODELAY only on sockets that name their protocol; without it a response takes 40 ms longer.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except (OSError, UnicodeError) as error:  # UnicodeError: the host name cannot be encoded
        reason = error.strerror if isinstance(error, OSError) else "not a host name"
        raise ConfigError(
            f"expected to be able to listen on {settings.host} port {settings.port}; found: {reason}; "
            "choose another with --port or --host"
        ) from None
    return listening


def _log_to_standard_error() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name, level in (("sentiment.server", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False
