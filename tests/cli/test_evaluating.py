"""`sentiment evaluate` and `ensemble`: which reviews are used, and the table of figures."""

import json
import shutil

import numpy as np
import pandas as pd

from helpers.command_line import refused, sentiment
from helpers.trained import labelled_reviews, train_tiny
from sentiment.cli.console import out
from sentiment.cli.evaluating import print_evaluations
from sentiment.cli.options import noticed_once
from sentiment.config import POLARITY
from sentiment.experiments.evaluation import Evaluation, rows
from sentiment.metrics.measures import measure

NO_GRADES = {"macro_f1": 0.9, "mean_absolute_error": None, "quadratic_kappa": None}


def test_runs_can_be_evaluated_on_other_reviews(models, tmp_path):
    labelled_reviews(120)[100:].to_csv(tmp_path / "other.csv", index=False)  # the test reviews of the run
    done = sentiment("evaluate", "--models", models, "--data", tmp_path / "other.csv", "--json")
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)
    assert (row["run"], row["reviews"], row["number"]) == ("films/custom-lstm-tiny-seed1", "other", 20)
    assert row["accuracy"] > 0.9
    assert "report" not in done.stderr  # the report compares runs on the reviews they were trained with


def test_star_ratings_are_evaluated_only_when_the_values_of_both_classes_are_named(models, tmp_path):
    stars = labelled_reviews(120)[90:].reset_index(drop=True)
    stars["sentiment"] = np.where(stars.index % 3 == 0, 3, np.where(stars["sentiment"] == "positive", 5, 1))
    stars.assign(text="another").to_csv(tmp_path / "stars.csv", index=False)
    command = ["evaluate", "--models", models, "--data", tmp_path / "stars.csv", "--json"]
    refused(sentiment(*command), "classes of custom-lstm-tiny-seed1, negative, positive", "found 1, 3, 5", "--labels")
    done = sentiment(*command, "--positive", "5", "--negative", "1")
    assert done.returncode == 0, done.stderr
    assert "text in 'review' ('text' would fit, too: choose with --text-column text)" in done.stderr
    assert "negative (1): 10; positive (5): 10" in done.stderr
    assert "set aside on purpose, of no class that was named: 3 (10 rows)" in done.stderr
    [row] = json.loads(done.stdout)
    assert row["number"] + row["left_out"] == 20
    assert row["accuracy"] > 0.9


def test_evaluate_leaves_out_reviews_that_a_run_was_trained_on_and_says_so(models, tmp_path):
    labelled_reviews(120).to_csv(tmp_path / "all.csv", index=False)
    done = sentiment("evaluate", "--models", models, "--data", tmp_path / "all.csv")
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if "films/" in line]
    assert line.split()[1:3] == ["20", "100"]
    assert "Left out: reviews that a run was trained on" in done.stdout


def test_ensemble_combines_runs_and_baselines_and_refuses_a_single_member(tmp_path):
    train_tiny(tmp_path)
    folder = tmp_path / "films"
    linear = folder / "baselines" / "nb-svm"
    shutil.copytree(folder / "custom-lstm-tiny-seed1", linear)  # an ensemble reads only saved predictions
    metrics = json.loads((linear / "metrics.json").read_text())
    (linear / "metrics.json").write_text(
        json.dumps({**metrics, "name": "nb-svm", "kind": "baseline", "architecture": "nb-svm", "preset": None})
    )
    members = ("custom-lstm-tiny-seed1", "nb-svm")
    done = sentiment("ensemble", *members, "--name", "two", "--models", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    assert [member["name"] for member in json.loads(done.stdout)["members"]] == list(members)
    assert "Ensemble: two" in (folder / "report" / "report.md").read_text()
    refused(sentiment("ensemble", members[0], "--name", "one", "--models", tmp_path), "at least two different members")
    assert [path.name for path in (folder / "ensembles").iterdir()] == ["two.json"]


def test_evaluate_names_the_missing_file_of_reviews(models):
    refused(sentiment("evaluate", "--models", models), "films.csv")


def test_the_table_of_evaluate_fits_80_columns_without_breaking_names_or_figures(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    row = {
        "run": "imdb/custom-lstm-standard-seed1", "number": 25_000, "left_out": 0, "reviews": "test",
        "accuracy": 0.89088, "accuracy_ci95": [0.887, 0.8947], "log_loss": 0.268, "saved_accuracy": 0.89088,
        "recall": {"negative": 0.8712, "positive": 1.0}, "balance": "Of the 25,000 ...",
        "shortcoming": None, **NO_GRADES,
    }  # fmt: skip
    with out.capture() as written:
        print_evaluations([row], as_json=False)
    lines = written.get().splitlines()
    assert max(map(len, lines)) <= 80
    [line] = [line for line in lines if "imdb" in line]
    name = "imdb/custom-lstm-standard-seed1"
    assert line.split() == [name, "89.09%", "88.70–89.47", "87.12%", "100.00%", "0.268"]
    assert "Of the 25,000 ..." in lines


def test_a_column_that_does_not_fit_is_dropped_with_a_message(monkeypatch, capsys):
    row = {
        "run": "imdb/custom-lstm-standard-seed1", "number": 25_000, "left_out": 0, "reviews": "test",
        "accuracy": 0.89088, "accuracy_ci95": [0.887, 0.8947], "log_loss": 0.268, "saved_accuracy": 0.89,
        "recall": {"negative": 0.8712, "positive": 1.0}, **NO_GRADES, "balance": "", "shortcoming": None,
    }  # fmt: skip
    evaluated = [row, row | {"reviews": "other-films", "number": 24_000, "left_out": 1_000, "saved_accuracy": None}]
    for width, missing in ((200, False), (80, True)):
        monkeypatch.setenv("COLUMNS", str(width))
        with out.capture() as written:
            print_evaluations(evaluated, as_json=False)
        text = written.get()
        assert ("no room here for: Log loss" in capsys.readouterr().err) == missing
        assert ("0.268" in text) != missing
        assert "87.12%" in text
        assert max(map(len, text.splitlines())) <= width


def test_a_run_that_predicts_one_class_for_all_reviews_is_named_in_the_table_and_beside_json(capsys):
    evaluation = Evaluation("films/gru", "other", None, measure(np.array([1] * 19 + [0]), np.full(20, 0.9)), POLARITY)
    sentence = 'films/gru says "positive" of all 20 reviews; its 95.00% is the share of positive reviews.'
    with out.capture() as written:
        print_evaluations(rows([evaluation]), as_json=False)
    assert sentence in written.get().splitlines()
    assert "Of the 20 reviews of other 95.00% are positive" in written.get()
    print_evaluations(rows([evaluation]), as_json=True)
    printed = capsys.readouterr()
    [row] = json.loads(printed.out)
    assert row["recall"] == {"negative": 0.0, "positive": 1.0}
    assert sentence == f"films/gru {row['shortcoming']}"
    assert sentence in printed.err


def test_the_table_of_evaluate_names_the_reviews_of_each_row_when_there_are_several_sets():
    figures = {
        "accuracy": 0.9, "accuracy_ci95": [0.88, 0.92], "log_loss": 0.3, "left_out": 0, "saved_accuracy": None,
        "recall": {"negative": 0.9, "positive": 0.9}, **NO_GRADES, "balance": "", "shortcoming": None,
    }  # fmt: skip
    evaluated = [{"run": f"films/{name}", "number": 50, "reviews": name, **figures} for name in ("test", "others")]
    with out.capture() as written:
        print_evaluations(evaluated, as_json=False)
    lines = [line.split()[:3] for line in written.get().splitlines() if "films/" in line]
    assert lines == [["films/test", "test", "50"], ["films/others", "others", "50"]]


def test_a_file_of_the_same_labels_is_read_as_the_run_learnt_it_without_saying_it_again(tmp_path):
    reviews = labelled_reviews(130)
    values = np.where(reviews["sentiment"] == "positive", "5", "1")
    values[::10] = "3"
    reviews = pd.DataFrame({"title": reviews["review"], "body": "it was", "review": "another", "verdict": values})
    reviews[:100].to_csv(tmp_path / "stars.csv", index=False)
    reviews[100:].to_csv(tmp_path / "others.csv", index=False)
    columns = ("--text-column", "title", "--text-column", "body", "--label-column", "verdict")
    tiny = ("--set", "units=4", "--set", "embedding_size=4", "--set", "epochs=1", "--set", "minimum_steps=1")
    models = ("--models", tmp_path / "models")
    options = ("--only", "gru", "--preset", "quick", *tiny, "--labels", "1=negative; 5=positive", *columns)
    data = ("--data", tmp_path / "stars.csv")
    trained = sentiment("train", *data, *options, *models)
    assert trained.returncode == 0, trained.stderr
    own = sentiment("evaluate", *data, *models, "--json")
    assert own.returncode == 0, own.stderr
    assert "text in 'title' and 'body', as stars/" in own.stderr
    assert "label in 'verdict', as stars/" in own.stderr
    assert "it is judged on the 18 of them that were its own test split" in own.stderr
    [row] = json.loads(own.stdout)
    assert row["saved_accuracy"] == row["accuracy"]
    others = sentiment("evaluate", "--data", tmp_path / "others.csv", *models, "--json")
    assert others.returncode == 0, others.stderr
    assert "learnt them; negative (1): 12; positive (5): 15" in others.stderr
    assert "set aside on purpose, of no class that was named: 3 (3 rows)" in others.stderr
    assert json.loads(others.stdout)[0]["number"] == 27
    predicted = sentiment("predict", "--input", tmp_path / "others.csv", *models, "--run", row["run"], "--json")
    assert predicted.returncode == 0, predicted.stderr
    assert "text in 'title' and 'body', as stars/" in predicted.stderr
    assert json.loads(predicted.stdout.splitlines()[0])["text"] == f"{reviews['title'][100]}\nit was"


def test_a_table_that_is_no_terminals_has_every_column_unless_a_width_is_set(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert out.width == 200
    monkeypatch.setenv("COLUMNS", "90")
    assert out.width == 90


def test_on_a_narrow_terminal_the_interval_goes_last(monkeypatch):
    row = {
        "run": "imdb/custom-lstm-standard-seed1", "number": 25_000, "left_out": 0, "reviews": "test",
        "accuracy": 0.89088, "accuracy_ci95": [0.887, 0.8947], "log_loss": 0.268, "saved_accuracy": 0.9,
        "recall": {"negative": 0.8712, "positive": 1.0}, **NO_GRADES, "balance": "", "shortcoming": None,
    }  # fmt: skip
    monkeypatch.setenv("COLUMNS", "75")
    with out.capture() as written:
        print_evaluations([row], as_json=False)
    assert "88.70–89.47" in written.get()
    assert "90.00%" not in written.get()


def test_a_note_on_a_file_that_several_runs_read_is_printed_once(capsys):
    notify = noticed_once()
    for line in ("text in 'review'", "labels: stars", "text in 'review'"):
        notify(line)
    assert capsys.readouterr().err.splitlines() == ["text in 'review'", "labels: stars"]
