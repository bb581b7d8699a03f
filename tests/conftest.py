"""What all tests share: several processes for the whole suite, the real reviews, and a quiet back end."""

import os
import signal
import sys
from pathlib import Path

import hypothesis
import pytest

from helpers.reliability import FULL, FURTHER

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Not chosen by a measurement, which takes seconds for each new shape and may turn out differently each time.
os.environ["SENTIMENT_LSTM"] = "fast"
# Set by a person or by CI to the archive of the Large Movie Review Dataset; without it, tests on it are skipped.
# Taken out of the environment, so that no test trains on it unasked; worker processes find it under another name.
_REAL = os.environ.setdefault("SENTIMENT_TEST_DATA", os.environ.pop("SENTIMENT_DATA", ""))
# Threads of OpenMP (torch, scikit-learn) and of OpenBLAS sleep when they have nothing to do. They would spin until
# their next product, on the core that the test beside them works on: three times the time for torch.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")  # 2 to this power of cycles
# Where a machine has it set, each of the hundreds of processes compiles TensorFlow's sources anew: three times as long.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# How long an example takes says nothing where other programs compute.
hypothesis.settings.register_profile("patient", parent=hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("patient")
# pytest-xdist's workers have a width of 80, which the consoles would keep for good once they are made.
for _size in ("COLUMNS", "LINES"):
    os.environ.pop(_size, None)

# Programs that a script starts in the background ignore Ctrl-C, and so would those that they start, in tests of Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parent.parent
_WORKER_BYTES = 5_000_000_000  # of memory, for one process with TensorFlow and the largest test
_LONGEST = ("test_other_back_ends.py", "test_end_to_end.py", "test_layers.py", "test_predictions.py")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A process a core for the whole suite, as far as memory allows; none but this one for a part of it, because each
    process imports TensorFlow anew.
    """
    if config.args_source != pytest.Config.ArgsSource.TESTPATHS:
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):  # not on this system
        memory = cores * _WORKER_BYTES
    workers = min(cores, memory // _WORKER_BYTES)
    return workers if workers > 1 else 0


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named after their argument: what is packed at collection holds the time, and each process its own."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests come first, so that no process works on one of them while the others have nothing to do."""
    items.sort(key=lambda item: item.path.name not in _LONGEST)
    if not FULL:
        for item in items:
            if item.nodeid.removeprefix("tests/").startswith(FURTHER):
                item.add_marker(pytest.mark.skip(reason="in the full form alone: set SENTIMENT_RELIABILITY=full"))


@pytest.fixture(scope="session")
def real_reviews() -> Path:
    """The archive with the real reviews."""
    for path in filter(None, (_REAL, ROOT / "data" / "aclImdb_v1.tar.gz")):
        if Path(path).exists():
            return Path(path).resolve()
    pytest.skip("the real reviews are not here: set SENTIMENT_DATA to aclImdb_v1.tar.gz or put it into data/")
