"""The report of a dataset: leaderboard, one HTML page, one Markdown page. Reads records and predictions, never Keras.

results -> records -> leaderboard -> paired_tests, figures, tables -> pages
shipped.json -------> leaderboard -------------------------------> pages
label_efficiency.json -> label_efficiency -----------------------> pages
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment.errors import ConfigError, RunError
from sentiment.metrics.class_balance import balance
from sentiment.report.label_efficiency import read_label_efficiency
from sentiment.report.leaderboard import LEADERBOARD, Row, compared_models, read_shipped, write_leaderboard
from sentiment.report.paired_tests import warnings
from sentiment.report.records import comparable_results
from sentiment.runs.archive import write_archive
from sentiment.runs.results import REPORT_FOLDER


@dataclass(frozen=True)
class ReportPaths:
    """The files that were written, and their content."""

    html: Path
    markdown: Path
    leaderboard: Path
    rows: tuple[Row, ...]  # of the leaderboard, the highest test accuracy first; a shipped model is last
    verdict: str  # whether the best recurrent network beats the best linear model, in a sentence or two
    warnings: tuple[str, ...]  # a sentence for each classifier whose accuracy misleads
    balance: str  # the accuracy of a constant answer, in a sentence
    left_out: tuple[str, ...]  # names of results that were measured on other reviews
    note: str = ""  # why the saved row of a shipped model is not among the rows, and what to do


def write_report(dataset_folder: Path, reference: str | None = None) -> ReportPaths:
    """Compares all results of a dataset and writes `leaderboard.json` and `report/` beside them.

    Args:
        dataset_folder: holds a folder per saved run and `baselines/` with a folder per baseline.
        reference: name of a run; results on other reviews or of another split are left out. None for the newest.

    Raises:
        RunError: there is no result, or one cannot be read.
        StorageError: no room left, or no permission.
    """
    from sentiment.report.pages import write_pages  # Matplotlib takes a second to import; the leaderboard needs none

    results = comparable_results(dataset_folder, reference)
    models = compared_models(results.compared)
    leaderboard = dataset_folder / LEADERBOARD
    shipped, note = _shipped_row(dataset_folder, results.dataset)
    rows = (*(model.row for model in models), *([shipped] if shipped else []))
    write_leaderboard(leaderboard, rows)
    efficiency = read_label_efficiency(dataset_folder, results.dataset["content_hash"])
    html, markdown, verdict = write_pages(dataset_folder / REPORT_FOLDER, results, models, shipped, efficiency)
    return ReportPaths(
        html,
        markdown,
        leaderboard,
        rows=rows,
        verdict=verdict,
        warnings=tuple(warnings(models)),
        balance=balance(models[0].shown.record.test["confusion"], models[0].shown.record.classes.names),
        left_out=results.left_out,
        note=note,
    )


def _shipped_row(dataset_folder: Path, dataset: dict[str, Any]) -> tuple[Row | None, str]:
    """The row of a shipped model, where it fits the dataset, and a note where it cannot be used: no reason to stop."""
    try:
        return read_shipped(dataset_folder, dataset), ""
    except (RunError, ConfigError) as error:
        return None, f"no row of a shipped model: {error}"


def archive_results(dataset_folder: Path) -> list[Path]:
    """Writes all results of the report into the archive of the dataset, see `sentiment.runs.archive`.

    Returns:
        The files.

    Raises:
        RunError: there is no result, one cannot be read, they have different validation reviews, or one that has no
            folder would be lost.
        StorageError: no room left, or no permission.
    """
    return write_archive(dataset_folder, comparable_results(dataset_folder).compared)
