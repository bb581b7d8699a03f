"""The benchmark of predictions with tiny networks: complete, and honest about what computed what. No timings."""

import importlib.util
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from benchmarks.commands import Command
from benchmarks.predictions.benchmark import Comparison, prepare_material
from benchmarks.predictions.load import Load
from benchmarks.predictions.predictors import (
    FOR_MANY_REVIEWS,
    FOR_ONE_REVIEW,
    IDS,
    KERAS,
    ONNX,
    ONNX_INT8,
    PREDICTORS,
    TEXT,
    TOLERANCE,
    TRANSFORMERS,
    quick_settings,
)
from benchmarks.predictions.servers import serving
from benchmarks.predictions.worker import Material
from benchmarks.protocol import Process
from sentiment.config import TokenizerConfig
from sentiment.data.reviews import load_reviews
from sentiment.errors import BenchmarkError
from sentiment.support.paths import SAMPLE
from sentiment.text.tokenizer import ReviewTokenizer

ROOT = Path(__file__).parent.parent.parent
SETTINGS = quick_settings()
NETWORKS = ("128 units", "512 units")
with_torch = importlib.util.find_spec("torch") is not None


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """What `python -m benchmarks predictions --quick` wrote."""
    folder = tmp_path_factory.mktemp("benchmark")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "predictions", "--quick", "--data", SAMPLE, "--folder", folder],
        cwd=ROOT, env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder / "stdout.txt").write_text(done.stdout, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def results(folder) -> dict:
    return json.loads((folder / "predictions.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_the_benchmark_writes_figures_a_picture_and_tables(folder):
    assert (folder / "predictions.png").read_bytes().startswith(b"\x89PNG")
    written = (folder / "predictions.md").read_text(encoding="utf-8")
    for header in ("| One review of 16 tokens |", "| 70 raw texts |", "| A whole `sentiment predict` |", "Errors"):
        assert header in written
    assert {path.name.split(".")[0] for path in folder.iterdir()} == {"predictions", "stdout"}


@pytest.mark.slow
def test_every_predictor_answered_from_text_and_from_ids_in_rounds(results):
    measured = [(row["network"], row["way"], row["asks"]) for row in results["latency"]]
    expected = [(network, p.name, asks) for network in NETWORKS for p in FOR_ONE_REVIEW for asks in (TEXT, IDS)]
    transformers = [(SETTINGS.transformer.name, p.name, IDS) for p in TRANSFORMERS if with_torch]
    assert measured == expected + transformers
    for row in results["latency"]:
        assert len(row["seconds"]) == row["rounds"] == 2
        assert row["quartiles_seconds"][0] <= row["median_seconds"] <= row["quartiles_seconds"][1]
    assert bool(results["absent"]) == (not with_torch)


@pytest.mark.slow
def test_all_predictors_gave_the_same_probabilities_and_none_is_a_copy_of_another(results):
    rows = results["latency"] + results["throughput"] + results["cold_start"]
    for row in rows:
        assert row["difference"] <= TOLERANCE[PREDICTORS[row["way"]].dtype]
    int8 = [row["difference"] for row in rows if row["way"] == ONNX_INT8.name]
    assert min(int8) > 1e-6  # it does compute in int8
    assert max(row["difference"] for row in rows if row["way"] == ONNX.name) <= 1e-5


@pytest.mark.slow
def test_all_engines_scored_the_same_reviews(results):
    assert [row["way"] for row in results["throughput"]] == [predictor.name for predictor in FOR_MANY_REVIEWS]
    assert {row["reviews"] for row in [*results["throughput"], results["tokenising"]]} == {70}


@pytest.mark.slow
def test_a_cold_start_is_a_whole_process_with_each_engine(results):
    assert {row["way"] for row in results["cold_start"]} == {ONNX.name, KERAS.name}
    if sys.platform == "linux":
        peaks = {row["way"]: row["peak_bytes"] for row in results["cold_start"]}
        assert 10e6 < peaks[ONNX.name] < peaks[KERAS.name]  # TensorFlow stayed out of the first


@pytest.mark.slow
def test_both_servers_answered_all_clients_without_an_error(results):
    measured = [(row["clients"], row["server"]) for row in results["load"]]
    assert measured == [(n, server) for n in (1, 4) for server in ("sentiment serve", "one text at a time")]
    for row in results["load"]:
        assert row["errors"] == 0
        assert row["requests"] >= row["clients"] * row["rounds"]
        assert all(p50 <= p99 for p50, p99 in zip(row["p50_seconds"], row["p99_seconds"], strict=True))


@pytest.mark.slow
def test_every_target_has_a_figure_and_a_verdict(results, folder):
    printed = (folder / "stdout.txt").read_text(encoding="utf-8")
    assert len(results["targets"]) == 7
    for line in results["targets"]:
        assert line["name"] in printed
        met = line["figure"] <= line["at_most"] if "at_most" in line else line["figure"] >= line["at_least"]
        assert line["met"] == met
        assert line["interval"][0] <= line["figure"] <= line["interval"][1]


@pytest.mark.slow
def test_the_results_name_the_machine_and_the_versions(results):
    assert {"processor", "cores", "cpu_flags"} <= set(results["machine"])
    assert {"onnxruntime", "tensorflow", "keras"} <= set(results["versions"])
    assert results["reviews"] == {"dataset": "sample", "number": 70, "tokens": 16}


def test_the_review_for_latency_has_exactly_the_set_number_of_tokens(tmp_path):
    material, tokenizer = prepare_material(load_reviews(SAMPLE), SETTINGS, tmp_path)
    [token_ids] = ReviewTokenizer.load(tokenizer, TokenizerConfig()).token_ids([material.text])
    assert token_ids.tolist() == material.token_ids
    assert len(token_ids) == SETTINGS.tokens
    assert len(material.reviews) == SETTINGS.reviews


def test_too_few_reviews_are_repeated_from_the_first(tmp_path):
    reviews = load_reviews(SAMPLE)
    tested = (reviews.table["split"] == "test").sum()
    material, _ = prepare_material(reviews, replace(SETTINGS, reviews=int(tested) + 2), tmp_path)
    assert material.reviews[-2:] == material.reviews[:2]
    material.write(tmp_path / "material.json")
    assert Material.read(str(tmp_path / "material.json")) == material


def test_a_predictor_with_other_probabilities_is_refused():
    comparison = Comparison()
    assert comparison.difference(KERAS, [0.5, 0.2]) == 0
    assert comparison.difference(ONNX, [0.5, 0.200001]) == pytest.approx(1e-6)
    assert comparison.difference(ONNX, [0.9, 0.9], "another network") == 0
    with pytest.raises(BenchmarkError, match=r"ONNX engine, float32 .* within 1e-05; found a difference of 0.0001"):
        comparison.difference(ONNX, [0.5, 0.2001])
    with pytest.raises(BenchmarkError, match="nan"):
        comparison.difference(ONNX, [0.5, np.nan])


def test_a_command_that_fails_is_named_with_the_reason():
    with Process("the process that runs commands", "benchmarks.commands", {}) as process:
        code = "x = bytearray(50_000_000); print(len(x))"
        answer = process.ask("step", Command("a good one", (sys.executable, "-c", code)))
        assert answer["output"] == "50000000\n"
        assert answer["seconds"] > 0
        if sys.platform == "linux":
            assert 50e6 < answer["peak_bytes"] < 150e6
        with pytest.raises(BenchmarkError, match=r"run of a bad one; found: .* ended with 1: ZeroDivisionError"):
            process.ask("step", Command("a bad one", (sys.executable, "-c", "1 / 0")))


class Moody(BaseHTTPRequestHandler):
    """Answers every other request."""

    protocol_version = "HTTP/1.1"
    requests = 0

    def do_POST(self):
        type(self).requests += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"predictions": [{"probability": 0.25}]}'
        self.send_response(200 if self.requests % 2 else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_an_unanswered_request_counts_as_an_error_and_not_as_a_request(tmp_path):
    Material("a", [1], ["a film"]).write(tmp_path / "material.json")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Moody)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    arguments = {"material": str(tmp_path / "material.json")}
    with Process("the process that sends requests", "benchmarks.predictions.load", arguments) as process:
        load = Load("moody", f"http://127.0.0.1:{server.server_port}", clients=1, seconds=0.3)
        counts = process.ask("step", load)
    server.shutdown()
    server.server_close()
    assert counts["requests"] > 0
    assert abs(counts["requests"] - counts["errors"]) <= 1
    assert counts["requests"] + counts["errors"] == Moody.requests


def test_a_server_that_does_not_start_is_named_with_the_reason():
    with pytest.raises(BenchmarkError, match="no such luck"), serving([sys.executable, "-c", "exit('no such luck')"]):
        pass


def test_a_server_that_runs_ends_with_its_block(tmp_path):
    script = tmp_path / "server.py"
    script.write_text(
        "import http.server, sys\n"
        "class Ready(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200)\n"
        "        self.end_headers()\n"
        "server = http.server.HTTPServer(('127.0.0.1', 0), Ready)\n"
        "print(f'serving on http://127.0.0.1:{server.server_port}', file=sys.stderr, flush=True)\n"
        "server.serve_forever()\n"
    )
    with serving([sys.executable, str(script)]) as address:
        assert address.startswith("http://127.0.0.1:")
