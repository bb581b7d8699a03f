"""Commands that judge and compare what is saved: `evaluate`, `report`, `ensemble`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from sentiment.cli.console import (
    err,
    in_a_line,
    out,
    print_columns,
    print_json,
    print_report,
    print_shortcoming,
    print_warnings,
)
from sentiment.cli.options import (
    JsonOption,
    LabelColumnOption,
    ModelsOption,
    NegativeOption,
    PositiveOption,
    RejectsOption,
    RunsOption,
    TextColumnOption,
    read_reviews,
    require_no_columns,
)
from sentiment.support.paths import CACHE, MODELS
from sentiment.support.quiet import without_native_output

_DROPPABLE = ("Log loss", "95% interval", "Saved")  # of a table of evaluations, where the terminal is too narrow


def evaluate(
    run: RunsOption = None,
    data: Annotated[Path | None, typer.Option(help="Other reviews. Default: each run's own test split.")] = None,
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    positive: PositiveOption = None,
    negative: NegativeOption = None,
    rejects: RejectsOption = None,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Evaluate saved runs: on their test split, which rewrites the report, or on other reviews."""
    from sentiment.experiments.evaluation import evaluate_on, evaluate_own, rows
    from sentiment.report import write_report
    from sentiment.runs.saved_run import find_run, find_runs

    if not data:
        require_no_columns(text_column, label_column, positive, negative, rejects)
    runs = [find_run(models, run)] if run else find_runs(models)
    if any(saved.has_keras_model for saved in runs):
        with without_native_output():
            import keras  # noqa: F401
    # What keeps the one run that was asked for from being judged is an error, of one among many a note.
    skipped = None if run else lambda note: err.print(note, style="yellow", soft_wrap=True)
    if data:
        reviews = read_reviews(data, text_column, label_column, positive, negative, rejects)
        evaluations = evaluate_on(
            runs, reviews, skipped, notify=lambda note: err.print(note, style="yellow", soft_wrap=True)
        )
    else:
        evaluations = evaluate_own(runs, CACHE, skipped)
    # Where all runs were shipped, the report compares them with others that are not on this machine: it stays.
    judged_as_in_the_report = [] if data else [saved for saved in runs if saved.has_keras_model]
    for folder in sorted({saved.folder.parent for saved in judged_as_in_the_report}):
        written = write_report(folder)
        err.print(f"report: {written.html}")
    print_evaluations(rows(evaluations), as_json)


def report(
    dataset: Annotated[str, typer.Argument(help="Name of a folder in models/.")], models: ModelsOption = MODELS
) -> None:
    """Write the leaderboard and the report of a dataset again from what its runs have saved."""
    from sentiment.report import write_report

    print_report(write_report(models / dataset), as_json=False)


def ensemble(
    members: Annotated[
        list[str], typer.Argument(help="Saved runs of one dataset, and names of baselines such as nb-svm; two or more.")
    ],
    name: Annotated[str, typer.Option(help="Name of the ensemble.")],
    weighted: Annotated[
        bool, typer.Option("--weighted", help="Choose weights on the validation reviews. Default: all the same.")
    ] = False,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Measure what saved runs and baselines say together, the mean of their logits: a row of its own in the report."""
    from sentiment.report import write_report
    from sentiment.runs.ensembles import combine
    from sentiment.training.baselines import BASELINES

    made = combine(members, name, models, tuple(BASELINES), weighted=weighted)
    written = write_report(made.dataset_folder)
    if as_json:
        print_json(made.path.read_text(encoding="utf-8"))
    else:
        weights = ", ".join(f"{member.name} {member.weight:.2f}" for member in made.record.members)
        out.print(f"{name} ({weights}): {in_a_line(made.record.test)}", soft_wrap=True)
    print_shortcoming(name, made.record.test, as_json=as_json)
    for path in (made.path, written.html, written.leaderboard):
        err.print(f"wrote {path}", soft_wrap=True)


def print_evaluations(evaluated: list[dict[str, Any]], as_json: bool) -> None:
    """Prints the rows of `sentiment.experiments.evaluation.rows` as a table, or as JSON."""
    from sentiment.report.tables import share

    warnings = [f"{row['run']} {row['shortcoming']}" for row in evaluated if row["shortcoming"]]
    if as_json:
        print_json(json.dumps(evaluated, indent=2))
        print_warnings(warnings, as_json=True)
        return
    out.print(f"On {', '.join(dict.fromkeys(row['reviews'] for row in evaluated))}:", soft_wrap=True)
    several = len({row["reviews"] for row in evaluated}) > 1  # a run's own test split among them
    columns = {
        "Run": [row["run"] for row in evaluated],
        "On": [row["reviews"] if several else "" for row in evaluated],
        "Reviews": [f"{row['number']:,}" for row in evaluated],
        "Left out": [f"{row['left_out']:,}" if row["left_out"] else "" for row in evaluated],
        "Accuracy": [f"{row['accuracy']:.2%}" for row in evaluated],
        "95% interval": ["{:.2f}–{:.2f}".format(*(100 * end for end in row["accuracy_ci95"])) for row in evaluated],
        "Recall, negative": [share(row["recall_negative"]) for row in evaluated],
        "Recall, positive": [share(row["recall_positive"]) for row in evaluated],
        "Log loss": [f"{row['log_loss']:.3f}" for row in evaluated],
        "Saved": ["" if row["saved_accuracy"] is None else f"{row['saved_accuracy']:.2%}" for row in evaluated],
    }
    columns = {header: cells for header, cells in columns.items() if any(cells)}
    # The sentence below has the number of reviews, and an accuracy that is the saved one need not stand there twice.
    redundant = ["Reviews"] if len({row["number"] for row in evaluated}) == 1 else []
    redundant += ["Saved"] if columns.get("Saved") == columns["Accuracy"] else []
    dropped = print_columns(list(columns.items()), list(dict.fromkeys([*redundant, *_DROPPABLE])))
    if missing := [header for header in dropped if header not in redundant]:
        err.print(f"no room here for: {', '.join(missing)}; --json has every figure", soft_wrap=True)
    if "Left out" in columns:
        out.print("Left out: reviews that a run has learnt from, which it may remember.", soft_wrap=True)
    for sentence in dict.fromkeys(row["balance"] for row in evaluated):
        out.print(sentence, soft_wrap=True)
    for row in evaluated:
        if row.get("unknown"):
            out.print(
                f"{row['run']} knows too little of {row['unknown']:,} of the {row['number']:,} reviews: a prediction "
                "calls them uncertain. Here they count by their probability.",
                soft_wrap=True,
            )
    print_warnings(warnings, as_json=False)
