"""What a benchmark leaves: figures, a picture and tables, and what they were measured with."""

import importlib.util
import json
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from sentiment.support.environment import cpu_flags, machine, versions
from sentiment.support.storage import new_file, write_text

Note = Callable[[str], None]  # told what is being done, a line at a time

_PACKAGES = ("jax", "torch", "threadpoolctl")  # beside those that decide every figure of this project


class Written(NamedTuple):
    """What a benchmark leaves."""

    results: dict[str, Any]  # what its JSON file holds
    paths: tuple[Path, ...]


def with_what() -> dict[str, Any]:
    """Date, machine and versions."""
    found = {name: metadata.version(name) for name in _PACKAGES if importlib.util.find_spec(name)}
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine() | {"cpu_flags": cpu_flags()},
        "versions": versions() | found,
    }


def write(folder: Path, name: str, results: dict[str, Any], picture: bytes, tables: str) -> Written:
    """Writes `name` with the endings json, png and md.

    Raises:
        StorageError: no room left, or no permission.
    """
    paths = tuple(folder / f"{name}.{ending}" for ending in ("json", "png", "md"))
    write_text(paths[0], json.dumps(results, indent=1) + "\n")
    with new_file(paths[1]) as temporary:
        temporary.write_bytes(picture)
    write_text(paths[2], tables)
    return Written(results, paths)
