"""The shipped compact run with a new last layer: a run like any other, for any classes, with honest figures."""

import contextlib
import dataclasses
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.adaptation.report import advice_columns
from helpers.fake_runs import save_fake
from helpers.trained import THREE, TOPICS, three_splits, train_tiny
from sentiment.config import POLARITY, PRESETS, Classes
from sentiment.data.fingerprints import known, save_learnt
from sentiment.data.splits import Examples, Splits
from sentiment.errors import ConfigError, ReviewsError, RunError
from sentiment.experiments.adaptation import adapt, adapting
from sentiment.experiments.adaptation.rivals import DEEP_FROM, LAST_LAYER, LINEAR, MAJORITY, advice, as_it_is, verdict
from sentiment.explain import Explainer
from sentiment.inference import Predictor
from sentiment.metrics.measures import measure
from sentiment.runs.record import Kind
from sentiment.runs.results import VALIDATION_PREDICTIONS, read_predictions, read_result
from sentiment.runs.saved_run import find_run, load_run, write_manifest
from sentiment.support.paths import SHIPPED_MODELS
from sentiment.support.progress import Silence
from sentiment.support.storage import one_at_a_time

COMPACT = SHIPPED_MODELS / "imdb" / "compact"


def examples(n: int, classes: Classes, seed: int = 0) -> Examples:
    words = {"negative": "dull", "neutral": "fair", "positive": "wonderful", "acting": "actors", "music": "songs",
             "plot": "twists"}  # fmt: skip
    labels = (np.arange(n) % len(classes)).astype(np.int8)
    texts = [
        f"number {seed + i}: {words[classes.names[label]]} {'and so on ' * (i % 4)}." for i, label in enumerate(labels)
    ]
    return Examples(texts, labels)


def splits_of(classes: Classes) -> Splits:
    whole = three_splits(classes)
    parts = {
        "train": examples(60, classes),
        "validation": examples(12, classes, 100),
        "test": examples(30, classes, 200),
    }
    return dataclasses.replace(whole, **parts)


@pytest.fixture(scope="module")
def source():
    return load_run(COMPACT)


@pytest.fixture(scope="module", params=[POLARITY, THREE, TOPICS], ids=["two", "grades", "topics"])
def made(request, source, tmp_path_factory):
    splits = splits_of(request.param)
    return adapt(source, splits, tmp_path_factory.mktemp("models") / "films", "mine"), splits


def test_its_time_is_without_that_of_the_models_it_is_compared_with(source, monkeypatch, tmp_path):
    seconds, rivals = [0.0], adapting.rivals_of

    def slow_rivals(*arguments):
        seconds[0] += 100
        return rivals(*arguments)

    monkeypatch.setattr(adapting, "rivals_of", slow_rivals)
    monkeypatch.setattr(adapting, "time", SimpleNamespace(perf_counter=lambda: seconds[0]))
    assert adapt(source, splits_of(POLARITY), tmp_path / "films", "mine").run.record.train_seconds == 0


def test_an_adapted_run_is_found_and_predicts_what_its_record_says(made):
    adapted, splits = made
    run = find_run(adapted.run.folder.parents[1], "films/mine")
    predictor = Predictor(run)
    assert predictor.classes == splits.classes
    probabilities = predictor.predict_proba(splits.test.texts)
    saved_labels, saved = read_predictions(run.folder)
    np.testing.assert_array_equal(saved_labels, splits.test.labels)
    np.testing.assert_allclose(probabilities[:, 1] if saved.ndim == 1 else probabilities, saved, atol=1e-5)
    assert run.record.test == measure(splits.test.labels, saved, splits.classes) | {
        key: run.record.test[key] for key in ("log_loss", "brier", "calibration_error")
    }
    assert run.record.test["accuracy"] > 0.8


def test_it_is_explained_with_its_own_last_layer(made):
    adapted, splits = made
    text = splits.test.texts[1]
    [prediction] = Predictor(adapted.run).predict([text])
    for method in ("occlusion", "integrated-gradients"):
        explanation = Explainer(adapted.run).explain(text, method, gates=True, target=prediction.label)
        assert explanation.probabilities == pytest.approx(prediction.probabilities, abs=1e-5)
        assert max(abs(token.contribution) for token in explanation.tokens) > 0.1
        assert explanation.gates
    assert abs(explanation.completeness_error) < 0.1


def test_its_record_says_where_it_comes_from_and_what_it_was_compared_with(made, source):
    adapted, splits = made
    record = adapted.run.record
    assert record.kind == Kind.ADAPTED
    assert record.adapted_from == {"run": "imdb/compact", "id": source.record.id, "familiar": 0}
    names = ["imdb/compact as it is"] * splits.classes.is_polarity + [LINEAR, MAJORITY]
    assert list(record.compared) == names
    assert list(adapted.compared) == ["films/mine", *names]
    assert all(figures["reviews"] == len(splits.test) for figures in adapted.compared.values())
    outputs = splits.classes.outputs
    assert record.parameters == source.record.parameters + (outputs - 1) * (3 * 128 + 1)
    card = (adapted.run.folder / "README.md").read_text(encoding="utf-8")
    assert "The network of `imdb/compact`" in card
    assert adapted.sentence in card
    assert known(adapted.run.folder, [*splits.train.texts, *splits.validation.texts]).all()
    assert not known(adapted.run.folder, splits.test.texts).any()
    share = record.settings["cross_validated_accuracy"]
    assert adapted.cross_validated.startswith("Cross-validated on the 72 reviews that it learnt from, which also")
    assert f": {share:.2%} (" in adapted.cross_validated
    result = read_result(adapted.run.folder, "mine")
    assert result.history is None
    assert len(read_predictions(adapted.run.folder, VALIDATION_PREDICTIONS)[0]) == len(splits.validation)


def test_a_fine_tuned_run_is_like_any_other_and_stands_beside_the_last_layer_alone(tmp_path, monkeypatch):
    quick = PRESETS["fine-tuned"].replace(minimum_steps=1, epochs=1)
    monkeypatch.setitem(PRESETS, "fine-tuned", quick)
    source, splits = train_tiny(tmp_path), splits_of(TOPICS)
    adapted = adapt(source, splits, tmp_path / "mine", "deep", deep=Silence())
    record, predictor = adapted.run.record, Predictor(find_run(tmp_path, "mine/deep"))
    assert list(adapted.compared) == ["mine/deep", LAST_LAYER, LINEAR, MAJORITY]
    assert (record.kind, record.epochs, record.adapted_from["run"]) == (Kind.ADAPTED, 1, f"films/{source.name}")
    np.testing.assert_allclose(
        predictor.predict_proba(splits.test.texts), read_predictions(adapted.run.folder)[1], atol=1e-5
    )
    explanation = Explainer(adapted.run).explain(splits.test.texts[1], "occlusion", target="plot")
    assert explanation.probabilities == pytest.approx(predictor.predict(splits.test.texts[1:2])[0].probabilities)
    card = (adapted.run.folder / "README.md").read_text(encoding="utf-8")
    assert "and learnt for 1 epoch." in card
    assert "too few to choose by" in card
    again = adapt(adapted.run, splits_of(THREE), tmp_path / "mine", "again")  # a start for others in its turn
    assert again.run.config.classes == THREE


def test_a_run_with_more_classes_is_compared_on_those_of_the_reviews():
    everyday = load_run(SHIPPED_MODELS / "mixed-reviews" / "everyday")
    token_ids = everyday.tokenizer().token_ids(["A great lamp, I love it.", "An awful lamp, it broke.", "It is a box."])
    probabilities = as_it_is(everyday, POLARITY, token_ids)
    assert probabilities[0] > 0.8 > 0.2 > probabilities[1]
    whole = as_it_is(everyday, everyday.config.classes, token_ids)
    np.testing.assert_allclose(probabilities, whole[:, 2] / (whole[:, 0] + whole[:, 2]), atol=1e-5)
    assert as_it_is(everyday, TOPICS, token_ids) is None


def test_the_test_reviews_change_no_weight(source, tmp_path):
    splits = splits_of(POLARITY)
    turned = dataclasses.replace(splits, test=Examples(splits.test.texts, 1 - splits.test.labels))
    first = adapt(source, splits, tmp_path / "first", "mine").run
    second = adapt(source, turned, tmp_path / "second", "mine").run
    assert (first.folder / "model.onnx").read_bytes() == (second.folder / "model.onnx").read_bytes()
    assert first.record.test["accuracy"] == pytest.approx(1 - second.record.test["accuracy"])


def test_classes_of_the_same_names_in_another_order_are_compared_with_the_run_as_it_is(source, tmp_path):
    splits = splits_of(POLARITY)
    straight = adapt(source, splits, tmp_path, "straight").compared["imdb/compact as it is"]
    turned = Classes(("positive", "negative"))
    parts = {
        part: Examples(getattr(splits, part).texts, (1 - getattr(splits, part).labels).astype(np.int8))
        for part in ("train", "validation", "test")
    }
    other = dataclasses.replace(splits, **parts, dataset=dataclasses.replace(splits.dataset, classes=turned))
    assert adapt(source, other, tmp_path, "turned").compared["imdb/compact as it is"]["recall"] == straight["recall"]


def test_an_adapted_run_of_that_name_is_replaced_and_another_run_is_not(source, tmp_path):
    splits = splits_of(POLARITY)
    adapt(source, splits, tmp_path / "films", "mine")
    adapt(source, splits_of(TOPICS), tmp_path / "films", "mine")
    assert load_run(tmp_path / "films" / "mine").config.classes == TOPICS
    save_fake(tmp_path, "films", "trained")
    with pytest.raises(RunError, match="expected a name that is free, or that of an adapted run"):
        adapt(source, splits, tmp_path / "films", "trained")
    with pytest.raises(RunError, match="expected a name of letters"):
        adapt(source, splits, tmp_path / "films", "../elsewhere")


def test_a_second_adaptation_into_one_place_waits_for_the_first_and_says_so(source, tmp_path):
    lines = []
    with contextlib.ExitStack() as first:
        first.enter_context(one_at_a_time(tmp_path / "adapted", lambda: None))

        def notify(line):
            lines.append(line)
            first.close()

        made = adapt(source, splits_of(POLARITY), tmp_path, "adapted", notify)
    assert lines == ["another process makes adapted: waiting"]
    assert made.run.folder == tmp_path / "adapted"


def test_a_class_with_one_review_to_learn_from_is_refused(source, tmp_path):
    splits = splits_of(TOPICS)
    rare = Examples(splits.train.texts, np.where(splits.train.labels == 2, 0, splits.train.labels).astype(np.int8))
    rare.labels[0] = 2
    validation = Examples(splits.validation.texts, (splits.validation.labels % 2).astype(np.int8))
    with pytest.raises(
        ReviewsError, match=r"at least 2 reviews of each class to learn from.*found 1 of plot; give more"
    ):
        adapt(source, dataclasses.replace(splits, train=rare, validation=validation), tmp_path, "mine")
    assert list(tmp_path.iterdir()) == []


def test_reviews_that_the_source_has_learnt_from_are_refused_for_the_test_and_said_otherwise(tmp_path):
    splits = splits_of(POLARITY)
    folder = tmp_path / "imdb" / "taught"
    shutil.copytree(COMPACT, folder)
    save_learnt(folder, splits.train.texts[:7])
    write_manifest(folder)
    notes = []
    adapted = adapt(load_run(folder), splits, tmp_path / "films", "mine", notes.append)
    assert notes == [
        "imdb/taught had learnt from 7 of these 72 reviews before, and is surer of them than of new ones: the "
        "probabilities of the new run may be too sure"
    ]
    assert adapted.run.record.adapted_from["familiar"] == 7
    save_learnt(folder, splits.test.texts)
    write_manifest(folder)
    with pytest.raises(ConfigError, match="to know none of the 30 test reviews"):
        adapt(load_run(folder), splits, tmp_path / "films", "mine")


def test_a_run_without_onnx_is_refused(tmp_path):
    folder = shutil.copytree(COMPACT, tmp_path / "imdb" / "bare")
    (folder / "model.onnx").unlink()
    write_manifest(folder)
    with pytest.raises(RunError, match=r"expected model\.onnx in the run .*write it with: sentiment export"):
        adapt(load_run(folder), splits_of(POLARITY), tmp_path / "films", "mine")


def test_figures_of_an_adapted_run_are_json(made):
    adapted, _ = made
    assert json.loads((adapted.run.folder / "export.json").read_text())["int8"]["kept"] is False
    assert json.loads((adapted.run.folder / "metrics.json").read_text())["settings"]["C"] > 0


def test_the_sentence_says_which_is_best_and_whether_that_is_chance():
    labels = np.arange(100) % 2
    right, half = labels * 0.8 + 0.1, np.full(100, 0.4)
    nearly = right.copy()
    nearly[:3] = 1 - nearly[:3]
    assert verdict("mine", right, {"linear": nearly, "constant": half}, labels) == (
        "mine gets 100.00% of the 100 test reviews right, linear 97.00%: chance alone could explain the difference "
        "(McNemar, adjusted p 0.250)."
    )
    assert verdict("mine", half, {"linear": right, "constant": half}, labels) == (
        "linear gets 100.00% of the 100 test reviews right, mine 50.00%: more than chance "
        "(McNemar, adjusted p < 0.001)."
    )
    assert verdict("mine", right, {"linear": right}, labels).endswith("linear 100.00%: no difference.")


def test_advice_follows_the_linear_model_and_the_number_of_labels():
    labels = np.arange(100) % 2
    right, wrong = labels * 0.8 + 0.1, 0.9 - labels * 0.8
    assert advice("mine", wrong, {LINEAR: right}, labels, 50).startswith(f"{LINEAR} is ahead of mine by more than")
    assert advice("mine", right, {LINEAR: wrong}, labels, DEEP_FROM - 1) == ""
    assert advice("mine", right, {LINEAR: wrong}, labels, DEEP_FROM).endswith("add --deep")
    assert advice("mine", right, {LAST_LAYER: right, LINEAR: wrong}, labels, DEEP_FROM) == ""


def test_the_number_of_labels_in_the_advice_is_that_of_the_committed_measurement():
    results = json.loads((SHIPPED_MODELS / "benchmark" / "adapt.json").read_text(encoding="utf-8"))
    table = dict(advice_columns(results))
    better = {
        int(count.replace(",", "")): float(deep) - float(shallow) > 0.5  # points; less is chance
        for count, deep, shallow in zip(
            table["Labels"], table["adapt --deep everyday"], table["adapt everyday"], strict=True
        )
    }
    assert min(count for count in better if all(better[more] for more in better if more >= count)) == DEEP_FROM
