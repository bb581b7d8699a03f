"""The reviews of a run are found again: from any folder, and where they have moved into the data folder."""

import dataclasses
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from helpers.trained import good_and_bad
from sentiment.config import Config
from sentiment.data import dataset as dataset_module
from sentiment.data import reviews
from sentiment.data.splits import split
from sentiment.errors import ReviewsError
from sentiment.runs import provenance
from sentiment.runs.provenance import SplitsOfRuns


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a file of reviews in it, seen from another folder."""
    folder = tmp_path / "project"
    (folder / "mine").mkdir(parents=True)
    examples = good_and_bad(60)
    pd.DataFrame({"review": examples.texts, "sentiment": examples.labels}).to_csv(folder / "mine" / "films.csv")
    for module in (provenance, dataset_module):
        monkeypatch.setattr(module, "PROJECT", folder)
    monkeypatch.chdir(tmp_path)
    return folder


def run_of(path):
    """As much of a saved run as says what its reviews were."""
    dataset = split(reviews.load_reviews(path), **Config().split).dataset
    return SimpleNamespace(name="run", config=Config(), record=SimpleNamespace(dataset=vars(dataset)))


def found(run, project):
    return SplitsOfRuns(project / "data" / "cache").load(run).dataset


def test_reviews_in_the_project_are_named_from_it_and_found_from_elsewhere(project):
    run = run_of(project / "mine" / "films.csv")
    assert run.record.dataset["source"] == "mine/films.csv"
    assert found(run, project).content_hash == run.record.dataset["content_hash"]


def test_reviews_outside_the_project_are_named_from_the_root(project, tmp_path, monkeypatch):
    shutil.move(project / "mine" / "films.csv", tmp_path / "films.csv")
    monkeypatch.chdir(project)
    run = run_of(Path("../films.csv"))
    assert run.record.dataset["source"] == str(tmp_path / "films.csv")
    monkeypatch.chdir("/")
    assert found(run, project).content_hash == run.record.dataset["content_hash"]


def test_reviews_that_have_moved_are_looked_for_in_the_data_folder(project):
    run = run_of(project / "mine" / "films.csv")
    shutil.move(project / "mine", project / "data")
    assert found(run, project).content_hash == run.record.dataset["content_hash"]


def test_reviews_that_are_others_by_now_are_refused(project):
    path = project / "mine" / "films.csv"
    run = run_of(path)
    pd.read_csv(path, index_col=0).iloc[2:].to_csv(path)
    with pytest.raises(ReviewsError, match=r"expected the reviews that run was trained from, hash .*; restore it"):
        found(run, project)


def test_a_run_whose_reviews_are_split_otherwise_by_now_is_refused(project):
    run = run_of(project / "mine" / "films.csv")
    dataset = run.record.dataset
    run.record.dataset = {**dataset, "train": dataset["train"] + 1}
    with pytest.raises(ReviewsError, match="training reviews would be test reviews; train it again"):
        found(run, project)


def test_reviews_are_read_again_with_the_same_labels_in_the_classes(project):
    path = project / "mine" / "stars.csv"
    examples = good_and_bad(60)
    stars = [int(label) * 4 + 1 for label in examples.labels[:50]] + [3] * 10
    pd.DataFrame({"review": examples.texts, "sentiment": stars}).to_csv(path)
    dataset = split(reviews.load_reviews(path, positive="5", negative="1"), **Config().split).dataset
    saved = json.loads(json.dumps(dataclasses.asdict(dataset)))
    run = SimpleNamespace(name="run", config=Config(), record=SimpleNamespace(dataset=saved))
    assert found(run, project).content_hash == dataset.content_hash
    assert found(run, project).left_out == {"set aside on purpose": 10}
