"""The leaderboard as columns of text, for pages and terminals."""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sentiment.metrics.measures import wilson
from sentiment.report.figures.appearance import title
from sentiment.report.leaderboard import Model, Row
from sentiment.runs.record import Kind

NOTHING = "–"  # what does not apply
RECALL = "Recall, "  # before the name of a class
MACRO_F1 = "Macro F1"
MEAN_ERROR = "Mean error"
KAPPA = "Kappa"
MOST_RECALLS = 3  # classes with a column each in a table of other figures
_TIMES = ("Model", "Dtype", "Seconds per epoch", "Tokens per second", "Seconds to train", "Seconds in all")

Columns = list[tuple[str, list[str]]]


def format_table(rows: Sequence[Row]) -> Columns:
    """Columns of the leaderboard: for each its header, and a cell for each row in order.

    Columns about seeds come only where several seeds ran, `Seconds in all` only where a model is built from others,
    ROC AUC only for two classes, mean error and kappa only for grades. Recall has columns for up to `MOST_RECALLS`
    classes; of more it has a table of its own, see `recall_table`.

    The report has all columns, a terminal those of `_REPORT_COLUMNS` in `sentiment.cli.console`, recall and mean F1.
    """
    recalls = recall_columns([row.recall for row in rows])
    several_seeds = any(len(row.seeds) > 1 for row in rows)
    is_built = any(row.built_from_seconds != 0 for row in rows)
    is_graded = any(row.mean_absolute_error is not None for row in rows)
    before: dict[str, Callable[[Row], str] | None] = {
        "Model": title,
        "Preset": lambda row: row.preset or NOTHING,
        "Dtype": lambda row: row.dtype or NOTHING,
        "Seeds": (lambda row: str(len(row.seeds)) if row.seeds else NOTHING) if several_seeds else None,
        "Parameters": lambda row: f"{row.parameters:,}",
        "Test accuracy": lambda row: percent(row.test_accuracy),
        "95% interval": lambda row: interval(row.test_accuracy_ci95),
        "95% interval over seeds": (lambda row: interval(row.test_accuracy_seeds_ci95)) if several_seeds else None,
    }
    after: dict[str, Callable[[Row], str] | None] = {
        MACRO_F1: lambda row: f"{row.macro_f1:.3f}",
        MEAN_ERROR: (lambda row: figure(row.mean_absolute_error)) if is_graded else None,
        KAPPA: (lambda row: figure(row.quadratic_kappa)) if is_graded else None,
        "ROC AUC": (lambda row: _number(row.roc_auc, ".4f")) if len(recalls) == 2 else None,
        "Log loss": lambda row: figure(row.log_loss),
        "Calibration error": lambda row: figure(row.calibration_error),
        "Seconds per epoch": lambda row: _number(row.seconds_per_epoch, ".1f"),
        "Tokens per second": lambda row: _number(row.tokens_per_second, ",.0f"),
        "Seconds to train": lambda row: NOTHING if row.kind == Kind.ENSEMBLE else _seconds(row.train_seconds),
        "Seconds in all": (lambda row: _seconds(row.total_seconds)) if is_built else None,
    }
    first, last = (
        [(header, [cell(row) for row in rows]) for header, cell in cells.items() if cell] for cells in (before, after)
    )
    return [*first, *(recalls if len(recalls) <= MOST_RECALLS else []), *last]


def recall_columns(recalls: Sequence[Mapping[str, float | None]]) -> Columns:
    """A column for each class that a row has.

    Args:
        recalls: of each row, by the name of the class.
    """
    names = dict.fromkeys(name for recall in recalls for name in recall)
    return [(RECALL + name, [share(recall.get(name)) for recall in recalls]) for name in names]


def recall_table(rows: Sequence[Row]) -> Columns:
    """The recall of each class, where they are too many for the leaderboard; else no columns."""
    columns = recall_columns([row.recall for row in rows])
    if len(columns) <= MOST_RECALLS:
        return []
    return [("Model", [title(row) for row in rows]), *((name.removeprefix(RECALL), cells) for name, cells in columns)]


def in_two(columns: Columns) -> tuple[Columns, Columns]:
    """Two tables of the leaderboard, as one is too wide for a page: quality and training time."""
    quality = [column for column in columns if column[0] == "Model" or column[0] not in _TIMES]
    return quality, [column for column in columns if column[0] in _TIMES]


def markdown_text(text: str) -> str:
    """The text on one line, escaped so that Markdown shows every character.

    Example:
        >>> markdown_text("*best* <b>film</b>")
        '\\\\*best\\\\* &lt;b&gt;film&lt;/b&gt;'
    """
    one_line = " ".join(text.split())
    return re.sub(r"([\\`*_\[\]|~#$!])", r"\\\1", html.escape(one_line, quote=False))


def markdown_table(columns: Sequence[tuple[str, list[str]]]) -> list[str]:
    """Lines of Markdown, the first column to the left and the figures to the right."""
    return [
        "| " + " | ".join(header for header, _ in columns) + " |",
        "| --- |" + " ---: |" * (len(columns) - 1),
        *("| " + " | ".join(cells) + " |" for cells in zip(*(cells for _, cells in columns), strict=True)),
    ]


def percent(share: float, digits: int = 2) -> str:
    """0.9154 as 91.54%."""
    return f"{100 * share:.{digits}f}%"


def share(value: float | None) -> str:
    """As `percent`; a dash for None, such as the recall of a class that does not occur."""
    return NOTHING if value is None else percent(value)


def figure(value: float | None) -> str:
    """With three digits; a dash for None."""
    return _number(value, ".3f")


def chance(probability: float) -> str:
    """A probability as a percentage, never as 0 or 100: no classifier is that sure."""
    if probability < 0.0001:
        return "< 0.01%"
    return "> 99.99%" if probability > 0.9999 else percent(probability)


def verdict_of(review: Mapping[str, Any]) -> tuple[int, float]:
    """The index of the class that was predicted for a wrongly classified review, and its probability.

    Args:
        review: an item of `confidently_wrong` in a record; those of before have the `probability` of the second class.
    """
    if (second := review.get("probability")) is not None:
        return int(second > 0.5), max(second, 1 - second)
    return review["predicted"], review["confidence"]


def short_texts_table(rows: Sequence[Row]) -> Columns:
    """Accuracy of every single model on short and tricky texts, by kind; no columns where none was measured.

    A header has the number of texts where it is the same for all.
    The last row is the accuracy of a constant answer, where a row has it.
    """
    judged = [row for row in rows if row.kind != Kind.ENSEMBLE]
    kinds = list(dict.fromkeys(kind for row in judged for kind in row.short_texts))
    if not kinds:
        return []
    parts = [_larger_class(judged, kind) for kind in kinds]
    columns = [("Model", [title(row) for row in judged])]
    for kind in kinds:
        counts = {int(row.short_texts[kind]["texts"]) for row in judged if kind in row.short_texts}
        header = kind.capitalize() + (f", {counts.pop():,} texts" if len(counts) == 1 else "")
        columns.append((header, [_short(row, kind, counted=bool(counts)) for row in judged]))
    if any(part is not None for part in parts):
        for (_, cells), cell in zip(columns, ["Always the larger class", *map(share, parts)], strict=True):
            cells.append(cell)
    return columns


def seeds_table(models: Sequence[Model]) -> Columns:
    """How far the accuracy of models with several seeds moves when only the seed changes."""
    accuracies = [[100 * result.record.test["accuracy"] for result in model.results] for model in models]
    rows = [model.row for model in models]
    return [
        ("Model", [title(row) for row in rows]),
        ("Test accuracy of each seed, %", [", ".join(f"{value:.2f}" for value in values) for values in accuracies]),
        ("Mean", [percent(row.test_accuracy) for row in rows]),
        ("Standard deviation, points", [f"{100 * (row.test_accuracy_sd or 0.0):.2f}" for row in rows]),
        ("95% interval of the mean", [interval(row.test_accuracy_seeds_ci95) for row in rows]),
    ]


def _larger_class(rows: Sequence[Row], kind: str) -> float | None:
    known = (row.short_texts[kind].get("larger_class") for row in rows if kind in row.short_texts)
    return next((part for part in known if part is not None), None)


def _short(row: Row, kind: str, *, counted: bool) -> str:
    """An accuracy with its interval, and the number of texts."""
    if not (texts := row.short_texts.get(kind)):
        return NOTHING
    low, high = wilson(round(texts["accuracy"] * texts["texts"]), int(texts["texts"]))
    return f"{percent(texts['accuracy'], 1)} ({100 * low:.0f}–{100 * high:.0f})" + (
        f" of {texts['texts']:,}" if counted else ""
    )


def interval(ends: Sequence[float] | None) -> str:
    """Both ends in percent; a dash for None."""
    return NOTHING if ends is None else "–".join(f"{100 * end:.2f}" for end in ends)


def _seconds(seconds: float | None) -> str:
    return NOTHING if seconds is None else _number(seconds, ",.0f" if seconds >= 10 else ".1f")


def _number(value: float | None, form: str) -> str:
    return NOTHING if value is None else format(value, form)
