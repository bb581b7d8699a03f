"""The commands: read what was typed, call what does it, print what came of it.

options.py       what several commands are asked
console.py       where they write
training.py      train, pretrain, label-efficiency, flagship, compact
judging.py       evaluate, report, ensemble
giving.py        export, ship
answering.py     predict, explain, serve
choosing.py      use
benchmarking.py  benchmark layers, benchmark predictions
"""

import io
import logging
import os
import sys
import warnings
from typing import Annotated

import typer

from app import __version__
from app.cli.answering import explain, predict, serve
from app.cli.benchmarking import benchmark_layers, benchmark_predictions
from app.cli.choosing import use
from app.cli.console import err, out, show_warning
from app.cli.giving import export, ship
from app.cli.judging import ensemble, evaluate, report
from app.cli.training import compact, flagship, label_efficiency, pretrain, train
from app.errors import SentimentError

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
benchmark = typer.Typer(help="Speed, side by side, in one run.", no_args_is_help=True)
benchmark.command("layers")(benchmark_layers)
benchmark.command("predictions")(benchmark_predictions)
app.add_typer(benchmark, name="benchmark")


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
    """The command `sentiment`: one line for what went wrong, and its exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # for what TensorFlow says after its import
    for stream in (sys.stdout, sys.stderr):  # some locales and PYTHONIOENCODING know fewer characters than people
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    warnings.showwarning = show_warning
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of reviews of many lengths: each is compiled
    try:
        app(standalone_mode=True)
    except SentimentError as error:
        err.print(f"error: {error}", style="red", soft_wrap=True)
        sys.exit(error.exit_code)
