"""Commands that train: `train`, `adapt`."""

import dataclasses
import importlib
import json
from math import inf
from pathlib import Path
from typing import Annotated

import typer

from sentiment.cli.console import (
    ended_by_the_system,
    err,
    long_work,
    out,
    print_columns,
    print_json,
    print_report,
    print_shortcoming,
    say,
    say_what_answers,
    stopped,
)
from sentiment.cli.experiments.engines import AddressOption, TasksOption, WorkersOfTrainOption, engine_of
from sentiment.cli.large.sharding import shards_of
from sentiment.cli.large.training import train_from
from sentiment.cli.large.workers import is_worker
from sentiment.cli.options import (
    MODELS,
    JsonOption,
    ModelsOption,
    ReviewsOptions,
    RunOption,
    notice,
    reads_reviews,
    require_known_dtype,
)
from sentiment.config import (
    ARCHITECTURE_NAMES,
    PRESETS,
    SIZES_OF_ENCODER,
    Config,
    customised,
    default_preset,
)
from sentiment.distributed.workers import size_in_environment
from sentiment.errors import RunError, UserError
from sentiment.support.extras import naming_the_extra
from sentiment.support.quiet import without_native_output
from sentiment.support.storage import require_writable

_NAMES = ", ".join(ARCHITECTURE_NAMES)
_DROPPABLE_FIGURES = ("Log loss", "95% interval")


@reads_reviews()
def train(
    reviews_options: ReviewsOptions,
    preset: Annotated[
        str | None,
        typer.Option(help=f"Named settings: {', '.join(PRESETS)}. Default: what fits the reviews and the encoder."),
    ] = None,
    only: Annotated[str | None, typer.Option(help=f"Of {_NAMES}, separated by commas. Default: all four.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Train each architecture with the seeds 1 to this.")] = 1,
    setting: Annotated[list[str] | None, typer.Option("--set", help="Change a setting: units=64. Repeatable.")] = None,
    class_weights: Annotated[
        str | None, typer.Option(help="balanced: every class counts the same, however few reviews it has.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Train runs again that are already there.")] = False,
    baselines: Annotated[bool, typer.Option(help="Fit the linear baselines, too.")] = True,
    from_pretrained: Annotated[
        list[Path] | None,
        typer.Option(
            help="Start from this pretrained encoder, the folder that pretrain wrote, or from the network of a saved "
            "run, such as imdb/flagship. Repeatable."
        ),
    ] = None,
    teacher: Annotated[
        list[str] | None, typer.Option(help="A saved run, or nb-svm, to learn from beside the labels. Repeatable.")
    ] = None,
    engine: TasksOption = "serial",
    workers: WorkersOfTrainOption = None,
    address: AddressOption = None,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Train the architectures on reviews, compare them with linear models, and write the report."""
    from sentiment.config.idle_settings import require_effect

    shards = shards_of(reviews_options)
    trainer = engine_of(engine, None if shards else workers, address)
    settings = [*(setting or []), *([f"class_weights={class_weights}"] if class_weights else [])]
    chosen = [text.partition("=")[0] for text in settings]
    first = customised(preset or "standard", settings)
    if preset or settings:  # a mistake is reported before the reviews are read
        require_effect(chosen, first, encoder=bool(from_pretrained), teachers=bool(teacher))
    sizes = [text for text, name in zip(settings, chosen, strict=True) if name in SIZES_OF_ENCODER]
    if sizes and from_pretrained:
        raise UserError(
            f"expected no sizes beside an encoder, which has its own; found {', '.join(sizes)}; leave them out, or "
            "pretrain an encoder of that size"
        )
    require_known_dtype(first.model.dtype)
    if shards:
        if engine != "serial":
            raise UserError(
                f"expected --workers alone with shards, which one training reads; found --engine {engine}; leave it out"
            )
        train_from(shards, preset, settings, names_in(only), seeds, from_pretrained or (), models,
                   again=again, teacher=teacher, workers=workers or 1, as_json=as_json)  # fmt: skip
        return
    if is_worker():
        raise UserError(
            "expected one process to train on reviews in memory; found WORLD_SIZE="
            f"{size_in_environment()}, of which each would do the same; start the command once, without torchrun, "
            "or train on shards, see sentiment shard"
        )
    reviews = reviews_options.read()
    with without_native_output():
        from sentiment.data.splits import split
        from sentiment.experiments.briefing import (
            advice_for_few,
            beside_shipped,
            sources_for_few,
            why_not_the_first,
        )
        from sentiment.experiments.comparison import run_plan
        from sentiment.experiments.plan import plan_comparison
        from sentiment.report import write_report
        from sentiment.report.leaderboard import write_shipped
        from sentiment.runs.saved_run import find_run
        from sentiment.training.baselines import BASELINES
        from sentiment.training.encoders import load_start, preset_from
    encoders = [load_start(models, place) for place in from_pretrained or ()]
    label_count = reviews.label_count(Config().training.test_fraction)
    default = preset_from(encoders, label_count) if encoders else default_preset(reviews.name)
    config = customised(preset or default, settings)
    named = set(reviews.table["split"])
    require_effect(chosen, config, encoder=bool(encoders), teachers=bool(teacher), splits=named)
    if not encoders and config.training.encoder_rate != Config().training.encoder_rate:
        notice(f"{config.preset} without --from-pretrained: all weights are fresh, and encoder_rate changes nothing")
    with long_work() as report:
        splits = split(reviews, **config.split)
        plan = plan_comparison(
            splits, config, names_in(only), range(1, seeds + 1), models,
            again=again, baselines=baselines, encoders=encoders, chosen=chosen,
            teachers=[name if name in BASELINES else find_run(models, name) for name in teacher or ()],
        )  # fmt: skip
        if reviews_options.source and not encoders and not teacher and not all(job.done for job in plan.trainings):
            for line in advice_for_few(reviews_options.arguments(), *sources_for_few(splits, models), models):
                report.note(line)
        runs = run_plan(plan, report, trainer)
        best_first = sorted(runs, key=lambda run: run.record.validation["log_loss"] if run.record.validation else inf)
        try:
            beside = beside_shipped(splits, best_first[0])
        except RunError as error:  # of the shipped model: no reason to lose the rest
            report.note(str(error))
            beside = None
        except KeyboardInterrupt:  # it takes a while where there are many test reviews
            write_report(plan.folder, runs[0].name)
            raise
        write_shipped(plan.folder, beside.measured if beside else None)
        written = write_report(plan.folder, runs[0].name)
    print_report(written, as_json)
    for sentence in filter(None, (why_not_the_first(written.rows, best_first[0]), beside and beside.sentence)):
        (err if as_json else out).print(sentence, soft_wrap=True)
    say(f"read the report: {written.html.resolve().as_uri()}")
    say_what_answers(models, [f"{reviews.name}/{run.name}" for run in best_first])


def names_in(only: str | None) -> list[str] | None:
    """The names in the option --only; None for all."""
    return None if only is None else [name.strip() for name in only.split(",")]


@reads_reviews()
def adapt(
    reviews_options: ReviewsOptions,
    run: RunOption = None,
    name: Annotated[str, typer.Option(help="Name of the new run's folder, beside other runs of these reviews.")] = (
        "adapted"
    ),
    deep: Annotated[
        bool, typer.Option("--deep", help="Train the other weights, too. Needs the extra train and about a minute.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Write among runs of another file of that name, or replace one of them.")
    ] = False,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Fit a saved run to your own reviews and classes in seconds: its network with a new last layer."""
    if not reviews_options.source:
        raise UserError("expected your labelled reviews; found none; name their file with --data")
    if deep:  # before the reviews are read
        with naming_the_extra(), without_native_output():
            importlib.import_module("sentiment.teaching.fine_tuning")
    with naming_the_extra("adapt"), ended_by_the_system(), stopped("nothing was written"):
        from sentiment.data.dataset import account
        from sentiment.data.splits import split
        from sentiment.experiments.adaptation import adapt as adapted_to
        from sentiment.experiments.places import require_one_source
        from sentiment.runs.saved_run import find_run, qualified_name
        from sentiment.support.progress import ProgressBar

        source = find_run(models, run)
        reviews = reviews_options.read()
        splits = split(reviews, **Config().split)
        folder = models / reviews.name
        require_writable(folder)
        if not again:
            require_one_source(folder, splits.dataset)
        err.print(account(dataclasses.asdict(splits.dataset)), soft_wrap=True)
        if deep:
            with ProgressBar(err) as report:
                made = adapted_to(source, splits, folder, name, notice, report)
        else:
            made = adapted_to(source, splits, folder, name, notice)
    new = qualified_name(made.run.folder)
    if as_json:
        written = {"run": new, "from": qualified_name(source.folder), "test": made.compared, "sentence": made.sentence}
        print_json(json.dumps(written, indent=2, ensure_ascii=False))
    else:
        figures = list(made.compared.values())
        columns = [
            ("Classifier", list(made.compared)),
            ("Accuracy", [f"{test['accuracy']:.2%}" for test in figures]),
            ("95% interval", ["–".join(f"{100 * end:.1f}" for end in test["accuracy_ci95"]) for test in figures]),
            ("Macro F1", [f"{test['macro_f1']:.3f}" for test in figures]),
            ("Log loss", [f"{test['log_loss']:.3f}" for test in figures]),
        ]
        if splits.classes.is_graded:
            columns.insert(-1, ("Mean error", [f"{test['mean_absolute_error']:.3f}" for test in figures]))
        print_columns(columns, _DROPPABLE_FIGURES)
        out.print(made.sentence, soft_wrap=True)
        out.print(made.cross_validated, soft_wrap=True)
    if made.advice:
        err.print(made.advice, soft_wrap=True)
    print_shortcoming(made.run.record, as_json=as_json)
    err.print(f"wrote {made.run.folder}", soft_wrap=True)
    say_what_answers(models, [new])
