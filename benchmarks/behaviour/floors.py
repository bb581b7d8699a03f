"""The least share of right answers that each shipped model must keep, by capability: a ratchet for the tests."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sentiment.support.storage import write_text

MARGIN = 0.02  # below what was measured: other machines and versions round in another way

Floors = dict[str, dict[str, float]]  # by classifier and capability


def floors_of(results: Mapping[str, Any]) -> Floors:
    """What was measured less the margin, rounded down, of the saved runs."""
    return {
        each["name"]: {
            name: max(0.0, math.floor(1_000 * (group["right"][each["name"]] / group["cases"] - MARGIN)) / 1_000)
            for name, group in results["by_capability"].items()
        }
        for each in results["classifiers"]
        if "/" in each["name"]
    }


def raise_floors(path: Path, results: Mapping[str, Any]) -> Floors:
    """Raises the floors in a file to those of new results; none becomes lower.

    Raises:
        StorageError: the disk is full, or the file cannot be written.
    """
    before: Floors = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    raised = {
        name: {
            capability: max(floor, before.get(name, {}).get(capability, 0.0)) for capability, floor in floors.items()
        }
        for name, floors in floors_of(results).items()
    }
    write_text(path, json.dumps(before | raised, indent=1) + "\n")
    return before | raised
