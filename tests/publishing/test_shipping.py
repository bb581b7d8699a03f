"""A run made to be given away: small, complete, measured again, and usable for all that needs no Keras."""

import dataclasses
import json
import shutil
from dataclasses import asdict, replace

import numpy as np
import pytest

from helpers.trained import good_and_bad, train_tiny
from sentiment.config import Classes
from sentiment.data.fingerprints import LEARNT
from sentiment.data.splits import Examples, Splits
from sentiment.errors import ExportError, ReviewsError, RunError
from sentiment.experiments.evaluation import evaluate_own
from sentiment.explain import Explainer
from sentiment.inference.predictor import Predictor
from sentiment.metrics.measures import measure
from sentiment.publishing import shipping
from sentiment.publishing.cards import run_card
from sentiment.publishing.shipping import ship
from sentiment.runs.record import Kind, RunRecord, parse_teachers
from sentiment.runs.results import VALIDATION_PREDICTIONS, read_predictions
from sentiment.runs.saved_run import CARD, EXPORT, METRICS, MODEL, ONNX, ONNX_INT8, find_run, load_run


def splits_of(run) -> Splits:
    from sentiment.data.splits import DatasetInfo

    examples = good_and_bad(120)
    parts = [Examples(examples.texts[a:b], examples.labels[a:b]) for a, b in ((0, 80), (80, 100), (100, 120))]
    return Splits(*parts, [], DatasetInfo(**run.record.dataset | {"classes": run.config.classes}))


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def trained(models):
    return train_tiny(models)


@pytest.fixture(scope="module")
def shipped(trained):
    return ship(trained, "flagship", splits_of(trained))


def test_a_small_copy_has_no_keras_model_and_is_much_smaller(trained, shipped):
    assert not shipped.has_keras_model
    assert (shipped.folder / ONNX).stat().st_size < (trained.folder / MODEL).stat().st_size
    with pytest.raises(RunError, match="ONNX model alone"):
        shipped.model()


def test_the_figures_of_a_small_copy_are_measured_on_its_own_files_beside_those_of_full_precision(trained, shipped):
    assert (shipped.record.kind, shipped.record.dtype) == (Kind.REDUCED, "reduced")
    assert shipped.record.full_precision["test"] == trained.record.test
    texts, labels = splits_of(trained).test.texts, splits_of(trained).test.labels
    predicted = [prediction.probability for prediction in Predictor(shipped).predict(texts)]
    right = (np.array(predicted) >= 0.5) == (labels == 1)
    assert shipped.record.test["accuracy"] == right.mean()
    assert shipped.record.int8
    on_validation = read_predictions(shipped.folder, VALIDATION_PREDICTIONS)[1]
    assert len(on_validation) == len(splits_of(trained).validation)


def test_the_card_describes_the_model_and_shows_its_figures(shipped):
    card = (shipped.folder / CARD).read_text()
    assert card.startswith("# flagship")
    assert f"{shipped.record.test['accuracy']:.2%}" in card
    assert shipped.record.full_precision["run"] in card
    for heading in ("## Data", "## Figures", "## Intended use and limits", "## How it was made"):
        assert heading in card
    assert shipped.record.validation_short_texts
    for texts in shipped.record.validation_short_texts.values():
        assert f"| {texts['texts']} | {texts['accuracy']:.1%} |" in card
    assert "{" not in card


def test_the_card_of_a_run_without_short_texts_or_teachers_mentions_neither(shipped):
    def card(**settings):
        config = shipped.record.identity["config"]
        training = config["training"] | {"short_texts": settings.pop("short_texts", 0), "excerpts": 0}
        changed = {"config": config | settings | {"training": training}}
        teachers = parse_teachers(settings["teachers"])
        return run_card(dataclasses.replace(shipped.record, identity=changed, teachers=teachers), [])

    alone = card(encoder="", teachers="")
    assert "a sentence may be too short for it" in alone
    assert "without the training of its encoder and teachers" not in alone
    assert "Besides the labels" not in alone
    distilled = card(short_texts=10, encoder="0123", teachers="nb-svm 0123, itself 4567")
    assert "on sentences" in distilled
    assert "without the training of its encoder and teachers" in distilled
    assert "on the predictions of earlier networks of its own kind and of nb-svm" in " ".join(distilled.split())


def test_a_baseline_that_cannot_be_read_is_named_and_nothing_is_written(trained, tmp_path):
    run = dataclasses.replace(trained, folder=shutil.copytree(trained.folder, tmp_path / "films" / trained.name))
    broken = tmp_path / "films" / "baselines" / "mlp"
    broken.mkdir(parents=True)
    (broken / METRICS).write_text("{")
    with pytest.raises(RunError, match=r"readable result in .*mlp; found JSONDecodeError"):
        ship(run, "given", splits_of(trained))
    assert not (tmp_path / "films" / "given").exists()


def test_a_small_copy_names_its_reviews_but_not_their_path(trained):
    dataset = trained.record.dataset | {"source": "/home/ann/films.csv"}
    lay_here = dataclasses.replace(trained, record=dataclasses.replace(trained.record, dataset=dataset))
    assert ship(lay_here, "given", splits_of(trained)).record.dataset["source"] == "films.csv"


def test_a_small_copy_predicts_and_explains(shipped):
    [prediction] = Predictor(shipped).predict(["a good film"])
    explanation = Explainer(shipped).explain("a good film", gates=True)
    assert explanation.probability == pytest.approx(prediction.probability, abs=1e-6)
    assert explanation.gates


def test_a_small_copy_is_evaluated_with_its_onnx_model(shipped, tmp_path, monkeypatch):
    from sentiment.runs import provenance

    monkeypatch.setattr(provenance.SplitsOfRuns, "load", lambda self, run: splits_of(run))  # noqa: ARG005
    [evaluation] = evaluate_own([shipped], tmp_path)
    assert evaluation.metrics["accuracy"] == shipped.record.test["accuracy"]


def test_without_its_reviews_a_small_copy_is_left_out_of_an_evaluation_of_all_and_refused_alone(shipped, tmp_path):
    notes: list[str] = []
    with pytest.raises(ReviewsError, match=r"films\.csv"):
        evaluate_own([shipped], tmp_path / "cache", notes.append)
    assert "films/flagship is left out" in notes[0]


def test_a_run_older_than_fingerprints_is_shipped_without_them(trained, tmp_path):
    old = dataclasses.replace(trained, folder=shutil.copytree(trained.folder, tmp_path / "films" / trained.name))
    (old.folder / LEARNT).unlink()
    assert not (ship(old, "given", splits_of(trained)).folder / LEARNT).exists()


def test_a_model_that_loses_too_much_accuracy_is_not_shipped(trained):
    better = dataclasses.replace(trained.record, test=trained.record.test | {"accuracy": 1.5})
    flattered = dataclasses.replace(trained, record=better)
    with pytest.raises(ExportError, match=r"at most 0\.2%"):
        ship(flattered, "worse", splits_of(trained))
    assert not (trained.folder.parent / "worse").exists()


def test_int8_that_loses_too_much_accuracy_is_left_out(trained, monkeypatch):
    assert (trained.folder / ONNX_INT8).is_file()
    losses = iter([(0.0, {}), (0.01, {})])
    monkeypatch.setattr(shipping, "_losses", lambda *_: next(losses))
    without = ship(trained, "without-int8", splits_of(trained))
    assert not (without.folder / ONNX_INT8).exists()
    assert without.record.int8 is None
    assert json.loads((without.folder / EXPORT).read_text())["int8"] == {
        "kept": False, "reason": "test accuracy falls by 1.00%, more than 0.2%"
    }  # fmt: skip
    assert "model.int8.onnx" not in (without.folder / CARD).read_text()


def test_int8_that_loses_recall_of_a_class_is_left_out_even_at_the_same_accuracy(trained, monkeypatch):
    losses = iter([{"negative": 0.0}, {"negative": 0.1}])
    monkeypatch.setattr(shipping, "recall_loss", lambda *_: next(losses))
    without = ship(trained, "without-a-class", splits_of(trained))
    assert json.loads((without.folder / EXPORT).read_text())["int8"] == {
        "kept": False, "reason": "recall of negative test reviews falls by 10.00%, more than 2.0%"
    }  # fmt: skip


def test_the_card_has_recall_of_both_classes_and_names_files_that_predict_one_class(shipped):
    card = (shipped.folder / CARD).read_text()
    assert "| Recall, negative | Recall, positive |" in card
    recall = shipped.record.test["recall"]
    assert f"{recall['negative']:.2%} | {recall['positive']:.2%}" in card
    assert "Of the 20 test reviews 50.00% are positive" in card
    assert 'says "' not in card
    constant = shipped.record.test | {"confusion": [[0, 1], [0, 19]]}
    older = {name: value for name, value in constant.items() if not name.startswith("recall")}
    values = json.loads(shipped.record.to_json()) | {"test": older, "int8": None}
    del values["version"], values["kind"]
    card = run_card(RunRecord.from_json(json.dumps(values)), [])
    assert '`model.onnx` says "positive" of all 20 test reviews; its 95.00% is the share of positive reviews.' in card
    assert "| 0.00% | 100.00% |" in card


@pytest.mark.parametrize(("ordered", "said"), [(True, "The mean error is in grades."), (False, "Macro F1 is the mean")])
def test_the_card_of_many_classes_has_their_mean_f1_and_the_recall_of_each_below_the_table(shipped, ordered, said):
    classes = Classes(("1", "2", "3", "4", "5"), ordered)
    labels = np.arange(20) % 5
    figures = measure(labels, np.eye(5)[np.where(labels == 1, 0, labels)], classes)
    card = run_card(
        replace(
            shipped.record,
            dataset=shipped.record.dataset | {"classes": asdict(classes)},
            test=figures, validation=figures, int8=None,
            full_precision={"run": "whole", "validation": figures, "test": figures},
        ),
        [],
    )  # fmt: skip
    header, line = card.split("## Figures")[1].split("\n")[2:4]
    assert header.count("|") == line.count("|")
    assert ("Mean error" in header) == ordered
    assert "Recall, 1" not in header
    assert "1 100.00%, 2 0.00%, 3 100.00%, 4 100.00%, 5 100.00%." in card
    assert said in card
    assert "one of 1, 2, 3, 4, 5, with no aspects" in card
    assert "positive" not in card.split("## Figures")[1]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "report", "baselines", "ensembles"])
def test_a_name_that_is_taken_by_something_else_is_refused(trained, name):
    with pytest.raises(RunError, match="choose another"):
        ship(trained, name, splits_of(trained))
    assert load_run(trained.folder).has_keras_model


def test_a_run_is_never_replaced_by_a_small_copy(trained):
    with pytest.raises(RunError, match="expected a name that is free"):
        ship(trained, trained.name, splits_of(trained))
    assert load_run(trained.folder).has_keras_model


def test_a_shipped_run_is_not_shipped_again_and_is_a_run_like_others(shipped, models):
    with pytest.raises(RunError, match="shipped already"):
        ship(shipped, "again", splits_of(shipped))
    assert find_run(models, "flagship") == load_run(shipped.folder)
