"""The report as an HTML page and as a Markdown page, from the same values."""

import base64
import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sentiment.data.dataset import PARTS, removed, rows_of_source
from sentiment.metrics.class_balance import balance
from sentiment.report.figures.appearance import title
from sentiment.report.figures.label_efficiency import draw_curve
from sentiment.report.figures.pictures import LEARNING_CURVES, Picture, draw, wide_and_narrow
from sentiment.report.figures.svg import COLOURS
from sentiment.report.label_efficiency import LabelEfficiency, table_columns
from sentiment.report.leaderboard import Model, Row
from sentiment.report.overview import MOST_MISTAKES, entries, mistakes, uses
from sentiment.report.paired_tests import paired_tests, reference, same_function, test_columns, verdict, warnings
from sentiment.report.records import Results
from sentiment.report.tables import (
    format_table,
    in_two,
    markdown_text,
    percent,
    recall_table,
    seeds_table,
    short_texts_table,
)
from sentiment.runs.record import Kind
from sentiment.runs.results import published
from sentiment.support.environment import machine_in_words
from sentiment.support.storage import new_folder
from sentiment.support.templates import templates

HTML = "index.html"
MARKDOWN = "report.md"
SAMPLE = "sample"  # the name of the bundled reviews
_TEMPLATES = Path(__file__).parent / "templates"


def write_pages(
    folder: Path,
    results: Results,
    models: Sequence[Model],
    shipped: Row | None = None,
    efficiency: LabelEfficiency | None = None,
) -> tuple[Path, Path, str]:
    """Writes both pages and the figures into a folder that appears whole or not at all.

    Args:
        folder: becomes the report.
        results: what is reported.
        models: the same, in rows.
        shipped: the last row of the tables of quality, where there is one.
        efficiency: accuracy with fewer labels, where it was measured.

    Returns:
        The HTML page, the Markdown page, and the verdict they lead with.

    Raises:
        StorageError: no room left, or no permission.
    """
    pictures = draw(models)
    values = _values(results, models, shipped, pictures, folder.parent) | _fewer_labels(efficiency)
    style, script = ((_TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    # The page allows this script and no other, whatever a review contains.
    script_hash = "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    looks = {"colours": COLOURS, "style": style, "script": script, "script_hash": script_hash}
    page, markdown = (_render(name, values | looks) for name in ("page.html.jinja", "report.md.jinja"))
    with new_folder(folder) as temporary:
        (temporary / HTML).write_text(page, encoding="utf-8")
        (temporary / MARKDOWN).write_text(markdown, encoding="utf-8")
        for picture in filter(None, [*pictures, values["efficiency_picture"]]):
            (temporary / f"{picture.name}.svg").write_text(picture.file, encoding="utf-8")
    return folder / HTML, folder / MARKDOWN, " ".join(values["verdict"])


def _values(
    results: Results, models: Sequence[Model], shipped: Row | None, pictures: Sequence[Picture], dataset_folder: Path
) -> dict[str, Any]:
    """What the templates show."""
    rows = [model.row for model in models]
    judged = [*rows, *([shipped] if shipped else [])]
    several = [model for model in models if len(model.results) > 1]
    tests, to_beat, made = paired_tests(models), reference(models), mistakes(models)
    quality, times = in_two(format_table(judged))[0], in_two(format_table(rows))[1]
    listed, scale = entries(models, shipped)
    return {
        "dataset": published(results.dataset),
        "tested": f"{len(models[0].shown.labels):,}",
        "counts": _counts(results.dataset),
        "is_sample": results.dataset["name"] == SAMPLE,
        "left_out": results.left_out,
        "outdated": results.outdated,
        "verdict": verdict(models, tests),
        "warnings": warnings(models),
        "balance": balance(models[0].shown.record.test["confusion"], models[0].shown.record.classes.names),
        "models": listed,
        "shipped": shipped.name if shipped else "",
        "scale": [percent(end, 1) for end in scale],
        "uses": uses(models, dataset_folder),
        "same_function": same_function(tests),
        "graded": models[0].shown.record.classes.is_graded,
        "quality": quality,
        "recalls": recall_table(judged),
        "times": times,
        "ensembles": [(title(row), row.members) for row in rows if row.kind == Kind.ENSEMBLE],
        "built": any(row.built_from_seconds != 0 for row in rows),
        "short_texts": short_texts_table(rows),
        "short_texts_larger_class": any("larger_class" in texts for row in rows for texts in row.short_texts.values()),
        "machines": _machines(models),
        # Where no training time is known, there is none of it; the others are for experts.
        "first_picture": next((picture for picture in pictures if picture.narrow), None),
        "other_pictures": _sections([picture for picture in pictures if not picture.narrow]),
        "tests": tests,
        "test_columns": test_columns(tests),
        "reference": title(to_beat.row) if to_beat else "",
        "seeds": seeds_table(several),
        "shown_seeds": sorted({model.shown.record.seed for model in several}),
        "mistakes": made[:MOST_MISTAKES],
        "all_mistakes": len(made),
    }


def _sections(pictures: Sequence[Picture]) -> list[tuple[str, list[Picture]]]:
    """Pictures by heading; learning curves of several families share one."""
    sections: dict[str, list[Picture]] = {}
    for picture in pictures:
        shared = LEARNING_CURVES if picture.heading.startswith(LEARNING_CURVES) else picture.heading
        sections.setdefault(shared, []).append(picture)
    return list(sections.items())


def _counts(dataset: dict[str, Any]) -> list[tuple[str, str]]:
    """The rows of the source, and their numbers in each part and left out, which add up to the first."""
    parts = [(part.capitalize(), dataset[name]) for part, name in PARTS.items()]
    reasons = [(f"Left out: {reason}", count) for reason, count in removed(dataset).items()]
    return [(label, f"{count:,}") for label, count in [("Rows", rows_of_source(dataset)), *parts, *reasons]]


def _fewer_labels(efficiency: LabelEfficiency | None) -> dict[str, Any]:
    if efficiency is None:
        return {"efficiency_picture": None, "efficiency_columns": [], "efficiency_warnings": []}
    caption, _, method = efficiency.caption.partition(". ")
    curve = partial(draw_curve, efficiency)
    return {
        "efficiency_picture": wide_and_narrow("label-efficiency", efficiency.heading, f"{caption}.", curve),
        "efficiency_method": f"{method} {efficiency.balance}".rstrip(),
        "efficiency_columns": table_columns(efficiency),
        "efficiency_warnings": efficiency.warnings,
    }


def _machines(models: Sequence[Model]) -> list[str]:
    """The machines on which the times were measured, in words."""
    records = [result.record for model in models for result in model.results]
    return list(dict.fromkeys(machine_in_words(record.machine) for record in records if record.kind != Kind.ENSEMBLE))


def _render(template: str, values: dict[str, Any]) -> str:
    environment = templates(_TEMPLATES, html=template.startswith("page.html"))
    environment.filters["md"] = markdown_text
    return environment.get_template(template).render(values)
