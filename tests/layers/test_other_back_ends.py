"""The same tests on the other back ends of Keras, each in a process of its own."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SAME = ["test_lstm.py", "test_lstm_contract.py", "test_lstm_trace.py"]


@pytest.mark.slow
@pytest.mark.parametrize(("back_end", "files"), [("jax", SAME), ("torch", [*SAME, "torch_nn_lstm.py"])])
def test_the_lstm_passes_its_tests_on_another_back_end(back_end, files):
    if importlib.util.find_spec(back_end) is None:
        pytest.skip(f"{back_end} is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(str(HERE / file) for file in files)],
        env=os.environ | {"KERAS_BACKEND": back_end},
        cwd=HERE.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 50  # not skipped away
