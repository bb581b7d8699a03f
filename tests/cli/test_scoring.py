"""The command `score`: what it prints, and what it refuses."""

import json

from helpers.command_line import refused, sentiment
from helpers.scored_files import parts_of, write_rows
from sentiment.cli import scoring

ROWS = [{"id": number, "text": f"a good film {number}"} for number in range(10)]


def test_it_says_what_it_wrote_and_what_an_earlier_job_had_done(tmp_path):
    write_rows(tmp_path / "in.csv", ROWS)
    command = ("score", "--input", "in.csv", "--output", "out", "--run", "imdb/compact", "--rows-per-part", 4)
    done = sentiment(*command, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert f"scored 10 rows in 3 parts into {tmp_path / 'out'}\n" in done.stderr
    assert len(parts_of(tmp_path / "out")) == 3
    done = sentiment(*command, "--json", cwd=tmp_path)
    assert json.loads(done.stdout) == {
        "output": str(tmp_path / "out"), "engine": "local", "parts": 3, "rows": 10, "rejected": 0, "resumed": 3,
    }  # fmt: skip
    assert "3 of 3 parts were finished by an earlier job" in sentiment(*command, cwd=tmp_path).stderr


def test_a_mistake_is_one_line(tmp_path):
    write_rows(tmp_path / "in.csv", ROWS)
    common = ("--output", "out", "--run", "imdb/compact")
    refused(sentiment("score", "--input", "no.csv", *common, cwd=tmp_path), "expected reviews at", "no such file")
    refused(sentiment("score", "--input", "", *common, cwd=tmp_path), "expected a path or an address for --input")
    refused(sentiment("score", "--input", "in.csv", "--engine", "dask", *common, cwd=tmp_path), "found dask")
    assert not (tmp_path / "out").exists()


def test_a_log_says_now_and_then_how_far_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(scoring, "_SECONDS_BETWEEN_LINES", -1.0)
    write_rows(tmp_path / "in.csv", ROWS)
    command = ("score", "--input", "in.csv", "--output", "out", "--run", "imdb/compact", "--rows-per-part", 5)
    done = sentiment(*command, "--workers", 1, cwd=tmp_path)
    lines = [line for line in done.stderr.splitlines() if line.endswith("of the rows are scored")]
    assert lines == ["50.0% of the rows are scored", "100.0% of the rows are scored"]
