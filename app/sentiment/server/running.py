"""One process that serves until it is told to stop, and then finishes what it has begun."""

import logging
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from sentiment.errors import ConfigError
from sentiment.server.application import create_app
from sentiment.server.connections import connection
from sentiment.server.settings import ServerSettings

log = logging.getLogger("sentiment.server")


def serve(models: Path, settings: ServerSettings) -> None:
    """Serves until SIGTERM or SIGINT; then takes no more connections, answers what has arrived, and returns.

    Args:
        models: the folder of all datasets.
        settings: where to listen, and the limits.

    Raises:
        RunError: there is nothing to serve.
        ConfigError: the address is taken, or is none of this machine.
    """
    _log_to_standard_error()
    listening = _listen(settings)
    application = create_app(models, settings)
    host, port = listening.getsockname()[:2]
    log.info("serving on http://%s:%d", f"[{host}]" if ":" in host else host, port)
    config = uvicorn.Config(
        application,
        http=connection(settings.head_timeout_seconds, settings.unread_timeout_seconds),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # its own would log queries; see sentiment.server.guards
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=settings.drain_seconds,
    )
    server = uvicorn.Server(config)

    def stop(*_: object) -> None:
        server.should_exit = True

    # uvicorn drains, and then raises the signal again: with a handler of our own, stopping is a success.
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
        kind, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # With the protocol said, asyncio sends each answer at once; else its head and body wait for one another, 40 ms.
        listening = socket.socket(kind, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except (OSError, UnicodeError) as error:  # the latter of a name that no host can have
        reason = error.strerror if isinstance(error, OSError) else "no name of a host"
        raise ConfigError(
            f"expected to be able to listen on {settings.host} port {settings.port}; found: {reason}; "
            "choose another with --port or --host"
        ) from None
    return listening


def _log_to_standard_error() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name in ("sentiment.server", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.INFO if name != "uvicorn" else logging.WARNING)
        logger.propagate = False
