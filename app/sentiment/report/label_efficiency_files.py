"""The files of accuracy with fewer labels.

models/<dataset>/label_efficiency.json      every cell
models/<dataset>/label_efficiency.md        the table
models/<dataset>/label_efficiency.png       the curve
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment.report.figures.label_efficiency import draw_curve
from sentiment.report.figures.style import png
from sentiment.report.label_efficiency import JSON, LabelEfficiency, summarised, table_columns
from sentiment.report.tables import markdown_table, markdown_text
from sentiment.runs.record import json_text
from sentiment.support.environment import machine_in_words
from sentiment.support.storage import new_file, write_text

MARKDOWN, PNG = "label_efficiency.md", "label_efficiency.png"


@dataclass(frozen=True)
class LabelEfficiencyPaths:
    """The files that were written, and their content."""

    json: Path
    markdown: Path
    png: Path
    content: LabelEfficiency


def write_label_efficiency(dataset_folder: Path, results: dict[str, Any]) -> LabelEfficiencyPaths:
    """Writes the three files.

    Args:
        dataset_folder: where they go.
        results: the content of the JSON file.

    Raises:
        StorageError: no room left, or no permission.
    """
    content = summarised(results)
    paths = LabelEfficiencyPaths(dataset_folder / JSON, dataset_folder / MARKDOWN, dataset_folder / PNG, content)
    picture = png(draw_curve(content))
    write_text(paths.json, json_text(results))
    write_text(paths.markdown, _markdown(content))
    with new_file(paths.png) as temporary:
        temporary.write_bytes(picture)
    return paths


def _markdown(content: LabelEfficiency) -> str:
    paragraphs = [
        content.caption,
        *filter(None, [content.balance]),
        "\n".join(markdown_table([(markdown_text(header), cells) for header, cells in table_columns(content)])),
        *content.warnings,
        f"Seconds on {machine_in_words(content.results['machine'])}.",
    ]
    return "\n\n".join(paragraphs) + "\n"
