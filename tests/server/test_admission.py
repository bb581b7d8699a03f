"""Requests are refused as early as possible: when their bytes arrive, if they find no room."""

import asyncio
import json
import time
from types import SimpleNamespace

import pytest

from sentiment.errors import LateError, OverloadedError, RequestError, RunError
from sentiment.server import ServerSettings
from sentiment.server.admission import Admission, _deadline, refusal_at_once
from sentiment.server.middleware import BODY
from sentiment.server.serving.caller import Caller, caller
from sentiment.server.serving.dispatcher import Dispatcher
from sentiment.server.serving.prometheus import ServerMetrics


class Queue:
    """A queue that is full, or is not."""

    def __init__(self, *, is_full: bool) -> None:
        self.is_full = is_full

    def require_room(self, _: int) -> None:
        if self.is_full:
            raise OverloadedError("expected room; found none; try again in a moment")


class Runs:
    """A registry with a run whose queue is full, which is the default, and a run whose queue is not."""

    def __init__(self) -> None:
        self.runs = {
            "full": SimpleNamespace(predictions=Queue(is_full=True), explanations=None),
            "free": SimpleNamespace(predictions=Queue(is_full=False), explanations=Queue(is_full=False)),
        }

    def all(self) -> list[SimpleNamespace]:
        return list(self.runs.values())

    def get(self, name: str | None) -> SimpleNamespace:
        if name not in (None, *self.runs):
            raise RunError("expected a run in service; found none")
        return self.runs[name or "full"]


@pytest.fixture
def dispatcher() -> Dispatcher:
    return Dispatcher(Runs(), ServerSettings(), ServerMetrics())


def request(body: bytes | dict, path: str = "/v1/predict", method: str = "POST", length: int | None = None) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    length = len(content) if length is None else length
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\nAccept: */*\r\n\r\n"
    return head.encode() + content


@pytest.mark.parametrize("body", [{"texts": "good"}, {"texts": ["good", "bad"], "run": "full"}])
def test_a_request_that_finds_no_room_is_answered_and_counted(dispatcher, body, caplog):
    caplog.set_level("INFO", "sentiment.server.access")
    head, _, content = refusal_at_once(dispatcher, request(body)).partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert lines[0] == b"http/1.1 503 service unavailable"
    assert {b"retry-after: 1", b"connection: close", b"x-content-type-options: nosniff"} < set(lines)
    assert b"content-length: %d" % len(content) in lines
    assert json.loads(content)["error"]["code"] == "overloaded"
    figures = dispatcher.metrics.text().decode()
    assert 'sentiment_requests_total{method="POST",route="/v1/predict",status="503"} 1.0' in figures
    assert "sentiment_overloads_total 1.0" in figures
    assert "POST /v1/predict 503" in caplog.text


@pytest.mark.parametrize(
    "data",
    [
        request({"texts": "good", "run": "free"}),
        request({"texts": "good", "run": "unknown"}),
        request({"text": "good", "run": "full"}, "/v1/explain"),  # which has no such queue
        request({"texts": "good"}, "/v1/models"),
        request(b"", "/healthz", "GET"),
        request({"texts": "good"})[:-1],  # the rest is on its way
        request({"texts": "good"})[:60],
        request({"texts": "good"}) + b"GET",
        request(b"[]"),
        request(b"{"),
        request(b"[" * 100_000),
        request(b"\xff\xfe"),
        request({"texts": "good"}, length=0),
        b"",
        b"\x16\x03\x01",
        request({"texts": "good"}).replace(b"/v1/predict", b"/V1/Predict"),
        request({"texts": "good"}).replace(b"POST", b"post"),
        request({"texts": "good"}).replace(b"Host: localhost", b"Host: rebound.example"),
        request({"texts": "good"}).replace(b"Host: localhost", b"Host: localhost\r\nOrigin: https://app.example"),
        request({"texts": "good"}).replace(b"Host: localhost", b"Host: " + b"a" * 20_000),  # which is too large a head
        request({"texts": "good"}).replace(b"Host: localhost\r\n", b""),
        request({"texts": "good"}).replace(b"Accept: */*", b"Content-Length: 17"),
    ],
)
def test_all_else_goes_the_usual_way(dispatcher, data):
    assert refusal_at_once(dispatcher, data) is None
    assert "sentiment_overloads_total 0.0" in dispatcher.metrics.text().decode()


def test_where_tokens_are_set_a_request_without_one_is_not_told_of_the_load():
    guarded = Dispatcher(Runs(), ServerSettings(tokens=("0123456789abcdef",)), ServerMetrics())
    assert refusal_at_once(guarded, request({"texts": "good"})) is None


@pytest.mark.parametrize(
    ("allowed", "host"),
    [("reviews.example", "Reviews.example:8000"), ("*.example", "reviews.example"), ("*", "any"), ("any", "[::1]:80")],
)
def test_a_request_for_an_allowed_host_is_refused_at_once(allowed, host):
    dispatcher = Dispatcher(Runs(), ServerSettings(allowed_hosts=(allowed,)), ServerMetrics())
    data = request({"texts": "good"}).replace(b"localhost", host.encode())
    assert refusal_at_once(dispatcher, data) is not None


def test_a_megabyte_of_headers_is_passed_on_in_no_time(dispatcher):
    data = b"POST /v1/predict HTTP/1.1\r\n" + b"content-length: 1\r\n" * 55_000
    started = time.process_time()
    assert refusal_at_once(dispatcher, data) is None
    assert time.process_time() - started < 1


def test_without_a_full_queue_nothing_is_refused_at_once(dispatcher):
    dispatcher.registry.runs["full"].predictions.is_full = False
    assert refusal_at_once(dispatcher, request({"texts": "good"})) is None


@pytest.mark.anyio
async def test_a_request_in_several_pieces_is_refused_before_the_framework_reads_it(dispatcher):
    sent = []

    async def send(message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/v1/predict", "headers": [], BODY: b'{"texts": "good"}'}
    await Admission(pytest.fail, dispatcher)(scope, None, send)
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"1") in sent[0]["headers"]
    assert "sentiment_overloads_total 1.0" in dispatcher.metrics.text().decode()


@pytest.mark.anyio
async def test_an_answer_to_a_client_that_has_left_is_late_by_no_negative_time(dispatcher):
    token = caller.set(Caller(asyncio.get_running_loop().time() - 5))
    try:
        with pytest.raises(LateError, match="expected an answer before the client leaves; found none"):
            async with dispatcher.time_limit(30.0):
                await asyncio.sleep(1)
    finally:
        caller.reset(token)


@pytest.mark.parametrize("seconds", ["soon", "-1", "0", "inf", "nan", ""])
def test_a_deadline_that_is_no_time_is_refused(seconds):
    with pytest.raises(RequestError, match="expected Request-Timeout as a positive number of seconds"):
        _deadline(seconds)
