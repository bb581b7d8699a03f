"""Metrics of the service for Prometheus. No label contains anything of a review."""

from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_ITEMS = (1, 2, 4, 8, 16, 32, 64, 128)
_QUEUE_LABELS = ["run", "work"]  # work: predict or explain


class ServerMetrics:
    """The metrics of one application, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        counter, gauge = partial(Counter, registry=self._registry), partial(Gauge, registry=self._registry)
        histogram = partial(Histogram, registry=self._registry)
        self.requests = counter("sentiment_requests", "Responses sent.", ["method", "route", "status"])
        self.overloads = counter("sentiment_overloads", "Requests refused or given up because of load.")
        self.loads = counter("sentiment_run_loads", "Versions of a run loaded.", ["run"])
        self.refusals = counter("sentiment_run_refusals", "Versions of a run that could not be loaded.", ["run"])
        self.latency = histogram("sentiment_request_seconds", "From request to response.", ["route"], buckets=_SECONDS)
        self.served = gauge("sentiment_run_served", "1 for each run and version in service.", ["run", "version"])
        self._queue = gauge("sentiment_queue_items", "Texts that wait for a run.", _QUEUE_LABELS)
        self._batch = histogram("sentiment_batch_items", "Texts computed together.", _QUEUE_LABELS, buckets=_ITEMS)
        self._compute = histogram("sentiment_batch_seconds", "Duration of one batch.", _QUEUE_LABELS, buckets=_SECONDS)

    def queue_length(self, run: str, work: str) -> Callable[[int], None]:
        """A callback for a `Batcher` that records how many items wait."""
        return self._queue.labels(run, work).set

    def batch(self, run: str, work: str) -> Callable[[int, float], None]:
        """A callback for a `Batcher` that records the items and seconds of a batch."""

        def record(items: int, seconds: float) -> None:
            self._batch.labels(run, work).observe(items)
            self._compute.labels(run, work).observe(seconds)

        return record

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)
