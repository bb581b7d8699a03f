"""What predictions are to reach, and what they reached."""

from collections.abc import Sequence

from benchmarks.predictions.predictors import INT8, KERAS, MODEL_PREDICT, ONNX, ONNX_INT8, TEXT, PredictorSpec
from benchmarks.summary import ratio
from benchmarks.tables import Row

AT_MOST_MILLISECONDS = {"128 units": 2.0, "512 units": 5.0}  # one review from its text, by the name of the network
INT8_ALLOWED = ("512 units",)
FASTER_THAN_PREDICT = 30.0
THROUGHPUT = {ONNX: 1.5, ONNX_INT8: 2.0}  # times as many reviews per second as the Keras engine
COLD_START = 5.0  # times as fast as with the Keras engine


def judge_predictions(results: Row) -> list[Row]:
    """A row for each target: who was compared, the figure with its interval, the target, whether it is met.

    Args:
        results: what `predictions.json` holds, without the targets.
    """
    lines = []
    for network, at_most in AT_MOST_MILLISECONDS.items():
        rows = [row for row in results["latency"] if (row["network"], row["asks"]) == (network, TEXT)]
        allowed = (ONNX, ONNX_INT8) if network in INT8_ALLOWED else (ONNX,)
        ours = min((_row_of(rows, predictor) for predictor in allowed), key=lambda row: row["median_seconds"])
        lines.append(_milliseconds(f"one review, {network}", ours, at_most))
        lines.append(_times(f"one review, {network}", ours, _row_of(rows, MODEL_PREDICT), FASTER_THAN_PREDICT))
    for predictor, at_least in THROUGHPUT.items():
        rows = results["throughput"]
        name = f"{results['settings']['reviews']:,} reviews" + (" in int8" if predictor.dtype == INT8 else "")
        lines.append(_times(name, _row_of(rows, predictor), _row_of(rows, KERAS), at_least))
    rows = results["cold_start"]
    lines.append(_times("cold start of sentiment predict", _row_of(rows, ONNX), _row_of(rows, KERAS), COLD_START))
    return lines


def _row_of(rows: Sequence[Row], predictor: PredictorSpec) -> Row:
    return next(row for row in rows if row["way"] == predictor.name)


def _milliseconds(name: str, ours: Row, at_most: float) -> Row:
    median = ratio(ours["seconds"], [1.0] * len(ours["seconds"]))  # with its interval
    figure, low, high = (1000 * value for value in median)
    line = {"name": name, "ours": ours["way"], "theirs": None, "unit": "ms", "figure": figure, "interval": [low, high]}
    return line | {"at_most": at_most, "met": figure <= at_most}


def _times(name: str, ours: Row, theirs: Row, at_least: float) -> Row:
    times = ratio(theirs["seconds"], ours["seconds"])
    line = {"name": name, "ours": ours["way"], "theirs": theirs["way"], "unit": "times as fast"}
    line |= {"figure": times.figure, "interval": [times.low, times.high]}
    return line | {"at_least": at_least, "met": times.figure >= at_least}
