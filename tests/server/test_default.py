"""The default run of a service is decided at its start, and only a person changes it."""

import json
import logging
import os
import re
import shutil
from pathlib import Path

import pytest

from helpers.serving import calling, replace_run
from sentiment.errors import RunError
from sentiment.runs.default_run import CHOICE, forget_choice
from sentiment.runs.saved_run import MANIFEST, METRICS, MODEL, ONNX, use_run, write_manifest
from sentiment.server import ServerSettings
from sentiment.server.serving.prometheus import ServerMetrics
from sentiment.server.serving.registry import RunRegistry

GOOD = "a good film"
LSTM, GRU = "films/custom-lstm-tiny-seed1", "films/gru-tiny-seed1"
FLAGSHIP, COMPACT = "imdb/flagship", "imdb/compact"


def copy_run(models: Path, source: str, name: str, **figures: object) -> str:
    """Another run with the network of an existing one."""
    folder = Path(shutil.copytree(models / source, models / name))
    metrics = json.loads((folder / METRICS).read_text())
    (folder / METRICS).write_text(json.dumps({**metrics, "name": folder.name, **figures}))
    write_manifest(folder)
    return name


def train_on_few_rows(models: Path, name: str = "mine/gru-few-labels-seed1") -> str:
    """Saves the newest run, with figures as they come from a few reviews."""
    copy_run(models, GRU, name, validation={"accuracy": 1.0, "log_loss": 0.0})
    os.utime(models / name / MODEL, (4e9, 4e9))
    return name


def ship(models: Path, name: str) -> str:
    """Makes a run a shipped one, which has no Keras model."""
    copy_run(models, LSTM, name)
    (models / name / MODEL).unlink()
    write_manifest(models / name)
    return name


@pytest.fixture
def models(models: Path) -> Path:
    """Two runs of which none is chosen as the default."""
    forget_choice(models)
    return models


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "sentiment.server")
    return caplog


def served(models: Path, *runs: str, engine: str = "onnx") -> RunRegistry:
    registry = RunRegistry(models, ServerSettings(runs=runs, engine=engine), ServerMetrics())
    registry.load()
    return registry


def default(registry: RunRegistry) -> str:
    return registry.get().name


@pytest.mark.parametrize("shipped", [FLAGSHIP, COMPACT])
def test_training_does_not_change_the_default(models, shipped):
    ship(models, shipped)
    registry = served(models)
    new = train_on_few_rows(models)
    registry.refresh()
    assert registry.get(new).name == new  # a request that names it is answered
    assert [run.name for run in registry.all()] == [shipped, LSTM, GRU, new]
    assert default(registry) == shipped
    assert default(served(models)) == shipped  # also in a service that is started afterwards


@pytest.mark.anyio
async def test_training_does_not_change_which_run_answers_a_request_that_names_none(models):
    ship(models, FLAGSHIP)
    async with calling(models) as client:
        before = (await client.post("/v1/predict", json={"texts": GOOD})).json()
        train_on_few_rows(models)
        client._transport.app.state.dispatcher.registry.refresh()
        listed = (await client.get("/v1/models")).json()["models"]
        page = (await client.get("/")).text
        after = (await client.post("/v1/predict", json={"texts": GOOD})).json()
    assert after == before
    assert {model["name"]: model["default"] for model in listed} == {
        FLAGSHIP: True, LSTM: False, GRU: False, "mine/gru-few-labels-seed1": False,
    }  # fmt: skip
    assert re.search(rf'<option value="{FLAGSHIP}" selected [^>]*>{re.escape(FLAGSHIP)} \(default\)', page)


def test_the_only_run_stays_the_default_when_another_comes(models):
    shutil.rmtree(models / GRU)
    registry = served(models)
    copy_run(models, LSTM, GRU, validation={"accuracy": 1.0, "log_loss": 0.0})
    registry.refresh()
    assert default(registry) == LSTM


def test_a_flagship_that_comes_later_waits_for_the_next_start(models):
    ship(models, COMPACT)
    registry = served(models)
    ship(models, FLAGSHIP)
    registry.refresh()
    assert default(registry) == COMPACT
    assert default(served(models)) == FLAGSHIP


def test_a_newer_version_of_the_default_replaces_it(models):
    ship(models, FLAGSHIP)
    registry = served(models)
    before = registry.get()
    replace_run(models / FLAGSHIP, by=models / GRU)
    registry.refresh()
    assert default(registry) == FLAGSHIP
    assert registry.get().version != before.version


def test_a_choice_and_its_reset_take_effect_at_the_next_check(models, log):
    ship(models, FLAGSHIP)
    registry = served(models)
    use_run(models, train_on_few_rows(models))  # the same check loads it and makes it the default
    registry.refresh()
    assert default(registry) == "mine/gru-few-labels-seed1"
    assert "default run from now on: mine/gru-few-labels-seed1; before: imdb/flagship" in log.text
    forget_choice(models)
    registry.refresh()
    assert default(registry) == FLAGSHIP


def test_the_run_that_was_chosen_before_the_start_answers(models):
    ship(models, FLAGSHIP)
    use_run(models, GRU)
    assert default(served(models)) == GRU


@pytest.mark.parametrize("named", [(GRU, FLAGSHIP), ("gru-tiny-seed1", "flagship")])
def test_the_first_run_that_the_command_names_is_the_default_whatever_is_chosen(models, named):
    ship(models, FLAGSHIP)
    use_run(models, LSTM)
    registry = served(models, *named)
    assert default(registry) == GRU
    use_run(models, FLAGSHIP)
    registry.refresh()
    assert default(registry) == GRU


def test_an_invalid_choice_changes_nothing_and_is_logged_once(models, log):
    ship(models, FLAGSHIP)
    registry = served(models)
    for content in ('{"run": "mine/none"}', "{"):
        (models / CHOICE).write_text(content)
        log.clear()
        for _ in range(3):
            registry.refresh()
        assert default(registry) == FLAGSHIP
        assert log.text.count("the default run stays imdb/flagship") == 1
    use_run(models, GRU)
    registry.refresh()
    assert default(registry) == GRU


def test_a_choice_that_cannot_be_loaded_changes_nothing_until_it_can(models, log):
    ship(models, FLAGSHIP)
    registry = served(models)
    whole = shutil.copytree(models / GRU, models.parent / "whole")
    new = copy_run(models, GRU, "mine/gru")
    use_run(models, new)
    (models / new / ONNX).write_bytes(b"cut")
    registry.refresh()
    assert default(registry) == FLAGSHIP
    assert "expected mine/gru to be the default run; found that it is not served" in log.text
    replace_run(models / new, by=whole)
    registry.refresh()
    assert default(registry) == new


@pytest.mark.anyio
async def test_while_the_default_is_missing_no_other_run_replaces_it(models, log):
    ship(models, FLAGSHIP)
    async with calling(models) as client:
        registry = client._transport.app.state.dispatcher.registry
        (models / FLAGSHIP).rename(models / "away")
        registry.refresh()
        registry.refresh()
        answer = await client.post("/v1/predict", json={"texts": GOOD})
        named = await client.post("/v1/predict", json={"texts": GOOD, "run": GRU})
        listed = (await client.get("/v1/models")).json()["models"]
        page = await client.get("/")
        (models / "away").rename(models / FLAGSHIP)
        registry.refresh()
        again = await client.post("/v1/predict", json={"texts": GOOD})
    assert answer.status_code == 404
    message = answer.json()["error"]["message"]
    for part in (FLAGSHIP, "not in service", LSTM, GRU, "name one of these"):
        assert part in message
    assert named.json()["run"] == GRU
    assert [model["default"] for model in listed] == [False, False]
    assert (page.status_code, "(default)" in page.text) == (200, False)
    assert "requests that name no run are refused until it is back" in log.text
    assert again.json()["run"] == FLAGSHIP


@pytest.mark.anyio
async def test_several_runs_without_a_default_answer_requests_that_name_one(models, log):
    async with calling(models) as client:
        answer = await client.post("/v1/predict", json={"texts": GOOD})
        named = await client.post("/v1/predict", json={"texts": GOOD, "run": GRU})
        form = await client.post("/", data={"text": GOOD, "run": GRU}, headers={"Accept": "text/html"})
        page = await client.get("/")
        use_run(models, GRU)
        client._transport.app.state.dispatcher.registry.refresh()
        chosen = await client.post("/v1/predict", json={"texts": GOOD})
    assert answer.status_code == 404
    assert f"there is no default; found none; name one of these: {LSTM}, {GRU}" in answer.json()["error"]["message"]
    assert (named.json()["run"], form.status_code, page.status_code) == (GRU, 200, 200)
    assert "no default run: there are several and none is chosen; choose one with: sentiment use RUN" in log.text
    assert chosen.json()["run"] == GRU


def test_a_service_does_not_start_with_a_default_that_cannot_answer(models):
    ship(models, FLAGSHIP)
    (models / CHOICE).write_text('{"run": "mine/none"}')
    with pytest.raises(RunError, match="expected mine/none, which was chosen"):
        served(models)
    forget_choice(models)
    with pytest.raises(
        RunError, match=r"expected to serve the default run imdb/flagship.*see the log.*--run.*sentiment use RUN"
    ):
        served(models, engine="keras")
    ship(models, COMPACT)
    for break_it in (lambda: (models / FLAGSHIP / ONNX).write_bytes(b"cut"), (models / FLAGSHIP / MANIFEST).unlink):
        break_it()
        with pytest.raises(RunError, match=r"expected to serve the default run imdb/flagship"):
            served(models)
    assert default(served(models, GRU)) == GRU
