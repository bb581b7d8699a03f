"""What predictions are to reach, and what they reached. A miss is a line like any other."""

from collections.abc import Sequence
from typing import Any

from benchmarks.summary import ratio
from benchmarks.ways import INT8, KERAS, MODEL_PREDICT, ONNX, ONNX_INT8, TEXT, Way

AT_MOST_MILLISECONDS = {"128 units": 2.0, "512 units": 5.0}  # one review from its text, by the name of the network
INT8_ALLOWED = ("512 units",)
FASTER_THAN_PREDICT = 30.0
THROUGHPUT = {ONNX: 1.5, ONNX_INT8: 2.0}  # times as many reviews per second as the Keras engine
COLD_START = 5.0  # times as fast as with the Keras engine

Row = dict[str, Any]


def judge_predictions(results: dict[str, Any]) -> list[Row]:
    """Each target: who was compared, the figure with its interval, the target, whether it is met.

    Args:
        results: what `predictions.json` holds, without the targets.
    """
    lines = []
    for network, at_most in AT_MOST_MILLISECONDS.items():
        rows = [row for row in results["latency"] if (row["network"], row["asks"]) == (network, TEXT)]
        allowed = (ONNX, ONNX_INT8) if network in INT8_ALLOWED else (ONNX,)
        ours = min((_of(rows, way) for way in allowed), key=lambda row: row["median_seconds"])
        lines.append(_milliseconds(f"one review, {network}", ours, at_most))
        lines.append(_times(f"one review, {network}", ours, _of(rows, MODEL_PREDICT), FASTER_THAN_PREDICT))
    for way, at_least in THROUGHPUT.items():
        rows = results["throughput"]
        name = f"{results['settings']['reviews']:,} reviews" + (" in int8" if way.dtype == INT8 else "")
        lines.append(_times(name, _of(rows, way), _of(rows, KERAS), at_least))
    rows = results["cold_start"]
    lines.append(_times("cold start of sentiment predict", _of(rows, ONNX), _of(rows, KERAS), COLD_START))
    return lines


def _of(rows: Sequence[Row], way: Way) -> Row:
    return next(row for row in rows if row["way"] == way.name)


def _milliseconds(name: str, ours: Row, at_most: float) -> Row:
    found = ratio(ours["seconds"], [1.0] * len(ours["seconds"]))  # a median and its interval
    figure, low, high = (1000 * value for value in found)
    line = {"name": name, "ours": ours["way"], "theirs": None, "unit": "ms", "figure": figure, "interval": [low, high]}
    return line | {"at_most": at_most, "met": figure <= at_most}


def _times(name: str, ours: Row, theirs: Row, at_least: float) -> Row:
    found = ratio(theirs["seconds"], ours["seconds"])
    line = {"name": name, "ours": ours["way"], "theirs": theirs["way"], "unit": "times as fast"}
    line |= {"figure": found.figure, "interval": [found.low, found.high]}
    return line | {"at_least": at_least, "met": found.figure >= at_least}
