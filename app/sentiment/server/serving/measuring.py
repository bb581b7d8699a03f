"""What the service tells Prometheus about itself. No label ever holds anything of a review."""

from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_ITEMS = (1, 2, 4, 8, 16, 32, 64, 128)
_OF_WORK = ["run", "work"]  # work: predict or explain


class Measurements:
    """The figures of one service; each has a registry of its own, so that two in one process do not share any."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = self._counter("requests", "Requests answered.", ["method", "route", "status"])
        self.overloads = self._counter("overloads", "Requests sent away because too much waited, or given up.", [])
        self.loads = self._counter("run_loads", "Versions of a run taken into service.", ["run"])
        self.refusals = self._counter("run_refusals", "Versions of a run that could not be served.", ["run"])
        self.latency = self._histogram("request_seconds", "From request to answer.", ["route"], _SECONDS)
        self.served = self._gauge("run_served", "1 for each run and version in service.", ["run", "version"])
        self._queue = self._gauge("queue_items", "Texts that wait for a run.", _OF_WORK)
        self._batch = self._histogram("batch_items", "Texts computed together.", _OF_WORK, _ITEMS)
        self._compute = self._histogram("batch_seconds", "What one batch took.", _OF_WORK, _SECONDS)

    def waits(self, run: str, work: str) -> Callable[[int], None]:
        """For a `Batcher`: sets how many wait."""
        return self._queue.labels(run, work).set

    def computed(self, run: str, work: str) -> Callable[[int, float], None]:
        """For a `Batcher`: takes note of a batch."""
        return partial(self._note_batch, run, work)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)

    def _note_batch(self, run: str, work: str, items: int, seconds: float) -> None:
        self._batch.labels(run, work).observe(items)
        self._compute.labels(run, work).observe(seconds)

    def _counter(self, name: str, says: str, labels: list[str]) -> Counter:
        return Counter(f"sentiment_{name}", says, labels, registry=self._registry)

    def _gauge(self, name: str, says: str, labels: list[str]) -> Gauge:
        return Gauge(f"sentiment_{name}", says, labels, registry=self._registry)

    def _histogram(self, name: str, says: str, labels: list[str], buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"sentiment_{name}", says, labels, buckets=buckets, registry=self._registry)
