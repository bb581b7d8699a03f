"""From seconds of predictions to targets, tables and a picture; nothing is timed here."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.predictions.predictors import (
    FOR_MANY_REVIEWS,
    FOR_ONE_REVIEW,
    IDS,
    KERAS,
    ONNX,
    TEXT,
    TRANSFORMERS,
)
from benchmarks.predictions.report import (
    draw_predictions,
    many_reviews,
    markdown,
    one_review,
    service,
    target_columns,
)
from benchmarks.predictions.targets import judge_predictions
from benchmarks.summary import spread

MILLISECONDS = {"keras-predict": 70.0, "keras-function": 8.0, "onnx": 1.5, "int8": 1.2, "transformer": 170.0}


def results(onnx=1.5, torch=True, smoke=False):
    """What `predictions.json` would hold."""
    milliseconds = MILLISECONDS | {"onnx": onnx, "transformer-bfloat16": 30.0}

    def row(predictor, asks, network, factor=1.0):
        seconds = [factor * milliseconds[predictor.name] / 1000] * 4
        return {"network": network, "way": predictor.name, "asks": asks, "difference": 0.0} | spread(seconds)

    measured = {
        "date": "2026-01-02",
        "machine": {"processor": "An abacus", "cores": 2, "system": "Linux", "cpu_flags": None},
        "versions": {"onnxruntime": "1"},
        "settings": {"reviews": 1000, "smoke": smoke},
        "absent": [] if torch else [predictor.title for predictor in TRANSFORMERS],
        "reviews": {"dataset": "sample", "number": 1000, "tokens": 256},
        "latency": [
            row(predictor, asks, network, factor)
            for network, factor in (("128 units", 1.0), ("512 units", 4.0))
            for predictor in FOR_ONE_REVIEW
            for asks in (TEXT, IDS)
        ]
        + [row(predictor, IDS, "A transformer") for predictor in TRANSFORMERS if torch],
        "throughput": [
            {"way": predictor.name, "reviews": 1000, "reviews_per_second": 1000 / seconds} | spread([seconds] * 3)
            for predictor, seconds in zip(FOR_MANY_REVIEWS, (4.0, 2.5, 2.2), strict=True)
        ],
        "tokenising": spread([0.5] * 3),
        "cold_start": [
            {"way": predictor.name, "peak_bytes": peak} | spread([seconds] * 3)
            for predictor, seconds, peak in ((KERAS, 6.0, 600_000_000), (ONNX, 0.6, None))
        ],
        "load": [
            {"server": server, "clients": clients, "errors": 0}
            | spread([rate] * 3, "requests_per_second")
            | spread([0.002] * 3, "p50_seconds")
            | spread([0.004] * 3, "p99_seconds")
            for clients in (1, 8)
            for server, rate in (("sentiment serve", 600.0), ("one text at a time", 400.0))
        ],
    }
    return measured | {"targets": judge_predictions(measured)}


def test_every_target_is_judged_and_a_miss_is_reported():
    lines = [(line["name"], line["ours"], line["figure"], line["met"]) for line in results()["targets"]]
    assert lines == [
        ("one review, 128 units", "onnx", pytest.approx(1.5), True),
        ("one review, 128 units", "onnx", pytest.approx(70 / 1.5), True),
        ("one review, 512 units", "int8", pytest.approx(4.8), True),  # int8 is allowed for this one
        ("one review, 512 units", "int8", pytest.approx(70 / 1.2), True),
        ("1,000 reviews", "onnx", pytest.approx(1.6), True),
        ("1,000 reviews in int8", "int8", pytest.approx(4 / 2.2), False),
        ("cold start of sentiment predict", "onnx", pytest.approx(10), True),
    ]


def test_a_slow_review_misses_its_target():
    assert [line["met"] for line in results(onnx=3.0)["targets"][:2]] == [False, False]


def test_missed_targets_are_in_the_table_like_those_that_were_met():
    columns = dict(target_columns(results(onnx=3.0)))
    assert columns["Met"] == ["no", "no", "yes", "yes", "yes", "no", "yes"]
    assert (columns["Figure"][0], columns["Target"][0]) == ("3.00 ms", "at most 2 ms")
    assert (columns["Figure"][-1], columns["Target"][-1]) == ("10.0x", "at least 5x")


def test_the_latency_table_has_a_row_for_each_predictor_with_the_ratio_to_its_peer():
    columns = dict(one_review(results()))
    [rows] = [cells for header, cells in columns.items() if "256" in header]
    assert len(rows) == 2 * len(FOR_ONE_REVIEW) + len(TRANSFORMERS)
    ratios = dict(zip(rows, columns["Times as fast"], strict=True))
    assert ratios["128 units: ONNX engine, float32"] == "46.7"
    assert ratios["A transformer: Transformer in torch, float32"] == "1.00"
    assert columns["From text, ms"][-1] == "–"  # nobody tokenises for a transformer here


def test_a_predictor_that_is_not_installed_has_a_row_that_says_so():
    written = markdown(results(torch=False))
    for predictor in TRANSFORMERS:
        assert f"| {predictor.title}: not installed |" in written


def test_the_share_of_tokenising_is_a_fraction_of_the_whole_time():
    assert dict(many_reviews(results()))["Tokenising alone takes"] == ["12%", "20%", "23%"]


def test_the_service_is_compared_with_itself_without_batches():
    assert dict(service(results()))["Times the requests"] == ["1.50", "1.00", "1.50", "1.00"]


def test_a_smoke_run_is_marked_as_meaningless():
    assert "say nothing" in markdown(results(smoke=True))
    assert "say nothing" not in markdown(results())


def test_the_tables_are_markdown():
    for line in markdown(results()).splitlines():
        assert not line.startswith("|") or line.endswith(" |") or line.endswith(":|")


@pytest.mark.parametrize("torch", [True, False])
def test_the_picture_is_drawn_and_the_same_figures_give_the_same_bytes(torch):
    png = draw_predictions(results(torch=torch))
    assert png == draw_predictions(results(torch=torch))
    assert Image.open(io.BytesIO(png)).size[0] == 1500


def test_the_committed_tables_match_their_measurements():
    folder = Path(__file__).parents[2] / "models" / "benchmark"
    measured = json.loads((folder / "predictions.json").read_text(encoding="utf-8"))
    assert (folder / "predictions.md").read_text(encoding="utf-8") == markdown(measured)
