"""The kernel as it is compiled for processors with fewer instructions than this one."""

import os
import platform
import subprocess
import sys

import pytest

from sentiment.support.environment import cpu_flags

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the names are of x86 processors"),
]

PROGRAM = """
import numpy as np
from sentiment.layers import reference
from sentiment.layers.fast.kernel import passes
from sentiment.layers.fast.kernel.passes import Result
from sentiment.layers.fast.kernel.products.blocks import LANES
from sentiment.layers.fast.kernel.products.matrices import Backend
from sentiment.layers.fast.options import Options

rng = np.random.default_rng(0)
draw = lambda *shape: (rng.normal(size=shape) / 2).astype(np.float32)
batch, time, features, units = 21, 9, 33, 40
mask = rng.random((batch, time)) < 0.6
x, h, c = draw(batch, time, features), draw(batch, units), draw(batch, units)
weights = reference.Weights(draw(features, 4 * units), draw(units, 4 * units), draw(4 * units))
by_result = Result(draw(batch, time, units), draw(batch, units), draw(batch, units))
options = Options(zero_before=False)
result, stored = passes.forward(Backend.VECTORS, x, mask, h, c, weights, options, True)
gradients = passes.backward(Backend.VECTORS, mask, stored, by_result, weights, options)
steps = reference.sequence(weights, x, (h, c), mask)
expected = reference.sequence_gradients(weights, x, by_result.outputs, by_result[1:], (h, c), mask)
for mine, other in zip((result.outputs, *gradients), (steps.hidden, *expected), strict=True):
    np.testing.assert_allclose(mine, other, atol=2e-5 * np.abs(other).max())
print(LANES)
"""


@pytest.mark.parametrize(
    ("name", "flag", "features", "lanes"),
    [("haswell", "avx2", "+avx,+avx2,+fma", 8), ("x86-64", None, "+sse2", 4)],
)
def test_the_kernel_computes_the_same_with_shorter_vectors(name, flag, features, lanes):
    if flag and not (cpu_flags() or {}).get(flag):
        pytest.skip(f"this processor has no {flag}")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split()[-1] == str(lanes)
