"""The server process: listens, serves until a signal stops it, and finishes the requests in progress."""

import logging
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from sentiment.errors import ConfigError
from sentiment.server.application import create_app
from sentiment.server.connections import limited_connections
from sentiment.server.settings import ServerSettings

log = logging.getLogger("sentiment.server")


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
    host, port = listening.getsockname()[:2]
    log.info("serving on http://%s:%d", f"[{host}]" if ":" in host else host, port)
    config = uvicorn.Config(
        application,
        http=limited_connections(settings.head_timeout_seconds, settings.unread_timeout_seconds),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # it would log queries; ours is in sentiment.server.middleware
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.idle_timeout_seconds,
        timeout_graceful_shutdown=settings.drain_seconds,
        h11_max_incomplete_event_size=settings.max_head_bytes,
    )
    server = uvicorn.Server(config)

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
