"""One process at a time, and what killed processes leave is swept while what live ones use stays."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sentiment.errors import StorageError
from sentiment.support.storage import discard, locks, new_folder, one_at_a_time, replacing, write_text


@pytest.fixture(autouse=True)
def swept_again(monkeypatch):
    monkeypatch.setattr(locks, "_swept", set())


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def killed_while(code: str, folder: Path) -> None:
    """Runs code that ends without any cleaning up, as a killed process does."""
    start = (
        f"import os\nfrom pathlib import Path\nfrom sentiment.support.storage import *\nhere = Path({str(folder)!r})\n"
    )
    assert subprocess.run([sys.executable, "-c", start + code], check=False).returncode == 9


def test_what_killed_processes_left_unfinished_is_swept_at_the_next_write(tmp_path):
    killed_while("with new_file(here / 'b.csv') as path:\n    path.write_text('half')\n    os._exit(9)", tmp_path)
    killed_while("with new_folder(here / 'run') as path:\n    (path / 'a').touch()\n    os._exit(9)", tmp_path)
    killed_while("with one_at_a_time(here / 'run', print):\n    os._exit(9)", tmp_path)
    (tmp_path / ".mine.unfinished").touch()  # not of this form
    (tmp_path / ".b.csv.0123abcd").touch()
    assert len(names(tmp_path)) == 4  # each of these processes swept what the one before it had left
    write_text(tmp_path / "other", "new")
    assert names(tmp_path) == [".b.csv.0123abcd", ".mine.unfinished", "other"]


def test_what_a_live_process_is_writing_is_not_swept(tmp_path):
    with new_folder(tmp_path / "run") as folder, one_at_a_time(tmp_path / "run", print):
        (folder / "a").touch()
        locks._swept.clear()
        write_text(tmp_path / "other", "new")
        assert (folder / "a").exists()
        assert len(names(tmp_path)) == 3
    assert names(tmp_path) == ["other", "run"]


def test_a_second_process_waits_and_is_told_that_it_did(tmp_path):
    entered, told = [], threading.Event()

    def second() -> None:
        with one_at_a_time(tmp_path / "run", told.set) as waited:
            entered.append(waited)

    with one_at_a_time(tmp_path / "run", print) as waited:
        assert not waited
        thread = threading.Thread(target=second)
        thread.start()
        assert told.wait(20)
        assert entered == []
    thread.join(20)
    assert entered == [True]
    assert names(tmp_path) == []


def test_a_wait_may_be_refused(tmp_path):
    def refuse() -> None:
        raise StorageError("taken")

    with one_at_a_time(tmp_path / "run", print), pytest.raises(StorageError), one_at_a_time(tmp_path / "run", refuse):
        pass
    assert names(tmp_path) == []


def test_only_what_no_process_uses_is_discarded(tmp_path):
    (tmp_path / "state").mkdir()
    with one_at_a_time(tmp_path / "state", print):
        discard(tmp_path / "state")
        assert (tmp_path / "state").exists()
    discard(tmp_path / "state")
    assert names(tmp_path) == []


def test_at_no_moment_is_there_neither_the_old_folder_nor_the_new_one(tmp_path):
    target, missing, done = tmp_path / "run", [], threading.Event()
    with new_folder(target) as folder:
        (folder / "a").touch()
    if not replacing._exchange(target, target):
        pytest.skip("this file system cannot swap two names")

    def look() -> None:
        while not done.is_set():
            try:
                os.stat(target / "a")  # noqa: PTH116  as often as possible
            except FileNotFoundError:
                missing.append(1)

    thread = threading.Thread(target=look)
    thread.start()
    for _ in range(200):
        with new_folder(target) as folder:
            (folder / "a").touch()
    done.set()
    thread.join(20)
    assert missing == []


def test_where_names_cannot_be_swapped_the_next_process_puts_back_what_a_kill_left_aside(tmp_path, monkeypatch):
    for content in ("old", "new"):
        monkeypatch.setattr(replacing, "_exchange", lambda *_: False)
        with new_folder(tmp_path / "run") as folder:
            (folder / content).touch()
    assert names(tmp_path / "run") == ["new"]
    assert names(tmp_path) == ["run"]
    (tmp_path / "run").rename(locks.hidden(tmp_path / "run", "replaced"))
    locks._swept.clear()
    write_text(tmp_path / "other", "text")
    assert names(tmp_path / "run") == ["new"]
    assert names(tmp_path) == ["other", "run"]


def test_what_is_written_reaches_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    events = []
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: events.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
    )
    rename = Path.rename
    monkeypatch.setattr(Path, "rename", lambda path, target: (events.append("rename"), rename(path, target)))
    with new_folder(tmp_path / "run") as folder:
        (folder / "a").touch()
    assert [Path(event).name for event in events if not event.endswith(".unfinished")] == ["a", "rename", tmp_path.name]
    events.clear()
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda path, target: (events.append("rename"), replace(path, target)))
    write_text(tmp_path / "b.csv", "text")
    assert [Path(event).suffix or Path(event).name for event in events] == [".unfinished", "rename", tmp_path.name]


def test_a_link_to_a_folder_is_replaced_and_what_it_pointed_to_stays(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a").touch()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with new_folder(tmp_path / "run") as folder:
        (folder / "b").touch()
    assert names(tmp_path / "run") == ["b"]
    assert names(tmp_path) == ["elsewhere", "run"]
    assert names(tmp_path / "elsewhere") == ["a"]


def test_without_locks_and_without_flags_of_unix_files_and_folders_are_written(tmp_path, monkeypatch):
    """As on Windows."""
    monkeypatch.delattr(os, "O_NONBLOCK")
    monkeypatch.setattr(locks, "fcntl", None)
    closed, close, unlink = [], os.close, Path.unlink
    monkeypatch.setattr(os, "close", lambda descriptor: (closed.append(descriptor), close(descriptor)))

    def only_if_closed(path: Path, *, missing_ok: bool = False) -> None:
        if path.name.endswith("lock") and not closed:
            raise PermissionError
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", only_if_closed)
    with one_at_a_time(tmp_path / "run", print):
        assert len(names(tmp_path)) == 1
    for _ in range(2):
        with new_folder(tmp_path / "run") as folder:
            (folder / "a").touch()
    write_text(tmp_path / "b.csv", "text")
    assert names(tmp_path) == ["b.csv", "run"]


def test_files_and_folders_of_others_are_not_swept(tmp_path):
    (tmp_path / ".data.sentiment-lock").mkdir()
    (tmp_path / ".notes.sentiment-lock").write_text("mine")
    (tmp_path / ".link.sentiment-lock").symlink_to(tmp_path / "empty")
    for name in ("empty", ".notes.in-use"):
        (tmp_path / name).touch()
    before = names(tmp_path)
    write_text(tmp_path / "other", "new")
    assert names(tmp_path) == sorted([*before, "other"])


def test_a_folder_that_is_deleted_before_it_is_replaced_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()

    def late(_new: Path, target: Path) -> bool:
        target.rmdir()
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr(replacing, "_exchange", late)
    with new_folder(tmp_path / "run") as folder:
        (folder / "a").touch()
    assert names(tmp_path / "run") == ["a"]
    assert names(tmp_path) == ["run"]


def test_where_names_cannot_be_swapped_a_failure_puts_the_old_folder_back(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "old").touch()
    rename = Path.rename

    def fail(path: Path, target: Path) -> Path:
        if path.name.endswith(".unfinished"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(replacing, "_exchange", lambda *_: False)
    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(StorageError), new_folder(tmp_path / "run"):
        pass
    assert names(tmp_path / "run") == ["old"]
    assert names(tmp_path) == ["run"]


def test_what_a_live_process_has_set_aside_is_not_put_back_by_another(tmp_path):
    (tmp_path / "run").mkdir()
    with locks.set_aside(tmp_path / "run"):
        write_text(tmp_path / "other", "new")
        assert not (tmp_path / "run").exists()
        (tmp_path / "run").mkdir()
    assert names(tmp_path) == ["other", "run"]


def test_long_names_have_different_locks_and_one_that_was_shortened_is_not_put_back_under_another(tmp_path):
    long, other = tmp_path / ("é" * 120 + "a"), tmp_path / ("é" * 120 + "b")
    with one_at_a_time(long, print), one_at_a_time(other, lambda: pytest.fail("it waits")) as waited:
        assert not waited
    long.mkdir()
    long.rename(locks.hidden(long, "replaced"))
    before = names(tmp_path)
    write_text(tmp_path / "other", "new")
    assert names(tmp_path) == sorted([*before, "other"])


def test_a_lock_is_not_made_through_a_link(tmp_path):
    (tmp_path / ".run.sentiment-lock").symlink_to(tmp_path / "victim")
    with pytest.raises(StorageError, match="symbolic links"), one_at_a_time(tmp_path / "run", print):
        pass
    assert names(tmp_path) == [".run.sentiment-lock"]
