"""The commands: read what was typed, call what does it, print what came of it.

options.py       what several commands are asked
console.py       where they write
training.py      train, pretrain, label-efficiency, flagship, compact
evaluating.py    evaluate, report, ensemble
publishing.py    export, ship
predicting.py    predict, explain, serve
choosing.py      use
"""

import io
import logging
import os
import sys
import warnings
from typing import Annotated

import typer

from sentiment import __version__
from sentiment.cli.choosing import use
from sentiment.cli.console import err, out, show_warning
from sentiment.cli.evaluating import ensemble, evaluate, report
from sentiment.cli.predicting import explain, predict, serve
from sentiment.cli.publishing import export, ship
from sentiment.cli.training import compact, flagship, label_efficiency, pretrain, train
from sentiment.errors import SentimentError
from sentiment.support.extras import naming_the_extra

app = typer.Typer(
    help="Sentiment of reviews: train four recurrent classifiers, compare them honestly, use them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    train, pretrain, label_efficiency, flagship, compact, evaluate, report, ensemble, export, ship, predict, explain,
    serve, use,
):  # fmt: skip
    app.command()(command)


def _version(asked: bool) -> None:
    if asked:
        out.print(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Sentiment of reviews."""


def main() -> None:
    """The command `sentiment`."""
    run(app)


def run(commands: typer.Typer) -> None:
    """Runs what was typed; an error of the project is one line and its exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # for what TensorFlow says after its import
    for stream in (sys.stdout, sys.stderr):  # some locales and PYTHONIOENCODING know fewer characters than people
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    warnings.showwarning = show_warning
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of reviews of many lengths: each is compiled
    try:
        with naming_the_extra():
            commands(standalone_mode=True)
    except SentimentError as error:
        err.print(f"error: {error}", style="red", soft_wrap=True)
        sys.exit(error.exit_code)
