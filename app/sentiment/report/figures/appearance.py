"""The title, colour, line and marker of each architecture, the same in every figure.

The colours, by Okabe and Ito (2008), differ for colour-blind readers too; lines and markers differ in black and white.
Networks have full or dashed lines, baselines dotted ones; ensembles are black.
"""

from dataclasses import dataclass
from typing import Any

from sentiment.config import ARCHITECTURE_TITLES, OURS
from sentiment.report.leaderboard import Row
from sentiment.runs.record import Kind


@dataclass(frozen=True)
class Look:
    """Name and drawing of one architecture."""

    title: str
    colour: str
    line: Any  # a Matplotlib line style
    marker: str


_LOOKS = {
    OURS: Look(ARCHITECTURE_TITLES[OURS], "#0072B2", "-", "o"),
    "lstm": Look(ARCHITECTURE_TITLES["lstm"], "#D55E00", (0, (6, 2)), "s"),
    "bilstm": Look(ARCHITECTURE_TITLES["bilstm"], "#009E73", (0, (6, 2, 1.5, 2)), "^"),
    "gru": Look(ARCHITECTURE_TITLES["gru"], "#AA4499", (0, (3, 1.5)), "D"),
    "nb-svm": Look("NB-SVM", "#C98B00", (0, (1, 1)), "v"),
    "document-vectors": Look("Document vectors", "#7A4E00", (0, (2, 1)), "<"),
    "tfidf-logistic": Look("TF-IDF + logistic", "#4D4D4D", (0, (1, 1.6)), "P"),
    "mlp": Look("TF-IDF + MLP", "#56B4E9", (0, (1, 2.4)), "X"),
    "majority": Look("Majority class", "#999999", (0, (1, 4)), "*"),
    "ensemble": Look("Ensemble", "#000000", "-", "h"),
}


def look(architecture: str) -> Look:
    """The look of an architecture; one without an entry is drawn in black under its name."""
    return _LOOKS.get(architecture, Look(architecture, "#000000", "-", "."))


def title(row: Row) -> str:
    """The title of a row: its architecture, and in brackets what differs from the standard."""
    if row.kind == Kind.ENSEMBLE:
        return f"Ensemble: {row.name}"
    if row.kind == Kind.ADAPTED:
        return f"Adapted: {row.name}"
    if row.kind == Kind.SHIPPED:
        return f"{row.name} (shipped, not trained on these reviews)"
    preset = row.name if row.kind == Kind.REDUCED else row.preset
    details = [preset or "standard", row.dtype or "float32"] if row.is_network else []
    special = [detail for detail in details if detail not in ("standard", "float32")]
    if row.pretrained and "pretrained" not in (row.preset or ""):
        special.append("pretrained")
    if row.teachers:
        special.append("distilled")
    return look(row.architecture).title + (f" ({', '.join(special)})" if special else "")
