"""The files that a benchmark writes, and what it was measured with."""

import importlib.util
import json
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from sentiment.support.environment import cpu_flags, machine, versions
from sentiment.support.storage import new_file, write_text

Note = Callable[[str], None]  # gets a line about what is being done

_PACKAGES = ("jax", "torch", "threadpoolctl")  # besides those that decide every figure of this project


class Written(NamedTuple):
    """The results of a benchmark and their files."""

    results: dict[str, Any]  # the content of the JSON file
    paths: tuple[Path, ...]


def provenance() -> dict[str, Any]:
    """Date, machine and versions."""
    installed = {name: metadata.version(name) for name in _PACKAGES if importlib.util.find_spec(name)}
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine() | {"cpu_flags": cpu_flags()},
        "versions": versions() | installed,
    }


def write(figures: Path, results: dict[str, Any], picture: bytes, tables: Path, markdown: str) -> Written:
    """Writes the results, a picture beside them, and the tables.

    Args:
        figures: a path that ends with `.json`; the picture's ends with `.png`.
        results: for the JSON file.
        picture: a PNG.
        tables: the path of the tables.
        markdown: the tables.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    write_text(figures, json.dumps(results, indent=1) + "\n")
    with new_file(figures.with_suffix(".png")) as temporary:
        temporary.write_bytes(picture)
    write_text(tables, markdown)
    return Written(results, (figures, figures.with_suffix(".png"), tables))
