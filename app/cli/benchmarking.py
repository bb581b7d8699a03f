"""Commands that measure speed: `benchmark layers`, `benchmark predictions`."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.console import err, out, print_columns, print_json, say, stopped
from app.cli.options import (
    DATA,
    MODELS,
    JsonOption,
    LabelColumnOption,
    NegativeOption,
    PositiveOption,
    RejectsOption,
    TextColumnOption,
    read_reviews,
    require_no_columns,
)

if TYPE_CHECKING:
    from app.benchmark.record import Written

BenchmarkFolderOption = Annotated[
    Path | None,
    typer.Option(help="Where the files go. Default: models/benchmark/, or models/benchmark-smoke/ with --quick."),
]
QuickOption = Annotated[bool, typer.Option("--quick", help="A smoke run: tiny shapes, figures without meaning.")]


def benchmark_layers(
    folder: BenchmarkFolderOption = None, quick: QuickOption = False, as_json: JsonOption = False
) -> None:
    """Time our LSTM against those of Keras and torch, on this machine, which should do nothing else meanwhile."""
    from app.benchmark.layers import benchmark_layers as measure
    from app.benchmark.settings import Settings
    from app.benchmark.settings import quick as quick_settings
    from app.benchmark.table import memory_columns, verdict_columns

    settings = quick_settings() if quick else Settings()
    with stopped("nothing was written"):
        written = measure(_benchmark_folder(folder, quick), settings, say)
    _print_benchmark(written, (verdict_columns, memory_columns), as_json)


def benchmark_predictions(
    data: Annotated[
        Path | None,
        typer.Option(
            help="Reviews, as in train. Default: the archive in data/, else the bundled sample.",
            envvar="SENTIMENT_DATA",
        ),
    ] = None,
    reviews: Annotated[
        int | None, typer.Option(min=1, help="Reviews that are scored together. Default: 25,000.", show_default=False)
    ] = None,
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    positive: PositiveOption = None,
    negative: NegativeOption = None,
    rejects: RejectsOption = None,
    folder: BenchmarkFolderOption = None,
    quick: QuickOption = False,
    as_json: JsonOption = False,
) -> None:
    """Time verdicts against their peers: one review, many, a cold start, the service; nothing else should run."""
    from dataclasses import replace

    from app.benchmark.prediction_table import cold_start, many_reviews, service, short_verdicts
    from app.benchmark.predictions import benchmark_predictions as measure
    from app.benchmark.settings import PredictionSettings, quick_predictions
    from app.reviews import local_reviews

    settings = quick_predictions() if quick else PredictionSettings()
    if reviews:
        settings = replace(settings, reviews=reviews)
    with stopped("nothing was written"):
        if data:
            read = read_reviews(data, text_column, label_column, positive, negative, rejects)
        else:
            require_no_columns(text_column, label_column, positive, negative, rejects)
            read = local_reviews(DATA)
        written = measure(_benchmark_folder(folder, quick), read, settings, say)
    _print_benchmark(written, (short_verdicts, many_reviews, cold_start, service), as_json)


def _benchmark_folder(given: Path | None, quick: bool) -> Path:
    return given or MODELS / ("benchmark-smoke" if quick else "benchmark")


def _print_benchmark(
    written: "Written", tables: Iterable[Callable[[dict[str, Any]], list[tuple[str, list[str]]]]], as_json: bool
) -> None:
    if as_json:
        print_json(json.dumps(written.results, indent=1))
    else:
        for columns in tables:
            print_columns(columns(written.results))
        for absent in written.results["absent"]:
            out.print(f"not installed, so not measured: {absent}")
    for path in written.paths:
        err.print(f"wrote {path}", soft_wrap=True)
