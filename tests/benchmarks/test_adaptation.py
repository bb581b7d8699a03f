"""The benchmark of adapted runs, on a made-up domain: every method learns the same draws."""

import json

import numpy as np
import pandas as pd
import pytest

from benchmarks.adaptation import benchmark
from benchmarks.adaptation.benchmark import AdaptationSettings, benchmark_adaptation
from benchmarks.adaptation.report import accuracy_columns, lead_columns
from benchmarks.domains import Domain
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
    return AdaptationSettings(labels=(30, 300), draws=2, domains=("orders",))


def test_every_method_is_measured_on_every_draw(tmp_path, settings):
    write_reviews(tmp_path)
    notes = []
    written = benchmark_adaptation(tmp_path / "out", tmp_path, SHIPPED_MODELS, settings, notes.append)
    assert notes == ["orders: 30 labels", "orders: 300 labels"]
    results = json.loads((tmp_path / "out" / "adapt.json").read_text(encoding="utf-8"))
    cells = {(cell["method"], cell["labels"], cell["draw"]): cell for cell in results["cells"]}
    constant = {("imdb/compact as it is", 0, 0), ("the most frequent class", 0, 0)}
    learnt = {(m, n, d) for m in ("adapt, imdb/compact", "TF-IDF", "NB-SVM") for n in (30, 300) for d in (1, 2)}
    assert set(cells) == constant | learnt
    assert all(cell["test_reviews"] == 80 for cell in cells.values())
    assert cells["adapt, imdb/compact", 300, 1]["accuracy"] > 0.95 > cells["the most frequent class", 0, 0]["accuracy"]
    [lead] = zip(*(column for _, column in lead_columns(results)), strict=True)
    assert lead[:2] == ("orders", "imdb/compact")
    assert [header for header, _ in accuracy_columns(results)][-1] == "NB-SVM"
    markdown = (tmp_path / "out" / "adapt.md").read_text(encoding="utf-8")
    assert "test reviews of other domains" in markdown
    assert "| orders | 300 |" in markdown
    assert {path.name for path in written.paths} == {"adapt.json", "adapt.png", "adapt.md"}


def test_what_is_chosen_is_measured_on_the_validation_split(tmp_path, settings):
    write_reviews(tmp_path)
    few = AdaptationSettings(labels=(30,), draws=1, part="validation", domains=settings.domains)
    results = benchmark_adaptation(tmp_path / "out", tmp_path, SHIPPED_MODELS, few, str).results
    assert {cell["test_reviews"] for cell in results["cells"]} == {160}


def test_without_the_reviews_it_says_what_is_missing(tmp_path, settings):
    with pytest.raises(ReviewsError, match=r"expected reviews\.parquet in"):
        benchmark_adaptation(tmp_path / "out", tmp_path, SHIPPED_MODELS, settings, str)
