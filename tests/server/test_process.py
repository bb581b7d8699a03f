"""The service as a process: under load, when it is stopped, and what its log contains."""

import contextlib
import gc
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from helpers.serving import AT_THE_GATE, ROOT
from sentiment.errors import ConfigError
from sentiment.server import ServerSettings, process
from sentiment.server.settings import LOOPBACK

pytestmark = pytest.mark.slow
GOOD = "a good film"
WAITING = f"WAIT {GOOD}"


@pytest.fixture
def people():
    """Threads for clients that send requests at the same time."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


def test_a_full_queue_refuses_at_once_and_the_waiting_requests_are_answered(serving_slowly, trained, tmp_path, people):
    served = serving_slowly(trained, "--queue", "2", "--most", "1")
    ask = lambda: people.submit(served.post, "/v1/predict", texts=WAITING)  # noqa: E731
    waiting = [ask()]
    served.wait_for(lambda: AT_THE_GATE in served.log)
    waiting += [ask(), ask()]
    served.wait_for(lambda: served.figure("sentiment_queue_items") == 2)

    refused = served.post("/v1/predict", texts=GOOD)
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) >= 1
    assert "a queue of 2; found 2 waiting" in refused.json()["error"]["message"]
    form = served.client.post("/", data={"text": GOOD}, headers={"Accept": "text/html"})
    assert form.status_code == 503
    assert "Retry-After" in form.headers
    assert served.figure("sentiment_overloads_total") == 2
    assert served.is_ready()

    (tmp_path / "gate").touch()
    assert [answer.result().status_code for answer in waiting] == [200] * 3
    assert served.post("/v1/predict", texts=GOOD).status_code == 200


def test_a_request_that_waits_too_long_gets_an_error_and_the_next_is_answered(serving_slowly, trained, tmp_path):
    served = serving_slowly(trained, "--timeout", "0.3")
    late = served.post("/v1/predict", texts=WAITING)
    assert late.status_code == 504
    assert "expected an answer within 0.3 seconds" in late.json()["error"]["message"]
    assert "Retry-After" in late.headers
    (tmp_path / "gate").touch()
    served.wait_for(lambda: served.post("/v1/predict", texts=GOOD).status_code == 200)


def connected(served) -> socket.socket:
    to = urlsplit(served.url)
    return socket.create_connection((to.hostname, to.port), timeout=30)


def everything(connection: socket.socket) -> bytes:
    """All bytes that a connection sends until it is closed."""
    return b"".join(iter(lambda: connection.recv(1 << 16), b""))


PREDICT = b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BODY = b'{"texts": "a good film"}'


@pytest.mark.parametrize(
    ("beginning", "says"),
    [
        (b"", b""),
        (b"POST /v1/predict HTTP/1.1\r\nHost: local", b""),
        (PREDICT + b"Content-Length: 24\r\n\r\n" + BODY[:9], b"expected the request within 0.3 seconds"),
    ],
)
def test_an_incomplete_request_gets_an_error_and_its_connection_is_closed(serving_slowly, trained, beginning, says):
    served = serving_slowly(trained, "--patience", "0.3")
    with connected(served) as connection:
        connection.sendall(beginning)
        answer = everything(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    assert says in answer
    served.wait_for(lambda: 'status="408"} 1.0' in served.client.get("/metrics").text)
    served.wait_for(lambda: " 408 " in served.log)


def test_slow_bytes_do_not_extend_the_time_limit_and_a_second_request_has_the_same_limit(serving_slowly, trained):
    served = serving_slowly(trained, "--patience", "0.5")
    head = PREDICT + b"Content-Length: 24\r\n\r\n"
    with connected(served) as connection:
        for _ in range(2):
            connection.sendall(head[:20])
            time.sleep(0.2)
            connection.sendall(head[20:] + BODY)
            answer = b""
            while not answer.endswith(b"]}"):
                answer += connection.recv(1 << 16)
            assert answer.startswith(b"HTTP/1.1 200 ")
        started = time.monotonic()
        with contextlib.suppress(OSError):  # the server closed it in the meantime
            for byte in head:
                connection.sendall(bytes([byte]))
                time.sleep(0.05)
        assert time.monotonic() - started < 0.05 * len(head) - 0.5
    assert served.is_ready()


def test_a_request_head_that_is_too_large_is_refused_and_its_connection_closed(serving_slowly, trained):
    served = serving_slowly(trained)
    with connected(served) as connection:
        connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 20_000)
        answer = everything(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    served.wait_for(lambda: 'status="400"} 1.0' in served.client.get("/metrics").text)
    served.wait_for(lambda: " 400 " in served.log)


def test_a_connection_too_many_is_refused_with_a_retry_after(serving_slowly, trained):
    served = serving_slowly(trained, "--connections", "3")  # one of them is the test client's
    waiting = [connected(served) for _ in range(2)]
    served.is_ready()
    with connected(served) as late:
        late.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = everything(late).lower()
    assert answer.startswith(b"http/1.1 503 ")
    assert b"retry-after: 1\r\n" in answer
    assert b"expected at most 3 open connections" in answer
    assert b"x-content-type-options: nosniff" in answer
    for connection in waiting:
        connection.close()
    served.wait_for(served.is_ready)
    assert served.figure("sentiment_overloads_total") == 1
    served.wait_for(lambda: " 503 " in served.log)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_stopping_server_accepts_nothing_new_and_answers_what_has_arrived(
    serving_slowly, trained, tmp_path, people, stop
):
    served = serving_slowly(trained, "--most", "1")
    answers = [people.submit(served.post, "/v1/predict", texts=WAITING)]
    served.wait_for(lambda: AT_THE_GATE in served.log)
    answers.append(people.submit(served.post, "/v1/predict", texts=GOOD))
    served.wait_for(lambda: served.figure("sentiment_queue_items") == 1)
    served.process.send_signal(stop)
    served.wait_for(lambda: not served.is_ready())
    (tmp_path / "gate").touch()
    assert [answer.result().status_code for answer in answers] == [200, 200]
    assert served.exit_code() == 0
    assert "stopped" in served.log


def test_nothing_of_a_review_reaches_the_log_or_the_figures(serving_slowly, trained, tmp_path):
    served = serving_slowly(trained)
    secret = "Zanzibar"
    (tmp_path / "gate").touch()
    text = f"a good {secret} film"
    file = {"file": (f"{secret}.csv", f"text\n{text}\n")}
    client = served.client
    statuses = [
        client.post("/v1/predict", json={"texts": text}).status_code,
        client.post("/v1/explain", json={"text": text, "gates": True}).status_code,
        client.post("/", data={"text": text}).status_code,
        client.post("/score", files=file).status_code,
        client.post("/v1/predict", json={"texts": f"FAIL {text}"}).status_code,
        client.post("/score", files=file, data={"column": secret}).status_code,
        client.post("/v1/predict", json={"texts": GOOD, "run": secret}).status_code,
        client.post("/v1/predict", json={"texts": text * 2_000}).status_code,
        client.post("/v1/predict", content=f'{{"texts": "{text}').status_code,
        client.post("/v1/explain", json={"text": text, "method": secret}).status_code,
        client.get(f"/{secret}", params={"text": text}).status_code,
        client.get("/", params={"text": text}).status_code,
        client.get("/v1/models", headers={"Host": secret, "User-Agent": secret, "Referer": secret}).status_code,
    ]
    assert statuses == [200, 200, 200, 200, 500, 422, 404, 422, 422, 422, 404, 200, 400]
    figures = client.get("/metrics").text
    served.process.terminate()
    assert served.exit_code() == 0
    assert secret not in served.log
    assert secret not in figures
    assert "POST /v1/predict 200" in served.log
    assert "unexpected ValueError" in served.log


def test_the_command_serves_on_loopback_only_and_stops_cleanly(serving, trained):
    served = serving("-m", "sentiment", "serve", "--models", trained, "--port", "0")
    assert served.url.startswith("http://127.0.0.1:")
    assert served.post("/v1/predict", texts=GOOD).json()["predictions"][0]["label"] == "positive"
    headers = served.client.get("/").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "server" not in headers
    served.process.terminate()
    assert served.exit_code() == 0


def test_what_would_hold_up_the_event_loop_is_kept_from_it(monkeypatch):
    """The garbage collector looking through the loaded runs, and hundreds of connections accepted in one turn."""
    seen = {}

    def run(server, **_) -> None:
        seen.update(frozen=gc.get_freeze_count(), accepted=server.config.backlog)

    monkeypatch.setattr(process.Server, "run", run)
    before = gc.get_freeze_count()
    try:
        process.serve(ROOT / "models", ServerSettings(port=0, runs=("imdb/compact",)))
    finally:
        gc.unfreeze()
    assert seen["frozen"] > before + 10_000
    assert seen["accepted"] <= 64


def test_off_loopback_every_host_is_allowed_unless_some_are_named():
    assert "127.0.0.1" in ServerSettings().hosts
    assert ServerSettings(host="0.0.0.0").hosts == ["*"]
    assert ServerSettings(host="0.0.0.0", allowed_hosts=("reviews.example",)).hosts == [*LOOPBACK, "reviews.example"]


@pytest.mark.parametrize("name", ["", "foo*bar", "a b", "https://reviews.example", "*."])
def test_an_impossible_host_name_is_refused(name):
    with pytest.raises(ConfigError, match="expected a host name"):
        ServerSettings(allowed_hosts=(name,))


def test_an_engine_that_does_not_exist_is_refused_before_any_run_is_read():
    with pytest.raises(ConfigError, match="expected an engine, one of onnx, int8, keras; found 'foo'"):
        ServerSettings(engine="foo")


def test_an_address_in_use_is_one_line(serving, trained):
    port = serving("-m", "sentiment", "serve", "--models", trained, "--port", "0").url.rsplit(":", 1)[1]
    done = subprocess.run(
        [sys.executable, "-m", "sentiment", "serve", "--models", trained, "--port", port],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert f"expected to be able to listen on 127.0.0.1 port {port}" in " ".join(done.stderr.split())


def test_a_name_that_cannot_be_looked_up_is_one_line(trained):
    done = subprocess.run(
        [sys.executable, "-m", "sentiment", "serve", "--models", trained, "--host", ".x"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "expected to be able to listen on .x" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_answering_imports_neither_tensorflow_nor_keras(trained):
    code = f"""
import asyncio, sys
from pathlib import Path
import httpx
from sentiment.server import create_app

async def ask():
    transport = httpx.ASGITransport(create_app(Path({str(trained)!r})))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for path, how in (
            ("/v1/predict", {{"json": {{"texts": "a good film"}}}}),
            ("/v1/explain", {{"json": {{"text": "a good film", "gates": True, "run": "custom-lstm-tiny-seed1"}}}}),
            ("/", {{"data": {{"text": "a good film"}}}}),
            ("/score", {{"files": {{"file": ("a.csv", "text\\na good film\\n")}}}}),
        ):
            print((await client.post(path, **how)).status_code)

asyncio.run(ask())
print([name for name in ("tensorflow", "keras", "jax", "torch", "pandas", "matplotlib") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[:-1] == ["200"] * 4 + ["[]"], done.stderr
