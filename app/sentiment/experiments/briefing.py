"""What a person reads before and after a training: what is learnt, whether less work would do, and what came of it."""

import contextlib
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from sentiment.config import MANY_LABELS, OURS, Classes, Config
from sentiment.data.dataset import Examples, Splits
from sentiment.data.fingerprints import require_unfamiliar
from sentiment.errors import ConfigError, RunError
from sentiment.inference.engines import load_engine
from sentiment.metrics.class_balance import macro_f1
from sentiment.metrics.measures import SIGNIFICANT, Figures, mcnemar_p, measure, p_text
from sentiment.metrics.verdicts import predicted_classes
from sentiment.report.figures.appearance import title
from sentiment.report.leaderboard import Row, ShippedRow
from sentiment.runs.archive import find_result
from sentiment.runs.default_run import SHIPPED_RUNS, command_in
from sentiment.runs.record import ENCODER, Kind
from sentiment.runs.results import published
from sentiment.runs.saved_run import MANIFEST, ONNX, SavedRun, find_run, load_run, qualified_name
from sentiment.support.paths import SHIPPED_MODELS
from sentiment.text.familiarity import Vocabulary
from sentiment.text.tokenizer import ReviewTokenizer
from sentiment.training.encoders import ARCHITECTURES_OF, load_encoder

_LOOKED_AT = 300  # texts by which a language is judged
_READABLE = 0.8  # share of the texts that a vocabulary has to know


def balance_of(train: Examples, classes: Classes) -> str:
    """The classes and their shares of the training reviews, in a line."""
    counts = np.bincount(train.labels.astype(int), minlength=len(classes))
    shares = ", ".join(f"{share:.1%} {name}" for name, share in zip(classes.names, counts / len(train), strict=True))
    order = " in their order" if classes.is_graded else ""
    return f"{len(classes)} classes{order}; of the {len(train):,} training reviews: {shares}"


def work_of(configs: Sequence[Config], done: Sequence[bool], baselines: int) -> str:
    """What will be trained, and from what, in a line.

    Args:
        configs: of the networks.
        done: which of them are there already.
        baselines: how many linear and other baselines are to be fitted.
    """
    ahead = [config for config, is_done in zip(configs, done, strict=True) if not is_done]
    parts = []
    if ahead:
        names = ", ".join(dict.fromkeys(config.model.architecture for config in ahead))
        seeds = len({config.seed for config in ahead})
        start = "from a pretrained encoder" if ahead[0].encoder else "from fresh weights"
        epochs = ahead[0].training.epochs
        parts.append(
            f"{len(ahead)} network{'s' * (len(ahead) > 1)} to train ({names}{f', {seeds} seeds' * (seeds > 1)}), "
            f"preset {ahead[0].preset}, {start}, {epochs} epoch{'s' * (epochs > 1)} or more where reviews are few"
        )
    if baselines:
        parts.append(f"{baselines} baseline{'s' * (baselines > 1)} to fit")
    if there := len(configs) - len(ahead):
        parts.append(f"{there} network{'s' * (there > 1)} there already")
    return "plan: " + ("; ".join(parts) or "nothing to do")


def sources_for_few(splits: Splits, models: Path) -> tuple[SavedRun | None, Path | None]:
    """What training with few labels could start from: the run to adapt, and the folder of an encoder.

    Each is None where there is none that reads the language of the reviews and has not learnt from the test reviews, or
    where there are labels enough.
    """
    if len(splits.train) + len(splits.validation) >= MANY_LABELS:
        return None, None
    runs = (
        run for run in _runs(models) if (run.folder / ONNX).is_file() and _fits(splits, run.folder, run.tokenizer())
    )
    return next(runs, None), next(_encoders(splits, models), None)


def _runs(models: Path) -> Iterator[SavedRun]:
    """The run that answers where none is named, and those that are shipped."""
    with contextlib.suppress(RunError, ConfigError):
        yield find_run(models)
    yield from _shipped()


def advice_for_few(reviews: Sequence[str], source: SavedRun | None, encoder: Path | None, models: Path) -> list[str]:
    """Commands that need fewer labels than a network from fresh weights does.

    Args:
        reviews: options of the command line that say which reviews, and how they are read.
        source: a run to adapt; None: there is none that fits.
        encoder: the folder of one to start from; None as well.
        models: the folder of all datasets.
    """
    same_reviews = shlex.join(reviews)
    lines = []
    if source:
        named = "" if _is_default(source, models) else f"--run {shlex.quote(_shown(source.folder))} "
        command = command_in(models, f"adapt {named}{same_reviews}")
        lines.append(f"the labels are few: fit {qualified_name(source.folder)} to them in seconds with: {command}")
    if encoder:
        command = command_in(models, f"train --from-pretrained {shlex.quote(_shown(encoder))} {same_reviews}")
        lines.append(f"the labels are few: start from weights that have read many reviews with: {command}")
    return lines


def _is_default(run: SavedRun, models: Path) -> bool:
    with contextlib.suppress(RunError, ConfigError):
        return find_run(models).folder.resolve() == run.folder.resolve()
    return False


def _shown(folder: Path) -> str:
    """A folder as a command takes it, from the current one where it lies in it."""
    folder = folder.resolve()
    return str(folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder)


def why_not_the_first(rows: Sequence[Row], best: SavedRun) -> str | None:
    """Why the network that the commands name is not the first row of the table; None where it is.

    Args:
        rows: of the leaderboard, the highest test accuracy first.
        best: the network with the lowest log loss on validation.
    """
    first, config = rows[0], best.config
    if first.is_network and (first.architecture, first.preset) == (config.model.architecture, config.preset):
        return None
    kind = "" if first.is_network else ", which is no network and answers no command,"
    return (
        f"{title(first)}{kind} is first in the table, by test accuracy. The commands below name {best.name}: it has "
        "the lowest log loss on validation of the networks of this training. A choice by test reviews would flatter."
    )


def _encoders(splits: Splits, models: Path) -> Iterator[Path]:
    """Encoders that fit: those of the same reviews first, and then those that are shipped."""
    for place in (models / splits.dataset.name, SHIPPED_MODELS / "imdb"):
        for path in sorted(place.glob(f"*/{ENCODER}")):
            with contextlib.suppress(RunError, ConfigError):
                encoder = load_encoder(path.parent)
                reads = OURS in ARCHITECTURES_OF[encoder.config.reads]
                if reads and _fits(splits, path.parent, encoder.tokenizer(Config().tokenizer)):
                    yield path.parent


def _fits(splits: Splits, folder: Path, tokenizer: ReviewTokenizer) -> bool:
    try:
        require_unfamiliar(splits.test.texts, [folder])
    except ConfigError:
        return False
    texts = splits.train.texts[:: max(1, len(splits.train) // _LOOKED_AT)]
    vocabulary = Vocabulary(tokenizer)
    known = [
        vocabulary.familiarity(text, token_ids).reason is None
        for text, token_ids in zip(texts, tokenizer.token_ids(texts, whole=True), strict=True)
    ]
    return float(np.mean(known)) >= _READABLE


@dataclass(frozen=True)
class Beside:
    """A shipped model beside a trained run, on the same test reviews."""

    sentence: str  # without the figures that the row has
    measured: ShippedRow | None  # its row of the leaderboard; None: it has learnt from the training reviews


def beside_shipped(splits: Splits, trained: SavedRun) -> Beside | None:
    """A shipped model on the test reviews of a trained run: a baseline, by which nothing is chosen.

    Of the shipped models that have all the classes of the reviews and have learnt from neither the validation nor the
    test reviews, the one with the highest accuracy on validation is measured on test; those that have not learnt from
    the training reviews either come first, as they alone give a row. A verdict that is none of the
    classes of the reviews, such as neutral, counts as wrong.

    Args:
        splits: the reviews of the run.
        trained: a run with saved test predictions.

    Returns:
        None where no shipped model can be measured.

    Raises:
        RunError: ONNX Runtime cannot compute what it says.
    """
    result = find_result(trained.folder.parent, trained.name)
    candidates = [run for run in _shipped() if _may_be_measured(run, splits)]
    unfamiliar = [run for run in candidates if _knows_none(run, splits.train, "training")]
    candidates = unfamiliar or candidates
    if not candidates or result is None:
        return None
    if len(candidates) > 1:

        def accuracy(run: SavedRun) -> float:
            labels = _labels(run, splits.validation, splits.classes)
            return float((predicted_classes(_computed(run, splits.validation)) == labels).mean())

        candidates.sort(key=lambda run: -accuracy(run))
    shipped = candidates[0]
    labels, computed = _labels(shipped, splits.test, splits.classes), _computed(shipped, splits.test)
    theirs = predicted_classes(computed) == labels
    ours = predicted_classes(result.probabilities) == result.labels
    figures = measure(labels, computed, shipped.config.classes)
    measured = ShippedRow(shipped.record.id, _row(shipped, figures, splits)) if unfamiliar else None
    points = round(100 * float(theirs.mean() - ours.mean()), 2)  # as it is said
    if measured:
        distance = f"{abs(points):.2f} points {'ahead of' if points > 0 else 'behind'}" if points else "as accurate as"
        # The table may have the mean over seeds.
        sentence = f"{measured.row.name}, the last row, is {distance} {trained.name} with {ours.mean():.2%}"
    else:
        low, high = figures["accuracy_ci95"]
        sentence = (
            f"{qualified_name(shipped.folder)}, which is shipped, gets {theirs.mean():.2%} ({100 * low:.1f}–"
            f"{100 * high:.1f}) of the same {len(theirs):,} test reviews right, {trained.name} {ours.mean():.2%}"
        )
    return Beside(f"{sentence}: {_advice(points, theirs, ours, result.labels)}", measured)


def _advice(points: float, theirs: np.ndarray, ours: np.ndarray, labels: np.ndarray) -> str:
    """What follows from the verdicts of a shipped model and of a trained one: bool[n] each, whether right.

    Args:
        points: by which the shipped one is ahead.
        theirs: of the shipped one.
        ours: of the trained one.
        labels: int[n].
    """
    constant = np.bincount(labels).max()  # reviews of the most frequent class
    if points >= 0:
        return "you may not need to train." if theirs.sum() > constant else "no more than a constant answer would get."
    p_value = mcnemar_p(int((theirs & ~ours).sum()), int((ours & ~theirs).sum()))
    explained = "does not explain" if p_value < SIGNIFICANT else "alone could explain"
    return f"a gap that chance {explained} (McNemar, p {p_text(p_value)})."


def _shipped() -> list[SavedRun]:
    folders = [SHIPPED_MODELS / name for name in SHIPPED_RUNS]
    runs = []
    for folder in folders:
        if (folder / MANIFEST).is_file():
            with contextlib.suppress(RunError, ConfigError):  # a damaged one is no reason to lose a report
                runs.append(load_run(folder))
    return runs


def _may_be_measured(run: SavedRun, splits: Splits) -> bool:
    return (
        set(splits.classes.names) <= set(run.config.classes.names)
        and _knows_none(run, splits.validation, "validation")
        and _knows_none(run, splits.test, "test")
    )


def _knows_none(run: SavedRun, examples: Examples, part: str) -> bool:
    try:
        require_unfamiliar(examples.texts, [run.folder], part)
    except ConfigError:
        return False
    return True


def _computed(run: SavedRun, examples: Examples) -> np.ndarray:
    """float[n] or float[n, classes]: probabilities as they are saved, in the classes of the run."""
    return load_engine("onnx", run).start(run.tokenizer().token_ids(examples.texts))()


def _labels(run: SavedRun, examples: Examples, classes: Classes) -> np.ndarray:
    """int[n]: the labels as indices of the classes of a run, which are matched by name."""
    own_index = np.array([run.config.classes.names.index(name) for name in classes.names])
    return own_index[examples.labels.astype(int)]


def _row(run: SavedRun, figures: Figures, splits: Splits) -> Row:
    """The row of a shipped model.

    Where it has other classes than the reviews, it lacks the figures of its probabilities and grades, which would be of
    another kind than those of the other rows.
    """
    record, own, classes = run.record, run.config.classes, splits.classes
    same = own.names == classes.names and own.is_graded == classes.is_graded
    return Row(
        name=qualified_name(run.folder),
        kind=Kind.SHIPPED,
        architecture=record.architecture,
        preset=None,
        seeds=[],
        dtype=record.dtype,
        parameters=record.parameters,
        validation_accuracy=None,
        test_accuracy=figures["accuracy"],
        test_accuracy_ci95=figures["accuracy_ci95"],
        test_accuracy_sd=None,
        test_accuracy_seeds_ci95=None,
        macro_f1=macro_f1(figures["confusion"], [own.names.index(name) for name in classes.names]),
        roc_auc=figures["roc_auc"] if same else None,
        log_loss=figures["log_loss"] if same else None,
        calibration_error=figures["calibration_error"] if same else None,
        train_seconds=None,
        seconds_per_epoch=None,
        tokens_per_second=None,
        dataset=published(asdict(splits.dataset)),
        recall={name: figures["recall"][name] for name in classes.names},
        mean_absolute_error=figures["mean_absolute_error"] if same else None,
        quadratic_kappa=figures["quadratic_kappa"] if same else None,
    )
