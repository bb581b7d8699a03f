"""The tables in the README and in `docs/`, generated from files that commands wrote.

A generated block of a page stands between two marks:

    <!-- leaderboard: written by `make readme` from models/imdb/leaderboard.json -->
    <!-- /leaderboard -->

`python -m sentiment.report.documents` writes all blocks again. A test checks that they are up to date.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from statistics import fmean

from sentiment.config import ARCHITECTURE_NAMES
from sentiment.errors import UserError
from sentiment.metrics.certainty import sure_percent
from sentiment.report.figures.appearance import look
from sentiment.report.leaderboard import LEADERBOARD, Row
from sentiment.report.tables import Columns, figure, format_table, in_two, markdown_table, percent
from sentiment.runs.archive import RESULTS
from sentiment.runs.default_run import SHIPPED_RUNS
from sentiment.runs.record import METRICS, Kind, RunRecord
from sentiment.support.environment import machine_in_words
from sentiment.support.paths import PROJECT
from sentiment.support.storage import write_text

BLOCK = re.compile(r"(<!-- (?P<name>[a-z-]+): .*?-->\n).*?(<!-- /(?P=name) -->)", re.DOTALL)

# The rows of the README: the shipped models, and models of the labels alone.
_SUMMARY = {
    "flagship": "**flagship**, shipped",
    "compact": "**compact**, shipped",
    "document-vectors": "Document vectors of n-grams, linear",
    "nb-svm": "NB-SVM, a linear model of n-grams",
    "tfidf-logistic": "TF-IDF and logistic regression",
    "custom-lstm-standard": "Our LSTM from the labels alone",
    "lstm-standard": "Keras' LSTM from the labels alone",
}

# Comparisons with several classes, on reviews that are not part of the project.
_DOMAINS = ("restaurants-stars", "clothing-stars", "tweets-three", "airlines-three")


_LABELS_ALONE, _KERAS = "standard", "lstm"  # the preset and the architecture whose seconds stand beside the others'
_LINEAR = "linear"  # what the benchmark by domain calls the linear model


def pages(project: Path = PROJECT) -> list[Path]:
    """The README and the pages in `docs/`."""
    return [project / "README.md", *sorted((project / "docs").glob("*.md"))]


def with_blocks(text: str, models: Path) -> str:
    """A page with every generated block written from the result files.

    Args:
        text: Markdown, with or without marks.
        models: the folder of results.

    Raises:
        UserError: a mark has an unknown name, or its file is missing.
    """

    def written(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in BLOCKS:
            raise UserError(f"expected a mark named {', '.join(BLOCKS)}; received {name!r}; correct it")
        source, block = BLOCKS[name]
        try:
            content = (models / source).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise UserError(
                f"expected {models / source} for the block {name}; found no such file; restore it, or measure it again"
            ) from None
        return match[1] + "\n".join(block(content)).strip() + "\n" + match[3]

    return BLOCK.sub(written, text)


def write_documents(project: Path = PROJECT) -> None:
    """Writes the generated blocks of all pages again.

    Raises:
        UserError: as in `with_blocks`.
        StorageError: no room left, or no permission.
    """
    for page in pages(project):
        text = page.read_text(encoding="utf-8")
        if (new := with_blocks(text, project / "models")) != text:
            write_text(page, new)


def _rows(content: str) -> list[Row]:
    return [Row(**row) for row in json.loads(content)]


def _summary(content: str) -> list[str]:
    rows = {row.name: row for row in _rows(content)}
    shown = [(title, rows[name]) for name, title in _SUMMARY.items()]
    columns: Columns = [
        ("Model", [title for title, _ in shown]),
        ("Parameters", [f"{row.parameters:,}" for _, row in shown]),
        ("Test accuracy", [percent(row.test_accuracy) for _, row in shown]),
        ("95% interval", ["–".join(f"{100 * end:.2f}" for end in row.test_accuracy_ci95) for _, row in shown]),
        ("Calibration error", [figure(row.calibration_error) for _, row in shown]),
        ("Denials", [percent(row.short_texts["unseen"]["accuracy"], 1) for _, row in shown]),
    ]
    return markdown_table(columns)


def _leaderboard(content: str) -> list[str]:
    quality, times = in_two(format_table(_rows(content)))
    return [*markdown_table(quality), "", *markdown_table(times)]


def _quality(content: str) -> list[str]:
    """The figures of a leaderboard without its times."""
    return markdown_table(in_two(format_table(_rows(content)))[0])


def _trainings(content: str) -> list[str]:
    """How fast networks learn from labels alone: one dtype for all, then each in the dtype in which it is fastest."""
    records = [RunRecord.from_json(json.dumps(entry)) for entry in json.loads(content)]
    chosen = [record for record in records if record.kind == Kind.NETWORK and record.preset == _LABELS_ALONE]
    seconds: dict[tuple[str, str], list[float]] = {}  # of an epoch, by architecture and dtype, one for each seed
    for record in sorted(chosen, key=lambda record: ARCHITECTURE_NAMES.index(record.architecture)):
        seconds.setdefault((record.architecture, record.dtype or ""), []).append(record.seconds_per_epoch or 0.0)
    fastest_seed = {key: min(values) for key, values in seconds.items()}  # what else runs only makes it slower
    best: dict[str, str] = {}
    for name, dtype in sorted(fastest_seed, key=lambda key: fastest_seed[key]):
        best.setdefault(name, dtype)
    each = sorted(seconds, key=lambda key: key[1])
    fastest = [(name, best[name]) for name in ARCHITECTURE_NAMES if name in best]
    same: Columns = [
        ("Dtype", [dtype for _, dtype in each]),
        ("Network", [look(name).title for name, _ in each]),
        ("Seeds", [str(len(seconds[key])) for key in each]),
        ("Seconds an epoch", [f"{fastest_seed[key]:.1f}" for key in each]),
        ("Of the slowest seed", [f"{max(seconds[key]):.1f}" for key in each]),
        ("Times as fast as Keras LSTM", [f"{fastest_seed[_KERAS, key[1]] / fastest_seed[key]:.2f}" for key in each]),
    ]
    at_best: Columns = [
        ("Network", [look(name).title for name, _ in fastest]),
        ("Fastest dtype", [dtype for _, dtype in fastest]),
        ("Seconds an epoch", [f"{fastest_seed[key]:.1f}" for key in fastest]),
        (
            "Times as fast as Keras LSTM in its fastest",
            [f"{fastest_seed[_KERAS, best[_KERAS]] / fastest_seed[key]:.2f}" for key in fastest],
        ),
        (
            "Times as fast as Keras LSTM in float32",
            [f"{fastest_seed[_KERAS, 'float32'] / fastest_seed[key]:.2f}" for key in fastest],
        ),
    ]
    machines = sorted({machine_in_words(record.machine) for record in chosen})
    return [*markdown_table(same), "", *markdown_table(at_best), "", f"Trained on {', and on '.join(machines)}."]


def _speed(content: str) -> list[str]:
    """The time of one review, beside other programs in the same measurement."""
    measured = json.loads(content)
    small, large = (network["name"] for network in measured["settings"]["networks"])
    transformer = measured["settings"]["transformer"]["name"]

    seconds = {(row["network"], row["way"], row["asks"]): row["median_seconds"] for row in measured["latency"]}

    def milliseconds(network: str, method: str, source: str = "text") -> str:
        return f"{1000 * seconds[network, method, source]:.3g} ms"

    return [
        f"A review of {measured['reviews']['tokens']} words and marks takes a network of the size of `compact` "
        f"{milliseconds(small, 'onnx')}, or {milliseconds(small, 'int8')} with `--engine int8`.",
        f"One of the size of `flagship` takes {milliseconds(large, 'onnx')}, or {milliseconds(large, 'int8')}.",
        f"Keras' own `model.predict` takes {milliseconds(small, 'keras-predict')} and "
        f"{milliseconds(large, 'keras-predict')}.",
        f"A {transformer} takes {milliseconds(transformer, 'transformer', 'ids')}.",
        f"(Medians on {measured['machine']['processor']} with {measured['machine']['cores']} cores, "
        f"{measured['date']}.)",
    ]


def _everyday(content: str) -> list[str]:
    """Means over domains, and whole film reviews: of texts with an opinion, the share that is judged rightly."""
    measured = json.loads(content)
    names = [*(name for name in measured["classifiers"] if name != _LINEAR), _LINEAR]
    films = "whole film reviews"
    groups = {
        "test texts of {} domains": [row for row in measured["domains"] if row["learnt"] and row["domain"] != films],
        "{} sources that no model learnt": [row for row in measured["domains"] if not row["learnt"]],
        films: [row for row in measured["domains"] if row["domain"] == films],
    }
    columns: Columns = [("Positive or negative", [title.format(len(rows)) for title, rows in groups.items()])]
    for name in names:
        means = [fmean(row["classifiers"][name]["polarity"] for row in rows) for rows in groups.values()]
        columns.append(
            (f"`{name.rpartition('/')[2]}`" if name != _LINEAR else "linear model", [f"{mean:.1%}" for mean in means])
        )
    return markdown_table(columns)


def _certainty(content: str) -> list[str]:
    record = RunRecord.from_json(content)
    if record.certainty is None:
        return [f"- `{record.name}` promises nothing."]
    known = record.certainty
    return [
        f"- `{record.name}` is sure from {sure_percent(known)} on. {known['share']:.0%} of such verdicts "
        f"are right, and {known['decided']:.0%} of its validation texts got one."
    ]


# By the name of the mark: a file in models/, and the function that turns its content into lines of Markdown.
BLOCKS: dict[str, tuple[str, Callable[[str], list[str]]]] = {
    "summary": (f"imdb/{LEADERBOARD}", _summary),
    "leaderboard": (f"imdb/{LEADERBOARD}", _leaderboard),
    "trainings": (f"imdb/{RESULTS}", _trainings),
    "label-efficiency": ("imdb/label_efficiency.md", str.splitlines),
    "layers": ("benchmark/layers.md", str.splitlines),
    "predictions": ("benchmark/predictions.md", str.splitlines),
    "adapt": ("benchmark/adapt.md", str.splitlines),
    "scaling": ("benchmark/scaling.md", str.splitlines),
    "scoring": ("benchmark/scoring.md", str.splitlines),
    "reliability": ("benchmark/reliability.md", str.splitlines),
    "speed": ("benchmark/predictions.json", _speed),
    "behaviour": ("benchmark/behaviour.md", str.splitlines),
    "everyday-summary": ("benchmark/by_domain.json", _everyday),
    "by-domain": ("benchmark/by_domain.md", str.splitlines),
    **{name: (f"{name}/{LEADERBOARD}", _quality) for name in _DOMAINS},
    **{f"certainty-{Path(name).name}": (f"{name}/{METRICS}", _certainty) for name in SHIPPED_RUNS},
}


if __name__ == "__main__":
    write_documents()
