"""Places that cannot be written: one line says which, before any work; what needs no place works without."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.command_line import ENVIRONMENT, ROOT, refused, sentiment
from helpers.reliability import only_in_full
from sentiment.data.files.sources import Source
from sentiment.errors import StorageError
from sentiment.support.storage import failures

NOBODY = 65_534
# Another user who may read everything, as the folder of Python may be private, but may write nothing.
AS_NOBODY = (
    "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search",
)  # fmt: skip


def as_ordinary_user(*arguments: object, cwd: Path, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """Runs `sentiment` as a user without rights, whoever runs the tests."""
    before: tuple[str, ...] = ()
    if os.geteuid() == 0:
        before = AS_NOBODY
        if (
            not shutil.which("setpriv")
            or subprocess.run([*before, "true"], check=False, capture_output=True).returncode
        ):
            pytest.skip("root cannot become another user here")
    values = {**os.environ, **ENVIRONMENT, **environment}
    return subprocess.run(
        [*before, sys.executable, "-m", "sentiment", *map(str, arguments)],
        cwd=cwd, env={name: value for name, value in values.items() if value is not None}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def read_only(tmp_path: Path) -> Path:
    """A home that cannot be written."""
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o555)
    return home


@pytest.mark.slow
@pytest.mark.parametrize("without_home", [False, True])
def test_without_a_place_to_write_to_texts_are_predicted(read_only, without_home):
    home = None if without_home else str(read_only)
    done = as_ordinary_user("predict", "A fine film.", cwd=read_only, HOME=home, TMPDIR=str(read_only))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("predict", "A fine film.", "--output", "out.csv"),
        ("explain", "A fine film.", "--png", "out.png"),
        pytest.param(
            ("train", "--data", ROOT / "data" / "sample" / "reviews.csv", "--models", "models"), marks=only_in_full
        ),
    ],
)
def test_what_cannot_be_written_is_one_line_and_no_traceback(read_only, command):
    done = as_ordinary_user(*command, cwd=read_only, HOME=str(read_only))
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("error: expected to be able to write ")
    assert "Traceback" not in done.stderr
    assert "epoch" not in done.stdout + done.stderr
    assert [*read_only.iterdir()] == []


def test_a_disk_without_room_is_noticed_before_an_epoch(tmp_path, monkeypatch):
    monkeypatch.setattr(failures.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 10**6))
    done = sentiment("train", "--models", tmp_path, "--preset", "standard", "--data", sample())
    refused(done, f"expected at least 67 MB of room on the disk of {tmp_path}", "found 1", code=1)


def sample() -> Path:
    from sentiment.support.paths import SAMPLE

    return SAMPLE


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_temporary_folder_that_is_full_or_closed_is_named(tmp_path, monkeypatch, code):
    import gzip

    (tmp_path / "a.parquet.gz").write_bytes(gzip.compress(b"content"))
    source = Source(tmp_path / "a.parquet.gz", [".parquet"])

    def fail(*_args: object, **_how: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("sentiment.data.files.sources.source.tempfile.NamedTemporaryFile", fail)
    with pytest.raises(StorageError, match=r"expected .* to write /"):
        source.unpacked_path()
