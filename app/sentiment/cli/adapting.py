"""The command that fits a saved run to one's own texts: `adapt`."""

import json
from typing import Annotated

import typer

from sentiment.cli.console import err, out, print_columns, print_json, print_shortcoming, stopped
from sentiment.cli.options import MODELS, JsonOption, ModelsOption, ReviewsOptions, RunOption, notice, reads_reviews
from sentiment.cli.training import say_what_answers
from sentiment.errors import UserError
from sentiment.support.extras import naming_the_extra

_DROPPABLE = ("Log loss", "95% interval")


@reads_reviews()
def adapt(
    reviews_options: ReviewsOptions,
    run: RunOption = None,
    name: Annotated[str, typer.Option(help="Name of the new run's folder, beside other runs of these reviews.")] = (
        "adapted"
    ),
    again: Annotated[
        bool, typer.Option("--again", help="Write among runs of another file of that name, or replace one of them.")
    ] = False,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Fit a saved run to your own reviews and classes in seconds: its network with a new last layer."""
    if not reviews_options.source:
        raise UserError("expected your labelled reviews; found none; name their file with --data")
    with naming_the_extra("adapt"), stopped("nothing was written"):
        from dataclasses import asdict

        from sentiment.config import Config
        from sentiment.data.dataset import account
        from sentiment.data.splits import split
        from sentiment.experiments.adaptation import adapt as adapted_to
        from sentiment.experiments.places import require_one_source
        from sentiment.runs.saved_run import find_run, qualified_name

        source = find_run(models, run)
        reviews = reviews_options.read()
        splits = split(reviews, **Config().split)
        folder = models / reviews.name
        if not again:
            require_one_source(folder, splits.dataset)
        err.print(account(asdict(splits.dataset)), soft_wrap=True)
        made = adapted_to(source, splits, folder, name, notice)
    new = qualified_name(made.run.folder)
    if as_json:
        print_json(json.dumps({"run": new, "from": qualified_name(source.folder), "test": made.compared,
                               "sentence": made.sentence}, indent=2, ensure_ascii=False))  # fmt: skip
    else:
        figures = list(made.compared.values())
        columns = [
            ("Classifier", list(made.compared)),
            ("Accuracy", [f"{test['accuracy']:.2%}" for test in figures]),
            (
                "95% interval",
                ["{:.1f}–{:.1f}".format(*(100 * end for end in test["accuracy_ci95"])) for test in figures],
            ),
            ("Macro F1", [f"{test['macro_f1']:.3f}" for test in figures]),
            *(
                [("Mean error", [f"{test['mean_absolute_error']:.3f}" for test in figures])]
                if splits.classes.is_graded
                else []
            ),
            ("Log loss", [f"{test['log_loss']:.3f}" for test in figures]),
        ]
        print_columns(columns, _DROPPABLE)
        out.print(made.sentence, soft_wrap=True)
    print_shortcoming(made.run.record, as_json=as_json)
    err.print(f"wrote {made.run.folder}", soft_wrap=True)
    say_what_answers(models, [new])
