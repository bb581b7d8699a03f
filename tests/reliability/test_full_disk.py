"""A disk that is full at any write: one line, a code that is not 0, the previous artefact as it was, and nothing half.

The disk is a small one in memory where this process may mount one, as root may. Elsewhere no file may grow beyond the
limit, which the system reports in the same places.
"""

import gzip
import hashlib
import http.server
import os
import random
import re
import resource
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.fake_results import fill
from helpers.reliability import FULL, only_in_full
from helpers.trained import good_and_bad, three_splits
from sentiment.config import Config, PretrainingConfig, TokenizerConfig
from sentiment.data.archive import cached_table
from sentiment.data.download import Download, download
from sentiment.errors import StorageError
from sentiment.inference import PredictedRow, PredictedRows, Prediction, write_file
from sentiment.inference.batch_jobs import batch_job
from sentiment.networks.architectures import build
from sentiment.report import write_report
from sentiment.support.storage import locks
from sentiment.text.tokenizer import ReviewTokenizer
from sentiment.training.encoders import save_encoder
from sentiment.training.encoding import EncodedSplits, encode
from sentiment.training.epochs import Checkpoint, Progress
from sentiment.training.saving import save

ROOT = Path(__file__).parents[2]
BYTES = 24_000_000
WIDE = Config().replace(architecture="gru", preset="tiny", embedding_size=64, units=96, max_length=16)
CONTENT = random.Random(0).randbytes(300_000)


class Disk:
    """A disk that can be filled."""

    def __init__(self, folder: Path, mounted: bool) -> None:
        self.folder = folder
        self._mounted = mounted

    def leave(self, share: float) -> None:
        """Leaves this share of the room that the files there take, in which they do not fit a second time."""
        sizes = [path.stat().st_size for path in self.folder.rglob("*") if path.is_file()]
        if self._mounted:
            free = os.statvfs(self.folder).f_bavail * os.statvfs(self.folder).f_frsize
            with (self.folder / "ballast").open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, int(free - share * sum(sizes)))
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(share * max(sizes)), resource.RLIM_INFINITY))

    def make_room(self) -> None:
        """Undoes `leave`."""
        (self.folder / "ballast").unlink(missing_ok=True)
        if not self._mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@pytest.fixture
def disk(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "_swept", set())
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={BYTES}", "none", str(folder)]
    mounted = sys.platform == "linux" and subprocess.run(command, capture_output=True, check=False).returncode == 0
    disk = Disk(folder, mounted)
    yield disk
    disk.make_room()
    if mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def contents(folder: Path) -> dict[str, str]:
    """SHA-256 of each file by its name, without the ballast."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != "ballast")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def rows(n: int):
    numbers = np.random.default_rng(0).random(n).tolist()
    for number in numbers:
        shares = {"negative": 1 - number, "positive": number}
        yield f"a film {number}", Prediction("positive", number, False, number, None, shares)


def predictions(folder: Path, suffix: str) -> None:
    made = (PredictedRow({}, text, prediction) for text, prediction in rows(5_000))
    form = {"txt": "table"}.get(suffix, suffix)
    write_file(PredictedRows(made), folder / f"out.{suffix}", form)


def journal(folder: Path) -> None:
    with batch_job(folder / "out.csv", {}) as job:
        for _ in job.stream([text for text, _ in rows(20_000)], lambda _: rows(20_000)):
            pass
        raise KeyboardInterrupt  # it stays


def checkpoint(folder: Path) -> None:
    model = build(WIDE.model, 5_000, 1)
    model.compile(optimizer="adam")
    model.optimizer.build(model.trainable_variables)
    Checkpoint(folder / ".training" / "gru", {"of": "this"}).save(model, Progress([{}], model.get_weights(), 3.0))


def encoded() -> EncodedSplits:
    return encode(three_splits(), WIDE.tokenizer)


def run(folder: Path) -> None:
    parts = encoded()
    model = build(WIDE.model, parts.tokenizer.vocabulary_size, 1)
    row = {"epoch": 1, "validation_loss": 0.5, "seconds": 1.0, "tokens_per_second": 9.0}
    save(model, parts, WIDE, Progress([row], model.get_weights(), 1.0), {}, folder, [])


def encoder(folder: Path) -> None:
    config = PretrainingConfig(vocabulary_size=30, embedding_size=8, units=8)
    tokenizer = ReviewTokenizer.fit(good_and_bad(20).texts, TokenizerConfig(vocabulary_size=30))
    metrics = {
        "name": "encoder", "reads": "lstm", "held_out_perplexity": 9.0, "held_out_reviews": 1, "reviews": 1,
        "tokens": 1, "train_seconds": 1.0, "built_from": {}, "history": [], "versions": {}, "machine": {},
        "identity": {"config": vars(config)}, "dataset": "tiny",
    }  # fmt: skip
    weights = [np.random.default_rng(0).normal(size=(300, 300)).astype(np.float32)]
    save_encoder(folder / "encoder", config, tokenizer, weights, metrics, np.zeros(0, np.uint32))


def cache(folder: Path) -> None:
    texts = pd.DataFrame({"text": [text for text, _ in rows(9_000)]}, dtype="str")
    folder.joinpath("identity").write_text("1")  # another one each time, or the first copy would serve
    cached_table(folder / "a.tar.gz", folder / "cache", lambda _: str(random.random()), lambda _: texts)


WRITES = [
    *(pytest.param(partial(predictions, suffix=s), id=f"predictions.{s}") for s in ("csv", "jsonl", "parquet", "txt")),
    checkpoint,
    run,
    encoder,
    cache,
]


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9] if FULL else [0.5])
@pytest.mark.parametrize("write", WRITES)
def test_a_full_disk_leaves_the_previous_artefact_as_it_was_and_nothing_half(write, share, disk):
    write(disk.folder)
    before = contents(disk.folder)
    disk.leave(share)
    with pytest.raises(StorageError, match=r"expected (room on the disk|to be able) to write") as caught:
        write(disk.folder)
    assert caught.value.exit_code != 0
    assert "\n" not in str(caught.value)
    assert contents(disk.folder) == before


@pytest.mark.slow
@only_in_full
def test_a_full_disk_while_a_report_is_written_leaves_every_page_whole(disk):
    fill(disk.folder)
    write_report(disk.folder)
    pages = contents(disk.folder / "report")
    disk.leave(0.1)
    with pytest.raises(StorageError, match="to write"):
        write_report(disk.folder)
    assert contents(disk.folder / "report") == pages
    assert not [name for name in contents(disk.folder) if "unfinished" in name]


def test_a_journal_on_a_full_disk_ends_the_job_and_keeps_what_it_has(disk, monkeypatch):
    monkeypatch.setenv("SENTIMENT_CHECKPOINT_SECONDS", "0")
    with pytest.raises(KeyboardInterrupt):
        journal(disk.folder)
    (size,) = (path.stat().st_size for path in disk.folder.iterdir())
    (disk.folder / ".out.csv.journal").write_bytes((disk.folder / ".out.csv.journal").read_bytes()[: size // 3])
    disk.leave(0.5)
    with pytest.raises(StorageError, match="to write"):
        journal(disk.folder)
    disk.make_room()
    with batch_job(disk.folder / "out.csv", {}) as job:
        again = list(job.stream([text for text, _ in rows(20_000)], rows_of))
    assert job.resumed > 0
    assert again == list(rows(20_000))


def rows_of(texts):
    by_text = dict(rows(20_000))
    return ((text, by_text[text]) for text in texts)


@pytest.mark.slow
def test_a_download_onto_a_full_disk_is_an_error_and_the_rest_is_fetched_when_there_is_room(disk, tmp_path):
    (tmp_path / "file").write_bytes(CONTENT)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    file = Download(f"http://127.0.0.1:{server.server_port}/file", md5)
    (disk.folder / "present").write_bytes(CONTENT)
    disk.leave(0.5)
    with pytest.raises(StorageError, match="to write"):
        download(file, disk.folder / "file")
    assert not (disk.folder / "file").exists()
    server.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize("which", ["output", "temporary files"])
def test_the_command_ends_in_a_line_on_a_full_disk(which, disk, tmp_path):
    source = tmp_path / "in.parquet.gz"  # unpacked into a temporary file
    pd.DataFrame({"text": [text for text, _ in rows(30_000)]}).to_parquet(tmp_path / "in.parquet")
    source.write_bytes(gzip.compress((tmp_path / "in.parquet").read_bytes()))
    (disk.folder / "out.csv").write_text("earlier\n" * 20_000)
    disk.leave(0.2)
    place, temporary = (disk.folder, tmp_path) if which == "output" else (tmp_path, disk.folder)
    run = ROOT / "models" / "imdb" / "compact"
    done = subprocess.run(
        [sys.executable, "-m", "sentiment", "predict", "--run", run, "--input", source, "--output", place / "out.csv"],
        env={**os.environ, "TMPDIR": str(temporary)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert re.fullmatch(r"error: expected (room on the disk|to be able) to write .*\n", done.stderr)
    assert (disk.folder / "out.csv").read_text() == "earlier\n" * 20_000
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("out")] == []
