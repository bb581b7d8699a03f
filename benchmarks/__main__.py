"""The command line: `python -m benchmarks layers`, `predictions`, or `domains`."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sentiment.cli import run
from sentiment.cli.console import err, out, print_columns, print_json, say, stopped
from sentiment.cli.options import JsonOption, ReviewsOptions, reads_reviews
from sentiment.support.paths import data_folder, models_folder

if TYPE_CHECKING:
    from benchmarks.results import Written
    from benchmarks.tables import Columns

FolderOption = Annotated[
    Path | None,
    typer.Option(help="Where the files go. Default: models/benchmark/, or models/benchmark-smoke/ with --quick."),
]
QuickOption = Annotated[bool, typer.Option("--quick", help="A smoke run: tiny shapes, figures without meaning.")]


app = typer.Typer(help="Speed, side by side, in one run.", no_args_is_help=True, add_completion=False)


@app.command()
def layers(folder: FolderOption = None, quick: QuickOption = False, as_json: JsonOption = False) -> None:
    """Time our LSTM against those of Keras and torch. Nothing else should run on this machine meanwhile."""
    from benchmarks.layers.benchmark import benchmark_layers
    from benchmarks.layers.contenders import Settings, quick_settings
    from benchmarks.layers.report import memory_columns, target_columns

    settings = quick_settings() if quick else Settings()
    with stopped("nothing was written"):
        written = benchmark_layers(_folder(folder, quick), settings, say)
    _print(written, (target_columns, memory_columns), as_json)


@app.command()
@reads_reviews(without=("train", "validation", "test"))
def predictions(
    reviews_options: ReviewsOptions,
    reviews: Annotated[
        int | None, typer.Option(min=1, help="Reviews that are scored together. Default: 25,000.", show_default=False)
    ] = None,
    folder: FolderOption = None,
    quick: QuickOption = False,
    as_json: JsonOption = False,
) -> None:
    """Time predictions: one review, many, a cold start, the service. Nothing else should run meanwhile."""
    from dataclasses import replace

    from benchmarks.predictions.benchmark import benchmark_predictions
    from benchmarks.predictions.predictors import PredictionSettings, quick_settings
    from benchmarks.predictions.report import cold_start, many_reviews, service, target_columns
    from sentiment.data.reviews import local_reviews

    settings = quick_settings() if quick else PredictionSettings()
    if reviews:
        settings = replace(settings, reviews=reviews)
    with stopped("nothing was written"):
        read = reviews_options.read() if reviews_options.source else local_reviews(data_folder())
        written = benchmark_predictions(_folder(folder, quick), read, settings, say)
    _print(written, (target_columns, many_reviews, cold_start, service), as_json)


@app.command()
def domains(
    folder: Annotated[Path, typer.Argument(help="The folder of reviews.parquet.")],
    target: Annotated[
        Path | None, typer.Option(help="Where the files go. Default: domains/ in the data folder.")
    ] = None,
) -> None:
    """Write reviews of four other domains as files, to compare classifiers of several classes on them."""
    from benchmarks.domains import DOMAINS, write_domains

    for name, path in write_domains(folder, target or data_folder() / "domains").items():
        out.print(f"sentiment train --data {path} {DOMAINS[name].options}".rstrip(), soft_wrap=True, markup=False)


def _folder(folder: Path | None, quick: bool) -> Path:
    return folder or models_folder() / ("benchmark-smoke" if quick else "benchmark")


def _print(written: "Written", tables: "Iterable[Callable[[dict[str, Any]], Columns]]", as_json: bool) -> None:
    from benchmarks.tables import without_names

    if as_json:
        print_json(json.dumps(written.results, indent=1))
    else:
        for columns in tables:
            print_columns(without_names(columns(written.results)))
        for absent in written.results["absent"]:
            out.print(f"not installed, so not measured: {absent}")
    for path in written.paths:
        err.print(f"wrote {path}", soft_wrap=True)


if __name__ == "__main__":
    run(app)
