"""Uploads that are read apart: within the time of their request, few at a time, and for nobody who has left."""

import asyncio
import json
import socket
import sys
from urllib.parse import urlsplit

import httpx
import pytest

from helpers.blocked_reader import BlockedReader
from helpers.serving import calling
from sentiment.server import ServerSettings

FILE = {"file": ("a.json", json.dumps([{"text": "a good film"}]))}

LONG_TEXT_FILE = {"file": ("a.csv", "text\n" + "a good film\n" * 100_000)}


@pytest.fixture
def blocked(tmp_path):
    reader = BlockedReader(tmp_path / "blocked")
    yield reader
    reader.close()


@pytest.fixture
def blocked_here(blocked, monkeypatch) -> BlockedReader:
    """That of the application in this process."""
    monkeypatch.setattr(sys, "executable", str(blocked.interpreter))
    return blocked


async def until(condition) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("settings", "headers", "file"),
    [
        ({"upload_timeout_seconds": 0.5}, {}, FILE),
        ({}, {"Request-Timeout": "0.5"}, FILE),
        ({}, {"Request-Timeout": "0.5"}, LONG_TEXT_FILE),
    ],
    ids=["limit", "header", "text file"],
)
async def test_a_file_that_is_not_read_in_the_time_of_its_request_gets_504_and_leaves_no_process(
    trained, blocked_here, settings, headers, file
):
    async with calling(trained, ServerSettings(**settings)) as client:
        answer = await client.post("/score", files=file, headers=headers)
        figures = (await client.get("/metrics")).text
    assert answer.status_code == 504
    assert "Retry-After" in answer.headers
    assert "expected an answer within 0.5 seconds" in answer.json()["error"]["message"]
    assert "sentiment_overloads_total 1.0" in figures
    await until(lambda: not blocked_here.has_a_process)


@pytest.mark.anyio
async def test_a_few_files_wait_until_others_are_read_and_one_beyond_these_is_refused(trained, blocked_here):
    async with calling(trained, ServerSettings(readers=1, read_queue=2)) as client:
        readers = client._transport.app.state.dispatcher.readers
        answers = [asyncio.create_task(client.post("/score", files=FILE)) for _ in range(3)]
        await until(lambda: readers.waiting == 2)
        refused = await client.post("/score", files=FILE)
        blocked_here.let_on()
        assert [(await answer).status_code for answer in answers] == [200, 200, 200]
    assert refused.status_code == 503
    assert "Retry-After" in refused.headers
    assert "in a queue of 2 files; found 2 waiting" in refused.json()["error"]["message"]


@pytest.mark.anyio
async def test_a_file_that_nobody_waits_for_gives_up_its_place(trained, blocked_here):
    async with calling(trained, ServerSettings(readers=1, read_queue=1)) as client:
        readers = client._transport.app.state.dispatcher.readers
        read = asyncio.create_task(client.post("/score", files=FILE))
        await until(lambda: blocked_here.has_a_process)
        late = await client.post("/score", files=FILE, headers={"Request-Timeout": "0.2"})
        assert (late.status_code, readers.waiting) == (504, 0)
        blocked_here.let_on()
        assert (await read).status_code == 200


@pytest.mark.slow
def test_the_process_that_reads_a_file_ends_when_its_client_leaves(serving_slowly, trained, blocked):
    served = serving_slowly(trained, "--interpreter", blocked.interpreter)
    upload = httpx.Request("POST", f"{served.url}/score", files=FILE)
    to = urlsplit(served.url)
    with socket.create_connection((to.hostname, to.port), timeout=30) as client:
        head = [b"POST /score HTTP/1.1", *(b"%b: %b" % header for header in upload.headers.raw), b"\r\n"]
        client.sendall(b"\r\n".join(head) + upload.read())
        blocked.wait_until(it_has_a_process=True)
    blocked.wait_until(it_has_a_process=False)
    served.wait_for(lambda: "POST /score 499" in served.log)
