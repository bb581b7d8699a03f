"""The option `--workers`: the same command in several processes that train together."""

import sys
from typing import Annotated, NoReturn

import typer

from sentiment.cli.console import ended_by_the_system
from sentiment.cli.options import notice
from sentiment.distributed.launching import is_worker, launch, this_command
from sentiment.support.environment import cores

__all__ = ["WorkersOption", "is_worker", "launch_this_command"]

WorkersOption = Annotated[
    int,
    typer.Option(min=1, help="Processes of this machine that train together, each with its share of the cores."),
]


def launch_this_command(count: int) -> NoReturn:
    """Runs the command line of this process as so many workers, and ends with their exit code."""
    if count > cores():
        notice(
            f"{count} workers share {cores()} core{'s' if cores() > 1 else ''}: more workers than cores gain nothing"
        )
    with ended_by_the_system():
        try:
            code = launch(this_command(), count, notice)
        except KeyboardInterrupt as interrupt:  # the workers have said what they leave behind
            raise SystemExit(interrupt.args[0] if interrupt.args else 130) from None
    sys.exit(code)
