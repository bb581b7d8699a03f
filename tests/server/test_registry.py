"""The runs of a service: several at once, replaced by newer versions, never by broken ones."""

import contextlib
import errno
import json
import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers.serving import calling, replace_run
from sentiment.errors import RunError
from sentiment.inference.predictor import Predictor
from sentiment.networks import onnx_files
from sentiment.runs import saved_run
from sentiment.runs.saved_run import METRICS, ONNX, TOKENIZER, load_run, write_manifest
from sentiment.server import ServerSettings
from sentiment.server.serving import loaded_run
from sentiment.server.serving.prometheus import ServerMetrics
from sentiment.server.serving.registry import RunRegistry

GOOD = "a good film"
LSTM, GRU = "films/custom-lstm-tiny-seed1", "films/gru-tiny-seed1"


@pytest.fixture
def metrics() -> ServerMetrics:
    return ServerMetrics()


@pytest.fixture
def registry(models, metrics) -> RunRegistry:
    loaded = RunRegistry(models, ServerSettings(), metrics)
    loaded.load()
    return loaded


def names(registry: RunRegistry) -> set[str]:
    return {run.name for run in registry.all()}


def change_metrics(folder: Path, **values: object) -> None:
    metrics = json.loads((folder / METRICS).read_text())
    (folder / METRICS).write_text(json.dumps({**metrics, **values}))
    write_manifest(folder)


def test_a_run_takes_the_place_of_the_shipped_run_of_its_name_until_it_is_removed(tmp_path, metrics, monkeypatch):
    monkeypatch.setenv("SENTIMENT_MODELS", str(tmp_path))
    name = "imdb/compact"
    registry = RunRegistry(tmp_path, ServerSettings(runs=(name,)), metrics)
    registry.load()
    shipped = registry.get(name)
    shutil.copytree(shipped.run.folder, tmp_path / name)
    change_metrics(tmp_path / name, seed=99)
    registry.refresh()
    replacement = registry.get(name)
    assert replacement.run.folder == tmp_path / name
    text = metrics.text().decode()
    assert replacement.version in text
    assert shipped.version not in text
    shutil.rmtree(tmp_path / name)
    registry.refresh()
    assert registry.get(name) is replacement  # as while it is replaced
    registry.refresh()
    assert (registry.get(name).version, registry.get(None).name) == (shipped.version, name)
    assert replacement.version not in metrics.text().decode()


@pytest.mark.anyio
async def test_runs_side_by_side_answer_each_with_its_own_network(client, trained):
    answers = {}
    for name in (LSTM, GRU):
        answer = (await client.post("/v1/predict", json={"texts": GOOD, "run": name})).json()
        assert answer["run"] == name
        [expected] = Predictor(load_run(trained / name)).predict([GOOD])
        answers[name] = answer["predictions"][0]["probability"]
        assert answers[name] == pytest.approx(expected.probability, abs=1e-6)
    assert answers[LSTM] != answers[GRU]


def test_a_newer_version_replaces_the_older(registry, models, metrics):
    old = registry.get(GRU)
    replace_run(models / GRU, by=models / LSTM)
    registry.refresh()
    new = registry.get(GRU)
    assert new.version != old.version
    assert new.run.config.model.architecture == "custom-lstm"
    text = metrics.text().decode()
    assert f'run_served{{run="{GRU}",version="{new.version}"}} 1.0' in text
    assert old.version not in text


@pytest.mark.anyio
async def test_a_request_that_holds_the_older_version_still_gets_its_predictions(registry, models):
    old = registry.get(GRU)
    before = await old.predictions.submit([GOOD])
    replace_run(models / GRU, by=models / LSTM)
    registry.refresh()
    assert await old.predictions.submit([GOOD]) == before
    assert await registry.get(GRU).predictions.submit([GOOD]) != before


def test_without_a_change_nothing_is_loaded_again(registry):
    before = registry.all()
    registry.refresh()
    assert all(now is then for now, then in zip(registry.all(), before, strict=True))


def cut_the_network(folder: Path) -> None:
    network = folder / ONNX
    network.write_bytes(network.read_bytes()[:-100])


def take_the_tokenizer_away(folder: Path) -> None:
    (folder / TOKENIZER).unlink()


def break_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


def seal_what_is_no_network(folder: Path) -> None:
    (folder / ONNX).write_bytes(b"this was never a network")
    write_manifest(folder)


def seal_without_an_accuracy(folder: Path) -> None:
    change_metrics(folder, validation={})


def seal_an_accuracy_in_words(folder: Path) -> None:
    change_metrics(folder, test={"accuracy": "high"})


BREAK = [
    cut_the_network, take_the_tokenizer_away, break_the_manifest, seal_what_is_no_network, seal_without_an_accuracy,
    seal_an_accuracy_in_words,
]  # fmt: skip


@pytest.mark.parametrize("break_it", BREAK)
def test_a_corrupt_version_is_refused_and_the_old_one_stays(registry, models, metrics, caplog, break_it):
    old = registry.get(GRU)
    whole = shutil.copytree(models / GRU, models.parent / "whole")
    caplog.set_level(logging.ERROR, "sentiment.server")
    break_it(models / GRU)
    for _ in range(3):
        registry.refresh()
    assert registry.get(GRU) is old
    assert f"refused run {GRU}, version {old.version} stays" in caplog.text
    assert f'sentiment_run_refusals_total{{run="{GRU}"}} 1.0' in metrics.text().decode()  # logged once

    replace_run(models / GRU, by=whole)
    change_metrics(models / GRU, note="repaired")
    registry.refresh()
    assert registry.get(GRU).version != old.version


@pytest.mark.parametrize("break_it", BREAK)
def test_a_run_that_is_corrupt_at_the_start_is_not_served_and_the_others_are(
    models: Path, metrics: ServerMetrics, break_it: Callable[[Path], None]
):
    break_it(models / GRU)
    registry = RunRegistry(models, ServerSettings(), metrics)
    registry.load()
    assert names(registry) == {LSTM}


@pytest.fixture(params=[saved_run, loaded_run], ids=["a file", "the manifest"])
def without_descriptors(request, models, monkeypatch):
    """Within this block, the files or the manifest of one run cannot be opened, because too many files are open."""
    real = request.param.sha256

    def open_in_vain(path: Path) -> str:
        if path.is_relative_to(models / GRU):
            raise OSError(errno.EMFILE, "Too many open files")
        return real(path)

    @contextlib.contextmanager
    def block() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(request.param, "sha256", open_in_vain)
            yield

    return block


def test_a_version_that_the_machine_could_not_read_is_tried_again_and_said_once(
    registry, models, metrics, caplog, without_descriptors
):
    old = registry.get(GRU)
    replace_run(models / GRU, by=models / LSTM)
    with without_descriptors():
        for _ in range(3):
            registry.refresh()
    assert registry.get(GRU) is old
    assert caplog.text.count(f"refused run {GRU}, version {old.version} stays") == 1
    assert f'sentiment_run_refusals_total{{run="{GRU}"}} 1.0' in metrics.text().decode()
    registry.refresh()
    assert registry.get(GRU).version == registry.get(LSTM).version


def test_a_run_that_the_machine_could_not_read_at_the_start_is_served_later(models, metrics, without_descriptors):
    registry = RunRegistry(models, ServerSettings(), metrics)
    with without_descriptors():
        registry.load()
    assert names(registry) == {LSTM}
    registry.refresh()
    assert names(registry) == {LSTM, GRU}


def test_a_run_whose_explainer_the_machine_could_not_load_is_served_later_and_not_without_explanations(
    models, metrics, monkeypatch
):
    def read_in_vain(_: Path) -> bytes:
        raise OSError(errno.EMFILE, "Too many open files")

    registry = RunRegistry(models, ServerSettings(runs=(LSTM, GRU)), metrics)
    with monkeypatch.context() as patch:
        patch.setattr(onnx_files, "read_onnx", read_in_vain)  # which only what explains looks up as late as this
        with pytest.raises(RunError, match="expected a run in service; found none"):
            registry.load()
    registry.refresh()
    assert [run.explanations is not None for run in registry.all()] == [True, True]


def test_added_runs_are_served_and_removed_runs_are_not(registry, models):
    shutil.copytree(models / GRU, models / "films" / "another")
    registry.refresh()
    assert names(registry) == {LSTM, GRU, "films/another"}
    shutil.rmtree(models / "films" / "another")
    registry.refresh()  # it may be about to be replaced
    assert "films/another" in names(registry)
    registry.refresh()
    assert names(registry) == {LSTM, GRU}


def test_only_the_runs_that_were_named_are_served(models, metrics):
    registry = RunRegistry(models, ServerSettings(runs=("gru-tiny-seed1",)), metrics)
    registry.load()
    assert names(registry) == {GRU}


def test_a_name_that_two_datasets_have_needs_its_dataset(registry, models):
    shutil.copytree(models / GRU, models / "books" / "gru-tiny-seed1")
    registry.refresh()
    with pytest.raises(RunError, match=r"found books/gru-tiny-seed1, films/gru-tiny-seed1|found films/.*, books/.*"):
        registry.get("gru-tiny-seed1")
    assert registry.get("books/gru-tiny-seed1").dataset == "books"


def test_having_no_runs_or_a_missing_run_is_an_error(models, metrics, tmp_path):
    with pytest.raises(RunError, match="expected a saved run that can be served"):
        RunRegistry(tmp_path / "empty", ServerSettings(), metrics).load()
    with pytest.raises(RunError, match=f"expected a saved run named xyz; found .*{GRU}"):
        RunRegistry(models, ServerSettings(runs=("gru-tiny-seed1", "xyz")), metrics).load()


@pytest.mark.slow
def test_newer_versions_are_picked_up_without_a_lost_request(serving_slowly, models, trained):
    served = serving_slowly(models)
    answers, done = [], threading.Event()

    def ask_again_and_again() -> None:
        while not done.is_set():
            answers.append(served.post("/v1/predict", texts=GOOD, run=GRU))

    people = [threading.Thread(target=ask_again_and_again) for _ in range(3)]
    for person in people:
        person.start()
    try:
        for source in (LSTM, GRU, LSTM):
            loads = served.figure("sentiment_run_loads_total")
            replace_run(models / GRU, by=trained / source)
            served.wait_for(lambda loads=loads: served.figure("sentiment_run_loads_total") > loads)
            seen = len(answers)
            served.wait_for(lambda seen=seen: len(answers) > seen + 5)
    finally:
        done.set()
        for person in people:
            person.join(30)
    assert {answer.status_code for answer in answers} == {200}
    versions = {answer.json()["version"] for answer in answers}
    assert len(versions) == 2
    by_version = {(answer.json()["version"], answer.json()["predictions"][0]["probability"]) for answer in answers}
    assert len({round(probability, 5) for _, probability in by_version}) == 2  # each version has its prediction


@pytest.mark.anyio
async def test_without_a_run_it_is_alive_and_not_ready(models):
    async with calling(models) as client:
        registry = client._transport.app.state.dispatcher.registry
        shutil.rmtree(models)
        registry.refresh()
        registry.refresh()
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
        page = await client.get("/")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert page.status_code == 200
