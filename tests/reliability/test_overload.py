"""Above its capacity, the service answers what it can, refuses the rest at once, and counts both."""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator

import pytest

from helpers.reliability import FULL, LOAD_SECONDS, SLACK, only_in_full
from helpers.serving import Served
from reliability.conftest import RUN, TEXT, Answers, answers_of, quantile, start_load, under_load
from sentiment.server import ServerSettings
from sentiment.support.environment import cores

pytestmark = pytest.mark.slow

BATCH = 16
WAIT = 0.5  # seconds of computing that may wait
PACE = 0.01  # seconds for a text: the capacity is 100 requests per second


@contextlib.contextmanager
def on_core(number: int) -> Iterator[None]:
    """What is started here runs on one core alone, and takes none from what runs on the others."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[number]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@pytest.fixture
def served(paced) -> Served:
    """A service whose queue is limited by time alone."""
    return paced(PACE, batch=BATCH, max_texts=BATCH, queue=100_000, queue_seconds=WAIT)


def capacity(served: Served) -> float:
    """Texts per second while something was computed."""
    return served.figure("sentiment_batch_items_sum") / served.figure("sentiment_batch_seconds_sum")


def require_counted(served: Served, answers: Answers) -> None:
    for status in answers.statuses:
        label = f'sentiment_requests_total{{method="POST",route="/v1/predict",status="{status}"}}'
        served.wait_for(lambda label=label, status=status: f"{label} {answers.count(status)}.0" in metrics(served))
        assert served.log.count(f"POST /v1/predict {status} ") == answers.count(status)
    assert served.figure("sentiment_overloads_total") == answers.count(503)


def metrics(served: Served) -> str:
    return served.client.get("/metrics").text


def require_goodput(answers: Answers, per_second: float) -> None:
    """Nine tenths of the capacity, but for a last batch that ends after the load."""
    assert answers.per_second(LOAD_SECONDS) >= (0.9 if FULL else 0.7) * per_second - BATCH / LOAD_SECONDS


def record(property_of: Callable[[str, object], None], answers: Answers, per_second: float) -> None:
    """The figures of a load, for the docs."""
    property_of("seconds", LOAD_SECONDS)
    property_of("requests", len(answers.rows))
    property_of("capacity per second", per_second)
    property_of("answered, of the capacity", answers.per_second(LOAD_SECONDS) / per_second)
    for name, status in (("answers", 200), ("refusals", 503)):
        if seconds := answers.seconds(status):
            property_of(f"s to 99% of {name}", quantile(seconds, 0.99))


def test_at_three_times_its_capacity_a_service_answers_at_its_capacity_and_refuses_the_rest_at_once(
    served, body, record_property
):
    answers = under_load(served, body, LOAD_SECONDS, rate=3 / PACE)
    record(record_property, answers, capacity(served))
    assert answers.statuses == {200, 503}
    assert all(retry for _, status, _, retry in answers.rows if status == 503)
    require_goodput(answers, capacity(served))
    assert quantile(answers.seconds(200), 0.99) <= WAIT + 2 * BATCH * PACE + SLACK
    assert quantile(answers.seconds(503), 0.5) <= 0.1 + SLACK / 10
    assert quantile(answers.seconds(503), 0.99) <= 0.1 + SLACK
    require_counted(served, answers)


@only_in_full
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity") or cores() < 2, reason="needs a core for the clients")
@pytest.mark.parametrize("run", ["imdb/flagship", RUN])
def test_a_shipped_run_at_its_own_pace_stands_three_times_its_capacity(serving, run, tmp_path, record_property):
    with on_core(0):
        served = serving("-m", "sentiment", "serve", "--run", run, "--port", "0")
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"texts": TEXT, "run": run}))
    with on_core(1):
        measured = under_load(served, body, 10, clients=96)
        per_second = measured.count(200) / 10
        answers = under_load(served, body, LOAD_SECONDS, rate=3 * per_second)
    record(record_property, answers, per_second)
    assert answers.statuses == {200, 503}
    assert all(retry for _, status, _, retry in answers.rows if status == 503)
    require_goodput(answers, per_second)
    assert quantile(answers.seconds(200), 0.99) <= 2 * ServerSettings().queue_seconds + SLACK
    assert quantile(answers.seconds(503), 0.99) <= 0.1
    ended = time.monotonic()
    assert served.post("/v1/predict", texts=TEXT, run=run).status_code == 200
    assert time.monotonic() - ended < 5


def test_a_service_recovers_at_once(served, body):
    under_load(served, body, 2, rate=3 / PACE)
    ended = time.monotonic()
    served.wait_for(lambda: served.figure("sentiment_queue_items") == 0, 5)
    assert served.post("/v1/predict", texts=TEXT, run=RUN).status_code == 200
    assert time.monotonic() - ended < 5
    calm = under_load(served, body, 1, rate=0.3 / PACE)
    assert calm.statuses == {200}


def test_health_and_figures_are_answered_above_capacity(served, body):
    load = start_load(served, body, 2, rate=3 / PACE)
    served.wait_for(lambda: served.figure("sentiment_overloads_total") > 0)
    assert [served.client.get(path).status_code for path in ("/healthz", "/readyz", "/v1/models")] == [200] * 3
    assert served.figure("sentiment_queue_items") > 0
    answers_of(load)
