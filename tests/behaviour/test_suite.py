"""Results, tables, floors and files."""

import json

import pytest
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.behaviour import suite
from benchmarks.behaviour.classifiers import Answer, Classifier
from benchmarks.behaviour.filling import cases
from benchmarks.behaviour.floors import MARGIN, floors_of, raise_floors
from benchmarks.behaviour.frames import Kind
from benchmarks.behaviour.report import by_capability, by_capability_and_kind, by_domain, by_kind, by_set, examples
from benchmarks.behaviour.training_texts import training_cases, write_training_texts
from benchmarks.behaviour.typed import CONTRAST, FOLDER, SENTENCES, TYPED, typed_texts
from sentiment.config.classes import NEUTRAL, POSITIVE
from sentiment.data.reviews import load_reviews
from sentiment.errors import RunError
from sentiment.everyday.corpus import key_of, read_labelled

ALWAYS = Classifier(
    "imdb/always", "`always`", has_neutral=False, answer=lambda texts: [Answer(POSITIVE, 0.9)] * len(texts)
)


@pytest.fixture(scope="module")
def results():
    return json.loads(json.dumps(suite.measure([ALWAYS], ["the linear model"], lambda _: None)))


def test_a_constant_answer_is_right_where_its_class_is_expected_and_where_nothing_may_change(results):
    right = {name: group["right"]["imdb/always"] for name, group in results["by_kind"].items()}
    number = {name: group["cases"] for name, group in results["by_kind"].items()}
    assert right == number | {"MFT, negative": 0, "MFT, neutral": 0, "DIR": 0}


def test_every_group_counts_every_case_once(results):
    for groups in ("by_capability", "by_kind", "by_capability_and_kind"):
        assert sum(group["cases"] for group in results[groups].values()) == results["suite"]["cases"]
    in_context = results["by_capability"]["words in context"]["cases"]
    assert sum(group["cases"] for group in results["by_domain"].values()) == in_context


def test_tables_have_a_row_for_each_group_and_the_share_of_right_answers(results):
    columns = dict(by_capability(results))
    assert columns["Capability"] == [*results["by_capability"], "all cases"]
    shares = dict(zip(columns["Capability"], columns["`always`"], strict=True))
    assert (shares["words in context"], shares["neutral facts"]) == ("50.0%", "0.0%")
    assert dict(by_kind(results))["`always`"] == ["0.0%", "0.0%", "100.0%", "100.0%", "0.0%"]
    assert len(dict(by_domain(results))["Cases"]) == 8
    several = dict(by_capability_and_kind(results))["Capability and kind"]
    assert "but, MFT" in several
    assert "ellipsis, MFT" not in several


def test_a_constant_answer_is_on_the_side_of_half_of_the_typed_texts_and_never_neutral(results):
    shares = dict(by_set(results, "typed"))
    assert len(shares["As people type"]) == 14
    assert set(shares["`always`"][:-1]) == {"50.0%"}
    assert shares["`always`"][-1] == "0.0%"


def test_nor_is_it_on_the_side_of_more_than_about_half_of_the_texts_in_contrast(results):
    shares = dict(by_set(results, "contrast"))
    assert len(shares["In contrast"]) == 16
    assert all(0.44 < float(share.rstrip("%")) / 100 < 0.56 for share in shares["`always`"][:-1])
    assert shares["`always`"][-1] == "0.0%"


def test_nor_of_single_sentences(results):
    shares = dict(by_set(results, "sentences"))
    assert len(shares["Sentences of reviews"]) == 12
    assert all(0.44 < float(share.rstrip("%")) / 100 < 0.56 for share in shares["`always`"][:-1])
    assert shares["`always`"][-1] == "0.0%"


def runs_of_six(key: str) -> set[tuple[str, ...]]:
    words = key.split()
    return {tuple(words[start : start + 6]) for start in range(len(words) - 5)}


def test_no_typed_or_tested_text_is_among_those_to_learn_from():
    typed = [each.text for path in (TYPED, CONTRAST, SENTENCES) for each in typed_texts(path)]
    tested = [text for case in suite.all_cases() for text in case.texts]
    learnt = {key_of(text) for text, _ in read_labelled(FOLDER / "train")}
    assert learnt
    assert not learnt & {key_of(text) for text in [*typed, *tested]}
    assert not {run for key in learnt for run in runs_of_six(key)} & {
        run for text in typed for run in runs_of_six(key_of(text))
    }


def test_each_capability_has_an_example(results):
    shown = dict(examples(results))
    assert shown["Capability"] == [each["capability"] for each in results["examples"]]
    assert "the same verdict" in shown["Expected"]


def test_the_files_say_what_is_left_out(results, tmp_path):
    written = suite.write(tmp_path, results)
    assert json.loads(written.paths[0].read_text(encoding="utf-8")) == results
    assert "Left out: the linear model" in written.paths[1].read_text(encoding="utf-8")


def test_floors_are_of_saved_runs_and_below_what_was_measured(results):
    floors = floors_of(results)
    assert list(floors) == ["imdb/always"]
    assert floors["imdb/always"]["words in context"] == pytest.approx(0.5 - MARGIN)
    assert floors["imdb/always"]["neutral facts"] == 0


def test_floors_rise_and_never_fall(tmp_path, results):
    path = tmp_path / "floors.json"
    path.write_text(json.dumps({"imdb/always": {"words in context": 0.9, "but": 0.01}, "imdb/other": {"but": 0.5}}))
    raised = raise_floors(path, results)
    assert raised["imdb/always"]["words in context"] == 0.9
    assert raised["imdb/always"]["but"] > 0.3
    assert raised["imdb/other"] == {"but": 0.5}
    assert json.loads(path.read_text(encoding="utf-8")) == raised


@pytest.mark.parametrize(("two_classes", "classes"), [(False, 3), (True, 2)])
def test_texts_to_train_on_are_a_file_of_reviews(tmp_path, two_classes, classes):
    path = tmp_path / "texts.csv"
    number = write_training_texts(path, per_frame=10, two_classes=two_classes)
    reviews = load_reviews(path)
    assert (len(reviews.table), len(reviews.classes)) == (number, classes)
    assert reviews.table["text"].is_unique


def test_texts_to_train_on_are_none_of_those_to_test_with():
    tested = {text for case in suite.all_cases() for text in case.texts}
    training = list(training_cases(per_frame=40))
    assert len(training) > 4_000
    assert not tested & {case.texts[0] for case in training}
    assert {case.kind for case in training} == {Kind.MFT}
    assert all(case.expected != NEUTRAL for case in training_cases(per_frame=4, two_classes=True))


@pytest.fixture
def few_cases(monkeypatch, tmp_path):
    few = [case for capability in suite.CAPABILITIES for case in cases(capability, per_frame=2)]
    monkeypatch.setattr(suite, "all_cases", lambda: few)
    monkeypatch.setattr("benchmarks.__main__.data_folder", lambda: tmp_path / "without reviews")
    monkeypatch.delenv("SENTIMENT_DATA", raising=False)
    return few


def test_a_run_by_name_is_tested_and_nothing_is_written(few_cases):
    done = CliRunner().invoke(app, ["behaviour", "--run", "imdb/compact", "--json"])
    results = json.loads(done.stdout)
    assert [each["name"] for each in results["classifiers"]] == ["imdb/compact", "word-list"]
    assert results["suite"]["cases"] == len(few_cases)
    assert "no reviews for it to learn from; name them with --data" in results["absent"][0]
    assert "wrote" not in done.stderr


def test_files_and_floors_go_where_they_are_told_to(few_cases, tmp_path):  # noqa: ARG001
    floors = tmp_path / "floors.json"
    done = CliRunner().invoke(
        app, ["behaviour", "--run", "imdb/compact", "--folder", str(tmp_path), "--floors", str(floors)]
    )
    assert done.exit_code == 0, done.output
    assert {path.name for path in tmp_path.iterdir()} == {"behaviour.json", "behaviour.md", "floors.json"}
    assert "imdb/compact" in json.loads(floors.read_text(encoding="utf-8"))


def test_a_run_that_is_not_there_is_refused():
    done = CliRunner().invoke(app, ["behaviour", "--run", "imdb/nothing"])
    assert isinstance(done.exception, RunError)


def test_texts_to_train_on_come_by_a_command(tmp_path):
    path = tmp_path / "texts.csv"
    done = CliRunner().invoke(app, ["behaviour-texts", str(path), "--per-frame", "4", "--two-classes"])
    assert done.exit_code == 0, done.output
    assert path.read_text(encoding="utf-8").startswith("review,label,capability\n")
