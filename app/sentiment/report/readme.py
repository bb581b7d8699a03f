"""The tables in the README, from the files that commands wrote and nothing else.

python -m sentiment.report.readme        writes it again
"""

import json
import re
from pathlib import Path

from sentiment.report.leaderboard import Row
from sentiment.report.tables import format_table, in_two, markdown_table
from sentiment.support.paths import PROJECT
from sentiment.support.storage import write_text

_BENCHMARKS = PROJECT / "models/benchmark"
_BLOCK = re.compile(r"(<!-- leaderboard:.*?-->\n).*?(<!-- /leaderboard -->)", re.DOTALL)
_MEASURED = r"(<!-- {}:.*?-->\n).*?(<!-- /{} -->)"  # a benchmark, between its two marks


def with_leaderboard(text: str, leaderboard: Path) -> str:
    """The text with the two tables of a leaderboard between its two marks.

    Args:
        text: Markdown with the marks.
        leaderboard: `leaderboard.json` of a dataset.
    """
    rows = [Row(**row) for row in json.loads(leaderboard.read_text(encoding="utf-8"))]
    good, costs = in_two(format_table(rows))
    lines = [*markdown_table(good), "", *markdown_table(costs)]
    return _BLOCK.sub(lambda match: match[1] + "\n".join(lines) + "\n" + match[2], text)


def with_benchmark(text: str, tables: Path, mark: str = "benchmark") -> str:
    """The text with measured tables between their two marks; as it is where nothing was measured yet.

    Args:
        text: Markdown, with or without the marks.
        tables: `layers.md`, `predictions.md` or `label_efficiency.md`, as the commands write them.
        mark: the name of the marks.
    """
    if not tables.exists():
        return text
    written = tables.read_text(encoding="utf-8")
    marks = re.compile(_MEASURED.format(mark, mark), re.DOTALL)
    return marks.sub(lambda match: match[1] + written + match[2], text)


if __name__ == "__main__":
    readme = PROJECT / "README.md"
    text = with_leaderboard(readme.read_text(encoding="utf-8"), PROJECT / "models/imdb/leaderboard.json")
    text = with_benchmark(text, _BENCHMARKS / "layers.md")
    text = with_benchmark(text, _BENCHMARKS / "predictions.md", "predictions")
    write_text(readme, with_benchmark(text, PROJECT / "models/imdb/label_efficiency.md", "label-efficiency"))
