"""The table of the leaderboard as columns of text, for a page and for a terminal alike."""

from collections.abc import Callable, Sequence

from app.report.appearance import title
from app.report.leaderboard import Row

NOTHING = "–"  # what does not apply


def format_table(rows: Sequence[Row]) -> list[tuple[str, list[str]]]:
    """Columns of the leaderboard, each a header and a cell per row.

    Args:
        rows: in the order in which they are to be shown.

    Returns:
        `(header, cells)` of each column, the first of them the name. Columns about seeds come only where several
        seeds ran.
    """
    return [(header, [cell(row) for row in rows]) for header, cell in _columns(rows)]


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


def chance(probability: float) -> str:
    """A probability as a percentage that never says 0 or 100: no classifier is that sure."""
    if probability < 0.0001:
        return "< 0.01%"
    return "> 99.99%" if probability > 0.9999 else percent(probability)


def _columns(rows: Sequence[Row]) -> list[tuple[str, Callable[[Row], str]]]:
    seeds: list[tuple[str, Callable[[Row], str]]] = [
        ("Seeds", lambda row: str(len(row.seeds)) if row.seeds else NOTHING)
    ]
    return [
        ("Model", title),
        ("Preset", lambda row: row.preset or NOTHING),
        ("Dtype", lambda row: row.dtype or NOTHING),
        *(seeds if any(len(row.seeds) > 1 for row in rows) else []),
        ("Parameters", lambda row: f"{row.parameters:,}"),
        ("Test accuracy", lambda row: percent(row.test_accuracy)),
        ("95% interval", lambda row: "–".join(f"{100 * end:.2f}" for end in row.test_accuracy_ci95)),
        ("F1", lambda row: f"{row.f1:.3f}"),
        ("ROC AUC", lambda row: _number(row.roc_auc, ".4f")),
        ("Log loss", lambda row: f"{row.log_loss:.3f}"),
        ("Calibration error", lambda row: f"{row.calibration_error:.3f}"),
        ("Seconds per epoch", lambda row: _number(row.seconds_per_epoch, ".1f")),
        ("Tokens per second", lambda row: _number(row.tokens_per_second, ",.0f")),
        ("Seconds to train", lambda row: _number(row.train_seconds, ",.0f" if row.train_seconds >= 10 else ".1f")),
    ]


def _number(value: float | None, form: str) -> str:
    return NOTHING if value is None else format(value, form)
