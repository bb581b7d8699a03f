"""Saved runs: verified on loading, found by name."""

import pytest

from helpers.fake_runs import save_fake
from sentiment.config import Config
from sentiment.errors import RunError
from sentiment.runs.saved_run import CONFIG, ENCODER, METRICS, find_run, find_runs, load_run, run_folders, verify


def test_a_complete_run_loads_with_its_settings(tmp_path):
    run = load_run(save_fake(tmp_path))
    assert run.config == Config()
    assert run.name == "gru-standard-seed1"


def test_paths_may_be_strings(tmp_path):
    folder = save_fake(tmp_path)
    for run in (load_run(str(folder)), find_run(str(tmp_path)), find_run(tmp_path, folder), *find_runs(str(tmp_path))):
        assert run.folder == folder


@pytest.mark.parametrize("name", [CONFIG, METRICS, "model.keras"])
def test_one_changed_byte_in_any_file_is_found(tmp_path, name):
    folder = save_fake(tmp_path)
    content = bytearray((folder / name).read_bytes())
    content[0] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(RunError, match=f"{name}.*changed since the run was saved"):
        load_run(folder)


def test_a_missing_file_is_named(tmp_path):
    folder = save_fake(tmp_path)
    (folder / "model.keras").unlink()
    with pytest.raises(RunError, match=r"expected model\.keras"):
        verify(folder)


@pytest.mark.parametrize(
    "manifest",
    ["", "{}", "[]", '{"format": 1, "files": 3}', '{"format": 99, "files": {}}', '{"format": 1, "files": {}}'],
)
def test_an_unusable_manifest_is_refused(tmp_path, manifest):
    folder = save_fake(tmp_path)
    (folder / "manifest.json").write_text(manifest)
    with pytest.raises(RunError, match="expected"):
        load_run(folder)


@pytest.mark.parametrize("name", ["films/gru-standard-seed1", "gru-standard-seed1"])
def test_of_a_run_that_is_no_more_than_its_figures_that_is_said(tmp_path, name):
    folder = save_fake(tmp_path)
    for file in ("manifest.json", "model.keras"):
        (folder / file).unlink()
    with pytest.raises(RunError, match=f"named {name}; found its figures without a network; train it again"):
        find_run(tmp_path, name)


def test_a_run_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(RunError, match="expected a saved run at"):
        load_run(tmp_path / "none")


def test_without_any_run_the_message_says_how_to_train_one(tmp_path):
    with pytest.raises(RunError, match="sentiment train"):
        find_run(tmp_path)


def test_a_run_is_found_by_its_name_its_dataset_and_name_or_its_folder(tmp_path):
    folder = save_fake(tmp_path)
    for name in ("gru-standard-seed1", "films/gru-standard-seed1", str(folder)):
        assert find_run(tmp_path, name).folder == folder


def test_a_run_that_is_named_by_a_dot_has_its_name_and_its_dataset(tmp_path, monkeypatch):
    monkeypatch.chdir(save_fake(tmp_path))
    run = find_run(tmp_path, ".")
    assert (run.name, run.folder.parent.name) == ("gru-standard-seed1", "films")


@pytest.mark.parametrize("name", ["films/gru-standard-seed1", "gru-standard-seed1", "{folder}"])
def test_who_names_an_encoder_is_told_what_it_is_for(tmp_path, name):
    folder = save_fake(tmp_path)
    (folder / ENCODER).write_bytes(b"weights")
    with pytest.raises(RunError, match=r"found an encoder.*--from-pretrained"):
        find_run(tmp_path, name.format(folder=folder))


def test_a_name_that_no_file_can_have_is_an_unknown_one(tmp_path):
    save_fake(tmp_path)
    with pytest.raises(RunError, match=r"expected a saved run named aaa.*found films/gru-standard-seed1"):
        find_run(tmp_path, "a" * 5_000)


def test_a_name_that_two_datasets_have_needs_the_dataset(tmp_path):
    save_fake(tmp_path, dataset="films")
    save_fake(tmp_path, dataset="books")
    with pytest.raises(RunError, match="name the dataset, too"):
        find_run(tmp_path, "gru-standard-seed1")


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path):
    save_fake(tmp_path)
    with pytest.raises(RunError, match="films/gru-standard-seed1"):
        find_run(tmp_path, "nope")


def test_half_written_runs_are_not_listed(tmp_path):
    folder = save_fake(tmp_path)
    folder.rename(folder.with_name(".gru-standard-seed1.abc"))
    assert run_folders(tmp_path) == []
