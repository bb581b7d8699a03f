"""The results of a dataset that were measured on the same reviews."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.errors import RunError
from sentiment.runs.archive import keys_in, read_ensembles, read_results
from sentiment.runs.ensembles import as_result
from sentiment.runs.record import METRICS
from sentiment.runs.results import BASELINES_FOLDER, Result


@dataclass(frozen=True)
class Results:
    """The results of a dataset that can be compared, and the names of those that cannot."""

    dataset: dict[str, Any]  # the reviews they were measured on
    compared: tuple[Result, ...]
    left_out: tuple[str, ...]
    outdated: tuple[str, ...]  # ensembles with a member that is gone or has changed


def comparable_results(dataset_folder: Path, reference: str | None = None) -> Results:
    """All results of a dataset with the same split into training, validation and test as one run.

    Args:
        dataset_folder: of its runs, its baselines and its archive.
        reference: name of the run; None for the newest.

    Raises:
        RunError: there is no result, or one cannot be read.
    """
    results = {result.key: result for result in read_results(dataset_folder)}
    if not results:
        raise RunError(
            f"expected results of runs or baselines in {dataset_folder}; found none; train with: sentiment train"
        )
    standard = results[reference or _newest(dataset_folder) or next(iter(results))]
    ensembles = {name: as_result(record, results.values()) for name, record in read_ensembles(dataset_folder).items()}
    everything = [*results.values(), *filter(None, ensembles.values())]
    compared = tuple(result for result in everything if _same_reviews(result, standard))
    left_out = tuple(result.record.name for result in everything if not _same_reviews(result, standard))
    outdated = tuple(name for name, ensemble in ensembles.items() if ensemble is None)
    return Results(standard.record.dataset, compared, left_out, outdated)


def _newest(dataset_folder: Path) -> str | None:
    """The key of the newest run, else of the newest baseline; None where there is only an archive."""
    keys = keys_in(dataset_folder)
    runs = [key for key in keys if not key.startswith(f"{BASELINES_FOLDER}/")]

    def age(key: str) -> tuple[int, str]:
        return (dataset_folder / key / METRICS).stat().st_mtime_ns, key

    return max(runs or keys, key=age, default=None)


def _same_reviews(a: Result, b: Result) -> bool:
    # Paired tests need the same test reviews in the same order, and accuracies are comparable only after training and
    # validation on the same reviews.
    same = all(a.record.dataset[name] == b.record.dataset[name] for name in ("content_hash", "train", "validation"))
    return same and np.array_equal(a.labels, b.labels)
