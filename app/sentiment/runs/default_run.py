"""Which run answers where none is named, in commands, in Python and in the service.

    1. the run that somebody chose with `sentiment use RUN`      models/default.json holds its name
    2. else the shipped everyday model                           mixed-reviews/everyday
    3. else the shipped flagship, for reviews of films           imdb/flagship
    4. else the shipped compact model, for the same              imdb/compact
    5. else the only run in the folder

Training never changes the default: a new run answers when it is named or chosen. So a folder with several runs, none of
them chosen or shipped, has no default. A rule that picks one would let the next training change what answers, and would
compare runs that were tested on different reviews.
"""

import json
import shlex
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sentiment.errors import RunError
from sentiment.support.paths import models_folder
from sentiment.support.storage import storage_errors, write_text

CHOICE = "default.json"  # in the models folder; no dataset's folder can have a dot in its name
SHIPPED_RUNS = ("mixed-reviews/everyday", "imdb/flagship", "imdb/compact")  # the first that is there answers
CHOSEN, SHIPPED, ONLY = "chosen", "shipped", "only"
_WHY = {
    CHOSEN: "it was chosen with: sentiment use",
    SHIPPED: "it is shipped, and nobody has chosen another",
    ONLY: "it is the only run",
}


@dataclass(frozen=True)
class DefaultRun:
    """The run that answers where none is named, and the reason."""

    name: str  # dataset/name
    reason: str  # CHOSEN, SHIPPED or ONLY

    @property
    def why(self) -> str:
        """The reason, for people."""
        return _WHY[self.reason]


def default_run(models: Path, names: Collection[str]) -> DefaultRun | None:
    """The run that answers where none is named.

    Args:
        models: the folder of all datasets.
        names: dataset/name of every run in it.

    Returns:
        None where nothing decides: nobody chose, none is shipped, and there is not exactly one run.

    Raises:
        RunError: the chosen run is gone, or the choice cannot be read.
    """
    if (choice := chosen_run(models)) is not None:
        if choice not in names:
            raise RunError(
                f"expected {choice}, which was chosen to answer where no run is named, in {models}; found no such run; "
                f"choose another with: {command_in(models)}, or go back to the usual one with: "
                f"{command_in(models, 'use --reset')}"
            )
        return DefaultRun(choice, CHOSEN)
    # A folder with a network but no manifest is a damaged run. It is selected here, so that loading it raises an error.
    present = (name for name in SHIPPED_RUNS if name in names or any((models / name).glob("*.onnx")))
    if shipped := next(present, None):
        return DefaultRun(shipped, SHIPPED)
    return DefaultRun(next(iter(names)), ONLY) if len(names) == 1 else None


def require_default_run(models: Path, names: Collection[str]) -> DefaultRun:
    """As `default_run`, where there has to be one.

    Raises:
        RunError: there is none; or as in `default_run`.
    """
    if default := default_run(models, names):
        return default
    if not names:
        raise RunError(f"expected a saved run under {models}; found none; train one with: sentiment train")
    raise RunError(
        f"expected the name of a run, as nobody has chosen which one answers; found {len(names)} runs in {models}: "
        f"{', '.join(sorted(names))}; name one with --run, or let one answer with: {command_in(models)}"
    )


def chosen_run(models: Path) -> str | None:
    """The dataset/name that `sentiment use` saved; None without a choice.

    Raises:
        RunError: the choice cannot be read.
    """
    path = models / CHOICE
    try:
        name = json.loads(path.read_text(encoding="utf-8"))["run"]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        name = None
    if not isinstance(name, str):
        raise RunError(
            f'expected {path} to say which run answers, as {{"run": "dataset/name"}}; found something else; write it '
            f"again with: {command_in(models)}, or remove it with: {command_in(models, 'use --reset')}"
        )
    return name


def write_choice(models: Path, name: str) -> None:
    """Saves the choice of the run that answers where none is named, whole or not at all.

    Args:
        models: the folder of all datasets.
        name: dataset/name.

    Raises:
        StorageError: no room left, or no permission.
    """
    write_text(models / CHOICE, json.dumps({"run": name}) + "\n")


def forget_choice(models: Path) -> None:
    """Removes the choice that `write_choice` saved, if there is one.

    Raises:
        StorageError: no permission.
    """
    with storage_errors(models / CHOICE):
        (models / CHOICE).unlink(missing_ok=True)


def command_in(models: Path, words: str = "use RUN") -> str:
    """A command of `sentiment` on this folder, for messages."""
    elsewhere = "" if models.resolve() == models_folder().resolve() else f" --models {shlex.quote(str(models))}"
    return f"sentiment {words}{elsewhere}"
