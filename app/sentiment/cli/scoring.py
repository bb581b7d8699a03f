"""The command that scores more reviews than one process should: `score`."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from itertools import repeat
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment.cli.console import GOES_ON, ended_by_the_system, err, print_json, stopped
from sentiment.cli.options import (
    MODELS,
    DelimiterOption,
    EncodingOption,
    HeaderOption,
    JsonOption,
    ModelsOption,
    RunOption,
    noticed_once,
)

if TYPE_CHECKING:
    from sentiment.scoring.job import Receipt

_SECONDS_BETWEEN_LINES = 60.0  # in a log


def score(
    inputs: Annotated[
        list[str],
        typer.Option(
            "--input",
            help="Parquet, CSV, TSV or JSONL files: a path, a folder, a pattern in quotes, or an address such as "
            "s3://... Repeatable.",
        ),
    ],
    target: Annotated[
        str, typer.Option("--output", help="Folder, or its address, for a file with predictions from each part.")
    ],
    format_name: Annotated[
        str | None,
        typer.Option("--format", help="parquet, csv, tsv or jsonl. Default: as the input.", show_default=False),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            help="local: threads of this process; ray: actors of Ray, here or on a cluster. "
            "auto: ray with --address, else local."
        ),
    ] = "auto",
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Threads or actors. Default: one for each core, or CPU of a cluster."),
    ] = None,
    address: Annotated[
        str | None,
        typer.Option(
            help="A cluster of Ray that this machine is in: auto, or such as 10.0.0.1:6379. "
            "Default: Ray is started for this job."
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            "--text-column",
            help="Column of the text, by name or by number from 1. Repeatable: joined. Default: a usual name.",
        ),
    ] = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    header: HeaderOption = None,
    run: RunOption = None,
    threshold: Annotated[
        float,
        typer.Option(
            min=0.0, max=1.0, help="Probability from which a text is of the second of two classes, such as positive."
        ),
    ] = 0.5,
    uncertain: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Distance from the threshold below which it is uncertain.")
    ] = 0.0,
    rows_per_part: Annotated[
        int, typer.Option(min=1, help="Rows of a part, at most: what is done again after a kill.")
    ] = 8_192,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Score many or large files in parts, which a job that was stopped or killed goes on with."""
    from sentiment.data.files.options import LearntColumns, ReadingOptions
    from sentiment.runs.saved_run import find_run, qualified_name
    from sentiment.scoring.running import ScoreOptions, run_job
    from sentiment.support.progress import RowsProgress

    def watch(receipts: "Iterable[Receipt]", fraction: Callable[[], float]) -> "Iterator[Receipt]":
        """The receipts, with a bar that counts their rows; where there is no terminal, with a line now and then."""
        passed: list[Receipt] = []

        def rows() -> "Iterator[None]":
            for receipt in receipts:
                passed.append(receipt)
                yield from repeat(None, max(1, receipt.rows + receipt.rejected))

        last_line = time.monotonic()
        for _ in RowsProgress(err, fraction).watch(rows()):
            while passed:
                yield passed.pop()
                if not err.is_terminal and time.monotonic() - last_line > _SECONDS_BETWEEN_LINES:
                    last_line = time.monotonic()
                    err.print(f"{fraction():.1%} of the rows are scored", soft_wrap=True)

    with ended_by_the_system(), stopped(GOES_ON):
        saved = find_run(models, run)
        reading = ReadingOptions.named(column, encoding=encoding, delimiter=delimiter, header=header)
        learnt = LearntColumns.of_dataset(qualified_name(saved.folder), saved.record.dataset)
        options = ScoreOptions(
            tuple(inputs), target, replace(reading, learnt=learnt), format_name, engine, workers, address, threshold,
            uncertain, rows_per_part,
        )  # fmt: skip
        summary = run_job(saved, options, noticed_once(), watch)
    if as_json:
        print_json(json.dumps(asdict(summary)))
        return
    if summary.resumed:
        err.print(f"{summary.resumed:,} of {summary.parts:,} parts were finished by an earlier job", soft_wrap=True)
    parts = f"{summary.parts:,} part{'s' * (summary.parts != 1)}"
    err.print(f"scored {summary.rows:,} rows in {parts} into {summary.output}", soft_wrap=True)
