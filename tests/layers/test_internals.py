"""The private names of TensorFlow, Keras and threadpoolctl that the fast path relies on are still there."""

from importlib import import_module

import pytest

from sentiment.layers.fast import internals, path
from sentiment.layers.fast.kernel import workers

pytestmark = pytest.mark.skipif(not path.is_available(), reason="the fast path is TensorFlow's, on a CPU")


@pytest.mark.parametrize("compiled", [True, False])
def test_a_graph_compiled_by_xla_is_recognised_also_from_an_inner_graph(compiled):
    import tensorflow as tf

    seen = []

    def body(x):
        seen.append(internals.compiled_by_xla(tf))
        return x + 1

    @tf.function(jit_compile=compiled)
    def outer(x):
        seen.append(internals.compiled_by_xla(tf))
        return tf.while_loop(lambda x: x < 3, body, [x])

    outer(tf.constant(0))
    assert set(seen) == {compiled}
    assert len(seen) >= 2
    assert not internals.compiled_by_xla(tf)


@pytest.mark.parametrize("module", ["keras.src.export.saved_model", "tensorflow.python.saved_model.save"])
def test_the_modules_that_write_graphs_exist_in_the_installed_versions(module):
    assert import_module(module).__name__.startswith(internals.WRITERS)


def test_a_graph_traced_for_a_file_is_recognised_by_its_caller():
    import tensorflow as tf

    seen = []
    function = tf.function(lambda x: seen.append(internals.traced_for_a_file()) or x)
    function(tf.constant(1.0))
    caller = {"__name__": internals.WRITERS[0] + "x"}
    exec("def call(function, x): return function(x)", caller)
    caller["call"](function, tf.constant([1.0]))
    assert seen == [False, True]


def test_openblas_lets_any_thread_set_its_limit():
    openblas = [library for library in workers.blas_libraries().lib_controllers if library.internal_api == "openblas"]
    assert openblas
    assert all(hasattr(library, "clear_controlling_thread") for library in openblas)
