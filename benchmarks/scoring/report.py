"""The tables of the benchmark of scoring."""

from typing import Any

from benchmarks.scoring.growth import WAITING
from benchmarks.tables import NOTHING, Columns, columns_of, measured_with
from sentiment.report.tables import markdown_table

Row = dict[str, Any]


def measured_columns(results: Row) -> Columns:
    """A row for each measurement."""
    rows = [
        [
            row["engine"],
            f"{row['workers']}",
            f"{row['rows']:,}",
            f"{row['seconds']:,.1f}",
            f"{row['processor_seconds']:,.1f}",
            f"{row['rows'] / row['seconds']:,.0f}",
            NOTHING if row["peak_bytes"] is None else f"{row['peak_bytes'] / 1e6:,.0f}",
        ]
        for row in results["measured"]
    ]
    return columns_of(["Engine", "Workers", "Rows", "Seconds", "Processor seconds", "Rows per second", "Peak MB"], rows)


def growth_columns(results: Row) -> Columns:
    """A row for each engine and number of workers: the start, the rate without it, and how straight the line is."""
    rows = []
    for engine, by_workers in results["growth"]["engines"].items():
        for workers, figures in by_workers.items():
            distance = figures["largest_distance_from_line"]
            rows.append(
                [
                    engine,
                    workers,
                    f"{figures['start_seconds']:.1f}",
                    f"{figures['rows_per_second']:,.0f}",
                    f"{figures['rows_per_processor_second']:,.0f}",
                    NOTHING if distance is None else f"{distance:.0%}",
                ]
            )
    return columns_of(
        [
            "Engine",
            "Workers",
            "Start, seconds",
            "Rows per second after it",
            "Rows per processor second",
            "Farthest from a line",
        ],
        rows,
    )


def plan_columns(results: Row) -> Columns:
    """The plan for a cluster, each figure with how it is reckoned."""
    plan = results["growth"]["plan"]
    each, workers, rows = plan["rows_per_second_of_a_worker"], plan["workers"], plan["rows"]
    minutes = {kind: seconds / 60 for kind, seconds in plan["planning_seconds"].items()}
    table = [
        ["Rows per second", f"{each * workers:,.0f}", f"{workers} workers of {each:,.0f}, those of a processor second"],
        ["Hours", f"{plan['seconds'] / 3600:.1f}", f"{rows:,} rows / rows per second / 3,600"],
        ["Core hours", f"{plan['core_hours']:,.0f}", "hours × workers"],
        ["Dollars", f"{plan['dollars']:.0f}", f"core hours × {plan['dollars_per_core_hour']} (assumed)"],
        ["Parts", f"{plan['parts']:,}", f"rows / {results['rows_per_part']:,}; as many files and receipts"],
        ["Seconds of a part", f"{plan['seconds_per_part']:.0f}", f"{results['rows_per_part']:,} / {each:,.0f}"],
        ["Seconds lost with a worker", f"{plan['seconds_lost_with_a_worker']:.0f}", f"at most {WAITING} parts"],
        ["GB read and written", f"{plan['gigabytes_in']:.0f} and {plan['gigabytes_out']:.0f}", "bytes per row × rows"],
        ["MB per second of storage", f"{plan['megabytes_per_second']:.0f}", "bytes per row × rows per second"],
        ["Minutes to plan Parquet", f"{minutes['parquet']:.1f}", "one process, footers alone"],
        ["Minutes to plan CSV", f"{minutes['csv']:.0f}", "one process, every byte"],
        ["Minutes to plan JSONL", f"{minutes['jsonl']:.0f}", "one process, every byte"],
    ]
    return columns_of(["100 million rows on 64 workers", "", "How"], table)


def crossing_in_words(results: Row) -> str:
    """From how many rows on a Ray that is started for the job is faster than threads on that machine."""
    rows = results["growth"]["ray_from_rows"]
    if not {"local", "ray"} <= set(results["growth"]["engines"]):
        return "Threads and Ray were not measured beside one another."
    if rows is None:
        return (
            "On that machine, threads are faster than a Ray that is started for the job, however many rows there are."
        )
    once = "" if results["settings"]["rounds"] > 1 else " Each size was measured once, so some per cent may be chance."
    some = round(rows, 2 - len(str(rows)))  # two digits: more would look like knowledge
    return (
        f"On that machine, a Ray that is started for the job is faster than threads from some {some:,} rows on.{once}"
    )


def markdown(results: Row) -> str:
    """The report."""
    loads = results["load_before"]
    measured = measured_with(results, ("python", "numpy", "onnxruntime"))
    load = f"{min(loads):.1f} to {max(loads):.1f}"
    introduction = (
        f"`sentiment score` with `{results['run']}` on Parquet files, each time a process of its own. A row has "
        f"{results['bytes_in_per_row']:.0f} bytes in them, and longer texts take longer. {measured}. The load of the "
        f"machine before each measurement was {load}: with a load above its cores it does other work, and seconds say "
        "little. Processor seconds and memory are those of all processes of a job; memory that they share counts for "
        "each."
    )
    smoke = ["**A smoke run: these figures say nothing.**", ""] if results["settings"]["smoke"] else []
    tables = [markdown_table(columns(results)) for columns in (measured_columns, growth_columns, plan_columns)]
    measurements, growth, plan = tables
    lines = [*smoke, introduction, "", *measurements, "", *growth, "", crossing_in_words(results), "", *plan]
    return "\n".join(lines) + "\n"
