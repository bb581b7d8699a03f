"""The benchmark of scoring: what it reckons from measurements, and that a smoke run writes its files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.scoring.growth import GOAL_ROWS, GOAL_WORKERS, grown
from benchmarks.scoring.measuring import ScoringSettings, benchmark_scoring, quick_settings
from benchmarks.scoring.processes import watched
from benchmarks.scoring.report import crossing_in_words, plan_columns
from sentiment.errors import UserError
from sentiment.runs.saved_run import load_run

ROOT = Path(__file__).parents[2]


def measurement(engine, workers, rows, start, rate):
    seconds = start + rows / rate
    return {
        "engine": engine, "workers": workers, "rows": rows, "seconds": seconds, "processor_seconds": seconds * workers,
        "peak_bytes": 10, "bytes_out": 100 * rows,
    }  # fmt: skip


def results(ray_rate, start=11.0):
    local = [
        measurement("local", workers, rows, 1.0, 500 * workers) for workers in (1, 2) for rows in (0, 1000, 4000, 9000)
    ]
    ray = [measurement("ray", 2, rows, start, ray_rate) for rows in (0, 1000, 4000, 9000)]
    planning = [{"kind": kind, "rows": 1000, "seconds": 1.0} for kind in ("parquet", "csv", "jsonl")]
    return {"measured": [*local, *ray], "planning": planning, "rows_per_part": 8_192, "bytes_in_per_row": 50.0}


def test_start_and_rate_are_those_of_the_line_and_a_straight_line_has_no_distance():
    [one, two] = grown(results(2000))["engines"]["local"].values()
    assert (one["start_seconds"], one["rows_per_second"]) == pytest.approx((1.0, 500.0))
    assert (two["start_seconds"], two["rows_per_second"]) == pytest.approx((1.0, 1000.0))
    assert one["largest_distance_from_line"] == pytest.approx(0, abs=1e-9)
    bent = results(2000)
    bent["measured"][2]["processor_seconds"] *= 1.2
    assert grown(bent)["engines"]["local"]["1"]["largest_distance_from_line"] == pytest.approx(0.2)


def test_files_that_took_equally_long_are_no_line_and_no_fault():
    short = results(2000)
    for row in short["measured"]:
        row["seconds"] = row["processor_seconds"] = 2.0
    figures = grown(short)["engines"]["local"]["1"]
    assert (figures["start_seconds"], figures["rows_per_second"]) == (0.0, 4500.0)


def test_ray_is_faster_from_where_its_rate_has_made_up_for_its_start():
    faster = grown(results(2000))
    assert faster["ray_from_rows"] == pytest.approx(20_000)  # 1 + n / 1000 = 11 + n / 2000
    once, twice = ({"growth": {**faster, "ray_from_rows": 20_499}, "settings": {"rounds": rounds}} for rounds in (1, 2))
    assert "faster than threads from some 20,000 rows on. Each size was measured once" in crossing_in_words(once)
    assert crossing_in_words(twice).endswith("from some 20,000 rows on.")
    slower = grown(results(900))
    assert slower["ray_from_rows"] is None
    assert "threads are faster" in crossing_in_words({"growth": slower})
    del slower["engines"]["ray"]
    assert "were not measured beside one another" in crossing_in_words({"growth": slower})


def test_the_plan_is_reckoned_from_the_processor_time_of_one_thread():
    measured = results(2000)
    plan = grown(measured)["plan"]
    assert plan["rows_per_second_of_a_worker"] == pytest.approx(500)
    assert plan["seconds"] == pytest.approx(GOAL_ROWS / (500 * GOAL_WORKERS))
    assert plan["core_hours"] == pytest.approx(plan["seconds"] * GOAL_WORKERS / 3600)
    assert plan["parts"] == 12_208
    assert plan["gigabytes_out"] == pytest.approx(10)
    cells = dict(zip(*(column for _, column in plan_columns(measured | {"growth": grown(measured)})[:2]), strict=True))
    assert cells["Rows per second"] == "32,000"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"engines": ("ray",)}, "expected "),
        ({"engines": ("dask",)}, "expected --engine local.*; found dask"),
        ({"engines": ("local",), "workers": (2,)}, "expected the engine local and 1 among the workers.* local with 2;"),
        ({"engines": ("local",), "rows": (64, 1000)}, "expected files of more than 64 rows.*; found 64"),
    ],
)
def test_measurements_that_say_nothing_are_refused_before_they_begin(settings, message):
    with pytest.raises(UserError, match=message):
        ScoringSettings(**settings)


@pytest.mark.slow
def test_a_smoke_run_writes_figures_and_tables(tmp_path):
    run = load_run(ROOT / "models" / "imdb" / "compact")
    written = benchmark_scoring(tmp_path, ["A good film.", "A bad film."], run, quick_settings(), lambda _: None)
    stored = json.loads((tmp_path / "scoring.json").read_text(encoding="utf-8"))
    assert {row["rows"] for row in stored["measured"]} == {64, 200, 400}
    tables = (tmp_path / "scoring.md").read_text(encoding="utf-8")
    assert tables.startswith("**A smoke run")
    assert "100 million rows on 64 workers" in tables
    assert [path.name for path in written.paths] == ["scoring.json", "scoring.md"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_a_process_takes_is_counted_with_what_its_children_take():
    busy = (
        "import time; held = bytes(range(256)) * 400_000; start = time.process_time()\n"
        "while time.process_time() - start < 0.6: pass\ntime.sleep(1)"
    )
    shell = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    with watched(os.getpid()) as taken:
        subprocess.run([sys.executable, "-c", shell, busy], check=True)
    assert 0.6 <= taken.processor_seconds < 3
    assert 100e6 < taken.peak_bytes < 400e6
