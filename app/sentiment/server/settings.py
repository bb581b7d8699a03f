"""Every setting of the service, with its reason."""

import re
from dataclasses import dataclass

from sentiment.errors import ConfigError
from sentiment.inference.engines import require_engine

_HOST = re.compile(r"\*|(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\]")
LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")


@dataclass(frozen=True)
class ServerSettings:
    """Safe on a laptop as they are.

    Raises:
        ConfigError: a request that the limits allow would never fit into a queue, a name that no host can have, or no
            such engine.
    """

    host: str = "127.0.0.1"  # this machine only: whoever can reach the service can use it
    port: int = 8000  # 0: any that is free
    allowed_hosts: tuple[str, ...] = ()  # beside loopback names, by which it is called; empty: any, off loopback
    runs: tuple[str, ...] = ()  # dataset/name or name of what is served; empty: every run there is
    engine: str = "onnx"  # see sentiment.inference.engines
    threads: int | None = None  # of ONNX Runtime, for each run; None: one a core
    max_body_bytes: int = 1 << 20  # of a request: 64 long reviews fit
    max_upload_bytes: int = 8 << 20  # of a file of reviews
    max_texts: int = 64  # in one request
    max_characters: int = 20_000  # of one text; the longest IMDb review has 14,000
    max_rows: int = 20_000  # of a file of reviews
    max_columns: int = 100  # of it: each comes back in every row, also where a short row came in without it
    queue: int = 256  # texts that may wait for one run; more are sent away at once instead of too late
    explain_queue: int = 8  # an explanation costs as much as some hundred predictions
    batch: int = 64  # texts computed together at most
    timeout_seconds: float = 30.0  # for one answer
    upload_timeout_seconds: float = 300.0  # for one file
    head_timeout_seconds: float = 10.0  # for a request to begin: its first line and headers
    body_timeout_seconds: float = 30.0  # for the rest of it to arrive
    unread_timeout_seconds: float = 30.0  # in which who is sent an answer must take some of it
    drain_seconds: int = 30  # after SIGTERM, for what has arrived to be answered
    poll_seconds: float = 2.0  # between two looks for new versions of the runs
    connections: int = 512  # open at the same time; who comes then is sent away with 503

    def __post_init__(self) -> None:
        require_engine(self.engine)
        if self.queue < max(self.max_texts, self.batch):
            raise ConfigError(
                f"expected a queue of at least {max(self.max_texts, self.batch)} texts; found {self.queue}; "
                "give a longer one, or allow fewer texts in a request"
            )
        for name in self.allowed_hosts:
            if not _HOST.fullmatch(name):
                raise ConfigError(
                    f"expected a host name such as reviews.example, *.reviews.example or *; found {name!r}; correct it"
                )

    @property
    def hosts(self) -> list[str]:
        """The values of the Host header that are answered: a page elsewhere cannot reach us under its own name."""
        if self.allowed_hosts:
            return [*LOOPBACK, *self.allowed_hosts]
        return list(LOOPBACK) if self.host in LOOPBACK else ["*"]
