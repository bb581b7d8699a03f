"""The limit: how fast this machine multiplies large matrices.

python -m benchmarks.limit 2048      prints it as JSON, a process of its own
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.talking import environment
from sentiment.errors import BenchmarkError

REPEATS = 12
ENOUGH = 5.0  # seconds for one library


def measure_limit(size: int) -> dict[str, float]:
    """Operations per second, at most, in a product of two square matrices on all cores.

    Args:
        size: rows and columns.

    Returns:
        By library and dtype; an addition and a multiplication count two.

    Raises:
        BenchmarkError: the process failed.
    """
    command = [sys.executable, "-m", "benchmarks.limit", str(size)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    if done.returncode:
        word = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise BenchmarkError(f"expected the products of large matrices to be measured; found: {word[:300]}")
    return json.loads(done.stdout.splitlines()[-1])


def _flop_per_second(multiply: Callable[[], Any], size: int) -> float:
    multiply()
    best, start = float("inf"), time.perf_counter()
    for _ in range(REPEATS):
        before = time.perf_counter()
        multiply()
        now = time.perf_counter()
        best = min(best, now - before)
        if now - start > ENOUGH:
            break
    return 2 * size**3 / best


def _measure(size: int) -> dict[str, float]:
    import tensorflow as tf

    a, b = np.random.default_rng(3).standard_normal((2, size, size), np.float32)
    found = {"numpy-float32": _flop_per_second(lambda: a @ b, size)}
    for dtype in ("float32", "bfloat16"):
        multiply = partial(tf.matmul, tf.cast(a, dtype), tf.cast(b, dtype))
        found[f"tensorflow-{dtype}"] = _flop_per_second(multiply, size)
    return found


if __name__ == "__main__":
    print(json.dumps(_measure(int(sys.argv[1]))))
