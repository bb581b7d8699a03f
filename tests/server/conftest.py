"""Small trained runs, an application that serves them in this process, and servers in processes of their own."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from helpers.serving import Served, calling
from helpers.trained import THREE, TOPICS, train_tiny
from sentiment.runs.saved_run import use_run

SLOW_SERVER = Path(__file__).parents[1] / "helpers" / "slow_server.py"


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Path:
    """Trained runs of two architectures, of which the custom LSTM is the chosen default; to be read only."""
    folder = tmp_path_factory.mktemp("served")
    train_tiny(folder, "custom-lstm")
    train_tiny(folder, "gru")
    use_run(folder, "custom-lstm-tiny-seed1")
    return folder


@pytest.fixture(scope="session")
def several(tmp_path_factory) -> Path:
    """Trained runs of three grades, of three topics, and of two classes, which is the default; to be read only."""
    folder = tmp_path_factory.mktemp("several")
    for dataset, classes in (("grades", THREE), ("topics", TOPICS)):
        train_tiny(folder, "gru", classes).folder.parent.rename(folder / dataset)
    use_run(folder, train_tiny(folder, "gru").folder)
    return folder


@pytest.fixture
def models(trained, tmp_path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(trained, tmp_path / "models"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def client(trained) -> AsyncIterator[httpx.AsyncClient]:
    """Calls the application without a network."""
    async with calling(trained) as client:
        yield client


@pytest.fixture
def serving() -> Iterator[Callable[..., Served]]:
    """Starts servers, and stops those that a test has not stopped."""
    started: list[Served] = []

    def start(*command: str | Path) -> Served:
        started.append(Served(*command))
        return started[-1]

    yield start
    for served in started:
        served.kill()


@pytest.fixture
def serving_slowly(serving, tmp_path) -> Callable[..., Served]:
    """Starts slow_server.py, whose gate is `tmp_path / "gate"`."""

    def start(models: Path, *arguments: str) -> Served:
        return serving(SLOW_SERVER, "--models", models, "--gate", tmp_path / "gate", *arguments)

    return start
