"""From results to the rows of the leaderboard: one row per compared model, all of its seeds together."""

import itertools
import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from scipy.special import stdtrit

from sentiment.config import ARCHITECTURE_NAMES, Config
from sentiment.errors import ConfigError
from sentiment.metrics.measures import wilson
from sentiment.runs.record import Kind, ShortTexts, Teacher, json_text, total_seconds
from sentiment.runs.results import Result, published
from sentiment.support.storage import write_text

LEADERBOARD = "leaderboard.json"


@dataclass(frozen=True)
class Row:
    """A row of `leaderboard.json`.

    With several seeds every figure is the mean over them, but for times and speeds: those are of the seed that ran
    fastest, as other work on a machine, and another machine, can only add to what a training takes.
    """

    name: str  # of the run, or of its architecture and preset where several seeds ran
    kind: Kind
    architecture: str
    preset: str | None  # None for a baseline and for an ensemble
    seeds: list[int]  # empty for them
    dtype: str | None
    parameters: int
    validation_accuracy: float | None  # None for an ensemble that was not measured there
    test_accuracy: float
    test_accuracy_ci95: list[float]  # Wilson, on the test reviews: what other reviews of this kind could give
    test_accuracy_sd: float | None  # over the seeds; None for one
    test_accuracy_seeds_ci95: list[float] | None  # of the mean over seeds (Student's t): what other seeds could give
    f1: float | None  # of "positive"; None where that class neither occurs nor is predicted
    roc_auc: float | None
    log_loss: float
    calibration_error: float
    train_seconds: float
    seconds_per_epoch: float | None
    tokens_per_second: float | None
    dataset: dict[str, Any]
    recall_negative: float | None = None  # None where no test review is negative, or in a file older than this field
    recall_positive: float | None = None  # the same of positive ones
    built_from_seconds: float | None = 0.0  # of its encoder, its teachers, its members; None: not known
    pretrained: bool = False  # it started from an encoder
    teachers: list[str] = field(default_factory=list)  # whose probabilities it learnt beside the labels
    members: list[str] = field(default_factory=list)  # of an ensemble, which is no single model
    # By kind: `texts`, `accuracy` and, where the run is not older than it, `larger_class`, see sentiment.runs.results.
    short_texts: dict[str, ShortTexts] = field(default_factory=dict)

    @property
    def total_seconds(self) -> float | None:
        """Training with all that it was built from; None: not known."""
        return None if self.built_from_seconds is None else self.train_seconds + self.built_from_seconds

    @property
    def is_network(self) -> bool:
        """Whether it is one recurrent network, and neither a baseline nor an ensemble."""
        return self.kind in (Kind.NETWORK, Kind.REDUCED)


@dataclass(frozen=True)
class Model:
    """A row, and the results behind it."""

    row: Row
    results: tuple[Result, ...]  # by seed

    @property
    def validation_loss(self) -> float:
        """By which the best of a kind is chosen, the lowest first: log loss on validation, in nats."""
        losses = [result.record.validation["log_loss"] for result in self.results if result.record.validation]
        return fmean(losses) if losses else math.inf

    @cached_property
    def family(self) -> tuple[str, str, str, str, str]:
        """Networks of one family differ in their architecture, in the encoder that it needs, and in nothing else."""
        row = self.row
        pretrained = "pretrained" if row.pretrained else ""
        return (
            row.preset or "",
            row.dtype or "",
            pretrained,
            ", ".join(row.teachers),
            _recipe(self.shown, setting_only=True),
        )

    @property
    def fastest(self) -> Result:
        """The result whose times and speeds stand in the row."""
        return _fastest(self.results)

    @property
    def shown(self) -> Result:
        """The one result that stands for all seeds in figures and paired tests: the lowest seed, never the best."""
        return self.results[0]


def compared_models(results: Iterable[Result]) -> list[Model]:
    """Groups results that differ in the seed alone, the highest test accuracy first."""
    ordered = sorted(results, key=lambda result: (*_group(result), result.record.seed or 0))
    groups = [tuple(group) for _, group in itertools.groupby(ordered, _group)]
    models = [Model(_row(group), group) for group in groups]
    return sorted(models, key=lambda model: (-model.row.test_accuracy, model.row.name))


def originals(models: Sequence[Model]) -> list[Model]:
    """All but the small copies of runs that are there, too: such a copy is the same model once more."""

    def is_copy(row: Row, of: Row) -> bool:
        built = (row.architecture, row.preset, row.pretrained, row.teachers)
        return built == (of.architecture, of.preset, of.pretrained, of.teachers) and set(row.seeds) <= set(of.seeds)

    runs = [model.row for model in models if model.row.kind != Kind.REDUCED]
    return [m for m in models if m.row.kind != Kind.REDUCED or not any(is_copy(m.row, run) for run in runs)]


def write_leaderboard(path: Path, models: Sequence[Model]) -> None:
    """Writes the rows as a JSON list, whole or not at all.

    Raises:
        StorageError: no room left, or no permission.
    """
    write_text(path, json_text([asdict(model.row) for model in models]))


def student_interval(values: Sequence[float]) -> tuple[float, float]:
    """95% interval of the mean of at least two values (Student's t)."""
    half = stdtrit(len(values) - 1, 0.975) * stdev(values) / math.sqrt(len(values))
    return float(fmean(values) - half), float(fmean(values) + half)


def _group(result: Result) -> tuple[str, ...]:
    record = result.record
    alone = "" if record.preset else record.name
    built = "pretrained" if record.encoder else "", _names(record.teachers)
    return record.architecture, record.preset or "", record.dtype or "", *built, _recipe(result), alone


def _row(results: Sequence[Result]) -> Row:
    first, fastest = results[0].record, _fastest(results).record
    several = len(results) > 1
    tests = [result.record.test for result in results]
    accuracies = [test["accuracy"] for test in tests]
    accuracy, reviews = fmean(accuracies), first.test["reviews"]
    return Row(
        name=re.sub(r"-seed\d+$", "", first.name) if several else first.name,
        kind=first.kind,
        architecture=first.architecture,
        preset=first.preset,
        seeds=[result.record.seed for result in results if result.record.seed is not None],
        dtype=first.dtype,
        parameters=first.parameters,
        validation_accuracy=_mean((result.record.validation or {}).get("accuracy") for result in results),
        test_accuracy=accuracy,
        test_accuracy_ci95=list(wilson(round(accuracy * reviews), reviews)),
        test_accuracy_sd=stdev(accuracies) if several else None,
        test_accuracy_seeds_ci95=list(student_interval(accuracies)) if several else None,
        recall_negative=_mean(test["recall_negative"] for test in tests),
        recall_positive=_mean(test["recall_positive"] for test in tests),
        f1=_mean(test["f1"] for test in tests),
        roc_auc=_mean(test["roc_auc"] for test in tests),
        log_loss=fmean(test["log_loss"] for test in tests),
        calibration_error=fmean(test["calibration_error"] for test in tests),
        train_seconds=fastest.train_seconds,
        seconds_per_epoch=fastest.seconds_per_epoch,
        tokens_per_second=fastest.tokens_per_second,
        dataset=published(first.dataset),
        built_from_seconds=total_seconds(fastest.built_from),
        pretrained=bool(first.encoder),
        teachers=[teacher.name for teacher in first.teachers],
        members=[member.name for member in first.members],
        short_texts=_short_texts(results),
    )


def _recipe(result: Result, *, setting_only: bool = False) -> str:
    """Settings but for the seed, as text; with `setting_only` also but for the architecture and its encoder.

    A setting younger than the run has its default. "" for a result without settings.
    """
    alike: dict[str, Any] = {"seed": 0} | (
        {"architecture": ARCHITECTURE_NAMES[0], "encoder": ""} if setting_only else {}
    )
    try:
        return Config.from_json(json.dumps(result.record.config)).replace(**alike).to_json()
    except ConfigError:
        return ""


def _names(teachers: Iterable[Teacher]) -> str:
    return ", ".join(teacher.name for teacher in teachers)


def _fastest(results: Sequence[Result]) -> Result:
    return max(results, key=lambda result: result.record.tokens_per_second or 0.0)


def _short_texts(results: Sequence[Result]) -> dict[str, ShortTexts]:
    """Means over the seeds, of the kinds on which all of them were measured."""
    first, *others = [result.record.validation_short_texts or {} for result in results]
    return {
        # What describes the texts is the same for all seeds.
        kind: {**texts, "accuracy": fmean(each[kind]["accuracy"] for each in (first, *others))}
        for kind, texts in first.items()
        if all(kind in other for other in others)
    }


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
