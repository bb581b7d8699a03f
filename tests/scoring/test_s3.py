"""Scoring from a bucket into a bucket, through a server that speaks S3."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.scored_files import parts_of, write_rows
from sentiment.data.files import read_rows
from sentiment.errors import ReviewsError, StorageError
from sentiment.scoring.running import ScoreOptions, run_job

s3fs = pytest.importorskip("s3fs")
moto = pytest.importorskip("moto.server")

COMPACT = Path(__file__).parents[2] / "models" / "imdb" / "compact"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Its address."""
    running = moto.ThreadedMotoServer(port=0, verbose=False)
    running.start()
    _, port = running.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    running.stop()


@pytest.fixture
def store(server, monkeypatch):
    """The store, with a bucket named "bucket", as this process and those that it starts find it."""
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    system = s3fs.S3FileSystem()
    system.mkdir("bucket")
    yield system
    system.invalidate_cache()
    system.rm("bucket", recursive=True)
    s3fs.S3FileSystem.clear_instance_cache()


def objects(store, folder: str) -> dict[str, bytes]:
    """What lies below it, by name."""
    store.invalidate_cache()
    return {path.rsplit("/", 1)[-1]: store.cat_file(path) for path in store.find(folder)}


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_bucket_gets_the_parts_that_a_local_folder_gets(suffix, run, rows, tmp_path, store):
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        store.put_file(str(write_rows(tmp_path / "in" / f"{name}{suffix}", rows)), f"bucket/in/{name}{suffix}")
    run_job(run, ScoreOptions((f"{tmp_path}/in",), str(tmp_path / "out"), rows_per_part=20, workers=2))
    options = ScoreOptions(("s3://bucket/in/",), "s3://bucket/out", rows_per_part=20, workers=2)
    summary = run_job(run, options)
    found = objects(store, "bucket/out")
    expected = parts_of(tmp_path / "out")
    assert found.keys() == {"_manifest.json", *expected}
    assert {name: found[name] for name in expected} == expected
    assert run_job(run, options).resumed == summary.parts


@pytest.mark.slow
def test_a_job_from_bucket_to_bucket_that_is_killed_goes_on_and_makes_the_same_parts(tmp_path, store):
    rows = [{"id": number, "text": f"Number {number} was fine."} for number in range(1_500)]
    store.put_file(str(write_rows(tmp_path / "in.csv", rows)), "bucket/in.csv")

    def start(output: str) -> "subprocess.Popen[str]":
        command = ["score", "--run", str(COMPACT), "--input", "s3://bucket/in.csv", "--output", output]
        command += ["--rows-per-part", "50", "--workers", "2"]
        return subprocess.Popen([sys.executable, "-m", "sentiment", *command], stderr=subprocess.PIPE, text=True)

    assert "scored 1,500 rows in 30 parts" in start("s3://bucket/whole").communicate()[1]
    process = start("s3://bucket/out")
    while process.poll() is None and len(objects(store, "bucket/out")) < 10:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    errors = start("s3://bucket/out").communicate()[1]
    assert "of 30 parts were finished by an earlier job" in errors
    whole, found = objects(store, "bucket/whole"), objects(store, "bucket/out")
    assert found.keys() == whole.keys()
    assert all(found[name] == whole[name] for name in whole if name != "_manifest.json")


def test_a_bucket_that_is_not_there_is_an_error_and_is_not_made(run, rows, tmp_path, store):
    write_rows(tmp_path / "in.csv", rows)
    options = ScoreOptions((str(tmp_path / "in.csv"),), "s3://mistyped/out")
    with pytest.raises(StorageError, match=r"expected to be able to write s3://mistyped/out; found: .*bucket"):
        run_job(run, options)
    assert not store.exists("mistyped")
    with pytest.raises(ReviewsError, match="mistyped"):
        run_job(run, ScoreOptions(("s3://mistyped/in/",), str(tmp_path / "out")))


def test_reviews_are_read_from_a_bucket(tmp_path, store):
    store.put_file(str(write_rows(tmp_path / "in.csv", [{"id": 1, "text": "Fine."}])), "bucket/in.csv")
    assert [row.text for row in read_rows("s3://bucket/in.csv").rows] == ["Fine."]
