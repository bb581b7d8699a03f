"""Services under load, and what their clients saw; and the figures of the full form."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from helpers import reliability_figures
from helpers.reliability import FULL
from helpers.serving import ROOT, Served

HERE = Path(__file__).parent
RUN = "imdb/compact"
TEXT = "The film was slow, but the acting was good and the ending left nobody cold. " * 12


_HELD: dict[str, reliability_figures.Held] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Counts what held, for the docs."""
    reliability_figures.add(_HELD, report)


def pytest_sessionfinish() -> None:
    """Writes the figures of the full form; those of the short one say nothing."""
    if FULL and _HELD:
        reliability_figures.write(ROOT / "models" / "benchmark", _HELD)


@dataclass
class Answers:
    """What the clients of one load saw."""

    rows: list[tuple[float, int, float, bool]]  # started, status, seconds, Retry-After: see open_loop.py

    def seconds(self, status: int) -> list[float]:
        """The times until answers of that status, the shortest first."""
        return sorted(seconds for _, each, seconds, _ in self.rows if each == status)

    def count(self, status: int) -> int:
        return len(self.seconds(status))

    @property
    def statuses(self) -> set[int]:
        return {status for _, status, _, _ in self.rows}

    def per_second(self, seconds: float) -> float:
        """The requests answered with 200 while the load lasted, each second."""
        ended = [started + taken for started, status, taken, _ in self.rows if status == 200]
        return sum(end <= seconds for end in ended) / seconds


def quantile(values: list[float], share: float) -> float:
    """A quantile of sorted values."""
    return values[min(len(values) - 1, int(share * len(values)))]


@pytest.fixture(scope="session")
def body(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("load") / "body.json"
    path.write_text(json.dumps({"texts": TEXT, "run": RUN}))
    return path


@pytest.fixture
def serving() -> Iterator[Callable[..., Served]]:
    """Starts servers with Python's arguments, and stops them."""
    started: list[Served] = []

    def start(*command: str | Path) -> Served:
        started.append(Served(*command))
        return started[-1]

    yield start
    for served in started:
        served.kill()


@pytest.fixture
def paced(serving) -> Callable[..., Served]:
    """Starts paced_server.py, with 0.01 seconds for a text; any settings."""

    def start(seconds_per_text: float = 0.01, models: Path = ROOT / "models", **settings: object) -> Served:
        settings = {"runs": [RUN], "poll_seconds": 0.1, **settings}
        return serving(
            HERE / "paced_server.py", "--models", models, "--seconds-per-text", str(seconds_per_text),
            "--settings", json.dumps(settings),
        )  # fmt: skip

    return start


def start_load(served: Served, body: Path, seconds: float, **how: float) -> "subprocess.Popen[str]":
    """A load that has begun: `rate` or `clients` as in open_loop.py."""
    [(option, value)] = how.items()
    return subprocess.Popen(
        [sys.executable, HERE / "open_loop.py", f"{served.url}/v1/predict", "--seconds", str(seconds),
         f"--{option}", str(value), "--body", body],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def answers_of(load: "subprocess.Popen[str]") -> Answers:
    output, _ = load.communicate(timeout=600)
    assert load.returncode == 0
    return Answers([tuple(row) for row in json.loads(output)])


def under_load(served: Served, body: Path, seconds: float, **how: float) -> Answers:
    return answers_of(start_load(served, body, seconds, **how))
