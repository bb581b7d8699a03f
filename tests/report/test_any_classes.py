"""The report on reviews of more than two classes, with and without an order."""

import json
from pathlib import Path

import numpy as np
import pytest

from helpers.fake_results import Page, of_classes
from sentiment.cli.console import out, print_report
from sentiment.config import Classes
from sentiment.report import ReportPaths, write_report
from sentiment.report.leaderboard import compared_models
from sentiment.report.records import comparable_results
from sentiment.report.tables import format_table

REVIEWS = 300
GRADES = Classes(("1", "2", "3", "4", "5"), ordered=True)
MOODS = Classes(("negative", "neutral", "positive"), ordered=True)
TOPICS = Classes(("film", "music", "book"))
PIPES = Classes(("a|b", "*c*", "$d$"))


def guesses(labels: np.ndarray, classes: int, right: float, seed: int) -> np.ndarray:
    """Probabilities, float[n, classes], of a classifier that is right on about this share."""
    rng = np.random.default_rng(seed)
    said = np.where(rng.random(len(labels)) < right, labels, rng.integers(0, classes, len(labels)))
    return np.where(np.arange(classes) == said[:, None], 1.0, 0.0) * 0.6 + 0.4 * rng.dirichlet(
        np.full(classes, 5.0), len(labels)
    )


def fill(folder: Path, classes: Classes) -> Path:
    """A good linear model, a network that never says the second class, and the majority class."""
    labels = (np.arange(REVIEWS) % len(classes)).astype(np.int8)
    count = len(classes)
    of_classes(folder, "nb-svm", labels, guesses(labels, count, 0.8, 1), classes, preset=None)
    never_second = guesses(labels, count, 0.5, 2)
    never_second[:, 1] = 0.0
    of_classes(folder, "gru", labels, never_second / never_second.sum(axis=1, keepdims=True), classes)
    constant = np.tile(np.eye(count)[-1], (REVIEWS, 1))
    of_classes(folder, "majority", labels, constant, classes, preset=None)
    return folder


@pytest.fixture(scope="module")
def grades(tmp_path_factory: pytest.TempPathFactory) -> ReportPaths:
    return write_report(fill(tmp_path_factory.mktemp("stars"), GRADES))


@pytest.fixture(scope="module")
def moods(tmp_path_factory: pytest.TempPathFactory) -> ReportPaths:
    return write_report(fill(tmp_path_factory.mktemp("moods"), MOODS))


def pages(report: ReportPaths) -> list[str]:
    """The words of both pages."""
    return [report.markdown.read_text(), Page(report.html.read_text()).text]


def printed(report: ReportPaths, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    with out.capture() as written:
        print_report(report, as_json=False)
    return written.get()


def test_the_leaderboard_has_the_recall_of_each_class_by_its_name_and_the_error_of_grades(grades: ReportPaths) -> None:
    rows = json.loads(grades.leaderboard.read_text())
    assert [list(row["recall"]) for row in rows] == [list(GRADES.names)] * 3
    gru = next(row for row in rows if row["architecture"] == "gru")
    assert gru["recall"]["2"] == 0.0
    assert gru["mean_absolute_error"] > rows[0]["mean_absolute_error"] > 0
    assert rows[0]["quadratic_kappa"] > gru["quadratic_kappa"] > 0
    assert gru["roc_auc"] is None


def test_grades_have_a_mean_error_and_kappa_and_a_table_of_recall_of_their_own(grades: ReportPaths) -> None:
    columns = dict(format_table(grades.rows))
    assert {"Macro F1", "Mean error", "Kappa"} <= set(columns)
    assert "ROC AUC" not in columns
    assert not [header for header in columns if header.startswith("Recall")]
    assert "| Model | 1 | 2 | 3 | 4 | 5 |" in grades.markdown.read_text()
    for text in pages(grades):
        assert "Recall of each class" in text
        assert "The mean error is in grades" in text


def test_three_classes_have_a_column_of_recall_each(moods: ReportPaths) -> None:
    header = "| Recall, negative | Recall, neutral | Recall, positive | Macro F1 | Mean error | Kappa |"
    assert header in moods.markdown.read_text()
    assert "Recall of each class" not in moods.markdown.read_text()


def test_classes_without_order_have_no_mean_error(tmp_path: Path) -> None:
    report = write_report(fill(tmp_path, TOPICS))
    assert not {"Mean error", "Kappa"} & set(dict(format_table(report.rows)))
    for text in pages(report):
        assert "grades" not in text
        assert "positive" not in text
        assert "Mistakes are off the diagonal." in text


def test_only_two_classes_have_roc_curves(grades: ReportPaths) -> None:
    drawn = {path.name for path in grades.html.parent.glob("*.svg")}
    assert {"accuracy.svg", "confusion.svg", "reliability.svg"} <= drawn
    assert "roc.svg" not in drawn


def test_a_class_that_is_never_predicted_is_named_in_the_report_and_in_the_terminal(
    grades: ReportPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    [sentence] = grades.warnings
    assert sentence.startswith('Keras GRU finds none of the 60 test reviews labelled "2"; it gets ')
    for text in (*pages(grades), printed(grades, 80, monkeypatch)):
        assert sentence in text
        assert 'Of the 300 test reviews 20.00% are labelled "5": always answering "5" is right as often.' in text


def test_a_classifier_no_better_than_a_constant_answer_is_named(tmp_path: Path) -> None:
    labels = (np.arange(REVIEWS) % 3).astype(np.int8)
    of_classes(tmp_path, "gru", labels, guesses(labels, 3, 0.0, 5), TOPICS)
    of_classes(tmp_path, "nb-svm", labels, guesses(labels, 3, 0.9, 1), TOPICS, preset=None)
    [sentence] = write_report(tmp_path).warnings
    assert sentence.startswith("Keras GRU is not")
    assert "more accurate on the 300 test reviews than a constant answer" in sentence


def test_paired_tests_and_the_verdict_count_the_predicted_classes(moods: ReportPaths) -> None:
    assert moods.verdict.startswith("No, the best recurrent network loses to the best linear model")
    assert "| Keras GRU against NB-SVM |" in moods.markdown.read_text()


def test_confident_mistakes_name_the_predicted_class_and_the_label(moods: ReportPaths) -> None:
    [result] = [each for each in comparable_results(moods.leaderboard.parent).compared if each.key.startswith("gru")]
    review = result.record.confidently_wrong[0]
    said, truth = MOODS.names[review["predicted"]], MOODS.names[review["label"]]
    for page in pages(moods):
        assert f"{said}, labelled {truth} (test review {review['row']})" in page.replace("**", "")


@pytest.mark.parametrize(("width", "wide"), [(80, True), (50, False)])
def test_the_terminal_has_the_recall_of_three_classes_where_it_fits_else_their_mean_f1(
    moods: ReportPaths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int, wide: bool
) -> None:
    text = printed(moods, width, monkeypatch)
    table = text.split("Of the 300")[0]
    assert ("neutral" in table, "Macro" in table) == (wide, not wide)
    assert max(map(len, table.splitlines())) <= width
    assert "no room here for: " in capsys.readouterr().err


def test_the_terminal_has_the_mean_f1_of_five_grades_beside_their_error(
    grades: ReportPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = printed(grades, 100, monkeypatch).split("NB-SVM")[0]
    assert "Recall" not in head
    assert all(word in head for word in ("Macro", "Mean", "Kappa"))


@pytest.mark.parametrize("count", [2, 3, 5, 8, 20])
def test_every_class_has_a_row_and_a_column_in_the_confusion_matrix(tmp_path: Path, count: int) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from sentiment.report.figures.curves import confusion_matrices

    classes = Classes(tuple(f"class number {index}" for index in range(count)))
    labels = (np.arange(REVIEWS) % count).astype(np.int8)
    probabilities = guesses(labels, count, 0.5, 3)
    of_classes(tmp_path, "gru", labels, probabilities[:, 1] if count == 2 else probabilities, classes)
    [figure] = confusion_matrices(compared_models(comparable_results(tmp_path).compared))
    FigureCanvasAgg(figure).draw()
    axes = figure.axes[0]
    names = ["class numbe…"] * count  # as much as there is room for
    assert [text.get_text() for text in axes.get_xticklabels()] == names
    assert [text.get_text() for text in axes.get_yticklabels()] == names
    boxes = [text.get_window_extent() for text in axes.texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    bottom = axes.xaxis.get_tightbbox(figure.canvas.get_renderer()).y0
    assert bottom >= 0


def test_names_of_classes_cannot_break_a_table_or_be_read_as_formulas(tmp_path: Path) -> None:
    report = write_report(fill(tmp_path, PIPES))
    head = next(line for line in report.markdown.read_text().splitlines() if "Recall, a" in line)
    assert r"| Recall, a\|b | Recall, \*c\* | Recall, \$d\$ |" in head
    assert "Recall, *c*" in Page(report.html.read_text()).text
