"""The tables of scaling."""

from typing import Any

from benchmarks.tables import Columns, columns_of, measured_with, page, verdict


def worker_columns(results: dict[str, Any]) -> Columns:
    """A row for each batch and number of workers: time of a step, and how often faster than with one."""
    alone = {each["batch_size"]: each["seconds"] for each in results["workers"] if each["workers"] == 1}
    rows = []
    for figures in results["workers"]:
        count, faster = figures["workers"], alone[figures["batch_size"]] / figures["seconds"]
        rows.append(
            [
                str(figures["batch_size"]),
                str(count),
                f"{1000 * figures['seconds']:.0f} ms",
                f"{1000 * figures['processor_seconds']:.0f} ms",
                f"{faster:.2f}",
                f"{faster / count:.0%}",
                verdict(None if count != 2 else faster >= results["target"]),
            ]
        )
    headers = [
        "Reviews a step",
        "Workers",
        "Step",
        "Processor time of a worker",
        "Times faster",
        "Efficiency",
        "Target",
    ]
    return columns_of(headers, rows)


def memory_columns(results: dict[str, Any]) -> Columns:
    """A row for each number of reviews: peak memory."""
    rows = [
        [f"{row['reviews']:,}", *(f"{row[name] / 1e6:,.0f} MB" for name in ("file_bytes", "shard_bytes", "read_bytes"))]
        for row in results["memory"]
    ]
    return columns_of(["Reviews", "File", "Peak of `sentiment shard`", "Peak of an epoch"], rows)


def markdown(results: dict[str, Any]) -> str:
    """The report."""
    introduction = (
        "Steps of a pretraining by several workers, each with one core and one thread, and the memory that shards take."
    )
    measured = measured_with(results, ("keras", "tensorflow", "torch"))
    explanation = (
        f"A step reads the same batch, whatever the number of workers; a pretraining takes "
        f"{results['usual_batch_size']} reviews, unless it is told otherwise. Target: {results['target']} times "
        "faster with two. Of the processor time, waiting for others is no part. Random texts. When this began, "
        f"{results['load_before']:.1f} other programs computed. {measured}."
    )
    return page(results, introduction, (worker_columns, memory_columns), explanation)
