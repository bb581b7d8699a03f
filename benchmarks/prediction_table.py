"""The benchmark of predictions as tables, for a page and for a terminal."""

from collections.abc import Sequence
from typing import Any

from benchmarks.summary import ratio
from benchmarks.table import NOTHING, SMOKE, Columns, columns_of, measured_with, table, verdict
from benchmarks.ways import IDS, KERAS, MODEL_PREDICT, TEXT, TRANSFORMER, WAYS

Row = dict[str, Any]


def prediction_verdicts(results: dict[str, Any]) -> Columns:
    """Each target with its figure; headers and cells.

    Args:
        results: what `predictions.json` holds.
    """
    headers = ("What", "Ours", "Against", "Figure", "95% interval", "Target", "Met")
    return columns_of(headers, [_verdict_row(line) for line in results["targets"]])


def short_verdicts(results: dict[str, Any]) -> Columns:
    """The targets without the names of who was compared: what fits into eighty characters."""
    return [column for column in prediction_verdicts(results) if column[0] not in ("Ours", "Against")]


def one_review(results: dict[str, Any]) -> Columns:
    """Milliseconds from the text and from token ids, and how they compare with `model.predict`, or of a transformer
    with itself in float32.
    """
    rows = []
    for row in results["latency"]:
        same = [other for other in results["latency"] if other["network"] == row["network"]]
        if row["asks"] == IDS and any(other["way"] == row["way"] and other["asks"] == TEXT for other in same):
            continue  # stands in the row of the text
        [from_ids] = [other for other in same if (other["way"], other["asks"]) == (row["way"], IDS)]
        peers = [
            other
            for other in same
            if other["way"] in (MODEL_PREDICT.name, TRANSFORMER.name) and other["asks"] == row["asks"]
        ]
        rows.append(
            (
                f"{row['network']}: {WAYS[row['way']].title}",
                _milliseconds(row) if row["asks"] == TEXT else NOTHING,
                _milliseconds(from_ids),
                _quartiles(row, 1000),
                _times(peers[0]["seconds"], row["seconds"]),
            )
        )
    rows += [(f"{title}: not installed", NOTHING, NOTHING, NOTHING, NOTHING) for title in results["absent"]]
    tokens = results["reviews"]["tokens"]
    headers = (f"One review of {tokens} tokens", "From text, ms", "From ids, ms", "Quartiles", "Times as fast")
    return columns_of(headers, rows)


def many_reviews(results: dict[str, Any]) -> Columns:
    """Reviews per second of each engine."""
    [peer] = [row for row in results["throughput"] if row["way"] == KERAS.name]
    number, alone = results["reviews"]["number"], results["tokenising"]["median_seconds"]
    rows = [
        (
            WAYS[row["way"]].title,
            f"{row['reviews_per_second']:,.0f}",
            " – ".join(f"{number / seconds:,.0f}" for seconds in reversed(row["quartiles_seconds"])),
            _times(peer["seconds"], row["seconds"]),
            f"{alone / row['median_seconds']:.0%}",
        )
        for row in results["throughput"]
    ]
    headers = (f"{number:,} raw texts", "Reviews per second", "Quartiles", "Times as fast", "Tokenising alone takes")
    return columns_of(headers, rows)


def cold_start(results: dict[str, Any]) -> Columns:
    """Seconds and memory of a whole process."""
    [peer] = [row for row in results["cold_start"] if row["way"] == KERAS.name]
    rows = [
        (
            WAYS[row["way"]].title,
            f"{row['median_seconds']:.2f}",
            _quartiles(row, 1),
            _times(peer["seconds"], row["seconds"]),
            NOTHING if row["peak_bytes"] is None else f"{row['peak_bytes'] / 1e6:,.0f}",
        )
        for row in results["cold_start"]
    ]
    return columns_of(("A whole `sentiment predict`", "Seconds", "Quartiles", "Times as fast", "Peak memory, MB"), rows)


def service(results: dict[str, Any]) -> Columns:
    """Requests per second and how long they take, by the number of clients."""
    rows = []
    for row in results["load"]:
        peers = [other for other in results["load"] if other["clients"] == row["clients"]]
        rates = [other["requests_per_second"] for other in (row, peers[-1])]
        rows.append(
            (
                f"{row['clients']} client{'s' * (row['clients'] > 1)}, {row['server']}",
                f"{row['median_requests_per_second']:,.0f}",
                " – ".join(f"{rate:,.0f}" for rate in row["quartiles_requests_per_second"]),
                f"{1000 * row['median_p50_seconds']:.1f}",
                f"{1000 * row['median_p99_seconds']:.1f}",
                f"{row['errors']:,}",
                f"{ratio(*rates).figure:.2f}",
            )
        )
    headers = ("The service, over loopback", "Requests per second", "Quartiles", "p50, ms", "p99, ms", "Errors")
    return columns_of((*headers, "Times the requests"), rows)


def prediction_markdown(results: dict[str, Any]) -> str:
    """All tables, and what they were measured with."""
    lines = [SMOKE, ""] if results["settings"]["smoke"] else []
    lines.append(f"{measured_with(results, ('onnxruntime', 'tensorflow', 'keras', 'torch'))}.")
    for columns in (prediction_verdicts, one_review, many_reviews, cold_start, service):
        lines += table(columns(results))
    lines += [
        "",
        "Medians over rounds in which all took turns; quartiles are those of the first figure in a row. One review: "
        "times as fast as `model.predict` of the same network, a transformer as itself in float32. Many reviews and a "
        "cold start: times as fast as the Keras engine. The service: times the requests of the same server that "
        "computes one text at a time (batches of one).",
    ]
    if results["absent"]:
        lines += ["", f"Not installed, so not measured: {', '.join(results['absent'])}."]
    return "\n".join(lines) + "\n"


def _verdict_row(line: Row) -> Sequence[str]:
    unit = " ms" if line["unit"] == "ms" else "x"
    target = f"at most {line['at_most']:g}" if "at_most" in line else f"at least {line['at_least']:g}"
    return (
        line["name"],
        WAYS[line["ours"]].title,
        WAYS[line["theirs"]].title if line["theirs"] else NOTHING,
        _figure(line["figure"]) + unit,
        "{} – {}".format(*map(_figure, line["interval"])),
        target + unit,
        verdict(line["met"]),
    )


def _milliseconds(row: Row) -> str:
    return _figure(1000 * row["median_seconds"])


def _quartiles(row: Row, factor: float) -> str:
    return " – ".join(_figure(factor * seconds) for seconds in row["quartiles_seconds"])


def _times(theirs: Sequence[float], ours: Sequence[float]) -> str:
    return _figure(ratio(theirs, ours).figure)


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
