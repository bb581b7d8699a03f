"""What the pages show first: the models in short, how to use each, and the mistakes that they share."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment.report.figures.appearance import look, title
from sentiment.report.figures.svg import variable
from sentiment.report.leaderboard import Model, Row
from sentiment.report.paired_tests import best_network
from sentiment.report.tables import NOTHING, chance, interval, percent, verdict_of
from sentiment.runs.default_run import command_in
from sentiment.runs.record import Kind
from sentiment.runs.saved_run import MANIFEST

EXAMPLE = "Not once did I wish it were shorter."
MOST_MISTAKES = 20
_UNITS = ((3_600, "h"), (60, "min"))


@dataclass(frozen=True)
class Entry:
    """A row of the first table."""

    number: int | None  # from 1, as beside the points of a narrow figure; None: not ranked
    row: Row
    bar: tuple[float, float, float] | None  # of 100: ends of the interval and accuracy; None: outside the scale

    @property
    def title(self) -> str:
        return title(self.row)

    @property
    def colour(self) -> str:
        """As CSS."""
        architecture = self.row.architecture if self.number else ""  # no figure shows a row that is not ranked
        return variable(look(architecture).colour)

    @property
    def kind(self) -> str:
        """`network`, `baseline`, `ensemble` or `shipped`."""
        return "network" if self.row.is_network else str(self.row.kind)

    @property
    def accuracy(self) -> str:
        return percent(self.row.test_accuracy)

    @property
    def interval(self) -> str:
        return interval(self.row.test_accuracy_ci95)

    @property
    def parameters(self) -> str:
        count = self.row.parameters
        return f"{count / 1e6:.1f} M" if count >= 1e5 else f"{count:,}"

    @property
    def seconds(self) -> float | None:
        """Of training with all it is built from; None: not known."""
        return self.row.total_seconds

    @property
    def time(self) -> str:
        return NOTHING if self.seconds is None else duration(self.seconds)


@dataclass(frozen=True)
class Use:
    """A model that is saved on this machine, and the command that lets it read a text."""

    title: str
    command: str
    is_best: bool  # of them on validation


@dataclass(frozen=True)
class Mistake:
    """A test review, and the models that took it for another class and were sure of it."""

    row: int
    text: str  # the beginning; empty where it was not saved
    predicted: str
    truth: str  # the class that is its label
    models: tuple[str, ...]  # titles, the surest first
    confidence: float  # of the surest

    @property
    def who(self) -> str:
        """The models in words."""
        first, *others = self.models
        more = {0: "", 1: "; one more model says so"}.get(len(others), f"; {len(others)} more models say so")
        return f"{first} is {chance(self.confidence)} sure{more}"


def entries(models: Sequence[Model], shipped: Row | None = None) -> tuple[list[Entry], tuple[float, float]]:
    """A row for each model and the last for a shipped one, and the ends of the scale of all bars, as fractions.

    The scale leaves out constant classifiers, and a shipped model wholly below the others: beside them, every other
    interval would be a dot.
    """
    intervals = [model.row.test_accuracy_ci95 for model in models if not model.shown.is_constant]
    lowest = min((ends[0] for ends in intervals), default=0.0)
    intervals += [shipped.test_accuracy_ci95] if shipped and shipped.test_accuracy_ci95[1] >= lowest else []
    low, high = min((ends[0] for ends in intervals), default=0.0), max((ends[1] for ends in intervals), default=1.0)

    def place(accuracy: float) -> float:
        return round(100 * (accuracy - low) / ((high - low) or 1.0), 1)

    rows = [*(model.row for model in models), *([shipped] if shipped else [])]
    bars = [tuple(map(place, (*row.test_accuracy_ci95, row.test_accuracy))) for row in rows]
    return [
        Entry(None if row is shipped else number, row, (start, end, dot) if end >= 0 else None)
        for number, (row, (start, end, dot)) in enumerate(zip(rows, bars, strict=True), start=1)
    ], (low, high)


def uses(models: Sequence[Model], dataset_folder: Path) -> list[Use]:
    """The command of each run that is in its folder, in the order of the models; of several seeds, of the first."""
    saved = [model for model in models if (dataset_folder / model.shown.key / MANIFEST).is_file()]
    best = best_network(saved)
    return [Use(title(m.row), _command(dataset_folder, m.shown.key), is_best=m is best) for m in saved]


def mistakes(models: Sequence[Model]) -> list[Mistake]:
    """The mistakes of which each single model was surest, those that most models share first."""
    sure: dict[tuple[int, int], list[tuple[float, str]]] = {}
    reviews = {}
    for model in models:
        if model.shown.is_constant or model.row.kind == Kind.ENSEMBLE:
            continue
        for review in model.shown.record.confidently_wrong:
            predicted, confidence = verdict_of(review)
            reviews[review["row"]] = review
            sure.setdefault((review["row"], predicted), []).append((confidence, title(model.row)))
    names, made = models[0].shown.record.classes.names, []
    for (row, predicted), verdicts in sure.items():
        confidences, titles = zip(*sorted(verdicts, key=lambda verdict: -verdict[0]), strict=True)
        review = reviews[row]
        text, truth = review.get("text", ""), names[review["label"]]
        made.append(Mistake(row, text, names[predicted], truth, titles, confidences[0]))
    return sorted(made, key=lambda mistake: (-len(mistake.models), mistake.row))


def duration(seconds: float) -> str:
    """For people: 2.1 h, 35 min, 40 s."""
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}" if seconds < 10 * size else f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def _command(dataset_folder: Path, name: str) -> str:
    return command_in(dataset_folder.parent.resolve(), f'predict --run {dataset_folder.name}/{name} "{EXAMPLE}"')
