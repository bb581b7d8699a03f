"""Clients that leave, that wait only so long, that are slow, or that read nothing."""

import json
import os
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from helpers.reliability import SLACK, only_in_full
from helpers.serving import Served
from reliability.conftest import RUN, TEXT

pytestmark = pytest.mark.slow

IDLE, SLOW = 600, 100
HEAD_SECONDS = 4.0 + SLACK


def connected(served: Served) -> socket.socket:
    to = urlsplit(served.url)
    return socket.create_connection((to.hostname, to.port), timeout=30)


def request(method: str, path: str, body: bytes = b"") -> bytes:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


PREDICT = request("POST", "/v1/predict", json.dumps({"texts": TEXT, "run": RUN}).encode())


def predict(served: Served, timeout: str):
    return served.client.post("/v1/predict", json={"texts": TEXT, "run": RUN}, headers={"Request-Timeout": timeout})


def megabytes(served: Served) -> float:
    """The memory that a process holds."""
    return int(Path(f"/proc/{served.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_work_is_dropped_when_its_client_leaves_or_does_not_wait_as_long(paced):
    served = paced(0.4, batch=1, max_texts=1, queue_seconds=100)
    assert predict(served, "30").status_code == 200
    leaving = [connected(served) for _ in range(10)]
    for connection in leaving:
        connection.sendall(PREDICT)
    served.wait_for(lambda: served.figure("sentiment_queue_items") >= 8)

    started = time.monotonic()
    impatient = predict(served, "0.5")  # some four seconds of work wait before it
    assert impatient.status_code == 503
    assert "expected to wait at most 0.5 seconds" in impatient.json()["error"]["message"]
    assert time.monotonic() - started < 0.4 + SLACK

    for connection in leaving:
        connection.close()
    served.wait_for(lambda: served.figure("sentiment_queue_items") == 0, 1 + SLACK)
    served.wait_for(lambda: served.log.count("POST /v1/predict 499 ") >= 8, 2 + SLACK)
    late = predict(served, "0.1")
    assert late.status_code == 504
    assert late.json()["error"]["code"] == "late"
    assert "Retry-After" in late.headers
    assert predict(served, "30").status_code == 200
    assert served.figure("sentiment_batch_items_sum") <= 6  # of 13
    assert "Traceback" not in served.log


def test_idle_and_slow_clients_keep_nobody_out_and_are_told_why_they_are_closed(paced, record_property):
    served = paced(0.0, head_timeout_seconds=HEAD_SECONDS)
    assert served.is_ready()
    before = megabytes(served)
    connections = [connected(served) for _ in range(IDLE + SLOW)]
    for connection in connections[IDLE:]:
        connection.sendall(PREDICT[:40])
    served.wait_for(lambda: served.client.post("/v1/predict", json={"texts": TEXT}).status_code == 200, 3 + SLACK)
    assert megabytes(served) - before < 60
    record_property("idle", IDLE)
    record_property("slow", SLOW)
    endings = []
    for connection in connections:
        with connection:
            endings.append(connection.recv(1_000)[:12])
    assert endings == [b"HTTP/1.1 408"] * len(connections)
    assert f'route="unknown",status="408"}} {len(connections)}.0' in served.client.get("/metrics").text
    assert served.log.count(" 408 ") == len(connections)


@pytest.mark.parametrize(
    "requests", [pytest.param(8_000, id="some"), pytest.param(1_000_000, id="without end", marks=only_in_full)]
)
def test_a_client_that_reads_nothing_is_cut_off_and_takes_no_memory(paced, requests):
    served = paced(0.0, unread_timeout_seconds=0.5)
    served.client.get("/openapi.json")  # which is made at the first request
    before = megabytes(served)
    with connected(served) as deaf:
        deaf.settimeout(20)
        with pytest.raises(ConnectionError):
            deaf.sendall(request("GET", "/openapi.json") * requests)
            time.sleep(2)
            deaf.sendall(b"GET")
            deaf.sendall(b"GET")
        assert megabytes(served) - before < 30
    assert served.is_ready()
