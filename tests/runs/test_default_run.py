"""Which run answers where none is named: the one that somebody chose, else the shipped one; never the newest."""

import json
import shutil

import pytest

from helpers.fake_runs import save_fake
from sentiment.errors import RunError
from sentiment.runs.default_run import CHOICE, chosen_run, command_in, forget_choice
from sentiment.runs.saved_run import ENCODER, MANIFEST, METRICS, ONNX, find_default, find_run, use_run, write_manifest
from sentiment.support.paths import models_folder


def answering(models):
    return find_default(models).name


@pytest.mark.parametrize("shipped", ["flagship", "compact"])
@pytest.mark.parametrize("dataset", ["mine", "imdb", "sample"])
@pytest.mark.parametrize("log_loss", [0.001, 0.9])
def test_training_does_not_change_which_run_answers(tmp_path, shipped, dataset, log_loss):
    before = save_fake(tmp_path, "imdb", shipped, 0.2, trained=None)
    assert find_run(tmp_path).folder == before
    save_fake(tmp_path, dataset, "gru-few-labels-seed1", log_loss, trained=4e9)
    assert find_run(tmp_path).folder == before


def test_of_the_shipped_runs_the_flagship_answers(tmp_path):
    save_fake(tmp_path, "imdb", "compact", 0.1, trained=None)
    assert answering(tmp_path) == "imdb/compact"
    save_fake(tmp_path, "imdb", "flagship", 0.2, trained=None)
    assert answering(tmp_path) == "imdb/flagship"


@pytest.mark.parametrize("name", ["gru", "mine/gru", "{models}/mine/gru"])
def test_the_chosen_run_answers_until_another_is_chosen_or_the_choice_is_taken_back(tmp_path, name):
    save_fake(tmp_path, "imdb", "flagship", trained=None)
    own = save_fake(tmp_path, "mine", "gru")
    save_fake(tmp_path, "mine", "lstm", 0.1, trained=9.0)
    assert use_run(tmp_path, name.format(models=tmp_path)) == "mine/gru"
    assert find_run(tmp_path).folder == own
    assert (find_default(tmp_path).name, find_default(tmp_path).reason) == ("mine/gru", "chosen")
    use_run(tmp_path, "lstm")
    assert answering(tmp_path) == "mine/lstm"
    forget_choice(tmp_path)
    forget_choice(tmp_path)  # nothing is there to take back, and nothing happens
    assert answering(tmp_path) == "imdb/flagship"


def test_a_run_is_chosen_from_within_the_folder_and_through_a_link(tmp_path, monkeypatch):
    save_fake(tmp_path / "real", "mine", "gru")
    (tmp_path / "models").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path / "real" / "mine" / "gru")
    assert use_run(tmp_path / "models", ".") == "mine/gru"
    assert chosen_run(tmp_path / "real") == "mine/gru"


def test_the_only_run_of_a_folder_answers(tmp_path):
    only = save_fake(tmp_path)
    assert find_run(tmp_path).folder == only


def test_of_several_runs_none_answers_before_one_is_chosen(tmp_path):
    save_fake(tmp_path, "mine", "gru", 0.2)
    save_fake(tmp_path, "mine", "lstm", 0.3)
    with pytest.raises(RunError, match=r"found 2 runs in .*: mine/gru, mine/lstm; name one with --run, or .*use RUN"):
        find_run(tmp_path)
    use_run(tmp_path, "mine/lstm")
    assert answering(tmp_path) == "mine/lstm"


def test_an_encoder_and_figures_without_a_network_are_no_runs_that_could_answer(tmp_path):
    only = save_fake(tmp_path)
    (save_fake(tmp_path, name="encoder") / ENCODER).write_bytes(b"weights")
    (save_fake(tmp_path, name="figures") / "manifest.json").unlink()
    assert find_run(tmp_path).folder == only


def test_a_chosen_run_that_is_gone_is_an_error_that_says_what_to_do(tmp_path):
    save_fake(tmp_path, "imdb", "flagship", trained=None)
    save_fake(tmp_path, "mine", "gru")
    use_run(tmp_path, "mine/gru")
    shutil.rmtree(tmp_path / "mine" / "gru")
    with pytest.raises(RunError, match=r"expected mine/gru, which was chosen.*found no such run.*use RUN.*use --reset"):
        find_run(tmp_path)
    assert find_run(tmp_path, "imdb/flagship").name == "flagship"  # who names a run is answered


@pytest.mark.parametrize("chosen", [True, False])
def test_a_default_run_that_was_changed_is_an_error_and_no_other_run_answers(tmp_path, chosen):
    folder = save_fake(tmp_path, "imdb", "flagship", trained=None)
    save_fake(tmp_path, "imdb", "compact", trained=None)
    if chosen:
        use_run(tmp_path, "imdb/flagship")
    (folder / ONNX).write_bytes(b"another")
    with pytest.raises(
        RunError, match=r"changed since the run was saved.*imdb/flagship answers.*--run.*sentiment use RUN"
    ):
        find_run(tmp_path)


def test_a_shipped_run_without_its_manifest_is_an_error_and_figures_alone_are_no_run(tmp_path):
    folder = save_fake(tmp_path, "imdb", "flagship", trained=None)
    save_fake(tmp_path, "imdb", "compact", trained=None)
    (folder / MANIFEST).unlink()
    with pytest.raises(RunError, match=r"readable manifest\.json.*imdb/flagship answers where no run is named"):
        find_run(tmp_path)
    (folder / ONNX).unlink()
    assert answering(tmp_path) == "imdb/compact"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "3", '"imdb/flagship"', "{}", '{"run": 3}', '{"run": null}', "\xff"]
)
def test_a_choice_that_cannot_be_read_is_an_error_that_says_how_to_write_it(tmp_path, content):
    save_fake(tmp_path, "imdb", "flagship", trained=None)
    (tmp_path / CHOICE).write_text(content, encoding="latin-1")
    with pytest.raises(RunError, match=r"expected .*default\.json to say which run answers.*use RUN.*use --reset"):
        find_run(tmp_path)
    use_run(tmp_path, "imdb/flagship")
    assert answering(tmp_path) == "imdb/flagship"


def an_encoder(folder):
    (folder / ENCODER).write_bytes(b"weights")


def a_changed_run(folder):
    (folder / METRICS).write_text("{}")


def a_run_without_onnx(folder):
    (folder / ONNX).unlink()
    write_manifest(folder)


@pytest.mark.parametrize(
    ("make", "message"),
    [(an_encoder, "found an encoder"), (a_changed_run, "changed since"), (a_run_without_onnx, "sentiment export")],
)
def test_what_could_not_answer_is_not_chosen_and_the_older_choice_stays(tmp_path, make, message):
    save_fake(tmp_path, "mine", "lstm")
    use_run(tmp_path, "mine/lstm")
    make(save_fake(tmp_path, "mine", "gru"))
    with pytest.raises(RunError, match=message):
        use_run(tmp_path, "mine/gru")
    assert answering(tmp_path) == "mine/lstm"


def test_a_run_of_another_folder_is_not_chosen(tmp_path):
    save_fake(tmp_path / "here")
    elsewhere = save_fake(tmp_path / "elsewhere")
    with pytest.raises(RunError, match=r"expected a run in .*here; found .*elsewhere.*--models"):
        use_run(tmp_path / "here", str(elsewhere))
    assert chosen_run(tmp_path / "here") is None


def test_the_choice_is_the_name_of_a_run_and_nothing_else_is_left(tmp_path):
    save_fake(tmp_path)
    use_run(tmp_path, "gru-standard-seed1")
    assert json.loads((tmp_path / CHOICE).read_text()) == {"run": "films/gru-standard-seed1"}
    assert {path.name for path in tmp_path.iterdir()} == {CHOICE, "films"}


def test_the_keras_model_is_that_of_the_default_run_or_none(tmp_path):
    save_fake(tmp_path, "imdb", "flagship", trained=None)
    with pytest.raises(RunError, match=r"expected model\.keras in the run imdb/flagship.*answers.*sentiment train"):
        find_run(tmp_path, with_keras=True)
    own = save_fake(tmp_path, "mine", "gru")
    for name in (None, "imdb/flagship"):
        with pytest.raises(RunError, match=r"expected model\.keras in the run imdb/flagship.*with --run: mine/gru"):
            find_run(tmp_path, name, with_keras=True)
    assert find_run(tmp_path, "mine/gru", with_keras=True).folder == own


def test_a_shown_command_names_the_folder_where_it_is_not_the_project_s(tmp_path):
    assert command_in(models_folder()) == "sentiment use RUN"
    assert command_in(tmp_path / "my models", "use a") == f"sentiment use a --models '{tmp_path}/my models'"
