"""What the terminal shows: tables that fit, and the line for a lack of memory."""

import dataclasses

import pytest

from sentiment.cli.console import long_work, out, print_columns, print_report
from sentiment.errors import SentimentError
from sentiment.report import ReportPaths
from sentiment.report.leaderboard import Row
from sentiment.runs.record import Kind


class ResourceExhaustedError(Exception):
    """Has the name of TensorFlow's error."""


@pytest.mark.parametrize("lack", [MemoryError, ResourceExhaustedError])
def test_running_out_of_memory_names_the_settings_to_lower(lack):
    with pytest.raises(SentimentError, match="lower units, vocabulary_size, batch_size"), long_work():
        raise lack


def test_the_table_after_training_fits_80_columns_with_the_recall_of_both_classes(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    row = Row(
        name="custom-lstm-compact", kind=Kind.NETWORK, architecture="custom-lstm", preset="compact", seeds=[1, 2, 3],
        dtype="float32",
        parameters=1, validation_accuracy=0.9, test_accuracy=0.9312, test_accuracy_ci95=[0.928, 0.9343],
        test_accuracy_sd=0.1, test_accuracy_seeds_ci95=[0.92, 0.94], recall={"negative": 0.9214, "positive": 0.9411},
        macro_f1=0.9, roc_auc=0.9, log_loss=0.179, calibration_error=0.1, train_seconds=1.0, seconds_per_epoch=1_094.7,
        tokens_per_second=139_496.0, dataset={}, pretrained=True, teachers=["nb-svm"],
    )  # fmt: skip
    other = dataclasses.replace(
        row, name="mixed-reviews/everyday", kind=Kind.SHIPPED, preset=None, seeds=[], test_accuracy=0.95,
        test_accuracy_ci95=[0.94, 0.96], test_accuracy_seeds_ci95=None, train_seconds=None, seconds_per_epoch=None,
    )  # fmt: skip
    sentence = 'Keras GRU says "positive" of all 40 test reviews; its 95.00% is the share of positive reviews.'
    written = ReportPaths(
        tmp_path, tmp_path, tmp_path / "leaderboard.json", (row, other), "A verdict.", (sentence,), "The balance.", ()
    )
    with out.capture() as printed:
        print_report(written, as_json=False)
    table, rest = printed.get().split("The balance.")
    assert max(map(len, table.splitlines())) <= 80
    assert ["93.12%", "92.80–93.43", "92.14%", "94.11%", "0.179", "1094.7"] in [
        line.split()[-6:] for line in table.splitlines()
    ]
    assert any("95.00%" in line and line.rstrip().endswith("–") for line in table.splitlines())
    for words in ("mixed-reviews/everyday", "(shipped, not trained on", "these reviews)"):
        assert words in table
    assert sentence in rest.splitlines()
    written.leaderboard.write_text("[]")
    print_report(written, as_json=True)
    assert sentence in capsys.readouterr().err


def test_a_long_name_is_folded_and_no_figure_is_cut(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    figures = {
        "Test accuracy": "89.23%", "95% interval": "88.84–89.61", "Log loss": "0.267", "Seconds per epoch": "19.1",
        "Tokens per second": "180,817",
    }  # fmt: skip
    name = "Keras BiLSTM (units-64-epochs-12-max_length-200-learning_rate-0.001-averaging-0.9)"
    with out.capture() as written:
        print_columns([("Model", [name]), *((header, [figure]) for header, figure in figures.items())])
    lines = written.get().splitlines()
    assert max(map(len, lines)) <= 80
    [line] = [line for line in lines if "89.23%" in line]
    assert line.split()[-5:] == list(figures.values())
    assert "".join(name.split()) in "".join(line[:32].strip() for line in lines).replace(" ", "")
