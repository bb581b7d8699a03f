"""The command line: `python -m benchmarks layers`, `predictions`, `behaviour`, `adapt`, `scoring` and others."""

import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sentiment.cli import run
from sentiment.cli.console import err, out, print_columns, print_json, say, stopped
from sentiment.cli.experiments.label_efficiency import counted
from sentiment.cli.options import MODELS, JsonOption, ModelsOption, ReviewsOptions, reads_reviews
from sentiment.errors import UserError
from sentiment.support.paths import data_folder, models_folder

if TYPE_CHECKING:
    from benchmarks.behaviour.classifiers import Classifier
    from benchmarks.results import Written
    from benchmarks.tables import Columns

FolderOption = Annotated[
    Path | None,
    typer.Option(help="Where the files go. Default: models/benchmark/, or models/benchmark-smoke/ with --quick."),
]
QuickOption = Annotated[bool, typer.Option("--quick", help="A smoke run: tiny shapes, figures without meaning.")]


app = typer.Typer(help="Speed and behaviour, side by side, in one run.", no_args_is_help=True, add_completion=False)


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
@reads_reviews(
    data="Reviews that the linear model learns from, such as the aclImdb archive. Default: the archive in data/.",
    without=("train", "validation", "test"),
)
def behaviour(
    reviews_options: ReviewsOptions,
    run: Annotated[
        list[str] | None,
        typer.Option(
            "--run", help="A saved run, repeatable; nothing is written without --folder. Default: the shipped."
        ),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Where the files go. Default: models/benchmark/.", show_default=False)
    ] = None,
    floors: Annotated[
        Path | None, typer.Option(help="Raise the floors in this file of the tests to what is measured now.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Test how classifiers read: negation, comparison, questions and others, each on texts made by frames."""
    from benchmarks.behaviour.floors import raise_floors
    from benchmarks.behaviour.report import by_capability, by_domain, by_kind, by_set
    from benchmarks.behaviour.suite import measure, write
    from benchmarks.results import Written

    classifiers, absent = _tested(run, reviews_options)
    results = measure(classifiers, absent, say)
    goes_to = folder or (None if run else _folder(None, quick=False))
    written = write(goes_to, results) if goes_to else Written(results, ())
    if floors:
        raise_floors(floors, results)
        written = Written(results, (*written.paths, floors))
    sets = [partial(by_set, texts=texts) for texts in ("typed", "contrast", "sentences")]
    _print(written, (by_capability, by_kind, by_domain, *sets), as_json)


@app.command()
def behaviour_texts(
    file: Annotated[Path, typer.Argument(help="CSV file to write: review, label, capability.")],
    per_frame: Annotated[int, typer.Option(min=1, help="Most texts of a frame.")] = 60,
    seed: Annotated[int, typer.Option(help="Of the words.")] = 0,
    two_classes: Annotated[bool, typer.Option("--two-classes", help="Leave out neutral texts.")] = False,
) -> None:
    """Write labelled texts to train on, in other forms than those that `behaviour` tests with."""
    from benchmarks.behaviour.training_texts import write_training_texts

    texts = write_training_texts(file, per_frame, seed, two_classes=two_classes)
    err.print(f"wrote {texts:,} texts to {file}", soft_wrap=True)


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


@app.command()
def by_domain(
    reviews: Annotated[Path, typer.Option("--data", help="The folder of reviews.parquet.")],
    archive: Annotated[str, typer.Option(help="The Large Movie Review Dataset: an archive or a folder.")],
    run: Annotated[
        list[str] | None, typer.Option("--run", help="A saved run, repeatable. Default: the shipped.")
    ] = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure saved runs in each domain of the everyday model's corpus, beside a linear model of the same texts."""
    from benchmarks.by_domain.benchmark import benchmark_domains
    from benchmarks.by_domain.report import class_columns, domain_columns
    from sentiment.everyday.corpus import read_corpus
    from sentiment.inference.predictor import Predictor
    from sentiment.runs.default_run import SHIPPED_RUNS

    predictors = [Predictor.load(name) for name in run or SHIPPED_RUNS]
    with stopped("nothing was written"):
        written = benchmark_domains(_folder(folder, False), read_corpus(reviews, archive), predictors, say)
    _print(written, (domain_columns, class_columns), as_json)


@app.command()
def scoring(
    reviews: Annotated[
        str | None,
        typer.Option(
            "--data",
            help="A file with texts, which are taken again and again. Default: the archive in data/, or the sample.",
        ),
    ] = None,
    rows: Annotated[str, typer.Option(help="Rows of the files, separated by commas.")] = "10000,100000,1000000",
    workers: Annotated[str, typer.Option(help="Threads or actors, separated by commas.")] = "1,2",
    engine: Annotated[
        list[str] | None,
        typer.Option("--engine", help="local or ray, repeatable. Default: both, if Ray is installed."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds, of which the fastest counts.")] = 1,
    run: Annotated[str | None, typer.Option("--run", help="A saved run. Default: the default run.")] = None,
    folder: FolderOption = None,
    quick: QuickOption = False,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Time `sentiment score` by rows and workers, and plan a cluster. Nothing else should run meanwhile."""
    from itertools import islice

    from benchmarks.scoring.measuring import ScoringSettings, benchmark_scoring, engines_here, quick_settings
    from benchmarks.scoring.report import growth_columns, measured_columns, plan_columns
    from sentiment.data.files import read_rows
    from sentiment.data.reviews import local_reviews
    from sentiment.runs.saved_run import find_run

    counts, threads = (tuple(counted(typed, option)) for typed, option in ((rows, "--rows"), (workers, "--workers")))
    settings = quick_settings() if quick else ScoringSettings(counts, threads, tuple(engine or engines_here()), rounds)
    if reviews:
        texts = [row.text for row in islice(read_rows(reviews).rows, max(settings.rows))]
    else:
        texts = local_reviews(data_folder()).table["text"].tolist()
    with stopped("nothing was written"):
        written = benchmark_scoring(_folder(folder, quick), texts, find_run(models, run), settings, say)
    _print(written, (measured_columns, growth_columns, plan_columns), as_json)


@app.command()
def scaling(folder: FolderOption = None, quick: QuickOption = False, as_json: JsonOption = False) -> None:
    """Time a pretraining with several workers, and measure the memory of shards. Nothing else should run meanwhile."""
    from benchmarks.scaling.benchmark import ScalingSettings, benchmark_scaling, quick_settings
    from benchmarks.scaling.report import memory_columns, worker_columns

    settings = quick_settings() if quick else ScalingSettings()
    with stopped("nothing was written"):
        written = benchmark_scaling(_folder(folder, quick), settings, say)
    _print(written, (worker_columns, memory_columns), as_json)


def _tested(names: list[str] | None, reviews_options: ReviewsOptions) -> "tuple[list[Classifier], list[str]]":
    """The saved runs, the linear model where there are reviews for it, and the word list; and what is left out."""
    from benchmarks.behaviour.classifiers import linear_model, saved_run, word_list
    from sentiment.data.parts import SAMPLE_NAME
    from sentiment.data.reviews import local_reviews
    from sentiment.inference.predictor import Predictor
    from sentiment.runs.default_run import SHIPPED_RUNS
    from sentiment.runs.saved_run import qualified_name

    predictors = [Predictor.load(name) for name in names or SHIPPED_RUNS]
    runs = [saved_run(predictor, qualified_name(predictor.run.folder)) for predictor in predictors]
    reviews = reviews_options.read() if reviews_options.source else local_reviews(data_folder())
    if not reviews_options.source and reviews.name == SAMPLE_NAME:  # generated, too
        reason = "the linear model, as there are no reviews for it to learn from; name them with --data"
        return [*runs, word_list()], [reason]
    say(f"fitting the linear model to {reviews.name}")
    return [*runs, linear_model(reviews), word_list()], []


@app.command()
def adapt(
    reviews: Annotated[Path, typer.Argument(help="The folder of reviews.parquet.")],
    labels: Annotated[str, typer.Option(help="Labels in a draw, separated by commas.")] = "30,100,300,1000,3000",
    draws: Annotated[int, typer.Option(min=1, help="Random draws of each size.")] = 3,
    domain: Annotated[list[str] | None, typer.Option(help="A domain. Repeatable. Default: all.")] = None,
    validation: Annotated[
        bool, typer.Option("--validation", help="Measure on the validation split, to choose by.")
    ] = False,
    minutes: Annotated[
        float | None,
        typer.Option(min=0, help="Begin nothing after so many; go on the next time. Default: no end."),
    ] = None,
    folder: FolderOption = None,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Measure shipped models that learn few labels of other domains, beside linear models and other networks."""
    from benchmarks.adaptation.benchmark import DOMAINS, AdaptationSettings, benchmark_adaptation
    from benchmarks.adaptation.report import accuracy_columns, constant_columns, lead_columns

    counts = counted(labels, "--labels")
    if unknown := [name for name in domain or () if name not in DOMAINS]:
        raise UserError(f"expected domains of {'; '.join(DOMAINS)}; found {unknown[0]}")
    settings = AdaptationSettings(
        counts, draws, "validation" if validation else "test", domain or tuple(DOMAINS), minutes
    )
    with stopped("the same command goes on from what is done"):
        written = benchmark_adaptation(_folder(folder, False), reviews, models, settings, say)
    _print(written, (constant_columns, accuracy_columns, lead_columns), as_json)


def _folder(folder: Path | None, quick: bool) -> Path:
    return folder or models_folder() / ("benchmark-smoke" if quick else "benchmark")


def _print(written: "Written", tables: "Iterable[Callable[[dict[str, Any]], Columns]]", as_json: bool) -> None:
    from benchmarks.tables import without_names

    if as_json:
        print_json(json.dumps(written.results, indent=1))
    else:
        for columns in tables:
            print_columns(without_names(columns(written.results)))
        for absent in written.results.get("absent", ()):
            out.print(f"not measured: {absent}", soft_wrap=True)
    for path in written.paths:
        err.print(f"wrote {path}", soft_wrap=True)


if __name__ == "__main__":
    run(app)
