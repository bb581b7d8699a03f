"""The rows of the leaderboard: one for each compared model, with all of its seeds together.

The last row may be of a model that is shipped and has not learnt from these reviews. Each training measures it and
saves the row in `shipped.json`, with the id of the model's record. It is neither ranked nor chosen, and it is no result
of the archive.
"""

import itertools
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from scipy.special import stdtrit

from sentiment.config import OURS, Config
from sentiment.data.dataset import same_split
from sentiment.errors import ConfigError, RunError
from sentiment.metrics.measures import wilson
from sentiment.runs.default_run import SHIPPED_RUNS
from sentiment.runs.record import METRICS, Kind, ShortTexts, json_text, read_record, readable, total_seconds
from sentiment.runs.record_types import require_record
from sentiment.runs.results import Result, published
from sentiment.support.paths import SHIPPED_MODELS
from sentiment.support.storage import storage_errors, write_text

LEADERBOARD = "leaderboard.json"
SHIPPED_ROW = "shipped.json"  # beside it
_REMEDY = "run its training again, or delete the file"


@dataclass(frozen=True)
class Row:
    """A row of `leaderboard.json`.

    With several seeds, figures are means over them. Times and speeds are those of the seed with the fewest seconds an
    epoch, because other work on a machine only adds to the time of a training.
    """

    name: str  # of the run, or of its architecture and preset where several seeds ran; of a shipped one, dataset/name
    kind: Kind
    architecture: str
    preset: str | None  # None for a baseline and an ensemble
    seeds: list[int]  # empty for both
    dtype: str | None
    parameters: int
    validation_accuracy: float | None  # None for an ensemble that was not measured there
    test_accuracy: float
    test_accuracy_ci95: list[float]  # Wilson: what other reviews of this kind could give
    test_accuracy_sd: float | None  # over the seeds; None for one
    test_accuracy_seeds_ci95: list[float] | None  # Student's t: what other seeds could give
    macro_f1: float  # mean F1 of the classes that occur or are predicted
    roc_auc: float | None  # of two classes
    log_loss: float | None  # None for a shipped model with further classes
    calibration_error: float | None  # the same
    train_seconds: float | None  # None for a shipped model, which was trained elsewhere
    seconds_per_epoch: float | None
    tokens_per_second: float | None
    dataset: dict[str, Any]
    recall: dict[str, float | None]  # by class, in the order of the classes; None where no test review is of it
    mean_absolute_error: float | None = None  # in grades; None where classes have no order
    quadratic_kappa: float | None = None  # the same
    built_from_seconds: float | None = 0.0  # of encoder, teachers and members; None: not known
    pretrained: bool = False  # it started from an encoder
    teachers: list[str] = field(default_factory=list)  # whose probabilities it learned beside the labels
    members: list[str] = field(default_factory=list)  # of an ensemble
    short_texts: dict[str, ShortTexts] = field(default_factory=dict)  # by kind

    @property
    def total_seconds(self) -> float | None:
        """Training time with that of all it was built from; None: not known."""
        if self.train_seconds is None or self.built_from_seconds is None:
            return None
        return self.train_seconds + self.built_from_seconds

    @property
    def is_network(self) -> bool:
        """Whether it is a single recurrent network."""
        return self.kind in (Kind.NETWORK, Kind.REDUCED, Kind.ADAPTED)


@dataclass(frozen=True)
class ShippedRow:
    """The content of `shipped.json`."""

    id: str  # of the record of the shipped run that was measured
    row: Row


@dataclass(frozen=True)
class Model:
    """A row, and the results behind it."""

    row: Row
    results: tuple[Result, ...]  # by seed

    @property
    def validation_loss(self) -> float:
        """Log loss on validation, in nats, by which the best of a kind is chosen."""
        losses = [result.record.validation["log_loss"] for result in self.results if result.record.validation]
        return fmean(losses) if losses else math.inf

    @cached_property
    def family(self) -> tuple[str, str, str, str, str]:
        """What networks of a family share: preset, dtype, pretraining, teachers and settings."""
        row, settings = self.row, _settings(self.shown, architecture=OURS, encoder="")
        pretrained = "pretrained" if row.pretrained else ""
        return row.preset or "", row.dtype or "", pretrained, ", ".join(row.teachers), settings

    @property
    def fastest(self) -> Result:
        """The result whose times and speeds the row has."""
        return _fastest(self.results)

    @property
    def shown(self) -> Result:
        """The result that figures and paired tests show: that of the lowest seed, not the best one."""
        return self.results[0]


def compared_models(results: Iterable[Result]) -> list[Model]:
    """Groups results that differ in the seed alone, the highest test accuracy first; of equals, as on validation."""
    ordered = sorted(results, key=lambda result: (*_group(result), result.record.seed or 0))
    groups = [tuple(group) for _, group in itertools.groupby(ordered, _group)]
    models = [Model(_row(group), group) for group in groups]
    return sorted(models, key=lambda model: (-model.row.test_accuracy, model.validation_loss, model.row.name))


def originals(models: Sequence[Model]) -> list[Model]:
    """The models without reduced copies of others among them."""

    def origins(row: Row) -> set[tuple[object, ...]]:
        return {(row.architecture, row.preset, row.pretrained, *row.teachers, seed) for seed in (None, *row.seeds)}

    runs = [origins(model.row) for model in models if model.row.kind != Kind.REDUCED]
    return [m for m in models if m.row.kind != Kind.REDUCED or not any(origins(m.row) <= run for run in runs)]


def write_leaderboard(path: Path, rows: Sequence[Row]) -> None:
    """Writes the rows as a JSON list, whole or not at all.

    Raises:
        StorageError: no room left, or no permission.
    """
    write_text(path, json_text([asdict(row) for row in rows]))


def write_shipped(dataset_folder: Path, measured: ShippedRow | None) -> None:
    """Writes the row of a shipped model; None: an older one goes.

    Raises:
        StorageError: no room left, or no permission.
    """
    path = dataset_folder / SHIPPED_ROW
    if measured:
        write_text(path, json_text(asdict(measured)))
    else:
        with storage_errors(path):
            path.unlink(missing_ok=True)


def read_shipped(dataset_folder: Path, dataset: Mapping[str, Any]) -> Row | None:
    """The row of a shipped model; None where none was measured on the same split of the same reviews.

    Args:
        dataset_folder: of the leaderboard.
        dataset: the reviews of the other rows.

    Raises:
        RunError: it cannot be read; or the shipped run of that name that is installed now is another one.
        ConfigError: the classes in it are none.
    """
    path = dataset_folder / SHIPPED_ROW
    if not path.is_file():
        return None
    with readable(path, _REMEDY):
        saved = json.loads(path.read_text(encoding="utf-8"))
        json_text(saved).encode()  # refuses NaN, infinity and half characters, which no report could hold
        values, measured_id = saved["row"], saved["id"]
        require_record(values, {each.name: each.type for each in fields(Row)})
        row = Row(**values | {"kind": Kind.SHIPPED})
        if len(row.test_accuracy_ci95) != 2:
            raise ValueError(f"expected test_accuracy_ci95 as two numbers; found {len(row.test_accuracy_ci95)}")
        if not same_split(row.dataset, dataset):
            return None
    if row.name in SHIPPED_RUNS and (SHIPPED_MODELS / row.name / METRICS).is_file():
        installed_id = read_record(SHIPPED_MODELS / row.name).id
        if measured_id != installed_id:
            raise RunError(
                f"expected figures of the installed {row.name}, {installed_id}, in {path}; found those of "
                f"{measured_id!r:.40}; {_REMEDY}"
            )
    return row


def student_interval(values: Sequence[float]) -> tuple[float, float]:
    """95% interval of the mean of at least two values (Student's t)."""
    half = stdtrit(len(values) - 1, 0.975) * stdev(values) / math.sqrt(len(values))
    return float(fmean(values) - half), float(fmean(values) + half)


def _group(result: Result) -> tuple[str, ...]:
    record = result.record
    name = "" if record.preset else record.name
    built = "pretrained" if record.encoder else "", ", ".join(teacher.name for teacher in record.teachers)
    return record.architecture, record.preset or "", record.dtype or "", *built, _settings(result), name


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
        validation_accuracy=_mean(each.record.validation and each.record.validation["accuracy"] for each in results),
        test_accuracy=accuracy,
        test_accuracy_ci95=list(wilson(round(accuracy * reviews), reviews)),
        test_accuracy_sd=stdev(accuracies) if several else None,
        test_accuracy_seeds_ci95=list(student_interval(accuracies)) if several else None,
        recall={name: _mean(test["recall"][name] for test in tests) for name in first.classes.names},
        mean_absolute_error=_mean(test["mean_absolute_error"] for test in tests),
        quadratic_kappa=_mean(test["quadratic_kappa"] for test in tests),
        macro_f1=fmean(test["macro_f1"] for test in tests),
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


def _settings(result: Result, **replaced: Any) -> str:
    """All settings as text, without the seed and with some replaced; "" for a result without settings.

    A setting that the run lacks has its default.
    """
    try:
        return Config.from_json(json.dumps(result.record.config)).replace(seed=0, **replaced).to_json()
    except ConfigError:
        return ""


def _fastest(results: Sequence[Result]) -> Result:
    # As `documents` has it. The most tokens a second may be those of a seed with longer reviews, which is done later.
    return min(results, key=lambda result: result.record.seconds_per_epoch or math.inf)


def _short_texts(results: Sequence[Result]) -> dict[str, ShortTexts]:
    """Means over the seeds, of the kinds on which all of them were measured. All seeds have the same texts."""
    by_seed = [result.record.validation_short_texts or {} for result in results]
    return {
        kind: {**texts, "accuracy": fmean(figures[kind]["accuracy"] for figures in by_seed)}
        for kind, texts in by_seed[0].items()
        if all(kind in figures for figures in by_seed)
    }


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
