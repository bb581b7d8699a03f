"""The comparison refuses encoders and teachers that may know its test reviews, and replaces no other results."""

import dataclasses
import os
from pathlib import Path

import pandas as pd
import pytest

from helpers.elsewhere import Elsewhere
from helpers.trained import good_and_bad, train_tiny
from sentiment.config import ARCHITECTURE_NAMES, PRESETS, Config, PretrainingConfig
from sentiment.data.fingerprints import LEARNT, save_learnt
from sentiment.data.reviews import Reviews
from sentiment.data.splits import split
from sentiment.errors import ConfigError
from sentiment.experiments import comparison
from sentiment.experiments.comparison import run_plan
from sentiment.experiments.plan import Plan, plan_comparison
from sentiment.networks.architectures import ARCHITECTURES
from sentiment.parallel.tasks import OneByOne
from sentiment.report import write_report
from sentiment.runs.results import BASELINES_FOLDER
from sentiment.runs.saved_run import ENCODER, METRICS, SavedRun, load_run
from sentiment.support.progress import Silence
from sentiment.training import classifier
from sentiment.training.encoders import Encoder

TINY = Config().replace(preset="tiny", units=4, embedding_size=4, epochs=1, minimum_steps=1, batch_size=16)


def reviews(name: str, genre: str = "film") -> Reviews:
    examples = good_and_bad(120)
    texts = [f"{text} {genre}" if genre != "film" else text for text in examples.texts]
    table = pd.DataFrame({"text": pd.Series(texts, dtype="str"), "label": examples.labels, "split": ""})
    return Reviews(name, f"{name}.csv", table.astype({"label": "Int8"}))


def planned(reviews, models, config=TINY, names=("custom-lstm",), **others) -> Plan:
    splits = split(reviews, **config.split)
    return plan_comparison(splits, config, names, [1], models, **{"baselines": False, **others})


def compared(reviews, models, config=TINY, report=None, **others) -> list[SavedRun]:
    return run_plan(planned(reviews, models, config, **others), report or Silence())


def reported(reviews, models, config=TINY):
    runs = compared(reviews, models, config)
    return write_report(runs[0].folder.parent, runs[0].name)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run trained on most of these reviews, with another test split."""
    return train_tiny(tmp_path_factory.mktemp("models"))


def read_by(folder, texts) -> Encoder:
    folder.mkdir()
    save_learnt(folder, texts)
    return Encoder(folder, PretrainingConfig(), {}, [])


def test_a_teacher_that_has_learnt_test_reviews_is_refused_whatever_the_file_is_called(run, tmp_path):
    assert (run.folder / LEARNT).is_file()
    with pytest.raises(ConfigError, match=r"tiny-seed1 to know none of the 24 test reviews; found that .* from 2\d of"):
        compared(reviews("others"), tmp_path, teachers=[run])


def test_a_teacher_of_other_reviews_is_accepted_and_its_student_cannot_teach_the_first_dataset(run, tmp_path):
    [pupil] = compared(reviews("plays", "play"), tmp_path, teachers=[run])
    assert [teacher.name for teacher in pupil.record.teachers] == ["custom-lstm-tiny-seed1"]
    with pytest.raises(ConfigError, match="to know none of the 24 test reviews"):
        compared(reviews("others"), tmp_path, teachers=[pupil])


def test_a_teacher_trained_on_validation_reviews_is_refused_and_one_validated_on_them_is_not(tmp_path):
    films = reviews("films")
    films.table["split"] = ["test"] * 24 + ["train"] * 96
    compared(films, tmp_path, TINY.replace(preset="first"))
    first = load_run(tmp_path / "films" / "custom-lstm-first-seed1")
    compared(films, tmp_path, TINY.replace(preset="pupil"), teachers=[first])
    with pytest.raises(ConfigError, match=r"know none of the 38 validation reviews; .* from 38 of them; .* this split"):
        compared(films, tmp_path, TINY.replace(preset="other", validation_fraction=0.4), teachers=[first])


def test_workers_with_another_working_folder_find_teachers_and_encoders(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    encoder = read_by(Path("encoder"), ["a new film"])
    (encoder.folder / ENCODER).touch()
    teacher = dataclasses.replace(run, folder=Path(os.path.relpath(run.folder)))
    plan = planned(reviews("plays", "play"), tmp_path / "models", teachers=[teacher], encoders=[encoder])
    assert [folder.resolve() for folder in plan.teacher_folders] == [run.folder.resolve()]
    assert all(folder.is_absolute() for folder in plan.teacher_folders)
    assert plan.trainings[0].encoder.folder == tmp_path / "encoder"


def test_a_repeated_teacher_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="every teacher once; found nb-svm more than once"):
        compared(reviews("films"), tmp_path, teachers=["nb-svm", "nb-svm"])


def test_a_run_with_teachers_is_replaced_by_one_without_only_on_request(run, tmp_path):
    plays = reviews("plays", "play")
    compared(plays, tmp_path, teachers=[run])
    with pytest.raises(
        ConfigError, match=r"from fresh weights with teachers \(.*\), where one .* without teachers would go"
    ):
        compared(plays, tmp_path, baselines=True)
    assert not (tmp_path / "plays" / BASELINES_FOLDER).exists()  # refused before the baselines are fitted
    assert load_run(tmp_path / "plays" / "custom-lstm-tiny-seed1").config.teachers
    compared(plays, tmp_path, again=True)
    assert not load_run(tmp_path / "plays" / "custom-lstm-tiny-seed1").config.teachers


def test_a_run_of_another_file_of_the_same_name_is_not_replaced_and_one_of_the_same_file_is(tmp_path):
    compared(reviews("films"), tmp_path)
    run = load_run(tmp_path / "films" / "custom-lstm-tiny-seed1")
    longer = reviews("films", "play")
    elsewhere = dataclasses.replace(longer, source="elsewhere/films.csv")
    with pytest.raises(
        ConfigError, match=r"expected results of .* alone in .*; found .*-tiny-seed1 of .*films\.csv; name"
    ):
        compared(elsewhere, tmp_path)
    assert load_run(run.folder).record == run.record
    compared(longer, tmp_path)
    assert load_run(run.folder).record != run.record


def test_results_of_one_file_with_other_labels_in_the_classes_are_not_replaced(tmp_path):
    compared(dataclasses.replace(reviews("films"), positive=("5",), negative=("1",)), tmp_path)
    before = load_run(tmp_path / "films" / "custom-lstm-tiny-seed1").record
    others = dataclasses.replace(reviews("films", "play"), positive=("4", "5"), negative=("1",))
    with pytest.raises(ConfigError, match=r"read as before; found .*-tiny-seed1, .* another --positive; name another"):
        compared(others, tmp_path)
    assert load_run(tmp_path / "films" / "custom-lstm-tiny-seed1").record == before
    compared(others, tmp_path, again=True)
    assert load_run(tmp_path / "films" / "custom-lstm-tiny-seed1").record.dataset["positive"] == ["4", "5"]


def test_an_engine_gets_only_what_is_not_trained_yet_and_all_that_it_needs(run, tmp_path):
    plays, names = reviews("plays", "play"), ("custom-lstm", "gru")
    first = planned(plays, tmp_path, names=names[:1], teachers=[run])
    run_plan(first, Silence(), OneByOne())
    engine = Elsewhere()
    runs = run_plan(planned(plays, tmp_path, names=names, teachers=[run]), Silence(), engine)
    assert engine.names == ["gru-tiny-seed1"]
    assert [made.config.model.architecture for made in runs] == list(names)
    assert all(made.config.teachers and made.record.built_from for made in runs)


class Notes(Silence):
    """Records notes."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, line: str) -> None:
        self.lines.append(line)


def test_a_line_before_training_says_what_became_of_every_row(tmp_path):
    films = reviews("films")
    twice = pd.concat([films.table, films.table[:20], films.table[20:30].assign(label=1 - films.table["label"][20:30])])
    report = Notes()
    films = dataclasses.replace(films, table=twice.reset_index(drop=True), left_out={"empty review": 3})
    [run] = compared(films, tmp_path, report=report)
    assert report.lines[1:3] == [
        "2 classes; of the 79 training reviews: 49.4% negative, 50.6% positive",
        "plan: 1 network to train (custom-lstm), preset tiny, from fresh weights, 1 epoch or more where reviews are "
        "few",
    ]
    assert report.lines[0] == (
        "films: 153 rows: 79 training, 9 validation, 22 test; left out: 20 duplicates, "
        "20 reviews whose text has different labels, "
        "3 empty review"
    )
    page = write_report(run.folder.parent).markdown.read_text()
    for line in ("duplicates | 20", "reviews whose text has different labels | 20", "empty review | 3"):
        assert f"| Left out: {line} |" in page


def test_long_work_between_trainings_is_told_before_it_begins(tmp_path, monkeypatch):
    class Notes(Silence):
        def __init__(self) -> None:
            self.lines: list[str] = []

        def note(self, line: str) -> None:
            self.lines.append(line)

    monkeypatch.setattr(comparison, "_MANY", 10)
    monkeypatch.setattr(classifier, "_MANY_JUDGED", 10)
    monkeypatch.setattr(comparison, "save_baseline", lambda name, *_: notes.lines.append(f"fits {name}"))
    notes, plan = Notes(), planned(reviews("plays"), tmp_path, baselines=True)
    run_plan(plan, notes)
    told = [line for line in notes.lines if line.startswith(("fit", "custom-lstm-tiny-seed1: measuring"))]
    assert told[0].startswith("fitting the baselines: with so many reviews, document vectors")
    assert told[1:-1] == [f"fits {job.name}" for job in plan.baselines]
    assert told[-1].startswith("custom-lstm-tiny-seed1: measuring and saving it")
    assert sum(line.startswith("baseline ") and " fitted in " in line for line in notes.lines) == len(plan.baselines)


def test_a_setting_that_another_overrides_is_reported_once(tmp_path):
    report, config = Notes(), TINY.replace(patience=5, validation_limit=80)
    chosen = ["patience", "validation_limit"]
    compared(reviews("films"), tmp_path, config, report, names=["custom-lstm", "gru"], chosen=chosen)
    assert report.lines[3:] == [
        "validation_limit=80 changes nothing: validation_fraction=0.1 holds out 10 reviews",
        "patience=5 changes nothing: the training has 1 epoch in all",
    ]


def test_results_of_a_file_of_the_same_name_in_another_folder_are_not_replaced(tmp_path, monkeypatch):
    for folder, films in (("a", reviews("films")), ("b", reviews("films", "play"))):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        if folder == "a":
            compared(films, tmp_path / "models")
    with pytest.raises(ConfigError, match=r"expected results of .*/b/films\.csv alone in .* of .*/a/films\.csv"):
        compared(films, tmp_path / "models")


def test_baselines_of_another_file_of_the_same_name_are_not_replaced(tmp_path):
    compared(reviews("films"), tmp_path, baselines=True)
    before = (tmp_path / "films" / BASELINES_FOLDER / "nb-svm" / METRICS).read_bytes()
    elsewhere = dataclasses.replace(reviews("films", "play"), source="elsewhere/films.csv")
    with pytest.raises(ConfigError, match=r"give the file another name, or add --again"):
        compared(elsewhere, tmp_path, TINY.replace(preset="other"), baselines=True)
    assert (tmp_path / "films" / BASELINES_FOLDER / "nb-svm" / METRICS).read_bytes() == before


def test_a_run_with_other_teachers_is_not_replaced(tmp_path):
    compared(reviews("films"), tmp_path, teachers=["nb-svm"])
    with pytest.raises(ConfigError, match=r"with teachers \(nb-svm .*\), where one .*\(tfidf-logistic .*\) would go"):
        compared(reviews("films"), tmp_path, teachers=["tfidf-logistic"])
    compared(reviews("films"), tmp_path, teachers=["tfidf-logistic"], renew=True)
    compared(reviews("films", "play"), tmp_path, teachers=["nb-svm"])  # the file has changed
    assert "nb-svm" in load_run(tmp_path / "films" / "custom-lstm-tiny-seed1").config.teachers


def test_an_encoder_is_not_replaced_by_a_run(tmp_path):
    place = tmp_path / "films" / "custom-lstm-tiny-seed1"
    place.mkdir(parents=True)
    (place / ENCODER).touch()
    with pytest.raises(ConfigError, match=r"expected no encoder at .*, where a run would go"):
        compared(reviews("films"), tmp_path)


def test_the_report_covers_the_requested_runs_and_names_the_others(tmp_path):
    compared(reviews("films"), tmp_path, TINY.replace(preset="first"))
    compared(reviews("films"), tmp_path, TINY.replace(preset="other", validation_fraction=0.3))
    report = reported(reviews("films"), tmp_path, TINY.replace(preset="first"))
    assert [row.preset for row in report.rows] == ["first"]
    assert report.left_out == ("custom-lstm-other-seed1",)


def test_the_names_that_a_configuration_takes_are_those_of_the_architectures():
    assert tuple(ARCHITECTURES) == ARCHITECTURE_NAMES


def test_a_plan_says_what_is_to_be_trained_from_what_and_what_is_done(tmp_path):
    films = reviews("films")
    before = planned(films, tmp_path, baselines=True, names=["custom-lstm", "gru"], teachers=["nb-svm"])
    assert not (tmp_path / "films").exists()  # a plan trains nothing and writes nothing
    assert [(job.config.name, job.encoder, job.done) for job in before.trainings] == [
        ("custom-lstm-tiny-seed1", None, False), ("gru-tiny-seed1", None, False),
    ]  # fmt: skip
    assert [teacher.name for teacher in before.teachers] == ["nb-svm"]
    assert {job.config.teachers for job in before.trainings} == {f"nb-svm {before.teachers[0].content[:16]}"}
    assert [job.done for job in before.baselines] == [False] * 5
    compared(films, tmp_path, baselines=True, teachers=["nb-svm"])
    after = planned(films, tmp_path, baselines=True, names=["custom-lstm", "gru"], teachers=["nb-svm"])
    assert [job.done for job in after.trainings] == [True, False]
    assert [job.done for job in after.baselines] == [True] * 5
    again = planned(films, tmp_path, baselines=True, names=["custom-lstm"], teachers=["nb-svm"], again=True)
    assert not any(job.done for job in (*again.trainings, *again.baselines))


def test_an_encoder_that_has_read_test_reviews_is_refused(tmp_path):
    films = reviews("films")
    test = split(films, **TINY.split).test.texts
    with pytest.raises(ConfigError, match="found that it has learnt from 24 of them"):
        compared(films, tmp_path, encoders=[read_by(tmp_path / "encoder", test)])


def test_two_encoders_for_one_architecture_are_refused(tmp_path):
    both = [read_by(tmp_path / name, []) for name in ("first", "second")]
    with pytest.raises(ConfigError, match="expected one encoder for custom-lstm"):
        compared(reviews("films"), tmp_path, encoders=both)


def test_self_training_makes_one_run_with_itself_as_teacher_and_the_costs_of_all_rounds(tmp_path, monkeypatch):
    monkeypatch.setitem(PRESETS, "standard", TINY.replace(preset="standard"))
    itself = TINY.replace(preset="tiny", rounds=2)
    [run] = compared(reviews("films"), tmp_path, itself)
    assert [teacher.name for teacher in run.record.teachers] == ["itself", "nb-svm"]
    assert [cost.split()[1] for cost in run.record.built_from] == [
        "custom-lstm-standard-seed1",
        "nb-svm",
        "custom-lstm-tiny-seed1",
    ]  # the linear model is asked once: there are no excerpts, which would be others in each round
    before = run.record
    compared(reviews("films"), tmp_path, itself)
    assert load_run(run.folder).record == before  # it exists already
    with pytest.raises(ConfigError, match=r"found 1 and rounds=2; leave the teachers out, or .* --set rounds=0"):
        compared(reviews("films"), tmp_path, itself, teachers=["nb-svm"])
