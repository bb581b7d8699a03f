"""Label efficiency: every method has the same draw and nothing else, cells are reused, and the summary is right."""

import json
import shutil
from dataclasses import asdict, replace
from statistics import mean

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from helpers.elsewhere import Elsewhere
from helpers.trained import good_and_bad
from sentiment.config import (
    MANY_LABELS,
    PRESETS,
    Classes,
    Config,
    PretrainingConfig,
    TokenizerConfig,
    pretrained_preset,
)
from sentiment.data.reviews import Reviews
from sentiment.data.splits import split
from sentiment.errors import ConfigError, RunError
from sentiment.experiments import label_efficiency
from sentiment.experiments.label_efficiency import CELLS, measure_label_efficiency
from sentiment.report.label_efficiency import (
    PRETRAINED,
    SCRATCH,
    SELF_TAUGHT,
    Cell,
    beside_earlier,
    read_label_efficiency,
    table_columns,
)
from sentiment.report.label_efficiency_files import write_label_efficiency
from sentiment.support.progress import Silence
from sentiment.text.tokenizer import ReviewTokenizer
from sentiment.training.encoders import save_encoder

LINEAR = [("tfidf-logistic", None, None), ("nb-svm", None, None)]
METHODS = [
    ("custom-lstm", PRETRAINED, "encoder"), ("custom-lstm", SCRATCH, None), ("custom-lstm", SELF_TAUGHT, "encoder"),
    *LINEAR,
]  # fmt: skip
ITSELF = ("nb-svm", SELF_TAUGHT, None)
FITTED = ["pretrained", "scratch", "self-taught", "tfidf-logistic", "nb-svm", "self-taught nb-svm"]
ACCURACIES = {
    METHODS[0]: (0.80, 0.90), METHODS[1]: (0.60, 0.60), METHODS[2]: (0.90, 0.90), LINEAR[0]: (0.70, 0.72),
    LINEAR[1]: (0.60, 0.78), ITSELF: (0.75, 0.85),
}  # fmt: skip


@pytest.fixture(autouse=True)
def small_networks(monkeypatch):
    tiny = Config().replace(units=8, embedding_size=8, batch_size=8, epochs=2, minimum_steps=1, averaging=0.9)
    for name in ("standard", "few-labels", "self-taught"):
        monkeypatch.setitem(PRESETS, name, tiny.replace(preset=name, rounds=2 if name == "self-taught" else 0))


@pytest.fixture(scope="module")
def reviews() -> Reviews:
    examples = good_and_bad(200)
    table = pd.DataFrame(
        {
            "text": pd.Series(examples.texts, dtype="str"),
            "label": pd.Series(examples.labels, dtype="Int8"),
            "split": ["train"] * 120 + ["test"] * 80,
        }
    )
    return Reviews("films", "films.csv", table)


@pytest.fixture(scope="module")
def encoder(reviews, tmp_path_factory):
    """An encoder with random weights: these tests check only which networks use it."""
    config = PretrainingConfig(vocabulary_size=30, embedding_size=8, units=8)
    tokenizer = ReviewTokenizer.fit(reviews.table["text"], TokenizerConfig(vocabulary_size=30))
    random = np.random.default_rng(1)
    shapes = [(tokenizer.vocabulary_size, 8), (8, 32), (8, 32), (32,)]
    metrics = {
        "name": "encoder", "reads": "lstm", "held_out_perplexity": 9.0, "held_out_reviews": 1, "reviews": 1,
        "tokens": 1, "train_seconds": 1.0, "identity": {"config": asdict(config)}, "dataset": "films",
        "versions": {}, "machine": {},
    }  # fmt: skip
    weights = [random.normal(0, 0.3, shape) for shape in shapes]
    return save_encoder(
        tmp_path_factory.mktemp("models") / "encoder", config, tokenizer, weights, metrics, np.zeros(0, np.uint32)
    )


class Fits:
    """Records the name and the splits of every fit. Interrupts before fit number `stop_at`, as Ctrl+C does.

    Networks are trained only with `really`.
    """

    def __init__(self, monkeypatch, stop_at: int = 0, really: bool = False) -> None:
        self.fitted = []
        network, fit_baseline = label_efficiency._network, label_efficiency.fit_baseline
        self_taught = label_efficiency.self_taught
        self.self_taught = []  # the splits that self-training learns from

        def note(name, splits):
            self.fitted.append((name, splits))
            if len(self.fitted) == stop_at:
                raise KeyboardInterrupt

        def noted_network(config, splits, checkpoint, report, encoder):
            if config.preset == "self-taught":
                self.self_taught.append(splits)
            else:
                note("pretrained" if encoder else "scratch", splits)
            if really:
                return network(config, splits, checkpoint, report, encoder)
            return 0.5, {"accuracy": len(splits.train.texts[0]) / 100, "confusion": [[9, 1], [2, 8]]}, 1.0

        def noted_baseline(name, splits, seed=0):
            if set(splits.unlabelled) & set(splits.train.texts):
                self.self_taught.append(splits)
                note(f"self-taught {name}", splits)
            else:
                note(name, splits)
            return fit_baseline(name, splits, seed)

        def noted_teaching(splits, *others):
            note("self-taught", splits)
            return self_taught(splits, *others) if really else (splits, {"asking": 1.0})

        monkeypatch.setattr(label_efficiency, "_network", noted_network)
        monkeypatch.setattr(label_efficiency, "self_taught", noted_teaching)
        monkeypatch.setattr(label_efficiency, "fit_baseline", noted_baseline)


def seen(folder) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def measured(reviews, encoder, models, **changes):
    settings = {"sizes": [40], "draws": 1, "test_reviews": 20, **changes}
    folder = models / reviews.name
    results = measure_label_efficiency(split(reviews, **Config().split), encoder, folder, Silence(), **settings)
    return write_label_efficiency(folder, beside_earlier(folder, results))


def test_every_method_learns_from_the_same_draw_and_from_nothing_else(reviews, encoder, tmp_path, monkeypatch):
    fits = Fits(monkeypatch, really=True)
    written = measured(reviews, encoder, tmp_path)
    assert [name for name, _ in fits.fitted] == FITTED
    [splits] = {id(splits): splits for _, splits in fits.fitted[:5]}.values()
    assert (len(splits.train), len(splits.validation), len(splits.test), len(splits.unlabelled)) == (36, 4, 20, 80)
    cells = json.loads(written.json.read_text())["cells"]
    assert [(cell["architecture"], cell["start"], cell["encoder"]) for cell in cells] == [*METHODS, ITSELF]
    assert all(0 <= cell["test_accuracy"] <= 1 and cell["labels"] == 40 for cell in cells)
    assert seen(tmp_path / "films") == {"label_efficiency.json", "label_efficiency.md", "label_efficiency.png"}
    assert not list((tmp_path / "films" / ".training").glob("*"))


def test_cells_of_an_engine_are_those_of_one_process_and_saved_ones_are_no_tasks(
    reviews, encoder, tmp_path, monkeypatch
):
    Fits(monkeypatch)
    settings = {"sizes": [40, 60], "draws": 2}

    def cells(written):
        return [cell | {"seconds": 0} for cell in json.loads(written.json.read_text())["cells"]]

    alone = cells(measured(reviews, encoder, tmp_path / "alone", **settings))
    engine = Elsewhere()
    assert cells(measured(reviews, encoder, tmp_path / "together", engine=engine, **settings)) == alone
    assert len(engine.names) == len(set(engine.names)) == len(alone) == 4 * len(FITTED)
    measured(reviews, encoder, tmp_path / "alone", engine=(again := Elsewhere()), **settings)
    assert again.names == []


def test_self_training_learns_from_predictions_for_unlabelled_reviews(reviews, encoder, tmp_path, monkeypatch):
    fits = Fits(monkeypatch, really=True)
    measured(reviews, encoder, tmp_path)
    draw = fits.fitted[0][1]
    learnt, by_linear = fits.self_taught
    assert by_linear.train.texts == learnt.train.texts
    assert {*by_linear.train.labels.tolist()} == {0, 1}
    assert learnt.train.texts == [*draw.train.texts, *draw.unlabelled]
    assert learnt.validation is draw.validation
    labelled, unlabelled = np.split(learnt.train.labels, [36])
    assert ((labelled > 0.5) == (draw.train.labels == 1)).all()  # the true label has half of the weight
    assert ((unlabelled > 0) & (unlabelled < 1)).all()
    assert len({*unlabelled.tolist()}) > 2


def test_without_unlabelled_reviews_there_is_no_self_training(reviews, encoder, tmp_path, monkeypatch):
    fits = Fits(monkeypatch)
    measured(reviews, encoder, tmp_path, sizes=[100, 120])
    assert [name for name, splits in fits.fitted if splits.unlabelled] == FITTED
    assert [name for name, splits in fits.fitted if not splits.unlabelled] == [
        "pretrained", "scratch", "tfidf-logistic", "nb-svm",
    ]  # fmt: skip


def test_a_stopped_measurement_resumes_and_has_the_figures_of_an_uninterrupted_one(
    reviews, encoder, tmp_path, monkeypatch
):
    fits = Fits(monkeypatch, stop_at=20)
    whole = measured(reviews, encoder, tmp_path / "whole", draws=2)
    with pytest.raises(KeyboardInterrupt):
        measured(reviews, encoder, tmp_path / "stopped", draws=2)
    assert not seen(tmp_path / "stopped" / "films")  # nothing but the cells
    fits.fitted.clear()
    resumed = measured(reviews, encoder, tmp_path / "stopped", draws=2)
    assert [name for name, _ in fits.fitted] == FITTED[1:]
    assert accuracies(resumed) == accuracies(whole)


def accuracies(written) -> list[float]:
    return [cell["test_accuracy"] for cell in json.loads(written.json.read_text())["cells"]]


def test_a_cell_is_fitted_again_only_if_what_it_depends_on_changes(reviews, encoder, tmp_path, monkeypatch):
    fits = Fits(monkeypatch)
    measured(reviews, encoder, tmp_path)
    fits.fitted.clear()
    measured(reviews, encoder, tmp_path)
    assert not fits.fitted
    measured(reviews, encoder, tmp_path, test_reviews=30)
    assert len(fits.fitted) == 6
    monkeypatch.setitem(PRESETS, "standard", PRESETS["standard"].replace(learning_rate=0.1))
    measured(reviews, encoder, tmp_path)
    assert [name for name, _ in fits.fitted[6:]] == ["scratch"]
    assert len(list((tmp_path / "films" / CELLS).iterdir())) == 13


def test_every_draw_and_every_size_has_different_reviews(reviews, encoder, tmp_path, monkeypatch):
    fits = Fits(monkeypatch)
    written = measured(reviews, encoder, tmp_path, sizes=[60, 40, 119, 500, 900], draws=2)
    draws = [splits for name, splits in fits.fitted if name == "scratch"]
    drawn = [frozenset([*splits.train.texts, *splits.validation.texts]) for splits in draws]
    assert [len(texts) for texts in drawn] == [
        40,
        40,
        60,
        60,
        120,
        120,
    ]  # sizes beyond 120 are all reviews, measured once; so is 119
    assert dict(table_columns(written.content))["Labels"][-1] == "120 (all)"
    assert len(set(drawn)) == 5  # every draw of all reviews is the same
    assert draws[-1].validation.texts != draws[-2].validation.texts


def test_an_architecture_that_is_named_twice_is_measured_once(reviews, encoder, tmp_path, monkeypatch):
    fits = Fits(monkeypatch)
    measured(reviews, encoder, tmp_path, names=["lstm", "lstm"])
    assert [name for name, _ in fits.fitted] == FITTED


def test_the_settings_fit_the_number_of_labels_that_exist(reviews, encoder, tmp_path, monkeypatch):
    monkeypatch.setitem(PRESETS, "compact", PRESETS["few-labels"].replace(preset="compact"))
    Fits(monkeypatch)
    written = measured(reviews, encoder, tmp_path, sizes=[MANY_LABELS])
    presets = [cell["preset"] for cell in json.loads(written.json.read_text())["cells"]]
    assert presets == ["few-labels", "standard", None, None]


def test_wrong_names_and_sizes_are_refused_before_anything_is_fitted(reviews, encoder, tmp_path, monkeypatch):
    fits = Fits(monkeypatch)
    with pytest.raises(ConfigError, match=r"custom-lstm, lstm; found gru"):
        measured(reviews, encoder, tmp_path, names=["gru"])
    with pytest.raises(ConfigError, match="at least 20 labels in a draw; found 10"):
        measured(reviews, encoder, tmp_path, sizes=[100, 10])
    assert not fits.fitted


def test_earlier_rows_of_other_sizes_and_encoders_stay_in_the_table(reviews, encoder, tmp_path, monkeypatch):
    Fits(monkeypatch)
    measured(reviews, encoder, tmp_path, sizes=[40])
    measured(reviews, encoder, tmp_path, sizes=[30])
    another = replace(encoder, folder=encoder.folder.with_name("another"), config=replace(encoder.config, units=9))
    monkeypatch.setattr(type(encoder), "identity", property(lambda self: self.folder.name))
    shutil.copytree(encoder.folder, another.folder)
    content = measured(reviews, another, tmp_path, sizes=[40]).content
    assert [(point.labels, point.method) for point in content.points] == [
        *((30, method) for method in (*METHODS, ITSELF)),
        (40, ("custom-lstm", PRETRAINED, "another")), (40, METHODS[0]), (40, METHODS[1]),
        (40, ("custom-lstm", SELF_TAUGHT, "another")), *((40, method) for method in (*METHODS[2:], ITSELF)),
    ]  # fmt: skip
    assert "labels: encoder with 8 units or another with 9 units, whose" in content.caption
    assert dict(table_columns(content))["Method"][6:8] == [
        "Custom LSTM, pretrained (another)",
        "Custom LSTM, pretrained (encoder)",
    ]


def test_earlier_rows_that_cannot_be_compared_are_dropped(tmp_path):
    write_label_efficiency(tmp_path, results())
    new = results() | {"cells": [cell | {"labels": 300} for cell in results()["cells"]]}

    def sizes(results: dict) -> set[int]:
        return {cell["labels"] for cell in beside_earlier(tmp_path, results)["cells"]}

    assert sizes(new) == {100, 300}
    for change in (
        {"dataset": new["dataset"] | {"content_hash": "b" * 64}},
        {"test_reviews": 500},
        {"draws": 3},
        {"machine": {"processor": "Another", "cores": 2}},
    ):
        assert sizes(new | change) == {300}
    (tmp_path / "label_efficiency.json").write_text("{}")
    assert sizes(new) == {300}


def test_earlier_rows_with_less_about_their_reviews_stay_and_those_of_other_classes_do_not(tmp_path):
    write_label_efficiency(tmp_path, results())
    new = results() | {"cells": [cell | {"labels": 300} for cell in results()["cells"]]}
    younger = {"positive": None, "left_out": {}}
    more = new | {"dataset": new["dataset"] | younger}
    assert {cell["labels"] for cell in beside_earlier(tmp_path, more)["cells"]} == {100, 300}
    stars = new | {"dataset": new["dataset"] | younger | {"positive": ("4", "5")}}
    assert {cell["labels"] for cell in beside_earlier(tmp_path, stars)["cells"]} == {300}
    write_label_efficiency(tmp_path, results() | {"dataset": stars["dataset"]})
    assert {cell["labels"] for cell in beside_earlier(tmp_path, stars)["cells"]} == {100, 300}


def test_earlier_rows_of_networks_without_settings_are_dropped(tmp_path):
    path = write_label_efficiency(tmp_path, results()).json
    path.write_text(json.dumps({name: value for name, value in results().items() if name != "presets"}))
    new = results() | {"cells": [cell | {"labels": 300} for cell in results()["cells"]]}
    cells = beside_earlier(tmp_path, new)["cells"]
    assert {cell["preset"] for cell in cells if cell["labels"] == 100} == {None}


def test_earlier_rows_of_changed_settings_are_dropped(tmp_path):
    write_label_efficiency(tmp_path, results())
    new = results() | {"presets": {"a preset": "2"}, "cells": [cell | {"labels": 300} for cell in results()["cells"]]}
    cells = beside_earlier(tmp_path, new)["cells"]
    assert {cell["architecture"] for cell in cells if cell["labels"] == 100} == {"nb-svm", "tfidf-logistic"}


def test_earlier_rows_of_a_changed_encoder_are_dropped(tmp_path):
    write_label_efficiency(tmp_path, results())
    trained_again = {"encoder": {"sha256": "f" * 64, "units": 8, "perplexity": 8.0}}
    new = results() | {"encoders": trained_again, "cells": [cell | {"labels": 300} for cell in results()["cells"]]}
    cells = beside_earlier(tmp_path, new)["cells"]
    assert {cell["start"] for cell in cells if cell["labels"] == 100} == {SCRATCH, SELF_TAUGHT, None}
    assert {cell["encoder"] for cell in cells if cell["labels"] == 100} == {None}


def results(draws: int = 2, content_hash: str = "a" * 64) -> dict:
    cells = [
        Cell(100, draw + 1, *method, "a preset" if "lstm" in method[0] else None, 0.5, accuracies[draw], 12.0, "0")
        for method, accuracies in ACCURACIES.items()
        for draw in range(draws)
    ]
    return {
        "dataset": {"train": 450, "validation": 50, "test": 1_000, "content_hash": content_hash},
        "test_reviews": 1_000, "draws": draws, "cells": [asdict(cell) for cell in cells],
        "presets": {"a preset": "1"}, "encoders": {"encoder": {"sha256": "e" * 64, "units": 8, "perplexity": 9.0}},
        "machine": {"processor": "A Processor", "cores": 2},
    }  # fmt: skip


def test_the_table_has_means_intervals_and_the_distance_from_the_better_linear_model(tmp_path):
    content = write_label_efficiency(tmp_path, results()).content
    pretrained, scratch, self_taught, *linear, itself = content.points
    assert pretrained.mean == pytest.approx(0.85)
    half = t.ppf(0.975, 1) * 0.05  # of two values that lie 0.1 apart
    assert pretrained.interval == pytest.approx((0.85 - half, 0.85 + half))
    better = ACCURACIES[LINEAR[0]]  # 0.71 on average, NB-SVM 0.69
    assert pretrained.ahead == pytest.approx((0.80 - better[0], 0.90 - better[1]))
    assert (mean(scratch.ahead), mean(self_taught.ahead)) == pytest.approx((-0.11, 0.19))
    assert [point.ahead for point in linear] == [(), ()]
    assert itself.ahead == pytest.approx((0.05, 0.13))  # of the better model of the labels alone
    assert "without their labels: encoder with 8 units, whose" in content.caption
    columns = dict(table_columns(content))
    assert columns["Test accuracy"] == ["85.00%", "60.00%", "90.00%", "71.00%", "69.00%", "80.00%"]
    assert columns["Ahead, points"] == ["+14.00", "-11.00", "+19.00", "–", "–", "+9.00"]
    assert (tmp_path / "label_efficiency.png").read_bytes().startswith(b"\x89PNG")


def test_recall_has_columns_where_it_was_saved_and_methods_that_predict_one_class_are_named(tmp_path):
    old = results()
    columns = dict(table_columns(write_label_efficiency(tmp_path, old).content))
    assert not [header for header in columns if header.startswith("Recall")]
    confusions = [[[0, 60], [0, 940]], [[30, 30], [94, 846]]]  # of the two draws of every method
    new = old | {"cells": [cell | {"test_confusion": confusions[cell["draw"] - 1]} for cell in old["cells"]]}
    new["cells"][-1]["test_confusion"] = None  # older than the others
    content = write_label_efficiency(tmp_path, new).content
    columns = dict(table_columns(content))
    assert columns["Recall, negative"] == ["25.00%"] * 5 + ["–"]
    assert columns["Recall, positive"] == ["95.00%"] * 5 + ["–"]
    assert content.balance.startswith("Of the 1,000 test reviews 94.00% are positive")
    sentence = "with 100 labels says one class (positive) of all test reviews in 1 of 2 draws"
    assert len([warning for warning in content.warnings if sentence in warning]) == 6
    written = (tmp_path / "label_efficiency.md").read_text(encoding="utf-8")
    assert sentence in written
    assert content.balance in written


def test_rows_of_a_version_that_did_not_name_the_instructions_of_the_processor_stay(tmp_path):
    write_label_efficiency(tmp_path, results())  # without the instructions of the processor
    new = results() | {"cells": [cell | {"labels": 300} for cell in results()["cells"]]}
    new["machine"] = new["machine"] | {"instructions": "avx2"}
    assert {cell["labels"] for cell in beside_earlier(tmp_path, new)["cells"]} == {100, 300}
    write_label_efficiency(tmp_path, new)
    other = new | {"cells": results()["cells"], "machine": new["machine"] | {"instructions": "avx512_bf16"}}
    assert {cell["labels"] for cell in beside_earlier(tmp_path, other)["cells"]} == {100}


def test_one_draw_has_no_interval(tmp_path):
    columns = dict(table_columns(write_label_efficiency(tmp_path, results(draws=1)).content))
    assert set(columns["95% interval"]) == {"–"}


def test_rows_of_other_reviews_are_not_reported_and_a_broken_file_is_named(tmp_path):
    assert read_label_efficiency(tmp_path, "a" * 64) is None
    path = write_label_efficiency(tmp_path, results()).json
    assert read_label_efficiency(tmp_path, "a" * 64).points
    assert read_label_efficiency(tmp_path, "b" * 64) is None
    path.write_text("{}")
    with pytest.raises(RunError, match=r"label_efficiency\.json; found KeyError"):
        read_label_efficiency(tmp_path, "a" * 64)


def test_few_labels_and_small_encoders_have_presets_of_their_own():
    assert pretrained_preset(MANY_LABELS - 1, units=512) == "few-labels"
    assert pretrained_preset(MANY_LABELS, units=512) == "pretrained"
    assert pretrained_preset(MANY_LABELS, units=128) == "compact"


def test_grades_have_the_mean_f1_and_the_error_of_each_method_and_of_three_classes_the_recall(tmp_path):
    names = ["1", "2", "3", "4", "5"]
    old = results()
    cells = [cell | {"test_confusion": (100 * np.eye(5, dtype=int)).tolist()} for cell in old["cells"]]
    cells[0]["test_confusion"] = (100 * np.eye(5, k=1, dtype=int)).tolist()  # one grade too high, or 0 reviews
    old["dataset"] |= {"classes": {"names": names, "ordered": True}}
    content = write_label_efficiency(tmp_path, old | {"cells": cells}).content
    columns = dict(table_columns(content))
    assert columns["Mean error"] == ["0.500", *["0.000"] * 5]
    assert columns["Macro F1"] == ["0.500", *["1.000"] * 5]
    assert not [header for header in columns if header.startswith("Recall")]
    assert content.balance.startswith('Of the 400 test reviews 25.00% are labelled "4"')
    three = old["dataset"] | {"classes": {"names": ["a|b", "c", "d"], "ordered": False}}
    cells = [cell | {"test_confusion": (100 * np.eye(3, dtype=int)).tolist()} for cell in cells]
    columns = dict(table_columns(write_label_efficiency(tmp_path, old | {"dataset": three, "cells": cells}).content))
    assert [header for header in columns if header.startswith("Recall")] == ["Recall, a|b", "Recall, c", "Recall, d"]
    assert "Mean error" not in columns
    assert r"| Recall, a\|b |" in (tmp_path / "label_efficiency.md").read_text(encoding="utf-8")


def test_label_efficiency_is_measured_on_reviews_of_several_classes(encoder, tmp_path):
    shares = np.array([0, 0, 1, 2] * 40)
    examples = good_and_bad(len(shares))
    words = [
        f"{text} {'awful middling great'.split()[label]}" for text, label in zip(examples.texts, shares, strict=True)
    ]
    table = pd.DataFrame(
        {"text": pd.Series(words, dtype="str"), "label": pd.Series(shares, dtype="Int8"), "split": [""] * len(shares)}
    )
    classes = Classes(("bad", "mixed", "good"), ordered=True)
    graded = split(Reviews("films", "films.csv", table, classes=classes), **Config().split)
    measured = measure_label_efficiency(graded, encoder, tmp_path, Silence(), sizes=(40,), draws=1)
    content = write_label_efficiency(tmp_path, measured).content
    assert content.classes == classes
    columns = dict(table_columns(content))
    assert {"Recall, bad", "Recall, mixed", "Recall, good", "Mean error"} <= set(columns)
    assert len(columns["Method"]) == len(FITTED)
