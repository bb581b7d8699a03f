"""The command line of the benchmarks; what it measures is tested elsewhere."""

import pytest
from typer.testing import CliRunner

from benchmarks.__main__ import app
from sentiment.errors import SentimentError


def test_the_benchmark_of_predictions_takes_the_labels_of_the_classes():
    shown = CliRunner().invoke(app, ["predictions", "--help"], env={"COLUMNS": "120"}).stdout
    for option in ("--positive", "--negative", "--label-column", "--rejects"):
        assert option in shown


@pytest.mark.parametrize("option", [["--text-column", "body"], ["--positive", "5", "--negative", "1"]])
def test_a_column_without_a_file_is_refused(option, monkeypatch):
    monkeypatch.delenv("SENTIMENT_DATA", raising=False)
    done = CliRunner().invoke(app, ["predictions", *option])
    assert isinstance(done.exception, SentimentError)
    assert "expected --data with columns" in str(done.exception)
