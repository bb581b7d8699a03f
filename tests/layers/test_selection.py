"""Which path a layer takes: measured once, remembered, and overridden by a variable."""

import json
import random
from functools import partial

import numpy as np
import pytest

from sentiment.errors import ConfigError
from sentiment.layers.fast import selection
from sentiment.layers.fast.kernel.products.matrices import Backend
from sentiment.layers.fast.selection import VARIABLE, Choice, Shape, choose, shape_of

SHAPE = Shape(16, 8, 8, "float32")


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(selection, "code_folder", lambda: tmp_path)
    monkeypatch.setenv(VARIABLE, "auto")
    selection._measured.cache_clear()
    yield
    selection._measured.cache_clear()


@pytest.fixture
def measurements(monkeypatch):
    """Shapes that were measured; the figures say that BLAS is the fastest."""
    shapes = []

    def measure(shape):
        shapes.append(shape)
        return Choice(Backend.BLAS, {"BLAS": 0.1, "VECTORS": 0.2, "keras": 0.3})

    monkeypatch.setattr(selection, "measure", measure)
    return shapes


def test_a_shape_is_measured_once_and_then_remembered_on_this_machine(measurements):
    assert choose(SHAPE).backend == choose(SHAPE).backend == Backend.BLAS
    selection._measured.cache_clear()  # as in another process
    assert choose(SHAPE).backend == Backend.BLAS
    assert measurements == [SHAPE]
    assert selection.remembered() == {SHAPE: Choice(Backend.BLAS, {"BLAS": 0.1, "VECTORS": 0.2, "keras": 0.3})}


@pytest.mark.usefixtures("measurements")
def test_the_first_process_that_measured_a_shape_decides_for_all():
    assert choose(SHAPE).backend == Backend.BLAS
    later = selection._remember(SHAPE, Choice(Backend.VECTORS, {}))
    assert later.backend == Backend.BLAS


@pytest.mark.usefixtures("measurements")
def test_a_shape_that_is_measured_again_is_remembered_as_it_is_now(monkeypatch):
    assert choose(SHAPE).backend == Backend.BLAS
    now = Choice(Backend.VECTORS, {"BLAS": 0.2, "VECTORS": 0.1, "keras": 0.3})
    monkeypatch.setattr(selection, "measure", lambda _shape: now)
    assert selection.measure_again(SHAPE) == now
    assert selection.remembered() == {SHAPE: now}


@pytest.mark.usefixtures("measurements")
@pytest.mark.parametrize("content", ["", "[", "{}", '{"shape": [1]}', '{"shape": [1,1,1,"a"], "backend": "MMX"}'])
def test_a_choice_that_cannot_be_read_is_measured_anew(content):
    path = selection._path(selection._folder(), SHAPE)
    path.write_text(content)
    assert choose(SHAPE).backend == Backend.BLAS
    assert json.loads(path.read_text())["backend"] == "BLAS"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_without_a_folder_to_write_to_nothing_is_measured_so_that_every_process_computes_the_same(
    measurements, monkeypatch
):
    monkeypatch.setattr(selection, "code_folder", lambda: None)
    assert choose(SHAPE) == Choice(selection.backends("float32")[0], {})
    assert selection.remembered() == {}
    assert not measurements


def test_a_measurement_that_fails_leaves_keras_loop_and_says_so(monkeypatch):
    monkeypatch.setattr(selection, "measure", lambda _shape: 1 / 0)
    with pytest.warns(RuntimeWarning, match=r"could not be timed \(division by zero\), so it takes Keras' own loop"):
        assert choose(SHAPE).backend is None


def test_a_real_measurement_times_every_path_and_takes_the_fastest():
    choice = selection.measure(SHAPE)
    assert set(choice.seconds) == {"VECTORS", "BLAS", "keras"}
    best = min(choice.seconds, key=choice.seconds.__getitem__)
    assert choice.backend == (None if best == "keras" else Backend[best])


def test_a_back_end_that_computes_something_else_is_never_taken(monkeypatch):
    def wrong(backend, inputs, *arguments):
        result, stored = kernel_forward(backend, inputs, *arguments)
        return result._replace(outputs=result.outputs + (0.01 if backend == Backend.VECTORS else 0)), stored

    kernel_forward = selection.forward
    monkeypatch.setattr(selection, "forward", wrong)
    monkeypatch.setattr(selection, "_alternate", lambda paths: [run() for run in paths.values()] and speeds)
    speeds = {"VECTORS": 0.1, "BLAS": 0.2, "keras": 0.3}
    assert selection.measure(SHAPE).backend == Backend.BLAS


def test_a_path_is_judged_by_the_runs_that_no_other_program_disturbs(monkeypatch):
    now, waits = [0.0], {"VECTORS": iter([1, 9, 1, 9, 9, 9]), "BLAS": iter([2] * 6)}

    def run(name):
        now[0] += next(waits[name])

    monkeypatch.setattr(selection.time, "perf_counter", lambda: now[0])
    assert selection._alternate({name: partial(run, name) for name in waits}) == {"VECTORS": 1, "BLAS": 2}


@pytest.mark.parametrize(("value", "backend"), [("keras", None), ("BLAS", Backend.BLAS), ("fast", Backend.VECTORS)])
def test_the_variable_decides_without_a_measurement(monkeypatch, measurements, value, backend):
    monkeypatch.setenv(VARIABLE, value)
    assert choose(SHAPE) == Choice(backend, {})
    assert not measurements


def test_a_variable_that_names_no_path_is_refused_with_the_paths_there_are(monkeypatch):
    monkeypatch.setenv(VARIABLE, "mmx")
    with pytest.raises(ConfigError, match=r"one of auto, keras, fast, vectors, blas for products in float32.*'mmx'"):
        choose(SHAPE)


def test_batches_of_similar_sizes_share_a_choice():
    assert {shape_of(rows, 8, 8, "float32").rows for rows in (33, 50, 64)} == {64}
    assert shape_of(None, 8, 8, "float32").rows == 64
    assert [shape_of(rows, 8, 8, "float32").rows for rows in (1, 16, 5000)] == [16, 16, 256]


def test_no_processor_without_bfloat16_narrows_anything(monkeypatch):
    monkeypatch.setattr(selection, "has_bfloat16_vectors", lambda: False)
    monkeypatch.setattr(selection, "has_tiles", lambda: False)
    assert {backend.dtype for backend in selection.backends("bfloat16")} == {np.float32}


def test_a_measurement_leaves_the_random_numbers_of_the_program_as_they_are():
    before = random.getstate()
    selection.measure(SHAPE)
    assert random.getstate() == before
