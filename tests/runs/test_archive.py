"""The archive of a dataset: figures and predictions outlast the folders, and a folder wins over the archive."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.fake_results import BLANK, HOSTILE, LABELS, fill, result, shipped
from sentiment.errors import RunError
from sentiment.report import archive_results, write_report
from sentiment.report.figures.pictures import Picture
from sentiment.runs.archive import find_result, read_records, read_results
from sentiment.runs.ensembles import combine
from sentiment.runs.results import Result, published, write_predictions
from sentiment.runs.saved_run import find_run


@pytest.fixture(autouse=True)
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sentiment.report.pages.draw", lambda _: [Picture("blank", "Blank", "Nothing.", (BLANK,))])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four networks and three baselines of a dataset, archived."""
    folder = fill(tmp_path / "imdb")
    archive_results(folder)
    return folder


def remove_folders(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)


def by_key(folder: Path) -> dict[str, Result]:
    return {each.key: each for each in read_results(folder)}


def test_results_are_the_same_without_their_folders(folder: Path) -> None:
    before = by_key(folder)
    remove_folders(folder)
    after = by_key(folder)
    assert sorted(after) == sorted(before)
    for key, each in after.items():
        archived = {"confidently_wrong": [], "dataset": published(before[key].record.dataset)}
        assert replace(each.record, confidently_wrong=[]) == replace(before[key].record, **archived)
        np.testing.assert_array_equal(each.labels, LABELS)
        np.testing.assert_allclose(each.probabilities, before[key].probabilities, rtol=1e-6)
        assert each.validation is None
        assert (each.history is None) == (before[key].history is None)
    assert after["gru-standard-seed1"].history is not None
    assert after["gru-standard-seed1"].history["validation_loss"].tolist() == [0.5, 0.4, 0.5]


def test_the_report_is_the_same_without_the_folders_but_for_their_commands_and_quotations(folder: Path) -> None:
    shipped(folder)
    archive_results(folder)
    before = write_report(folder)
    assert "everyday" not in (folder / "results.json").read_text()  # it is no result, and stays beside the leaderboard
    leaderboard, page = before.leaderboard.read_bytes(), before.markdown.read_text()
    commands = page[page.index("## Use a model") : page.index("## In detail")]
    assert commands.count("sentiment predict --run") == 4
    remove_folders(folder)
    after = write_report(folder)
    assert after.leaderboard.read_bytes() == leaderboard
    quoted = " `index.html` shows the beginning of each."  # an archive quotes no reviews
    assert after.markdown.read_text() == page.replace(commands, "").replace(quoted, "")


def test_the_archive_quotes_no_review_and_keeps_which_ones_were_wrong(folder: Path) -> None:
    before = by_key(folder)["gru-standard-seed1"].record
    assert before.confidently_wrong[0]["text"] == HOSTILE
    remove_folders(folder)
    after = by_key(folder)["gru-standard-seed1"].record
    assert "alert" not in (folder / "results.json").read_text()
    assert after.id == before.id
    assert [each["row"] for each in after.confidently_wrong] == [each["row"] for each in before.confidently_wrong]
    page = write_report(folder).html.read_text()
    assert f"(test review {after.confidently_wrong[0]['row']})" in page
    assert "Only the beginning" not in page


def test_the_archive_names_the_file_of_the_reviews_without_its_folder(folder: Path) -> None:
    assert by_key(folder)["gru-standard-seed1"].record.dataset["source"] == "/home/someone/reviews.csv"
    assert "/home/" not in (folder / "results.json").read_text()
    remove_folders(folder)
    assert {each.record.dataset["source"] for each in read_results(folder)} == {"reviews.csv"}


def test_labels_are_stored_once_and_probabilities_in_four_bytes(folder: Path) -> None:
    table = pd.read_parquet(folder / "predictions.parquet")
    assert table["label"].dtype == np.int8
    assert table["baselines/nb-svm"].dtype == np.float32
    assert table["split"].unique().tolist() == ["test"]  # these results saved no validation predictions


def test_validation_predictions_are_kept_where_there_are_any(folder: Path) -> None:
    labels, probabilities = np.array([0, 1, 1], np.int8), np.array([0.25, 0.5, 0.75])
    write_predictions(folder / "gru-standard-seed1", labels, probabilities, "validation_predictions.csv")
    archive_results(folder)
    remove_folders(folder)
    results = by_key(folder)
    saved = results["gru-standard-seed1"].validation
    assert saved is not None
    np.testing.assert_array_equal(saved[0], labels)
    np.testing.assert_array_equal(saved[1], probabilities)
    assert results["lstm-standard-seed1"].validation is None


def test_a_folder_wins_over_the_archive(folder: Path) -> None:
    result(folder, "gru", 300)
    assert by_key(folder)["gru-standard-seed1"].record.test["accuracy"] == 300 / 400
    found = find_result(folder, "gru-standard-seed1")
    assert found is not None
    assert found.record.test["accuracy"] == 300 / 400
    assert read_records(folder)["gru-standard-seed1"].test["accuracy"] == 300 / 400


def test_archiving_again_keeps_what_has_no_folder_any_more_and_adds_what_is_new(folder: Path) -> None:
    shutil.rmtree(folder / "gru-standard-seed1")
    result(folder, "gru", 300, preset="quick")
    archive_results(folder)
    remove_folders(folder)
    assert {"gru-standard-seed1", "gru-quick-seed1", "baselines/nb-svm"} <= set(by_key(folder))


def test_an_ensemble_is_archived_and_may_have_archived_members(folder: Path) -> None:
    (folder / "gru-standard-seed1" / "config.json").write_text(_config())
    (folder / "gru-standard-seed1" / "tokenizer.json").write_text("{}")
    from sentiment.runs.saved_run import write_manifest

    write_manifest(folder / "gru-standard-seed1")
    shutil.rmtree(folder / "baselines")
    combine(["gru-standard-seed1", "nb-svm"], "both", folder.parent, ("nb-svm",), weighted=False)
    before = write_report(folder).leaderboard.read_bytes()
    archive_results(folder)
    remove_folders(folder)
    assert write_report(folder).leaderboard.read_bytes() == before
    assert b'"both"' in before


def _config() -> str:
    from sentiment.config import Config

    return Config().to_json()


def test_results_on_other_reviews_stay_out_of_the_archive(folder: Path) -> None:
    result(folder, "gru", 300, preset="quick", content_hash="b" * 64)
    result(folder, "lstm", 310)  # the newest decides which reviews are compared
    archive_results(folder)
    remove_folders(folder)
    assert "gru-quick-seed1" not in by_key(folder)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("results.json", b"{", "results.json; found JSONDecodeError"),
        ("results.json", b'["gru-standard-seed1"]', "results.json; found AttributeError"),
        ("predictions.parquet", b"PAR1", "predictions.parquet; found"),
        ("predictions.parquet", None, "predictions.parquet; found FileNotFoundError"),
    ],
)
def test_a_damaged_archive_is_named(folder: Path, file: str, content: bytes | None, message: str) -> None:
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    with pytest.raises(
        RunError, match=f"readable result in .*{message}.*; restore results.json and pred.*, or delete both"
    ):
        read_results(folder)


def test_an_archived_result_of_other_reviews_is_not_lost(folder: Path) -> None:
    before = {name: (folder / name).read_bytes() for name in ("results.json", "predictions.parquet")}
    remove_folders(folder)
    result(folder, "gru", 250, content_hash="b" * 64)
    with pytest.raises(RunError, match=r"found .*lstm-standard-seed1.*, which would be lost; delete"):
        archive_results(folder)
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_who_asks_an_archived_run_for_a_prediction_is_told_that_its_network_is_gone(folder: Path) -> None:
    remove_folders(folder)
    for name in ("gru-standard-seed1", "imdb/gru-standard-seed1"):
        with pytest.raises(RunError, match=f"named {name}; found its figures without a network; train it again"):
            find_run(folder.parent, name)
