"""What measurements of scoring say: rates, how straight the line through them is, and what a cluster would take."""

from typing import Any

Row = dict[str, Any]

GOAL_ROWS, GOAL_WORKERS = 100_000_000, 64
PRICE = 0.05  # dollars for an hour of one core of a rented machine: an assumption
WAITING = 2  # parts at a worker, which are done again when it is lost


def grown(results: Row) -> Row:
    """What the measurements of a benchmark say.

    Args:
        results: with `measured`, `planning`, `rows_per_part` and `bytes_in_per_row`.

    Returns:
        By engine: the start in seconds, rows per second with the most workers and with one, the peak memory,
        and the rows in a second of processor time, which depends less on what else the machine does. Processor time by
        rows should be a line: the greatest distance of a file from the line through the first and the last one, without
        the file of next to no rows. Also from how many rows on Ray is faster than threads, None where it is not; and
        the plan.
    """
    engines = {engine: _engine(results, engine) for engine in {row["engine"]: None for row in results["measured"]}}
    return {"engines": engines, "ray_from_rows": _crossing(engines), "plan": _plan(results, engines)}


def _engine(results: Row, engine: str) -> Row:
    rows = [row for row in results["measured"] if row["engine"] == engine]
    by_workers = {}
    for workers in sorted({row["workers"] for row in rows}):
        some = sorted((row for row in rows if row["workers"] == workers), key=lambda row: row["rows"])
        start, rate = _line(some, "seconds")
        _, processor_rate = _line(some, "processor_seconds")
        files = some[1:]  # behind the one that has next to no rows; two of them make a line, and lie on it
        first, slope = _line(files, "processor_seconds")
        between = [abs(row["processor_seconds"] / (first + row["rows"] / slope) - 1) for row in files[1:-1]]
        by_workers[str(workers)] = {
            "start_seconds": start,
            "rows_per_second": rate,
            "rows_per_processor_second": processor_rate,
            "largest_distance_from_line": max(between, default=None),
            "peak_bytes": {str(row["rows"]): row["peak_bytes"] for row in some},
        }
    return by_workers


def _line(rows: list[Row], clock: str) -> tuple[float, float]:
    """Seconds at no rows, and rows per second, of the line through the smallest and the largest file.

    Where the largest took no longer, as tiny files of a smoke run may, the line goes through no rows in no time.
    """
    smallest, largest = rows[0], rows[-1]
    if largest[clock] <= smallest[clock]:
        return 0.0, largest["rows"] / largest[clock]
    rate = (largest["rows"] - smallest["rows"]) / (largest[clock] - smallest[clock])
    return smallest[clock] - smallest["rows"] / rate, rate


def _crossing(engines: Row) -> int | None:
    """Rows from which on Ray is faster than threads, with the most workers."""
    if not {"local", "ray"} <= set(engines):
        return None
    local, ray = (engines[name][max(engines[name], key=int)] for name in ("local", "ray"))
    gain = 1 / local["rows_per_second"] - 1 / ray["rows_per_second"]
    return None if gain <= 0 else round((ray["start_seconds"] - local["start_seconds"]) / gain)


def _plan(results: Row, engines: Row) -> Row:
    """A hundred million rows on 64 workers, each a core that does nothing else, from processor time of one thread."""
    [each] = [figures["rows_per_processor_second"] for workers, figures in engines["local"].items() if workers == "1"]
    written = max((row for row in results["measured"] if row["bytes_out"]), key=lambda row: row["rows"])
    bytes_out = written["bytes_out"] / written["rows"]
    seconds = GOAL_ROWS / (each * GOAL_WORKERS)
    part_seconds = results["rows_per_part"] / each
    planning = {row["kind"]: row["seconds"] / row["rows"] * GOAL_ROWS for row in results["planning"]}
    return {
        "rows": GOAL_ROWS,
        "workers": GOAL_WORKERS,
        "rows_per_second_of_a_worker": each,
        "seconds": seconds,
        "core_hours": GOAL_ROWS / each / 3600,
        "dollars_per_core_hour": PRICE,
        "dollars": GOAL_ROWS / each / 3600 * PRICE,
        "parts": -(-GOAL_ROWS // results["rows_per_part"]),
        "seconds_per_part": part_seconds,
        "seconds_lost_with_a_worker": WAITING * part_seconds,
        "gigabytes_in": results["bytes_in_per_row"] * GOAL_ROWS / 1e9,
        "gigabytes_out": bytes_out * GOAL_ROWS / 1e9,
        "megabytes_per_second": (results["bytes_in_per_row"] + bytes_out) * each * GOAL_WORKERS / 1e6,
        "planning_seconds": planning,
    }
