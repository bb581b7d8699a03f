"""Where files lie, whether they can be written, and which model answers."""

import os
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage

from sentiment.errors import ConfigError, RunError
from sentiment.runs.saved_run import find_default, find_run, run_folders
from sentiment.support.paths import cache_folder, data_folder

_NEARLY_FULL = 1_000_000_000  # bytes; the archive, its parsed copy and some runs need less


@dataclass(frozen=True)
class Folder:
    """A folder, which need not be there yet."""

    path: str
    writable: bool  # or can be made
    free_bytes: int | None  # on its disk; None: unknown


@dataclass(frozen=True)
class Places:
    """Where files lie, and the run that answers where none is named."""

    models: Folder
    data: Folder
    cache: Folder  # parsed copies of large files
    runs: int  # number of saved runs, shipped ones included
    default: str | None  # dataset/name; None: none answers
    why: str | None
    problems: list[str]


def places(models: Path) -> Places:
    """The folders and the default run; makes no folder.

    Args:
        models: the folder of saved runs.
    """
    runs, data, cache = map(look_at, (models, data_folder(), cache_folder()))
    problems = []
    if not runs.writable:
        problems.append(
            f"{runs.path} cannot be written, so no run can be saved or chosen: name another folder with --models or "
            "SENTIMENT_MODELS"
        )
    if not data.writable:
        problems.append(f"{data.path} cannot be written, so nothing can be downloaded: make it writable")
    for folder in (runs, data):
        if folder.free_bytes is not None and folder.free_bytes < _NEARLY_FULL:
            problems.append(f"the disk of {folder.path} has only {gigabytes(folder.free_bytes)} left: free some")
            break
    default = why = None
    try:
        answering = find_default(models)
        find_run(models)  # reads all its files
        default, why = answering.name, answering.why
    except (RunError, ConfigError) as error:
        problems.append(str(error))
    except OSError as error:
        problems.append(f"the run that answers cannot be read ({error}): make it readable, or choose another")
    return Places(runs, data, cache, len(run_folders(models)), default, why, problems)


def look_at(path: Path) -> Folder:
    """A folder, or what it would be once it is made."""
    try:
        path = path.absolute()
        present = next(parent for parent in (path, *path.parents) if parent.exists())
        return Folder(str(path), present.is_dir() and os.access(present, os.W_OK | os.X_OK), disk_usage(present).free)
    except OSError:  # the working folder is gone, or a folder above may not be entered
        return Folder(str(path), False, None)


def gigabytes(count: float) -> str:
    """A number of bytes, for people."""
    return f"{count / 1e9:.1f} GB"
