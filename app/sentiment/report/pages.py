"""The two pages, one for a browser and one for a repository, from the same values."""

import base64
import html
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sentiment.data.dataset import PARTS, removed, rows_of_source
from sentiment.metrics.class_balance import balance
from sentiment.metrics.measures import p_text
from sentiment.report.figures.appearance import look, title
from sentiment.report.figures.curves import Picture, draw
from sentiment.report.label_efficiency import LabelEfficiency, draw_curve, table_columns
from sentiment.report.leaderboard import Model
from sentiment.report.paired_tests import PairedTest, paired_tests, reference, same_function, verdict, warnings
from sentiment.report.records import Results
from sentiment.report.tables import chance, format_table, in_two, markdown_table, percent, short_texts_table
from sentiment.runs.record import Kind
from sentiment.runs.results import published
from sentiment.support.environment import machine_in_words
from sentiment.support.storage import new_folder

HTML = "index.html"
MARKDOWN = "report.md"
SAMPLE = "sample"  # the name of the bundled reviews


@dataclass(frozen=True)
class Seeds:
    """How far a figure moves when nothing but the seed changes."""

    model: str
    accuracies: str
    mean: str
    deviation: str
    interval: str


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
    pictures, tests = draw(models), paired_tests(models)
    values = _values(results, models, tests, pictures) | _fewer_labels(efficiency)
    drawn = [*pictures, *filter(None, [values["efficiency_picture"]])]
    page, markdown = (_render(name, values) for name in ("page.html.jinja", "report.md.jinja"))
    with new_folder(folder) as temporary:
        (temporary / HTML).write_text(page, encoding="utf-8")
        (temporary / MARKDOWN).write_text(markdown, encoding="utf-8")
        for picture in drawn:
            (temporary / f"{picture.name}.png").write_bytes(picture.png)
    return folder / HTML, folder / MARKDOWN, values["verdict"]


def _values(
    results: Results, models: Sequence[Model], tests: Sequence[PairedTest], pictures: Sequence[Picture]
) -> dict[str, Any]:
    to_beat = reference(models)
    columns, costs = in_two(format_table([model.row for model in models]))
    return {
        "dataset": published(results.dataset),
        "counts": _counts(results.dataset),
        "is_sample": results.dataset["name"] == SAMPLE,
        "left_out": results.left_out,
        "outdated": results.outdated,
        "verdict": verdict(models, tests),
        "warnings": warnings(models),
        "balance": balance(models[0].shown.record.test["confusion"]),
        "same_function": same_function(tests),
        "columns": columns,
        "costs": costs,
        "colours": [look(model.row.architecture).colour for model in models],
        "kinds": ["network" if m.row.is_network else m.row.kind for m in models],
        "ensembles": [(title(model.row), model.row.members) for model in models if model.row.kind == Kind.ENSEMBLE],
        "built": any(model.row.built_from_seconds != 0 for model in models),
        "short_texts": short_texts_table([model.row for model in models]),
        "short_texts_larger_class": any(
            "larger_class" in kind for model in models for kind in model.row.short_texts.values()
        ),
        "uncertain": _uncertain(models),
        "machines": _machines(models),
        "pictures": pictures,
        "tests": tests,
        "reference": title(to_beat.row) if to_beat else "",
        "seeds": [_seeds(model) for model in models if len(model.results) > 1],
        "shown_seeds": sorted({model.shown.record.seed for model in models if len(model.results) > 1}),
        "wrong": [
            (title(model.row), model.shown.record)
            for model in models
            if not model.shown.is_constant and model.row.kind != Kind.ENSEMBLE
        ],
        "title": title,
        "p_text": p_text,
        "chance": chance,
        "markdown_table": markdown_table,
    }


def _counts(dataset: dict[str, Any]) -> list[tuple[str, str]]:
    """What became of the rows of the source: those of the parts and those left out add up to the first."""
    parts = [(part.capitalize(), dataset[name]) for part, name in PARTS.items()]
    reasons = [(f"Left out: {reason}", many) for reason, many in removed(dataset).items()]
    return [(what, f"{many:,}") for what, many in [("Rows", rows_of_source(dataset)), *parts, *reasons]]


def _fewer_labels(efficiency: LabelEfficiency | None) -> dict[str, Any]:
    if efficiency is None:
        return {"efficiency_picture": None, "efficiency_columns": [], "efficiency_warnings": []}
    caption = f"{efficiency.caption} {efficiency.balance}".rstrip()
    picture = Picture("label-efficiency", efficiency.heading, caption, draw_curve(efficiency))
    return {
        "efficiency_picture": picture,
        "efficiency_columns": table_columns(efficiency),
        "efficiency_warnings": efficiency.warnings,
    }


def _seeds(model: Model) -> Seeds:
    row = model.row
    low, high = row.test_accuracy_seeds_ci95 or (row.test_accuracy, row.test_accuracy)
    return Seeds(
        title(row),
        ", ".join(f"{100 * result.record.test['accuracy']:.2f}" for result in model.results),
        percent(row.test_accuracy),
        f"{100 * (row.test_accuracy_sd or 0.0):.2f}",
        f"{100 * low:.2f}–{100 * high:.2f}",
    )


def _machines(models: Sequence[Model]) -> list[str]:
    """The machines on which the times were taken, as a person would say it."""
    records = [result.record for model in models for result in model.results]
    return list(dict.fromkeys(machine_in_words(record.machine) for record in records if record.kind != Kind.ENSEMBLE))


def _uncertain(models: Sequence[Model]) -> str:
    """How far an accuracy on so many short texts may be off, for the numbers of texts that occur."""
    numbers = {int(kind["texts"]) for model in models for kind in model.row.short_texts.values()}
    return ", ".join(f"{98 / math.sqrt(texts):.0f} points with {texts:,}" for texts in sorted(numbers, reverse=True))


def _render(template: str, values: dict[str, Any]) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        # Reviews are written by strangers: on the page they are text, whatever they hold.
        autoescape=template.startswith("page.html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["base64"] = lambda data: base64.b64encode(data).decode("ascii")
    environment.filters["md"] = markdown_text
    return environment.get_template(template).render(values)


def markdown_text(text: str) -> str:
    """Text of which Markdown leaves every character as it is, on one line.

    Example:
        >>> markdown_text("*best* <b>film</b>")
        '\\\\*best\\\\* &lt;b&gt;film&lt;/b&gt;'
    """
    one_line = " ".join(text.split())
    return re.sub(r"([\\`*_\[\]|~#$!])", r"\\\1", html.escape(one_line, quote=False))
