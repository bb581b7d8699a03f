"""The benchmark of adapted runs, on a made-up domain: every method learns the same draws."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from benchmarks.adaptation import benchmark
from benchmarks.adaptation.benchmark import AdaptationSettings, benchmark_adaptation
from benchmarks.adaptation.cells import Cell, leads
from benchmarks.adaptation.report import accuracy_columns, advice_columns
from benchmarks.domains import Domain
from sentiment.config import PRESETS
from sentiment.errors import ReviewsError
from sentiment.support.paths import SHIPPED_MODELS

_WORDS = {"negative": ("dull", "broken", "late"), "positive": ("great", "lovely", "quick")}


def write_reviews(folder, n: int = 400) -> None:
    random = np.random.default_rng(0)
    labels = random.choice(["negative", "positive"], n)
    texts = [
        f"order {i} was {random.choice(_WORDS[label])} and {random.choice(_WORDS[label])}"
        for i, label in enumerate(labels)
    ]
    stars = [{"negative": 1.0, "positive": 5.0}[label] for label in labels]
    split = np.array(["train", "validation", "test"])[np.arange(n) % 10 // 4]
    frame = pd.DataFrame({"text": texts, "label": labels, "stars": stars, "source_id": "orders", "split": split})
    frame.to_parquet(folder / "reviews.parquet")


@pytest.fixture
def settings(monkeypatch) -> AdaptationSettings:
    monkeypatch.setattr(benchmark, "DOMAINS", {"orders": Domain(("orders",), "label")})
    monkeypatch.setattr(benchmark, "NETWORKS", ("imdb/compact",))
    monkeypatch.setitem(PRESETS, "fine-tuned", PRESETS["fine-tuned"].replace(minimum_steps=1, epochs=1))
    return AdaptationSettings(labels=(30,), draws=1, domains=("orders",))


def test_every_method_is_measured_once_and_a_second_run_takes_the_cells_over(tmp_path, settings):
    write_reviews(tmp_path)
    notes = []
    written = benchmark_adaptation(tmp_path / "out", tmp_path, SHIPPED_MODELS, settings, notes.append)
    results = json.loads((tmp_path / "out" / "adapt.json").read_text(encoding="utf-8"))
    cells = {(cell["method"], cell["labels"], cell["draw"]): cell for cell in results["cells"]}
    constant = {("compact as it is", 0, 0), ("most frequent class", 0, 0)}
    learnt = {(m, 30, 1) for m in ("adapt compact", "adapt --deep compact", "TF-IDF", "NB-SVM")}
    assert set(cells) == constant | learnt
    assert len(notes) == len(cells)
    assert all(cell["test_reviews"] == 240 and "right" not in cell for cell in cells.values())
    assert cells["adapt compact", 30, 1]["accuracy"] > 0.8 > cells["most frequent class", 0, 0]["accuracy"]
    assert results["not_measured"] == []
    assert {lead["above"] for lead in results["leads"]} >= {"compact as it is", "adapt compact"}
    assert [header for header, _ in accuracy_columns(results)][-1] == "NB-SVM"
    markdown = (tmp_path / "out" / "adapt.md").read_text(encoding="utf-8")
    assert "test reviews of domains that no shipped model has learnt" in markdown
    assert "| adapt --deep compact | orders | 30 |" in markdown
    assert {path.name for path in written.paths} == {"adapt.json", "adapt.png", "adapt.md"}
    again = benchmark_adaptation(tmp_path / "out", tmp_path, SHIPPED_MODELS, settings, notes.append).results
    assert len(notes) == len(cells)
    assert json.loads(json.dumps(again["cells"])) == results["cells"]


def test_what_there_was_no_time_for_is_named(tmp_path, settings):
    write_reviews(tmp_path)
    hurried = dataclasses.replace(settings, minutes=0.0, part="validation")
    results = benchmark_adaptation(tmp_path / "out", tmp_path, SHIPPED_MODELS, hurried, str).results
    assert results["cells"] == []
    assert "TF-IDF, orders, 30 labels, draw 1" in results["not_measured"]
    assert results["domains"]["orders"]["test_reviews"] == 160  # of the validation split


def test_a_lead_is_that_over_the_best_of_others_on_the_draws_of_both():
    def cell(method: str, draw: int, right: str) -> Cell:
        return Cell("orders", method, 30 * bool(draw), draw, 0.0, 0.5, tuple(mark == "+" for mark in right))

    cells = [
        cell("new", 1, "++++++++"), cell("new", 2, "++++++--"), cell("weak", 1, "----++++"),
        cell("strong", 1, "+++++++-"), cell("as it is", 0, "++++----"),
    ]  # fmt: skip
    [lead] = leads(cells, "new", ("weak", "strong", "missing"))
    assert (lead["above"], lead["labels"], lead["difference"]) == ("strong", 30, pytest.approx(1 / 8))
    low, high = lead["ci95"]
    assert low == 0.0 < lead["difference"] < high < 0.5
    [lead] = leads(cells, "new", ("as it is",))
    assert lead["difference"] == pytest.approx(7 / 8 - 4 / 8)  # both draws, beside what needs none
    assert leads(cells, "new", ("missing",)) == []


def test_the_advice_is_a_mean_over_domains_of_the_draws_that_all_methods_have():
    def cell(domain: str, method: str, draw: int, accuracy: float) -> dict:
        return {"domain": domain, "method": method, "labels": 30, "draw": draw, "accuracy": accuracy}

    methods = ("adapt everyday", "adapt --deep everyday", "TF-IDF", "NB-SVM")
    cells = [cell("a", method, 1, 0.6 + 0.1 * place) for place, method in enumerate(methods)]
    cells += [cell("b", method, 1, 0.4) for method in methods] + [cell("b", "adapt everyday", 2, 1.0)]
    columns = dict(advice_columns({"settings": {"labels": [30, 100]}, "cells": cells}))
    assert columns["Labels"] == ["30"]
    assert columns["Domains"] == ["2"]
    assert columns["adapt everyday"] == ["50.0"]
    assert columns["Most accurate"] == ["NB-SVM"]


def test_without_the_reviews_it_says_what_is_missing(tmp_path, settings):
    with pytest.raises(ReviewsError, match=r"expected reviews\.parquet in"):
        benchmark_adaptation(tmp_path / "out", tmp_path, SHIPPED_MODELS, settings, str)
