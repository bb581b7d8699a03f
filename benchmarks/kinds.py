"""Measurements of the layers by kind of CPU: who is faster on one kind says nothing of another.

    models/benchmark/layers/<kind>.json, .png      the measurement of one kind of CPU
    models/benchmark/layers.md                     the tables of all of them

A kind is a processor with its widest instruction set, see `sentiment.support.environment.cpu_kind`. A new measurement
replaces that of its own kind alone.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.record import Written
from benchmarks.table import markdown, markdown_of_kinds
from sentiment.errors import BenchmarkError
from sentiment.support.environment import cpu_kind
from sentiment.support.storage import new_file, write_text

KINDS = "layers"  # the folder
_OLDER = "layers.json"  # one measurement beside the folder, as it was written before kinds were kept apart


def read_kinds(folder: Path) -> dict[str, dict[str, Any]]:
    """All measurements in a folder, by kind of CPU in alphabetical order.

    Args:
        folder: of the benchmarks, for example `models/benchmark`; it may be missing.

    Raises:
        BenchmarkError: a file does not hold a measurement.
    """
    there = [folder / _OLDER, *sorted((folder / KINDS).glob("*.json"))]
    measured = [_read(path) for path in there if path.is_file()]
    # The one beside the folder comes first, so that a newer one of its kind replaces it.
    return dict(sorted({cpu_kind(results["machine"]): results for results in measured}.items()))


def require_no_real_figures(folder: Path, about: Mapping[str, Any]) -> None:
    """Refuses to put a smoke run, whose figures mean nothing, in the place of a measurement.

    Args:
        folder: of the benchmarks.
        about: what `sentiment.support.environment.machine` gives.

    Raises:
        BenchmarkError: there is a real measurement of this kind of CPU, or a file that does not hold one.
    """
    there = read_kinds(folder).get(cpu_kind(about))
    if there and not there["settings"]["smoke"]:
        raise BenchmarkError(
            f"expected no measurement of {cpu_kind(about)} in {folder}, where a smoke run would replace it; found one "
            f"of {there['date']}; name another folder with --folder"
        )


def write_kind(folder: Path, results: dict[str, Any], picture: bytes) -> Written:
    """Writes a measurement in the place of an older one of its kind, and the tables of all kinds.

    Args:
        folder: of the benchmarks.
        results: of this machine.
        picture: of these results, a PNG.

    Raises:
        BenchmarkError: a file of another kind does not hold a measurement.
        StorageError: no room left, or no permission.
    """
    kind = cpu_kind(results["machine"])
    kinds = dict(sorted({**read_kinds(folder), kind: results}.items()))
    figures = folder / KINDS / f"{_file_name(kind)}.json"
    paths = (figures, figures.with_suffix(".png"), folder / f"{KINDS}.md")
    write_text(paths[0], json.dumps(results, indent=1) + "\n")
    with new_file(paths[1]) as temporary:
        temporary.write_bytes(picture)
    write_text(paths[2], markdown_of_kinds(kinds))
    return Written(results, paths)


def _read(path: Path) -> dict[str, Any]:
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        markdown(results)  # has every value that is shown
        cpu_kind(results["machine"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise BenchmarkError(
            f"expected a measurement of the layers in {path}; found {reason}; restore it or delete it"
        ) from None
    return results


def _file_name(kind: str) -> str:
    """For example "amd-epyc-avx2"."""
    return re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-")
