"""Measurements of the benchmark of layers, without a benchmark."""

from benchmarks.layers.contenders import CONTENDERS, Shape, Task
from benchmarks.layers.targets import Measured, judge
from benchmarks.summary import summary

SHAPE = Shape("128 units", 4, 8, 16, 32)
BY_NAME = {contender.name: contender for contender in CONTENDERS}


def measured(contender, seconds, training=True, bidirectional=False, preliminary=None):
    task = Task(SHAPE, training, bidirectional)
    return Measured(contender, task, 2, {1: 9.0, 2: preliminary or seconds}, 0.0, [seconds] * 10)


def rows_of_all(ours=1.0, theirs=2.0):
    return [
        measured(contender, ours if contender.family == "ours" else theirs, training, bidirectional)
        for training in (True, False)
        for bidirectional in (False, True)
        for contender in CONTENDERS
    ]


def results(rows, absent=(), smoke=False):
    """What `layers.json` would hold."""
    curve = {"name": "curve", "batch": 8, "time": 16, "features": 32, "units": 64}
    return {
        "date": "2026-01-02",
        "machine": {"processor": "An abacus", "cores": 2, "system": "Linux", "cpu_flags": {"avx2": True, "x": False}},
        "versions": {"tensorflow": "2", "keras": "3"},
        "settings": {"curve": curve, "smoke": smoke},
        "absent": list(absent),
        "limit_flop_per_second": {"numpy-float32": 2e11, "tensorflow-float32": 1e11, "tensorflow-bfloat16": 1e13},
        "curves": [
            {"against": against, "units": 64, "time": 16, "contender": name, against: place} | summary([0.1, 0.2], 9)
            for against in ("units", "time")
            for place in (32, 64)
            for name in ("ours-float32", "keras-float32", "torch-bfloat16")
        ],
        "measurements": [
            {
                "shape": row.task.shape.name,
                "step": row.task.step,
                "directions": 1 + row.task.bidirectional,
                "contender": row.contender.name,
                "preliminary_seconds_by_threads": row.preliminary,
                "dropped": not row.seconds,
            }
            | (summary(row.seconds, 32) if row.seconds else {})
            for row in rows
        ],
        "targets": judge(rows, "amx_bf16"),
        "compile_time": [
            {"contender": "ours-jax-float32", "seconds_by_steps": {"64": 2.0, "512": 4.0}, "ratio": 2.0,
             "at_most": 1.5, "met": False}
        ],
        "parts": [
            {"shape": "128 units", "backend": "vectors", "limit": 0.2,
             "seconds": {"step": 0.5, "products": 0.3, "gates": 0.1}}
        ],
        "peak_memory": [{"shape": "128 units", "contender": "ours-float32", "peak_bytes": None}],
    }  # fmt: skip
