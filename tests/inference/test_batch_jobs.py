"""A job into a file goes on from its journal, and only where the journal is of the same texts, run and options."""

import errno
import os
from pathlib import Path

import pytest

from sentiment.errors import ConfigError, StorageError
from sentiment.inference import Prediction
from sentiment.inference.batch_jobs import batch_job
from sentiment.inference.predictor import CHUNK, EMPTY

RUN = {"run": "a", "threshold": 0.5}
TEXTS = [f"film {number}" for number in range(2 * CHUNK + 10)]


class Predicts:
    """A classifier that counts what it reads, and is killed before a row."""

    def __init__(self, killed_at: int | None = None) -> None:
        self.read = 0
        self.killed_at = killed_at

    def __call__(self, texts):
        for text in texts:
            if self.read == self.killed_at:
                raise KeyboardInterrupt
            self.read += 1
            share = len(text) / 3 % 1
            yield text, EMPTY if text == "" else Prediction(
                "positive", share, truncated=False, unknown_share=0.1, probabilities={"bad": 1 - share, "good": share}
            )  # fmt: skip


@pytest.fixture(autouse=True)
def saved_at_once(monkeypatch):
    monkeypatch.setenv("SENTIMENT_CHECKPOINT_SECONDS", "0")


def predicted(target, texts, predicts, identity=RUN):
    with batch_job(target, identity) as job:
        rows = list(job.stream(iter(texts), predicts))
    return rows, job.resumed


def stopped(target, texts=TEXTS, killed_at=CHUNK + 1):
    with pytest.raises(KeyboardInterrupt):
        predicted(target, texts, Predicts(killed_at))


@pytest.mark.parametrize("texts", [TEXTS, ["", *TEXTS]], ids=["texts", "an empty one among them"])
def test_a_stopped_job_predicts_only_what_it_had_not(tmp_path, texts):
    stopped(tmp_path / "out.csv", texts)
    rest = Predicts()
    rows, resumed = predicted(tmp_path / "out.csv", texts, rest)
    assert (resumed, rest.read) == (CHUNK, len(texts) - CHUNK)
    assert rows == list(Predicts()(texts))
    assert list(rows[1][1].probabilities) == ["bad", "good"]
    assert list(tmp_path.iterdir()) == []


def test_a_job_into_a_device_has_no_journal_beside_it():
    rows, resumed = predicted(Path("/dev/null"), TEXTS, Predicts())
    assert (len(rows), resumed) == (len(TEXTS), 0)
    assert not Path("/dev/.null.journal").exists()


@pytest.mark.parametrize("end", [1, 7, 100])
def test_a_record_that_was_cut_off_is_predicted_again(tmp_path, end):
    stopped(tmp_path / "out.csv", killed_at=2 * CHUNK + 1)
    journal = tmp_path / ".out.csv.journal"
    journal.write_bytes(journal.read_bytes()[:-end])
    rows, resumed = predicted(tmp_path / "out.csv", TEXTS, Predicts())
    assert (resumed, rows) == (CHUNK, list(Predicts()(TEXTS)))


def test_a_damaged_record_is_predicted_again(tmp_path):
    stopped(tmp_path / "out.csv", killed_at=2 * CHUNK + 1)
    journal = tmp_path / ".out.csv.journal"
    content = bytearray(journal.read_bytes())
    content[-50] ^= 1
    journal.write_bytes(content)
    assert predicted(tmp_path / "out.csv", TEXTS, Predicts())[1] == CHUNK


def test_what_follows_a_record_that_was_cut_off_is_used_after_a_second_stop(tmp_path):
    """What is left of the record goes away, or nothing behind it would ever be read."""
    stopped(tmp_path / "out.csv", killed_at=2 * CHUNK + 1)
    journal = tmp_path / ".out.csv.journal"
    journal.write_bytes(journal.read_bytes()[:-7])
    stopped(tmp_path / "out.csv", killed_at=CHUNK + 1)
    rows, resumed = predicted(tmp_path / "out.csv", TEXTS, Predicts())
    assert (resumed, rows) == (2 * CHUNK, list(Predicts()(TEXTS)))


def test_texts_that_have_changed_are_predicted_again_from_there_on(tmp_path):
    stopped(tmp_path / "out.csv", killed_at=2 * CHUNK + 1)
    changed = [*TEXTS]
    changed[CHUNK + 5] = "another film"
    rows, resumed = predicted(tmp_path / "out.csv", changed, Predicts())
    assert (resumed, rows) == (CHUNK, list(Predicts()(changed)))


@pytest.mark.parametrize("other", [{"run": "b"}, {"threshold": 0.6}])
def test_the_journal_of_another_run_or_other_options_is_not_used(tmp_path, other):
    stopped(tmp_path / "out.csv")
    assert predicted(tmp_path / "out.csv", TEXTS, Predicts(), RUN | other)[1] == 0


def test_a_second_job_into_the_same_file_is_refused(tmp_path):
    with batch_job(tmp_path / "out.csv", RUN):
        with pytest.raises(StorageError, match=r"expected no other job that writes .*out.csv; .* name another file"):
            predicted(tmp_path / "out.csv", TEXTS, Predicts())
        assert predicted(tmp_path / "other.csv", TEXTS[:3], Predicts())[1] == 0


def test_a_job_that_fails_before_it_has_predicted_anything_leaves_nothing(tmp_path):
    stopped(tmp_path / "out.csv", killed_at=0)
    assert list(tmp_path.iterdir()) == []


def test_a_journal_is_for_its_owner_and_is_not_written_through_a_link(tmp_path):
    stopped(tmp_path / "out.csv")
    journal = tmp_path / ".out.csv.journal"
    assert journal.stat().st_mode & 0o777 == 0o600
    journal.unlink()
    for content in ("of somebody else", ""):
        (tmp_path / "victim").write_text(content)
        journal.unlink(missing_ok=True)
        journal.symlink_to(tmp_path / "victim")
        with pytest.raises(StorageError, match="symbolic links"):
            predicted(tmp_path / "out.csv", TEXTS, Predicts())
        assert (tmp_path / "victim").read_text() == content
        assert journal.is_symlink()


def test_a_disk_that_is_full_when_the_journal_is_written_ends_the_job_in_a_line_that_names_the_output(
    tmp_path, monkeypatch
):
    """The journal is hidden, and so no name to look for."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"expected room on the disk to write .*/out\.csv; found none"):
        predicted(tmp_path / "out.csv", TEXTS, Predicts())


def test_an_output_may_have_the_longest_name_that_a_file_can_have(tmp_path):
    name = "a" * 251 + ".csv"
    stopped(tmp_path / name)
    assert predicted(tmp_path / name, TEXTS, Predicts())[1] == CHUNK
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_number_of_seconds_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SENTIMENT_CHECKPOINT_SECONDS", "soon")
    with pytest.raises(ConfigError, match="SENTIMENT_CHECKPOINT_SECONDS, such as 60; found 'soon'"):
        predicted(tmp_path / "out.csv", TEXTS, Predicts())
