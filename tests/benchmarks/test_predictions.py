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

from benchmarks.answering import Material
from benchmarks.commands import Command
from benchmarks.load import Load
from benchmarks.predictions import _compared, _material
from benchmarks.serving import serving
from benchmarks.settings import quick_predictions
from benchmarks.talking import Talk, Talks
from benchmarks.ways import IDS, KERAS, OF_A_RUN, OF_A_TRANSFORMER, OF_MANY, ONNX, ONNX_INT8, TEXT, TOLERANCE, WAYS
from sentiment.config import TokenizerConfig
from sentiment.data.reviews import load_reviews
from sentiment.errors import BenchmarkError
from sentiment.support.paths import SAMPLE
from sentiment.text.tokenizer import ReviewTokenizer

ROOT = Path(__file__).parent.parent.parent
SETTINGS = quick_predictions()
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
def test_it_writes_figures_a_picture_and_tables(folder):
    assert (folder / "predictions.png").read_bytes().startswith(b"\x89PNG")
    written = (folder / "predictions.md").read_text(encoding="utf-8")
    for header in ("| One review of 16 tokens |", "| 70 raw texts |", "| A whole `sentiment predict` |", "Errors"):
        assert header in written
    assert {path.name.split(".")[0] for path in folder.iterdir()} == {"predictions", "stdout"}


@pytest.mark.slow
def test_every_way_answered_from_text_and_from_ids_in_rounds(results):
    found = [(row["network"], row["way"], row["asks"]) for row in results["latency"]]
    expected = [(network, way.name, asks) for network in NETWORKS for way in OF_A_RUN for asks in (TEXT, IDS)]
    transformers = [(SETTINGS.transformer.name, way.name, IDS) for way in OF_A_TRANSFORMER if with_torch]
    assert found == expected + transformers
    for row in results["latency"]:
        assert len(row["seconds"]) == row["rounds"] == 2
        assert row["quartiles_seconds"][0] <= row["median_seconds"] <= row["quartiles_seconds"][1]
    assert bool(results["absent"]) == (not with_torch)


@pytest.mark.slow
def test_all_ways_gave_the_same_probabilities_and_none_is_a_copy_of_another(results):
    rows = results["latency"] + results["throughput"] + results["cold_start"]
    for row in rows:
        assert row["difference"] <= TOLERANCE[WAYS[row["way"]].dtype]
    int8 = [row["difference"] for row in rows if row["way"] == ONNX_INT8.name]
    assert min(int8) > 1e-6  # it does compute in int8
    assert max(row["difference"] for row in rows if row["way"] == ONNX.name) <= 1e-5


@pytest.mark.slow
def test_all_engines_scored_the_same_reviews(results):
    assert [row["way"] for row in results["throughput"]] == [way.name for way in OF_MANY]
    assert {row["reviews"] for row in [*results["throughput"], results["tokenising"]]} == {70}


@pytest.mark.slow
def test_a_cold_start_is_a_whole_process_with_each_engine(results):
    assert {row["way"] for row in results["cold_start"]} == {ONNX.name, KERAS.name}
    if sys.platform == "linux":
        peaks = {row["way"]: row["peak_bytes"] for row in results["cold_start"]}
        assert 10e6 < peaks[ONNX.name] < peaks[KERAS.name]  # TensorFlow stayed out of the first


@pytest.mark.slow
def test_both_servers_answered_all_clients_without_an_error(results):
    found = [(row["clients"], row["server"]) for row in results["load"]]
    assert found == [(n, server) for n in (1, 4) for server in ("sentiment serve", "one text at a time")]
    for row in results["load"]:
        assert row["errors"] == 0
        assert row["requests"] >= row["clients"] * row["rounds"]
        assert all(p50 <= p99 for p50, p99 in zip(row["p50_seconds"], row["p99_seconds"], strict=True))


@pytest.mark.slow
def test_every_target_has_a_figure_and_a_verdict(results, folder):
    said = (folder / "stdout.txt").read_text(encoding="utf-8")
    assert len(results["targets"]) == 7
    for line in results["targets"]:
        assert line["name"] in said
        met = line["figure"] <= line["at_most"] if "at_most" in line else line["figure"] >= line["at_least"]
        assert line["met"] == met
        assert line["interval"][0] <= line["figure"] <= line["interval"][1]


@pytest.mark.slow
def test_it_says_what_it_was_measured_with(results):
    assert {"processor", "cores", "cpu_flags"} <= set(results["machine"])
    assert {"onnxruntime", "tensorflow", "keras"} <= set(results["versions"])
    assert results["reviews"] == {"dataset": "sample", "number": 70, "tokens": 16}


def test_the_review_that_is_read_alone_has_exactly_so_many_tokens(tmp_path):
    material, tokenizer = _material(load_reviews(SAMPLE), SETTINGS, tmp_path)
    [token_ids] = ReviewTokenizer.load(tokenizer, TokenizerConfig()).token_ids([material.text])
    assert token_ids.tolist() == material.token_ids
    assert len(token_ids) == SETTINGS.tokens
    assert len(material.reviews) == SETTINGS.reviews


def test_too_few_reviews_are_read_again_from_the_first_on(tmp_path):
    reviews = load_reviews(SAMPLE)
    tested = (reviews.table["split"] == "test").sum()
    material, _ = _material(reviews, replace(SETTINGS, reviews=int(tested) + 2), tmp_path)
    assert material.reviews[-2:] == material.reviews[:2]
    material.write(tmp_path / "material.json")
    assert Material.read(str(tmp_path / "material.json")) == material


class Saying(Talk):
    """Answers what it is told to, without a process."""

    def __init__(self, probabilities):
        self.probabilities = probabilities

    def ask(self, *_):
        pass

    def answer(self):
        return {"probabilities": self.probabilities}


def test_who_gives_other_probabilities_is_refused():
    right = {}
    assert _compared(KERAS, Saying([0.5, 0.2]), TEXT, right) == 0
    assert _compared(ONNX, Saying([0.5, 0.200001]), TEXT, right) == pytest.approx(1e-6)
    with pytest.raises(BenchmarkError, match=r"ONNX engine, float32 .* within 1e-05; found a difference of 0.0001"):
        _compared(ONNX, Saying([0.5, 0.2001]), TEXT, right)
    with pytest.raises(BenchmarkError, match="nan"):
        _compared(ONNX, Saying([0.5, np.nan]), TEXT, right)


def test_a_command_is_run_to_its_end_and_one_that_fails_is_named_with_the_reason():
    with Talks() as talks:
        talk = talks.add(Talk("the process that runs commands", "benchmarks.commands", {}))
        code = "x = bytearray(50_000_000); print(len(x))"
        found = talk.step(Command("a good one", (sys.executable, "-c", code)))
        assert found["output"] == "50000000\n"
        assert found["seconds"] > 0
        if sys.platform == "linux":
            assert 50e6 < found["peak_bytes"] < 150e6
        with pytest.raises(BenchmarkError, match=r"run of a bad one; found: .* ended with 1: ZeroDivisionError"):
            talk.step(Command("a bad one", (sys.executable, "-c", "1 / 0")))


class Moody(BaseHTTPRequestHandler):
    """Answers every other request."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_POST(self):
        type(self).asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"predictions": [{"probability": 0.25}]}'
        self.send_response(200 if self.asked % 2 else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_what_is_not_answered_counts_as_an_error_and_not_as_a_request(tmp_path):
    Material("a", [1], ["a film"]).write(tmp_path / "material.json")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Moody)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Talks() as talks:
        given = {"material": str(tmp_path / "material.json")}
        talk = talks.add(Talk("the process that asks", "benchmarks.load", given))
        found = talk.step(Load("moody", f"http://127.0.0.1:{server.server_port}", clients=1, seconds=0.3))
    server.shutdown()
    server.server_close()
    assert found["requests"] > 0
    assert abs(found["requests"] - found["errors"]) <= 1
    assert found["requests"] + found["errors"] == Moody.asked


def test_a_server_that_does_not_come_up_is_said_with_the_reason():
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
