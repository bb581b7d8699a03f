"""Measurements by kind of CPU, because a figure of one kind says nothing about another.

    models/benchmark/layers/<kind>.json, .png    everything measured on one kind of CPU, and the curves
    models/benchmark/layers.md                   the tables of all kinds

A kind is a processor with its widest instruction set, see `sentiment.support.environment.cpu_kind`. A new measurement
replaces only that of its own kind.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.layers.report import markdown, markdown_of_kinds
from benchmarks.results import Written, write
from sentiment.errors import BenchmarkError
from sentiment.support.environment import cpu_kind

_FOLDER = "layers"
_OLDER = "layers.json"  # a single measurement beside the folder, as older versions wrote it


def read_kinds(folder: Path) -> dict[str, dict[str, Any]]:
    """All measurements in a folder, by kind of CPU in alphabetical order.

    Args:
        folder: of the benchmarks, for example `models/benchmark`; it may be missing.

    Raises:
        BenchmarkError: a file does not hold a measurement.
    """
    paths = [folder / _OLDER, *sorted((folder / _FOLDER).glob("*.json"))]
    measured = [_read(path) for path in paths if path.is_file()]
    # The one beside the folder comes first, so that a newer one of its kind replaces it.
    return dict(sorted({cpu_kind(results["machine"]): results for results in measured}.items()))


def require_no_real_figures(folder: Path, about: Mapping[str, Any]) -> None:
    """Refuses to replace a measurement by a smoke run, whose figures mean nothing.

    Args:
        folder: of the benchmarks.
        about: what `sentiment.support.environment.machine` gives.

    Raises:
        BenchmarkError: there is a real measurement of this kind of CPU, or a file that does not hold one.
    """
    older = read_kinds(folder).get(cpu_kind(about))
    if older and not older["settings"]["smoke"]:
        raise BenchmarkError(
            f"expected no measurement of {cpu_kind(about)} in {folder}, because a smoke run would replace it; found "
            f"one of {older['date']}; name another folder with --folder"
        )


def write_kind(folder: Path, results: dict[str, Any], picture: bytes) -> Written:
    """Writes a measurement in the place of an older one of its kind, and the tables of all kinds.

    Args:
        folder: of the benchmarks.
        results: of this machine.
        picture: of these results, a PNG.

    Raises:
        BenchmarkError: a file of another kind does not hold a measurement.
        StorageError: the disk is full, or the folder cannot be written.
    """
    kind = cpu_kind(results["machine"])
    kinds = dict(sorted({**read_kinds(folder), kind: results}.items()))
    name = re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-")  # for example "amd-epyc-avx2"
    figures, tables = folder / _FOLDER / f"{name}.json", folder / f"{_FOLDER}.md"
    return write(figures, results, picture, tables, markdown_of_kinds(kinds))


def _read(path: Path) -> dict[str, Any]:
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        markdown(results)  # needs every value that is shown
        cpu_kind(results["machine"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise BenchmarkError(
            f"expected a measurement of the layers in {path}; found {reason}; restore it or delete it"
        ) from None
    return results
