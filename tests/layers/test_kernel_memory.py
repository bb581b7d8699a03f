"""The kernel reads and writes nothing outside of its arrays: each ends, and begins, at memory that nobody may touch."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mprotect as on Linux")

# In processes of their own, because what is looked for ends the process. This part imports none of the layers, which
# takes seconds.
GUARD = """
import ctypes, mmap
import numpy as np

PAGE, maps = mmap.PAGESIZE, []
protect = ctypes.CDLL(None).mprotect
protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]

def guarded(shape, dtype=np.float64):
    shape, dtype = (shape,) if isinstance(shape, int | np.integer) else tuple(shape), np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    if size == 0:
        return np.empty(shape, dtype)
    pages = -(-size // PAGE) * PAGE
    memory = mmap.mmap(-1, pages + 2 * PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    assert protect(start, PAGE, 0) == protect(start + PAGE + pages, PAGE, 0) == 0
    maps.append(memory)
    bytes_ = (ctypes.c_char * size).from_address(start + PAGE + pages - size)
    array = np.frombuffer(bytes_, np.uint8)
    array[:] = 255  # NaN, if it is read before it is written
    return array.view(dtype).reshape(shape)
"""

PROGRAM = """
import types
from sentiment.layers import reference
from sentiment.layers.fast import selection
from sentiment.layers.fast.kernel import packing, passes
from sentiment.layers.fast.kernel.passes import Result
from sentiment.layers.fast.options import Options
from sentiment.layers.fast.kernel.products import matrices

def filled(values, dtype=np.float32):
    array = guarded(values.shape, dtype)
    array[...] = values
    return array

class Guarded(types.ModuleType):
    empty = staticmethod(guarded)
    zeros = staticmethod(lambda shape, dtype=np.float64: filled(np.zeros(shape), dtype))
    ascontiguousarray = staticmethod(lambda values: filled(values, values.dtype))
    __getattr__ = lambda self, name: getattr(np, name)

for module in (passes, packing, matrices):
    module.np = Guarded("numpy")
passes.empty = guarded
rng = np.random.default_rng(0)
draw = lambda *shape: filled(rng.normal(size=shape) / 2)
options = [Options(*bits) for bits in np.ndindex(2, 2, 2, 2)]
backends = {*selection.backends("float32"), *selection.backends("bfloat16")}
count = 0
for batch, time, features, units in [(40, 9, 3, 4), (16, 1, 1, 1), (1, 5, 33, 40), (20, 3, 32, 32), (7, 11, 1, 70)]:
    for share in (0.1, 0.6, 1.0):
        mask = filled(rng.random((batch, time)) < share, bool)
        mask[0] = share == 1
        weights = reference.Weights(draw(features, 4 * units), draw(units, 4 * units), draw(4 * units))
        inputs, h, c = draw(batch, time, features), draw(batch, units), draw(batch, units)
        for backend in backends:
            for option in options:
                option = Options(*map(bool, option))
                by_result = Result(draw(batch, 1 if option.last_only else time, units), h, c)
                for passes.CHUNK in (512, 7):
                    result, stored = passes.forward(backend, inputs, mask, h, c, weights, option, True)
                    gradients = passes.backward(backend, mask, stored, by_result, weights, option)
                    assert all(np.isfinite(value).all() for value in (*result, *gradients))
                    passes.forward(backend, inputs, mask, h, c, weights, option, False)
                    count += 1
        maps.clear()
print(count)
"""


def test_nothing_is_read_or_written_outside_of_the_arrays():
    done = subprocess.run([sys.executable, "-c", GUARD + PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.splitlines()[-1]) >= 5 * 3 * 2 * 16 * 2


@pytest.mark.parametrize(("number", "ends"), [(2, False), (3, True)])
def test_the_guard_ends_a_process_that_reads_one_number_too_many(number, ends):
    reading = f"""
array = guarded((3,), np.float32)
ctypes.cast(array.ctypes.data, ctypes.POINTER(ctypes.c_float))[{number}]
"""
    done = subprocess.run([sys.executable, "-c", GUARD + reading], capture_output=True, text=True, check=False)
    assert (done.returncode < 0) == ends, done.stderr[-2000:]
