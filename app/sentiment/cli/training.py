"""Commands that train: `train`, `adapt`, `pretrain`."""

import dataclasses
import importlib
import json
import os
from collections.abc import Sequence
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
    stopped,
)
from sentiment.cli.experiments.engines import AddressOption, TasksOption, WorkersOption, engine_of
from sentiment.cli.options import MODELS, JsonOption, ModelsOption, ReviewsOptions, RunOption, notice, reads_reviews
from sentiment.config import (
    ARCHITECTURE_NAMES,
    PRESETS,
    SIZES_OF_ENCODER,
    Config,
    PretrainingConfig,
    customised,
    default_preset,
    parse_settings,
)
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
    workers: WorkersOption = None,
    address: AddressOption = None,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Train the architectures on reviews, compare them with linear models, and write the report."""
    from sentiment.training.idle_settings import require_effect

    trainer = engine_of(engine, workers, address)
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
        written = write_report(plan.folder, runs[0].name)
        best_first = sorted(runs, key=lambda run: run.record.validation["log_loss"] if run.record.validation else inf)
        shipped = beside_shipped(splits, best_first[0])
    print_report(written, as_json)
    for sentence in filter(None, (why_not_the_first(written.rows, best_first[0]), shipped)):
        (err if as_json else out).print(sentence, soft_wrap=True)
    say(f"read the report: {written.html.resolve().as_uri()}")
    say_what_answers(models, [f"{reviews.name}/{run.name}" for run in best_first])


def require_known_dtype(dtype: str) -> None:
    """Checks the variable of the LSTM layer before the reviews are read; Keras is imported only where it is set."""
    if "SENTIMENT_LSTM" in os.environ:
        with without_native_output():
            from sentiment.layers.fast.selection import require_known_path
        require_known_path("bfloat16" if dtype == "mixed_bfloat16" else "float32")


def names_in(only: str | None) -> list[str] | None:
    """The names in the option --only; None for all."""
    return None if only is None else [name.strip() for name in only.split(",")]


def say_what_answers(models: Path, trained: Sequence[str]) -> None:
    """Says which run answers where none is named, which training does not change, and how a new one is used.

    Args:
        models: the folder of all datasets.
        trained: dataset/name of runs; the first one that is there is the example.
    """
    from sentiment.runs.default_run import command_in, default_run
    from sentiment.runs.saved_run import qualified_name, run_folders

    names = [qualified_name(folder) for folder in run_folders(models)]
    try:
        default = default_run(models, names)
    except RunError as error:
        err.print(str(error), style="yellow", soft_wrap=True)
        return
    if default:
        err.print(f"{default.name} answers where no run is named: {default.why}", soft_wrap=True)
    else:
        err.print("no run answers yet where none is named", soft_wrap=True)
    example = next((name for name in trained if name in names), None)
    if example:
        is_default = default is not None and default.name == example
        asked = command_in(models, "predict" if is_default else f"predict --run {example}")
        err.print(f'ask {example}: {asked} "A fine film."', soft_wrap=True)
        err.print(f"judge a file: {asked} --input FILE --output verdicts.csv", soft_wrap=True)
    if example and not is_default:
        err.print(f"make it the default: {command_in(models, f'use {example}')}", soft_wrap=True)


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


@reads_reviews()
def pretrain(
    reviews_options: ReviewsOptions,
    name: Annotated[str, typer.Option(help="Name of the encoder's folder.")] = "encoder",
    setting: Annotated[list[str] | None, typer.Option("--set", help="Change a setting: units=256. Repeatable.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=1, help="Stop after so many, and continue the next time. Default: to the end.")
    ] = None,
    beside: Annotated[
        Path | None, typer.Option(help="For reads=bilstm: the encoder that reads forward; the backward half is learnt.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Train again what is already there.")] = False,
    models: ModelsOption = MODELS,
) -> None:
    """Learn from the training reviews without their labels: a language model whose encoder classifiers start from."""
    from sentiment.runs.results import require_name

    with without_native_output():
        from sentiment.data.splits import split
        from sentiment.support.threads import settle
        from sentiment.training.encoders import load_encoder
        from sentiment.training.pretraining import labelled_corpus, require_its_place, unlabelled_corpus
        from sentiment.training.pretraining import pretrain as pretrained

    require_name(name)
    chosen = parse_settings(setting or [], dataclasses.fields(PretrainingConfig))
    config = PretrainingConfig(**chosen)
    require_known_dtype(config.dtype)
    forward = load_encoder(beside) if beside else None
    reviews = reviews_options.read(labels_wanted=False)
    require_writable(models / reviews.name)
    settle(loops=config.reads == "gru")
    with long_work() as report:
        labelled = reviews.table["label"].notna().any()
        # Split as classifiers will be, so that nothing of their validation and test splits is read.
        corpus = labelled_corpus(split(reviews, **Config().split)) if labelled else unlabelled_corpus(reviews)
        report.note(corpus.account)
        target = models / reviews.name / name
        if not again:
            require_its_place(target, corpus, config, forward)
        encoder = pretrained(corpus, config, target, report, minutes, beside=forward, again=again, chosen=chosen)
    if encoder is None:
        err.print("the minutes are over and the state is saved; run the same command to continue")
        return
    perplexity = encoder.metrics["held_out_perplexity"]
    out.print(f"{encoder.folder}: perplexity {perplexity:.1f} on held-out reviews", soft_wrap=True)
