"""The option `--workers`: the same command in several processes that train together."""

import sys
from typing import Annotated

import typer

from sentiment.cli.console import ended_by_the_system
from sentiment.cli.options import notice
from sentiment.distributed.launching import is_worker, launch, this_command
from sentiment.distributed.workers import size_in_environment
from sentiment.errors import UserError
from sentiment.support.environment import cores

__all__ = ["WorkersOption", "is_worker", "launch_this_command"]

WorkersOption = Annotated[
    int,
    typer.Option(min=1, help="Processes of this machine that train together, each with its share of the cores."),
]


def launch_this_command(count: int) -> None:
    """Runs the command line of this process as so many workers, and ends with their exit code.

    Returns where there is nothing to start: for one worker, and in a process that is one of them already.

    Raises:
        UserError: the environment has another number of workers.
    """
    if count == 1:
        return
    if is_worker():
        if count != size_in_environment():
            raise UserError(
                f"expected no --workers where torchrun has started {size_in_environment()}; found --workers {count}; "
                "leave it out"
            )
        return
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
