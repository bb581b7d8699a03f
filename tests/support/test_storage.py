"""Files and folders appear whole or not at all."""

import errno
import os
import threading
from pathlib import Path

import pytest

from sentiment.errors import StorageError
from sentiment.support.storage import new_folder, require_writable, storage_errors, write_text


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_when_the_block_ends(tmp_path):
    with new_folder(tmp_path / "run") as folder:
        (folder / "a").write_text("1")
        assert not (tmp_path / "run").exists()
    assert (tmp_path / "run" / "a").read_text() == "1"
    assert names(tmp_path) == ["run"]


def test_a_failed_block_leaves_nothing_and_keeps_the_old_folder(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "a").write_text("old")
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "run") as folder:
        (folder / "a").write_text("half")
        raise KeyboardInterrupt
    assert (tmp_path / "run" / "a").read_text() == "old"
    assert names(tmp_path) == ["run"]


def test_a_new_folder_replaces_the_old_one_whole(tmp_path):
    for content in ("old", "new"):
        with new_folder(tmp_path / "run") as folder:
            (folder / content).write_text(content)
    assert names(tmp_path / "run") == ["new"]
    assert names(tmp_path) == ["run"]


def test_a_text_is_replaced_whole(tmp_path):
    write_text(tmp_path / "deep" / "file", "one")
    write_text(tmp_path / "deep" / "file", "two")
    assert (tmp_path / "deep" / "file").read_text() == "two"
    assert names(tmp_path / "deep") == ["file"]


def test_a_signal_as_soon_as_the_file_is_made_leaves_none(tmp_path, monkeypatch):
    touch = Path.touch

    def interrupted(path: Path, **options: bool) -> None:
        touch(path, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "touch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "a.txt", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for text in ("one", "two"):
        write_text(tmp_path / "link", text)
        assert (tmp_path / "file").read_text() == text
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path) == ["file", "link"]


def test_a_pipe_is_written_into_and_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    write_text(tmp_path / "pipe", "through it")
    reader.join(20)
    assert read == ["through it"]
    assert (tmp_path / "pipe").is_fifo()
    assert names(tmp_path) == ["pipe"]


def test_a_file_gets_the_permissions_of_the_umask_or_of_the_file_it_replaces(tmp_path):
    before = os.umask(0o077)
    try:
        write_text(tmp_path / "new", "mine")
        (tmp_path / "old").write_text("everybody's")
        (tmp_path / "old").chmod(0o664)
        write_text(tmp_path / "old", "everybody's")
    finally:
        os.umask(before)
    assert [oct((tmp_path / name).stat().st_mode & 0o777) for name in ("new", "old")] == ["0o600", "0o664"]


def test_a_full_disk_is_reported_in_one_line(tmp_path):
    with pytest.raises(StorageError, match="expected room on the disk") as caught, storage_errors(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 1


def test_a_full_disk_while_writing_a_run_leaves_nothing(tmp_path):
    with pytest.raises(StorageError, match="expected room"), new_folder(tmp_path / "run") as folder:
        (folder / "a").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names(tmp_path) == []


def test_a_target_below_a_file_is_reported_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="expected to be able to write"):
        write_text(tmp_path / "file" / "below", "text")


def test_a_folder_that_can_be_written_to_is_left_as_it_is(tmp_path):
    require_writable(tmp_path)
    require_writable(tmp_path / "missing" / "yet")
    assert names(tmp_path) == []


@pytest.mark.parametrize("place", ["/proc/models", "{}/file", "{}/file/below"])
def test_a_folder_that_cannot_be_written_to_is_reported_before_any_work(place, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"expected to be able to write .*; choose another folder"):
        require_writable(Path(place.format(tmp_path)))
