"""The report: what it compares, what it says, and that it is one file that asks nobody for anything."""

import base64
import hashlib
import html
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from helpers.fake_results import (
    BLANK,
    HOSTILE,
    LABELS,
    MOSTLY_POSITIVE,
    REVIEWS,
    SECONDS,
    Page,
    always_positive,
    fill,
    result,
    saying,
    shipped,
)
from sentiment.errors import ConfigError, RunError
from sentiment.metrics.measures import measure, wilson
from sentiment.report import ReportPaths, write_report
from sentiment.report.figures.pictures import Picture
from sentiment.report.label_efficiency import Cell
from sentiment.report.label_efficiency_files import write_label_efficiency
from sentiment.report.leaderboard import ShippedRow, compared_models, read_shipped, write_shipped
from sentiment.report.overview import MOST_MISTAKES, duration, entries, mistakes
from sentiment.report.records import comparable_results
from sentiment.report.tables import chance, format_table, in_two, markdown_text, verdict_of
from sentiment.runs.record import METRICS, Kind, read_record
from sentiment.runs.results import write_result
from sentiment.support.paths import SHIPPED_MODELS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return fill(tmp_path)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> ReportPaths:
    """The report of that folder, to be read only."""
    return write_report(fill(tmp_path_factory.mktemp("imdb")))


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes seconds, and most tests look at words."""
    monkeypatch.setattr("sentiment.report.pages.draw", lambda _: [Picture("blank", "Blank", "Nothing.", (BLANK,))])


def test_the_leaderboard_has_a_row_per_model_with_the_best_first(report: ReportPaths) -> None:
    rows = json.loads(report.leaderboard.read_text())
    assert report.leaderboard.name == "leaderboard.json"
    assert [row["architecture"] for row in rows] == [
        "nb-svm",
        "tfidf-logistic",
        "gru",
        "bilstm",
        "lstm",
        "custom-lstm",
        "majority",
    ]
    gru = rows[2]
    assert gru["name"] == "gru-standard-seed1"
    assert gru["test_accuracy"] == 352 / 400
    assert gru["test_accuracy_ci95"] == pytest.approx(wilson(352, 400))
    assert gru["test_accuracy_sd"] is None
    assert gru["seeds"] == [1]
    assert rows[0]["seeds"] == []
    assert rows[0]["preset"] is None
    assert {
        "name",
        "preset",
        "dtype",
        "parameters",
        "validation_accuracy",
        "macro_f1",
        "roc_auc",
        "log_loss",
        "dataset",
    } <= set(gru)
    assert {"calibration_error", "train_seconds", "seconds_per_epoch", "tokens_per_second"} <= set(gru)


def test_the_leaderboard_does_not_contain_the_path_of_the_reviews(report: ReportPaths) -> None:
    for path in (report.leaderboard, report.html, report.markdown):
        assert "/home/someone" not in path.read_text()
        assert "reviews.csv" in path.read_text().replace("\\", "")


@pytest.mark.usefixtures("without_figures")
def test_a_shipped_model_is_the_last_row_and_marked_whatever_its_accuracy_is(folder: Path) -> None:
    before = write_report(folder)
    times = before.markdown.read_text().partition("Training times")[2]
    row = shipped(folder)
    report = write_report(folder)
    assert report.rows == (*before.rows, row)  # though it has the highest accuracy
    assert (report.verdict, report.warnings) == (before.verdict, before.warnings)
    assert json.loads(report.leaderboard.read_text())[-1]["kind"] == "shipped"
    markdown, page = report.markdown.read_text(), Page(report.html.read_text()).text
    name = "mixed-reviews/everyday (shipped, not trained on these reviews)"
    assert f"| – | {name} | 99.00% | 97.46–99.61 | 3.3 M | – |\n\n" in markdown
    assert f"| {name} | – | 3,333,124 | 99.00% | 97.46–99.61 |" in markdown
    for text in (markdown, page):
        assert "mixed-reviews/everyday is shipped, and has learnt at most 1% of these" in text
    assert "Rows without a preset are baselines of scikit-learn or the shipped model." in " ".join(markdown.split())
    assert markdown.partition("Training times")[2] == times  # none of it is known
    assert markdown.count("sentiment predict --run") == 4
    write_shipped(folder, None)
    assert write_report(folder).rows == before.rows


@pytest.mark.usefixtures("without_figures")
def test_a_shipped_model_that_was_measured_on_other_reviews_is_no_row(folder: Path) -> None:
    for others in ({"content_hash": "b" * 64}, {"test": 399}, {"train": 1_399}):
        shipped(folder, **others)
        report = write_report(folder)
        assert Kind.SHIPPED not in {row.kind for row in report.rows}
        assert "everyday" not in report.html.read_text()


NO_ROW = "no row of a shipped model: expected "
REMEDY = "; run its training again, or delete the file"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"test_accuracy": None}, "expected test_accuracy as int or float; found None"),
        ({"test_accuracy_ci95": [0.9]}, "expected test_accuracy_ci95 as two numbers; found 1"),
        ({"log_loss": float("nan")}, "Out of range float values"),
        ({"name": "\ud800"}, "surrogates not allowed"),
        ({"recall": [0.9]}, "expected recall as dict"),
        ({"dataset": {"classes": 3}}, "expected classes"),
        ({"a field of later": 1}, "KeyError: 'a field of later'"),
        ({"macro_f1": ...}, "missing 1 required positional argument: 'macro_f1'"),
        (None, "KeyError: 'row'"),
        ("half of it", "JSONDecodeError"),
    ],
)
def test_a_saved_row_that_cannot_be_used_is_refused_in_a_line(
    changed: dict[str, Any] | str | None, reason: str, tmp_path: Path
) -> None:
    result(tmp_path, "gru", 380)
    dataset = shipped(tmp_path).dataset
    path = tmp_path / "shipped.json"
    saved = json.loads(path.read_text())
    if isinstance(changed, dict):
        row = {name: value for name, value in (saved["row"] | changed).items() if value is not ...}
        path.write_text(json.dumps(saved | {"row": row}))
    else:  # half a file; the row alone
        path.write_text(path.read_text()[:200] if changed else json.dumps(saved["row"]))
    with pytest.raises((RunError, ConfigError)) as caught:
        read_shipped(tmp_path, dataset)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("without_figures")
def test_the_row_of_a_shipped_model_that_has_changed_since_is_left_out(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = shipped(folder)
    assert (write_report(folder).rows[-1], write_report(folder).note) == (row, "")
    write_shipped(folder, ShippedRow("an older one", row))
    report = write_report(folder)
    assert Kind.SHIPPED not in {row.kind for row in report.rows}
    assert report.note == (
        f"{NO_ROW}figures of the installed {row.name}, {read_record(SHIPPED_MODELS / row.name).id}, in "
        f"{folder / 'shipped.json'}; found those of 'an older one'{REMEDY}"
    )
    monkeypatch.setattr("sentiment.report.leaderboard.SHIPPED_MODELS", tmp_path / "nowhere")
    report = write_report(folder)  # nothing says that it has changed
    assert (report.rows[-1], report.note) == (row, "")


def test_the_row_of_a_shipped_model_is_written_and_goes(folder: Path) -> None:
    row, dataset = shipped(folder), comparable_results(folder).dataset
    assert read_shipped(folder, dataset) == row
    for _ in range(2):
        write_shipped(folder, None)
        assert read_shipped(folder, dataset) is None


def test_a_shipped_model_far_below_the_others_does_not_squeeze_their_bars(folder: Path) -> None:
    models = compared_models(comparable_results(folder).compared)
    without, scale = entries(models)
    assert [entry.bar is None for entry in without] == [False] * 6 + [True]
    bad, same_scale = entries(models, shipped(folder, right=100))
    assert (same_scale, bad[-1].bar) == (scale, None)
    assert [entry.bar for entry in bad[:-1]] == [entry.bar for entry in without]
    for right in (330, 399):  # with an interval that overlaps one of theirs, or above all
        row = shipped(folder, right=right)
        entry, (low, high) = entries(models, row)[0][-1], entries(models, row)[1]
        assert low <= row.test_accuracy_ci95[0] < row.test_accuracy_ci95[1] <= high
        assert entry.bar


@pytest.mark.usefixtures("without_figures")
def test_a_time_that_is_not_known_is_sorted_as_nothing(folder: Path) -> None:
    shipped(folder)
    page = write_report(folder).html.read_text()
    assert page.count('<td data-sort="">–</td>') == 1
    assert 'data-sort="-' not in page


def test_seeds_of_one_architecture_are_one_row_with_mean_and_spread(tmp_path: Path) -> None:
    for seed, right in ((1, 340), (2, 350), (3, 348)):
        result(tmp_path, "gru", right, seed=seed)
    result(tmp_path, "gru", 300, preset="quick")
    report = write_report(tmp_path)
    row, quick = report.rows
    accuracies = [340 / 400, 350 / 400, 348 / 400]
    assert row.name == "gru-standard"
    assert row.seeds == [1, 2, 3]
    assert row.test_accuracy == pytest.approx(mean(accuracies))
    assert row.test_accuracy_sd == pytest.approx(stdev(accuracies))
    half = 4.302653 * stdev(accuracies) / 3**0.5  # the 97.5% quantile of Student's t with two degrees of freedom
    assert row.test_accuracy_seeds_ci95 == pytest.approx([mean(accuracies) - half, mean(accuracies) + half])
    assert quick.name == "gru-quick-seed1"
    assert "85.00, 87.50, 87.00" in report.html.read_text()
    assert "85.00, 87.50, 87.00" in report.markdown.read_text()
    assert "Keras GRU (quick)" in report.html.read_text()


@pytest.mark.usefixtures("without_figures")
def test_trainings_that_differ_in_more_than_the_seed_are_separate_rows(tmp_path: Path) -> None:
    for seed, settings in ((1, {"learning_rate": 1e-3}), (2, {}), (3, {})):
        result(tmp_path, "gru", 340 + seed, seed=seed, **settings)
    assert sorted(row.seeds for row in write_report(tmp_path).rows) == [[1], [2, 3]]


@pytest.mark.usefixtures("without_figures")
def test_pictures_show_the_lowest_seed_and_not_the_best(tmp_path: Path) -> None:
    for seed, right in ((3, 390), (1, 330), (2, 350)):
        result(tmp_path, "gru", right, seed=seed)
    assert "show seed 1." in Page(write_report(tmp_path).html.read_text()).text


@pytest.mark.usefixtures("without_figures")
def test_results_on_other_reviews_are_left_out_and_named(folder: Path) -> None:
    result(folder, "bilstm", 380, preset="quick", content_hash="b" * 64)
    result(folder, "mlp", 380, preset=None, labels=1 - LABELS)  # the same reviews, split in another way
    result(folder, "gru", 380, preset="quick", validation=300)  # and another share held out
    for name in ("bilstm-quick-seed1", "gru-quick-seed1"):
        os.utime(folder / name / "metrics.json", (1, 1))
    report = write_report(folder)
    assert set(report.left_out) == {"bilstm-quick-seed1", "gru-quick-seed1", "mlp"}
    assert "mlp" not in {row.architecture for row in report.rows}
    assert "Left out: bilstm-quick-seed1, gru-quick-seed1, mlp." in Page(report.html.read_text()).text
    assert "bilstm-quick-seed1, gru-quick-seed1, mlp" in report.markdown.read_text()


@pytest.mark.usefixtures("without_figures")
def test_the_newest_run_decides_which_reviews_are_compared(folder: Path) -> None:
    result(folder, "gru", 380, preset="quick", content_hash="b" * 64)
    report = write_report(folder)
    assert [row.name for row in report.rows] == ["gru-quick-seed1"]
    assert len(report.left_out) == 7


def test_the_verdict_says_when_the_linear_model_wins(report: ReportPaths) -> None:
    assert report.verdict.startswith("No, the best recurrent network loses to the best linear model")
    assert "Keras GRU gets 88.00% (84.45–90.83) right and NB-SVM 97.50%" in report.verdict
    assert report.verdict in Page(report.html.read_text()).text
    assert markdown_text(report.verdict) in report.markdown.read_text()


@pytest.mark.parametrize(
    ("linear", "answer"), [(300, "Yes, the best recurrent network beats"), (352, "Neither is clearly better")]
)
@pytest.mark.usefixtures("without_figures")
def test_the_verdict_follows_the_figures(tmp_path: Path, linear: int, answer: str) -> None:
    result(tmp_path, "gru", 353)
    result(tmp_path, "nb-svm", linear, preset=None)
    assert write_report(tmp_path).verdict.startswith(answer)


@pytest.mark.usefixtures("without_figures")
def test_the_best_of_a_kind_has_the_lowest_log_loss_on_validation_whatever_the_test_says(tmp_path: Path) -> None:
    result(tmp_path, "gru", 380, validation_accuracy=0.9, validation_log_loss=0.3)
    result(tmp_path, "lstm", 340, validation_accuracy=0.8, validation_log_loss=0.2)
    result(tmp_path, "nb-svm", 360, preset=None)
    assert "Keras LSTM gets 85.00% (81.17–88.17) right" in write_report(tmp_path).verdict


def test_the_small_copy_of_a_run_has_a_row_and_no_test_or_curves_of_its_own(tmp_path: Path) -> None:
    for seed in (1, 2):
        result(tmp_path, "gru", 380, seed=seed, teachers="nb-svm 0123")
    result(
        tmp_path,
        "gru",
        381,
        dtype="reduced",
        kind=Kind.REDUCED,
        teachers="nb-svm 0123",
        folder_name="small",
        validation_log_loss=0.2,
    )
    result(tmp_path, "nb-svm", 360, preset=None)
    both = write_report(tmp_path)
    assert "\n| Keras GRU (small, reduced, distilled) |" in both.markdown.read_text()
    assert [a for a, *_ in pairs_of(both)] == ["Keras GRU (distilled)"]
    assert "Keras GRU (distilled), distilled from nb-svm, gets 95.00%" in both.verdict
    assert [path.name for path in both.html.parent.glob("learning-curves*")] == [
        "learning-curves-standard-float32-distilled-from-nb-svm.svg"
    ]
    for seed in (1, 2):
        shutil.rmtree(tmp_path / f"gru-standard-seed{seed}")
    alone = write_report(tmp_path)
    assert [a for a, *_ in pairs_of(alone)] == ["Keras GRU (small, reduced, distilled)"]


@pytest.mark.usefixtures("without_figures")
def test_without_a_linear_model_there_is_no_verdict(tmp_path: Path) -> None:
    result(tmp_path, "gru", 380)
    assert write_report(tmp_path).verdict.startswith("No linear model was measured here")


def test_the_report_says_that_both_lstms_compute_the_same_function(report: ReportPaths) -> None:
    for text in (Page(report.html.read_text()).text, report.markdown.read_text()):
        assert "The custom LSTM and the Keras LSTM compute the same function" in text
        assert "the gap in accuracy is 0.50 points" in text
        assert "the Custom LSTM is 1.50 times as fast as the Keras LSTM" in text


@pytest.mark.usefixtures("without_figures")
def test_of_several_pairs_of_lstms_the_one_with_the_most_seeds_is_described(tmp_path: Path) -> None:
    for architecture, right in (("custom-lstm", 360), ("lstm", 350)):
        result(tmp_path, architecture, right + 20, preset="compact")
        for seed in (1, 2):
            result(tmp_path, architecture, right, seed=seed)
    result(tmp_path, "nb-svm", 340, preset=None)
    markdown = write_report(tmp_path).markdown.read_text()
    assert "Between the Custom LSTM and the Keras LSTM the gap in accuracy is 2.50 points." in markdown
    for architecture, right in (("custom-lstm", 360), ("lstm", 355)):
        result(tmp_path, architecture, right + 20, preset="compact", seed=2, teachers="nb-svm 0123")
        result(tmp_path, architecture, right + 20, preset="compact", seed=1, teachers="nb-svm 0123")
    text = write_report(tmp_path).markdown.read_text()
    assert "Between the Custom LSTM and the Keras LSTM the gap in accuracy is 2.50 points" in text  # labels alone


@pytest.mark.usefixtures("without_figures")
def test_times_are_those_of_the_fastest_seed(tmp_path: Path) -> None:
    for architecture in ("custom-lstm", "lstm"):
        for seed in (1, 2):
            result(tmp_path, architecture, 360, seed=seed, built_from={"encoder 0123": 100.0 * seed})
    slow = tmp_path / "lstm-standard-seed1" / METRICS
    beside_other_work = {"train_seconds": 3_000.0, "seconds_per_epoch": 1_000.0, "tokens_per_second": 1e9}
    slow.write_text(json.dumps(json.loads(slow.read_text()) | beside_other_work))
    report = write_report(tmp_path)
    row = next(row for row in report.rows if row.architecture == "lstm")
    assert (row.seconds_per_epoch, row.train_seconds) == (SECONDS["lstm"], 3 * SECONDS["lstm"])
    assert row.total_seconds == 3 * SECONDS["lstm"] + 200.0  # with what that seed was built from
    assert row.tokens_per_second is not None
    assert row.tokens_per_second < 1e9
    assert "is 1.50 times as fast as" in report.markdown.read_text()
    for text in (report.markdown.read_text(), Page(report.html.read_text()).text):
        assert "times and speeds are those of the seed that ran fastest" in " ".join(text.split())


@pytest.mark.filterwarnings("error")
def test_too_few_reviews_for_a_reliability_curve_give_no_warning(tmp_path: Path) -> None:
    labels = np.array([0, 1] * 6)
    probabilities = np.linspace(0.1, 0.9, 12)
    for architecture in ("custom-lstm", "lstm"):
        result(tmp_path, architecture, 360)
        folder = tmp_path / f"{architecture}-standard-seed1"
        record = replace(read_record(folder), test=measure(labels, probabilities))
        write_result(folder, record, labels, probabilities)
    assert write_report(tmp_path).html.exists()


def test_networks_of_other_settings_are_not_reported_as_trained_in_the_same_way(tmp_path: Path) -> None:
    for architecture, rate in (("custom-lstm", 0.002), ("lstm", 0.003)):
        result(tmp_path, architecture, 360, learning_rate=rate)
    result(tmp_path, "nb-svm", 340, preset=None)
    written = write_report(tmp_path)
    assert [b for _, b, *_ in pairs_of(written)] == ["NB-SVM", "NB-SVM"]
    assert {path.name for path in written.html.parent.glob("learning-curves*")} == {
        "learning-curves-standard-float32.svg", "learning-curves-standard-float32-2.svg"
    }  # fmt: skip


def pairs_of(report: ReportPaths) -> list[tuple[str, ...]]:
    """Of each paired test: A, B, p, adjusted p, and the answer."""
    row = r"^\| (\S.*?) against (.*?) \| .* \| (\S+|< \S+) \| (\S+|< \S+) \| (yes|no) \|$"
    return re.findall(row, html.unescape(report.markdown.read_text()), re.M)


def test_every_model_is_tested_against_the_best_linear_one_and_architectures_in_pairs(report: ReportPaths) -> None:
    pairs = pairs_of(report)
    against_linear = [pair[0] for pair in pairs if pair[1] == "NB-SVM"]
    assert against_linear == ["TF-IDF + logistic", "Keras GRU", "Keras BiLSTM", "Keras LSTM", "Custom LSTM"]
    assert len(pairs) == 5 + 6  # and six of four networks
    assert "adjusted by Holm for all 11 tests" in Page(report.html.read_text()).text
    raw, adjusted = (
        [float(pair[column].removeprefix("< ")) for pair in pairs if "<" not in pair[column]] for column in (2, 3)
    )
    assert max(raw) <= max(adjusted)


def test_the_page_loads_nothing_from_elsewhere_and_runs_its_own_script_alone(report: ReportPaths) -> None:
    text = report.html.read_text()
    page = Page(text)
    assert page.addresses
    assert all(address.startswith("#") for address in page.addresses)  # of the contents, and of markers in figures
    assert not {"link", "img", "iframe", "object"} & set(page.tags)
    assert page.tags.count("script") == 1
    assert "@import" not in text
    assert set(re.findall(r"url\(.", text)) == {"url(#"}
    [script] = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'" in text


def test_every_entry_of_the_contents_leads_to_a_part_of_the_page(report: ReportPaths) -> None:
    text = report.html.read_text()
    targets = re.findall(r'<li><a href="#([^"]+)">', text)
    assert {"models", "use", "accuracy", "figures", "tests", "mistakes", "reviews"} <= set(targets)
    for target in targets:
        assert text.count(f' id="{target}"') == 1
    assert text.count("<h2") == len(targets) + 1  # and "In detail"


def test_parts_of_figures_refer_to_parts_of_the_same_figure(report: ReportPaths) -> None:
    text = report.html.read_text()
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    figures = re.findall(r"<svg xmlns.*?</svg>", text, re.DOTALL)
    assert len(figures) > 20
    for figure in figures:
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', figure)) == set(re.findall(r' id="([^"]+)"', figure))


def test_every_colour_of_a_figure_has_another_on_a_dark_page(report: ReportPaths) -> None:
    text = report.html.read_text()
    figures = "".join(re.findall(r"<svg xmlns.*?</svg>", text, re.DOTALL))
    assert not re.findall(r"#[0-9a-fA-F]{6}", figures)
    used, (light, dark) = set(re.findall(r"var\((--c\w+)\)", figures)), text.split("prefers-color-scheme:dark", 1)
    assert used
    for variable in used:
        assert f"{variable}:#" in light
        assert f"{variable}:#" in dark


def test_a_file_of_a_figure_shows_text_and_has_its_own_colours(report: ReportPaths) -> None:
    for path in report.html.parent.glob("*.svg"):
        root = ElementTree.fromstring(path.read_text())
        tags = [element.tag.rpartition("}")[2] for element in root.iter()]
        assert "text" in tags
        assert "image" not in tags
        assert "prefers-color-scheme:dark" in path.read_text()


def test_each_saved_run_has_the_command_that_uses_it(report: ReportPaths) -> None:
    commands = re.findall(r'<code class="command">(.*?)</code>', report.html.read_text())
    models = report.leaderboard.parent.parent
    for architecture in SECONDS:
        name = f"{report.leaderboard.parent.name}/{architecture}-standard-seed1"
        [command] = [html.unescape(command) for command in commands if name in command]
        words = shlex.split(command)
        assert words[:4] == ["sentiment", "predict", "--run", name]
        assert words[-2:] == ["--models", str(models)]  # they are not where the command looks by itself
        assert command in report.markdown.read_text()
    assert len(commands) == len(SECONDS)  # a baseline answers no texts


def test_a_run_without_its_folder_has_no_command(tmp_path: Path) -> None:
    result(tmp_path / "imdb", "gru", 380)
    (tmp_path / "imdb" / "gru-standard-seed1" / "manifest.json").unlink()
    page = write_report(tmp_path / "imdb").html.read_text()
    assert 'class="command"' not in page
    assert "Use a model" not in page


@pytest.mark.usefixtures("without_figures")
def test_every_accuracy_in_the_first_table_and_in_the_verdict_has_its_interval(folder: Path) -> None:
    report = write_report(folder)
    text = Page(report.html.read_text()).text
    for row in report.rows:
        low, high = row.test_accuracy_ci95
        assert f"{100 * row.test_accuracy:.2f}% {100 * low:.2f}–{100 * high:.2f}" in text
    assert "Keras GRU gets 88.00% (84.45–90.83) right and NB-SVM 97.50% (95.46–98.64)" in report.verdict


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (
            {"architecture": "mlp", "preset": None},
            "TF-IDF + MLP, which is neither a recurrent network nor a linear model",
        ),
        ({"architecture": "lstm", "validation_log_loss": 0.9}, "Keras LSTM, which has a higher log loss on validation"),
    ],
)
@pytest.mark.usefixtures("without_figures")
def test_the_verdict_says_why_it_does_not_name_the_first_row(
    tmp_path: Path, settings: dict[str, Any], reason: str
) -> None:
    result(tmp_path, "gru", 380)
    result(tmp_path, "nb-svm", 340, preset=None)
    assert "First in the table" not in write_report(tmp_path).verdict
    result(tmp_path, right=399, **settings)
    assert f"First in the table, with 99.75% (98.60–99.96), is {reason}" in write_report(tmp_path).verdict


@pytest.mark.usefixtures("without_figures")
def test_the_verdict_names_a_linear_model_that_is_more_accurate_than_the_one_that_validation_chooses(
    tmp_path: Path,
) -> None:
    result(tmp_path, "gru", 380)
    result(tmp_path, "nb-svm", 340, preset=None)
    assert "Of the linear models" not in write_report(tmp_path).verdict
    result(tmp_path, "tfidf-logistic", 360, preset=None, validation_log_loss=0.9)
    verdict = write_report(tmp_path).verdict
    assert "right and NB-SVM 85.00%" in verdict
    assert "Of the linear models, TF-IDF + logistic is first in the table, with 90.00% (" in verdict
    assert "on validation it has a higher log loss" in verdict


@pytest.mark.usefixtures("without_figures")
def test_of_equal_accuracies_the_one_that_validation_chooses_is_first(tmp_path: Path) -> None:
    for architecture, loss in (("bilstm", 0.4), ("lstm", 0.2), ("gru", 0.3)):
        result(tmp_path, architecture, 380, validation_log_loss=loss)
    result(tmp_path, "nb-svm", 340, preset=None)
    report = write_report(tmp_path)
    assert [row.architecture for row in report.rows] == ["lstm", "gru", "bilstm", "nb-svm"]
    assert "First in the table" not in report.verdict


@pytest.mark.usefixtures("without_figures")
def test_a_mistake_that_models_share_is_shown_once(folder: Path) -> None:
    made = mistakes(compared_models(comparable_results(folder).compared))
    assert len({(mistake.row, mistake.predicted) for mistake in made}) == len(made)
    shared = [mistake for mistake in made if len(mistake.models) > 1]
    assert made[: len(shared)] == shared
    page = Page(write_report(folder).html.read_text()).text
    assert page.count("(test review ") == min(len(made), MOST_MISTAKES)
    assert all(len(mistake.models) == 1 or "say" in mistake.who for mistake in made)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.04, "0.0 s"), (75, "75 s"), (150, "2.5 min"), (1_800, "30 min"), (7_607, "2.1 h")]
)
def test_times_are_told_as_people_do(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_review_cannot_inject_html_into_the_page(report: ReportPaths) -> None:
    assert HOSTILE in Page(report.html.read_text()).text
    markdown = report.markdown.read_text()
    assert "<script>" not in markdown
    assert "alert" not in markdown  # excerpts of reviews are not for publishing
    assert "[film](http" not in markdown
    assert markdown_text("a | b\n`c` <d>") == r"a \| b \`c\` &lt;d&gt;"


def test_figures_lie_beside_the_markdown_page_and_are_all_shown(report: ReportPaths) -> None:
    shown = re.findall(r"\((\S+\.svg)\)", report.markdown.read_text())
    assert sorted(shown) == sorted(path.name for path in report.markdown.parent.glob("*.svg"))
    assert {"roc.svg", "confusion.svg", "reliability.svg", "learning-curves-standard-float32.svg"} <= set(shown)


@pytest.mark.usefixtures("without_figures")
def test_pictures_of_an_earlier_report_are_deleted(folder: Path) -> None:
    report = write_report(folder)
    (report.html.parent / "old.svg").touch()
    write_report(folder)
    assert not (report.html.parent / "old.svg").exists()
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_the_same_results_give_the_same_bytes(folder: Path) -> None:
    report = write_report(folder)
    once = report.html.read_bytes(), report.markdown.read_bytes(), report.leaderboard.read_bytes()
    report = write_report(folder)
    assert once == (report.html.read_bytes(), report.markdown.read_bytes(), report.leaderboard.read_bytes())


@pytest.mark.parametrize(("name", "said"), [("sample", True), ("imdb", False)])
@pytest.mark.usefixtures("without_figures")
def test_the_report_says_that_the_bundled_sample_is_a_sample(tmp_path: Path, name: str, said: bool) -> None:
    result(tmp_path, "gru", 380, name=name)
    report = write_report(tmp_path)
    assert ("bundled sample" in report.html.read_text()) is said
    assert ("bundled sample" in report.markdown.read_text()) is said


def test_the_header_describes_the_reviews(report: ReportPaths) -> None:
    text = Page(report.html.read_text()).text
    for fact in ("imdb", "Rows2,304", "Training1,400", "Left out: duplicates12", "a" * 12):
        assert fact in text
    for reason, many in (
        ("reviews whose text has different labels", 40),
        ("also in the test split", 3),
        ("set aside on purpose", 304),
    ):
        assert f"Left out: {reason}{many}" in text
        assert f"| Left out: {reason} | {many} |" in report.markdown.read_text()
    assert "unlabelled duplicates" not in text  # none, and said by no run of an older version


def test_baselines_alone_make_a_report(tmp_path: Path) -> None:
    result(tmp_path, "majority", 0, preset=None)
    assert [row.architecture for row in write_report(tmp_path).rows] == ["majority"]


@pytest.mark.usefixtures("without_figures")
def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="found none; train with: sentiment train"):
        write_report(tmp_path)


@pytest.mark.usefixtures("without_figures")
def test_a_broken_result_is_named_and_nothing_is_written(folder: Path) -> None:
    (folder / "gru-standard-seed1" / "metrics.json").write_text('{"name": "gru"}')
    with pytest.raises(
        RunError, match=r"readable result in .*gru-standard-seed1; found ValueError: expected architecture"
    ):
        write_report(folder)
    assert not (folder / "leaderboard.json").exists()
    assert not (folder / "report").exists()


@pytest.mark.usefixtures("without_figures")
def test_a_half_written_result_is_not_a_result(folder: Path) -> None:
    (folder / "gru-standard-seed1").rename(folder / ".gru-standard-seed1.tmp")
    assert "gru" not in {row.architecture for row in write_report(folder).rows}


def test_the_table_has_a_cell_per_row_in_every_column_and_names_the_dtype(report: ReportPaths) -> None:
    rows = report.rows
    columns = dict(format_table(rows))
    assert all(len(cells) == len(rows) for cells in columns.values())
    assert set(columns["Dtype"]) == {"float32"}
    assert columns["Test accuracy"][0] == "97.50%"
    assert columns["Seconds per epoch"][0] == "–"
    assert columns["Parameters"][0] == "1,234,567"
    assert "Seeds" not in columns


def test_the_two_tables_have_every_column_once_beside_the_names(report: ReportPaths) -> None:
    columns = format_table(report.rows)
    good, costs = in_two(columns)
    assert good[0] == costs[0] == columns[0]
    assert sorted([*good, *costs[1:]]) == sorted(columns)
    assert [header for header, _ in costs[1:]] == [
        "Dtype",
        "Seconds per epoch",
        "Tokens per second",
        "Seconds to train",
    ]


def test_no_probability_is_shown_as_0_or_100_percent() -> None:
    assert [chance(p) for p in (0.0, 0.5, 1.0)] == ["< 0.01%", "50.00%", "> 99.99%"]


def test_a_confident_mistake_names_the_predicted_class_also_in_an_older_record() -> None:
    assert verdict_of({"probability": 0.02}) == (0, 0.98)
    assert verdict_of({"probability": 0.97}) == (1, 0.97)
    assert verdict_of({"predicted": 2, "confidence": 0.7}) == (2, 0.7)


def test_every_architecture_has_a_name_and_a_look_of_its_own() -> None:
    from sentiment.report.figures.appearance import look
    from sentiment.training.baselines import BASELINES

    names = [*SECONDS, *BASELINES]
    looks = [look(name) for name in names]
    assert all(found.title != name for name, found in zip(names, looks, strict=True))
    for seen in ({found.colour for found in looks}, {found.marker for found in looks}, {str(f.line) for f in looks}):
        assert len(seen) == len(names)


@pytest.mark.slow
def test_the_report_is_written_without_keras(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from sentiment.report import write_report\n"
        "write_report(Path(sys.argv[1]))\n"
        "print([name for name in ('keras', 'tensorflow') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


ENCODER = {"encoder 0123456789abcdef": 3_600.0}
PRETRAINED: dict[str, Any] = {"preset": "pretrained", "encoder": "e" * 64, "built_from": ENCODER}
DISTILLED: dict[str, Any] = {
    "preset": "compact",
    "teachers": "custom-lstm-pretrained-seed1 0123456789abcdef, nb-svm 0123456789abcdef",
    "built_from": {**ENCODER, "custom-lstm-pretrained-seed1 0123456789abcdef": 500.0, "asking nb-svm 0123": 40.0},
}


@pytest.mark.usefixtures("without_figures")
def test_p_values_are_adjusted_by_holm_over_all_tests_of_the_report(folder: Path) -> None:
    from sentiment.report.paired_tests import paired_tests

    tests = paired_tests(compared_models(comparable_results(folder).compared))
    ordered = sorted(tests, key=lambda test: test.p_value)
    expected = 0.0
    for rank, test in enumerate(ordered):
        expected = max(expected, min(1.0, test.p_value * (len(tests) - rank)))
        assert test.adjusted == pytest.approx(expected)


@pytest.mark.usefixtures("without_figures")
def test_without_a_linear_model_others_are_tested_against_the_best_network(tmp_path: Path) -> None:
    for architecture, right in (("gru", 380), ("lstm", 350), ("bilstm", 340)):
        result(tmp_path, architecture, right)
    result(tmp_path, "lstm", 330, preset="quick")
    pairs = {pair[:2] for pair in pairs_of(write_report(tmp_path))}
    assert pairs == {
        ("Keras LSTM", "Keras GRU"),
        ("Keras BiLSTM", "Keras GRU"),
        ("Keras LSTM (quick)", "Keras GRU"),
        ("Keras LSTM", "Keras BiLSTM"),
    }


@pytest.mark.usefixtures("without_figures")
def test_runs_of_one_preset_with_other_encoders_or_teachers_are_separate_models(tmp_path: Path) -> None:
    result(tmp_path, "gru", 380)
    result(tmp_path, "lstm", 370, encoder="e" * 64)
    result(tmp_path, "lstm", 360, seed=2, teachers="nb-svm 0123456789abcdef")
    report = write_report(tmp_path)
    titles = dict(format_table(report.rows))["Model"]
    assert titles == ["Keras GRU", "Keras LSTM (pretrained)", "Keras LSTM (distilled)"]
    assert ("Keras LSTM (pretrained)", "Keras LSTM (distilled)") not in {pair[:2] for pair in pairs_of(report)}


@pytest.mark.usefixtures("without_figures")
def test_the_verdict_says_what_the_best_network_was_built_from_and_how_far_labels_go(folder: Path) -> None:
    result(folder, "custom-lstm", 398, **PRETRAINED)
    result(folder, "nb-svm", 375, preset=None)
    said = write_report(folder).verdict
    assert said.startswith("Yes, the best recurrent network beats the best linear model")
    assert (
        "Custom LSTM (pretrained), pretrained as a language model, gets 99.50% (98.20–99.86) right and NB-SVM 93.75%"
        in said
    )
    assert "From labels alone, the best network, Keras GRU, gets 88.00% (84.45–90.83) right and loses to NB-SVM" in said
    assert said.count("McNemar, adjusted p") == 2


@pytest.mark.usefixtures("without_figures")
def test_the_title_of_a_distilled_network_says_so(folder: Path) -> None:
    result(folder, "gru", 399, **DISTILLED)
    said = write_report(folder).verdict
    teachers = "custom-lstm-pretrained-seed1 and nb-svm"
    assert f"Keras GRU (compact, distilled), distilled from {teachers}, gets 99.75% (98.60–99.96) right" in said
    assert "From labels alone" in said


def test_the_verdict_on_labels_alone_has_no_second_sentence(report: ReportPaths) -> None:
    assert "From labels alone" not in report.verdict


@pytest.mark.usefixtures("without_figures")
def test_with_several_seeds_the_verdict_names_the_tested_one_and_the_mean(tmp_path: Path) -> None:
    for seed, right in ((1, 330), (2, 350), (3, 352)):
        result(tmp_path, "gru", right, seed=seed)
    result(tmp_path, "nb-svm", 345, preset=None)
    report = write_report(tmp_path)
    assert "Keras GRU gets 82.50% right with seed 1 and 86.00% (82.26–89.06) on average over 3 seeds" in report.verdict
    columns = dict(format_table(report.rows))
    assert re.fullmatch(r"\d\d\.\d\d–\d\d\.\d\d", columns["95% interval over seeds"][1])
    assert columns["95% interval over seeds"][0] == "–"


@pytest.mark.usefixtures("without_figures")
def test_seconds_count_all_that_a_model_is_built_from(folder: Path) -> None:
    result(folder, "custom-lstm", 380, **PRETRAINED)
    result(folder, "gru", 370, **DISTILLED)
    result(folder, "lstm", 365, preset="pretrained", encoder="e" * 64, built_from=UNKNOWN)
    report = write_report(folder)
    rows = {(row.architecture, row.preset): row for row in report.rows}
    assert rows["custom-lstm", "pretrained"].total_seconds == 12.0 + 3_600.0
    assert rows["gru", "compact"].total_seconds == 15.0 + 3_600.0 + 500.0 + 40.0
    assert rows["lstm", "pretrained"].total_seconds is None
    assert rows["gru", "standard"].total_seconds == rows["gru", "standard"].train_seconds
    cells = dict(zip((row.name for row in report.rows), dict(format_table(report.rows))[TOTAL], strict=True))
    assert cells["custom-lstm-pretrained-seed1"] == "3,612"
    assert cells["lstm-pretrained-seed1"] == "–"


TOTAL = "Seconds in all"
UNKNOWN = {"what lstm-pretrained-seed1 was built from": None}  # saved before such seconds were written down


def test_without_encoders_and_teachers_there_is_no_column_for_their_seconds(report: ReportPaths) -> None:
    assert TOTAL not in dict(format_table(report.rows))


def test_the_plot_leaves_out_models_of_unknown_time_and_names_them(folder: Path) -> None:
    result(folder, "lstm", 365, preset="pretrained", encoder="e" * 64, built_from=UNKNOWN)
    page = Page(write_report(folder).html.read_text()).text
    assert "was not recorded: Keras LSTM (pretrained)" in page


def test_no_name_in_the_plot_touches_another_or_a_point(tmp_path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    from sentiment.report.figures.training_time import accuracy_against_time

    for preset in ("standard", "quick", "sample-units-64"):  # all of them within a few points and seconds
        for architecture, right in (("custom-lstm", 350), ("lstm", 351), ("bilstm", 352), ("gru", 350)):
            result(tmp_path, architecture, right, preset=preset)
    models = compared_models(comparable_results(tmp_path).compared)
    figure = accuracy_against_time(models, 10.0)
    FigureCanvasAgg(figure).draw()
    [axes] = figure.axes
    boxes = [Text.get_window_extent(name) for name in axes.texts]  # their own would have their lines in it, too
    points = [axes.transData.transform((model.row.total_seconds, model.row.test_accuracy)) for model in models]
    assert len(boxes) == 12
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])
        assert not any(box.contains(*point) for point in points)


def test_the_accuracies_beside_the_plot_are_not_rounded(tmp_path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from sentiment.report.figures.training_time import accuracy_against_time

    for architecture, right in (("lstm", 200), ("gru", 210)):
        result(tmp_path, architecture, right)
    figure = accuracy_against_time(compared_models(comparable_results(tmp_path).compared), 10.0)
    [axes] = figure.axes
    axes.set_yticks([0.5, 0.525, 0.55])
    FigureCanvasAgg(figure).draw()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["50%", "52.5%", "55%"]


SHORT = {"sentence": {"texts": 500, "accuracy": 0.9}, "negation": {"texts": 480, "accuracy": 0.5}}


@pytest.mark.usefixtures("without_figures")
def test_the_table_of_short_texts_has_a_row_for_every_single_model_and_a_dash_for_missing_results(
    tmp_path: Path,
) -> None:
    result(tmp_path, "gru", 380, short_texts=SHORT)
    result(tmp_path, "gru", 370, seed=2, short_texts={"sentence": {"texts": 500, "accuracy": 0.8}})
    result(tmp_path, "lstm", 360)
    result(tmp_path, "nb-svm", 350, preset=None, short_texts=SHORT)
    report = write_report(tmp_path)
    markdown = report.markdown.read_text()
    assert "| Model | Sentence, 500 texts | Negation, 480 texts |" in markdown
    assert "| Keras GRU | 85.0% (82–88) | – |" in markdown  # the mean of those that all seeds were judged on
    assert "| Keras LSTM | – | – |" in markdown
    assert "| NB-SVM | 90.0% (87–92) | 50.0% (46–54) |" in markdown
    page = Page(report.html.read_text()).text
    assert "Short and tricky texts" in page


def test_without_results_on_short_texts_there_is_no_table_of_them(report: ReportPaths) -> None:
    assert "tricky" not in report.html.read_text()
    assert "tricky" not in report.markdown.read_text()


@pytest.mark.usefixtures("without_figures")
def test_an_encoder_among_the_runs_is_not_reported(folder: Path) -> None:
    (folder / "encoder").mkdir()
    (folder / "encoder" / "metrics.json").write_text('{"name": "encoder"}')
    (folder / "encoder" / "encoder.npz").touch()
    assert len(write_report(folder).rows) == 7


@pytest.mark.usefixtures("without_figures")
def test_a_small_copy_is_not_reported_as_a_trained_run(folder: Path) -> None:
    from sentiment.runs.results import read_result

    result(folder, "gru", 352, kind=Kind.REDUCED, preset="small", short_texts=SHORT)
    copy = read_result(folder / "gru-small-seed1", "gru-small-seed1")
    assert copy.history is None
    assert copy.record.validation_short_texts == SHORT


@pytest.mark.usefixtures("without_figures")
def test_label_efficiency_is_shown_if_it_was_measured_on_the_same_reviews(folder: Path) -> None:
    cells = [
        Cell(100, draw, *method, None, 0.5, accuracy, 9.0, "0")
        for method, accuracy in ((("custom-lstm", "pretrained", "encoder"), 0.8123), (("nb-svm", None, None), 0.7))
        for draw in (1, 2)
    ]
    values = {
        "dataset": {"train": 450, "validation": 50, "test": REVIEWS, "content_hash": "a" * 64}, "test_reviews": REVIEWS,
        "draws": 2, "encoders": {"encoder": {"sha256": "e" * 64, "units": 8, "perplexity": 9.0}},
        "cells": [asdict(cell) for cell in cells], "machine": {"processor": "A Processor", "cores": 2},
    }  # fmt: skip
    for content_hash, shown in (("a" * 64, True), ("b" * 64, False)):
        values["dataset"]["content_hash"] = content_hash
        write_label_efficiency(folder, values)
        written = write_report(folder)
        for page in (written.html, written.markdown):
            assert ("81.23%" in page.read_text(encoding="utf-8")) == shown
        assert (written.html.parent / "label-efficiency.svg").exists() == shown


def test_both_pages_name_a_classifier_that_predicts_one_class(tmp_path: Path) -> None:
    saying(tmp_path, "gru", always_positive(1), MOSTLY_POSITIVE)
    good = np.where(MOSTLY_POSITIVE == 1, always_positive(2), 0.2)
    saying(tmp_path, "nb-svm", good, MOSTLY_POSITIVE, preset=None)
    saying(tmp_path, "majority", np.full(REVIEWS, 0.94), MOSTLY_POSITIVE, preset=None)
    report = write_report(tmp_path)
    sentence = 'Keras GRU says "positive" of all 400 test reviews; its 94.00% is the share of positive reviews.'
    assert report.warnings == (sentence,)  # the majority baseline is meant to be so
    assert report.balance.startswith("Of the 400 test reviews 94.00% are positive")
    for text in (report.markdown.read_text(), Page(report.html.read_text()).text):
        assert sentence in text.replace("\\", "")
        assert report.balance in text
    rows = {row.architecture: row for row in report.rows}
    assert rows["gru"].recall == {"negative": 0.0, "positive": 1.0}
    columns = dict(format_table(report.rows))
    assert dict(zip(columns["Model"], columns["Recall, negative"], strict=True))["Keras GRU"] == "0.00%"
    assert "| Recall, negative | Recall, positive |" in report.markdown.read_text()
    assert [header for header, _ in in_two(format_table(report.rows))[0]].count("Recall, negative") == 1


@pytest.mark.usefixtures("without_figures")
def test_seeds_that_predict_one_class_are_named(tmp_path: Path) -> None:
    good = np.where(MOSTLY_POSITIVE == 1, always_positive(2), 0.2)
    for seed, probabilities in ((1, always_positive(1)), (2, good), (3, always_positive(3))):
        saying(tmp_path, "gru", probabilities, MOSTLY_POSITIVE, seed=seed)
    [sentence] = write_report(tmp_path).warnings
    assert sentence.startswith('Keras GRU with seeds 1 and 3 says "positive" of all 400 test reviews')


@pytest.mark.usefixtures("without_figures")
def test_figures_saved_without_recall_are_judged_by_their_confusion_matrix(folder: Path) -> None:
    path = folder / "gru-standard-seed1" / METRICS
    metrics = json.loads(path.read_text())
    for figures in (metrics["test"], metrics["validation"]):
        for name in ("recall", "predicted", "macro_f1", "mean_absolute_error", "quadratic_kappa"):
            figures.pop(name)
    del metrics["version"], metrics["kind"]
    path.write_text(json.dumps(metrics))
    [row] = [row for row in write_report(folder).rows if row.architecture == "gru"]
    right = metrics["test"]["confusion"]
    assert row.recall == {"negative": right[0][0] / 200, "positive": right[1][1] / 200}


@pytest.mark.usefixtures("without_figures")
def test_two_classifiers_that_predict_one_class_are_not_compared(tmp_path: Path) -> None:
    for place, architecture in enumerate(("custom-lstm", "lstm")):
        saying(tmp_path, architecture, always_positive(place), MOSTLY_POSITIVE)
    saying(tmp_path, "nb-svm", always_positive(3), MOSTLY_POSITIVE, preset=None)
    report = write_report(tmp_path)
    assert report.verdict.startswith("Neither tells the classes apart: of all 400 test reviews")
    assert "each of the two says one class of all test reviews" in report.markdown.read_text()


@pytest.mark.usefixtures("without_figures")
def test_a_classifier_that_wins_with_the_larger_class_is_reported_to_win_by_accuracy_alone(tmp_path: Path) -> None:
    saying(tmp_path, "gru", always_positive(1), MOSTLY_POSITIVE)
    mistaken = np.where(np.arange(REVIEWS) % 5 == 0, 0.3, np.where(MOSTLY_POSITIVE == 1, 0.9, 0.1))
    saying(tmp_path, "nb-svm", mistaken, MOSTLY_POSITIVE, preset=None)
    assert write_report(tmp_path).verdict.startswith("By accuracy alone the best recurrent network beats")


@pytest.mark.usefixtures("without_figures")
def test_on_reviews_of_one_class_there_is_a_dash_for_what_does_not_apply(tmp_path: Path) -> None:
    saying(tmp_path, "gru", np.full(REVIEWS, 0.2) + np.arange(REVIEWS) / 10_000, np.zeros(REVIEWS, np.int8))
    report = write_report(tmp_path)
    columns = dict(format_table(report.rows))
    assert [columns[name] for name in ("Recall, positive", "Macro F1", "ROC AUC")] == [["–"], ["1.000"], ["–"]]
    assert report.balance.startswith("All 400 test reviews are negative")


@pytest.mark.usefixtures("without_figures")
def test_the_comparison_of_speed_names_the_machine(tmp_path: Path) -> None:
    for architecture in ("custom-lstm", "lstm"):
        result(tmp_path, architecture, 360)
    text = write_report(tmp_path).markdown.read_text()
    assert "On the machine that trained both (A Processor, 2 cores) the Custom LSTM is 1.50 times as fast as" in text
    assert "on another kind of CPU it may be the other way round" in text


@pytest.mark.usefixtures("without_figures")
def test_seconds_of_different_machines_are_not_compared(tmp_path: Path) -> None:
    for architecture in ("custom-lstm", "lstm"):
        result(tmp_path, architecture, 360)
    path = tmp_path / "lstm-standard-seed1" / METRICS
    machine = {"processor": "A Processor", "cores": 2, "system": "Linux", "instructions": "avx512_bf16"}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"machine": machine}))
    text = write_report(tmp_path).markdown.read_text()
    assert "times as fast" not in text
    assert "on machines of one kind (A Processor, 2 cores; A Processor, avx512_bf16, 2 cores)" in text


@pytest.mark.usefixtures("without_figures")
def test_the_table_of_short_texts_has_a_row_for_the_larger_class_if_it_is_known(tmp_path: Path) -> None:
    with_share = {kind: texts | {"larger_class": 0.75} for kind, texts in SHORT.items()}
    result(tmp_path, "gru", 380, short_texts=SHORT)
    assert "larger class" not in write_report(tmp_path).markdown.read_text()
    result(tmp_path, "lstm", 380, short_texts=with_share)
    assert "| Always the larger class | 75.00% | 75.00% |" in write_report(tmp_path).markdown.read_text()


@pytest.mark.usefixtures("without_figures")
def test_models_that_are_not_drawn_are_named(tmp_path: Path) -> None:
    from sentiment.report.figures.pictures import training_time_caption

    saying(tmp_path, "gru", np.full(REVIEWS, 0.9), MOSTLY_POSITIVE)
    result(tmp_path, "lstm", 380, labels=MOSTLY_POSITIVE)
    caption = training_time_caption(compared_models(comparable_results(tmp_path).compared))
    assert "Not drawn, as they give every review the same probability: Keras GRU." in caption
