"""A small trained run, an application that serves it, and processes that do so for real."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from serving import Served, calling
from trained import train_tiny


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Path:
    """Two architectures, trained; to be read only."""
    folder = tmp_path_factory.mktemp("served")
    train_tiny(folder, "custom-lstm")
    train_tiny(folder, "gru")
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
    """Starts servers, and stops those that a test leaves behind."""
    started: list[Served] = []

    def start(models: Path, *arguments: str) -> Served:
        started.append(Served(models, *arguments))
        return started[-1]

    yield start
    for served in started:
        if served.process.poll() is None:
            served.process.kill()
            served.process.wait(10)
