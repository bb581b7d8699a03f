"""Saved runs: verified on loading, found by name or by merit."""

import json
import os

import pytest

from app.config import Config
from app.errors import RunError
from app.runs import CONFIG, ENCODER, METRICS, TOKENIZER, find_run, load_run, run_folders, verify, write_manifest


def save_fake(models, dataset="films", name="gru-standard-seed1", log_loss=0.3, trained=1.0):
    """A run with all that can be judged without its network; one that was given away was never trained here."""
    folder = models / dataset / name
    folder.mkdir(parents=True)
    (folder / CONFIG).write_text(Config().to_json())
    (folder / METRICS).write_text(json.dumps({"validation": {"log_loss": log_loss}}))
    (folder / TOKENIZER).write_text("{}")
    if trained:
        (folder / "model.keras").write_bytes(b"network")
        os.utime(folder / "model.keras", (trained, trained))
    write_manifest(folder)
    return folder


def test_a_complete_run_loads_with_its_settings(tmp_path):
    run = load_run(save_fake(tmp_path))
    assert run.config == Config()
    assert run.name == "gru-standard-seed1"


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
    with pytest.raises(RunError, match="make train"):
        find_run(tmp_path)


def test_the_best_run_is_the_one_with_the_lowest_validation_log_loss(tmp_path):
    save_fake(tmp_path, name="lstm-standard-seed1", log_loss=0.4)
    best = save_fake(tmp_path, name="gru-standard-seed1", log_loss=0.3)
    assert find_run(tmp_path).folder == best


def test_real_reviews_come_before_the_bundled_sample(tmp_path):
    save_fake(tmp_path, dataset="sample", log_loss=0.1)
    real = save_fake(tmp_path, dataset="imdb", log_loss=0.3)
    assert find_run(tmp_path).folder == real


def test_who_trained_on_reviews_of_their_own_is_answered_by_the_best_of_these(tmp_path):
    save_fake(tmp_path, dataset="imdb", name="flagship", log_loss=0.2, trained=None)
    save_fake(tmp_path, dataset="mine", name="lstm", log_loss=0.6, trained=20.0)
    own = save_fake(tmp_path, dataset="mine", name="gru", log_loss=0.5, trained=10.0)
    save_fake(tmp_path, dataset="older", log_loss=0.1, trained=15.0)
    assert find_run(tmp_path).folder == own


def test_what_is_given_away_answers_before_the_bundled_sample_and_beside_what_was_trained_on_its_reviews(tmp_path):
    given = save_fake(tmp_path, dataset="imdb", name="flagship", log_loss=0.2, trained=None)
    save_fake(tmp_path, dataset="sample", log_loss=0.1, trained=20.0)
    save_fake(tmp_path, dataset="imdb", log_loss=0.3, trained=10.0)
    assert find_run(tmp_path).folder == given


def test_where_the_keras_model_is_wanted_one_that_has_it_is_taken(tmp_path):
    save_fake(tmp_path, name="flagship", log_loss=0.2, trained=None)
    with pytest.raises(RunError, match=r"with its model\.keras"):
        find_run(tmp_path, with_keras=True)
    own = save_fake(tmp_path, name="gru", log_loss=0.3)
    assert find_run(tmp_path, with_keras=True).folder == own


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
