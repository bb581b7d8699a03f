"""The report as an HTML page and as a Markdown page, from the same values."""

import base64
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sentiment.data.dataset import PARTS, removed, rows_of_source
from sentiment.metrics.class_balance import balance
from sentiment.metrics.measures import p_text
from sentiment.report.figures.appearance import look, title
from sentiment.report.figures.label_efficiency import draw_curve
from sentiment.report.figures.pictures import Picture, draw
from sentiment.report.label_efficiency import LabelEfficiency, table_columns
from sentiment.report.leaderboard import Model, Row
from sentiment.report.paired_tests import paired_tests, reference, same_function, verdict, warnings
from sentiment.report.records import Results
from sentiment.report.tables import (
    format_table,
    in_two,
    markdown_text,
    recall_table,
    seeds_table,
    short_texts_table,
    surest,
)
from sentiment.runs.record import Kind
from sentiment.runs.results import published
from sentiment.support.environment import machine_in_words
from sentiment.support.storage import new_folder
from sentiment.support.templates import templates

HTML = "index.html"
MARKDOWN = "report.md"
SAMPLE = "sample"  # the name of the bundled reviews


def write_pages(
    folder: Path, results: Results, models: Sequence[Model], efficiency: LabelEfficiency | None = None
) -> tuple[Path, Path, str]:
    """Writes both pages and the figures into a folder that appears whole or not at all.

    Args:
        folder: becomes the report.
        results: what is reported.
        models: the same, in rows.
        efficiency: accuracy with fewer labels, where it was measured.

    Returns:
        The HTML page, the Markdown page, and the verdict they lead with.

    Raises:
        StorageError: no room left, or no permission.
    """
    values = _values(results, models, draw(models)) | _fewer_labels(efficiency)
    page, markdown = (_render(name, values) for name in ("page.html.jinja", "report.md.jinja"))
    with new_folder(folder) as temporary:
        (temporary / HTML).write_text(page, encoding="utf-8")
        (temporary / MARKDOWN).write_text(markdown, encoding="utf-8")
        for picture in filter(None, [*values["pictures"], values["efficiency_picture"]]):
            (temporary / f"{picture.name}.png").write_bytes(picture.png)
    return folder / HTML, folder / MARKDOWN, values["verdict"]


def _values(results: Results, models: Sequence[Model], pictures: Sequence[Picture]) -> dict[str, Any]:
    """What the templates show."""
    rows = [model.row for model in models]
    several = [model for model in models if len(model.results) > 1]
    tests, to_beat = paired_tests(models), reference(models)
    quality, times = in_two(format_table(rows))
    return {
        "dataset": published(results.dataset),
        "counts": _counts(results.dataset),
        "is_sample": results.dataset["name"] == SAMPLE,
        "left_out": results.left_out,
        "outdated": results.outdated,
        "verdict": verdict(models, tests),
        "warnings": warnings(models),
        "balance": balance(models[0].shown.record.test["confusion"], models[0].shown.record.classes.names),
        "same_function": same_function(tests),
        "graded": models[0].shown.record.classes.is_graded,
        "quality": quality,
        "recalls": recall_table(rows),
        "times": times,
        "colours": [look(row.architecture).colour for row in rows],
        "kinds": ["network" if row.is_network else row.kind for row in rows],
        "ensembles": [(title(row), row.members) for row in rows if row.kind == Kind.ENSEMBLE],
        "built": any(row.built_from_seconds != 0 for row in rows),
        "short_texts": short_texts_table(rows),
        "short_texts_larger_class": any("larger_class" in texts for row in rows for texts in row.short_texts.values()),
        "uncertain": _uncertain(rows),
        "machines": _machines(models),
        "pictures": pictures,
        "tests": tests,
        "reference": title(to_beat.row) if to_beat else "",
        "seeds": seeds_table(several),
        "shown_seeds": sorted({model.shown.record.seed for model in several}),
        "wrong": [
            (title(model.row), model.shown.record)
            for model in models
            if not model.shown.is_constant and model.row.kind != Kind.ENSEMBLE
        ],
        "title": title,
        "p_text": p_text,
        "surest": surest,
    }


def _counts(dataset: dict[str, Any]) -> list[tuple[str, str]]:
    """The rows of the source, and their numbers in each part and left out, which add up to the first."""
    parts = [(part.capitalize(), dataset[name]) for part, name in PARTS.items()]
    reasons = [(f"Left out: {reason}", count) for reason, count in removed(dataset).items()]
    return [(label, f"{count:,}") for label, count in [("Rows", rows_of_source(dataset)), *parts, *reasons]]


def _fewer_labels(efficiency: LabelEfficiency | None) -> dict[str, Any]:
    if efficiency is None:
        return {"efficiency_picture": None, "efficiency_columns": [], "efficiency_warnings": []}
    caption = f"{efficiency.caption} {efficiency.balance}".rstrip()
    return {
        "efficiency_picture": Picture("label-efficiency", efficiency.heading, caption, draw_curve(efficiency)),
        "efficiency_columns": table_columns(efficiency),
        "efficiency_warnings": efficiency.warnings,
    }


def _machines(models: Sequence[Model]) -> list[str]:
    """The machines on which the times were measured, in words."""
    records = [result.record for model in models for result in model.results]
    return list(dict.fromkeys(machine_in_words(record.machine) for record in records if record.kind != Kind.ENSEMBLE))


def _uncertain(rows: Sequence[Row]) -> str:
    """Half the 95% interval of an accuracy on short texts, for each number of texts that occurs."""
    numbers = {int(texts["texts"]) for row in rows for texts in row.short_texts.values()}
    return ", ".join(f"{98 / math.sqrt(count):.0f} points with {count:,}" for count in sorted(numbers, reverse=True))


def _render(template: str, values: dict[str, Any]) -> str:
    environment = templates(Path(__file__).parent, html=template.startswith("page.html"))
    environment.filters["base64"] = lambda data: base64.b64encode(data).decode("ascii")
    environment.filters["md"] = markdown_text
    return environment.get_template(template).render(values)
