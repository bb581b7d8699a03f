"""Ensembles: the mean of saved predictions, weights from validation alone, and a row that is never a single model."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

from helpers.fake_results import BLANK, LABELS, Page, result
from helpers.fake_runs import fake_record
from helpers.trained import train_tiny
from sentiment.errors import RunError
from sentiment.metrics.measures import measure
from sentiment.report import write_report
from sentiment.report.figures.pictures import Picture
from sentiment.runs.ensembles import combine
from sentiment.runs.record import total_seconds
from sentiment.runs.results import read_predictions, write_predictions
from sentiment.runs.saved_run import MANIFEST, sha256
from sentiment.training.baselines import BASELINES

NAMES = tuple(BASELINES)
ODD = np.arange(len(LABELS)) % 3 == 0


@pytest.fixture(autouse=True)
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sentiment.report.pages.draw", lambda _: [Picture("blank", "Blank", "Nothing.", (BLANK,))])


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Two networks and a linear model that err on other reviews, of a dataset named imdb."""
    folder = tmp_path / "imdb"
    for architecture, right in (("custom-lstm", 340), ("gru", 352)):
        result(folder, architecture, right, built_from={"encoder 0123456789abcdef": 100.0})
        (folder / f"{architecture}-standard-seed1" / "config.json").write_text(_config())
        (folder / f"{architecture}-standard-seed1" / "tokenizer.json").write_text("{}")
        _seal(folder / f"{architecture}-standard-seed1")
    result(folder, "nb-svm", 345, preset=None)
    return tmp_path


def _config() -> str:
    from sentiment.config import Config

    return Config().to_json()


def _seal(folder: Path) -> None:
    from sentiment.runs.saved_run import write_manifest

    write_manifest(folder)


def both(models: Path, name: str = "both", *, weighted: bool = False):
    return combine(["gru-standard-seed1", "nb-svm"], name, models, NAMES, weighted=weighted)


def test_the_probability_is_the_mean_of_the_logits_of_the_members(models: Path) -> None:
    made = both(models)
    said = [read_predictions(models / "imdb" / name)[1] for name in ("gru-standard-seed1", "baselines/nb-svm")]
    mean = expit((logit(said[0]) + logit(said[1])) / 2)
    assert made.record.test["accuracy"] == np.mean((mean >= 0.5) == (LABELS == 1))
    assert made.record.weights == "equal"
    assert [member.weight for member in made.record.members] == [0.5, 0.5]


def test_its_file_names_the_members_and_what_they_were(models: Path) -> None:
    made = both(models)
    assert made.path == (models / "imdb" / "ensembles" / "both.json").resolve()
    values = json.loads(made.path.read_text())
    gru, linear = values["members"]
    assert (gru["name"], linear["name"]) == ("gru-standard-seed1", "nb-svm")
    assert (gru["folder"], linear["folder"]) == ("gru-standard-seed1", "baselines/nb-svm")
    assert linear["test_predictions"] == sha256(models / "imdb" / "baselines" / "nb-svm" / "test_predictions.csv")
    assert values["test"]["reviews"] == len(LABELS)
    assert values["validation"] is None  # not all of them have saved what they say there


def test_the_members_stay_as_they_are(models: Path) -> None:
    before = {path: path.read_bytes() for path in models.rglob("*") if path.is_file()}
    made = both(models)
    after = {path: path.read_bytes() for path in models.rglob("*") if path.is_file()}
    assert after.pop(models / "imdb" / made.path.relative_to(made.dataset_folder))
    assert after == before


def test_seconds_are_those_of_all_members_and_what_they_share_counts_once(models: Path) -> None:
    made = combine(["gru-standard-seed1", "custom-lstm-standard-seed1", "nb-svm"], "all", models, NAMES, weighted=False)
    assert total_seconds(made.record.built_from) == 100.0 + 3 * 5.0 + 3 * 4.0 + 3 * 1.0


def with_validation(models: Path) -> None:
    """The network is right on validation and the linear model guesses; on the test split it is the other way round."""
    for folder, sure in (("gru-standard-seed1", 0.9), ("baselines/nb-svm", 0.5)):
        said = np.where(LABELS == 1, sure, 1 - sure)
        said[ODD] = 0.5 if sure == 0.5 else said[ODD]
        write_predictions(models / "imdb" / folder, LABELS, said, "validation_predictions.csv")
        _seal(models / "imdb" / folder)
    (models / "imdb" / "baselines" / "nb-svm" / MANIFEST).unlink()


def test_weights_are_chosen_on_validation_and_not_on_the_test_split(models: Path) -> None:
    with_validation(models)
    made = both(models, weighted=True)
    assert made.record.members[0].weight > 0.9
    folder = models / "imdb" / "gru-standard-seed1"
    write_predictions(folder, LABELS, np.full(len(LABELS), 0.01))  # whatever the test split says
    _seal(folder)
    again = both(models, weighted=True)
    assert [m.weight for m in again.record.members] == [m.weight for m in made.record.members]
    assert made.record.validation["reviews"] == len(LABELS)
    assert sum(member.weight for member in made.record.members) == pytest.approx(1.0)


def test_without_saved_validation_predictions_no_weights_can_be_chosen(models: Path) -> None:
    with pytest.raises(RunError, match=r"expected validation_predictions.csv in .*gru-standard-seed1"):
        both(models, weighted=True)
    assert not (models / "imdb" / "ensembles").exists()


@pytest.mark.parametrize(
    ("members", "name", "said"),
    [
        (["gru-standard-seed1"], "x", "at least two different members"),
        (["gru-standard-seed1", "imdb/gru-standard-seed1"], "x", "at least two different members"),
        (["nb-svm", "mlp"], "x", "at least one saved run"),
        (["gru-standard-seed1", "mlp"], "x", "a result in .*mlp; found none"),
        (["gru-standard-seed1", "nobody"], "x", "a saved run named nobody"),
        (["gru-standard-seed1", "nb-svm"], "../x", "a name of letters"),
        (["gru-standard-seed1", "nb-svm"], "", "a name of letters"),
    ],
)
def test_what_cannot_be_combined_is_refused_and_nothing_is_written(models: Path, members, name, said) -> None:
    with pytest.raises(RunError, match=said):
        combine(members, name, models, NAMES, weighted=False)
    assert not (models / "imdb" / "ensembles").exists()


def test_members_measured_on_other_reviews_are_refused(models: Path) -> None:
    result(models / "imdb", "nb-svm", 345, preset=None, content_hash="b" * 64)
    with pytest.raises(RunError, match="measured on the same reviews"):
        both(models)


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        ("metrics.json", "{", "JSONDecodeError"),
        ("test_predictions.csv", "row,label,probability\n0,x,y\n", "ValueError"),
    ],
)
def test_a_member_that_cannot_be_read_is_named(models: Path, file, text, found) -> None:
    (models / "imdb" / "baselines" / "nb-svm" / file).write_text(text)
    with pytest.raises(RunError, match=rf"readable result in .*nb-svm; found {found}.*; train it again"):
        both(models)
    assert not (models / "imdb" / "ensembles").exists()


def test_in_the_report_it_is_a_row_of_its_own_and_never_the_best_network(models: Path) -> None:
    result(models / "imdb", "nb-svm", 398, preset=None)  # so good that the ensemble beats the networks
    made = both(models)
    report = write_report(models / "imdb")
    [row] = [row for row in report.rows if row.members]
    assert (row.name, row.architecture, row.preset) == ("both", "ensemble", None)
    assert row.members == ["gru-standard-seed1", "nb-svm"]
    assert row.test_accuracy == made.record.test["accuracy"]
    assert "Keras GRU gets 88.00% (84.45–90.83) right and NB-SVM 99.50%" in report.verdict
    assert "nsemble" not in report.verdict
    page = report.html.read_text()
    assert '<tr class="ensemble">' in page
    assert "Ensemble: both is made of gru-standard-seed1, nb-svm." in Page(page).text
    markdown = report.markdown.read_text()
    assert "Ensemble: both against NB-SVM" in markdown
    assert "### Ensemble" not in markdown  # it quotes no review


def test_what_an_ensemble_gets_is_printed_with_recall_and_with_what_is_wrong_about_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from sentiment.cli.console import accuracy_in_words, print_shortcoming

    test = measure(np.array([1] * 19 + [0]), np.full(20, 0.9))
    assert accuracy_in_words(test) == (
        "test accuracy 95.00% (76.39–99.11), recall of negative reviews 0.00%, recall of positive reviews 100.00%"
    )
    good = measure(LABELS, LABELS * 0.8 + 0.1)
    for name, figures in (("both", test), ("good", good)):
        print_shortcoming(dataclasses.replace(fake_record(name), test=figures), as_json=True)
    assert capsys.readouterr().err == (
        'both says "positive" of all 20 test reviews; its 95.00% is the share of positive reviews.\n'
    )


def test_an_ensemble_of_members_that_have_changed_is_left_out_and_named(models: Path) -> None:
    both(models)
    result(models / "imdb", "gru", 300)
    report = write_report(models / "imdb")
    assert not any(row.members for row in report.rows)
    assert "Ensembles left out: both." in Page(report.html.read_text()).text
    shutil.rmtree(models / "imdb" / "gru-standard-seed1")
    assert not any(row.members for row in write_report(models / "imdb").rows)


def test_a_broken_file_of_an_ensemble_is_named(models: Path) -> None:
    made = both(models)
    made.path.write_text("{}")
    with pytest.raises(RunError, match=r"readable result in .*both.json; found ValueError: expected name"):
        write_report(models / "imdb")


@pytest.mark.slow
def test_runs_as_training_saves_them_can_be_combined_with_weights(tmp_path: Path) -> None:
    for architecture in ("custom-lstm", "gru"):
        train_tiny(tmp_path, architecture)
    names = ["custom-lstm-tiny-seed1", "gru-tiny-seed1"]
    made = combine(names, "two", tmp_path, NAMES, weighted=True)
    assert made.record.validation["reviews"] == 20
    assert total_seconds(made.record.built_from) > 0
