"""What a training cost together with all it was built from: the encoder it started from, its teachers, and theirs.

Everything is known by its name and the beginning of its SHA-256, so that what two members or teachers share counts
once. None in the place of seconds: it was saved before they were written down.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sentiment.runs.saved_run import METRICS, sha256

Costs = dict[str, float | None]  # seconds, by name and content


def built_from(metrics: Mapping[str, Any]) -> Costs:
    """What a result was built from, without its own training; empty for one that started from nothing but reviews."""
    if "built_from" in metrics:
        return dict(metrics["built_from"])
    config = metrics.get("identity", {}).get("config", {})
    return {f"what {metrics['name']} was built from": None} if config.get("encoder") or config.get("teachers") else {}


def with_own(folder: Path, metrics: Mapping[str, Any]) -> Costs:
    """What a result was built from, and its own training."""
    return built_from(metrics) | cost(folder.name, sha256(folder / METRICS), metrics["train_seconds"])


def cost(name: str, content: str, seconds: float | None) -> Costs:
    """One thing and its seconds; `content` is the SHA-256 of what it is."""
    return {f"{name} {content[:16]}": seconds}


def together(costs: Iterable[Costs]) -> Costs:
    """All of them, what they share once."""
    return {thing: seconds for some in costs for thing, seconds in some.items()}


def total(costs: Costs) -> float | None:
    """Seconds in all; None where those of one thing are not known."""
    known = [seconds for seconds in costs.values() if seconds is not None]
    return sum(known) if len(known) == len(costs) else None
