"""Every setting of the service."""

import re
from dataclasses import dataclass, field

from sentiment.errors import ConfigError
from sentiment.inference import require_engine

_HOST = re.compile(r"\*|(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\]")
_ORIGIN = re.compile(r"\*|https?://([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(:[1-9][0-9]{0,4})?")
LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")


@dataclass(frozen=True)
class ServerSettings:
    """Where to listen, what to serve, and limits. The defaults are safe on a laptop.

    Raises:
        ConfigError: a batch would never fit into a queue, a host name or an origin is malformed, or there
            is no such engine.
    """

    host: str = "127.0.0.1"  # this machine only
    port: int = 8000  # 0: any free port
    allowed_hosts: tuple[str, ...] = ()  # host names beside loopback; empty: any, if `host` is not loopback
    tokens: tuple[str, ...] = field(default=(), repr=False)  # of which a request needs one; empty: none is needed
    allowed_origins: tuple[str, ...] = ()  # whose pages may read answers (CORS); empty: those of the service alone
    runs: tuple[str, ...] = ()  # dataset/name or name of the runs to serve; empty: all
    engine: str = "onnx"  # see sentiment.inference.engines
    threads: int | None = None  # of ONNX Runtime, for each run; None: one per core
    max_head_bytes: int = 16 << 10  # first line and headers of a request
    max_body_bytes: int = 2 << 20  # request body; 1,000 reviews of usual length fit
    max_upload_bytes: int = 8 << 20  # file of reviews
    max_read_bytes: int = 64 << 20  # all rows of such a file, which may be packed
    read_memory_bytes: int = 1 << 30  # to read a spreadsheet, Parquet, JSON or packed file
    read_seconds: float = 60.0  # to read such a file
    readers: int = 2  # such files read at the same time
    read_queue: int = 4  # such files that may wait for that, maybe for minutes; one beyond that is refused with 503
    max_texts: int = 1_000  # in one request; computed a batch at a time, so that others are answered in between
    max_sentences: int = 100  # of one text; each is judged alone, and the text once without it
    max_characters: int = 20_000  # of one text; the longest IMDb review has 14,000
    max_rows: int = 20_000  # of a file of reviews
    max_columns: int = 100  # of such a file: each column comes back in every row
    queue: int = 256  # texts that may wait for one run; a request beyond that is refused at once with 503
    queue_seconds: float = 1.0  # of computing that may wait for one run, as expected; beyond that, too, it is 503
    explain_queue: int = 8  # an explanation takes as long as some hundred predictions
    batch: int = 64  # texts computed together
    timeout_seconds: float = 30.0  # for one response; a request may ask for less with the header Request-Timeout
    upload_timeout_seconds: float = 300.0  # for one file
    head_timeout_seconds: float = 10.0  # for first line and headers to arrive
    body_timeout_seconds: float = 30.0  # for the body to arrive
    idle_timeout_seconds: int = 5  # between two requests on one connection
    unread_timeout_seconds: float = 30.0  # in which the client has to take some of its response
    drain_seconds: int = 30  # after SIGTERM, for requests in progress
    poll_seconds: float = 2.0  # between two looks for new versions of the runs
    connections: int = 512  # open at the same time; a request beyond that is refused with 503

    def __post_init__(self) -> None:
        require_engine(self.engine)
        if self.queue < self.batch:
            raise ConfigError(f"expected a queue of at least {self.batch} texts; found {self.queue}; set a longer one")
        for name in self.allowed_hosts:
            if not _HOST.fullmatch(name):
                raise ConfigError(
                    f"expected a host name such as reviews.example, *.reviews.example or *; found {name!r}; correct it"
                )

        for origin in self.allowed_origins:
            if not _ORIGIN.fullmatch(origin):
                raise ConfigError(
                    f"expected an origin such as https://app.example or http://localhost:3000, without a path, or *; "
                    f"found {origin!r}; correct it"
                )

    @property
    def hosts(self) -> list[str]:
        """Host headers that are accepted; others are refused, against DNS rebinding."""
        if self.allowed_hosts:
            return [*LOOPBACK, *self.allowed_hosts]
        return list(LOOPBACK) if self.host in LOOPBACK else ["*"]
