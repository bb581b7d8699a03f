"""The record of a result: what was measured of one classifier, and what that was built from.

`RunRecord.to_json` is the one writer of records and `RunRecord.from_json` the one reader. The reader also upgrades
older files: the oldest have neither `version` nor `kind`, and those of version 1 are of negative and positive reviews.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, NotRequired, Self, TypedDict

from sentiment.config import POLARITY, Classes
from sentiment.errors import RunError
from sentiment.metrics.certainty import Certainty, above_chance, rounded_up
from sentiment.metrics.class_balance import by_class, macro_f1
from sentiment.metrics.measures import Figures
from sentiment.runs.record_types import require_record

ENCODER = "encoder.npz"  # in the folder of a pretrained encoder, which is no result
METRICS = "metrics.json"  # the record's file in the folder of a run or a baseline
VERSION = 2  # of the format
_REQUIRED = ("name", "kind", "architecture", "parameters", "dataset", "test")
_REASON = 200  # characters of an error of a library
_SHORT = 16  # digits of a SHA-256 that identify what a result was built from

TrainingTimes = dict[str, float | None]  # seconds by name and content; None: saved before times were recorded


class Kind(StrEnum):
    """What a result is of."""

    NETWORK = "network"  # as it was trained
    REDUCED = "reduced"  # the small copy of a network, see sentiment.publishing.shipping
    ADAPTED = "adapted"  # a network with another last layer, see sentiment.experiments.adaptation
    BASELINE = "baseline"
    ENSEMBLE = "ensemble"
    SHIPPED = "shipped"  # of no record: a row of the leaderboard, see sentiment.report.leaderboard


class ShortTexts(TypedDict):
    """Accuracy on one kind of short texts."""

    texts: int
    accuracy: float
    larger_class: NotRequired[float]  # accuracy of a constant answer; older records lack it


class ReducedFigures(TypedDict):
    """Figures of the int8 file of a reduced copy."""

    validation: Figures
    test: Figures
    bytes: int


class FullPrecision(TypedDict):
    """Figures of the run from which a reduced copy was made."""

    run: str
    validation: Figures | None
    test: Figures


class AdaptedFrom(TypedDict):
    """The run whose network an adapted run has."""

    run: str  # dataset/name
    id: str  # of its record
    familiar: int  # reviews to learn from that it had learnt from before


@dataclass(frozen=True)
class Teacher:
    """A classifier whose probabilities a network learned beside the labels."""

    name: str
    content: str  # the beginning of the SHA-256 of what decides its predictions


@dataclass(frozen=True)
class Member:
    """A classifier in an ensemble."""

    name: str
    folder: str  # the key of its result: the folder, relative to that of the dataset
    weight: float
    test_predictions: str  # SHA-256 of its saved test predictions


@dataclass(frozen=True)
class RunRecord:
    """What was measured of one classifier. Where a field does not apply to a kind of result, it is None or empty."""

    name: str
    kind: Kind
    architecture: str
    parameters: int
    dataset: dict[str, Any]  # sentiment.data.splits.DatasetInfo as JSON
    test: Figures
    validation: Figures | None = None  # None for an ensemble with a member that saved no validation predictions
    train_seconds: float = 0.0  # of this classifier alone; an ensemble's time is that of its members
    preset: str | None = None
    seed: int | None = None
    dtype: str | None = None
    encoder: str = ""  # SHA-256 of the encoder it started from
    teachers: tuple[Teacher, ...] = ()
    members: tuple[Member, ...] = ()
    averaged: tuple[str, ...] = ()  # names of the runs whose mean the weights of a network are
    weights: str | None = None  # how an ensemble's weights were chosen: "equal" or "validation"
    built_from: TrainingTimes = field(default_factory=dict)  # of its encoder, teachers and members, and of theirs
    seconds_per_epoch: float | None = None
    tokens_per_second: float | None = None
    epochs: int | None = None
    best_epoch: int | None = None
    temperature: float | None = None  # None: saved before probabilities were calibrated
    certainty: Certainty | None = None  # from which confidence on a verdict is sure; None: no share can be promised
    excerpts_seed: int = 0  # of the excerpts it learned
    settings: dict[str, float] = field(default_factory=dict)  # of a baseline or a new last layer, as chosen
    validation_short_texts: dict[str, ShortTexts] | None = None  # by kind; None: not measured
    identity: dict[str, Any] = field(default_factory=dict)  # what the training depends on
    confidently_wrong: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    int8: ReducedFigures | None = None
    full_precision: FullPrecision | None = None
    adapted_from: AdaptedFrom | None = None
    compared: dict[str, Figures] = field(default_factory=dict)  # of others on the test reviews of an adapted run
    id: str = ""  # identifies this result where others name it in `built_from`; computed where none is given

    def __post_init__(self) -> None:
        if not self.id:
            text = json.dumps(asdict(self), sort_keys=True, default=str)
            object.__setattr__(self, "id", _digest(text))

    @property
    def classes(self) -> Classes:
        """What it tells apart."""
        return Classes.from_values(self.dataset.get("classes"))

    @property
    def sure_from(self) -> float:
        """The confidence of a sure verdict, at least."""
        return rounded_up(self.certainty["confidence"]) if self.certainty else above_chance(len(self.classes))

    @property
    def config(self) -> dict[str, Any]:
        """Every setting of a network; empty for the other kinds."""
        return self.identity.get("config", {})

    @property
    def training_times(self) -> TrainingTimes:
        """Seconds of this classifier's training and of all it was built from."""
        return self.built_from | training_time(self.name, self.id, self.train_seconds)

    def to_values(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return {"version": VERSION, **asdict(self)}

    def to_json(self) -> str:
        """The record as a file holds it.

        Raises:
            ValueError: a figure is NaN or infinite.
        """
        return json_text(self.to_values())

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The record in a file.

        Raises:
            ValueError: it is not JSON, of an unknown version, or lacks a field.
        """
        values = json.loads(text, parse_constant=_refuse)
        if not isinstance(values, dict):
            raise ValueError("expected a JSON object")
        return cls.from_values(values if "version" in values else _as_version_1(values, text))

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> Self:
        """The record in a JSON object of this version or of version 1.

        Raises:
            ValueError: it is of an unknown version, or lacks a field.
        """
        if (version := values.get("version")) not in (1, VERSION):
            raise ValueError(f"expected a record of version {VERSION}; found {version}")
        values = _as_version_2(values) if version == 1 else values
        known = {each.name: values[each.name] for each in fields(cls) if each.name in values}
        if missing := [name for name in _REQUIRED if name not in known]:
            raise ValueError(f"expected {', '.join(missing)}; found none")
        require_record(known, {each.name: each.type for each in fields(cls)})
        try:
            known["kind"] = Kind(known["kind"])
            known["teachers"] = tuple(Teacher(**teacher) for teacher in known.get("teachers", ()))
            known["members"] = tuple(Member(**member) for member in known.get("members", ()))
            known["averaged"] = tuple(known.get("averaged", ()))
            record = cls(**known)
            measured = [record.test] if record.kind == Kind.ENSEMBLE else [record.test, record.validation]
            if not all(isinstance(figures, dict) and "accuracy" in figures for figures in measured):
                raise ValueError("expected an accuracy on validation and on test")
            return record
        except TypeError as error:
            raise ValueError(f"expected a whole record; found {error}") from None


def read_record(folder: Path, remedy: str = "train it again or delete it") -> RunRecord:
    """The record in a result folder.

    Args:
        folder: of a run or a baseline.
        remedy: what a user can do where it cannot be read.

    Raises:
        RunError: it is missing or cannot be read.
    """
    with readable(folder, remedy):
        return RunRecord.from_json((folder / METRICS).read_text(encoding="utf-8"))


@contextlib.contextmanager
def readable(path: Path, remedy: str) -> Iterator[None]:
    """Turns errors of reading a result into one line that names the file.

    Raises:
        RunError: the result is missing, or does not hold what it should.
    """
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:_REASON]
        raise RunError(f"expected a readable result in {path}; found {reason}; {remedy}") from None


def parse_teachers(identity: str) -> tuple[Teacher, ...]:
    """The teachers in a configuration's `teachers`, such as "flagship 739c0450050c4226, nb-svm 747558b98ea9533f"."""
    pairs = (teacher.rsplit(" ", 1) for teacher in identity.split(", ") if teacher)
    return tuple(Teacher(name, content) for name, content in pairs)


def training_time(name: str, content: str, seconds: float | None) -> TrainingTimes:
    """The seconds of one training.

    Args:
        name: of what was trained.
        content: SHA-256 that identifies it, so that what two members or teachers share counts once.
        seconds: None where they are not known.
    """
    return {f"{name} {content[:_SHORT]}": seconds}


def merged(times: Iterable[TrainingTimes]) -> TrainingTimes:
    """The union: what several share counts once."""
    return {name: seconds for some in times for name, seconds in some.items()}


def total_seconds(times: TrainingTimes) -> float | None:
    """The sum; None where one of them is not known."""
    known = [seconds for seconds in times.values() if seconds is not None]
    return sum(known) if len(known) == len(times) else None


def json_text(values: Any) -> str:
    """Standard JSON, indented, with a line break at the end.

    Raises:
        ValueError: a figure is NaN or infinite.
    """
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _refuse(constant: str) -> float:
    raise ValueError(f"expected numbers; found {constant}")


def _as_version_1(values: dict[str, Any], text: str) -> dict[str, Any]:
    """A record from before the format had a version, as one of version 1."""
    if "members" in values:
        kind = Kind.ENSEMBLE
        names = [each.name for each in fields(Member)]
        members = [{name: member[name] for name in names} for member in values["members"]]
        values = {**values, "members": members}
    elif "full_precision" in values:
        kind = Kind.REDUCED
    else:
        kind = Kind.NETWORK if values.get("preset") else Kind.BASELINE
    config = values.get("identity", {}).get("config", {})
    built_from = {f"what {values.get('name')} was built from": None}  # when times of encoders were not recorded yet
    return {
        **({"architecture": "ensemble"} if kind == Kind.ENSEMBLE else {}),
        "built_from": built_from if config.get("encoder") or config.get("teachers") else {},
        **values,
        "version": 1,
        "kind": kind,
        "encoder": config.get("encoder", ""),
        "teachers": [asdict(teacher) for teacher in parse_teachers(config.get("teachers", ""))],
        "id": _digest(text),  # newer results name this one by the SHA-256 of its file
    }


def _as_version_2(values: dict[str, Any]) -> dict[str, Any]:
    """A record of version 1, whose figures had names for negative and positive, as one of version 2."""
    upgraded = dict(values)
    for name in ("int8", "full_precision"):
        if isinstance(upgraded.get(name), dict):
            upgraded[name] = _with_figures(upgraded[name])
    return _with_figures(upgraded)


def _with_figures(holder: dict[str, Any]) -> dict[str, Any]:
    upgraded = dict(holder)
    for split in ("validation", "test"):
        if confusion := (holder.get(split) or {}).get("confusion"):
            upgraded[split] = {
                **{"macro_f1": macro_f1(confusion), "mean_absolute_error": None, "quadratic_kappa": None},
                **holder[split],
                **by_class(confusion, POLARITY.names),
            }
    return upgraded


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_SHORT]
