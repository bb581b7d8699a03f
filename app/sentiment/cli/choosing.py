"""The command that chooses which run answers where none is named: `use`."""

import json
from typing import Annotated

import typer

from sentiment.cli.console import err, out, print_json
from sentiment.cli.options import JsonOption, ModelsOption
from sentiment.errors import RunError, UserError
from sentiment.support.paths import MODELS


def use(
    run: Annotated[
        str | None,
        typer.Argument(help="The run: its folder, dataset/name, or name. Without it: say which one answers, and why."),
    ] = None,
    reset: Annotated[
        bool, typer.Option("--reset", help="Take the choice back: the shipped run answers again.")
    ] = False,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Choose the run that answers where none is named. Training never changes it; a running service follows."""
    from sentiment.runs.default_run import forget_choice
    from sentiment.runs.saved_run import find_default, use_run

    if run is not None and reset:
        raise UserError(f"expected a run or --reset; found --reset and {run}; give one of them")
    before = None
    if run is not None or reset:
        try:
            before = find_default(models).name
        except RunError:  # nothing to name: the run is gone, or nobody chose
            before = "none"
    if run is not None:
        use_run(models, run)
    elif reset:
        forget_choice(models)
        try:
            find_default(models)
        except RunError as error:
            err.print(f"no run is chosen any more. {error}", style="yellow", soft_wrap=True)
            if as_json:
                print_json(json.dumps({"run": None, "reason": None}))
            return
    default = find_default(models)
    if as_json:
        print_json(json.dumps({"run": default.name, "reason": default.reason}))
        return
    answered_before = f" (before: {before})" if before and before != default.name else ""
    out.print(f"{default.name} answers where no run is named: {default.why}{answered_before}", soft_wrap=True)
