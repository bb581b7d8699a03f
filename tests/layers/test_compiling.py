"""Machine code is kept in the user's cache folder, a folder for each state of the sources."""

import os
import subprocess
import sys

import numpy as np
import pytest

from sentiment.layers.fast.kernel import compiling

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="XDG_CACHE_HOME as on Linux")


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    compiling.code_folder.cache_clear()
    yield tmp_path / "cache"
    compiling.code_folder.cache_clear()


def test_compiled_functions_lie_in_the_user_s_cache_and_not_beside_the_sources(cache):
    @compiling.compiled
    def twice(x):
        return 2 * x

    assert twice(np.float32(3)) == 6
    [folder] = (cache / "sentiment" / "lstm").iterdir()
    assert folder == compiling.code_folder()
    assert list(folder.rglob("*.nbi"))


def test_only_the_newest_states_of_the_sources_stay(cache):
    folder = cache / "sentiment" / "lstm"
    for age in range(12):
        (folder / f"{age:02}").mkdir(parents=True)
        os.utime(folder / f"{age:02}", (1e9 - age, 1e9 - age))
    newest = compiling.code_folder()
    assert sorted(path.name for path in folder.iterdir()) == sorted([newest.name, *(f"{age:02}" for age in range(7))])


def test_where_no_folder_can_be_made_functions_are_compiled_without_a_cache(cache):
    cache.write_text("not a folder")
    assert compiling.code_folder() is None

    @compiling.compiled
    def thrice(x):
        return 3 * x

    assert thrice(np.float32(3)) == 9


def test_machine_code_for_tiles_lies_apart_from_that_without_because_the_system_may_refuse_them(cache, monkeypatch):
    folders = set()
    for granted in (False, True):
        monkeypatch.setattr(compiling, "has_tiles", lambda granted=granted: granted)
        compiling.code_folder.cache_clear()
        folders.add(compiling.code_folder())
    assert len(folders) == 2
    assert all(folder.parent == cache / "sentiment" / "lstm" for folder in folders)


def test_a_folder_that_exists_and_cannot_be_written_is_not_used(cache, monkeypatch):
    assert compiling.code_folder().is_relative_to(cache)
    compiling.code_folder.cache_clear()

    def refuse(*_, **__):
        raise PermissionError("read-only")

    monkeypatch.setattr(compiling.tempfile, "TemporaryFile", refuse)
    assert compiling.code_folder() is None


def test_another_process_finds_the_machine_code_of_the_first(cache):
    program = (
        "import numpy as np; from sentiment.layers.fast.kernel.products.matrices import narrow_all as f;"
        "f(np.ones((2, 2), np.float32), np.empty((2, 2), np.uint16)); print(sum(f.stats.cache_hits.values()))"
    )
    hits = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()[-1]
        for _ in range(2)
    ]
    assert hits == ["0", "1"]
    assert cache.exists()
