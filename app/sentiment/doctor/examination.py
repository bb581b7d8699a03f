"""All that `sentiment doctor` shows, as values."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment.doctor.hardware import Hardware, hardware
from sentiment.doctor.installation import Installation, installation
from sentiment.doctor.lstm import Layer, layer
from sentiment.doctor.places import Places, places
from sentiment.support.environment import cores


@dataclass(frozen=True)
class Examination:
    """What a user has."""

    installation: Installation
    hardware: Hardware
    lstm: Layer | None  # None without Keras
    onnx_threads: int  # where no option says how many
    places: Places

    @property
    def problems(self) -> list[str]:
        """What is wrong and what to do, a sentence each."""
        return [*self.installation.problems, *(self.lstm.problems if self.lstm else ()), *self.places.problems]

    def to_values(self) -> dict[str, Any]:
        """For JSON; all problems are in one list."""
        values = dataclasses.asdict(self)
        for part in values.values():
            if isinstance(part, dict):
                part.pop("problems", None)
        return values | {"problems": self.problems}


def examine(models: Path, measure: bool = False, say: Callable[[str], None] = lambda _line: None) -> Examination:
    """Looks at this machine and this environment.

    Args:
        models: the folder of saved runs.
        measure, say: as in `sentiment.doctor.lstm.layer`.
    """
    return Examination(installation(), hardware(), layer(measure, say), cores(), places(models))
