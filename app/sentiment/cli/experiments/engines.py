"""The options of commands that can train several networks at once."""

from typing import TYPE_CHECKING, Annotated

import typer

from sentiment.errors import UserError

if TYPE_CHECKING:
    from sentiment.parallel.tasks import Engine

_ENGINES = ("serial", "ray")
_AT_ONCE = "With --engine ray: so many trainings at once. Default: one for each core."
TasksOption = Annotated[
    str,
    typer.Option("--engine", help="serial: one training after the other. ray: several at once, with the extra ray."),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(min=1, help=_AT_ONCE),
]
WorkersOfTrainOption = Annotated[
    int | None,
    typer.Option(min=1, help=f"{_AT_ONCE} With shards: so many processes that share one training. Default: one."),
]
AddressOption = Annotated[
    str | None,
    typer.Option(help="With --engine ray: a running cluster, such as 10.0.0.1:6379. Default: this machine alone."),
]


def engine_of(name: str, workers: int | None, address: str | None) -> "Engine":
    """The engine that three options name.

    Raises:
        UserError: an unknown name, or options of Ray without it.
        MissingExtraError: Ray is not installed.
    """
    from sentiment.parallel.ray_tasks import RayTasks
    from sentiment.parallel.tasks import OneByOne

    if name not in _ENGINES:
        raise UserError(f"expected --engine to be one of {', '.join(_ENGINES)}; found {name!r}")
    for option, value in (("--workers", workers), ("--address", address)):
        if name == "serial" and value is not None:
            raise UserError(f"expected --engine ray with {option}; found {option} {value} alone; add --engine ray")
    return RayTasks(workers, address) if name == "ray" else OneByOne()
