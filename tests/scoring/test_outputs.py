"""Input and output at addresses, and files that appear whole or not at all."""

import json
import pickle
import uuid
from dataclasses import replace

import pytest

from helpers.scored_files import names_below, parts_of, write_rows
from sentiment.errors import ReviewsError, StorageError
from sentiment.scoring.outputs import output_folder
from sentiment.scoring.running import ScoreOptions, run_job

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def bucket():
    """A new folder of fsspec's store in memory, which is like an object store."""
    address = f"memory://bucket-{uuid.uuid4().hex}"
    yield address
    fsspec.filesystem("memory").rm(address, recursive=True)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_files_at_an_address_become_the_parts_that_local_files_become(suffix, run, rows, tmp_path, bucket):
    store = fsspec.filesystem("memory")
    local = ScoreOptions((str(tmp_path),), str(tmp_path / "elsewhere" / "out"), rows_per_part=20, workers=2)
    for name in ("a", "b"):
        path = write_rows(tmp_path / f"{name}{suffix}", rows)
        store.put_file(str(path), f"{bucket}/in/{name}{suffix}")
    local = replace(local, inputs=(f"{tmp_path}/*{suffix}",))
    run_job(run, local)
    remote = replace(local, inputs=(f"{bucket}/in/*{suffix}",), output=f"{bucket}/out")
    summary = run_job(run, remote)
    expected = parts_of(tmp_path / "elsewhere" / "out")
    names = {path.rsplit("/", 1)[-1] for path in store.find(f"{bucket}/out")}
    assert names == {"_manifest.json", *expected}
    assert {name: store.cat_file(f"{bucket}/out/{name}") for name in expected} == expected
    assert (summary.rows, summary.resumed) == (2 * len(rows), 0)
    assert run_job(run, replace(remote, inputs=(f"{bucket}/in",))).resumed == summary.parts


def test_where_there_is_renaming_a_file_is_renamed_when_it_is_whole(tmp_path):
    folder = output_folder(f"file://{tmp_path}/out")

    with pytest.raises(RuntimeError), folder.new("deep/part.csv") as path:
        path.write_text("half")
        raise RuntimeError
    assert not (tmp_path / "out").exists()
    with folder.new("deep/part.csv") as path:
        path.write_text("whole")
        assert names_below(tmp_path) == set()
    assert names_below(tmp_path) == {"out/deep/part.csv"}
    assert folder.read("deep/part.csv") == b"whole"
    assert folder.names("deep") == {"part.csv": 5}
    assert folder.read("deep/none") is None
    assert folder.names("none") == {}


def test_a_worker_elsewhere_opens_the_folder_again(bucket):
    folder = pickle.loads(pickle.dumps(output_folder(f"{bucket}/out")))
    with folder.new("a.csv") as path:
        path.write_text("text")
    assert output_folder(f"{bucket}/out").read("a.csv") == b"text"


def test_a_job_at_an_address_that_was_stopped_goes_on(run, rows, tmp_path, bucket):
    write_rows(tmp_path / "in.csv", rows)
    options = ScoreOptions((str(tmp_path / "in.csv"),), f"{bucket}/out", rows_per_part=20, workers=1)

    def stop_after_two(receipts, _):
        for number, receipt in enumerate(receipts):
            yield receipt
            if number == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_job(run, options, watch=stop_after_two)
    summary = run_job(run, options)
    assert 2 <= summary.resumed < 6
    manifest = json.loads(fsspec.filesystem("memory").cat_file(f"{bucket}/out/_manifest.json"))
    assert sum(part["rows"] for part in manifest["parts"]) == len(rows)


def test_an_address_that_cannot_be_opened_is_refused_without_its_secret(run, rows, tmp_path, monkeypatch):
    write_rows(tmp_path / "in.csv", rows)
    with pytest.raises(ReviewsError, match="expected an address that fsspec can open; found nowhere://bucket/in:"):
        run_job(run, ScoreOptions(("nowhere://me:secret@bucket/in",), str(tmp_path / "out")))
    folder = output_folder(f"file://{tmp_path}/out")
    monkeypatch.setattr(folder._system, "cat_file", lambda _: 1 / 0)
    with pytest.raises(StorageError, match=r"expected to be able to write file:.*; found: ZeroDivisionError"):
        folder.read("part.csv")
