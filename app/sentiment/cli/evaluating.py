"""Commands that judge and compare saved runs: `evaluate`, `report`, `ensemble`."""

import json
from typing import Annotated, Any

import typer

from sentiment.cli.console import (
    accuracy_in_words,
    err,
    out,
    print_columns,
    print_json,
    print_note,
    print_report,
    print_shortcoming,
    print_warnings,
    with_recall,
)
from sentiment.cli.options import (
    MODELS,
    JsonOption,
    ModelsOption,
    ReviewsOptions,
    RunsOption,
    notice,
    noticed_once,
    reads_reviews,
)
from sentiment.support.paths import cache_folder
from sentiment.support.quiet import without_native_output

_DROPPABLE = (
    "Kappa",
    "Log loss",
    "Saved",
    "95% interval",
)  # columns that a narrow terminal may lack, the first one first


@reads_reviews(
    data="Other labelled reviews. Default: the test split of each run.", without=("train", "validation", "test")
)
def evaluate(
    reviews_options: ReviewsOptions,
    run: RunsOption = None,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Evaluate saved runs: on their test split, which rewrites the report, or on other reviews."""
    from sentiment.experiments.evaluation import evaluate_as_learnt, evaluate_own, rows
    from sentiment.report import write_report
    from sentiment.runs.saved_run import find_run, find_runs

    data = reviews_options.source
    runs = [find_run(models, run)] if run else find_runs(models)
    if any(saved.has_keras_model for saved in runs):
        with without_native_output():
            import keras  # noqa: F401
    on_skip = None if run else notice  # a named run that cannot be evaluated is an error
    if data:
        notify = noticed_once()  # several runs may read the file in the same way
        evaluations = evaluate_as_learnt(
            runs, lambda saved: reviews_options.read(as_learnt=saved, notify=notify), on_skip, notify
        )
    else:
        evaluations = evaluate_own(runs, cache_folder(), on_skip)
        # Not where all runs are shipped ones: their report compares them with runs that are not on this machine.
        for folder in sorted({saved.folder.parent for saved in runs if saved.has_keras_model}):
            written = write_report(folder)
            print_note(written)
            err.print(f"report: {written.html}")
    print_evaluations(rows(evaluations), as_json)


def report(
    dataset: Annotated[str, typer.Argument(help="A folder in models/.")],
    archive: Annotated[
        bool, typer.Option("--archive", help="Also write all results to two files, which keep them without folders.")
    ] = False,
    models: ModelsOption = MODELS,
) -> None:
    """Write the leaderboard and the report of a dataset again, from the figures that its runs have saved."""
    from sentiment.report import archive_results, write_report

    print_report(write_report(models / dataset), as_json=False)
    for path in archive_results(models / dataset) if archive else ():
        err.print(f"wrote {path}", soft_wrap=True)


def ensemble(
    members: Annotated[
        list[str], typer.Argument(help="Two or more saved runs of one dataset, or baselines such as nb-svm.")
    ],
    name: Annotated[str, typer.Option(help="Name of the ensemble.")],
    weighted: Annotated[
        bool, typer.Option("--weighted", help="Choose weights on the validation reviews. Default: equal weights.")
    ] = False,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Evaluate the mean of the logits of several runs and baselines: a row of its own in the report."""
    from sentiment.report import write_report
    from sentiment.runs.ensembles import combine
    from sentiment.training.baselines import BASELINES

    made = combine(members, name, models, tuple(BASELINES), weighted=weighted)
    written = write_report(made.dataset_folder)
    if as_json:
        print_json(made.path.read_text(encoding="utf-8"))
    else:
        weights = ", ".join(f"{member.name} {member.weight:.2f}" for member in made.record.members)
        out.print(f"{name} ({weights}): {accuracy_in_words(made.record.test)}", soft_wrap=True)
    print_shortcoming(made.record, as_json=as_json)
    print_note(written)
    for path in (made.path, written.html, written.leaderboard):
        err.print(f"wrote {path}", soft_wrap=True)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def print_evaluations(evaluated: list[dict[str, Any]], as_json: bool) -> None:
    """Prints the rows of `sentiment.experiments.evaluation.rows` as a table, or as JSON."""
    from sentiment.report.tables import KAPPA, MACRO_F1, MEAN_ERROR, MOST_RECALLS, recall_columns

    warnings = [f"{row['run']} {row['shortcoming']}" for row in evaluated if row["shortcoming"]]
    if as_json:
        print_json(json.dumps(evaluated, indent=2))
        print_warnings(warnings, as_json=True)
        return
    reviews = list(dict.fromkeys(row["reviews"] for row in evaluated))
    out.print(f"On {', '.join(reviews)}:", soft_wrap=True)
    recalls = recall_columns([row["recall"] for row in evaluated])
    columns = {
        "Run": [row["run"] for row in evaluated],
        "On": [row["reviews"] if len(reviews) > 1 else "" for row in evaluated],
        "Reviews": [f"{row['number']:,}" for row in evaluated],
        "Left out": [f"{row['left_out']:,}" if row["left_out"] else "" for row in evaluated],
        "Accuracy": [f"{row['accuracy']:.2%}" for row in evaluated],
        "95% interval": ["{:.2f}–{:.2f}".format(*(100 * end for end in row["accuracy_ci95"])) for row in evaluated],
        **(dict(recalls) if len(recalls) <= MOST_RECALLS else {}),
        MACRO_F1: [f"{row['macro_f1']:.3f}" for row in evaluated],
        MEAN_ERROR: [_figure(row["mean_absolute_error"]) for row in evaluated],
        KAPPA: [_figure(row["quadratic_kappa"]) for row in evaluated],
        "Log loss": [f"{row['log_loss']:.3f}" for row in evaluated],
        "Saved": ["" if row["saved_accuracy"] is None else f"{row['saved_accuracy']:.2%}" for row in evaluated],
    }
    columns = {header: cells for header, cells in columns.items() if any(cells)}
    # Repeated elsewhere: the number of reviews in a sentence below, an unchanged accuracy in its own column.
    redundant = ["Reviews"] if len({row["number"] for row in evaluated}) == 1 else []
    redundant += ["Saved"] if columns.get("Saved") == columns["Accuracy"] else []
    droppable = list(dict.fromkeys([*redundant, *_DROPPABLE]))
    dropped = print_columns(with_recall(list(columns.items()), droppable), droppable)
    if missing := [header for header in dropped if header not in redundant]:
        err.print(f"no room here for: {', '.join(missing)}; --json has every figure", soft_wrap=True)
    if "Left out" in columns:
        out.print("Left out: reviews that a run was trained on.", soft_wrap=True)
    for sentence in dict.fromkeys(row["balance"] for row in evaluated):
        out.print(sentence, soft_wrap=True)
    for row in evaluated:
        if row.get("unknown"):
            reviews_judged = f"{row['number']:,} review{'s' if row['number'] != 1 else ''}"
            out.print(
                f"{row['run']} cannot judge {row['unknown']:,} of the {reviews_judged}: predictions call them "
                "uncertain. Here they count by their probability.",
                soft_wrap=True,
            )
    print_warnings(warnings, as_json=False)
