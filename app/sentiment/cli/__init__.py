"""The command line: each command parses its options, calls what does the work, and prints the result.

options.py      options that several commands share, and what all commands refuse
console.py      standard output, standard error, and tables
training.py     train, adapt
large/          shard, pretrain: more reviews than fit into memory, several workers
experiments/    label-efficiency, search: many trainings
evaluating.py   evaluate, report, ensemble
publishing.py   export, ship, flagship, compact, everyday
looking.py      look, doctor
predicting.py   predict, explain
scoring.py      score
serving.py      serve, use
"""

import io
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Annotated, TextIO, cast

import typer

from sentiment.cli.console import err, out, show_warning
from sentiment.cli.evaluating import ensemble, evaluate, report
from sentiment.cli.experiments.label_efficiency import label_efficiency
from sentiment.cli.experiments.searching import search
from sentiment.cli.large import pretrain, shard
from sentiment.cli.looking import doctor, look
from sentiment.cli.options import Command
from sentiment.cli.predicting import explain, predict
from sentiment.cli.publishing import compact, everyday, export, flagship, ship
from sentiment.cli.scoring import score
from sentiment.cli.serving import serve, use
from sentiment.cli.training import adapt, train
from sentiment.errors import SentimentError
from sentiment.support.extras import naming_the_extra
from sentiment.support.quiet import Unfailing
from sentiment.support.version import __version__

app = typer.Typer(
    help="Sentiment of reviews: predict, explain, train recurrent networks, compare them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help has wider columns than help in boxes
)
# With what the list of commands says of each: one line of 80 columns.
for command, summary in (
    (predict, "Say of texts whether they are positive, or of which other class."),
    (explain, "Show which words decided, and what the gates did."),
    (score, "Score many or large files in parts, over threads or Ray."),
    (serve, "Serve predictions over HTTP, with a page."),
    (use, "Choose the default run."),
    (look, "Show what is in a file of reviews."),
    (adapt, "Fit a saved run to your own reviews in seconds."),
    (train, "Train networks, compare them with linear models."),
    (search, "Search settings that suit your reviews."),
    (shard, "Tokenise reviews that are larger than memory, once."),
    (pretrain, "Pretrain an encoder on reviews without labels."),
    (label_efficiency, "Measure accuracy by number of labels."),
    (evaluate, "Evaluate saved runs again, or on other reviews."),
    (report, "Write the report of a dataset again."),
    (ensemble, "Evaluate several runs together."),
    (export, "Write a run as ONNX or SavedModel."),
    (ship, "Write a small copy of a run, for publishing."),
    (flagship, "Build the shipped flagship again: takes hours."),
    (compact, "Build the shipped compact model again."),
    (everyday, "Build the shipped everyday model again."),
    (doctor, "Show what is installed, where files lie, and what is wrong."),
):
    app.command(cls=Command, short_help=summary)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        out.print(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None: ...


def main() -> None:
    """The command `sentiment`."""
    run(app)


def run(commands: typer.Typer) -> None:
    """Runs the command that was typed; an error of the project is one line and its exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # what TensorFlow logs after its import
    for stream in (sys.stdout, sys.stderr):  # not every locale can encode every character
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # What cannot be said changes neither the work nor its exit code. Where it is closed, the number of standard error
    # would go to the first file that is opened, and with it what native code says.
    sys.stderr = cast(TextIO, Unfailing(sys.stderr or Path(os.devnull).open("w")))  # noqa: SIM115
    warnings.showwarning = show_warning
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns about recompiling for each batch length
    try:
        with naming_the_extra():
            commands(standalone_mode=True)
    except SentimentError as error:
        err.print(f"error: {error}", style="red", soft_wrap=True)
        sys.exit(error.exit_code)
