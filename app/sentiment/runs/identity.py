"""What a result is made of, and whether it is there already: decided here for runs, encoders and baselines."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sentiment.config import READING, Config, PretrainingConfig
from sentiment.data.dataset import DatasetInfo, same_split
from sentiment.errors import ConfigError, RunError
from sentiment.runs.record import METRICS
from sentiment.runs.saved_run import verify

_FIRST_RELEASE = ("version", "0.1.0")  # stands for reading 1 in what that release wrote


def identity(reviews: str, **parts: Any) -> dict[str, Any]:
    """Two trainings with the same identity give the same result on one machine.

    Args:
        reviews: SHA-256 of the reviews.
        **parts: what else decides the result, as JSON has it.
    """
    return {"reading": READING, **parts, "reviews": reviews}


def same_identity(saved: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether an identity that this release or an earlier one has saved is that of now.

    Raises:
        ConfigError: the saved one has settings that this release cannot train with.
        TypeError: the same.
    """
    return _as_now(saved) == _as_now(now)


def _as_now(identity: Mapping[str, Any]) -> Any:
    """An identity as JSON has it: a setting younger than it has its default, a retired one is dropped."""
    values = dict(identity)
    if values.pop(_FIRST_RELEASE[0], None):
        values["reading"] = 1
    if config := values.get("config"):
        kind = Config if "model" in config else PretrainingConfig
        values["config"] = asdict(kind.from_values(config))
    return json.loads(json.dumps(values))


def digest(values: Any) -> str:
    """SHA-256 of values as JSON. Reading 1 is hashed as release 0.1.0 wrote it, so that hashes of then still match."""
    first = "{}: {}".format(*map(json.dumps, _FIRST_RELEASE))
    return hashlib.sha256(json.dumps(values).replace('"reading": 1', first).encode()).hexdigest()


def is_there(folder: Path, identity: Mapping[str, Any] | None, dataset: DatasetInfo | None = None) -> bool:
    """Whether a whole run or encoder with this identity lies in a folder.

    Args:
        folder: of the run or the encoder.
        identity: what the result has to be made of; None: anything.
        dataset: the split that it has to be measured on; None: any.
    """
    try:
        verify(folder)
        metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
        if dataset and not same_split(metrics["dataset"], asdict(dataset)):
            return False
        return identity is None or same_identity(metrics["identity"], identity)
    except (RunError, ConfigError, OSError, ValueError, KeyError, TypeError):
        return False
