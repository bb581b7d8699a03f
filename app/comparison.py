"""The main job: reviews in; saved runs, baselines, leaderboard and report out."""

from collections.abc import Sequence
from pathlib import Path

from app.architectures import ARCHITECTURES, architecture
from app.baselines import BASELINES, save_baseline
from app.config import Config
from app.dataset import Splits, split
from app.errors import ConfigError, RunError
from app.progress import TrainingProgress
from app.report import ReportPaths, write_report
from app.results import BASELINES_FOLDER
from app.reviews import Reviews
from app.runs import load_run
from app.threads import settle
from app.training import encode, identity, train


def compare(
    reviews: Reviews,
    config: Config,
    names: Sequence[str] | None,
    seeds: int,
    models: Path,
    report: TrainingProgress,
    *,
    again: bool = False,
    baselines: bool = True,
) -> ReportPaths:
    """Trains the architectures and fits the baselines on the same split, and writes the report.

    Args:
        reviews: where everything comes from.
        config: settings shared by all; its architecture and seed are replaced.
        names: of the architectures; None for all.
        seeds: each architecture is trained with the seeds 1 to this.
        models: folder of all datasets.
        report: is told of every step and epoch.
        again: train and fit also what is there already, from the same settings and reviews.
        baselines: fit the linear baselines, too.

    Raises:
        ConfigError: an unknown architecture.
        ReviewsError: too few reviews, or of one class only.
        StorageError: the disk is full or cannot be written.
    """
    settle()
    chosen = [architecture(name).name for name in names] if names else list(ARCHITECTURES)
    splits = split(reviews, **config.split)
    folder = models / reviews.name
    if baselines:
        for name in BASELINES:
            fitted = save_baseline(name, splits, folder / BASELINES_FOLDER, again=again)
            report.note(f"baseline {name}: {'fitted' if fitted else 'is there already, fitted on these reviews'}")
    runs = [config.replace(architecture=name, seed=seed) for seed in range(1, seeds + 1) for name in chosen]
    wanted = [run for run in runs if again or not _is_there(run, splits, folder)]
    encoded = encode(splits, config.tokenizer) if wanted else None
    for run in runs:
        if encoded and run in wanted:
            train(encoded, run, folder, report)
        else:
            report.note(f"{run.name} is there already, trained with these settings on these reviews")
    return write_report(folder)


def _is_there(run: Config, splits: Splits, folder: Path) -> bool:
    """Whether a run from the same settings and reviews was saved and is still whole."""
    try:
        return load_run(folder / run.name).metrics["identity"] == identity(run, splits)
    except (RunError, ConfigError, KeyError):
        return False
