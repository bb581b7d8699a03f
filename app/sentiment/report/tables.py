"""The table of the leaderboard as columns of text, for a page and for a terminal alike."""

from collections.abc import Callable, Sequence

from sentiment.report.figures.appearance import title
from sentiment.report.leaderboard import Row
from sentiment.runs.record import Kind

NOTHING = "–"  # what does not apply
_COSTS = ("Model", "Dtype", "Seconds per epoch", "Tokens per second", "Seconds to train", "Seconds in all")

Columns = list[tuple[str, list[str]]]


def format_table(rows: Sequence[Row]) -> Columns:
    """Columns of the leaderboard, each a header and a cell per row.

    Args:
        rows: in the order in which they are to be shown.

    Returns:
        `(header, cells)` of each column, the first of them the name. Columns about seeds come only where several
        seeds ran, the one about what a model is built from only where one is.
    """
    return [(header, [cell(row) for row in rows]) for header, cell in _columns(rows)]


def in_two(columns: Columns) -> tuple[Columns, Columns]:
    """The leaderboard as a page can show it, which has no room for all columns: how good, and at what cost."""
    good = [column for column in columns if column[0] == "Model" or column[0] not in _COSTS]
    return good, [column for column in columns if column[0] in _COSTS]


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
    """As `percent`, or a dash for what does not apply, such as the recall of a class that does not occur."""
    return NOTHING if value is None else percent(value)


def chance(probability: float) -> str:
    """A probability as a percentage that never says 0 or 100: no classifier is that sure."""
    if probability < 0.0001:
        return "< 0.01%"
    return "> 99.99%" if probability > 0.9999 else percent(probability)


def _columns(rows: Sequence[Row]) -> list[tuple[str, Callable[[Row], str]]]:
    seeds: list[tuple[str, Callable[[Row], str]]] = [
        ("Seeds", lambda row: str(len(row.seeds)) if row.seeds else NOTHING)
    ]
    over_seeds: list[tuple[str, Callable[[Row], str]]] = [
        ("95% interval over seeds", lambda row: _interval(row.test_accuracy_seeds_ci95))
    ]
    in_all: list[tuple[str, Callable[[Row], str]]] = [("Seconds in all", lambda row: _seconds(row.total_seconds))]
    several_seeds = any(len(row.seeds) > 1 for row in rows)
    return [
        ("Model", title),
        ("Preset", lambda row: row.preset or NOTHING),
        ("Dtype", lambda row: row.dtype or NOTHING),
        *(seeds if several_seeds else []),
        ("Parameters", lambda row: f"{row.parameters:,}"),
        ("Test accuracy", lambda row: percent(row.test_accuracy)),
        ("95% interval", lambda row: _interval(row.test_accuracy_ci95)),
        *(over_seeds if several_seeds else []),
        ("Recall, negative", lambda row: share(row.recall_negative)),
        ("Recall, positive", lambda row: share(row.recall_positive)),
        ("F1", lambda row: _number(row.f1, ".3f")),
        ("ROC AUC", lambda row: _number(row.roc_auc, ".4f")),
        ("Log loss", lambda row: f"{row.log_loss:.3f}"),
        ("Calibration error", lambda row: f"{row.calibration_error:.3f}"),
        ("Seconds per epoch", lambda row: _number(row.seconds_per_epoch, ".1f")),
        ("Tokens per second", lambda row: _number(row.tokens_per_second, ",.0f")),
        ("Seconds to train", lambda row: NOTHING if row.kind == Kind.ENSEMBLE else _seconds(row.train_seconds)),
        *(in_all if any(row.built_from_seconds != 0 for row in rows) else []),
    ]


def short_texts_table(rows: Sequence[Row]) -> Columns:
    """Accuracy of every single model on short and tricky texts, by kind; columns as in `format_table`.

    Returns:
        The last row is what the larger class of a kind alone would get, where that was written down. No columns where
        no row was judged on them.
    """
    judged = [row for row in rows if row.kind != Kind.ENSEMBLE]
    kinds = list(dict.fromkeys(kind for row in judged for kind in row.short_texts))
    if not kinds:
        return []
    parts = [_larger_class(judged, kind) for kind in kinds]
    known = any(part is not None for part in parts)
    columns = [
        (kind.capitalize(), [_short(row, kind) for row in judged] + ([share(part)] if known else []))
        for kind, part in zip(kinds, parts, strict=True)
    ]
    return [("Model", [*(title(row) for row in judged), *(["Always the larger class"] if known else [])]), *columns]


def _larger_class(rows: Sequence[Row], kind: str) -> float | None:
    known = (row.short_texts[kind].get("larger_class") for row in rows if kind in row.short_texts)
    return next((part for part in known if part is not None), None)


def _short(row: Row, kind: str) -> str:
    found = row.short_texts.get(kind)
    return f"{percent(found['accuracy'], 1)} of {found['texts']:,}" if found else NOTHING


def _interval(ends: Sequence[float] | None) -> str:
    return NOTHING if ends is None else "–".join(f"{100 * end:.2f}" for end in ends)


def _seconds(seconds: float | None) -> str:
    return NOTHING if seconds is None else _number(seconds, ",.0f" if seconds >= 10 else ".1f")


def _number(value: float | None, form: str) -> str:
    return NOTHING if value is None else format(value, form)
