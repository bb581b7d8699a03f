"""The download against a real server on this machine: it resumes, verifies, and gives up in time."""

import errno
import hashlib
import http.server
import random
import socket
import threading
import time
from pathlib import Path

import pytest

from sentiment.data.download import OFFICIAL, Download, download
from sentiment.errors import ReviewsError, StorageError

CONTENT = random.Random(0).randbytes(300_000)


class Server(http.server.ThreadingHTTPServer):
    """Serves CONTENT; `cuts` are the numbers of bytes after which the next answers end early."""

    daemon_threads = True
    cuts: list[int]
    ranges: list[str | None]
    supports_range = True
    answer_after = 0.0
    stall_after: int | None = None
    status = 200


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *args):
        pass

    def do_GET(self):
        server = self.server
        requested = self.headers["Range"]
        server.ranges.append(requested)
        time.sleep(server.answer_after)
        start = int(requested.removeprefix("bytes=").removesuffix("-")) if requested and server.supports_range else 0
        if server.status != 200 or start >= len(CONTENT):
            self.send_error(server.status if server.status != 200 else 416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        body = CONTENT[start:]
        if server.cuts:
            body = body[: server.cuts.pop(0)]
        if server.stall_after is not None:
            self.wfile.write(body[: server.stall_after])
            self.wfile.flush()
            time.sleep(3)
            return
        self.wfile.write(body)


@pytest.fixture
def server():
    with Server(("127.0.0.1", 0), Handler) as running:
        running.cuts, running.ranges = [], []
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def file(server):
    return Download(f"http://127.0.0.1:{server.server_address[1]}/a.tar.gz", hashlib.md5(CONTENT).hexdigest())


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives_whole(tmp_path, file):
    target = download(file, tmp_path / "data" / "a.tar.gz")
    assert target.read_bytes() == CONTENT
    assert names(tmp_path / "data") == ["a.tar.gz"]


def test_a_cut_connection_is_resumed_where_it_ended(tmp_path, file, server):
    server.cuts = [100_000, 50_000]
    assert download(file, tmp_path / "a").read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=100000-", "bytes=150000-"]


def test_what_an_earlier_call_fetched_is_not_fetched_again(tmp_path, file, server):
    (tmp_path / "a.part").write_bytes(CONTENT[:299_000])
    assert download(file, tmp_path / "a").read_bytes() == CONTENT
    assert server.ranges == ["bytes=299000-"]


def test_after_many_cuts_the_next_call_resumes_from_what_arrived(tmp_path, file, server):
    server.cuts = [1000, 1000, 0]
    with pytest.raises(ReviewsError, match=r"found an end after 2,000 bytes .*; run the command again"):
        download(file, tmp_path / "a")
    assert (tmp_path / "a.part").read_bytes() == CONTENT[:2000]
    assert not (tmp_path / "a").exists()


def test_a_server_without_ranges_is_asked_for_the_whole(tmp_path, file, server):
    server.supports_range = False
    (tmp_path / "a.part").write_bytes(b"older bytes")
    assert download(file, tmp_path / "a").read_bytes() == CONTENT


def test_a_complete_part_is_only_renamed(tmp_path, file):
    (tmp_path / "a.part").write_bytes(CONTENT)
    assert download(file, tmp_path / "a").read_bytes() == CONTENT


def test_a_wrong_checksum_is_reported_and_the_part_is_deleted(tmp_path, file):
    (tmp_path / "a.part").write_bytes(b"x" * 1000)
    with pytest.raises(ReviewsError, match=f"expected the MD5 {file.md5} of .*; found [0-9a-f]{{32}}; deleted"):
        download(file, tmp_path / "a")
    assert names(tmp_path) == []
    assert download(file, tmp_path / "a").read_bytes() == CONTENT


def test_a_second_download_waits_for_the_first_and_uses_its_file(tmp_path, file, server, capsys):
    server.answer_after = 0.5
    first = threading.Thread(target=download, args=(file, tmp_path / "a"))
    first.start()
    while not server.ranges:
        time.sleep(0.01)
    assert download(file, tmp_path / "a").read_bytes() == CONTENT
    assert capsys.readouterr().err == "Another command is fetching the reviews; waiting for it.\n"
    first.join()
    assert len(server.ranges) == 1
    assert names(tmp_path) == ["a"]


def test_a_refused_connection_is_reported_at_once(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(ReviewsError, match=r"expected an answer from http.*; found none .*refused"):
        download(Download(f"http://127.0.0.1:{port}/", "0"), tmp_path / "data" / "a")
    assert names(tmp_path / "data") == []


def test_an_unknown_host_is_reported(tmp_path):
    with pytest.raises(ReviewsError, match="is there a network"):
        download(Download("http://nobody.invalid/a", "0"), tmp_path / "a")


def test_a_missing_page_is_reported(tmp_path, file, server):
    server.status = 404
    with pytest.raises(ReviewsError, match="the server says 404"):
        download(file, tmp_path / "a")
    assert names(tmp_path) == []


def test_a_server_that_does_not_answer_times_out(tmp_path, file, server):
    server.answer_after = 3
    start = time.monotonic()
    with pytest.raises(ReviewsError, match=r"found none \(waited 0.2 s\)"):
        download(Download(file.url, file.md5, answer_seconds=0.2), tmp_path / "a")
    assert time.monotonic() - start < 2


def test_a_slow_name_lookup_times_out(tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3))
    start = time.monotonic()
    with pytest.raises(ReviewsError, match=r"waited 0.2 s"):
        download(Download("http://slow.invalid/a", "0", answer_seconds=0.2), tmp_path / "a")
    assert time.monotonic() - start < 2


def test_a_server_that_falls_silent_times_out_and_the_part_is_kept(tmp_path, file, server):
    server.stall_after = 500
    (tmp_path / "a.part").write_bytes(CONTENT[:1000])
    hasty = Download(file.url, file.md5, silence_seconds=0.1)
    with pytest.raises(ReviewsError, match="timed out"):
        download(hasty, tmp_path / "a")
    partial = (tmp_path / "a.part").read_bytes()
    assert len(partial) >= 1000
    assert partial == CONTENT[: len(partial)]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_reported(tmp_path, file):
    (tmp_path / "a.part").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="expected room on the disk"):
        download(file, tmp_path / "a")


def test_a_read_only_folder_is_reported(tmp_path, file, monkeypatch):
    def closed(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.mkdir", closed)
    with pytest.raises(StorageError, match="choose another folder"):
        download(file, tmp_path / "data" / "a")


def test_the_official_archive_is_waited_for_no_longer_than_ten_seconds():
    assert OFFICIAL.answer_seconds <= 10
    assert OFFICIAL.url == "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
    assert OFFICIAL.md5 == "7c2ac02c03563afcf9b574c7e56c153a"
