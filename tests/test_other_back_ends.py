"""The same tests on the other back ends of Keras, each in its own process."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.reliability import FULL

HERE = Path(__file__).parent
SAME = [
    f"layers/test_{name}.py"
    for name in (
        "derivatives",
        "dropout",
        "fused",
        "lstm",
        "lstm_contract",
        "lstm_inputs",
        "lstm_threads",
        "lstm_trace",
        "masks",
        "non_finite",
        "properties",
    )
]

SHORT = [f"layers/test_{name}.py" for name in ("fused", "lstm", "non_finite")]


def run_tests(back_end: str, *arguments: str) -> int:
    """How many passed, when all did."""
    if importlib.util.find_spec(back_end) is None:
        pytest.skip(f"{back_end} is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        # Most of JAX's time would go into making small functions fast.
        env=os.environ | {"KERAS_BACKEND": back_end, "XLA_FLAGS": "--xla_backend_optimization_level=0"},
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    return int(passed[1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("back_end", "files", "options"),
    [
        # JAX compiles each small case anew, for minutes: the usual form leaves out what the layer shares with torch.
        ("jax", SAME if FULL else SHORT, [] if FULL else ["-k", "not (stacked_rnn_cells or time_distributed)"]),
        ("torch", [*(SAME if FULL else SHORT), "layers/test_torch_export.py", "helpers/torch_nn_lstm.py"], []),
    ],
)
def test_the_lstm_passes_its_tests_on_another_back_end(back_end, files, options):
    assert run_tests(back_end, *(str(HERE / file) for file in files), *options) > 50  # not skipped away


@pytest.mark.slow
@pytest.mark.parametrize("back_end", ["jax", *(["torch"] if FULL else [])])
def test_regularised_training_is_the_same_on_another_back_end(back_end):
    assert (
        run_tests(back_end, str(HERE / "training" / "test_regularisation.py"), "-k", "tiny or raises_the_loss or trace")
        == 4
    )
